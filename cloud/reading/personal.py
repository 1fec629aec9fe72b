"""What the bundle of one person's own said of a session, as readers see it: their own movement, against nobody else's.

It is told once, when the session ends (`device/contract/personal.py`); of single frames the records tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from cloud.reading.sessions import Session
from cloud.reading.table import Table
from device.contract.fields import Json
from device.contract.personal import MODELS_FIELD, MOST_MOVEMENTS, NEEDS, RECORD_FIELDS, Refused
from device.contract.session import Event

_HIDDEN = {MODELS_FIELD.path, *(field.path for field in RECORD_FIELDS)}


@dataclass(frozen=True)
class Movement:
    """One of a person's known movements in a session: its number in the bundle, the action units that belong to it,
    the strongest first, the share of the time in which it was the nearest, and the 95 % interval of that (None: not
    known)."""

    number: int
    units: tuple[str, ...]
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Personal:
    """What was said once, of a whole session; None: not told.

    Attributes:
        bundle: what said it, NAME-VERSION.
        refused: why it said nothing; None: it did.
        supported: whether the evidence of the bundle carries it.
        simulated: whether the person of the evidence was simulated.
        seconds: in which it was measured.
        mean: distance from this person's usual, 1: as far as usual; `low` to `high`: its 95 % interval.
        earlier: sessions of theirs, on the box, with which the box compared this one.
        unusual: share of these whose mean was smaller; `unusual_low` to `unusual_high`: its 95 % interval.
        near: share of the time in which one of the known movements was near.
        movements: all that the bundle knows, by their numbers.
        told: the event's `personal` as it was written.
    """

    bundle: str
    refused: Refused | None
    supported: bool | None
    simulated: bool
    seconds: float
    mean: float | None
    low: float | None
    high: float | None
    earlier: int
    unusual: float | None
    unusual_low: float | None
    unusual_high: float | None
    near: float | None
    movements: tuple[Movement, ...]
    told: Json

    @property
    def watched(self) -> bool:
        """Whether a bundle of theirs watched the session, however little; else nothing in its records is of one."""
        return self.refused in (None, Refused.LITTLE)

    @classmethod
    def of(cls, told: Json) -> Self:
        """From the `personal` of an event that the contract takes."""
        refused = Refused(told["refused"]) if "refused" in told else None
        names = ("mean", "low", "high", "unusual", "unusual_low", "unusual_high", "near")
        return cls(
            bundle=told["bundle"],
            refused=refused,
            supported=told.get("supported"),
            simulated=told.get("simulated", False),
            seconds=told["seconds"],
            earlier=told["earlier"],
            movements=() if refused else tuple(_movements(told)),
            told=told,
            **{name: None if refused else told.get(name) for name in names},
        )


def of_session(session: Session) -> Personal | None:
    """The newest that was told of a session; None where nothing was, or where it is not to be shown: the consent was
    withdrawn, or none that covers it is recorded. That a consent does not cover it is told all the same."""
    told = _newest(session)
    return told if told and (_is_covered(session) or told.refused is Refused.CONSENT) else None


def is_withheld(session: Session) -> bool:
    """Whether something was told, and no consent that covers it is recorded."""
    return _newest(session) is not None and of_session(session) is None


def permitted(table: Table) -> Table:
    """The table of a session without what is not to be shown of the person's own movement: where no consent covers it,
    and where a bundle was refused that was not theirs, or of no use."""
    session = table.sessions[0]
    told = of_session(session)
    if _is_covered(session) and (told is None or told.watched):
        return table
    return replace(table, columns={path: column for path, column in table.columns.items() if path not in _HIDDEN})


def _newest(session: Session) -> Personal | None:
    """The newest that was told; nothing where the consent was withdrawn."""
    told = [event["personal"] for event in session.events if event["event"] == Event.PERSONAL]
    return Personal.of(told[-1]) if told and not session.is_revoked else None


def _is_covered(session: Session) -> bool:
    return session.consent is not None and {*session.consent.covers} >= NEEDS


def _movements(told: Json) -> Iterator[Movement]:
    shares, units = told.get("shares", {}), told.get("units", {})
    low, high = told.get("shares_low", {}), told.get("shares_high", {})
    for number in range(1, MOST_MOVEMENTS + 1):
        name = f"m{number}"
        if name in shares or name in units:
            yield Movement(number, tuple(units.get(name, ())), shares.get(name, 0.0), low.get(name), high.get(name))
