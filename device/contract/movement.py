"""`movement.json` of a bundle that reads how a face moves: of what its network is given, and what its output means.

Such a bundle reads windows of a session: `steps` steps of `step_s` seconds each, on a grid that begins at the
session's first record (`device.features.movement` makes it, on the box and in training). There are two tasks:

    atypicality        output `rating` [1, 1]: how atypical the expressions look, as raters would say, 1 to 5
    typical-movement   output `surprise` [1, 1], nats: how unlikely the movement is where it is typical

    {
      "column_version": 1,                        of `COLUMNS`
      "step_s": 0.2, "steps": 25, "hop": 25,      a window begins at every `hop`-th step
      "columns": ["aus.AU1", …],                  what the network gets of each step, of `COLUMNS`: [1, steps, columns]
      "centre": […], "scale": […], "clip": 5.0,   of each column: x = (value − centre) / scale, cut to ±clip; 0 where
                                                  it was not measured
      "least_coverage": 0.8,                      share of a window's values that must have been measured
      "sources": ["face-1.0.0"],                  what the people of the evidence were measured with, as `models.aus`
                                                  and `models.emotions` name it; left out: not told
      "half_width": 0.9,                          of `rating`: half of its conformal interval; left out: not known
      "typical": 2.1,                             of `rating`: 95 % of the windows of the typical people of the
                                                  evidence have at most this; left out: not known
      "percentiles": [0.3, …]                     of `surprise`: its quantiles in windows of typical people who were
                                                  not learnt from, evenly from 0 to 1, rising
    }
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain, pairwise
from typing import Any

from device.contract.atypicality import HIGHEST, LOWEST
from device.contract.bundle_file import read_versioned, refuse
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, GAP_S, SIDED_KEYS
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT

VERSION = 1
#: What a network may be given of a step: intensities of units 0 to 5, left − right of those that have sides, and
#: probabilities of emotions. Another meaning of any of them is another `VERSION`.
COLUMNS = (
    *(f"aus.{key}" for key in ACTION_UNIT_KEYS),
    *(f"sides.{key}" for key in SIDED_KEYS),
    *(f"emotions.{name}" for name in EMOTIONS),
)
#: Steps of a window at most; it is kept in memory.
MOST_STEPS = 1000
_FEWEST_STEPS = 2
_FEWEST_PERCENTILES = 11


@dataclass(frozen=True)
class MovementFile:
    """The content of `movement.json`; see the module's docstring for each field."""

    column_version: int
    step_s: float
    steps: int
    hop: int
    columns: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    clip: float
    least_coverage: float
    sources: tuple[str, ...] = ()
    half_width: float | None = None
    typical: float | None = None
    percentiles: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of a window."""
        return self.steps * self.step_s

    @property
    def reads_emotions(self) -> bool:
        """Whether emotions are among the columns."""
        return any(column.startswith("emotions.") for column in self.columns)

    @classmethod
    def read(cls, data: bytes, where: str, task: str) -> "MovementFile":
        """The content of the file of a bundle of `task`; `where` names the bundle in errors.

        Raises:
            ModelError: no such file, or one for columns of another version.
        """
        found = read_versioned(cls, data, "movement.json", where, ("column", VERSION))
        found.check(where, task)
        return found

    def check(self, where: str, task: str) -> None:
        """Raises `ModelError`: what no box would take."""
        refuse(chain(_checks(self), _OF_TASK[task](self)), f"movement.json of bundle {where}")

    def to_bytes(self) -> bytes:
        """The file's content; check it first."""
        kept = {name: value for name, value in asdict(self).items() if value is not None}
        return (json.dumps(kept, indent=2, allow_nan=False) + "\n").encode()


def _checks(of: MovementFile) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "'step_s'", of.step_s, 0 < of.step_s <= GAP_S
    yield "'steps'", of.steps, _FEWEST_STEPS <= of.steps <= MOST_STEPS
    yield "'hop'", of.hop, 1 <= of.hop <= of.steps
    yield "the number of columns", len(of.columns), len(of.columns) > 0
    for column in of.columns:
        yield "a column", column, column in COLUMNS
    yield "the number of different columns", len(set(of.columns)), len(set(of.columns)) == len(of.columns)
    for name in ("centre", "scale"):
        count = len(getattr(of, name))
        yield f"the number of values in '{name}', of {len(of.columns)} columns,", count, count == len(of.columns)
    yield "the least of 'scale'", min(of.scale), min(of.scale) > 0
    yield "'clip'", of.clip, of.clip > 0
    yield "'least_coverage'", of.least_coverage, 0 < of.least_coverage <= 1


def _of_rating(of: MovementFile) -> Iterator[tuple[str, Any, bool]]:
    yield "'half_width'", of.half_width, of.half_width is None or 0 <= of.half_width <= HIGHEST - LOWEST
    yield "'typical'", of.typical, of.typical is None or LOWEST <= of.typical <= HIGHEST
    yield "the number of percentiles of a rating", len(of.percentiles), not of.percentiles


def _of_surprise(of: MovementFile) -> Iterator[tuple[str, Any, bool]]:
    yield "the number of 'percentiles'", len(of.percentiles), len(of.percentiles) >= _FEWEST_PERCENTILES
    for before, after in pairwise(of.percentiles):
        yield "what follows in 'percentiles'", (before, after), before <= after
    yield "'half_width' of a surprise", of.half_width, of.half_width is None
    yield "'typical' of a surprise", of.typical, of.typical is None


_OF_TASK = {ATYPICALITY: _of_rating, TYPICAL_MOVEMENT: _of_surprise}
