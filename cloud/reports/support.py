"""What diagnosis support said of a session, in words that nobody can take for a diagnosis.

Said are the groups that the measurements do not rule out, of how many people that is known and how often it is wrong;
where there is no answer, why. Never a group's name alone, and never the network's own probabilities: these hold for a
mix of people like that of the study, and not for the person who was watched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cloud.analysis.plain import percent
from cloud.reading.comparison import Comparison
from cloud.reading.personal import Personal
from cloud.reading.sessions import Session
from cloud.reading.support import Group, Support
from device.contract.fields import Json
from device.contract.support import Abstained

TITLE = "Diagnosis support"
COVERED = "diagnosis"
LEAD = (
    "This is no diagnosis, and none may rest on it. A program compared what was measured in this session with what "
    "was measured of the people of a study, and says which groups of that study the measurements do not rule out. It "
    "does not say what this person has, nor that they have anything."
)
LIMITS = (
    "It knows the groups of its study and no other: of who belongs to none of them, or to several, it says nothing. "
    "It holds, if at all, for people like those of the study, watched as they were. Medication, tiredness, age, "
    "language, culture, light and whoever else is in the room change a face, too. A group's name is the study's word. "
    "Of several sessions of one person some can be wrong by chance: settle beforehand which of them counts."
)
WITHHELD = (
    "Diagnosis support said something of this session, and it is not shown: no consent that covers it is recorded."
)
UNSUPPORTED = "Not supported by its evidence: do not use what follows."
_UNSUPPORTED_WHY = (
    "The study from which this program learned does not show that it can tell these groups apart; whoever installed "
    "it was told so."
)
SIMULATED = "Simulated: the people of its evidence do not exist. What follows says nothing of anybody."
_WHY = {
    Abstained.COVERAGE: "the face could be measured in too little of the time",
    Abstained.SHORT: "too little time was measured in all",
    Abstained.PHASE: "a part of the session that it needs was not held",
    Abstained.UNMEASURED: "too many of the features that it needs were not measured",
    Abstained.OUTSIDE: "the measurements are unlike those of everybody in its study, or another network made them",
}
_FAULT = "The box could not compute it. The journal of the box says why."
_FAULT_MEANS = (
    "That is a fault of the box and says nothing of the person. It speaks neither for nor against any group."
)
_USUAL = "“No answer” is an ordinary outcome, and no fault."
_NUMBERS = "one two three four five six seven eight nine ten".split()


@dataclass(frozen=True)
class Said:
    """What is told of one event.

    Attributes:
        of: of what it is.
        warnings: in large type, before everything else.
        headline: the set, or that there is no answer, with what that is of.
        meaning: what that means, in sentences.
        rows: each group, with its people in the evidence and what the measurements say.
        facts: name and text: how often it is wrong, the people of the evidence, the limits, what said it.
    """

    of: str
    warnings: tuple[str, ...]
    headline: str
    meaning: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]


def is_withheld(session: Session) -> bool:
    """Whether something was said, and no consent that covers it is recorded."""
    covers = session.consent.covers if session.consent else ()
    return bool(session.support) and COVERED not in covers


def said(session: Session) -> tuple[Said, ...]:
    """What may be told of a session, in its order."""
    return () if is_withheld(session) else tuple(map(_said, session.support))


def lines(session: Session) -> Iterator[str]:
    """The same for a terminal, below everything else."""
    if is_withheld(session):
        yield f"\n{TITLE}: {WITHHELD}"
    for number, one in enumerate(said(session)):
        if not number:
            yield f"\n{TITLE} (no diagnosis)\n  {LEAD}"
        yield f"  Of {one.of}:"
        yield from (f"  {warning.upper()}" for warning in one.warnings)
        yield from (f"  {sentence}" for sentence in (one.headline, *one.meaning))
        yield from (f"  {name}: {text}" for name, text in one.facts)


def to_json(session: Session) -> list[Json]:
    """What was said as it was written, for machines, as far as it may be told."""
    return [] if is_withheld(session) else [one.told for one in session.support]


def often(share: float) -> str:
    """`one of ten`; `7 of 100`."""
    nth = 1 / share if share else 0.0
    if nth and abs(nth - round(nth)) < 0.01 and 2 <= round(nth) <= 20:
        return f"one of {_NUMBERS[round(nth) - 1] if round(nth) <= 10 else round(nth)}"
    return f"{100 * share:.3g} of 100"


def warnings(one: Support | Comparison | Personal) -> tuple[str, ...]:
    """What stands in large type before what a bundle said: that its evidence does not carry it, or is simulated."""
    return ((UNSUPPORTED,) if one.supported is False else ()) + ((SIMULATED,) if one.simulated else ())


def _said(one: Support) -> Said:
    of = f"the phase “{_word(one.phase)}”" if one.phase else "the whole session"
    rows = tuple((_word(group.name), _people(group.people), _of(group, one)) for group in one.groups)
    return Said(of, warnings(one), _headline(one), (*_meaning(one),), rows, (*_facts(one),))


def _headline(one: Support) -> str:
    known = f"(of {_listed(group.name for group in one.groups)})"
    if not one.is_computed:
        return f"{TITLE}: no answer. {_FAULT if Abstained.FAULT in one.why else 'Nothing was computed.'}"
    if one.answer and one.supported:
        return (
            f"{TITLE}: only {_word(one.answer)} is not ruled out {known}. Such an answer can be wrong. {_right(one)}"
        )
    left = f"do not rule out: {_listed(one.possible)}" if one.possible else "rule out every group"
    return f"{TITLE}: {'no answer' if one.supported else 'not to be used'}. The measurements {left} {known}."


def _meaning(one: Support) -> Iterator[str]:
    if reasons := [_WHY[why] for why in one.why if why in _WHY]:
        yield f"Why: {'; '.join(reasons)}."
    if not one.supported:
        yield _UNSUPPORTED_WHY
    elif one.answer:
        yield (
            f"What was measured is unusual for people of the study in the group {_others(one)}, and not unusual for "
            f"those in “{_word(one.answer)}”. That does not make this person one of them: read the limits below."
        )
    elif Abstained.FAULT in one.why:
        yield _FAULT_MEANS
    else:
        yield from _no_answer(one)


def _no_answer(one: Support) -> Iterator[str]:
    if one.is_computed and len(one.possible) > 1:
        count = _NUMBERS[len(one.possible) - 1]
        yield f"In the study, people of each of these {count} groups measured like this. No more is known."
    elif one.is_computed and not one.possible:
        yield (
            "Such measurements are rare in every group of the study, often because they lie between the groups. That "
            "is no sign of another illness."
        )
    speaks = "It speaks neither for nor against any group."
    if 1 < len(one.possible) < len(one.groups):
        speaks = "Of the groups that are left it prefers none."
    yield f"{_USUAL} {speaks}"


def _facts(one: Support) -> Iterator[tuple[str, str]]:
    yield "How often it is wrong", _wrong(one)
    if not (one.answer and one.supported):
        yield "When one group is left", _right(one)  # else the headline says it
    groups = ", ".join(f"{_word(group.name)} {group.people}" for group in one.groups)
    sites = "one site" if one.sites == 1 else f"{one.sites} sites"
    whom = one.population[:1].upper() + one.population[1:].rstrip(".")
    yield "People of its evidence", f"{_people(one.people)} at {sites}: {groups}. {whom}."
    if one.coverage is not None:
        yield "What it rests on", f"The face was measured in {percent(one.coverage)} of the time that it looked at."
    yield "Limits", LIMITS
    yield "Said by", f"{one.bundle}, once, at the end."


def _wrong(one: Support) -> str:
    aimed = f"the right group is ruled out for {often(one.alpha)} people (alpha {one.alpha:g})"
    if not one.supported:
        return f"Not known. Aimed at: {aimed}; its evidence does not show that this holds."
    if all(group.held is None for group in one.groups):
        first = f"Aimed at, not measured: {aimed}."
    else:
        wanted = f"Aimed at: {often(one.alpha)} (alpha {one.alpha:g})"
        missed = ", ".join(f"{_word(group.name)} {_missed(group)}" for group in one.groups)
        first = f"Of the people of the study the right group was ruled out: {missed}. {wanted}."
    return (
        f"{first} Of people unlike those of the study it is not known. Among the sessions with an answer it can be "
        "wrong more often: where several groups are left, the right one is rarely missing."
    )


def _right(one: Support) -> str:
    if not one.supported:
        return "How often it is then the right one is not known: its evidence does not show that it holds for anybody."
    if one.right is None:
        return "How often the one group that is left is the right one was not measured."
    between = " ({:.0f} to {:.0f})".format(*(100 * end for end in one.right_between)) if one.right_between else ""
    share = f"{100 * one.right:.0f} of 100{between}"
    return (
        f"Of the people of the study for whom one group was left, it was the right one for {share}. Where groups are "
        "not as frequent as in the study, the share is another."
    )


def _others(one: Support) -> str:
    *some, last = (f"“{_word(group.name)}”" for group in one.groups if group.name != one.answer)
    return f"{', '.join(some)} or {last}" if some else last


def _of(group: Group, one: Support) -> str:
    """Never that a group is ruled out alone, for that is what is said of an illness after an examination."""
    if group.possible is None:
        return "not computed"
    if group.possible:
        return "not ruled out"
    if not one.supported:
        return "ruled out, not to be used"
    if group.held is None:
        return f"ruled out; aimed at, not measured: as {often(one.alpha)} of its own people would be"
    return f"ruled out, as {_missed(group)} of its own people in the study were"


def _missed(group: Group) -> str:
    """`18 of 100`: for how many of its own people the set did not hold it."""
    if group.held is None:
        return "not measured"
    share = 100 * (1 - group.held)
    if share < 1:
        return f"none of {group.people}" if group.held == 1 else "fewer than 1 of 100"
    return f"{share:.0f} of 100"


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"


def _word(name: str) -> str:
    return name.replace("-", " ")


def _listed(names: Iterator[str] | Sequence[str]) -> str:
    return ", ".join(map(_word, names))
