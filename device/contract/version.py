"""Which version of Affectbox this is, for `--version`, telemetry and whoever asks.

It is made of the repository's tags when a wheel is built (`pyproject.toml`): `0.2.0` at the tag `v0.2.0`, and
`0.2.1.dev3+gHASH` three commits later. An editable checkout keeps the version that it had when it was installed.
"""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

DISTRIBUTION = "affectbox"
NOT_INSTALLED = "0+unknown"  # the modules are there, the package is not: a bare copy of the tree


def version() -> str:
    """The version of the installed package, or `NOT_INSTALLED`."""
    try:
        return installed(DISTRIBUTION)
    except PackageNotFoundError:
        return NOT_INSTALLED
