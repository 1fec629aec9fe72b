"""`train`: from `data.npz` and a recipe to run folders with the weights.

The rate rises and falls under a cosine; a running average of the weights is kept, that after the last epoch. What is
measured after every epoch chooses none. Whoever chooses a recipe by it makes it validation data all the same, and no
test.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from device.contract.errors import ConfigError
from training.kind import Data, Kind, Lesson
from training.learning import Trainee
from training.machines import Machines
from training.pipeline import Shuffled
from training.progress import bar, in_words
from training.recipe import BaseRecipe, recipe_table
from training.run_folder import CHECKPOINT, WEIGHTS, fold_folder, save_arrays, save_meta, versions


def train(
    kind: Kind[Any, Any],
    recipe: BaseRecipe,
    data: Data,
    out: Path,
    machines: Machines,
    chosen: Sequence[int] = (),
    resume: bool = False,
    command: str = "",
    say: Callable[[str], None] = print,
) -> Path:
    """Train one run, or one for each fold, with a checkpoint after every epoch.

    Args:
        kind: of the recipe's network.
        machines: from `find_machines`.
        chosen: the folds to train, all by default.
        resume: continue after the last whole epoch of the run in `out`, if there is one.
        command: what was typed, without folders of this machine, for `meta.json`.

    Returns:
        The run folder: `out`, or this worker's folder in it.

    Raises:
        ConfigError: `out` holds a run and `resume` is not set, or one of another recipe or other data; or the recipe
            and the data do not fit together.
        DataError: the data lack what such a network learns from.
    """
    folders = {fold: machines.folder(fold_folder(out, fold)) for fold in kind.folds(recipe, chosen)}
    for folder in folders.values():
        _require_new(folder, resume)
    kind.require(recipe, data)
    for fold, folder in folders.items():
        if fold:
            say(f"fold {fold} of {max(kind.folds(recipe, ()))}")
        folder.mkdir(parents=True, exist_ok=True)
        lesson = kind.lesson(recipe, data, fold, folder, say)
        keras.utils.set_random_seed(recipe.seed)
        learner = lesson.learner(machines)
        origin = {"data": data.digest(), "data_about": data.about, **({"fold": fold} if fold else {})}
        trainer = Trainer(recipe, lesson.heads, lesson.batches, learner, machines, origin)
        run_epochs(trainer, folder, lesson, command, say)
    return machines.folder(out)


def _require_new(folder: Path, resume: bool) -> None:
    if (folder / CHECKPOINT).is_file() and not resume:
        raise ConfigError(f"{folder} already holds a run: continue it with --resume, or give another --out.")


def run_epochs(trainer: "Trainer", folder: Path, lesson: Lesson, command: str, say: Callable[[str], None]) -> None:
    """Train from where the folder's checkpoint stands, if there is one, to the last epoch of the recipe."""
    epochs, average = trainer.recipe.epochs, trainer.learner.average
    if (folder / CHECKPOINT).is_file():
        trainer.load(folder / CHECKPOINT)
        say(f"resuming after epoch {trainer.epoch} of {epochs}")
    else:
        lesson.done(0, average)
    while trainer.epoch < epochs:
        begun = time.monotonic()
        loss = trainer.run_epoch()
        scores = lesson.measured(average)
        took_s = time.monotonic() - begun
        trainer.history.append({"loss": round(loss, 5), **scores, "seconds": round(took_s, 1)})
        lesson.done(trainer.epoch, average)
        trainer.save(folder, command)
        figures = "  ".join(f"{name} {value:.4g}" for name, value in trainer.history[-1].items())
        left = f"  about {in_words(took_s * (epochs - trainer.epoch))} to go" if trainer.epoch < epochs else ""
        say(f"epoch {trainer.epoch}/{epochs}  {figures}{left}")


class Trainer:
    """A training in progress: what is learnt, from what, and what was measured.

    Args:
        heads: head → labels.
        batches: what is shown; learner: what learns from it; origin: where the data come from, for `meta.json`.
    """

    def __init__(
        self,
        recipe: BaseRecipe,
        heads: dict[str, tuple[str, ...]],
        batches: Shuffled,
        learner: Trainee,
        machines: Machines,
        origin: dict[str, Any],
    ) -> None:
        self.recipe, self.heads, self.machines, self.origin = recipe, heads, machines, origin
        self.batches, self.learner = batches, learner
        self.history: list[dict[str, float]] = []

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    def run_epoch(self) -> float:
        """Show every face once, in an order and with changes that follow from the seed and the epoch. Mean loss."""
        machines, total = self.machines, self.recipe.epochs * self.batches.steps
        dataset = machines.strategy.distribute_datasets_from_function(
            lambda _: self.batches.epoch(self.epoch, machines.worker, machines.workers, machines.replicas)
        )
        losses = []
        with bar(None, f"epoch {self.epoch + 1}", self.batches.steps, "step") as shown:
            for number, batch in enumerate(dataset):
                step = self.epoch * self.batches.steps + number
                losses.append(self.learner.step(batch, self.learner.rate(step / total), step))
                shown.update()
        return float(np.mean([loss.numpy() for loss in losses]))

    def save(self, folder: Path, command: str) -> None:
        """Keep the state after the epochs done, and the averaged weights."""
        save_arrays(folder / WEIGHTS, weights=self.learner.average.weights)
        meta = self._meta()
        save_arrays(folder / CHECKPOINT, meta=[np.array(json.dumps(meta))], **self.learner.variables())
        save_meta(folder, {**meta, "command": command})

    def load(self, path: Path) -> None:
        """Take up the state that `save` kept. Raises `ConfigError` if it is of another run, or damaged."""
        try:
            with np.load(path) as arrays:
                meta = json.loads(str(arrays["meta.0"]))
                for key, what in (("recipe", "another recipe"), ("data", "other data")):
                    if meta[key] != self._meta()[key]:
                        raise ValueError(f"it was made with {what}")
                for name, variables in self.learner.variables().items():
                    for number, variable in enumerate(variables):
                        variable.assign(arrays[f"{name}.{number}"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise ConfigError(
                f"{path} cannot be continued ({error}): give what it was made with, or another --out."
            ) from error
        self.history = meta["history"]

    def _meta(self) -> dict[str, Any]:
        return {
            "recipe": recipe_table(self.recipe),
            "seed": self.recipe.seed,
            "heads": {head: list(labels) for head, labels in self.heads.items()},
            **self.origin,
            "workers": self.machines.workers,
            "replicas": self.machines.replicas,
            "parameters": self.learner.network.count_params(),
            "versions": versions(),
            "history": self.history,
        }
