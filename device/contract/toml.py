"""TOML that people write becomes frozen tables: the box's configuration, recipes of conversions and of trainings.

Each of these is a class of `Table`. What a value may be stands beside it, as `Annotated[float, Meta(ge=0, le=1)]`, and
msgspec holds it to that; what concerns several values at once, `__post_init__` refuses by a `ConfigError`. Every
mistake is one sentence that names the key, where it stands, what is wrong, and what was perhaps meant.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, ValidationError, convert

from device.contract.errors import ConfigError

Json = dict[str, Any]
#: What was read, and where it stands.
Layer = tuple[Json, str]
Share = Annotated[float, Meta(ge=0, le=1)]
_KEY = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
_DEEP = "is nested too deeply: tables of values are all that is read."


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what is read from TOML."""


AnyTable = TypeVar("AnyTable", bound=Table)


def one_of(names: Iterable[str]) -> Meta:
    """For a text that must be one of `names`; "" among them means that it may be left out."""
    known = list(names)
    told = ", ".join(filter(None, known))
    return Meta(pattern=rf"\A({'|'.join(map(re.escape, known))})\Z", description=f"one of {told}")


def read_toml(path: Path, option: str) -> Json:
    """The tables of a file that was given with `option`. Raises `ConfigError`: unreadable, or not TOML."""
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path} is not a file: check the path after {option}.")
    import tomllib  # noqa: PLC0415  # a tenth of the time of a command that reads no file

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): check the path after {option}.") from error
    except RecursionError as error:
        raise ConfigError(f"{path} {_DEEP}") from error
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error


def assigned(text: str, example: str) -> Layer:
    """What `KEY=VALUE` after `--set` says. The value is never repeated, for somebody may write a name there.

    Raises:
        ConfigError: it is not of the form of `example`.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    where = f"--set {key}" if _KEY.fullmatch(key) else "--set"
    if not equals or where == "--set":
        raise ConfigError(f"{where}: write KEY=VALUE, such as --set {example}.")
    result: Any = _value(value, where)
    for name in reversed(key.split(".")):
        result = {name: result}
    return result, where


def parse(kind: type[AnyTable], layers: Sequence[Layer]) -> AnyTable:
    """The table that the layers make, later ones above earlier ones.

    Raises:
        ConfigError: an unknown or missing key, a wrong type, a value beyond its limits, or values that do not go
            together.
    """
    tables: Json = {}
    apart: ConfigError | None = None  # values that do not go together may do so with a later layer
    for above, where in layers:
        tables = _above(tables, above)
        _refuse_odd(tables, where)
        try:
            made, apart = convert(tables, kind), None
        except ValidationError as error:
            from device.contract.mistakes import mistake  # noqa: PLC0415  # only when one was made

            raise mistake(error, kind, tables, where) from error
        except ConfigError as error:
            apart = apart or ConfigError(f"{where}: {error}")
        except RecursionError as error:
            raise ConfigError(f"{where} {_DEEP}") from error
    if apart:
        raise apart
    return made if layers else kind()


def _value(text: str, where: str) -> Any:
    """What TOML makes of a value; what is not TOML, such as an unquoted word, is a text, and so are dates."""
    import tomllib  # noqa: PLC0415

    try:
        table = tomllib.loads(f"value = {text}")
    except RecursionError as error:
        raise ConfigError(f"{where} {_DEEP}") from error
    except ValueError:
        return text.strip()
    value = table.pop("value")
    return value if isinstance(value, (bool, int, float, str, list, dict)) and not table else text.strip()


def _above(below: Json, above: Json) -> Json:
    both = {
        key: _above(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return below | both


def _refuse_odd(table: Json, where: str) -> None:
    """Raises `ConfigError` for what no value may be: no finite number, or text that no file name can be."""
    for key, value in _leaves(table):
        if isinstance(value, float) and not math.isfinite(value):
            name = "not a number (nan)" if math.isnan(value) else "infinite"
            raise ConfigError(f"{key!r} in {where} is {name}: give a number.")
        if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
            raise ConfigError(f"{key!r} in {where} holds a NUL character or bytes that are not UTF-8.")


def _leaves(table: Json) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any]] = list(table.items())
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{key}.{name}", item) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [(key, item) for item in value]
        else:
            yield key, value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
