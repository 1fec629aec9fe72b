"""Figures of a network after an epoch, for people to watch: they choose nothing."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.personal.fit import network_of
from training.personal.losses import Rebuilt, rebuilt
from training.personal.pairs import Learnt, partners_of
from training.personal.recipe import PersonalRecipe

_PAIRS = 32


def watched(network: keras.Model, recipe: PersonalRecipe, faces: Learnt) -> dict[str, float]:
    """Of always the same pairs, in shares of white: how far a frame that was built again from the other's neutral face
    is from what it was (`rebuilt`); how far the frames of a pair are from each other (`apart`), which is what building
    nothing would give; and how far their neutral faces are (`neutral_apart`)."""
    x, made = shown_pairs(network, recipe, faces, _PAIRS)
    kind = network_of(recipe)
    half = len(x) // 2
    seen, again, neutral = (kind.seen(one).numpy() for one in (x, made.exchanged, made.neutral))
    return {
        "rebuilt": _mean(seen - again),
        "apart": _mean(seen[:half] - seen[half:]),
        "neutral_apart": _mean(neutral[:half] - neutral[half:]),
    }


def shown_pairs(network: keras.Model, recipe: PersonalRecipe, faces: Learnt, pairs: int) -> tuple[tf.Tensor, Rebuilt]:
    """Always the same pairs of any two frames of a person, and what a network makes of them."""
    rng = np.random.default_rng(recipe.seed)
    first = np.linspace(0, len(faces) - 1, min(pairs, len(faces))).astype(np.int64)
    second = partners_of(faces, first, None, rng)
    kind = network_of(recipe)
    x = kind.shown(tf.constant(faces.images[np.concatenate([first, second])]))
    parts = kind.parts(network)
    return x, rebuilt(parts, x, parts.flow(parts.encoder(x, training=False)))


def _mean(difference: NDArray[np.float32]) -> float:
    return round(float(np.abs(difference).mean()), 4)
