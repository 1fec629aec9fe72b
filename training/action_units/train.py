"""`au train`: a run for each fold, which never sees the participants of that fold.

    RUN/fold-1/meta.json, weights.npz, checkpoint.npz    see training/run_folder.py
    RUN/fold-2/…

The averaged weights of the last epoch are kept. The held-out participants choose nothing, neither epoch nor threshold,
so that what is measured on them is a test.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from training.action_units.data import Annotated
from training.action_units.estimators import answers_of
from training.action_units.folds import folds
from training.action_units.learning import AuBatches, AuLearner
from training.action_units.recipe import AuRecipe
from training.action_units.scores import means, report
from training.action_units.teacher import taught
from training.machines import Machines
from training.train import Trainer, require_new, run_epochs


def train_folds(
    recipe: AuRecipe,
    data: Annotated,
    out: Path,
    machines: Machines,
    chosen: Sequence[int] = (),
    resume: bool = False,
    command: str = "",
    log: Callable[[str], None] = print,
) -> Path:
    """Train the `chosen` folds (all by default), with a checkpoint after every epoch; see `training.train.train`.

    Raises:
        ConfigError: no such fold; crops of another size than the network takes; `out` holds a run and `resume` is not
            set, or one of another recipe or other data.
        DataError: fewer participants than folds.
    """
    side = recipe.network.build({"presence": 1}).input_shape[1]
    if side != data.side:
        raise ConfigError(f"The crops are {data.side} pixels wide, and the network takes {side}: prepare with --size.")
    numbers = tuple(chosen) or tuple(range(1, recipe.folds + 1))
    for number in numbers:
        if not 1 <= number <= recipe.folds:
            raise ConfigError(f"There is no fold {number}: the recipe has {recipe.folds}.")
        require_new(fold_folder(out, number), resume)
    places = folds(data, recipe.folds, recipe.seed)
    for number in numbers:
        log(f"fold {number} of {recipe.folds}")
        origin = {"data": data.digest(), "data_about": data.about, "fold": number}
        trainer, validated = _begin(recipe, data, places == number, machines, origin)
        run_epochs(trainer, machines.folder(fold_folder(out, number)), validated, command, log)
    return out


def _begin(
    recipe: AuRecipe, data: Annotated, out: NDArray[np.bool_], machines: Machines, origin: dict[str, Any]
) -> tuple[Trainer, Callable[[], dict[str, float]]]:
    """A trainer that learns from all but those under the mask `out`, and what measures it on these."""
    learnt, held_out = data.at(~out), data.at(out)
    answers = {head: said[~out] for head, said in taught(recipe, data, origin["fold"]).items()}
    keras.utils.set_random_seed(recipe.seed)
    learner = AuLearner(recipe, learnt, machines)
    trainer = Trainer(recipe, data.labels, AuBatches(learnt, recipe, answers), learner, machines, origin)
    return trainer, lambda: _validated(learner.average, recipe, held_out)


def fold_folder(out: Path, number: int) -> Path:
    """The run of one fold."""
    return out / f"fold-{number}"


def _validated(network: keras.Model, recipe: AuRecipe, held_out: Annotated) -> dict[str, float]:
    """Mean figures on the held-out participants, for people to watch; nothing is chosen by them."""
    found = means(report(answers_of(network, recipe.network.white, held_out.images), held_out))
    figures = {"presence": ("f1", "auc"), "intensity": ("icc", "mae")}
    return {
        name: value
        for head, names in figures.items()
        for name in names
        if (value := found.get(head, {}).get(name)) is not None
    }
