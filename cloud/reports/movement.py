"""What compared a session with other people, in words that nobody can take for a diagnosis.

Told is one session alone: how it was in the mean, how many of its windows were beyond what is typical, and of whom
that is known; where nothing was said, why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.analysis.plain import percent
from cloud.reading.columns import RECORDS
from cloud.reading.comparison import Comparison, is_withheld, of_session
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from cloud.reports.support import warnings
from device.contract.atypicality import RATING, UNLIKELY, Refused
from device.contract.fields import Json

TITLE = "Comparison with other people"
LEAD = (
    "This is no diagnosis, and none may rest on it. A program compared how this face moved, window by window, with "
    "other people, some of them of the same age group. It does not say why somebody moves as they do, nor what they "
    "feel."
)
LIMITS = (
    "It holds, if at all, for people like those of its evidence, watched as they were. Unusual is neither ill nor "
    "wrong. Medication, tiredness, speech, culture, light, a beard, glasses or a palsy change how a face moves, too. "
    "A single window says little, and sessions of different length or content are not comparable."
)
WITHHELD = "This session was compared with other people, and that is not shown: no consent that covers it is recorded."
HEADS = ("What", "In the mean", "Above what is typical", "Windows")
_OF = {
    RATING: "How atypical raters would find it, 1 to 5",
    UNLIKELY: "Share of typical people's windows that were less unlikely",
}
_WHY = {
    Refused.CONSENT: "the consent does not cover what it is read from",
    Refused.NO_AGE: "no age was told with the consent",
    Refused.AGE: "nobody of this person's age is in its evidence",
    Refused.SOURCES: "the people of its evidence were measured with other networks than this person",
}
_UNKNOWN = "not known"


@dataclass(frozen=True)
class Said:
    """What is told of one bundle.

    Attributes:
        of: what it says of a window.
        warnings: in large type, before everything else.
        row: `HEADS`.
        facts: name and text: the people of the evidence, what is typical, the uncertainty of a window, what said it.
    """

    of: str
    warnings: tuple[str, ...]
    row: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


def said(table: Table) -> tuple[Said, ...]:
    """What may be told of the first session of a table."""
    session = table.sessions[0]
    return () if is_withheld(session) else tuple(_said(one, table) for one in of_session(session))


def lines(table: Table) -> Iterator[str]:
    """The same for a terminal, below everything else."""
    if is_withheld(table.sessions[0]):
        yield f"\n{TITLE}: {WITHHELD}"
    for number, one in enumerate(said(table)):
        if not number:
            yield f"\n{TITLE} (no diagnosis)\n  {LEAD}\n  {LIMITS}"
        yield from (f"  {warning.upper()}" for warning in one.warnings)
        name, *figures = one.row
        told = (f"{head.lower()} {figure}" for head, figure in zip(HEADS[1:], figures, strict=True))
        yield f"  {name}: {'; '.join(told)}"
        yield from (f"  {name}: {text}" for name, text in one.facts)


def to_json(table: Table) -> list[Json]:
    """The same for machines."""
    found: list[Json] = []
    for one in () if is_withheld(table.sessions[0]) else of_session(table.sessions[0]):
        values = _windows(one, table, one.of)
        told: Json = {"bundle": one.bundle, "of": one.of, "windows": len(values), "seconds": one.seconds}
        told |= {"supported": one.supported, "simulated": one.simulated, "population": one.population, "n": one.people}
        told |= {"ages": list(one.ages)} | ({"refused": one.refused.value} if one.refused else {})
        if len(values):
            told["mean"] = round(float(values.mean()), 3)
            told |= {} if one.typical is None else {"above": round(float((values > one.typical).mean()), 3)}
        found.append(told)
    return found


def _said(one: Comparison, table: Table) -> Said:
    return Said(one.of, warnings(one), (_OF[one.of], *_figures(one, table)), (*_facts(one, table),))


def _windows(one: Comparison, table: Table, field: str) -> Values:
    """(W,) what was said of the windows of a session whose every record was sent; nothing of who was refused."""
    if one.refused or table.form is not RECORDS:
        return np.empty(0)
    values = table.values(f"atypicality.{field}")
    found: Values = values[~np.isnan(values)]
    return found


def _figures(one: Comparison, table: Table) -> Iterator[str]:
    values = _windows(one, table, one.of)
    if not len(values):
        yield from (_UNKNOWN, _UNKNOWN, "none")
        return
    yield f"{values.mean():.2f}"
    if one.typical is None:
        yield _UNKNOWN
    else:
        above = int((values > one.typical).sum())
        yield f"{above} of {len(values)} windows, {percent(above / len(values))}"
    yield f"{len(values)}, of {one.seconds:g} s each"


def _facts(one: Comparison, table: Table) -> Iterator[tuple[str, str]]:
    if reason := _nothing(one, table):
        yield "Why it is not known", reason
    yield "People of its evidence", _people(one)
    yield "What is typical", _typical(one)
    low, high = _windows(one, table, "low"), _windows(one, table, "high")
    if one.of == RATING and len(low) and len(low) == len(high):
        yield (
            "Uncertainty",
            f"The interval of a single window reaches from {low.mean():.1f} to {high.mean():.1f} in the mean.",
        )
    yield "Said by", f"{one.bundle}, of windows of {one.seconds:g} s that were measured well enough."


def _nothing(one: Comparison, table: Table) -> str:
    """Why there is no figure; '' where there is one."""
    if len(_windows(one, table, one.of)):
        return ""
    if one.refused:
        return f"Not compared: {_WHY[one.refused]}."
    if table.form is not RECORDS:
        return "Of this session seconds were sent, and what compares windows stands in the records of frames alone."
    return "No window was measured well enough, to its end."


def _people(one: Comparison) -> str:
    count = f"{one.people} {'person' if one.people == 1 else 'people'}, {' or '.join(one.ages)} years old"
    raters = f", each window rated by up to {one.raters} raters" if one.raters else ""
    whom = one.population[:1].upper() + one.population[1:].rstrip(".")
    return f"{count}{raters}. {whom}."


def _typical(one: Comparison) -> str:
    if one.typical is None:
        return "Not measured: nobody knows how many windows of typical people would be rated as high."
    if one.typical_people is None:
        whom = "its typical people (how many is not known)"
    else:
        whom = f"its {one.typical_people} typical {'person' if one.typical_people == 1 else 'people'}"
    return f"95 of 100 windows of {whom} were at most {one.typical:.2f}; 5 of 100 were above."
