"""Starts `affectbox-cloud`, also as `python -m cloud`."""

import sys

from device.contract.command import started


def main() -> int:
    """Import the program and run it; returns its exit code."""
    return started("affectbox-cloud", "cloud.cli")


if __name__ == "__main__":
    sys.exit(main())
