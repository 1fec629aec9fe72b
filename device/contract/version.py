"""Which version of Affectbox this is, for `--version`, telemetry and whoever asks.

It is made of the repository's tags when a wheel is built (`pyproject.toml`): `0.2.0` at the tag `v0.2.0`, and
`0.2.1.dev3+gHASH` three commits later. An editable checkout keeps the version that it had when it was installed.
"""

import argparse
from collections.abc import Sequence
from typing import Any

DISTRIBUTION = "affectbox"
NOT_INSTALLED = "0+unknown"  # the modules are there, the package is not: a bare copy of the tree


def version() -> str:
    """The version of the installed package, or `NOT_INSTALLED`."""
    from importlib import metadata  # noqa: PLC0415  # a third of the time of a command that does not ask

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED


class ShowVersion(argparse.Action):
    """`--version`: prints it, and ends the program."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show program's version number and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(version())
        parser.exit()
