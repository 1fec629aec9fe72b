"""What is compared: a number for each participant, phase and point, and each bin of time where there are courses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNITS
from training.cohort.people import Participant
from training.cohort.table import FeatureTable

Floats = NDArray[np.float64]
#: Of a unit's features, the one that is compared.
MEAN = "mean"


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
    """

    people: tuple[Participant, ...]
    phases: tuple[str, ...]
    points: Points
    values: Floats = field(repr=False)
    unit: str = "intensity 0–5"
    bins: tuple[float, ...] = ()
    axis: str = ""
    simulated: bool = False

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


def of_units(table: FeatureTable, feature: str = MEAN) -> Matrix:
    """A feature of every action unit. Raises `DataError`: the table does not have it."""
    names = [f"aus.{unit.key}.{feature}" for unit in ACTION_UNITS]
    if missing := [name for name in names if name not in table.names]:
        raise DataError(f"The features have no {missing[0]!r}: compute them again with `cohort features`.")
    values = table.values[:, :, [table.names.index(name) for name in names], None]
    return Matrix(table.people, table.phases, unit_points(), values, simulated=table.simulated)


def unit_points() -> Points:
    """The action units as points without a place."""
    nowhere = (float("nan"),) * len(ACTION_UNITS)
    return Points(
        tuple(unit.key for unit in ACTION_UNITS),
        tuple(unit.name for unit in ACTION_UNITS),
        tuple(unit.part for unit in ACTION_UNITS),
        nowhere,
        nowhere,
    )
