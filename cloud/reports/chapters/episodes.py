"""Episodes: from when to when something showed, and when most."""

from collections.abc import Iterator

from cloud.analysis.episodes import Episode, by_support, lasted_s
from cloud.analysis.plain import clock, plain
from cloud.analysis.whole import Analysis
from cloud.reports.page import Cell, Grid, Head, Moment, Part, Row, Section, sure
from cloud.reports.summary import WITHHELD, name_of
from device.contract.labels import Tier

_TITLES = {"aus": "Facial actions, intensity 0–5", "expressions": "Finer expressions, membership 0–1"}
_HEADS = (
    Head("What showed", wide=2.6),
    Head("How surely", wide=1.4),
    Head("Times", True, 0.8),
    Head("In all", True, 0.8),
    Head("Longest", True),
    Head("Strongest", True),
    Head("at", True, 0.8),
)
_LASTING_HEADS = (
    Head("From", wide=0.9),
    Head("Lasted", True, 0.9),
    Head("What showed", wide=3.4),
    Head("Most", True, 0.7),
    Head("How surely", wide=1.4),
)
_MOST = 12
#: Talking and blinking make many; what is long among them is told in the table above.
_COMMON = ("AU25", "AU26", "AU43")
_CAPTION = (
    "An episode lasts from onset to offset; the thresholds are learnt from this session (see below). “Longest” and "
    "“strongest” are of single episodes."
)


def section(analysis: Analysis, everything: bool) -> Iterator[Section]:
    """The episodes of each quantity in sum, and the longest of all one by one."""
    rows: list[Row] = []
    for kind, title in _TITLES.items():
        found = [e for e in by_support(analysis.episodes, kind) if everything or e[0].key not in WITHHELD]
        if found:
            rows += [Row(group=title), *map(_row, found)]
    if rows:
        sums = Part(table=Grid(_HEADS, rows), caption=_CAPTION)
        yield Section("Episodes", [sums, *_longest(analysis)])


def _row(episodes: list[Episode]) -> Row:
    top = max(episodes, key=lambda one: one.apex)
    longest = max(episodes, key=_length)
    tier = sure(Tier(top.tier)).words
    cells: tuple[Cell, ...] = (
        name_of(top.key),
        tier,
        f"{len(episodes)}",
        clock(lasted_s(episodes), False),
        Moment(f"{_length(longest):.1f} s", longest.onset_s),
        f"{top.apex:.2f}",
        Moment(clock(top.apex_s, False), top.apex_s),
    )
    return Row(cells)


def _longest(analysis: Analysis) -> Iterator[Part]:
    """The longest episodes of facial actions one by one, in the order of time."""
    found = [e for e in analysis.episodes if e.kind == "aus" and e.key not in _COMMON and e.tier != Tier.EXPERIMENTAL]
    chosen = sorted(sorted(found, key=lambda one: -_length(one))[:_MOST], key=lambda one: one.onset_s)
    if len(found) > 1:
        yield Part("The longest", table=Grid(_LASTING_HEADS, [*map(_single, chosen)]))


def _single(one: Episode) -> Row:
    begin = f"{'before ' * one.cut_start}{clock(one.onset_s, False)}"
    named = f"{plain(one.key)[0].upper()}{plain(one.key)[1:]} ({one.key})"
    lasted = f"{'over ' * (one.cut_start or one.cut_end)}{_length(one):.1f} s"
    return Row((Moment(begin, one.onset_s), lasted, named, f"{one.apex:.1f}", sure(Tier(one.tier)).words))


def _length(one: Episode) -> float:
    return one.offset_s - one.onset_s
