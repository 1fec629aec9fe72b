"""The movements of one person: clusters, what of the face moves in each, which are known, how far they can be relied
on, and where the truth is known, how far they are the planted ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.evidence import Interval
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.personal import MOST_UNITS
from training.personal.blocks import Parts
from training.personal.clusters import Floats, Ints, Mask, clusters
from training.personal.novelty import KNOWN_FROM, nearest
from training.personal.stability import DRAWS, rand, rand_interval, stability

#: Intensity beyond rest from which a unit is said to belong to a movement.
LEAST_INTENSITY = 0.3


@dataclass(frozen=True)
class Movement:
    """One of them.

    Attributes:
        faces: learnt ones in it; share: of all learnt ones.
        units: mean intensities beyond those of the face at rest, the strongest first.
        known, score: the known movement that it is most like, by its units (`AU6+AU12`), and how much, 0–1; '' and 0
            where no unit is known.
        stable: mean Jaccard index over draws of blocks.
    """

    faces: int
    share: float
    units: dict[str, float]
    known: str
    score: float
    stable: float

    @property
    def novel(self) -> bool:
        """Whether it is like none of the known ones, as far as units are known."""
        return bool(self.units) and self.score <= KNOWN_FROM


@dataclass(frozen=True)
class Recovered:
    """Clusters against planted movements, rest counting as one: adjusted Rand indices.

    planted: how many there are; learnt, held_out: over active faces, with 95 % intervals over blocks; whole: over all
    faces, the least active included; covered: share of the faces in a planted movement that a cluster has.
    """

    planted: int
    learnt: Interval
    held_out: Interval
    whole: float
    covered: float


@dataclass(frozen=True)
class MovementsFound:
    """What was found, in learnt faces; see `training.personal.clusters` for how.

    Attributes:
        faces: learnt ones; active: share of them.
        axes, eps, quantile, fewest: of the clusters.
        movements: the most frequent first.
        held_out: share of active held out faces that are in a cluster; None: there is no such face.
        rand: adjusted Rand index with clusters of other draws of blocks; NaN without clusters.
        truth: None where it is not known.
    """

    faces: int
    active: float
    axes: int
    eps: float
    quantile: float
    fewest: int
    movements: tuple[Movement, ...]
    held_out: float | None
    rand: Interval
    truth: Recovered | None = None


def found(
    embeddings: NDArray[np.floating],
    units: NDArray[np.floating],
    movements: Ints,
    blocks: Ints,
    parts: Parts,
    seed: int,
    draws: int = DRAWS,
    guide: NDArray[np.floating] | None = None,
) -> MovementsFound:
    """Find a person's movements in what was learnt from.

    Args:
        embeddings: (N, D) of faces in the order of time.
        units: (N, 22) intensities, NaN where not known.
        movements: (N,) number of the planted one, 0 at rest, −1 where not known.
        blocks: (N,) number of each face's block.
        parts: which are learnt from, and which are held out; what is between says nothing.
        seed: of the draws.
        draws: of blocks, for stability.
        guide: (N, 22) what the box's face network reads, and never the truth.
    """
    learnt = parts.learnt
    read = None if guide is None else guide[learnt]
    made = clusters(embeddings[learnt], blocks[learnt], read)
    labels, active = made(embeddings, blocks), made.space.active(made.space(embeddings, blocks))
    labels[learnt] = made(embeddings[learnt], blocks[learnt])  # as they were found, without the margins of blocks
    stable = stability(embeddings[learnt], blocks[learnt], made, seed, draws, read)
    profiles = profiles_of(units[learnt], labels[learnt], active[learnt], made.number)
    held_out = labels[parts.held_out & active]
    return MovementsFound(
        faces=int(learnt.sum()),
        active=float(active[learnt].mean()),
        axes=len(made.space.axes),
        eps=made.eps,
        quantile=made.quantile,
        fewest=made.fewest,
        movements=tuple(
            _movement(profile, int((labels[learnt] == number).sum()), int(learnt.sum()), float(jaccard))
            for number, (profile, jaccard) in enumerate(zip(profiles, stable.jaccard, strict=True), start=1)
        ),
        held_out=float((held_out > 0).mean()) if len(held_out) else None,
        rand=stable.rand,
        truth=_recovered(labels, movements, blocks, parts, active, seed) if (movements > 0).any() else None,
    )


def profiles_of(units: NDArray[np.floating], labels: Ints, active: Mask, number: int) -> Floats:
    """(number, 22) mean intensities of clusters beyond those of faces that are not active; NaN where not known."""
    rest = _means(units[~active])
    return np.array([_means(units[labels == each]) - rest for each in range(1, number + 1)]).reshape(-1, len(rest))


def named(profile: Floats) -> dict[str, float]:
    """The units of a profile (22,) that belong to a movement, the strongest first."""
    strongest = np.argsort(-np.nan_to_num(profile), kind="stable")[:MOST_UNITS]
    return {ACTION_UNIT_KEYS[at]: round(float(profile[at]), 2) for at in strongest if profile[at] >= LEAST_INTENSITY}


def _means(units: NDArray[np.floating]) -> Floats:
    known = ~np.isnan(units)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, units, 0.0).sum(axis=0) / known.sum(axis=0), np.float64)


def _movement(profile: Floats, faces: int, learnt: int, stable: float) -> Movement:
    units = named(profile)
    name, score = nearest(profile) if units else ("", 0.0)
    return Movement(faces, faces / learnt, units, name, score, stable)


def _recovered(labels: Ints, truth: Ints, blocks: Ints, parts: Parts, active: Mask, seed: int) -> Recovered:
    known, planted = truth >= 0, truth > 0

    def over(rows: Mask) -> Interval:
        return rand_interval(labels[rows], truth[rows], blocks[rows], seed)

    return Recovered(
        planted=len(np.unique(truth[planted])),
        learnt=over(known & active & parts.learnt),
        held_out=over(known & active & parts.held_out),
        whole=rand(labels[known], truth[known]),
        covered=float((labels[planted] > 0).mean()),
    )
