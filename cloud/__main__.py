"""`python -m cloud` is `affectbox-cloud`."""

import sys

from cloud.cli import main

sys.exit(main())
