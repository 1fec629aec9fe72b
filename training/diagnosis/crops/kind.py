"""Networks that read aligned faces for diagnosis support, as a `Kind`: a run for each fold, which never sees the
participants of that fold. They are measured by participant and never become a bundle: the box keeps no pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from device.contract import tasks
from device.contract.errors import ConfigError, DataError
from device.contract.manifest import Bundle, Manifest
from training.cohort.people import Participant
from training.diagnosis.crops.data import Faces
from training.folds import chosen_folds, folds
from training.kind import Exam, Kind, Lesson, Report, Say

if TYPE_CHECKING:
    from training.diagnosis.crops.recipe import CropsRecipe
    from training.run_folder import Run

_ELSEWHERE = (
    "A network that reads faces for diagnosis support is trained and measured by `affectbox-training diagnosis train "
    "--faces`, and never exported: the box keeps no picture until the end of a session."
)


class GroupsOfFaces(Kind["CropsRecipe", Faces]):
    """Which group a participant's faces are likest to."""

    name, task = "groups", tasks.DIAGNOSIS_SUPPORT
    intended_use = "Research on a workstation, on faces of people who consented to it."
    forbidden_use = "No use on a person who is not part of the study."

    @property
    def recipe(self) -> "type[CropsRecipe]":
        from training.diagnosis.crops.recipe import CropsRecipe  # noqa: PLC0415 - loads Keras

        return CropsRecipe

    def load(self, path: Path) -> NoReturn:
        raise ConfigError(_ELSEWHERE)

    def folds(self, recipe: "CropsRecipe", chosen: Sequence[int]) -> tuple[int, ...]:
        return chosen_folds(recipe.folds, chosen) if recipe.folds else (0,)

    def require(self, recipe: "CropsRecipe", data: Faces) -> None:
        side = recipe.network.build({"groups": 1}).input_shape[1]
        if side != data.side:
            raise ConfigError(f"The crops are {data.side} pixels wide, and the network takes {side}: see --size.")
        for fold in self.folds(recipe, ()):
            _require_all_groups(data, held_out(recipe, data, fold), "held out" if not fold else f"of fold {fold}")

    def lesson(self, recipe: "CropsRecipe", data: Faces, fold: int, folder: Path, say: Say) -> Lesson:
        from training.diagnosis.crops.answers import answers, balanced_accuracy, log_loss  # noqa: PLC0415
        from training.diagnosis.crops.learning import HEAD, CropsBatches, CropsLearner  # noqa: PLC0415

        out = held_out(recipe, data, fold)
        learnt, watched = data.of(set(data.people) - set(out)), data.of(out)
        batches, truth = CropsBatches(learnt, recipe), labels_of(watched)

        def measured(network: object) -> dict[str, float]:
            said = answers(network, recipe.network.white, watched)
            return {"log_loss": log_loss(said, truth), "balanced_accuracy": balanced_accuracy(said, truth)}

        return Lesson(
            {HEAD: data.groups},
            batches,
            lambda machines: CropsLearner(recipe, len(data.groups), batches.steps, machines, say),
            measured,
        )

    def of_bundle(self, bundle: Bundle, data: Faces, split: str) -> Report:
        raise ConfigError(_ELSEWHERE)

    def of_run(self, folder: Path, data: Faces, split: str) -> Report:
        raise ConfigError(_ELSEWHERE)

    def exam(self, run: "Run[CropsRecipe]", data: Faces) -> Exam:
        raise ConfigError(_ELSEWHERE)

    def reading(self, head: str) -> tuple[str, str]:
        return "softmax", "probability"

    def card(self, manifest: Manifest) -> str:
        raise ConfigError(_ELSEWHERE)


def held_out(recipe: "CropsRecipe", data: Faces, fold: int) -> tuple[Participant, ...]:
    """Whom a fold never learns from; of fold 0 everybody outside the training part of the study's own split.

    Folds hold equally many people and as equal shares of each group as can be.

    Raises:
        DataError: fewer participants than folds.
    """
    if not fold:
        return tuple(person for person in data.people if data.parts[person.pseudonym] != "train")
    names = np.array([person.pseudonym for person in data.people])
    given = np.eye(len(data.groups))[labels_of(data)]
    places = folds(names, given, recipe.folds, recipe.seed)
    return tuple(person for person, place in zip(data.people, places.tolist(), strict=True) if place == fold)


def labels_of(data: Faces) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """(P,) number of each participant's group."""
    return np.array([data.groups.index(person.group) for person in data.people], np.intp)


def _require_all_groups(data: Faces, out: tuple[Participant, ...], where: str) -> None:
    for people, what in ((out, where), (tuple(set(data.people) - set(out)), "learnt from")):
        if missing := sorted(set(data.groups) - {person.group for person in people}):
            raise DataError(f"Nobody {what} is of the group {missing[0]}: give fewer folds, or more participants.")
