"""What is compared: a number for each participant, phase and point, and each bin of time where there are courses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNITS
from training.cohort.people import Participant
from training.cohort.table import FeatureTable
from training.targets.displacement import implied, lengths, unit_movements
from training.targets.points import point_set

Floats = NDArray[np.float64]
_MEAN = "mean"  # of a unit's features, the one that is compared
_USUAL = 0.5
_PRECISION = 0.005  # interocular distances, some 0.4 mm: no landmark is placed better
_LOOKED_AT, _MIDDLE = 478, 0.01


@dataclass(frozen=True)
class Points:
    """Where the numbers stand: action units, or key points of the face.

    Attributes:
        keys: K short names, unique: `AU12`, or a number.
        names: in words.
        regions: part of the face.
        x, y: on the standard face, interocular distances from the middle between the eyes; x to the right of the
            picture, y down; NaN where a point has no place.
        edges: pairs of numbers of neighbours.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    regions: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    edges: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, eq=False)
class Matrix:
    """The numbers.

    Attributes:
        people: P participants.
        phases: S.
        points: K.
        values: (P, S, K, T), NaN where not measured; T is 1 where there is no time.
        unit: what a number is of: `intensity 0–5`, `interocular distances`, …
        bins: T + 1 edges of the bins of time, or none.
        axis: what they are: `s`, or `share of the phase`.
        simulated: whether the recordings say that they were simulated.
        precision: what a person's number can be told by, at best; see `statistics.py`.
    """

    people: tuple[Participant, ...]
    phases: tuple[str, ...]
    points: Points
    values: Floats = field(repr=False)
    unit: str = "intensity 0–5"
    bins: tuple[float, ...] = ()
    axis: str = ""
    simulated: bool = False
    precision: float = 0.0

    def __post_init__(self) -> None:
        shape = (len(self.people), len(self.phases), len(self.points), max(1, len(self.bins) - 1))
        if self.values.shape != shape:
            raise ValueError(f"values are {self.values.shape}, not {shape}")

    def of_phases(self, phases: Sequence[str]) -> "Matrix":
        """Only these phases, in this order. Raises `ConfigError`: there is none of that name."""
        if unknown := [phase for phase in phases if phase not in self.phases]:
            raise ConfigError(f"There is no phase {unknown[0]!r} here: name some of {', '.join(self.phases)}.")
        return replace(
            self, phases=tuple(phases), values=self.values[:, [self.phases.index(phase) for phase in phases]]
        )

    def of_people(self, taken: Sequence[bool]) -> "Matrix":
        """Only these of the P participants."""
        return replace(self, people=tuple(compress(self.people, taken)), values=self.values[np.array(taken, bool)])


def of_units(table: FeatureTable) -> Matrix:
    """The mean intensity of every action unit. Raises `DataError`: the table does not have it."""
    names = [f"aus.{unit.key}.{_MEAN}" for unit in ACTION_UNITS]
    if missing := [name for name in names if name not in table.names]:
        raise DataError(f"The features have no {missing[0]!r}: compute them again with `cohort features`.")
    values = table.values[:, :, [table.names.index(name) for name in names], None]
    return Matrix(table.people, table.phases, unit_points(), values, simulated=table.simulated)


def of_points(units: Matrix, count: int) -> Matrix:
    """How far the mean intensities of action units move each key point of the standard face, in the picture's plane.

    Units that were not measured in half of the people's phases are left out: they would leave hardly a point known.
    """
    people, phases, number, bins = units.values.shape
    flat = units.values.transpose(2, 0, 1, 3).reshape(number, -1)
    known = dict(compress(zip(units.points.keys, flat, strict=True), usual(units)))
    if not known:
        raise DataError("No action unit was measured in half of the people's phases: there is nothing to compare.")
    moved = lengths(implied(known, count)).reshape(people, phases, bins, count).transpose(0, 1, 3, 2)
    return replace(units, points=key_points(count), values=moved, unit="interocular distances", precision=_PRECISION)


def usual(units: Matrix) -> list[bool]:
    """(K,) which units were measured in half of the people's phases, of those that were held at all."""
    measured = np.isfinite(units.values).any(axis=3).reshape(-1, len(units.points))
    held = measured[measured.any(axis=1)]
    return [bool(len(held)) and bool(share >= _USUAL * len(held)) for share in held.sum(axis=0)]


@lru_cache(maxsize=2)
def key_points(count: int) -> Points:
    """The key points, by their numbers. Raises `ConfigError`: there is no such set."""
    held = point_set(count)
    places = (tuple(map(float, held.x)), tuple(map(float, held.y)))
    edges = tuple((int(a), int(b)) for a, b in held.edges)
    return Points(tuple(map(str, range(count))), held.names, held.regions, *places, edges)


@lru_cache(maxsize=1)
def unit_points() -> Points:
    """The action units, where they move the standard face, on the person's left half; in no one's neighbourhood."""
    targets, movements = unit_movements(_LOOKED_AT)
    points, moved = point_set(_LOOKED_AT), lengths(movements)
    left = points.x > -_MIDDLE
    places, regions = [], []
    for unit in ACTION_UNITS:
        weight = moved[[name.partition("_")[0] == unit.key for name in targets]].max(0) ** 2
        places.append([float(np.average(of[left], weights=weight[left] + 1e-12)) for of in (points.x, points.y)])
        regions.append(points.regions[int(weight.argmax())].removeprefix("left ").removeprefix("right "))
    x, y = zip(*places, strict=True)
    return Points(tuple(u.key for u in ACTION_UNITS), tuple(u.name for u in ACTION_UNITS), tuple(regions), x, y)
