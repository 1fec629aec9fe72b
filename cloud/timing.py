"""The timing diagram of a recording: what showed when, as a picture.

A row per emotion (0 to 1), action unit (0 to 5), expression that occurred (0 to 1), and pain (0 to 16). Each row of an
action unit, and what is read from action units, says its tier: the paler, the less it can be relied on. Above an
episode a line runs from onset to offset with a dot at the apex; where an end was cut the line has no stop. The
person's left and right sides, where they differ, are thin lines. What was not measured is grey and has no value:
no line is drawn through it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from cloud.analysis import Analysis
from cloud.episodes import Episode
from cloud.recording import GAP_S, Values, stretches, times_of, values_of
from device.contract.errors import StorageError
from device.contract.labels import ACTION_UNITS, EMOTIONS, EXPRESSIONS, Tier
from device.contract.record import Json
from device.contract.templates import PEACEFUL, tier

_EMOTIONS, _UNITS, _EXPRESSIONS, _PAIN = "#2a6f97", "#b5651d", "#5b7f3a", "#8e3b5e"
_SIDES = {"left": "#1d3557", "right": "#c1121f"}
_GREY, _MARK = "#d9d9d9", "#333333"
_STRENGTH = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 0.6, Tier.EXPERIMENTAL: 0.3}
_HEIGHT = 0.68
_LEGEND = """Emotions (probability 0–1), action units (intensity 0–5), expressions read from them (membership 0–1)
Paler: less reliable (° low confidence, °° experimental). Bracket: onset, apex (dot), offset. Grey: not measured
Thin lines: the person's left (blue) and right side (red), where they differ"""


@dataclass(frozen=True, eq=False)
class _Row:
    """One row: where its values stand in a record, what fills the row, its colour and tier."""

    label: str
    group: str
    key: str
    top: float
    colour: str
    tier: Tier | None = None


def draw(records: list[Json], analysis: Analysis, out: Path, when: str, everything: bool = False) -> None:
    """Write the timing diagram. Raises `StorageError`."""
    import matplotlib  # noqa: PLC0415  # heavy; only this needs it

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    rows = list(_rows(records, analysis))
    times = times_of(records)
    figure, axes = pyplot.subplots(figsize=(11, 0.3 * len(rows) + 1.4), layout="constrained")
    for at, row in enumerate(reversed(rows)):
        _fill(axes, at, row, times, values_of(records, row.group, row.key))
        for side, colour in _SIDES.items() if row.group == "aus" else ():
            _line(axes, at, row.top, times, values_of(records, side, row.key), colour)
        for episode in analysis.episodes:
            if (episode.kind, episode.key) == (row.group, row.key or row.group):
                _mark(axes, at, episode)
    _shade(axes, records, times, len(rows))
    _dress(axes, rows, times)
    try:
        figure.savefig(out, dpi=110)
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{out} cannot be written ({error}): name a .png, .svg or .pdf in a writable folder."
        ) from error
    finally:
        pyplot.close(figure)


def _rows(records: list[Json], analysis: Analysis) -> Iterator[_Row]:
    for name in EMOTIONS:
        yield _Row(name, "emotions", name, 1.0, _EMOTIONS)
    for unit in ACTION_UNITS:
        if unit.key in analysis.thresholds:
            yield _Row(f"{unit.key} {unit.name.partition(' (')[0]}", "aus", unit.key, 5.0, _UNITS, unit.tier)
    occurred = {episode.key for episode in analysis.episodes}
    for name in EXPRESSIONS:
        if name in occurred or (name == PEACEFUL and analysis.dominance):
            yield _Row(name.replace("_", " "), "expressions", name, 1.0, _EXPRESSIONS, tier(name))
    if analysis.pain is not None:
        yield _Row("pain (PSPI)", "pain", "", 16.0, _PAIN, Tier(analysis.pain.tier))


def _fill(axes: Any, at: int, row: _Row, times: Values, values: Values) -> None:
    alpha = _STRENGTH[row.tier] if row.tier else 1.0
    for first, last in stretches(times, ~np.isnan(values)):
        span = slice(first, last + 1)
        heights = at + _HEIGHT * values[span] / row.top
        axes.fill_between(times[span], at, heights, color=row.colour, alpha=alpha, linewidth=0)


def _line(axes: Any, at: int, top: float, times: Values, values: Values, colour: str) -> None:
    for first, last in stretches(times, ~np.isnan(values)):
        span = slice(first, last + 1)
        axes.plot(times[span], at + _HEIGHT * values[span] / top, color=colour, linewidth=0.6)


def _mark(axes: Any, at: int, episode: Episode) -> None:
    """A line from onset to offset above the row, stops at ends that were seen, a dot at the apex."""
    height = at + _HEIGHT + 0.1
    axes.plot([episode.onset_s, episode.offset_s], [height, height], color=_MARK, linewidth=0.7)
    axes.plot(episode.apex_s, height, ".", color=_MARK, markersize=3.5)
    for time, cut in ((episode.onset_s, episode.cut_start), (episode.offset_s, episode.cut_end)):
        if not cut:
            axes.plot(time, height, "|", color=_MARK, markersize=4, markeredgewidth=0.7)


def _shade(axes: Any, records: list[Json], times: Values, top: int) -> None:
    """Grey where frames were gated, with the reason, and where none came."""
    for gap in np.flatnonzero(np.diff(times) > GAP_S):
        _grey(axes, float(times[gap]), float(times[gap + 1]), top, "no record")
    at = 0
    for reasons, group in groupby(records, key=lambda record: tuple(record.get("reasons", ()))):
        first, at = at, at + len(list(group))
        if reasons:
            begin, end = _reach(times, first, -1), _reach(times, at - 1, 1)
            _grey(axes, begin, end, top, "\n".join(reason.replace("_", " ") for reason in reasons))


def _reach(times: Values, at: int, step: int) -> float:
    """The time of the neighbouring record, if no gap is between, for between the two nothing was measured either."""
    beside = min(max(at + step, 0), len(times) - 1)
    return float(times[beside] if abs(times[beside] - times[at]) <= GAP_S else times[at])


def _grey(axes: Any, begin: float, end: float, top: int, label: str) -> None:
    axes.axvspan(begin, end, color=_GREY, linewidth=0)
    if end - begin > GAP_S:
        axes.text((begin + end) / 2, top + 0.1, label, ha="center", va="bottom", fontsize=7)


def _dress(axes: Any, rows: list[_Row], times: Values) -> None:
    axes.set_yticks([len(rows) - 1 - i + 0.3 for i in range(len(rows))], [_label(row) for row in rows], fontsize=8)
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color("#808080" if row.tier is Tier.EXPERIMENTAL else "black")
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(0, len(rows) + 0.7)
    axes.set_xlabel("seconds")
    axes.tick_params(length=0)
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(_LEGEND, fontsize=8.5)


def _label(row: _Row) -> str:
    return row.label + {Tier.LOW_CONFIDENCE: " °", Tier.EXPERIMENTAL: " °°"}.get(row.tier or Tier.REPORTED, "")
