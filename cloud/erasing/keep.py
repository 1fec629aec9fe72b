"""How long what is kept: the file of `affectbox-cloud retention`; `retention.toml` explains each key."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, structs

from device.contract.errors import ConfigError
from device.contract.toml import Table, parse, read_toml

SHIPPED = Path(__file__).with_name("retention.toml")
_Days = Annotated[int, Meta(ge=0, le=36_500)]


class Keep(Table, frozen=True):
    """Days; 0 is for ever."""

    records_days: _Days = 0
    seconds_days: _Days = 0
    minutes_days: _Days = 0
    visits_days: _Days = 0
    notes_days: _Days = 0
    audit_days: _Days = 0
    clocks_days: _Days = 0
    telemetry_days: _Days = 0

    def limit_s(self, kind: str, now_s: float) -> float:
        """What is of before that, seconds since 1970, is older than its kind is kept; -infinity where it is for ever.
        `kind`: a key without `_days`."""
        days = int(getattr(self, f"{kind}_days"))
        return now_s - days * 86_400 if days else float("-inf")


class _File(Table, frozen=True):
    keep: Keep = Keep()


def load(path: Path) -> Keep:
    """Read a file. Raises `ConfigError`: not TOML, an unknown key, no whole number of days; nothing is limited."""
    kept = parse(_File, [(read_toml(path, "--keep"), str(path))]).keep
    if not any(structs.astuple(kept)):
        raise ConfigError(f"{path} limits nothing: give days, such as records_days = 365 below [keep].")
    return kept
