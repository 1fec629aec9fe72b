"""The teaching map: one page of the face by phase, with what differs, how surely; for people who teach.

HTML with the drawings in it as SVG: no script, nothing from elsewhere. Every drawing's content stands in words too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from device.contract.labels import ACTION_UNIT_KEYS, SEEN
from training.targets import plain, portrait, words
from training.targets.rows import Row

TEMPLATES = Path(__file__).parent / "templates"
#: So many phases have room on the page, so many units in each, and in all by the number of phases; others are named.
PHASES, UNITS, IN_ALL = 3, 4, (0, 4, 5, 4)
_ROOMY, _SHORT = 3, 40  # so few marks, and so short names, may be printed larger
_LEAST_REACH = 1.0
_APART = 31  # of numbers on the face, in its units


@dataclass(frozen=True)
class Mark:
    """A unit that differs: its number on the face, where the face shows it, and its effect, interval and all, in
    words and as places on a scale of 0–100."""

    number: int
    row: Row
    seen: str
    area: str
    at: tuple[float, float]
    size: str
    dots: int
    sure: str
    overlap: str
    line: tuple[float, float, float]
    over_time: str

    @property
    def is_more(self) -> bool:
        """Whether it is stronger in the second."""
        return self.row.effect > 0


@dataclass(frozen=True)
class Panel:
    """A phase: its marks, the names of what else differs, what differs over time alone, what is largest where nothing
    does, and the key points that differ."""

    phase: str
    marks: tuple[Mark, ...]
    others: tuple[str, ...]
    over_time: tuple[str, ...]
    largest: Row | None
    people: tuple[int, int]
    points: tuple[str, ...]


def page(found: Mapping[str, Any]) -> str:
    """The page of what `folder.read` gives."""
    units = found["tables"]["units"]
    phases = _phases(found["phases"], units)
    shown = _shown(units, phases)
    reach = max([_LEAST_REACH, *(abs(end) for row in shown for end in (row.effect_low, row.effect_high))])
    panels = [_panel(phase, found, [row for row in shown if row.phase == phase], reach) for phase in phases]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("map.html").render(
        found=found,
        panels=panels,
        unshown=[phase for phase in found["phases"] if phase not in phases],
        differs=any(panel.marks or panel.over_time for panel in panels),
        is_roomy=len(shown) <= _ROOMY
        and len(found["first"] + found["second"]) <= _SHORT
        and len(found["cautions"]) < 4,
        reach=reach,
        p_text=words.p_text,
        number=number,
        portrait=portrait,
        words=words,
    )


def number(value: float) -> str:
    """Two decimals, with a minus that is one."""
    return f"{value:.2f}".replace("-", "−")


def _phases(phases: Sequence[str], units: Sequence[Row]) -> list[str]:
    """Those with the most certain differences, in their own order."""
    measured = [row for row in units if row.is_measured]
    least = {phase: min((row.p_max for row in measured if row.phase == phase), default=2.0) for phase in phases}
    chosen = sorted(phases, key=least.__getitem__)[:PHASES]
    return [phase for phase in phases if phase in chosen]


def _shown(units: Sequence[Row], phases: Sequence[str]) -> list[Row]:
    """What is marked: the first of each phase, and then by rank as far as there is room."""
    by_phase = {phase: [row for row in units if row.phase == phase and row.differs][:UNITS] for phase in phases}
    first = [rows[0] for rows in by_phase.values() if rows]
    others = sorted((row for rows in by_phase.values() for row in rows[1:]), key=lambda row: row.rank)
    return sorted([*first, *others][: IN_ALL[len(phases)]], key=lambda row: row.rank)


def _panel(phase: str, found: Mapping[str, Any], shown: Sequence[Row], reach: float) -> Panel:
    tables = {name: [row for row in rows if row.phase == phase] for name, rows in found["tables"].items()}
    ours = [row for row in tables.pop("units") if row.is_measured]
    further = [row for row in ours if row.differs and row not in shown]
    spans = _spans(phase, found)
    places = _apart([portrait.moved_by(row.point)[1] for row in shown])
    numbered = enumerate(zip(shown, places, strict=True), 1)
    marks = tuple(_mark(at, row, place, reach, found["kind"], spans) for at, (row, place) in numbered)
    others = tuple(row.point for row in sorted(further, key=lambda row: ACTION_UNIT_KEYS.index(row.point)))
    alone = tuple(f"{unit}, {said}" for unit, said in spans.items() if unit not in {mark.row.point for mark in marks})
    largest = max(ours, key=lambda row: abs(row.effect), default=None)
    counts = [max((int(getattr(row, name)) for row in ours), default=0) for name in ("n_first", "n_second")]
    moved = tuple(row.name for rows in tables.values() for row in rows if row.is_measured and row.differs)
    return Panel(phase, marks, others, alone, largest, (counts[0], counts[1]), moved)


def _spans(phase: str, found: Mapping[str, Any]) -> dict[str, str]:
    """Unit → where its clusters are, in words."""
    said: dict[str, list[str]] = {}
    clusters = found.get("courses", {}).get("clusters", ())
    for one in sorted(clusters, key=lambda cluster: float(cluster["begin"])):
        if one["phase"] == phase:
            said.setdefault(one["points"], []).append(words.span(one))
    return {unit: " and ".join(spans) for unit, spans in said.items()}


def _apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places of numbers, none on another: where they should be, else on the other half of the face, else lower."""
    found: list[tuple[float, float]] = []
    for x, y in places:
        down = range(0, portrait.SIZE, _APART)
        tried = ((side, y + lower) for lower in down for side in (x, portrait.SIZE - x))
        found.append(next(one for one in tried if all(math.dist(one, other) >= _APART for other in found)))
    return found


def _mark(at: int, row: Row, place: tuple[float, float], reach: float, kind: str, spans: Mapping[str, str]) -> Mark:
    area = portrait.moved_by(row.point)[0]
    dots, sure = plain.sureness(row.p_max)
    low, here, high = (50 + 50 * value / reach for value in (row.effect_low, row.effect, row.effect_high))
    said = (plain.sizes(row), dots, sure, plain.overlap(row, kind))
    return Mark(at, row, SEEN[row.point], area, place, *said, (low, here, high), spans.get(row.point, ""))
