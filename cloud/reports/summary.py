"""An analysis in words: a line for each thing that a therapist or a nurse may want to know, the best supported first.

Pain and 'threatened' are not told unless asked for: the cheeks of a smile raise the one, raised brows the other.
"""

from collections.abc import Iterator
from itertools import groupby

from cloud.analysis.cooccurrence import FOLLOWS_S
from cloud.analysis.episodes import by_support, lasted_s
from cloud.analysis.plain import clock, percent
from cloud.analysis.shares import Dominance
from cloud.analysis.unseen import HIDDEN
from cloud.analysis.whole import Analysis
from device.contract.labels import ACTION_UNITS, Tier
from device.contract.templates import tier

#: What is told only when asked for.
WITHHELD = ("pain", "painful", "threatened")
#: Share of the session below which nothing is called dominant, and of an emotion below which no expression is told.
STANDS_OUT = 0.1
#: Of what a consent does not cover.
NOT_AGREED = "not recorded: not agreed to"

_MOST = 5
_NAMES = {unit.key: f"{unit.key} {unit.name.partition(' (')[0]}" for unit in ACTION_UNITS}


def name_of(key: str) -> str:
    """`AU12 Lip Corner Puller`, `sadly angry`."""
    return _NAMES.get(key, key.replace("_", " "))


def records(count: int) -> str:
    """`1 record`, `20 records`."""
    return f"{count} record{'s' * (count != 1)}"


def dominant(analysis: Analysis) -> str:
    """The leading emotions, each with the expressions that agree with it; where no network looked for emotions, the
    leading expressions."""
    if "expressions" in analysis.withheld:
        return f"emotions and expressions {NOT_AGREED}"
    leading = [one for one in _leading(analysis) if one.share >= STANDS_OUT]
    disagree = analysis.session.disagree_s / max(analysis.session.lasted_s, 1e-9)
    if not leading and disagree >= STANDS_OUT:
        return f"nothing stood out: the readings disagreed for {percent(disagree)} of the session"
    if not leading:
        return f"nothing stood out: nothing was seen for as much as {percent(STANDS_OUT)} of the session"
    parts = [_with_expressions(one, " of the session" if one is leading[0] else "") for one in leading]
    return "; ".join(_by_tier(leading, parts))


def also_seen(analysis: Analysis) -> str:
    """The leading emotions or expressions that were too rare to be called dominant; '' for none."""
    rare = [one for one in _leading(analysis) if one.share < STANDS_OUT]
    return "; ".join(_by_tier(rare, [_with_expressions(one) for one in rare]))


def summary(analysis: Analysis, everything: bool = False) -> Iterator[str]:
    """The lines of the report, each with its heading; `everything` includes what is otherwise withheld."""
    session, total = analysis.session, max(analysis.session.lasted_s, 1e-9)
    yield f"Dominant     {dominant(analysis)}"
    if also := also_seen(analysis):
        yield f"Also seen    {also}"
    by_face = {} if _by_emotion(analysis) else {"no expression recognised": session.unrecognised_s}
    rest = {"no clear emotion": session.unclear_s, **by_face, "not measured": session.not_measured_s}
    if told := [f"{what} {percent(seconds / total)}" for what, seconds in rest.items() if seconds > 0]:
        yield f"Otherwise    {'; '.join(told)}"
    if session.disagree_s:
        yield (
            f"Disagree     {percent(session.disagree_s / total)} of the session: expression and emotion readings "
            "contradict each other there; neither is counted"
        )
    yield from _expressions(analysis, total, everything)
    if "units" in analysis.withheld:
        yield f"Action units {NOT_AGREED}"
    yield from _hidden(analysis, total)
    yield from _movement(analysis, everything)
    if analysis.blinks:
        yield f"Blinks       {_blinks(analysis)}"
    if everything and (pain := analysis.pain):
        greatest = f"greatest {pain.greatest:.1f} of 16 at {clock(pain.greatest_s)}"
        yield f"Pain (PSPI)  mean {pain.mean:.1f}, {greatest}, while there was no smile; {pain.tier}"


def episode_table(analysis: Analysis, kind: str, title: str, everything: bool = False) -> Iterator[str]:
    """A row per quantity that had episodes: how many, for how long, and the strongest with its course."""
    found = [e for e in by_support(analysis.episodes, kind) if everything or e[0].key not in WITHHELD]
    if not found:
        return
    yield f"\n{title}"
    course = f"{'the strongest: from':>19} {'most at':>8} {'to':>14} value"
    yield f"{'':28}{'reliability':16}{'times':>5} {'in all':>8}   {course}"
    for episodes in found:
        top = max(episodes, key=lambda episode: episode.apex)
        onset, apex, offset = (clock(time) for time in (top.onset_s, top.apex_s, top.offset_s))
        onset, offset = f"{'before ' * top.cut_start}{onset}", f"{'after ' * top.cut_end}{offset}"
        counted = f"{len(episodes):5d} {clock(lasted_s(episodes)):>8}"
        yield f"  {name_of(top.key):26}{top.tier:16}{counted}   {onset:>19} {apex:>8} {offset:>14} {top.apex:5.2f}"


