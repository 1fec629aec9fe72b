"""What showed when, of a session of more than a minute: a carpet, with a row for each thing that showed at all.

A column is a five-hundredth to a nine-hundredth part of the session, and as dark as the greatest value in it, so that
nothing that was brief is lost. Above: the phases, what was shown or asked, which emotion was the strongest for the
longest time of each column, and how much of it was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cloud.analysis.episodes import Episode, by_support, lasted_s
from cloud.analysis.plain import percent
from cloud.analysis.quantities import strongest_of, values_of
from cloud.analysis.shares import CLEAR
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from cloud.reports.figures.canvas import INK, QUIET, SIZE, SMALL, WIDTH, Canvas, Timeline, columns
from cloud.reports.figures.cells import BLUES, GREENS, GREYS, REDS, Pixels, Ramp, carpet
from cloud.reports.figures.course import HEIGHT as COURSE
from cloud.reports.figures.course import draw_course, has_course
from cloud.reports.ribbon import COLOURS
from cloud.reports.summary import WITHHELD, name_of
from device.contract.labels import EMOTIONS, Tier

MOST_COLUMNS, SHORTEST_COLUMN_S = 900, 0.5
LEFT, RIGHT = 1.86, 0.5
ROW, _TITLE, _TICKS = 0.172, 0.25, 0.36
SIGNS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: " °", Tier.EXPERIMENTAL: " °°"}
_BRIEF_GROUPS = 3
_LEAST_EMOTION = 0.01  # share of the session below which an emotion has no row
_Cells = tuple[Pixels, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Row:
    """A row: what it says on its left and on its right, and its cells."""

    label: str
    share: str
    cells: _Cells


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one kind: their title, and what the darkest colour stands for."""

    title: str
    ramp: Ramp | None
    greatest: str
    rows: list[Row]


def draw(table: Table, analysis: Analysis, line: Timeline, everything: bool = False, brief: int = 0) -> str:
    """The carpet, as SVG.

    Args:
        table: of one session.
        analysis: of it.
        line: its time axis.
        everything: include what `cloud.reports.summary` withholds.
        brief: only what is best supported and lasted longest, so many rows of a kind; 0 for all.
    """
    told = [group for group in groups(table, analysis, line, everything) if group.rows]
    told = [*_brief(told, brief)] if brief else told
    session = table.sessions[0]
    top = COURSE if has_course(session) else 0.04
    height = top + sum(_TITLE + ROW * len(group.rows) for group in told) + _TICKS
    canvas = Canvas(height)
    inside = WIDTH - LEFT - RIGHT
    if has_course(session):
        draw_course(canvas, LEFT, inside, session, line)
    at = top
    for group in told:
        at = draw_group(canvas, group, line, at, last=group is told[-1], first=group is told[0])
    return canvas.svg("glance" if brief else "carpet", _described(told))


def _brief(groups: list[Group], most: int) -> Iterator[Group]:
    for group in groups[:_BRIEF_GROUPS]:
        rows = [row for row in group.rows if not row.label.endswith("°")]
        yield replace(group, rows=rows[:most])


def edges(line: Timeline) -> Values:
    """Where the columns begin and end, seconds."""
    count = int(np.clip(line.lasted_s / SHORTEST_COLUMN_S, 1, MOST_COLUMNS))
    return np.linspace(0, line.lasted_s, count + 1)


def groups(table: Table, analysis: Analysis, line: Timeline, everything: bool) -> Iterator[Group]:
    bounds = edges(line)
    yield Group("What could be seen", None, "", [*_seen(table, analysis, bounds), *_strongest(table, bounds)])
    yield Group("Expressions, as annotators would name them", GREENS, "1", [*_emotions(table, analysis, bounds)])
    for kind, title, ramp, greatest in (
        ("aus", "Facial actions (FACS), intensity", BLUES, 5.0),
        ("expressions", "Finer expressions, read off the facial actions", REDS, 1.0),
    ):
        found = [e for e in by_support(analysis.episodes, kind) if everything or e[0].key not in WITHHELD]
        rows = [_of_episodes(table, kind, episodes, line, ramp, greatest) for episodes in found]
        yield Group(title, ramp, f"{greatest:g}", rows)


