"""What a face network learns in a training."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.data.faces import VALIDATION, Faces
from training.face.data import HEADS, learnable, targets, unseen
from training.face.learning import FaceBatches, FaceLearner
from training.face.recipe import FaceRecipe
from training.face.scores import coded_scores, mean_scores
from training.face.start import start_from
from training.face.teacher import kept, taught
from training.kind import Lesson
from training.machines import Machines
from training.metrics import accuracy
from training.networks.face import Face
from training.predict import predict
from training.recipe import recipe_table


def lesson(recipe: FaceRecipe, data: Faces, folder: Path, say: Callable[[str], None]) -> Lesson:
    """What a face network learns, from the faces, their codes and its teachers.

    Args:
        folder: in which the teachers' answers are kept.

    Raises:
        ConfigError: the recipe names a head that there is not, or the start or a teacher is another network.
    """
    heads = _heads(recipe, data)
    learnt, validation = learnable(data), data.split(VALIDATION)
    measuring = unseen(learnt, recipe.units)
    said = kept(folder / _name(recipe, data), lambda: taught(recipe, learnt, data.digest(), say))
    shown, wanted = learnt, targets(learnt, recipe, said)
    if recipe.units.only:
        coded = np.flatnonzero((wanted.weight > 0).any(1))
        shown, wanted = learnt.at(coded), wanted.at(coded)

    def learner(machines: Machines) -> FaceLearner:
        made = FaceLearner(recipe, {head: len(labels) for head, labels in heads.items()}, machines)
        for begun in recipe.start:
            start_from(Path(begun), made.network, recipe.network.white, learnt.images)
        made.average.set_weights(made.network.get_weights())
        return made

    return Lesson(
        heads,
        FaceBatches(shown, wanted, recipe),
        learner,
        lambda network: _validated(network, validation, measuring),
    )


def _name(recipe: FaceRecipe, data: Faces) -> str:
    """Of the file of what these teachers say of these data."""
    asked = json.dumps([recipe_table(recipe)["teacher"], data.digest()])
    return f"taught-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.npz"


def _heads(recipe: FaceRecipe, data: Faces) -> dict[str, tuple[str, ...]]:
    heads = dict(HEADS) if recipe.units.only else {**data.heads, **HEADS}
    if unknown := sorted(set(recipe.heads) - set(heads)):
        raise ConfigError(f"heads: there is no {', '.join(unknown)}; known are {', '.join(heads)}.")
    return heads


def require_codes(data: Faces, recipe: FaceRecipe) -> None:
    """Raises `DataError` where the data hold no codes, or not of everything, or no crops of the box; `ConfigError` for
    a head that there is not."""
    _heads(recipe, data)
    if not len(data.codings) or not len(data.copies):
        raise DataError("These data hold no codes of action units: prepare them with --codes.")
    if not data.has_box:
        raise DataError(
            "These data hold no crops of the box, which the network is calibrated on: prepare with --recrop."
        )
    known = ~np.isnan(np.concatenate([data.codings.units, data.codings.hidden], axis=1)).all(0)
    if missing := [name for name, there in zip((*ACTION_UNIT_KEYS, "up", "low"), known, strict=True) if not there]:
        raise DataError(
            f"Nobody coded {', '.join(missing)} in these data: the box reads all units and what is hidden."
        )
    if (coded := len(np.unique(learnable(data).codings.face))) < recipe.units.folds:
        raise DataError(f"{coded} coded faces make no {recipe.units.folds} folds: prepare with more codes.")


def _validated(network: keras.Model, validation: Faces, measuring: Faces) -> dict[str, float]:
    """For people to watch: accuracies on `PublicTest`; AUC and best F1 on codes that were not seen."""
    said = predict(network, Face.white, validation.images)
    scores = {head: accuracy(said[head], one.truth) for head, one in validation.answers.items() if head in said}
    intensities = measuring.codings.means(len(measuring))[0]
    presence = np.where(np.isnan(intensities), np.nan, intensities >= 1).astype(np.float32)
    seen = mean_scores(coded_scores(predict(network, Face.white, measuring.images)["units"], presence))
    twice = mean_scores(coded_scores(said["units"], validation.codings.agreed(len(validation))))
    scores |= {f"fold_{name}": value for name, value in seen.items()}
    scores |= {f"twice_{name}": value for name, value in twice.items()}
    return {name: round(value, 4) for name, value in scores.items()}
