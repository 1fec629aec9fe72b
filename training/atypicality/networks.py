"""The networks of movement: the published recurrent one, ours, and the companion.

recurrent     (T, 22) → GRU × widths → 1                             Ji et al. 2025; does not become int8
convolution   (T, K) → convolutions over time → mean over time → 16 → 1   a few thousand weights
companion     (T, K) → surprise: −log p of each step's units and sides, given the steps before and the emotions
"""

import math

import keras
import numpy as np
from keras import ops

from device.contract.movement import COLUMNS
from training.atypicality.recipe import CONVOLVED, RECURRENT, Companion, Recipe

RATING, SURPRISE = "rating", "surprise"
#: Columns whose movement is judged, and those that are given.
MOVED = tuple(at for at, name in enumerate(COLUMNS) if not name.startswith("emotions."))
GIVEN = tuple(at for at, name in enumerate(COLUMNS) if name.startswith("emotions."))
SIDES = np.array([name.startswith("sides.") for name in COLUMNS])
_WIDTH = 16  # of what follows the mean over time


def rating_network(recipe: Recipe, columns: int) -> keras.Model:
    """(B, T, K) windows → (B, 1) rating, points."""
    windows = found = keras.Input((recipe.grid.steps, columns), name="windows")
    for number, width in enumerate(recipe.widths, 1):
        if recipe.kind == RECURRENT:
            found = keras.layers.GRU(width, return_sequences=number < len(recipe.widths))(found)
        else:
            found = keras.layers.Conv1D(width, CONVOLVED, activation="relu")(found)
            found = keras.layers.Dropout(recipe.dropout)(found) if recipe.dropout else found
    if recipe.kind != RECURRENT:
        found = keras.layers.GlobalAveragePooling1D()(found)
        found = keras.layers.Dense(_WIDTH, activation="relu")(found)
    return keras.Model(windows, keras.layers.Dense(1, name=RATING)(found))


def companion_network(recipe: Companion) -> keras.Model:
    """(B, T, K) windows → (B, 1) surprise, nats: the mean over steps of the negative log density of all moved columns.

    The mean of the Gaussian is the step before, changed by what the network makes of the `before` steps before and of
    the emotions now; its standard deviations are the network's, too, and `spread` at least.
    """
    windows = keras.Input((recipe.grid.steps, len(COLUMNS)), name="windows")
    moved, given = windows[:, :, : len(MOVED)], windows[:, recipe.before :, len(MOVED) :]
    past = keras.layers.Conv1D(recipe.width, recipe.before, name="past")(windows[:, :-1])
    known = keras.layers.Activation("relu")(past + keras.layers.Dense(recipe.width, name="given")(given))
    change = keras.layers.Dense(len(MOVED), name="change")(known)
    spread = recipe.spread + keras.layers.Dense(len(MOVED), activation="softplus", name="spread")(known)
    off = (moved[:, recipe.before :] - moved[:, recipe.before - 1 : -1] - change) / spread
    surprise = ops.sum(off * off / 2 + ops.log(spread) + math.log(2 * math.pi) / 2, axis=-1)
    return keras.Model(windows, keras.layers.Reshape((1,), name=SURPRISE)(ops.mean(surprise, axis=-1)))
