"""The page of one person: what each model holds of their movement (HTML; no script, nothing from elsewhere)."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, log2
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from device.contract.evidence import Interval
from device.contract.labels import ACTION_UNITS, SEEN
from training.personal.evaluation import READ, Evaluation, Measured, PersonFound
from training.personal.movements import Movement
from training.personal.tables import STABLE, named

#: The approach that is drawn in colour, where it was measured.
_FIRST = "psm"
#: So many approaches stand side by side in the table of units.
_MOST = 3
_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 640.0, 300.0, 44.0, 450.0, 12.0, 264.0
_DASHES = ("", "7 4", "2 4", "10 3 2 3", "5 2", "1 3", "12 4")
_APART = 15.0


@dataclass(frozen=True)
class _Row:
    """An approach: `kind` says how it is drawn; line: places of the interval's ends and of the value, 0 to 100."""

    kind: str
    name: str
    of: Measured
    line: tuple[float, float, float] | None


@dataclass(frozen=True)
class _Unit:
    key: str
    name: str
    present: str
    cells: list[str]


@dataclass(frozen=True)
class _Tick:
    at: float
    text: str


@dataclass(frozen=True)
class _Line:
    """A course: its points, and the height of its label, which no other's covers."""

    kind: str
    name: str
    dashes: str
    points: list[tuple[float, float]]
    label: float

    @property
    def path(self) -> str:
        return "M" + "L".join(f"{x} {y}" for x, y in self.points)


@dataclass(frozen=True)
class _Course:
    levels: list[_Tick]
    epochs: list[_Tick]
    lines: list[_Line]
    said: str
    wide: float = _WIDE
    high: float = _HIGH
    left: float = _LEFT
    right: float = _RIGHT


@dataclass(frozen=True)
class _Bar:
    name: str
    wide: float
    text: str


@dataclass(frozen=True)
class _Card:
    """A movement: `tag`, one word where it is not to be relied on or is known from nowhere."""

    title: str
    tag: str
    words: str
    bars: list[_Bar]


@dataclass(frozen=True)
class _Moves:
    about: str
    cards: list[_Card]


def page(found: Evaluation, person: PersonFound) -> str:
    """The page of a person of the evaluation."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    every = [*person.arms, *person.references]
    guesses = [unit.guess for unit in every[0].units.values()]
    guess = sum(guesses) / len(guesses)
    shown = [person.arm(name) for name in _columns(person)]
    return environment.get_template("person.html").render(
        person=person,
        about=_about(person),
        simulated=found.simulated,
        notes=found.notes if person.labels == READ else (),
        rows=[_Row(_kind(of, person), named(of.name), of, _line(of.f1)) for of in every],
        guess=_plain(guess),
        bound=round(100 * guess, 1),
        shown=shown,
        units=[*_units(person)],
        left_out=_left_out(person),
        course=_course(person),
        moves=_moves(person),
        named=named,
        interval=interval,
    )


def interval(of: Interval) -> str:
    """`0.82 (0.79 to 0.85)`; – where it is not known."""
    if isnan(of.value):
        return "–"
    return _plain(of.value) if isnan(of.low) else f"{_plain(of.value)} ({_plain(of.low)} to {_plain(of.high)})"


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _about(person: PersonFound) -> str:
    recordings = "1 recording" if person.recordings == 1 else f"{person.recordings} recordings"
    return (
        f"{recordings}, {person.faces} faces: {_minutes(person.learnt_s)} to learn from, and "
        f"{_minutes(person.held_out_s)} held out, in blocks that are never next to what was learnt from."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _kind(of: Measured, person: PersonFound) -> str:
    if of in person.references:
        return "rest"
    return "first" if of.name == _FIRST else "arm"


def _line(of: Interval) -> tuple[float, float, float] | None:
    bounds = (of.low, of.value, of.high)
    return None if any(map(isnan, bounds)) else (_place(of.low), _place(of.value), _place(of.high))


def _place(value: float) -> float:
    return round(100 * min(max(value, 0.0), 1.0), 1)


def _columns(person: PersonFound) -> list[str]:
    """What stands in the table of units: the first approaches, and the box."""
    names = [one.name for one in (*person.arms, *person.references)]
    wanted = [name for name in (_FIRST, "gm", "box") if name in names]
    return [*wanted, *(name for name in names if name not in wanted)][:_MOST]


def _units(person: PersonFound) -> Iterator[_Unit]:
    columns = [of for name in _columns(person) if (of := person.arm(name))]
    for unit in ACTION_UNITS:
        if unit.key in columns[0].units:
            first = columns[0].units[unit.key]
            cells = [interval(of.units[unit.key].f1) for of in columns]
            yield _Unit(unit.key, unit.name, f"{first.present / first.faces:.0%}", cells)


def _left_out(person: PersonFound) -> str:
    """`AU5 and AU9, present in 1.2% of the faces; …`."""
    by_reason: dict[str, list[str]] = {}
    for unit, why in person.left_out.items():
        by_reason.setdefault(why, []).append(unit)
    return "; ".join(f"{', '.join(units)} ({why})" for why, units in by_reason.items())


def _moves(person: PersonFound) -> _Moves | None:
    """The movements that the person's own model tells apart; None where it tells none."""
    of = person.arm(_FIRST) or next(iter(person.arms), None)
    if of is None or of.movements is None:
        return None
    some = [one for one in of.movements.movements if one.faces]
    about = f"Clusters of what the model learnt from {named(of.name)} says of the faces: {len(some)} of them."
    again = of.movements.rand
    if some and not isnan(again.value):
        about += f" Found again in other draws of the same time: adjusted Rand index {interval(again)}; 1 is all."
    if person.null and not isnan(person.null.value):
        about += f" Two general models agree by {interval(person.null)}."
    if of.movements.truth:
        about += f" Against the planted ones, in time held out: {interval(of.movements.truth.held_out)}."
    return _Moves(about, [_card(one) for one in some])


