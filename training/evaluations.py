"""What evaluations found, as JSON: whole or not at all, for their owners' eyes; what is not known is null."""

import json
from collections.abc import Callable, Iterable
from math import isnan
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from device.contract.errors import ConfigError, DataError
from training.files import write_whole

NAME = "evaluation.json"
Found = TypeVar("Found")


def save(found: Any, form: int, path: Path) -> None:
    """Write an evaluation, a dataclass, in the format of this number. Raises `StorageError`."""
    content = json.dumps({"format": form, **_plain(msgspec.to_builtins(found))}, indent=2, allow_nan=False)
    write_whole(path, lambda file: file.write(f"{content}\n".encode()))


def load(
    kind: type[Found], form: int, path: Path, command: str, faults: Callable[[Found], Iterable[str]] = lambda _: ()
) -> Found:
    """Read an evaluation.

    Args:
        kind: the dataclass; form: the number of its format.
        command: what makes one.
        faults: what no evaluation says of itself, so that somebody has changed the file.

    Raises:
        ConfigError: there is none.
        DataError: it is none of these.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != form:
            raise ValueError("it is of another format")
        made = msgspec.convert(_whole(found), kind)
        for fault in faults(made):
            raise ValueError(fault)
        return made
    except FileNotFoundError:
        raise ConfigError(f"There is no {path}: make it with `affectbox-training {command}`.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): give an {NAME}.") from error
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:  # msgspec's are ValueErrors
        raise DataError(f"{path} is no evaluation of this version ({error}): evaluate again.") from error


def _plain(value: Any) -> Any:
    """With null for what is not a number."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and isnan(value) else value


def _whole(value: Any) -> Any:
    """With NaN for the nulls of intervals."""
    if isinstance(value, dict):
        inside = {name: _whole(one) for name, one in value.items()}
        if inside.keys() == {"value", "low", "high"}:
            return {name: float("nan") if one is None else one for name, one in inside.items()}
        return inside
    return [_whole(one) for one in value] if isinstance(value, list) else value
