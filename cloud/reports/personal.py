"""How a person moved against themselves, in words that nobody can take for a finding.

Told is one session alone, as the box told it: how far from their usual in the mean, and which of their own movements
showed for how long. What changed since earlier sessions is told in `cloud.reports.repertoire`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cloud.analysis.plain import clock, percent, plain
from cloud.reading.personal import Movement, Personal, is_withheld, of_session
from cloud.reading.sessions import Session
from cloud.reports.support import warnings
from device.contract.fields import Json
from device.contract.personal import FEWEST_EARLIER, Refused

TITLE = "This person's own movement"
LEAD = (
    "A program that learnt from recordings of this one person tells how far the face was from what is usual for them, "
    "and which of their own movements it came near to. They are compared with themselves and with nobody else."
)
LIMITS = (
    "It does not say why somebody moves as they do, nor what they feel, nor how they are: far from usual is neither "
    "good nor bad. It knows this person as they were when they were recorded. Light, another seat, glasses, a beard, "
    "tiredness, medication or what was talked of change a face, too."
)
WITHHELD = "This person's own movement was watched, and that is not shown: no consent that covers it is recorded."
HEADS = ("Their movement", "Share of the time", "95 % interval")
_WHY = {
    Refused.CONSENT: "the consent does not cover what it is read from",
    Refused.PERSON: "the bundle on the box is not of this person",
    Refused.BUNDLE: "the box could not use the bundle; its journal says why",
    Refused.LITTLE: "too little was seen",
}
_MOST_UNITS = 4
_UNKNOWN = "not known"


@dataclass(frozen=True)
class Said:
    """What is told of a session.

    Attributes:
        warnings: in large type, before everything else.
        rows: `HEADS`, of each movement that the bundle knows.
        facts: name and text.
    """

    warnings: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]


def said(session: Session) -> Said | None:
    """What may be told; None where nothing was."""
    told = of_session(session)
    return None if told is None else Said(warnings(told), tuple(map(_row, told.movements)), tuple(_facts(told)))


def lines(session: Session, brief: bool) -> Iterator[str]:
    """The same for a terminal, below everything else; `brief`: without the movements, which are told elsewhere."""
    if is_withheld(session):
        yield f"\n{TITLE}: {WITHHELD}"
    elif found := said(session):
        yield f"\n{TITLE}\n  {LEAD}\n  {LIMITS}"
        yield from (f"  {warning.upper()}" for warning in found.warnings)
        yield from (f"  {name}: {text}" for name, text in found.facts)
        rows = () if brief else found.rows
        yield from (f"  Movement {name}: {share} of the time, interval {between}" for name, share, between in rows)


def to_json(session: Session) -> Json:
    """What was told as it was written, for machines, as far as it may be shown."""
    told = of_session(session)
    return told.told if told else {}


def named(movement: Movement) -> str:
    """`1: cheeks raised, lip corners pulled up (AU6 + AU12)`."""
    if not movement.units:
        return f"{movement.number}: no facial action stands out in it"
    units = movement.units[:_MOST_UNITS]
    more = "\N{HORIZONTAL ELLIPSIS}" if len(movement.units) > _MOST_UNITS else ""
    return f"{movement.number}: {', '.join(map(plain, units))} ({' + '.join(units)}{more})"


def _row(one: Movement) -> tuple[str, str, str]:
    known = one.low is not None and one.high is not None
    interval = f"{100 * (one.low or 0):.1f} to {100 * (one.high or 0):.1f} %" if known else _UNKNOWN
    return named(one), f"{100 * one.share:.1f} %", interval


def _facts(told: Personal) -> Iterator[tuple[str, str]]:
    yield "Distance from their usual", _distance(told)
    if not told.watched:
        yield "On the box", f"{told.bundle}, which said nothing."
        return
    if told.mean is not None:
        yield "Against their earlier sessions", _unusual(told)
    if told.near is not None:
        yield "Known movements", f"One of them was near for {percent(told.near)} of the time, none for the rest."
    yield "Measured", f"{clock(told.seconds, False)} min, in light such as it was learnt in."
    carried = "" if told.supported is not None else " Whether its evidence carries it was not told."
    yield "Said by", f"{told.bundle}, which learnt from this person alone.{carried}"


def _distance(told: Personal) -> str:
    if told.mean is None:
        return f"Not known: {_WHY[told.refused] if told.refused else 'it was not told'}."
    known = told.low is not None and told.high is not None
    interval = f"95 % interval {told.low:.2f} to {told.high:.2f}" if known else "interval not known"
    return f"{told.mean:.2f} in the mean ({interval}); 1 is as far as usual."


def _unusual(told: Personal) -> str:
    sessions = f"{told.earlier} earlier session{'s' * (told.earlier != 1)} on the box"
    if told.unusual is None:
        return f"{sessions}: too few to say how unusual this one is, which takes {FEWEST_EARLIER}."
    interval = ""
    if told.unusual_low is not None and told.unusual_high is not None:
        interval = f"; 95 % interval {percent(told.unusual_low)} to {percent(told.unusual_high)}"
    nearer = round(told.unusual * told.earlier)
    return f"{nearer} of {sessions} were nearer to their usual, in the mean ({percent(told.unusual)}{interval})."
