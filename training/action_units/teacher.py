"""What a larger network says of the faces that a smaller one learns from."""

from pathlib import Path

import numpy as np

from device.contract.errors import ConfigError
from training.action_units.data import Annotated, load_annotated
from training.action_units.estimators import answers_of
from training.action_units.recipe import AuRecipe
from training.candidate import Answers
from training.run_folder import fold_folder, load_run_of, require_data


def taught(recipe: AuRecipe, data: Annotated, fold: int) -> Answers:
    """The answers of the teacher's network of the same fold about every face of `data`, whatever was coded: head → N ×
    labels. They are of the unchanged crops. Nothing without a teacher.

    Raises:
        ConfigError: no such run; other faces; or other folds, so that the teacher has seen those held out.
    """
    if not recipe.teacher.run:
        return {}
    whole = load_annotated(Path(recipe.teacher.data))
    larger = whole.only(recipe.wanted())
    run = load_run_of(AuRecipe, fold_folder(Path(recipe.teacher.run), fold))
    same = data.labels == larger.labels and np.array_equal(data.participants, larger.participants)
    if not same or any(not np.array_equal(data.values[h], larger.values[h], equal_nan=True) for h in data.values):
        raise ConfigError("teacher.data does not hold the same faces as --data: prepare both from the same data set.")
    require_data(run, whole.digest())
    if run.heads != data.labels:
        raise ConfigError("teacher.run was trained on other labels: train it with the same `labels`.")
    if (run.recipe.folds, run.recipe.seed) != (recipe.folds, recipe.seed):
        raise ConfigError("teacher.run was trained with other folds: train it with the same folds and seed.")
    return answers_of(run.network, run.recipe.network.white, larger.images)
