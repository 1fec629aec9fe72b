"""The first half page of a report: what a therapist reads in two minutes, in plain words, the surest first."""

from collections.abc import Iterator, Sequence

from cloud.analysis.earlier import FEWEST, Summary, against_earlier, change_words
from cloud.analysis.measures import seen_share, unseen
from cloud.analysis.outstanding import Outstanding
from cloud.analysis.plain import clock, percent
from cloud.analysis.unseen import HIDDEN, UNSEEN
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports.page import Told, sure
from cloud.reports.slower import slower
from cloud.reports.summary import NOT_AGREED, STANDS_OUT
from device.contract.labels import ACTION_UNITS, Tier
from device.contract.session import UNNAMED

_MOST, _MOST_CHANGES = 8, 3
_LEAST = 0.005


def seen(table: Table) -> list[tuple[str, float]]:
    """What the session's time was: measured, and why not the rest, with shares."""
    parts = [("measured", seen_share(table) or 0.0)]
    return parts + [(UNSEEN.get(reason, reason), share) for reason, share in unseen(table).items()]


def seen_sentences(table: Table, analysis: Analysis) -> Iterator[str]:
    """What to know of what could be seen, beside how much."""
    total = max(analysis.session.lasted_s, 1e-9)
    if not analysis.session.measured_s:
        yield "Nothing of the face could be measured: what follows says nothing of this person."
    elif len(analysis.withheld) == 2:
        yield "Only where the face was and how good the picture was recorded: nothing else was agreed to."
    for part, seconds in analysis.session.hidden_s.items():
        if seconds / total >= _LEAST:
            yield f"{HIDDEN[part].capitalize()} for {percent(seconds / total)} of it: what moves there is not known."
    for sentence in slower(table):
        yield f"The box was slower than it should be: {sentence.removeprefix('Slower').strip()}."
    if missing := table.sessions[0].missing:
        every = table.sessions[0].rows + missing
        yield f"{missing} of {every} records never came, or were thinned out for want of room."


def findings(analysis: Analysis, found: Outstanding) -> Iterator[Told]:
    """What stood out, in sentences; and what the readings disagreed about, or nobody agreed to."""
    facts = [fact for fact in found.facts if fact.kind != "earlier"]
    for fact in facts[:_MOST]:
        yield Told(fact.words, sure(fact.tier), fact.at_s)
    disagree = analysis.session.disagree_s / max(analysis.session.lasted_s, 1e-9)
    if disagree >= STANDS_OUT:
        said = (
            f"For {percent(disagree)} of the session the two readings of the face contradict each other: not counted."
        )
        yield Told(said, sure(Tier.REPORTED))
    if "expressions" in analysis.withheld:
        yield Told(f"Expressions: {NOT_AGREED}.", None)
    if "units" in analysis.withheld:
        yield Told(f"Facial actions: {NOT_AGREED}.", None)
    if analysis.at_rest is not None and not facts:
        share = percent(analysis.at_rest)
        yield Told(f"Nothing stood out. The face was at rest for {share} of the time it was seen whole.", None)


def earlier(table: Table, before: Sequence[Table | Summary] | None) -> Iterator[str]:
    """What changed against this person's earlier sessions, and why it cannot be told where it cannot."""
    if table.sessions[0].patient in ("", UNNAMED):
        yield "Nobody was named, so that there is nothing to compare with."
        return
    if not before:
        asked = "No earlier session of this person was at hand"
        yield f"{asked}." if before is not None else f"{asked}: name the database to compare with those in it."
        return
    changes = against_earlier(table, before)
    if not changes:
        yield f"{len(before)} earlier, but too little was seen in them, or in this one, to compare."
        return
    told = [one for one in changes if one.found][:_MOST_CHANGES]
    for one in told:
        yield change_words(one)
    if told:
        return
    count = changes[0].sessions
    if count < FEWEST:
        yield f"{count} earlier session{'s' * (count != 1)} in which enough was seen: telling a change takes {FEWEST}."
    else:
        yield f"Nothing that {count} earlier sessions could tell from the usual ups and downs."


def silent(analysis: Analysis) -> str:
    """A sentence on the action units that never showed, and on those that never were measured."""
    if "units" in analysis.withheld:
        return f"Facial actions: {NOT_AGREED}."
    shown = {one.key for one in analysis.episodes}
    still = [unit.key for unit in ACTION_UNITS if unit.key in analysis.thresholds and unit.key not in shown]
    never = [unit.key for unit in ACTION_UNITS if unit.key not in analysis.thresholds]
    told = [f"No movement found: {', '.join(still)}."] if still else []
    return " ".join([*told, *([f"Never measured: {', '.join(never)}."] if never else [])])


def lasted(seconds: float) -> str:
    """`50:00 min`; `0:12 min`."""
    return f"{clock(seconds, False)} min"
