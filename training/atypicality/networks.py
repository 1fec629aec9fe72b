"""The networks of movement: the published recurrent one, ours, and the companion.

recurrent     (T, 22) → GRU × widths → 1                             Ji et al. 2025; does not become int8
shared        (T, K) → the same convolution over time for every unit with its sides → mean and most over units
              → convolution over time, of all and emotions → mean over time, weighted → 16 → 1   a few thousand weights
companion     (T, K) → surprise: −log p of each step's units and sides, given the steps before and the emotions
"""

import math

import keras
import numpy as np
from keras import ops

from device.contract.labels import ACTION_UNITS
from device.contract.movement import COLUMNS
from training.atypicality.recipe import RECURRENT, Companion, Recipe

RATING, SURPRISE = "rating", "surprise"
#: Columns whose movement is judged, and those that are given.
MOVED = tuple(at for at, name in enumerate(COLUMNS) if not name.startswith("emotions."))
GIVEN = tuple(at for at, name in enumerate(COLUMNS) if name.startswith("emotions."))
SIDES = np.array([name.startswith("sides.") for name in COLUMNS])
_UNITS = tuple(at for at, name in enumerate(COLUMNS) if name.startswith("aus."))
#: Units in the order of those that have sides, then the others.
_SIDED_FIRST = tuple(sorted(_UNITS, key=lambda at: not ACTION_UNITS[at].sided))
_TIME = 3  # steps that a convolution sees
_WIDTH = 16  # of what follows the pooling over time
_AT_ONCE = 4.0  # units that act at once, about: what all of them share is that much of the mean over units


def rating_network(recipe: Recipe, columns: int) -> keras.Model:
    """(B, T, K) windows → (B, 1) rating, points."""
    windows = keras.Input((recipe.grid.steps, columns), name="windows")
    found = (_recurrent if recipe.kind == RECURRENT else _shared)(windows, recipe)
    return keras.Model(windows, keras.layers.Dense(1, name=RATING)(found))


def _recurrent(found: keras.KerasTensor, recipe: Recipe) -> keras.KerasTensor:
    for number, width in enumerate(recipe.widths, 1):
        found = keras.layers.GRU(width, return_sequences=number < len(recipe.widths))(found)
    return found


def _shared(windows: keras.KerasTensor, recipe: Recipe) -> keras.KerasTensor:
    of_unit, of_all = recipe.widths
    units = ops.take(windows, np.array(_SIDED_FIRST), axis=2)
    sides = windows[:, :, len(_UNITS) : len(MOVED)]
    sides = ops.pad(sides, ((0, 0), (0, 0), (0, len(_UNITS) - sides.shape[2])))
    each = ops.stack([units, sides], axis=-1)  # (B, T, 22, 2)
    each = keras.layers.Conv2D(of_unit, (_TIME, 1), activation="relu", name="unit")(each)
    given = windows[:, _TIME // 2 : -(_TIME // 2), len(MOVED) :]
    given = keras.layers.Dense(of_unit, activation="relu", name="given")(
        given
    )  # else int8 cuts the input to its range
    found = ops.concatenate([ops.mean(each, axis=2) * _AT_ONCE, ops.max(each, axis=2), given], axis=-1)
    found = keras.layers.Dropout(recipe.dropout)(found)
    found = keras.layers.Conv1D(of_all, _TIME, activation="relu", name="all")(found)
    found = keras.layers.Dropout(recipe.dropout)(found)
    weight = ops.softmax(keras.layers.Dense(1, name="weight")(found)[:, :, 0])
    found = ops.sum(found * ops.expand_dims(weight, -1), axis=1)
    return keras.layers.Dense(_WIDTH, activation="relu")(found)


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
