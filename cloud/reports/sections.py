"""The sections of a report after its first half page."""

from collections.abc import Iterator

from cloud.analysis.episodes import Episode, by_support, lasted_s
from cloud.analysis.plain import clock
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports import words
from cloud.reports.figures import carpet
from cloud.reports.figures.canvas import Timeline
from cloud.reports.page import Grid, Head, Part, Row, Section, sure
from cloud.reports.summary import WITHHELD, name_of
from device.contract.labels import Tier

_TITLES = {"aus": "Facial actions, intensity 0–5", "expressions": "Finer expressions, membership 0–1"}
_HEADS = (
    Head("What showed"),
    Head("Reliability"),
    Head("Times", True),
    Head("In all", True),
    Head("Longest", True),
    Head("Strongest", True),
    Head("at", True),
)


def glance(table: Table, analysis: Analysis, line: Timeline) -> Part:
    """The session at a glance: only what is best supported."""
    return Part(svg=carpet.draw(table, analysis, line, brief=True), keys=carpet.legend_of(table))


def sections(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Iterator[Section]:
    """All of them, as far as there is something to tell."""
    yield _when(table, analysis, line, everything)
    yield from _episodes(analysis, everything)


def _when(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Section:
    caption = (
        "Minutes of the session, with the time of day below. Each column shows the greatest value in it: the darker, "
        "the stronger. Hatched: not measured. ° low confidence, °° experimental. Right: for how much of the session "
        f"it showed. {words.silent(analysis)}"
    )
    drawn = Part(svg=carpet.draw(table, analysis, line, everything), keys=carpet.legend_of(table), caption=caption)
    return Section("What showed when", [drawn], css="page")


def _episodes(analysis: Analysis, everything: bool) -> Iterator[Section]:
    rows: list[Row] = []
    for kind, title in _TITLES.items():
        found = [e for e in by_support(analysis.episodes, kind) if everything or e[0].key not in WITHHELD]
        if found:
            rows += [Row(group=title), *map(_row, found)]
    if rows:
        caption = "An episode lasts from onset to offset; thresholds are learnt from this session."
        yield Section("Episodes", [Part(table=Grid(_HEADS, rows), caption=caption)])


def _row(episodes: list[Episode]) -> Row:
    top = max(episodes, key=lambda one: one.apex)
    longest = max(one.offset_s - one.onset_s for one in episodes)
    times = f"{len(episodes)}", clock(lasted_s(episodes), False), f"{longest:.1f} s"
    tier = sure(Tier(top.tier)).words
    return Row((name_of(top.key), tier, *times, f"{top.apex:.2f}", clock(top.apex_s, False)))
