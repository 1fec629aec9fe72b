"""From TOML text and command-line assignments to `Settings`; every mistake is one sentence.

Later wins: defaults, then the file, then `--set SECTION.KEY=VALUE` and the options of the command line.
"""

import math
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from device.contract.errors import ConfigError
from device.contract.patient import check_pseudonym
from device.contract.record import DEVICE_ID
from device.contract.session import COVERS, GIVERS
from device.contract.telemetry import MODES
from device.contract.toml import nearest, read_toml, toml_value
from device.settings import Settings

DEFAULTS = Path(__file__).with_name("config.toml")
PACES = ("auto", "realtime", "fast")
Tables = dict[str, dict[str, Any]]


def load_settings(path: Path | None, assignments: Iterable[str] = (), overrides: Tables | None = None) -> Settings:
    """The effective settings.

    Args:
        path: TOML file, or None for the defaults.
        assignments: texts `SECTION.KEY=VALUE`, the value in TOML.
        overrides: section → key → value, applied last.

    Raises:
        ConfigError: unreadable file, bad TOML, unknown key, wrong type, impossible value.
    """
    settings = Settings()
    layers = [(read_toml(path, "--config"), str(path))] if path else []
    layers += [(_assignment(text), f"--set {text}") for text in assignments]
    layers += [(overrides, "the command line")] if overrides else []
    for tables, where in layers:
        settings = _applied(settings, tables, where)
    return settings


def dump(settings: Settings) -> str:
    """The settings as TOML, loadable again."""
    lines = []
    for section in fields(settings):
        lines.append(f"[{section.name}]")
        lines += [f"{name} = {_toml(value)}" for name, value in vars(getattr(settings, section.name)).items()]
        lines.append("")
    return "\n".join(lines)


def keys() -> list[str]:
    """Every `SECTION.KEY` there is."""
    return [f"{s.name}.{key}" for s in fields(Settings) for key in vars(getattr(Settings(), s.name))]


def _assignment(text: str) -> Tables:
    key, equals, value = text.partition("=")
    section, dot, name = key.strip().partition(".")
    if not equals or not dot:
        raise ConfigError(f"--set {text}: write SECTION.KEY=VALUE, such as --set quality.min_width_px=48.")
    return {section: {name: toml_value(value)}}


def _applied(settings: Settings, tables: Tables, where: str) -> Settings:
    for section, table in tables.items():
        if not hasattr(settings, section):
            raise _unknown(section, [field.name for field in fields(Settings)], where)
        if not isinstance(table, dict):
            raise ConfigError(f"'{section}' in {where} is a section: write [{section}] and keys below it.")
        part = getattr(settings, section)
        hints = get_type_hints(type(part))
        for key in table:
            if key not in hints:
                raise _unknown(f"{section}.{key}", keys(), where)
        values = {key: _typed(f"{section}.{key}", value, hints[key], where) for key, value in table.items()}
        settings = replace(settings, **{section: replace(part, **values)})
    return settings


def _unknown(key: str, known: list[str], where: str) -> ConfigError:
    close = nearest(key, known)
    hint = f": perhaps you meant '{close}'" if close else "; `affectbox check-config` lists all keys"
    return ConfigError(f"Unknown key '{key}' in {where}{hint}.")


def _typed(key: str, value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) is tuple and isinstance(value, list):
        return _checked(key, tuple(_typed(key, item, get_args(hint)[0], where) for item in value), where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return _checked(key, float(value), where)
    if type(value) is not hint:
        name = "list" if get_origin(hint) is tuple else hint.__name__
        raise ConfigError(f"'{key}' in {where} is {value!r}, and must be of type {name}.")
    return _checked(key, value, where)


def _checked(key: str, value: Any, where: str) -> Any:
    wrong = ""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and not (value >= 0 and math.isfinite(value)):
        wrong = "must not be negative"
    elif isinstance(value, int) and value < 1 and key not in ("run.max_frames",):
        wrong = "must be at least 1"
    elif key == "run.pace" and value not in PACES:
        wrong = f"must be one of {', '.join(PACES)}"
    elif key == "delivery.mode" and value not in MODES:
        wrong = f"must be one of {', '.join(MODES)}"
    elif key == "session.patient" and value:
        return check_pseudonym(value)
    elif key == "session.consent" and isinstance(value, str) and value not in COVERS:
        wrong = f"must be one of {', '.join(COVERS)}"
    elif key == "session.consent_by" and value not in ("", *GIVERS):
        wrong = f"must be one of {', '.join(GIVERS)}"
    elif key == "device.id" and value and not DEVICE_ID.fullmatch(value):
        wrong = "must be 1 to 40 lower-case letters, digits and hyphens"
    elif key == "detector.zone" and isinstance(value, tuple) and value and not _is_zone(value):
        wrong = "must be [left, top, width, height] inside the frame, in shares from 0 to 1"
    if wrong:
        raise ConfigError(f"'{key}' in {where} is {value!r}, and {wrong}.")
    return value


def _is_zone(zone: tuple[float, ...]) -> bool:
    if len(zone) != 4:
        return False
    left, top, width, height = zone
    return width > 0 and height > 0 and left + width <= 1 and top + height <= 1


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)