def _seen(table: Table, analysis: Analysis, bounds: Values) -> Iterator[Row]:
    """How much of each column was measured."""
    _, mean, _ = columns(table.time, table.measured.astype(float), bounds)
    share = analysis.session.measured_s / max(analysis.session.lasted_s, 1e-9)
    colours = GREYS.colours(0.25 + 0.5 * np.nan_to_num(mean))
    yield Row("Face measured", percent(share), (colours, np.nan_to_num(mean) > 0))


def _strongest(table: Table, bounds: Values) -> Iterator[Row]:
    """The emotion that was the strongest for most of each column."""
    found = strongest_of(table, "emotions", CLEAR)
    shares = np.array([columns(table.time, (found.numbers == at) * 1.0, bounds)[1] for at in range(len(found.names))])
    shares = np.nan_to_num(shares)
    if not shares.any():
        return
    _, known, _ = columns(table.time, table.known("emotions").astype(float), bounds)
    palette = np.array([_rgb(COLOURS[name]) for name in found.names], np.uint8)
    colours = np.where(shares.max(0)[:, None] > 0, palette[shares.argmax(0)], np.uint8(255))
    yield Row("Strongest expression", "", (colours.astype(np.uint8), np.nan_to_num(known) > 0))


def _emotions(table: Table, analysis: Analysis, bounds: Values) -> Iterator[Row]:
    """The emotions that were the strongest at times, the most frequent first."""
    shares = strongest_of(table, "emotions", CLEAR).shares(table.durations / max(analysis.session.lasted_s, 1e-9))
    for name, share in shares.items():
        if share >= _LEAST_EMOTION and name in EMOTIONS:
            _, _, peak = columns(table.time, values_of(table, "emotions", name), bounds)
            yield Row(name, percent(share), (GREENS.colours(peak), ~np.isnan(peak)))


def _of_episodes(table: Table, kind: str, episodes: list[Episode], line: Timeline, ramp: Ramp, greatest: float) -> Row:
    key, tier = episodes[0].key, Tier(episodes[0].tier)
    values = values_of(table, kind, key)
    _, _, peak = columns(table.time, values, edges(line))
    share = percent(lasted_s(episodes) / line.lasted_s)
    return Row(name_of(key) + SIGNS[tier], share, (ramp.colours(peak / greatest), ~np.isnan(peak)))


def _head(canvas: Canvas, group: Group, at: float, first: bool) -> None:
    """The title of a group, with its colours from nothing to the most."""
    canvas.write(0, at, group.title, weight="bold", size=SIZE)
    if first:
        canvas.write(WIDTH, at, "of the session", size=SMALL, color=QUIET, ha="right")
    if group.ramp:
        wide = 0.9
        left = WIDTH - RIGHT - wide - 0.14
        picture = group.ramp.colours(np.linspace(0, 1, 90))[None]
        canvas.area(left, at - 0.045, wide, 0.09).image(picture)
        canvas.write(left - 0.05, at, "0", size=SMALL, color=QUIET, ha="right")
        canvas.write(left + wide + 0.05, at, group.greatest, size=SMALL, color=QUIET)


def draw_group(canvas: Canvas, group: Group, line: Timeline, top: float, last: bool, first: bool) -> float:
    """A group below `top`; returns where it ends."""
    _head(canvas, group, top + _TITLE * 0.52, first)
    top += _TITLE
    high = ROW * len(group.rows)
    area = canvas.area(LEFT, top, WIDTH - LEFT - RIGHT, high, (0, line.lasted_s))
    area.image(carpet([row.cells for row in group.rows]))
    area.verticals([at for at, _, _ in line.ticks()], color="white", linewidth=0.4, alpha=0.6)
    for number, row in enumerate(group.rows):
        middle = top + ROW * (number + 0.45)
        canvas.write(0.1, middle, row.label, color=QUIET if row.label.endswith("°") else INK)
        canvas.write(WIDTH, middle, row.share, size=SMALL, color=QUIET, ha="right")
    if last:
        area.times(line)
    return top + high


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _described(groups: list[Group]) -> str:
    rows = ", ".join(f"{row.label} {row.share}".strip() for group in groups for row in group.rows)
    return f"What showed when, and for how much of the session: {rows}"


def legend_of(table: Table) -> list[tuple[str, str]]:
    """Name and colour of the emotions in the row of the strongest one."""
    found = strongest_of(table, "emotions", CLEAR).shares(table.durations)
    return [(name, COLOURS[name]) for name in found]
