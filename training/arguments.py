"""What options of the command line may hold, and what several commands have alike. What one may not hold raises
`argparse.ArgumentTypeError`, which argparse explains."""

import argparse
import importlib
import math
import re
from collections.abc import Callable


def positive_count(text: str) -> int:
    """A whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def several(text: str) -> int:
    """A whole number of at least 2."""
    value = int(text)
    if value < 2:
        raise argparse.ArgumentTypeError("must be at least 2")
    return value


def share(text: str) -> float:
    """A number between 0 and 1, neither of them."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def add_workers(parser: argparse.ArgumentParser) -> None:
    """`--scheduler` and `--workers`, as `training.cluster.done` takes them."""
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster, such as tcp://10.0.0.5:8786")
    parser.add_argument(
        "--workers", type=count, metavar="N", help="processes here (default: one a core; 0: in this process)"
    )


def add_set(parser: argparse.ArgumentParser, what: str) -> None:
    """`--set KEY=VALUE`, which changes `what`, such as 'one key of the recipe'."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help=f"change {what}; may be repeated"
    )


def count(text: str) -> int:
    """A whole number of at least 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def port(text: str) -> int:
    """A TCP port to listen on; 0 for any that is free."""
    value = int(text)
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError("must be 0 to 65535")
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


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(filter(None, (name.strip() for name in text.split(","))))


def later(module: str, action: str) -> Callable[[argparse.Namespace], int]:
    """What runs a function of a module, and loads the module, with numpy and the readers, only then."""

    def run(arguments: argparse.Namespace) -> int:
        return int(getattr(importlib.import_module(module), action)(arguments))

    return run
