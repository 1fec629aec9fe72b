"""A person's own movements over weeks: a chart for each, and what changed, as far as it can be told."""

from dataclasses import replace
from typing import Any

from dash import html

from cloud.analysis.repertoire import Watched, repertoire, summary
from cloud.dashboard.pages.patients_charts import charts
from cloud.dashboard.pages.patients_parts import table
from cloud.dashboard.records.weeks import Point
from cloud.reports import personal, support
from cloud.reports import repertoire as words

_ENOUGH = "Hollow points: too little was measured, and they count for no trend. Bars: the 95 % interval, where known."

_HEADS = ("What", "Last session", *words.HEADS[2:])


def shown(found: list[Point]) -> list[Any]:
    """Of all sessions of a person, the oldest first; nothing where no bundle of theirs watched any."""
    told = [(point, Watched(point.listed.began, point.personal)) for point in found if point.personal]
    watched = [one for one in told if one[1].told.watched]
    without = [html.P(words.without(len(told) - len(watched)))] if len(told) > len(watched) else []
    if not watched:
        return [html.H2(personal.TITLE), *without] if without else []
    now = watched[-1][1]
    compared = repertoire(now, [one for _, one in watched[:-1]])
    said = words.follow_up(compared, "the last session")
    rows = [[cell.replace(" %", "\N{NO-BREAK SPACE}%") for cell in row] for row in said.rows]
    own = [_point(point, one) for point, one in watched if one.told.bundle == now.told.bundle]
    return [
        html.H2(personal.TITLE),
        html.P(personal.LEAD),
        html.P(personal.LIMITS),
        *(html.P(warning, className="warn large") for warning in support.warnings(now.told)),
        *without,
        *(html.P(sentence) for sentence in said.sentences),
        html.Div(charts(own, compared.measures), className="charts"),
        html.P(_ENOUGH, className="hint"),
        *([table(_HEADS, rows, personal.TITLE), html.P(words.NOTE, className="hint")] if rows else []),
    ]


def _point(point: Point, one: Watched) -> Point:
    summed = summary(one)
    seen = min(one.told.seconds / point.seconds, 1.0) if point.seconds else None
    return replace(point, seen=seen, enough=one.enough, means=summed.means)
