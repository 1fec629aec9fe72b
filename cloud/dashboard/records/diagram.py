"""The timing diagram of a session as a chart of Plotly: lanes from top to bottom, in minutes of the session and, below
them, in time of day."""

from collections.abc import Callable, Sequence

import numpy as np

from cloud.analysis.measures import AUS
from cloud.dashboard.records import times
from cloud.dashboard.records.course import Course, Span, Strip
from cloud.dashboard.records.drawing import BLUE, EMOTIONS, GREY, ORANGE, axis, hatching, layout
from cloud.dashboard.records.marks import MOMENT, Mark, phases
from device.contract.fields import Json
from device.contract.mark import PHASE

_LANE, _TOP, _FOOT = 62, 74, 46  # pixels
_STEPS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 9
_LETTER_SHARE = 0.0085
_SIGNS = {PHASE: "square", "stimulus": "triangle-down", MOMENT: "diamond", "note": "circle"}
Clock = Callable[[float], float | None]


def diagram(found: Course, told: Sequence[Mark], notes: Sequence[tuple[float, str]], clock: Clock, drag: str) -> Json:
    """The chart.

    Args:
        found: what was measured.
        told: phases, stimuli and marks.
        notes: their moments, and how they begin.
        clock: seconds of the session → seconds since 1970, None where unknown.
        drag: what dragging does: `zoom` or `select`.
    """
    height = _TOP + 44 + _LANE * len(found.strips) + _FOOT
    lanes = _Lanes(height, len(found.strips))
    data = [*_ribbon(found.leading, lanes.ribbon), *_moments(found, told, notes)]
    for number, strip in enumerate(found.strips):
        data += _strip(strip, f"y{number + 3}")
    everywhere = f"y{len(found.strips) + 3}"
    if found.unseen:
        words = [(begin, end, f"not measured: {why}") for begin, end, why in found.unseen]
        data.append(hatching(words, everywhere))
    return {"data": data, "layout": _layout(found, told, lanes, clock, drag, height)}


class _Lanes:
    """Where each lane stands: shares of the height from below."""

    def __init__(self, height: int, count: int) -> None:
        inner = height - _FOOT
        self.count = count
        self.marks = ((inner - _TOP + 22) / inner, 1.0)
        self.ribbon = "y2"
        self.of_ribbon = ((_LANE * count + 8) / inner, (_LANE * count + 38) / inner)
        self.of_strip = [((_LANE * (count - 1 - n)) / inner, (_LANE * (count - n) - 22) / inner) for n in range(count)]
        self.all = (0.0, self.of_ribbon[1])


def _layout(found: Course, told: Sequence[Mark], lanes: _Lanes, clock: Clock, drag: str, height: int) -> Json:
    hidden = {"visible": False, "fixedrange": True, "showgrid": False}
    made = layout(
        height,
        margin={"l": 10, "r": 10, "t": 0, "b": _FOOT},
        barmode="overlay",
        dragmode=drag,
        selectdirection="h",
        hovermode="closest",
        xaxis=_ticks(found, clock) | {"range": [found.begin_s, found.end_s], "anchor": "free", "position": 0},
        yaxis={"domain": lanes.marks, "range": [0, 1], **hidden},
        yaxis2={"domain": lanes.of_ribbon, "range": [0, 1], **hidden},
        shapes=_phases(found, told, lanes),
        annotations=[*_phase_names(found, told, lanes), *_lane_names(found.strips, lanes)],
    )
    for number, strip in enumerate(found.strips):
        made[f"yaxis{number + 3}"] = hidden | {"domain": lanes.of_strip[number], "range": [0, strip.measure.high]}
    made[f"yaxis{lanes.count + 3}"] = hidden | {"domain": lanes.all, "range": [0, 1]}
    return made


def _ticks(found: Course, clock: Clock) -> Json:
    whole = found.end_s - found.begin_s
    step = next((step for step in _STEPS_S if whole / step <= _MOST_TICKS), _STEPS_S[-1])
    first = int(np.ceil(found.begin_s / step)) * step
    at = [*range(first, int(found.end_s) + 1, step)]
    return axis(tickvals=at, ticktext=[f"{times.clock(one)}{_wall(clock(one), step)}" for one in at], title=None)


def _wall(seconds: float | None, step_s: int) -> str:
    at = times.local(seconds)
    return "" if at is None else f"<br>{at:%H:%M:%S}" if step_s < 60 else f"<br>{at:%H:%M}"


def _ribbon(leading: list[Span], yaxis: str) -> list[Json]:
    bars = []
    for name, colour in EMOTIONS.items():
        of_name = [span for span in leading if span[2] == name]
        if of_name:
            bars.append(_bars(of_name, colour, yaxis))
    odd = [span for span in leading if span[2] not in EMOTIONS]
    if contrary := [span for span in odd if span[2].startswith("readings")]:
        bars.append(hatching(contrary, yaxis, "x"))
    if unclear := [span for span in odd if not span[2].startswith("readings")]:
        bars.append(_bars(unclear, "rgba(138,143,152,0.14)", yaxis))
    return bars


