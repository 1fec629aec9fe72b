"""Reading TOML that people write: configuration and recipes. What is done with the tables is each reader's own."""

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError


def read_toml(path: Path, option: str) -> dict[str, Any]:
    """The tables of a file that was given with `option`. Raises `ConfigError`: unreadable, or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): check the path after {option}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error


def toml_value(text: str) -> Any:
    """The value in `KEY=VALUE` of a command line; what is not TOML, such as an unquoted word, is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def nearest(key: str, known: Iterable[str]) -> str | None:
    """The known key that an unknown one was perhaps meant to be."""
    return next(iter(difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)), None)
