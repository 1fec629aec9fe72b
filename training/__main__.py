"""Starts `affectbox-training`, also as `python -m training`."""

import sys

from device.contract.command import started


def main() -> int:
    """Import the program and run it; returns its exit code."""
    return started("affectbox-training", "training.cli")


if __name__ == "__main__":
    sys.exit(main())