def _bars(spans: list[Span], colour: str, yaxis: str) -> Json:
    return {
        "type": "bar",
        "x": [(begin + end) / 2 for begin, end, _ in spans],
        "width": [end - begin for begin, end, _ in spans],
        "y": [1.0] * len(spans),
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertext": [f"{name}, {times.clock(begin)} to {times.clock(end)}" for begin, end, name in spans],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "yaxis": yaxis,
        "unselected": {"marker": {"opacity": 1}},
    }


def _strip(strip: Strip, yaxis: str) -> list[Json]:
    middles = (strip.edges[:-1] + strip.edges[1:]) / 2
    x = [round(float(one), 2) for one in middles]
    colour = BLUE if strip.measure.kind == AUS else ORANGE
    common = {"type": "scatter", "mode": "lines", "x": x, "yaxis": yaxis, "connectgaps": False}
    area = common | {
        "y": [round(float(one), 3) for one in np.nan_to_num(strip.mean)],
        "line": {"width": 0, "shape": "hvh"},
        "fill": "tozeroy",
        "fillcolor": f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:], 16)},0.30)",
        "hoverinfo": "skip",
    }
    mean = common | {
        "y": _numbers(strip.mean),
        "line": {"color": colour, "width": 1.6, "shape": "hvh"},
        "customdata": [times.clock(float(one)) for one in middles],
        "hovertemplate": f"{strip.measure.name} %{{y:.2f}} at %{{customdata}}<extra></extra>",
    }
    peak = common | {
        "y": _numbers(strip.peak),
        "line": {"color": colour, "width": 0.7, "shape": "hvh"},
        "opacity": 0.55,
        "hoverinfo": "skip",
    }
    unknown = [hatching(strip.unknown, yaxis, "\\", strip.measure.high)] if strip.unknown else []
    return [*unknown, area, peak, mean]


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(one) else round(float(one), 3) for one in values]


def _moments(found: Course, told: Sequence[Mark], notes: Sequence[tuple[float, str]]) -> list[Json]:
    points = [(one.from_s, one.kind, one.name or "mark") for one in told if one.kind != PHASE]
    points += [(at, "note", text) for at, text in notes]
    here = [one for one in points if found.begin_s <= one[0] <= found.end_s]
    if not here:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [at for at, _, _ in here],
            "y": [0.22 if kind == "note" else 0.5 for _, kind, _ in here],
            "marker": {
                "symbol": [_SIGNS[kind] for _, kind, _ in here],
                "size": 12,
                "color": [ORANGE if kind == "note" else BLUE for _, kind, _ in here],
            },
            "hovertext": [f"{kind}: {name}<br>{times.clock(at)}" for at, kind, name in map(_plain, here)],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "unselected": {"marker": {"opacity": 1}},
        }
    ]


def _plain(point: tuple[float, str, str]) -> tuple[float, str, str]:
    """Without what Plotly takes for markup."""
    at, kind, name = point
    short = name if len(name) <= 60 else f"{name[:60]}…"
    return at, kind, short.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")


def _phases(found: Course, told: Sequence[Mark], lanes: _Lanes) -> list[Json]:
    shapes = []
    for number, one in enumerate(phases(told)):
        begin, end = max(one.from_s, found.begin_s), min(one.to_s or 0.0, found.end_s)
        if end <= begin:
            continue
        low, high = (0.62, 0.98) if not one.key else (0.3, 0.6)
        fill = "rgba(138,143,152,0.30)" if number % 2 else "rgba(138,143,152,0.18)"
        box = {
            "type": "rect",
            "x0": begin,
            "x1": end,
            "y0": low,
            "y1": high,
            "yref": "y",
            "xref": "x",
            "line": {"width": 1 if one.key else 0, "color": BLUE},
            "fillcolor": fill,
            "layer": "below",
        }
        down = {
            "type": "line",
            "x0": begin,
            "x1": begin,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "xref": "x",
            "line": {"width": 1, "color": GREY, "dash": "dot"},
            "layer": "below",
        }
        shapes += [box, down]
    return shapes


def _phase_names(found: Course, told: Sequence[Mark], lanes: _Lanes) -> list[Json]:
    whole, names = found.end_s - found.begin_s, []
    for one in phases(told):
        begin, end = max(one.from_s, found.begin_s), min(one.to_s or 0.0, found.end_s)
        if (end - begin) / whole > len(one.name) * _LETTER_SHARE:
            y = 0.8 if not one.key else 0.45
            names.append(
                {
                    "x": (begin + end) / 2,
                    "y": y,
                    "xref": "x",
                    "yref": "y",
                    "text": one.name,
                    "showarrow": False,
                    "font": {"size": 13},
                }
            )
    return names


def _lane_names(strips: Sequence[Strip], lanes: _Lanes) -> list[Json]:
    common = {
        "x": 0,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 14},
    }
    named = [("Leading expression", lanes.of_ribbon[1])]
    named += [
        (f"{one.measure.name} <span class='unit'>0–{one.measure.high:g}</span>", top)
        for one, (_, top) in zip(strips, lanes.of_strip, strict=True)
    ]
    return [common | {"text": text, "y": y} for text, y in named]
