"""Sessions over weeks: a point a session with its interval, hollow where too little was seen, and a trend only where
the sessions carry one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cloud.analysis.earlier import summarise
from cloud.analysis.measures import LEAST_S, LEAST_SHARE, Measure
from cloud.analysis.trend import Trend, trends
from cloud.analysis.uncertainty import Estimate
from cloud.dashboard.records import times
from cloud.dashboard.records.drawing import BLUE, GREY, axis, layout
from cloud.reading.databases import Listed
from cloud.reading.personal import Personal
from cloud.reading.table import Table
from device.contract.fields import Json
from device.contract.session import Why

ENOUGH = (
    f"Hollow points: too little was seen, less than {100 * LEAST_SHARE:.0f} % of the session or less than "
    f"{LEAST_S / 60:.0f} minutes. What was not seen may have been otherwise, so they count for no trend."
)
INTERVALS = (
    "A bar is the 95 % interval of the session's mean, by batch means: the session is cut into six parts, so long "
    "that they hardly depend on each other, and how much these differ says how sure the mean is. It tells of the "
    "session as it was measured, and nothing of how well the measure itself is right."
)
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Point:
    """What one session came to.

    Attributes:
        listed: the session.
        seconds: how long it lasted; 0 where nothing came.
        seen: share that was measured; None where nothing came or nothing is used.
        enough: whether enough was seen.
        means: of each measure that the session tells of, by its id.
        personal: what was told of the person's own movement; None where nothing was.
    """

    listed: Listed
    seconds: float = 0.0
    seen: float | None = None
    enough: bool = False
    means: Mapping[str, Estimate] = ()  # type: ignore[assignment]
    personal: Personal | None = None


def points(listed: Iterable[Listed], minutes: Table, measures: Iterable[Measure]) -> list[Point]:
    """A point for each session, in their order; of sessions whose consent was withdrawn nothing is used."""
    of = {(one.device, one.id): number for number, one in enumerate(minutes.sessions)}
    chosen, found = [*measures], []
    for one in listed:
        number = of.get((one.device, one.session))
        if number is None or one.why == Why.REVOKED:
            found.append(Point(one, means={}))
            continue
        summed = summarise(minutes.of(number), chosen)
        found.append(Point(one, summed.seconds, summed.seen, summed.enough, summed.means, summed.personal))
    return found


def changes(found: list[Point], measures: Iterable[Measure]) -> dict[str, Trend]:
    """The trend of each measure, of those that are looked at together."""

    def series(measure: Measure) -> tuple[np.ndarray, np.ndarray]:
        told = [p for p in found if p.enough and measure.id in p.means and p.listed.began is not None]
        return np.array([p.listed.began for p in told], float), np.array([p.means[measure.id].mean for p in told])

    return trends({measure.id: series(measure) for measure in measures})


def chart(measure: Measure, found: list[Point], trend: Trend) -> Json:
    """The chart of one measure."""
    told = [p for p in found if measure.id in p.means and times.local(p.listed.began)]
    enough, little = [p for p in told if p.enough], [p for p in told if not p.enough]
    data = [_dots(enough, measure, BLUE, "circle"), _dots(little, measure, GREY, "circle-open")]
    if trend.found:
        data.insert(0, _line(enough, measure, trend))
    top = max([1e-6, *(_high(p, measure) for p in told)])
    return {
        "data": data,
        "layout": layout(
            210,
            xaxis=axis(
                type="date",
                range=_range(told),
                showgrid=False,
                fixedrange=True,
                nticks=5,
                tickangle=0,
                tickformat="%-d %b",
            ),
            yaxis=axis(range=[0, top * 1.12], fixedrange=True, nticks=4),
        ),
    }


def _dots(found: list[Point], measure: Measure, colour: str, symbol: str) -> Json:
    means = [p.means[measure.id] for p in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_date(p) for p in found],
        "y": [one.mean for one in means],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [(one.high - one.mean) if one.high is not None else 0 for one in means],
            "arrayminus": [(one.mean - one.low) if one.low is not None else 0 for one in means],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "marker": {"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2, "color": colour}},
        "hovertext": [_hover(p, measure) for p in found],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _hover(point: Point, measure: Measure) -> str:
    seen = f"{100 * (point.seen or 0):.0f} % seen{'' if point.enough else ', too little'}"
    return f"{times.day(point.listed.began)}<br>{told(point.means[measure.id])}<br>{seen}"


def told(one: Estimate) -> str:
    """`0.41 (0.32 to 0.49)`."""
    return (
        f"{one.mean:.2f}"
        if one.low is None or one.high is None
        else f"{one.mean:.2f} ({one.low:.2f} to {one.high:.2f})"
    )


def _line(enough: list[Point], measure: Measure, trend: Trend) -> Json:
    weeks = np.array([p.listed.began for p in enough], float) / (7 * _DAY_S)
    values = np.array([p.means[measure.id].mean for p in enough])
    base = float(np.median(values - trend.a_week * weeks))
    ends = [int(weeks.argmin()), int(weeks.argmax())]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [_date(enough[at]) for at in ends],
        "y": [max(base + trend.a_week * float(weeks[at]), 0.0) for at in ends],
        "line": {"color": BLUE, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _high(point: Point, measure: Measure) -> float:
    one = point.means[measure.id]
    return one.mean if one.high is None else one.high


def _date(point: Point) -> str:
    at = times.local(point.listed.began)
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _range(found: list[Point]) -> list[str]:
    began = sorted(one.listed.began or 0.0 for one in found) or [0.0]
    edges = [times.local(began[0] - 3 * _DAY_S), times.local(began[-1] + 3 * _DAY_S)]
    return [f"{edge or datetime.now():%Y-%m-%d %H:%M}" for edge in edges]
