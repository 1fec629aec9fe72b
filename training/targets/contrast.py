"""What differs between two groups of people, or between two phases of the same people, and how surely.

Every place (phase, point, bin of time) has a t. Its `p` is the share of dealings whose |t| there is as large;
`p_max` the share in which the largest |t| anywhere is (max-T, Westfall & Young 1993), so that among all places that are
shown together, one false one is found in 5 % of studies without any difference; `p_tfce` the same of scores that
neighbours on the face and in time support (`tfce.py`); `q` the false discovery rate (Benjamini & Hochberg 1995) of `p`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from device.contract.errors import ConfigError, DataError
from training.cohort.people import Participant, groups
from training.targets.dealing import blocks, deal, flip, ways
from training.targets.matrix import Matrix, Points
from training.targets.statistics import Between, Floats, Within
from training.targets.tfce import enhanced, neighbours

#: Below it, a place is said to differ.
ALPHA = 0.05
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Contrast:
    """What was found.

    Attributes:
        kind: `groups`, or `phases`.
        first, second: what is compared: the second minus the first.
        people: those who took part in it.
        phases: S, or the name of the one difference of phases.
        points: K.
        t, d, p, p_max, p_tfce, q: (S, K, T); NaN where too few were measured. `d` is Hedges' g within sites, or of
            paired differences.
        n: (2, S, K, T) participants measured.
        mean: (2, S, K, T) of them.
        dealings: how many there were, and `ways` how many there are.
        compared: the statistic, for the bootstrap.
    """

    kind: str
    first: str
    second: str
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
    dealings: int
    ways: float
    compared: "Between | Within" = field(repr=False)


def between_groups(matrix: Matrix, first: str, second: str, number: int, seed: int) -> Contrast:
    """The second group minus the first, dealt anew within sites `number` times.

    Raises:
        ConfigError: no such group.
        DataError: see `dealing.deal`; or nothing was measured.
    """
    known = groups(matrix.people)
    if unknown := [name for name in (first, second) if name not in known]:
        raise ConfigError(f"Nobody is in a group {unknown[0]!r}: name two of {', '.join(known) or 'those there are'}.")
    if first == second:
        raise ConfigError(f"{first!r} is compared with itself: name two groups.")
    ours = matrix.of_people(np.array([person.group in (first, second) for person in matrix.people]))
    label = np.array([person.group == second for person in ours.people])
    sites = [person.site for person in ours.people]
    dealt = deal(label, sites, number, np.random.default_rng(seed))
    compared = Between(ours.values.reshape(len(label), -1), blocks(sites))
    found = compared.found(label[None])
    mean = np.stack([_mean(ours.values[~label]), _mean(ours.values[label])])
    return _contrast(
        ours, compared, ("groups", first, second), (found.t[0], found.d[0]), (found.first[0], found.second[0]), mean,
        compared.t(dealt), ways(label, sites),
    )  # fmt: skip


def between_phases(matrix: Matrix, first: str, second: str, number: int, seed: int) -> Contrast:
    """The second phase minus the first, of the same people, with signs flipped `number` times.

    Raises:
        ConfigError: no such phase.
        DataError: see `dealing.flip`; or nothing was measured.
    """
    if first == second:
        raise ConfigError(f"{first!r} is compared with itself: name two phases.")
    both = matrix.of_phases((first, second))
    change = both.values[:, 1:] - both.values[:, :1]
    there = ~np.isnan(change).all((1, 2, 3))
    ours, change = both.of_people(there), change[there]
    signs = flip(len(change), number, np.random.default_rng(seed))
    compared = Within(change.reshape(len(change), -1))
    found = compared.found(np.ones((1, len(change))))
    pairs = np.where(np.isnan(change), np.nan, ours.values)
    mean = np.stack([_mean(pairs[:, :1]), _mean(pairs[:, 1:])])
    single = Matrix(ours.people, (f"{second} − {first}",), ours.points, change, ours.unit, ours.bins, ours.axis)
    return _contrast(
        single, compared, ("phases", first, second), (found.t[0], found.d[0]), (found.first[0], found.second[0]), mean,
        compared.t(signs), 2.0 ** len(change),
    )  # fmt: skip


def _contrast(
    matrix: Matrix,
    compared: "Between | Within",
    named: tuple[str, str, str],
    observed: tuple[Floats, Floats],
    counts: tuple[Floats, Floats],
    mean: Floats,
    dealt: Floats,
    all_ways: float,
) -> Contrast:
    t, d = observed
    unknown = t == 0
    if unknown.all():
        raise DataError("Nothing was measured of enough people of both: there is nothing to compare.")
    shape = matrix.values.shape[1:]
    edges = neighbours(*shape[:2], matrix.points.edges, shape[2])
    score = lambda one: enhanced(one, edges)  # noqa: E731
    p = (1 + (np.abs(dealt) >= np.abs(t) - _TIE).sum(0)) / (len(dealt) + 1)
    adjusted = {"p": p, "p_max": _largest(t, dealt, lambda one: one), "q": np.ones_like(p)}
    adjusted["p_tfce"] = _largest(t, dealt, score) if len(edges) else adjusted["p_max"].copy()
    adjusted["q"][~unknown] = multipletests(p[~unknown], method="fdr_bh")[1]
    held = {name: np.where(unknown, np.nan, values).reshape(shape) for name, values in adjusted.items()}
    held |= {name: np.where(unknown, np.nan, values).reshape(shape) for name, values in (("t", t), ("d", d))}
    n = np.stack(counts).reshape(2, *shape)
    people, phases, points = matrix.people, matrix.phases, matrix.points
    return Contrast(*named, people, phases, points, **held, n=n, mean=mean, dealings=len(dealt), ways=all_ways,
                    compared=compared)  # fmt: skip


def _largest(t: Floats, dealt: Floats, score: Callable[[Floats], Floats]) -> Floats:
    """The share of dealings, with the observed one, whose largest |score| anywhere is as large as each place's."""
    most = np.abs(score(dealt)).max(1)
    own = np.abs(score(t[None]))[0]
    above = len(most) - np.searchsorted(np.sort(most), own - _TIE * np.maximum(own, 1))
    return (1 + above) / (len(most) + 1)


def _mean(values: NDArray[np.float64]) -> Floats:
    """Over people, (S, K, T); NaN where nobody was measured."""
    mask = ~np.isnan(values)
    total, number = np.where(mask, values, 0).sum(0), mask.sum(0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