def _card(of: Movement) -> _Card:
    first = next(iter(of.units), "")
    tag = "unsure" if of.stable < STABLE else "novel" if of.novel else ""
    like = "like no known movement" if of.novel else f"{_like(of.known)} ({_plain(of.score)} of 1)"
    words = f"{of.share:.1%} of the time; {like}; found again: {_plain(of.stable)}."
    bars = [_Bar(f"{key} {SEEN[key]}", round(value * 20, 1), f"{value:.1f}") for key, value in of.units.items()]
    if not first:
        return _Card("no unit known", tag, f"{of.share:.1%} of the time; found again: {_plain(of.stable)}.", [])
    return _Card(SEEN[first], tag, words, bars)


def _like(known: str) -> str:
    """A known movement, by its units."""
    units = known.split("+")
    return f"like {known}" if len(units) == 1 else f"like {', '.join(units[:-1])} and {units[-1]} together"


def _course(person: PersonFound) -> _Course | None:
    """How fast each approach learns; None where of none more than the end is known."""
    drawn = [of for of in person.arms if len(of.course) > 1]
    values = [point.f1.value for of in drawn for point in of.course if not isnan(point.f1.value)]
    if not values:
        return None
    last = max(point.epoch for of in drawn for point in of.course)
    low, high = _rounded(values)

    def x(epoch: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * log2(1 + epoch) / log2(1 + last), 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low), 1)

    points = {of.name: [(x(one.epoch), y(one.f1.value)) for one in of.course] for of in drawn}
    labels = _spread({name: of[-1][1] for name, of in points.items()})
    lines = [
        _Line(_kind(of, person), named(of.name), _DASHES[at % len(_DASHES)], points[of.name], labels[of.name])
        for at, of in enumerate(drawn)
    ]
    steps = round((high - low) / 0.1)
    levels = [_Tick(y(low + 0.1 * step), f"{low + 0.1 * step:.1f}") for step in range(steps + 1)]
    epochs = [_Tick(x(epoch), str(epoch)) for epoch in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500) if epoch <= last]
    said = "; ".join(
        f"{named(of.name)}: " + ", ".join(f"{_plain(one.f1.value)} after {one.epoch}" for one in of.course)
        for of in drawn
    )
    return _Course(levels, epochs, lines, f"F1 after epochs. {said}")


def _rounded(values: list[float]) -> tuple[float, float]:
    """Tenths around them, apart."""
    low, high = int(min(values) * 10) / 10, -(int(-max(values) * 10 - 1e-9) - 1) / 10
    return low, min(max(high, low + 0.2), 1.0) if low < 0.8 else 1.0


def _spread(places: dict[str, float]) -> dict[str, float]:
    """The same, moved down where two would cover each other."""
    moved, least = {}, -_APART
    for name, place in sorted(places.items(), key=lambda one: one[1]):
        least = max(place, least + _APART)
        moved[name] = least
    return moved
