"""Training of a face network: `train` with a recipe whose network is `face`.

Its teachers are asked first, once, of several views of every face; then it learns as every network here does
(`training.train`): a cosine, a running average, the last epoch kept. Faces of `Training` that are near copies of a
face in `PublicTest` are left out; the codes of the recipe's first unseen fold, and `PublicTest`, are watched and
choose nothing.
"""

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
from training.machines import Machines
from training.metrics import accuracy
from training.networks.face import Face
from training.predict import predict
from training.train import Trainer, require_new, run_epochs

#: In the run folder: what the teachers said.
TAUGHT = "taught.npz"


def train_face(
    recipe: FaceRecipe,
    data: Faces,
    out: Path,
    machines: Machines,
    resume: bool = False,
    command: str = "",
    log: Callable[[str], None] = print,
) -> Path:
    """Train, with a checkpoint after every epoch; see `training.train.train`.

    Raises:
        ConfigError: see there; or the start or a teacher is another network.
        DataError: the data hold no codes, or not of everything, or no crops of the box.
    """
    folder = machines.folder(out)
    require_new(folder, resume)
    _require_codes(data, recipe)
    heads = dict(HEADS) if recipe.units.only else {**data.heads, **HEADS}
    if unknown := sorted(set(recipe.heads) - set(heads)):
        raise ConfigError(f"heads: there is no {', '.join(unknown)}; known are {', '.join(heads)}.")
    learnt, validation = learnable(data), data.split(VALIDATION)
    folder.mkdir(parents=True, exist_ok=True)
    if not resume:
        (folder / TAUGHT).unlink(missing_ok=True)  # of a run that ended before its first epoch did, by another recipe
    said = kept(folder / TAUGHT, lambda: taught(recipe, learnt, data.digest(), log))
    measuring = unseen(learnt, recipe.units)
    shown, wanted = learnt, targets(learnt, recipe, said)
    if recipe.units.only:
        coded = np.flatnonzero((wanted.weight > 0).any(1))
        shown, wanted = learnt.at(coded), wanted.at(coded)
    keras.utils.set_random_seed(recipe.seed)
    learner = FaceLearner(recipe, {head: len(labels) for head, labels in heads.items()}, machines)
    for begun in recipe.start:
        start_from(Path(begun), learner.network, recipe.network.white, learnt.images)
    learner.average.set_weights(learner.network.get_weights())
    origin = {"data": data.digest(), "data_about": data.about}
    trainer = Trainer(recipe, heads, FaceBatches(shown, wanted, recipe), learner, machines, origin)
    run_epochs(trainer, folder, lambda: _validated(learner.average, validation, measuring), command, log)
    return folder


def _require_codes(data: Faces, recipe: FaceRecipe) -> None:
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
