"""gpiozero, which is apt's on a Pi (python3-gpiozero and python3-lgpio), and what goes wrong with it, in a sentence.

lgpio makes a pipe in the working folder, which a service cannot write to: it is told to use the host's own folder.
Source: https://github.com/gpiozero/gpiozero/issues/1106, https://github.com/joan2937/lg/issues/12.
"""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from device.contract.errors import AffectboxError

_FOLDER = "LG_WD"
Part = TypeVar("Part")


class GpioError(AffectboxError):
    """A lamp or a button cannot be used."""


def opened(what: str, pin: int, folder: Path, make: Callable[[Any], Part]) -> Part:
    """What `make` makes of the module gpiozero. Raises `GpioError`."""
    os.environ.setdefault(_FOLDER, os.fspath(folder))
    try:
        with warnings.catch_warnings():  # which pin factories gpiozero did not find
            warnings.simplefilter("ignore")
            import gpiozero  # noqa: PLC0415  # only where a pin is configured

            return make(gpiozero)
    except Exception as error:  # gpiozero and its factories raise what they like
        said = " ".join(str(error).split()) or type(error).__name__
        raise GpioError(
            f"The {what} at GPIO {pin} cannot be used ({said[:100]}): check its number, that nothing else uses it, "
            "and that python3-gpiozero and python3-lgpio are installed."
        ) from None
