"""Masked autoencoders as a `Kind`. One face in twenty, at most 512, is only watched: how well hidden parts of it are
filled in. It chooses nothing. No bundle is made of one: another network begins with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from device.contract.manifest import Bundle, Manifest
from training.kind import Exam, Kind, Lesson, Report, Say
from training.pretraining.data import Unlabelled, load_unlabelled

if TYPE_CHECKING:
    from training.pretraining.recipe import MaskedRecipe
    from training.run_folder import Run

_WATCHED = 512
_NO_BUNDLE = (
    "A masked autoencoder says nothing of faces: name its run as `start` in a recipe, and use what that one learns."
)


class Pretraining(Kind["MaskedRecipe", Unlabelled]):
    """Filling in what is hidden of a face."""

    name, task = "masked", ""
    intended_use = forbidden_use = ""

    @property
    def recipe(self) -> "type[MaskedRecipe]":
        from training.pretraining.recipe import MaskedRecipe  # noqa: PLC0415 - loads TensorFlow

        return MaskedRecipe

    def load(self, path: Path) -> Unlabelled:
        return load_unlabelled(path)

    def lesson(self, recipe: "MaskedRecipe", data: Unlabelled, fold: int, folder: Path, say: Say) -> Lesson:
        from training.pretraining.learning import HEADS, MaskedBatches, MaskedLearner, watched  # noqa: PLC0415

        learnt, watching = _parts(data, recipe.seed)
        return Lesson(
            HEADS,
            MaskedBatches(learnt, recipe),
            lambda machines: MaskedLearner(recipe, machines),
            lambda network: {"hidden_error": round(watched(network, watching, recipe.hidden), 4)},
        )

    def of_bundle(self, bundle: Bundle, data: Unlabelled, split: str) -> Report:
        raise ConfigError(_NO_BUNDLE)

    def of_run(self, folder: Path, data: Unlabelled, split: str) -> Report:
        from training.pretraining.learning import watched  # noqa: PLC0415
        from training.run_folder import load_run_of, require_data  # noqa: PLC0415

        run = load_run_of(self.recipe, folder)
        require_data(run, data.digest())
        watching = _parts(data, run.recipe.seed)[1]
        error = round(watched(run.network, watching, run.recipe.hidden), 4)
        figures = {"model": folder.name, "faces": len(watching), "hidden_error": error}
        told = f"{folder.name}: of {len(watching)} faces that it did not learn from, hidden patches are filled in with"
        return Report(figures, f"{told} a mean squared error of {error} of their variance")

    def exam(self, run: "Run[MaskedRecipe]", data: Unlabelled) -> Exam:
        raise ConfigError(_NO_BUNDLE)

    def reading(self, head: str) -> tuple[str, str]:
        raise ConfigError(_NO_BUNDLE)

    def card(self, manifest: Manifest) -> str:
        raise ConfigError(_NO_BUNDLE)


def _parts(data: Unlabelled, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The faces to learn from, and those to watch."""
    order = np.random.default_rng(seed).permutation(len(data))
    count = min(max(len(data) // 20, 1), _WATCHED)
    return data.images[order[count:]], data.images[order[:count]]
