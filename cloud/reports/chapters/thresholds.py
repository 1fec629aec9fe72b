"""The neutral threshold of each facial action, with how often it had which intensity."""

from collections.abc import Iterator

from cloud.analysis.density import densities
from cloud.analysis.episodes import by_support
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports.figures import densities as pictures
from cloud.reports.page import Part, Section
from cloud.reports.summary import name_of

_MOST = 12
_LEAD = (
    "What is usual for this face in this session counts as rest, and only what clearly exceeds it is an episode. Each "
    "picture shows how often a facial action had which intensity."
)
_CAPTION = (
    "Area: density of the intensities 0–5 (Gaussian kernel; its height by the logarithm, three decades, so that what "
    "is rare can be seen). Dotted: rest, the value around which most lie. Line: what an episode must "
    "reach, four times the noise above rest, at least 1 (FACS A) and at most 2."
)


def section(table: Table, analysis: Analysis) -> Iterator[Section]:
    """Of the facial actions that had episodes, the best supported first."""
    found = densities(table, analysis)
    shown = [episodes[0].key for episodes in by_support(analysis.episodes, "aus")][:_MOST]
    chosen = {key: found[key] for key in shown if key in found}
    if chosen:
        names = {key: name_of(key) for key in chosen}
        yield Section("What counts as movement", [Part(svg=pictures.draw(chosen, names), caption=_CAPTION)], [_LEAD])
