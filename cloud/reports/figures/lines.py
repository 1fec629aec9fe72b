"""What showed when, of a session of up to a minute: a curve for each thing that showed at all, with its episodes.

Above each curve a line runs from onset to offset with a dot at the apex; where an end was cut the line has no stop.
The paler a curve, the less it can be relied on. The person's left and right, where they differ, are thin lines.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cloud.analysis.episodes import Episode, by_support, lasted_s
from cloud.analysis.plain import percent
from cloud.analysis.quantities import values_of
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reading.timeline import GAP_S, Values, gaps
from cloud.reports.figures import carpet
from cloud.reports.figures.canvas import (
    BLUE,
    EVERY,
    HATCH,
    INK,
    ORANGE,
    QUIET,
    RULE,
    SMALL,
    VERMILLION,
    WIDTH,
    Area,
    Canvas,
    Timeline,
)
from cloud.reports.figures.course import HEIGHT as COURSE
from cloud.reports.figures.course import draw_course, has_course
from cloud.reports.summary import WITHHELD, name_of
from device.contract.labels import SIDED_KEYS, Tier

_ROW, _TITLE, _TICKS = 0.27, 0.25, 0.36
_KINDS = {
    "aus": ("Facial actions (FACS), intensity 0–5", BLUE, 5.0),
    "expressions": ("Finer expressions, read off the facial actions, 0–1", VERMILLION, 1.0),
}
_STRENGTH = {Tier.REPORTED: 0.85, Tier.LOW_CONFIDENCE: 0.45, Tier.EXPERIMENTAL: 0.25}
_SIDES: dict[str, dict[str, Any]] = {"left": {"color": ORANGE}, "right": {"color": INK, "linestyle": ":"}}


def draw(table: Table, analysis: Analysis, line: Timeline, everything: bool = False) -> str:
    """The curves, as SVG; arguments as of `carpet.draw`."""
    seen, emotions, *_ = carpet.groups(table, analysis, line, everything)
    head = [group for group in (seen, emotions) if group.rows]
    found = {kind: _told(analysis, kind, everything) for kind in _KINDS}
    rows = sum(map(len, found.values()))
    session = table.sessions[0]
    top = COURSE if has_course(session) else 0.04
    above = sum(_TITLE + carpet.ROW * len(group.rows) for group in head)
    canvas = Canvas(top + above + _TITLE * sum(map(bool, found.values())) + _ROW * rows + _TICKS)
    inside = WIDTH - carpet.LEFT - carpet.RIGHT
    if has_course(session):
        draw_course(canvas, carpet.LEFT, inside, session, line)
    at = top
    for group in head:
        at = carpet.draw_group(canvas, group, line, at, last=not rows and group is head[-1], first=group is head[0])
    for kind, several in found.items():
        if several:
            canvas.write(0, at + _TITLE * 0.52, _KINDS[kind][0], weight="bold")
            at += _TITLE
        for episodes in several:
            area = canvas.area(carpet.LEFT, at, inside, _ROW, (0, line.lasted_s), (0, 1))
            _row(area, table, kind, episodes)
            tier = Tier(episodes[0].tier)
            label = name_of(episodes[0].key) + carpet.SIGNS[tier]
            canvas.write(0.1, at + _ROW * 0.62, label, color=INK if tier is Tier.REPORTED else QUIET)
            share = percent(lasted_s(episodes) / line.lasted_s)
            canvas.write(WIDTH, at + _ROW * 0.62, share, size=SMALL, color=QUIET, ha="right")
            at += _ROW
    if rows:
        area.times(line)
    said = ", ".join(name_of(several[0].key) for of in found.values() for several in of)
    return canvas.svg("lines", f"What showed when: {said or 'no movement'}")


def _told(analysis: Analysis, kind: str, everything: bool) -> list[list[Episode]]:
    found = by_support(analysis.episodes, kind)
    return [episodes for episodes in found if everything or episodes[0].key not in WITHHELD]


def _row(area: Area, table: Table, kind: str, episodes: Sequence[Episode]) -> None:
    _, colour, most = _KINDS[kind]
    key = episodes[0].key
    values = values_of(table, kind, key) / most * 0.68 + 0.06
    _hatch(area, table.time, values)
    times, heights = _broken(table.time, values)
    area.fill(times, 0.06, heights, color=colour, alpha=_STRENGTH[Tier(episodes[0].tier)])
    area.line(times, np.where(np.isnan(heights), np.nan, 0.06), color=RULE, linewidth=0.6)
    for side, style in _SIDES.items() if kind == "aus" and key in SIDED_KEYS else ():
        if table.known(f"{side}.{key}").any():
            own = values_of(table, side, key) / most * 0.68 + 0.06
            area.line(*_broken(table.time, own), linewidth=0.8, **style)
    _mark(area, episodes)


def _mark(area: Area, episodes: Sequence[Episode]) -> None:
    """Lines from onset to offset above the curve, stops at ends that were seen, dots at the apexes."""
    spans = np.array([(one.onset_s, one.offset_s, np.nan) for one in episodes]).ravel()
    stops = [one.onset_s for one in episodes if not one.cut_start]
    stops += [one.offset_s for one in episodes if not one.cut_end]
    style: dict[str, Any] = {"color": INK, "linewidth": 0}
    area.line(spans, np.full(len(spans), 0.86), color=INK, linewidth=0.7)
    area.line(stops, [0.86] * len(stops), marker="|", markersize=4, markeredgewidth=0.7, **style)
    area.line([one.apex_s for one in episodes], [0.86] * len(episodes), marker="o", markersize=1.9, **style)


def _broken(times: Values, values: Values) -> tuple[Values, Values]:
    """Times and values (N,) with a NaN in every gap in time, so that no line is drawn through it."""
    after = gaps(times) + 1
    return np.insert(times, after, times[after - 1]), np.insert(values, after, np.nan)


def _hatch(area: Area, times: Values, values: Values) -> None:
    """Hatch wherever nothing is known for longer than a gap."""
    known = times[~np.isnan(values)]
    begins, ends = np.append(area.x[0], known), np.append(known, area.x[1])
    spans = [(float(a), float(b)) for a, b in zip(begins, ends, strict=True) if b - a > GAP_S]
    area.boxes(spans, 0.02, 0.92, facecolor="#fafafa", zorder=0.4)
    area.hatch(spans, 0.02, 0.92, EVERY, color=HATCH, zorder=0.4)
