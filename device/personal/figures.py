"""What a session came to, and what watched it, in the words of its event: see `device.contract.personal`."""

from collections.abc import Sequence

from device.contract.evidence import Interval
from device.contract.fields import Json
from device.contract.personal import FARTHEST, FEWEST_EARLIER, MOST_UNITS, Refused
from device.contract.personal_file import PersonalFile
from device.personal.gathered import share_below
from device.stages.personal import PersonalReader

_DIGITS = 4


def bundle(reader: PersonalReader) -> Json:
    """What watches, and whether its evidence carries what it says."""
    simulated = {"simulated": True} if reader.evidence.simulated else {}
    return {"bundle": reader.bundle, "supported": reader.evidence.supported} | simulated


def figures(means: Sequence[Interval] | None, earlier: Sequence[float], file: PersonalFile) -> Json:
    """What a session came to.

    Args:
        means: as `Gathered` has them.
        earlier: means of the earlier sessions.
        file: of the bundle.
    """
    if means is None:
        return {"refused": Refused.LITTLE.value}
    distance, near, *shares = means
    said = _of("", distance, "mean")
    if len(earlier) >= FEWEST_EARLIER:
        said |= _of("unusual_", share_below(said["mean"], [*earlier]), "unusual")
    said["near"] = _short(near.value)
    if shares:
        for name in ("", "_low", "_high"):
            values = (getattr(one, name.removeprefix("_") or "value") for one in shares)
            said[f"shares{name}"] = {f"m{n}": _short(value) for n, value in enumerate(values, 1)}
    units = {f"m{n}": [*one.units][:MOST_UNITS] for n, one in enumerate(file.movements, 1) if one.units}
    return said | ({"units": units} if units else {})


def _of(name: str, interval: Interval, value: str) -> Json:
    return {value: _short(interval.value), f"{name}low": _short(interval.low), f"{name}high": _short(interval.high)}


def _short(value: float) -> float:
    return round(min(value, FARTHEST), _DIGITS)
