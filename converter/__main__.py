"""`python -m converter` is `affectbox-converter`."""

import sys

from converter.cli import main

sys.exit(main())
