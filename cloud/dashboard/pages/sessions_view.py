"""What a session's page and the comparison draw of a session."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from dash import html

from cloud.analysis.measures import MEASURES, Measure
from cloud.analysis.parts import Part
from cloud.dashboard.pages.patients_charts import reliability
from cloud.dashboard.pages.patients_parts import badge, lead, percent, table
from cloud.dashboard.records import times, weeks
from cloud.dashboard.records.course import course
from cloud.dashboard.records.diagram import diagram
from cloud.dashboard.records.drawing import EMOTIONS
from cloud.dashboard.records.marks import Mark, phases
from cloud.dashboard.records.notes import Note
from cloud.dashboard.records.parts import parts
from cloud.dashboard.records.reading import Held


@dataclass(frozen=True)
class Opened:
    """What a session's page shows.

    Attributes:
        told: phases, stimuli and marks: of the box, and marked afterwards.
        noted: notes of this session.
        odd: entries that could not be read.
    """

    held: Held
    told: list[Mark]
    noted: list[Note]
    odd: int


def legend() -> html.Ul:
    """What the colours of the diagram are."""
    colours = [html.Li([html.I(style={"background": colour}), name]) for name, colour in EMOTIONS.items()]
    others = [
        html.Li([html.I(className="hatched"), "not measured"]),
        html.Li([html.I(className="crossed"), "readings disagree"]),
    ]
    return html.Ul([*colours, *others], className="key")


def drawn(found: Opened, chosen: list[str], begin_s: float, end_s: float, drag: str) -> Any:
    """The diagram between two moments."""
    table = found.held.table
    measures = [MEASURES[name] for name in chosen]
    moments = [(one.moment_s, one.text) for one in found.noted if one.moment_s is not None]
    known = ~np.isnan(table.wall)

    def clock(at_s: float) -> float | None:
        return float(np.interp(at_s, table.time[known], table.wall[known])) if known.any() else None

    return diagram(course(table, measures, begin_s, end_s), found.told, moments, clock, drag)


def by_parts(found: Opened, chosen: list[str]) -> Any:
    """Means of each part of the session."""
    measures = [MEASURES[name] for name in chosen]
    told = parts(found.held.table, phases(found.told), measures)
    if not measures:
        return lead("Choose what is to be shown.")
    head = ["Part", "Lasted", "Seen", *(_name(measure) for measure in measures)]
    rows = [_part(one, measures) for one in told]
    hint = "In brackets the 95 % interval of the mean. Grey: too little of that part was seen to say much."
    return html.Div([table(head, rows, "Means of parts of the session", "numbers"), html.P(hint, className="hint")])


def _name(measure: Measure) -> html.Span:
    return html.Span(
        [measure.name, html.Small(measure.unit), *reliability(measure)], className="two", title=measure.name
    )


def _part(one: Part, measures: list[Measure]) -> list[Any]:
    cells: list[Any] = []
    for measure in measures:
        estimate = one.means.get(measure.id)
        cells.append(html.Span("not told", className="quietly") if estimate is None else weeks.told(estimate))
    name: list[Any] = [one.name, *([" ", badge("marked afterwards")] if one.afterwards else [])]
    little: list[Any] = [] if one.enough else [" ", badge("too little seen", "todo")]
    seen = html.Span([percent(one.seen), *little])
    css = {} if one.enough else {"className": "too-little"}
    return [css, html.Span(name), times.clock(one.lasted_s), seen, *cells]
