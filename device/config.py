"""The settings from TOML text and the command line, and back to text.

Later wins: defaults, then the file, then `--set SECTION.KEY=VALUE` and the options of the command line.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from device.contract.toml import Json, assigned, parse, read_toml
from device.settings import Settings

DEFAULTS = Path(__file__).with_name("config.toml")
_EXAMPLE = "quality.min_width_px=48"


def load_settings(path: Path | None, assignments: Iterable[str] = (), overrides: Json | None = None) -> Settings:
    """The effective settings.

    Args:
        path: TOML file, or None for the defaults.
        assignments: texts `SECTION.KEY=VALUE`, the value in TOML.
        overrides: section → key → value, applied last.

    Raises:
        ConfigError: unreadable file, bad TOML, unknown key, wrong type, impossible value.
    """
    layers = [(read_toml(path, "--config"), str(path))] if path else []
    layers += [assigned(text, _EXAMPLE) for text in assignments]
    layers += [(overrides, "the command line")] if overrides else []
    return parse(Settings, layers)


def dump(settings: Settings) -> str:
    """The settings as TOML, loadable again."""
    lines = []
    for section in settings.__struct_fields__:
        table = getattr(settings, section)
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(getattr(table, key))}" for key in table.__struct_fields__]
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, (bool, str)):  # JSON writes them as TOML does, but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
