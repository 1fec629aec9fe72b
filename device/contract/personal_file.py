"""`personal.json` of a bundle that watches one person's own movement: whose it is, and what its output means.

The bundle's task is `personal-movement`: from a 48×48 grey aligned crop its network makes `embedding` [1, D].

    {
      "embedding_version": 1,
      "person": "p-0007",                       pseudonym; no box opens the bundle for anybody else
      "light": [0.21, 0.74],                    mean of the crops that it learnt from, 0 to 1: what is beyond is not
                                                measured, for the network saw no such light
      "centre": […], "axes": [[…], …], "scale": […],   (D), (K, D), (K): with y = axes · (embedding − centre),
                                                distance = sqrt(mean((y / scale)²)); 1 is as far as usual
      "quantiles": [0.1, …],                    of the distance in stretches of time that were held out, evenly from 0
                                                to 1, rising
      "movements": [                            clusters of the person's movements, the most frequent first
        {"centre": […], "radius": 0.8,          in y / scale (K): near is what is not farther than that, Euclidean
         "units": {"AU12": 2.4, "AU6": 1.1},    mean intensities beyond the person's usual, the strongest first
         "share": 0.12}                         of the time that it was learnt from
      ]
    }
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from device.contract.bundle_file import read_versioned, refuse
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.patient import PSEUDONYM
from device.contract.personal import MOST_MOVEMENTS

VERSION = 1
_MOST_VALUES = 1024
_FEWEST_QUANTILES = 11
#: Beyond these the box's single precision could not reckon a distance.
_LEAST, _GREATEST = 1e-9, 1e9


@dataclass(frozen=True)
class Movement:
    """One of a person's movements; see the module's docstring."""

    centre: tuple[float, ...]
    radius: float
    units: dict[str, float]
    share: float


@dataclass(frozen=True)
class PersonalFile:
    """The content of `personal.json`; see the module's docstring for each field."""

    embedding_version: int
    person: str
    light: tuple[float, float]
    centre: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]
    scale: tuple[float, ...]
    quantiles: tuple[float, ...]
    movements: tuple[Movement, ...]

    @classmethod
    def read(cls, data: bytes, where: str) -> "PersonalFile":
        """The content of the file; `where` names the bundle in errors.

        Raises:
            ModelError: no such file, or one for embeddings of another version.
        """
        found = read_versioned(cls, data, "personal.json", where, ("embedding", VERSION))
        found.check(where)
        return found

    def check(self, where: str) -> None:
        """Raises `ModelError`: what no box would take."""
        refuse(_checks(self), f"personal.json of bundle {where}")

    def to_bytes(self) -> bytes:
        """The file's content; check it first."""
        return (json.dumps(asdict(self), indent=2, allow_nan=False) + "\n").encode()


def _checks(of: PersonalFile) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "'person'", "…", PSEUDONYM.fullmatch(of.person) is not None  # a sentence names nobody
    yield "'light'", of.light, 0 <= of.light[0] < of.light[1] <= 1
    yield "the number of values of 'centre'", len(of.centre), 0 < len(of.centre) <= _MOST_VALUES
    yield "the number of 'axes'", len(of.axes), 0 < len(of.axes) <= len(of.centre)
    for axis in of.axes:
        yield "the number of values of an axis", len(axis), len(axis) == len(of.centre)
    yield "the number of values of 'scale'", len(of.scale), len(of.scale) == len(of.axes)
    yield "the least of 'scale'", min(of.scale), min(of.scale) >= _LEAST
    for values in (of.centre, of.scale, *of.axes, *(one.centre for one in of.movements)):
        farthest = max(map(abs, values), default=0.0)
        yield "the greatest of its numbers", farthest, farthest <= _GREATEST
    yield "the number of 'quantiles'", len(of.quantiles), len(of.quantiles) >= _FEWEST_QUANTILES
    for before, after in pairwise((0.0, *of.quantiles)):
        yield "what follows in 'quantiles'", (before, after), before <= after
    yield "the number of 'movements'", len(of.movements), len(of.movements) <= MOST_MOVEMENTS
    for one in of.movements:
        yield "the number of values of a movement", len(one.centre), len(one.centre) == len(of.axes)
        yield "a 'radius'", one.radius, one.radius > 0
        yield "a 'share'", one.share, 0 <= one.share <= 1
        for unit in one.units:
            yield "a unit", unit, unit in ACTION_UNIT_KEYS
