"""`python -m training`: the same as `affectbox-training`."""

import sys

from training.cli import main

sys.exit(main())
