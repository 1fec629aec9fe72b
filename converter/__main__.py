"""Starts `affectbox-converter`, also as `python -m converter`."""

import sys

from device.contract.command import started


def main() -> int:
    """Import the program and run it; returns its exit code."""
    return started("affectbox-converter", "converter.cli")


if __name__ == "__main__":
    sys.exit(main())
