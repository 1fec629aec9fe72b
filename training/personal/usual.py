"""What is usual of a person: `personal.json`, from what the very network of the bundle says of their faces.

Centre: the mean of the embeddings that were learnt from. Axes: those by which embeddings tell what the box's face
network reads (`training.personal.clusters`), after what goes with turns of the head and with light was taken out of
them (`training.personal.turns`): else the distance tells of these above all. Scale: the spread along each, its
variance brought half-way to their mean (`SHRUNK`), so that an axis on which the person hardly ever moved does not
decide alone; then the mean distance of what was learnt from is 1. Light: from the darkest to the brightest
crop, but for one in a thousand at either end.

Movements: clusters that are found again in most draws of blocks (`LASTING`). Each is a ball around its mean, with the
radius that parts its faces from the others best (F1): the box has no time to look for the nearest core.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from device.contract.evidence import Interval
from device.contract.personal_file import VERSION, Movement, PersonalFile
from device.stages.personal import Usual
from training.personal.clusters import Floats, Ints, Mask, clusters
from training.personal.movements import named, profiles_of
from training.personal.stability import DRAWS, over_blocks, rand_interval, stability
from training.personal.turns import level

SHRUNK = 0.5
#: Of the mean Jaccard index over draws: what is less is dissolved (Hennig 2007).
LASTING = 0.5
_QUANTILES = 21
_RADII = np.linspace(0.5, 0.98, 13)
_DARKEST, _BRIGHTEST = 0.001, 0.999
#: Of grey, by which crops that look alike differ.
_STEP = 1 / 255


@dataclass(frozen=True, eq=False)
class Seen:
    """One person's faces, as the network of the bundle sees them.

    Attributes:
        person: pseudonym.
        embeddings: (N, D); light: (N,) mean of each crop, 0–1; units: (N, 22) what the box's face network
            reads, NaN where it could not.
        blocks: (N,) number of each face's block; learnt, held_out: (N,).
        pose: (N, 3) yaw, pitch and roll, degrees; NaN: not known.
    """

    person: str
    embeddings: NDArray[np.float32]
    light: NDArray[np.float64]
    units: NDArray[np.float32]
    blocks: Ints
    learnt: Mask
    held_out: Mask
    pose: NDArray[np.float32]


@dataclass(frozen=True)
class OnHeldOut:
    """What the box would say of stretches of time that were held out, with 95 % intervals over blocks.

    Attributes:
        distance: its mean; share: of the time in which a movement is near.
        same: adjusted Rand index of the nearest movement and the cluster; NaN without movements.
        stability: adjusted Rand index of the clusters with those of other draws; NaN without clusters.
        dissolved: clusters that are no movements, for they were not found again.
    """

    distance: Interval
    share: Interval
    same: Interval
    stability: Interval
    dissolved: int


def usual_of(seen: Seen, seed: int, draws: int = DRAWS) -> tuple[PersonalFile, OnHeldOut]:
    """What the box compares with, and how it does on what was held out."""
    still = level(*(of[seen.learnt] for of in (seen.embeddings, seen.pose, seen.light, seen.units)))
    seen = replace(seen, embeddings=(seen.embeddings @ still).astype(np.float32))
    embeddings, blocks = seen.embeddings[seen.learnt], seen.blocks[seen.learnt]
    units = seen.units[seen.learnt]
    found = clusters(embeddings, blocks, units)
    lasting = stability(embeddings, blocks, found, seed, draws, units)
    centre, axes = embeddings.mean(axis=0), found.space.axes @ still
    spread = np.square((embeddings - centre) @ axes.T).mean(axis=0)
    scale = np.sqrt((1 - SHRUNK) * spread + SHRUNK * spread.mean())
    scale *= np.sqrt(np.square((embeddings - centre) @ axes.T / scale).mean(axis=1)).mean()
    labels = found(embeddings, blocks)
    active = found.space.active(found.space(embeddings, blocks))
    places = (embeddings - centre) @ axes.T / scale
    profiles = profiles_of(units, labels, active, found.number)
    kept = [at for at in range(found.number) if lasting.jaccard[at] > LASTING]
    movements = tuple(_movement(places, labels == at + 1, profiles[at]) for at in kept)
    file = PersonalFile(
        embedding_version=VERSION,
        person=seen.person,
        light=_light(seen.light[seen.learnt]),
        centre=tuple(centre.astype(float).tolist()),
        axes=tuple(tuple(axis) for axis in axes.tolist()),
        scale=tuple(scale.tolist()),
        quantiles=(0.0,) * _QUANTILES,
        movements=movements,
    )
    return _measured(
        file, seen, _only(found(seen.embeddings, seen.blocks), kept), lasting.rand, found.number - len(kept)
    )


def _measured(
    file: PersonalFile, seen: Seen, labels: Ints, rand: Interval, dissolved: int
) -> tuple[PersonalFile, OnHeldOut]:
    """With the quantiles of the distance, and what the box says of held out faces, whose clusters are `labels`."""
    box, rows = Usual(file), seen.held_out
    places = box.places(seen.embeddings[rows])
    distances, nearest, blocks = box.distances(places).astype(float), box.nearest(places), seen.blocks[rows]
    near, either = nearest > 0, (nearest > 0) | (labels[rows] > 0)
    measured = OnHeldOut(
        distance=over_blocks(lambda some: float(distances[some].mean()), blocks, 0),
        share=over_blocks(lambda some: float(near[some].mean()), blocks, 0),
        same=rand_interval(nearest[either], labels[rows][either], blocks[either], 0),
        stability=rand,
        dissolved=dissolved,
    )
    quantiles = np.quantile(distances, np.linspace(0, 1, _QUANTILES)).round(4).tolist()
    return replace(file, quantiles=tuple(quantiles)), measured


def _movement(places: Floats, inside: Mask, profile: Floats) -> Movement:
    """The ball of a cluster, of places (N, K) of which some are `inside` (N,)."""
    centre = places[inside].mean(axis=0)
    away = np.linalg.norm(places - centre, axis=1)
    radii = np.quantile(away[inside], _RADII)
    hits = [(away[inside] <= radius).sum() for radius in radii]
    said = [(away <= radius).sum() for radius in radii]
    best = int(np.argmax([2 * hit / (told + inside.sum()) for hit, told in zip(hits, said, strict=True)]))
    radius = max(float(radii[best]), 1e-6)
    return Movement(tuple(centre.tolist()), radius, named(profile), float(inside.mean()))


def _only(labels: Ints, kept: list[int]) -> Ints:
    """The clusters (N,) numbered as the movements that are kept; 0 of others."""
    numbers = np.zeros(max([*labels.tolist(), *[at + 1 for at in kept], 0]) + 1, np.intp)
    numbers[[at + 1 for at in kept]] = np.arange(1, len(kept) + 1)
    return numbers[labels]


def _light(light: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(light, (_DARKEST, _BRIGHTEST))
    return float(max(low - _STEP, 0.0)), float(min(high + _STEP, 1.0))
