"""`support.json` of a bundle for diagnosis support: from features to the network, and from its probabilities to a set.

    {
      "feature_version": 1,                       of device.contract.features
      "columns": ["rest/aus.AU12.mean", …],       PHASE/FEATURE, what the network gets; PHASE may be `whole-session`
      "fill": […], "centre": […], "scale": […],   of each column: x = ((value or fill) − centre) / scale,
      "clip": 5.0,                                cut to ±clip
      "least_seconds": 60.0,                      of each phase that must have been recorded
      "least_coverage": 0.5,                      share of each phase in which the face must have been measured
      "least_measured": 0.8,                      share of the columns that must have been measured
      "outside": 9.0,                             limit of the mean of ((value − centre) / scale)², not cut, of what
                                                  was measured: nobody of the evidence was beyond it
      "quantiles": {"control": 0.8, …},           a group is possible where 1 − its probability is at most this
      "sources": ["face-1.0.0"]                   what the people of the evidence were measured with, as `models.aus`
                                                  and `models.emotions` name it; left out: not told
    }

The quantiles are those of class-conditional conformal prediction: of the scores 1 − p of the n people of the group,
the ⌈(n + 1)(1 − α)⌉-th smallest; 1 where there are too few people to rule anything out. Source: Vovk, Gammerman &
Shafer, *Algorithmic Learning in a Random World* (2005), chapter 4.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from device.contract.bundle_file import read_versioned, refuse
from device.contract.features import NAMES, SESSION, VERSION
from device.contract.support import GROUP
from device.contract.typed import shown


@dataclass(frozen=True)
class SupportFile:
    """The content of `support.json`; see the module's docstring for each field."""

    feature_version: int
    columns: tuple[str, ...]
    fill: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    clip: float
    least_seconds: float
    least_coverage: float
    least_measured: float
    outside: float
    quantiles: dict[str, float]
    sources: tuple[str, ...] = ()

    @property
    def phases(self) -> tuple[str, ...]:
        """Those of the columns, in their order."""
        return tuple(dict.fromkeys(column.partition("/")[0] for column in self.columns))

    @classmethod
    def read(cls, data: bytes, where: str) -> "SupportFile":
        """The content of the file; `where` names the bundle in errors.

        Raises:
            ModelError: no such file, or one for features of another version.
        """
        found = read_versioned(cls, data, "support.json", where, ("feature", VERSION))
        found.check(where)
        return found

    def check(self, where: str) -> None:
        """Raises `ModelError`: what no box would take."""
        refuse(_checks(self), f"support.json of bundle {where}")

    def to_bytes(self) -> bytes:
        """The file's content; check it first."""
        return (json.dumps(asdict(self), indent=2, allow_nan=False) + "\n").encode()


def _checks(of: SupportFile) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "the number of columns", len(of.columns), len(of.columns) > 0
    for column in of.columns:
        phase, _, name = column.partition("/")
        yield "a column's feature", column, name in NAMES
        yield "a column's phase", column, phase == SESSION or re.fullmatch(GROUP, phase) is not None
    yield "the number of different columns", len(set(of.columns)), len(set(of.columns)) == len(of.columns)
    for name in ("fill", "centre", "scale"):
        count = len(getattr(of, name))
        yield f"the number of values in '{name}', of {len(of.columns)} columns,", count, count == len(of.columns)
    yield "the least of 'scale'", min(of.scale), min(of.scale) > 0
    yield "'clip'", of.clip, of.clip > 0
    yield "'outside'", of.outside, of.outside > 0
    yield "'least_seconds'", of.least_seconds, of.least_seconds >= 0
    yield "'least_coverage'", of.least_coverage, 0 <= of.least_coverage <= 1
    yield "'least_measured'", of.least_measured, 0 < of.least_measured <= 1
    for group, quantile in of.quantiles.items():
        yield f"the quantile of {shown(group)}", quantile, 0 <= quantile <= 1
