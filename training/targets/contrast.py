"""What differs between two groups of people, or between two phases of the same people, and how surely.

Every place (phase, point, bin of time) has a t. Its `p` is the share of dealings whose |t| there is as large; `p_max`
the share in which the largest |t| anywhere is (max-T, Westfall & Young 1993), so that 5 % of studies without any
difference show a place that seems to differ; `p_tfce` the same of scores that neighbours on the face and in time
support (`tfce.py`); `q` the false discovery rate (Benjamini & Hochberg 1995) of `p`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from device.contract.errors import ConfigError, DataError
from training.cohort.people import Participant, groups
from training.targets.dealing import deal, flip, ways, ways_to_flip
from training.targets.matrix import Matrix, Points
from training.targets.statistics import Between, Compared, Floats, Within
from training.targets.tfce import enhanced, neighbours

#: At most so surely by chance, a place is said to differ.
ALPHA = 0.05
_TIE = 1e-9


@dataclass(frozen=True)
class Question:
    """What is asked: two `groups`, or two `phases`; the second minus the first."""

    kind: str
    first: str
    second: str


@dataclass(frozen=True, eq=False)
class Contrast:
    """What was found.

    Attributes:
        asked: what was compared.
        people: P, those who took part in it.
        phases: S, or the name of the one difference of phases.
        points: K.
        t, d, p, p_max, p_tfce, q: (S, K, T); NaN where too few were measured. `d` is Hedges' g within sites, or of
            paired differences.
        n: (2, S, K, T) participants measured.
        mean, spread: (2, S, K, T) of them, and their standard deviation.
        dealings: how many there were, and `ways` how many there are, at most `dealing.MANY`.
        compared: the numbers behind it, for the bootstrap.
    """

    asked: Question
    people: tuple[Participant, ...]
    phases: tuple[str, ...]
    points: Points
    t: Floats
    d: Floats
    p: Floats
    p_max: Floats
    p_tfce: Floats
    q: Floats
    n: Floats
    mean: Floats
    spread: Floats
    dealings: int
    ways: int
    compared: Compared = field(repr=False)


def contrasted(matrix: Matrix, asked: Question, number: int, seed: int) -> Contrast:
    """The second minus the first: groups dealt anew within sites, or phases with signs flipped, `number` times.

    Raises:
        ConfigError: no such group or phase.
        DataError: see `dealing`; or nothing was measured.
    """
    if asked.first == asked.second:
        raise ConfigError(f"{asked.first!r} is compared with itself: name two.")
    return (_groups if asked.kind == "groups" else _phases)(matrix, asked, number, np.random.default_rng(seed))


def _groups(matrix: Matrix, asked: Question, number: int, random: np.random.Generator) -> Contrast:
    known = groups(matrix.people)
    if unknown := [name for name in (asked.first, asked.second) if name not in known]:
        raise ConfigError(f"Nobody is in a group {unknown[0]!r}: name two of {', '.join(known)}.")
    ours = matrix.of_people([person.group in (asked.first, asked.second) for person in matrix.people])
    second = np.array([person.group == asked.second for person in ours.people])
    sites = tuple(person.site for person in ours.people)
    dealt = deal(second, sites, number, random)
    compared = Between(ours.values.reshape(len(second), -1), second, sites, matrix.precision)
    both = (ours.values[~second], ours.values[second])
    return _contrast(asked, ours, compared, both, dealt, ways(second, sites))


def _phases(matrix: Matrix, asked: Question, number: int, random: np.random.Generator) -> Contrast:
    both = matrix.of_phases((asked.first, asked.second))
    change = both.values[:, 1:] - both.values[:, :1]
    there = [bool((~np.isnan(one)).any()) for one in change]
    ours, change = both.of_people(there), change[there]
    signs = flip(len(change), number, random)
    compared = Within(change.reshape(len(change), -1), matrix.precision)
    pairs = np.where(np.isnan(change), np.nan, ours.values)
    name = (f"{asked.second} − {asked.first}",)
    single = Matrix(ours.people, name, ours.points, change, ours.unit, ours.bins, ours.axis, ours.simulated)
    return _contrast(asked, single, compared, (pairs[:, :1], pairs[:, 1:]), signs, ways_to_flip(len(change)))


def _contrast(
    asked: Question,
    matrix: Matrix,
    compared: Compared,
    both: tuple[Floats, Floats],
    dealt: NDArray[Any],
    all_ways: int,
) -> Contrast:
    observed = compared.observed()
    t, unknown = observed.t[0], observed.t[0] == 0
    if unknown.all():
        raise DataError("Nothing was measured of enough people of both: there is nothing to compare.")
    phases, points, bins = shape = matrix.values.shape[1:]
    edges = neighbours(phases, points, matrix.points.edges, bins)
    as_large, most, most_scored = np.ones(len(t)), [], []
    for some in compared.t(dealt):
        as_large += (np.abs(some) >= np.abs(t) - _TIE).sum(0)
        most.append(np.abs(some).max(1))
        if len(edges):
            most_scored.append(np.abs(enhanced(some, edges)).max(1))
    p, p_max = as_large / (len(dealt) + 1), _exceeded(t, most)
    p_tfce = _exceeded(enhanced(t[None], edges)[0], most_scored) if len(edges) else p_max
    q = np.ones_like(p)
    q[~unknown] = multipletests(p[~unknown], method="fdr_bh")[1]
    told = {"t": t, "d": observed.d[0], "p": p, "p_max": p_max, "p_tfce": p_tfce, "q": q}
    return Contrast(
        asked,
        matrix.people,
        matrix.phases,
        matrix.points,
        **{name: np.where(unknown, np.nan, one).reshape(shape) for name, one in told.items()},
        n=np.stack([observed.first[0], observed.second[0]]).reshape(2, *shape),
        mean=np.stack([_mean(one) for one in both]),
        spread=np.stack([_spread(one) for one in both]),
        dealings=len(dealt),
        ways=all_ways,
        compared=compared,
    )


def _exceeded(score: Floats, largest: list[Floats]) -> Floats:
    """The share of dealings, with the observed one, whose largest |score| anywhere is as large as each place's."""
    most, own = np.sort(np.concatenate(largest)), np.abs(score)
    above = len(most) - np.searchsorted(most, own - _TIE * np.maximum(own, 1))
    return np.asarray((1 + above) / (len(most) + 1))


def _mean(values: NDArray[np.float64]) -> Floats:
    """Over people, (S, K, T); NaN where nobody was measured."""
    mask = ~np.isnan(values)
    total, number = np.where(mask, values, 0).sum(0), mask.sum(0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _spread(values: NDArray[np.float64]) -> Floats:
    """Standard deviation over people, (S, K, T); NaN where fewer than two were measured."""
    mask = ~np.isnan(values)
    squares, number = np.where(mask, (values - _mean(values)) ** 2, 0).sum(0), mask.sum(0)
    return np.where(number > 1, np.sqrt(squares / np.maximum(number - 1, 1)), np.nan)
