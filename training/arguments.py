"""What options of the command line may hold, and those that several commands have.

What an option may not hold raises `argparse.ArgumentTypeError`, which argparse explains.
"""

import argparse
import math
import re
from pathlib import Path

_BY_KIND = "by what it reads: face or fer"


def positive_count(text: str) -> int:
    """A whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def positive_number(text: str) -> float:
    """A finite number above 0."""
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def crop_side(text: str) -> int:
    """Side of a crop, pixels."""
    value = int(text)
    if not 16 <= value <= 512:
        raise argparse.ArgumentTypeError("must be 16 to 512")
    return value


def bundle_version(text: str) -> str:
    """A bundle's version."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise argparse.ArgumentTypeError("write it as three numbers, such as 0.2.0")
    return text


def bundle_name(text: str) -> str:
    """A bundle's name."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", text):
        raise argparse.ArgumentTypeError("use lower-case letters, digits and hyphens")
    return text


def add_bundle_options(parser: argparse.ArgumentParser, name: str) -> None:
    """What an `export` asks of its bundle, which is called `name` by default, or by what it does where that is
    empty."""
    parser.add_argument("--bundles", type=Path, required=True, metavar="DIR", help="where NAME-VERSION/ goes")
    parser.add_argument(
        "--name", type=bundle_name, default=name or None, metavar="NAME", help=f"default: {name or _BY_KIND}"
    )
    parser.add_argument("--version", type=bundle_version, required=True, metavar="X.Y.Z", help="the bundle's version")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key of `affectbox-converter keygen`: sign")


def written(folder: Path, *, signed: bool) -> str:
    """What an `export` says in the end."""
    return f"wrote {folder}" + (", signed" if signed else "; it is unsigned, so a box refuses it: give --key")
