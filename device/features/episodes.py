"""Episodes: from when to when something showed, and when most. One definition, of readers and of features.

The threshold is learned from the recording, or the part of one, that is given. *Rest* is the level at which a quantity
most often is (half-sample mode, Robertson & Cryer 1974), and its noise is estimated from below rest only (1.4826 × the
median deviation), so that activity moves neither. An episode needs `rest + 4 × noise`, yet at least `Limits.floor`,
and at most `Limits.ceiling`: without the ceiling a smile that lasts for most of a recording would become its neutral
face.

An episode begins (*onset*) and ends (*offset*) half-way between rest and that threshold, or, where rest is not below
it, half-way between `Limits.floor` and it: this keeps noise at the threshold from cutting it in pieces. Its *apex* is
its greatest value. It ends where measuring ends, or where nothing is relied on because the readings disagree, and is
then marked as cut: its true onset or offset was not seen. The figures 4, half-way and the
limits are our own choice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import GAP_S

Values = NDArray[np.float64]

_NOISES = 4.0
_DEVIATION = 1.4826


@dataclass(frozen=True)
class Limits:
    """Lowest and highest threshold that may be learned, and the shortest episode in seconds."""

    floor: float
    ceiling: float
    shortest_s: float = 0.2


#: Of action units: FACS A to B.
UNIT_LIMITS = Limits(1.0, 2.0)


@dataclass(frozen=True)
class Threshold:
    """`rest`: the usual level; `on`: what an episode must reach; `off`: where it begins and ends; `found_rest`: false
    where the usual level was too high to be taken for rest."""

    rest: float
    on: float
    off: float
    found_rest: bool


def learn(values: Values, limits: Limits) -> Threshold:
    """The threshold of one quantity from its values (N,), NaN where not measured; at least one is measured."""
    known = np.sort(values[~np.isnan(values)])
    rest = _mode(known)
    noise = _DEVIATION * float(np.median(rest - known[known <= rest]))
    wanted = rest + max(_NOISES * noise, limits.floor / 2)
    on = min(max(wanted, limits.floor), limits.ceiling)
    base = rest if rest < on else limits.floor
    return Threshold(rest, on, (base + on) / 2, wanted <= limits.ceiling)


def _mode(ordered: Values) -> float:
    """The half-sample mode: the narrowest half, again and again."""
    while len(ordered) > 2:
        half = (len(ordered) + 1) // 2
        widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
        start = int(np.argmin(widths))
        ordered = ordered[start : start + half]
    return float(ordered.mean())


def find(
    times: Values, values: Values, threshold: Threshold, limits: Limits, gap_s: float = GAP_S
) -> list[tuple[int, int, bool, bool]]:
    """First and last index of each episode, and whether its start and end are cut; `gap_s`: what is further apart has
    a gap between."""
    known, above = ~np.isnan(values), values > threshold.off
    joined = np.concatenate([[False], known[1:] & known[:-1] & (np.diff(times) <= gap_s), [False]])[-len(times) - 1 :]
    before, after = joined[:-1], joined[1:]  # measured without a gap up to here, and on from here
    first = np.flatnonzero(above & ~(before & np.append(False, above[:-1])))
    last = np.flatnonzero(above & ~(after & np.append(above[1:], False)))
    apexes = np.maximum.reduceat(np.where(above, values, -np.inf), first) if len(first) else np.zeros(0)
    chosen = (times[last] - times[first] >= limits.shortest_s) & (apexes >= threshold.on)
    first, last = first[chosen], last[chosen]
    return [*zip(first.tolist(), last.tolist(), (~before[first]).tolist(), (~after[last]).tolist(), strict=True)]
