"""Units and tiers of the contract's fields, by their paths."""

from cloud.analysis.measures import MEASURES
from device.contract.labels import ACTION_UNITS, Tier
from device.contract.templates import tier

_AUS = {unit.key: unit.tier for unit in ACTION_UNITS}
_PAIN = ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")
_GROUPS = {
    "pose": "degrees",
    "emotions": "probability",
    "aus": "FACS intensity, A–E = 1–5",
    "left": "FACS intensity, A–E = 1–5",
    "right": "FACS intensity, A–E = 1–5",
    "expressions": "membership",
    "ms": "ms",
    "face": "share of the frame",
}
_SINGLE = {
    "time.mono": "s",
    "time.wall": "s since 1970",
    "frame.index": "frames",
    "frame.dropped": "frames",
    "frame.media": "s",
    "track.age": "s",
    "faces": "faces",
    "quality.presence": "probability",
    "quality.width": "pixels",
    "quality.sharpness": "ratio",
    "quality.brightness": "share of white",
    "eyes.open": "share of usual opening",
    "eyes.blink": "s",
    "eyes.blinks": "a minute",
    "eyes.perclos": "share of a minute",
    "pain": "PSPI points",
    "atypicality.rating": "raters' scale, 1–5",
    "atypicality.low": "raters' scale, 1–5",
    "atypicality.high": "raters' scale, 1–5",
    "atypicality.unlikely": "share",
    "personal.distance": "times the usual",
    "personal.movement": "number",
    "pace.rate": "a second",
    "host.cpu": "% of a core",
    "host.rss": "MB",
    "host.memory": "%",
    "host.temperature": "°C",
    "v": "number",
    "seq": "number",
    "track.id": "number",
}


def unit_of(path: str, kind: str) -> str:
    """The unit of a field; '' for what is no number. Raises `KeyError`: a number whose unit nobody wrote down."""
    if kind not in ("number", "integer"):
        return ""
    group = path.partition(".")[0]
    return _GROUPS[group] if group in _GROUPS else _SINGLE[path]


def tier_of(path: str) -> str:
    """How far a field can be relied on; '' for what is no estimate of the face's expression."""
    group, _, key = path.partition(".")
    if group in ("aus", "left", "right"):
        return _AUS[key].value
    if group == "expressions":
        return tier(key).value
    if path == "pain":
        return max((_AUS[unit] for unit in _PAIN), key=tuple(Tier).index).value
    return MEASURES[path].tier.value if path in MEASURES else ""
