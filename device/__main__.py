"""Starts `affectbox`, also as `python -m device`."""

import sys

from device.contract.command import started


def main() -> int:
    """Import the program and run it; returns its exit code."""
    return started("affectbox", "device.cli")


if __name__ == "__main__":
    sys.exit(main())
