"""What differs over time, for a folder of targets: contrasts of courses, clusters, and the courses that are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.targets.clusters import CAUTION, Bin, Cluster, bins_of, clusters
from training.targets.contrast import Contrast, Question, contrasted
from training.targets.courses import Axis, courses_of
from training.targets.matrix import Matrix, of_points
from training.targets.rows import to_json

#: So many courses are drawn: those with the least p.
SHOWN = 6


@dataclass(frozen=True, eq=False)
class OverTime:
    """The courses of action units, each bin of each; and clusters of units and of key points."""

    units: Contrast
    bins: tuple[float, ...]
    axis: str
    rows: list[Bin]
    clusters: list[Cluster]
    of_points: list[Cluster]

    @property
    def shown(self) -> list[tuple[int, int]]:
        """(phase, unit) of the courses that are drawn, the surest first."""
        p = np.nan_to_num(self.units.p_tfce, nan=2.0).min(axis=2)
        order = np.argsort(p, axis=None, kind="stable")[:SHOWN]
        return [(int(s), int(k)) for s, k in zip(*np.unravel_index(order, p.shape), strict=True) if p[s, k] <= 1]

    def to_json(self) -> dict[str, Any]:
        """What `targets.json` holds of it."""
        return {
            "caution": CAUTION,
            "bins": list(self.bins),
            "axis": self.axis,
            "clusters": [to_json(one) for one in self.clusters],
            "clusters_of_points": [to_json(one) for one in self.of_points],
        }


def over_time(
    units: Matrix,
    study: Path,
    axis: Axis,
    asked: Question,
    drawn: tuple[int, int],
    count: int,
    say: Callable[[str], Any],
) -> OverTime:
    """Read the recordings of a study and compare the courses, with so many permutations and this seed.

    Raises:
        ConfigError, DataError: as `courses_of` and `contrasted`.
    """
    say(f"Reading the courses of {len(units.people)} people from {study}.")
    matrix = courses_of(units, study, axis)
    say(f"Comparing {len(units.points)} units and {count} points in {len(matrix.bins) - 1} bins of time.")
    contrast = contrasted(matrix, asked, *drawn)
    told = (matrix.bins, matrix.axis, matrix.simulated)
    of_units, of_face = clusters(contrast, *told), clusters(contrasted(of_points(matrix, count), asked, *drawn), *told)
    return OverTime(contrast, matrix.bins, matrix.axis, [*bins_of(contrast, *told)], of_units, of_face)