def _leading(analysis: Analysis) -> list[Dominance]:
    kind = "emotions" if _by_emotion(analysis) else "expressions"
    return [one for one in analysis.dominance if one.kind == kind and one.name not in WITHHELD]


def _by_emotion(analysis: Analysis) -> bool:
    """Whether a network looked for emotions at all; else expressions lead."""
    found = any(one.kind == "emotions" for one in analysis.dominance)
    return found or bool(analysis.session.unclear_s or analysis.session.disagree_s)


def _with_expressions(one: Dominance, of: str = "") -> str:
    shares = {name: share for name, share in one.beside.items() if share >= STANDS_OUT * one.share}
    agreeing = [Dominance("expressions", name, tier(name).value, share, {}) for name, share in shares.items()]
    agreeing.sort(key=lambda other: list(Tier).index(Tier(other.tier)))
    beside = "; ".join(_by_tier(agreeing, [f"{name_of(other.name)} {percent(other.share)}" for other in agreeing]))
    return f"{name_of(one.name)} {percent(one.share)}{of}{f' ({beside})' if beside else ''}"


def _by_tier(found: list[Dominance], parts: list[str]) -> list[str]:
    """The parts, those of a tier together, and where they are not reported their tier before them."""
    groups = groupby(zip(found, parts, strict=True), key=lambda pair: pair[0].tier)
    joined = [(name, ", ".join(part for _, part in group)) for name, group in groups]
    return [text if name == Tier.REPORTED.value else f"{name}: {text}" for name, text in joined]


def _expressions(analysis: Analysis, total: float, everything: bool) -> Iterator[str]:
    found = [one for one in analysis.dominance if one.kind == "expressions"]
    found = [one for one in found if everything or one.name not in WITHHELD]
    parts = _by_tier(found, [_with_expressions(one) for one in found])
    if analysis.session.unrecognised_s:
        parts.append(f"none recognised {percent(analysis.session.unrecognised_s / total)}")
    if parts and (everything or _by_emotion(analysis)):
        yield f"Expressions  {'; '.join(parts)} of the session"


def _hidden(analysis: Analysis, total: float) -> Iterator[str]:
    hidden = {part: seconds for part, seconds in analysis.session.hidden_s.items() if seconds}
    if hidden:
        told = [
            f"{HIDDEN[part]} for {clock(seconds)} ({percent(seconds / total)})" for part, seconds in hidden.items()
        ]
        yield f"Hidden       {', '.join(told)}: what moves there was not measured meanwhile"


def _movement(analysis: Analysis, everything: bool) -> Iterator[str]:
    if analysis.at_rest is not None:
        seen = f"the {clock(analysis.whole_s)} in which the whole face was measured"
        yield f"At rest      {percent(analysis.at_rest)} of {seen}: nothing in it moved, blinks apart"
    told = {key: threshold for key, threshold in analysis.thresholds.items() if everything or key not in WITHHELD}
    if restless := [name_of(key) for key, threshold in told.items() if not threshold.found_rest]:
        yield f"Hardly still {', '.join(restless)}: shown most of the time, so only what is marked is listed"
    together = [p for p in analysis.pairs if everything or not {p.first, p.second} & set(WITHHELD)]
    heading = "Together"
    for kind in ("aus", "expressions"):
        closest = [f"{p.first} and {p.second} {percent(p.jaccard)}" for p in together if p.kind == kind][:_MOST]
        if closest:
            yield f"{heading:13}{', '.join(closest).replace('_', ' ')} of the time in which either showed"
            heading = ""
    again = [
        s for s in analysis.successions if s.count > 1 and (everything or not {s.first, s.second} & set(WITHHELD))
    ]
    if again:
        told_again = ", ".join(f"{s.second} after {s.first} {s.count} times" for s in again[:_MOST])
        yield f"Following    {told_again.replace('_', ' ')} (within {FOLLOWS_S:.0f} s)"


def _blinks(analysis: Analysis) -> str:
    blinks = analysis.blinks
    if not blinks or blinks.mean_s is None:
        return "none seen"
    return f"{blinks.count}, {blinks.per_minute:.1f} a minute, lasting {blinks.mean_s:.2f} s on average"
