"""What compared a session with other people, as readers see it: of whom its evidence is, or why nothing was said."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from cloud.reading.sessions import Session
from cloud.reading.table import Table
from device.contract.atypicality import MODELS_FIELD, RATING, RECORD_FIELDS, UNLIKELY, Refused
from device.contract.fields import Field, Json
from device.contract.session import Event

COVERED = "atypicality"


@dataclass(frozen=True)
class Comparison:
    """One bundle, as the box told of it.

    Attributes:
        bundle: NAME-VERSION.
        of: what it says of a window, a field of `atypicality` in records.
        seconds: length of a window.
        refused: why it said nothing of the person; None: it did.
        supported: whether its evidence carries it.
        simulated: whether the people of the evidence were simulated.
        population, ages, people, raters: of the evidence; no raters: nobody rated.
        typical_people: of them those whose windows `typical` is of; None: not known.
        typical: what 95 % of the windows of typical people do not exceed; None: not known.
    """

    bundle: str
    of: str
    seconds: float
    refused: Refused | None
    supported: bool
    simulated: bool
    population: str
    ages: tuple[str, ...]
    people: int
    raters: int
    typical: float | None
    typical_people: int | None

    @classmethod
    def told(cls, held: Json) -> Self:
        """From the `comparison` of an event that the contract takes."""
        return cls(
            held["bundle"],
            held["of"],
            held["seconds"],
            Refused(held["refused"]) if "refused" in held else None,
            held["supported"],
            held.get("simulated", False),
            held["population"],
            tuple(held["ages"]),
            held["n"],
            held.get("raters", 0),
            held.get("typical"),
            held.get("typical_people"),
        )


def comparisons(events: Iterable[Json]) -> tuple[Comparison, ...]:
    """Of each thing that could be said the newest that was, or why it was not, from a session's events. A consent that
    says another age later on takes away what was said under the one before: that was of nobody of the evidence."""
    found: dict[str, Comparison] = {}
    for event in events:
        if event["event"] == Event.COMPARISON:
            told = Comparison.told(event["comparison"])
            before = found.get(told.of)
            if before is None or before.refused is not None or told.refused in (None, Refused.AGE):
                found[told.of] = told
    return tuple(found.values())


def of_session(session: Session) -> tuple[Comparison, ...]:
    """What was told of a session; nothing where the consent was withdrawn."""
    return () if session.is_revoked else comparisons(session.events)


def is_withheld(session: Session) -> bool:
    """Whether it was compared, and no consent that covers it is recorded."""
    covers = session.consent.covers if session.consent else ()
    return bool(of_session(session)) and COVERED not in covers


def permitted(table: Table) -> Table:
    """The table of a session without what was said of its windows wherever that is not to be shown: by a bundle that
    refuses the person or told nothing of its evidence, and all of it where no consent covers it."""
    session = table.sessions[0]
    told = () if is_withheld(session) else of_session(session)
    shown = {one.of for one in told if not one.refused}
    hidden = {field.path for field in RECORD_FIELDS if _of(field) not in shown}
    hidden |= set() if shown else {MODELS_FIELD.path}
    return replace(table, columns={path: column for path, column in table.columns.items() if path not in hidden})


def _of(field: Field) -> str:
    """Which of both a field of records belongs to."""
    return UNLIKELY if field.path.endswith(UNLIKELY) else RATING
