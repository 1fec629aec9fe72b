"""Phases, stimuli and marks of a session: those that the box told, and those that were marked afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud.reading.sessions import Session
from device.contract import mark, patient
from device.contract.errors import DataError
from device.contract.fields import Json

MOMENT = "mark"


@dataclass(frozen=True)
class Mark:
    """A part or a moment of a session.

    Attributes:
        kind: `phase`, `stimulus` or `mark`.
        name: '' for none.
        from_s, to_s: seconds since the session's first row; `to_s` None for a moment.
        key: of one that was marked afterwards; '' of the box's.
        by: the account that marked it, '' for the box.
    """

    kind: str
    name: str
    from_s: float
    to_s: float | None = None
    key: str = ""
    by: str = ""


def of_box(session: Session) -> list[Mark]:
    """What the box told, in the order of time."""
    phases = (Mark(mark.PHASE, one.name, one.begin_s, one.end_s) for one in session.phases)
    stimuli = (Mark(mark.STIMULUS, one.name, one.at_s) for one in session.stimuli)
    moments = (Mark(MOMENT, one.name, one.at_s) for one in session.marks)
    return _in_order([*phases, *stimuli, *moments])


def afterwards(stored: Mapping[str, Any]) -> tuple[list[Mark], int]:
    """What was marked afterwards and still holds, in the order of time; and how many entries could not be read."""
    valid: dict[str, Json] = {}
    for key in sorted(stored):
        try:
            mark.validate(stored[key])
        except DataError:
            continue
        valid[key] = stored[key]
    gone = {one["removes"] for one in valid.values() if one["of"] == mark.REMOVED}
    found = [
        Mark(one["of"], one["name"], float(one["from_s"]), one.get("to_s"), key, one["by"])
        for key, one in valid.items()
        if one["of"] != mark.REMOVED and key not in gone
    ]
    return _in_order(found), len(stored) - len(valid)


def checked(kind: str, name: str | None, from_s: float, to_s: float | None, lasted_s: float) -> Json:
    """The content of a new mark. Raises `DataError`: in words of the form."""
    called = (name or "").strip().lower().replace(" ", "-")
    if not patient.PSEUDONYM.fullmatch(called):
        raise DataError("A phase or stimulus has a name of 1 to 40 lower-case letters, digits and hyphens.")
    if not 0 <= from_s <= lasted_s or (to_s is not None and not from_s < to_s <= lasted_s + 1):
        raise DataError("It begins and ends within the session, and ends after it begins.")
    if kind == mark.PHASE and to_s is None:
        raise DataError("A phase has an end: draw it on the diagram, or enter both times.")
    held: Json = {"of": kind, "name": called, "from_s": round(from_s, 1)}
    return held if to_s is None else held | {"to_s": round(to_s, 1)}


def phases(found: Iterable[Mark]) -> list[Mark]:
    """Those that last."""
    return [one for one in found if one.kind == mark.PHASE and one.to_s is not None]


def _in_order(found: list[Mark]) -> list[Mark]:
    return sorted(found, key=lambda one: (one.from_s, one.to_s or one.from_s))
