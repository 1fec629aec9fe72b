"""Eyes, head, and the pain score over time."""

from collections.abc import Iterator

import numpy as np

from cloud.analysis.head import Angle, Head, head
from cloud.analysis.measures import MEASURES, rows
from cloud.analysis.plain import clock, percent
from cloud.analysis.quantities import pain_without_smile
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from cloud.reports.figures import panels
from cloud.reports.figures.canvas import BLUE, GREEN, PURPLE, WIDTH, Timeline
from cloud.reports.figures.panels import Panel
from cloud.reports.page import Axis, Part, Section
from device.contract.labels import CODES

_MINUTE_S = 60.0
_LEAST_SEEN = 0.25  # of a minute, to tell how often eyes blinked in it
_ANGLES = (("yaw", "Head, sideways", "degrees; up: their left"), ("pitch", "Head, nodding", "degrees; up: raised"))
_PAIN = (
    "Prkachin and Solomon's pain score (PSPI, 0–16) is the sum of the brows drawn down, cheeks or lids, nose or upper "
    "lip, and closed eyes. It is experimental here, for it rests on action units that are: see it as a line to look "
    "where, not as pain. Smiles raise the cheeks, too: while the lip corners were pulled up nothing is drawn, and "
    "closed eyes alone give one point."
)


def section(table: Table, analysis: Analysis, line: Timeline) -> Iterator[Section]:
    """Curves, and what they come to."""
    told, found = head(table), [*_blinks(table, line), *_head(table)]
    facts = [*_eyes(table, analysis), *(_turned(told) if told else ())]
    if found or facts:
        axis = Axis(line.lasted_s, panels.LEFT / WIDTH, 1 - panels.RIGHT / WIDTH)
        drawn = [Part(svg=panels.draw(found, table.sessions[0], line, "eyes"), axis=axis)] if found else []
        yield Section("Eyes and head", [*drawn, Part(list=facts)])
    yield from _pain(table, analysis, line)


def _blinks(table: Table, line: Timeline) -> Iterator[Panel]:
    """Blinks a minute, each minute of the session."""
    values, seconds = rows(table, MEASURES["blinks.blinks"])
    if line.lasted_s < 3 * _MINUTE_S or not seconds.any():
        return
    edges = np.arange(0, line.lasted_s, _MINUTE_S)
    at = np.minimum((table.time / _MINUTE_S).astype(int), len(edges) - 1)
    seen = np.bincount(at, seconds, len(edges))
    ended = np.bincount(at, np.nan_to_num(values) * seconds / 60, len(edges))
    enough = seen >= _LEAST_SEEN * _MINUTE_S
    rates: Values = np.where(enough, 60 * ended / np.maximum(seen, 1e-9), np.nan)
    if enough.any():
        high = float(np.ceil(np.nanmax(rates) / 10) * 10) or 10.0
        times, rates = np.append(edges, line.lasted_s), np.append(rates, rates[-1])
        yield Panel("Blinks", "a minute", times, rates, (0, high), BLUE, True)


def _head(table: Table) -> Iterator[Panel]:
    for name, title, unit in _ANGLES:
        values = np.where(table.measured, table.values(f"pose.{name}"), np.nan)
        if not np.isnan(values).all():
            reach = float(min(max(np.ceil(np.nanpercentile(np.abs(values), 99.5) / 10) * 10, 10), 90))
            yield Panel(title, unit, table.time, np.clip(values, -reach, reach), (-reach, reach), GREEN)


def _eyes(table: Table, analysis: Analysis) -> Iterator[tuple[str, str]]:
    blinks = analysis.blinks
    if blinks:
        lasted = "" if blinks.mean_s is None else f", {blinks.mean_s:.2f} s long on average"
        yield "Blinks", f"{blinks.count}, {blinks.per_minute:.1f} a minute of the time in which eyes were seen{lasted}"
    closed = table.values("eyes.open")
    known = ~np.isnan(closed)
    if known.any():
        lasting = table.durations
        share = float(lasting[known & (closed <= 0.2)].sum() / max(float(lasting[known].sum()), 1e-9))
        yield "Eyes shut", f"{percent(share)} of the time in which they were seen (lids at least four fifths closed)"


def _turned(told: Head) -> Iterator[tuple[str, str]]:
    yield "Sideways", f"{_angle(told.yaw)}; positive: to their left"
    yield "Up and down", f"{_angle(told.pitch)}; positive: raised"
    yield "Tilted", f"{_angle(told.roll)}; positive: clockwise in the picture"
    if told.speed is not None and told.speed95 is not None:
        yield "Moved", f"{told.speed:.1f}° a second in the median; for 95 % of the time at most {told.speed95:.0f}°"
    turned = sorted(told.turned.items(), key=lambda one: -one[1])
    if turned:
        yield "Position codes", ", ".join(f"{CODES[code]} ({code}) {percent(share)}" for code, share in turned[:6])


def _angle(one: Angle) -> str:
    most = f"{_degrees(one.low5)} to {_degrees(one.high95)} for nine tenths of the time"
    return f"{_degrees(one.mean)} on average, {most}"


def _degrees(value: float) -> str:
    return f"{value:.0f}°".replace("-0°", "0°").replace("-", "\N{MINUS SIGN}")


def _pain(table: Table, analysis: Analysis, line: Timeline) -> Iterator[Section]:
    values = pain_without_smile(table)
    if analysis.pain is None or np.isnan(values).all():
        return
    high = 4.0 if np.nanmax(values) <= 4 else 8.0 if np.nanmax(values) <= 8 else 16.0
    panel = Panel("PSPI", "0–16, experimental", table.time, values, (0.0, high), PURPLE)
    axis = Axis(line.lasted_s, panels.LEFT / WIDTH, 1 - panels.RIGHT / WIDTH)
    pain = analysis.pain
    said = f"Mean {pain.mean:.1f}, greatest {pain.greatest:.1f} at {clock(pain.greatest_s, False)}. {_PAIN}"
    yield Section(
        "Pain score, experimental",
        [Part(svg=panels.draw([panel], table.sessions[0], line, "pain"), caption=said, axis=axis)],
        css="together",
    )
