"""Charts of measures over weeks."""

from collections.abc import Sequence
from typing import Any

from dash import html

from cloud.analysis.measures import Measure
from cloud.analysis.trend import Trend, trend_words
from cloud.dashboard.pages.patients_parts import badge, graph, lead
from cloud.dashboard.records import weeks
from cloud.dashboard.records.weeks import Point
from device.contract.labels import Tier


def charts(found: list[Point], measures: Sequence[Measure]) -> list[Any]:
    """A chart for each measure, with what the sessions say of it."""
    changed = weeks.changes(found, measures)
    return [_chart(measure, found, changed[measure.id]) for measure in measures] or [
        lead("Choose what is to be shown.")
    ]


def reliability(measure: Measure) -> list[Any]:
    """How far a measure can be relied on, where that is less than usual."""
    return [] if measure.tier is Tier.REPORTED else [badge(measure.tier.value.replace("-", " "), "todo")]


def _chart(measure: Measure, found: list[Point], trend: Trend) -> html.Figure:
    head = html.H3(
        [
            f"{measure.name[:1].upper()}{measure.name[1:]}",
            html.Small(measure.unit),
            *reliability(measure),
        ]
    )
    said = html.Figcaption(trend_words(trend))
    if not any(measure.id in point.means for point in found):
        return html.Figure(
            [
                head,
                html.P("No session tells of it: the consent does not cover it, or nothing came.", className="quietly"),
            ]
        )
    drawn = graph(weeks.chart(measure, found, trend))
    return html.Figure([head, drawn, said])
