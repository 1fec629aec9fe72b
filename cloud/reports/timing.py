"""The timing diagram of a recording: what showed when, as a picture.

On top a ribbon has the colour of the strongest emotion (`cloud/reports/ribbon.py`). Below it, a row per action unit
(0 to 5) and per expression (0 to 1) that had an episode, the best supported first; those without one share a sentence.
The paler a row, the less it can be relied on. Above an episode a line runs from onset to offset with a dot at the
apex; where an end was cut the line has no stop. The person's left and right sides, where they differ, are thin lines.
A thin base line says that a row was measured there; hatching that it was not, and then nothing is drawn.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from cloud.analysis.episodes import Episode, by_support
from cloud.analysis.plain import clock
from cloud.analysis.quantities import values_of
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reading.timeline import GAP_S, Values, gaps, stretches
from cloud.reports.output import write_private
from cloud.reports.phases import draw_phases, room_for
from cloud.reports.ribbon import THIN, cross_out, draw_ribbon, hatch, key_of
from cloud.reports.summary import NOT_AGREED, WITHHELD, also_seen, dominant, name_of
from device.contract.errors import ConfigError
from device.contract.labels import ACTION_UNITS, SIDED_KEYS, Tier

_TOPS = {"aus": 5.0, "expressions": 1.0, "pain": 16.0}
_COLOURS = {"aus": "#0072b2", "expressions": "#d55e00", "pain": "#6b6b6b"}
_TITLES = {
    "aus": "Action units, intensity 0–5",
    "expressions": "Expressions read from the action units, membership 0–1",
    "pain": "Pain read from the action units, PSPI 0–16",
}
_SIDES = {"left": ("#e69f00", "-"), "right": ("#111111", ":")}
_STRENGTH = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 0.55, Tier.EXPERIMENTAL: 0.3}
_SIGNS = {Tier.REPORTED: "", Tier.LOW_CONFIDENCE: " °", Tier.EXPERIMENTAL: " °°"}
_MARK, _QUIET = "#333333", "#6b6b6b"
_HEIGHT, _TITLE_ROOM = 0.66, 0.8
_RIBBON = 1.6  # height of the ribbon and of what stands above it, in rows
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS = 12
#: Pictures that can be drawn, by the ends of their names.
FORMATS = (".png", ".svg", ".pdf")
_PLATE = {"facecolor": "white", "linewidth": 0, "pad": 1.5}


@dataclass(frozen=True, eq=False)
class _Row:
    """One row: what it shows, its episodes, and the height at which it stands."""

    kind: str
    episodes: list[Episode]
    at: float

    @property
    def key(self) -> str:
        """Where its values stand in a record, below `kind`; '' where `kind` is a field itself."""
        return "" if self.kind == "pain" else self.episodes[0].key

    @property
    def tier(self) -> Tier:
        return Tier(self.episodes[0].tier)


def draw(table: Table, analysis: Analysis, out: Path, when: str, everything: bool = False) -> None:
    """Write the timing diagram, for its owner's eyes; arguments as of `compose`.

    Raises:
        ConfigError: it is no name for a picture.
        StorageError: it cannot be written.
    """
    kind = picture_format(out)
    drawn = io.BytesIO()
    compose(table, analysis, when, everything).savefig(drawn, dpi=130, format=kind)
    write_private(out, drawn.getvalue())


def picture_format(out: Path) -> str:
    """`png`, `svg` or `pdf`, by the name of the file. Raises `ConfigError`."""
    if out.suffix.lower() not in FORMATS:
        raise ConfigError(f"{out} is no name for a picture: let it end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    return out.suffix[1:].lower()


def compose(table: Table, analysis: Analysis, when: str, everything: bool = False) -> Any:
    """The timing diagram as a matplotlib figure.

    Args:
        table: of one session.
        analysis: of it.
        when: they were captured, in words.
        everything: include what `cloud.reports.summary` withholds.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # heavy; only this needs it

    (session,) = table.sessions
    rows, top = _stack(analysis, everything)
    figure = Figure(figsize=(11, 0.3 * (top + room_for(session)) + 2.6), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        _draw_row(axes, row, table)
    for row in (row for row, above in zip(rows, [None, *rows], strict=False) if not above or above.kind != row.kind):
        axes.text(0, row.at + 1.1, _TITLES[row.kind], fontsize=8.5, color=_QUIET, va="bottom", bbox=_PLATE)
    draw_ribbon(axes, table, top)
    draw_phases(axes, session, max(analysis.session.lasted_s, GAP_S), top + _RIBBON)
    _dress(axes, rows, analysis, top, top + _RIBBON + room_for(session))
    _title(axes, session.device, analysis, when)
    _legend(figure, table, rows)
    return figure


def _stack(analysis: Analysis, everything: bool) -> tuple[list[_Row], float]:
    """The rows from top to bottom, and the height above them; each kind has room for its title."""
    found = [(kind, e) for kind in _TOPS for e in by_support(analysis.episodes, kind)]
    told = [(kind, e) for kind, e in found if everything or e[0].key not in WITHHELD]
    top = len(told) + _TITLE_ROOM * len({kind for kind, _ in told})
    rows: list[_Row] = []
    at = top
    for kind, episodes in told:
        at -= 1.0 if rows and rows[-1].kind == kind else 1.0 + _TITLE_ROOM
        rows.append(_Row(kind, episodes, at))
    return rows, top


def _draw_row(axes: Any, row: _Row, table: Table) -> None:
    times = table.time
    colour, scale = _COLOURS[row.kind], _HEIGHT / _TOPS[row.kind]
    values = values_of(table, row.kind, row.key)
    _hatch_unknown(axes, row, times, values)
    if row.kind == "expressions":
        cross_out(axes, table, row.at, row.at + 1)
    along, heights = _broken(times, row.at + scale * values)
    axes.fill_between(along, row.at, heights, color=colour, alpha=_STRENGTH[row.tier], linewidth=0)
    axes.plot(along, np.where(np.isnan(heights), np.nan, row.at), color=colour, linewidth=0.7)
    for side, (line_colour, style) in _SIDES.items() if row.kind == "aus" else ():
        if row.key in SIDED_KEYS and table.known(f"{side}.{row.key}").any():
            of_side = values_of(table, side, row.key)
            axes.plot(*_broken(times, row.at + scale * of_side), color=line_colour, ls=style, linewidth=0.9)
    _mark(axes, row.at + _HEIGHT + 0.12, row.episodes)


def _broken(times: Values, values: Values) -> tuple[Values, Values]:
    """Times and values (N,) with a NaN in every gap in time, so that no line is drawn through it."""
    after = gaps(times) + 1
    return np.insert(times, after, times[after - 1]), np.insert(values, after, np.nan)


def _hatch_unknown(axes: Any, row: _Row, times: Values, values: Values) -> None:
    """Hatch the row wherever its values are not known, between what is."""
    known = stretches(times, ~np.isnan(values))
    ends = [0.0, *(float(times[last]) for _, last in known)]
    begins = [*(float(times[first]) for first, _ in known), float(times[-1])]
    for begin, end in zip(ends, begins, strict=True):
        if end - begin > times[-1] * THIN:
            hatch(axes, begin, end, row.at, row.at + 1)


def _mark(axes: Any, height: float, episodes: list[Episode]) -> None:
    """Lines from onset to offset above the row, stops at ends that were seen, dots at the apexes."""
    lines = np.array([(e.onset_s, e.offset_s, np.nan) for e in episodes]).ravel()
    apexes = np.array([e.apex_s for e in episodes])
    stops = [e.onset_s for e in episodes if not e.cut_start]
    stops += [e.offset_s for e in episodes if not e.cut_end]
    axes.plot(lines, np.full(len(lines), height), color=_MARK, linewidth=0.7)
    axes.plot(apexes, np.full(len(apexes), height), ".", color=_MARK, markersize=3.5)
    axes.plot(stops, np.full(len(stops), height), "|", color=_MARK, markersize=4, markeredgewidth=0.7)


def _dress(axes: Any, rows: list[_Row], analysis: Analysis, top: float, height: float) -> None:
    lasted_s = max(analysis.session.lasted_s, GAP_S)
    step = next((step for step in _STEPS_S if lasted_s / step <= _MOST_TICKS), _STEPS_S[-1])
    ticks = np.arange(0, lasted_s, step)
    axes.set_xticks(ticks, [clock(time, tenths=False) for time in ticks], fontsize=8)
    labels = [name_of(row.episodes[0].key) + _SIGNS[row.tier] for row in rows]
    axes.set_yticks([*(row.at + 0.3 for row in rows), top + 0.45], [*labels, "Emotion"], fontsize=8.5)
    axes.set_xlim(0, lasted_s)
    axes.set_ylim(-0.1, height)
    axes.set_xlabel(fill(_silent(rows, analysis), 150), loc="left", fontsize=8, color=_QUIET, labelpad=8)
    axes.tick_params(length=0)
    axes.grid(axis="x", color="#ececec", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _silent(rows: list[_Row], analysis: Analysis) -> str:
    """What the axis counts, and a sentence on the action units that have no row."""
    shown = {row.key for row in rows}
    silent = [unit.key for unit in ACTION_UNITS if unit.key not in shown]
    names = {key: name_of(key).replace(" ", "\N{NO-BREAK SPACE}") for key in silent}
    still = ", ".join(name for key, name in names.items() if key in analysis.thresholds)
    unknown = ", ".join(name for key, name in names.items() if key not in analysis.thresholds)
    never = f"Never measured: {unknown}." if unknown else ""
    if "units" in analysis.withheld:
        never = f"Action units {NOT_AGREED}."
    sentences = [f"No movement found in {still}." if still else "", never]
    return " ".join(["Minutes and seconds since the session began.", *filter(None, sentences)])


def _title(axes: Any, device: str, analysis: Analysis, when: str) -> None:
    lasted, also = clock(analysis.session.lasted_s, tenths=False), also_seen(analysis)
    lead = fill(f"{dominant(analysis)}{f'; also {also}' if also else ''}", 150)
    axes.set_title(f"{device} · {lasted} min", loc="left", fontsize=13, fontweight="bold", pad=38)
    words = "\n".join(line[:1].upper() + line[1:] for line in (when, lead))
    where = {"xycoords": "axes fraction", "textcoords": "offset points"}
    axes.annotate(words, (0, 1), (0, 6), **where, fontsize=9, linespacing=1.5, va="bottom", annotation_clip=False)


def _legend(figure: Any, table: Table, rows: list[_Row]) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415

    handles = key_of(table)
    keys = {row.key for row in rows}
    for side, (colour, style) in _SIDES.items():
        if any(table.known(f"{side}.{key}").any() for key in keys & set(SIDED_KEYS)):
            handles.append(Line2D([], [], color=colour, ls=style, label=f"the person's {side} side"))
    for tier, words in ((Tier.LOW_CONFIDENCE, "° low confidence"), (Tier.EXPERIMENTAL, "°° experimental")):
        if any(row.tier is tier for row in rows):
            handles.append(Line2D([], [], linestyle="", label=words))
    handles.append(Line2D([], [], color=_MARK, lw=0.7, marker=".", label="onset, apex and offset"))
    for moments, marker, words in (
        (table.sessions[0].stimuli, "v", "shown or asked"),
        (table.sessions[0].marks, "^", "marked by somebody"),
    ):
        if moments:
            handles.append(Line2D([], [], color=_MARK, linestyle="", marker=marker, label=words))
    figure.legend(handles=handles, loc="outside lower left", ncols=5, fontsize=8, frameon=False, handlelength=1.6)
