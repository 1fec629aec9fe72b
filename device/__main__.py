"""`python -m device` is `affectbox`."""

import sys

from device.cli import main

sys.exit(main())
