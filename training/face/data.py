"""What a face network learns from: of every face the expressions, the units and what is hidden, as far as they are
known, from labels, codes and teachers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.contract.labels import ACTION_UNIT_KEYS, PARTS, SIDED_KEYS
from training.data.faces import PART_OF, TRAINING, VALIDATION, Faces
from training.face.ordinal import Floats, at_least
from training.face.recipe import FaceRecipe, Units

HEADS = {"units": ACTION_UNIT_KEYS, "left": SIDED_KEYS, "right": SIDED_KEYS, "hidden": PARTS}
#: What is asked of both sides together teaches each of them.
SIDES = ("left", "right")
#: What makes of a head's values what is said; `softmax` of expressions. Places on a scale stay what they are.
ACTIVATIONS = {"units": "none", "left": "none", "right": "none", "hidden": "sigmoid"}
#: Head → what is said of N faces: expressions as probabilities, units and hidden as probabilities of each level.
Said = dict[str, Floats]


def learnable(faces: Faces) -> Faces:
    """The training faces without near copies of those that measure."""
    measuring = faces.copies[faces.splits == VALIDATION]
    return faces.at((faces.splits == TRAINING) & ~np.isin(faces.copies, measuring))


def folds(faces: Faces, settings: Units, seed: int = 0) -> NDArray[np.int64]:
    """(N,) the fold of each coded face, from 1; 0 for the others. Near copies of a picture are in one fold."""
    coded = np.zeros(len(faces), bool)
    coded[faces.codings.face] = True
    groups = np.unique(faces.copies[coded])
    number = np.random.default_rng(seed).permutation(len(groups)) % settings.folds + 1
    place = np.searchsorted(groups, faces.copies)
    return np.where(coded, number[np.minimum(place, len(groups) - 1)], 0)


def unseen(learnt: Faces, settings: Units) -> Faces:
    """The faces, of those that `learnable` gives, whose codes measure and calibrate: the first unseen fold."""
    return learnt.at(folds(learnt, settings) == settings.unseen[0])


@dataclass(frozen=True, eq=False)
class Targets:
    """Of N faces: expressions, head → N × classes, all zero where nothing is known; levels (N × 22 × 5) and their
    weight (N × 22); hidden and its weight (N × 2)."""

    expressions: dict[str, Floats]
    levels: Floats
    weight: Floats
    hidden: Floats
    hidden_weight: Floats

    def at(self, chosen: NDArray[np.int64]) -> "Targets":
        """Those of the faces at these positions."""
        expressions = {head: target[chosen] for head, target in self.expressions.items()}
        rest = (self.levels, self.weight, self.hidden, self.hidden_weight)
        return Targets(expressions, *(array[chosen] for array in rest))


def targets(faces: Faces, recipe: FaceRecipe, taught: Said) -> Targets:
    """What to learn of each face: labels and codes where they may be seen, mixed with what teachers say of it."""
    seen = ~np.isin(folds(faces, recipe.units), recipe.units.unseen)
    intensities, hidden = faces.codings.means(len(faces))
    intensities[~seen], hidden[~seen] = np.nan, np.nan
    hides = np.nan_to_num(hidden)[:, PART_OF] > 0.5
    intensities[hides] = np.nan  # what a coder gave of what is hidden, was guessed
    levels, weight = _mixed(at_least(intensities), taught.get("units"), recipe)
    flags, flags_weight = _mixed(hidden[..., None], taught.get("hidden"), recipe)
    weight = np.where(hides, 0, weight)
    return Targets(
        {head: _expression(faces, head, recipe, taught.get(head)) for head in faces.answers},
        levels,
        weight * rarity(levels, weight, recipe.units.rare),
        flags[..., 0],
        flags_weight,
    )


def _mixed(coded: Floats, taught: Floats | None, recipe: FaceRecipe) -> tuple[Floats, Floats]:
    """Targets and weights (without the last axis): coded, coded and taught, only taught, or neither."""
    known = ~np.isnan(coded[..., 0])
    if taught is None:
        return np.nan_to_num(coded), known.astype(np.float32)
    share = recipe.teacher.share
    both = (1 - share) * np.nan_to_num(coded) + share * taught.reshape(coded.shape)
    target = np.where(known[..., None], both, taught.reshape(coded.shape))
    return target.astype(np.float32), np.where(known, 1.0, recipe.units.taught).astype(np.float32)


def rarity(levels: Floats, weight: Floats, largest: float) -> Floats:
    """N × 22: how many times as much each unit of each face counts, so that rare presence counts more: the root of how
    much rarer it is than absence, from 1 up to `largest`."""
    present = (levels[..., 0] * weight).sum(0)
    absent = weight.sum(0) - present
    more = np.clip(np.sqrt(absent / np.maximum(present, 1)), 1, largest)
    return np.asarray(1 + (more - 1) * levels[..., 0], np.float32)


def _expression(faces: Faces, head: str, recipe: FaceRecipe, taught: Floats | None) -> Floats:
    target = faces.answers[head].target
    known = target.any(1, keepdims=True)
    if (target.max(1, keepdims=True) == known).all():  # single labels; the spread of votes is smooth as it is
        target = target * (1 - recipe.smoothing) + known * recipe.smoothing / target.shape[1]
    if taught is None:
        return np.asarray(target, np.float32)
    share = np.where(known, recipe.teacher.share, 1.0)
    return np.asarray((1 - share) * target + share * taught, np.float32)
