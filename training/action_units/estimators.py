"""What answers: a bundle as the box runs it, or the float networks of a run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from device.contract.manifest import Bundle
from device.runtime.model import Model, activate
from device.stages.appearance import PRESENCE, AppearanceActionUnits
from training.action_units.data import Values
from training.action_units.recording import MAX_INTENSITY

if TYPE_CHECKING:
    import keras

    from training.recipe import BaseRecipe
    from training.run_folder import Run

Answers = dict[str, Values]


@dataclass(frozen=True)
class Estimator:
    """Something that answers.

    name: for people; labels: head → labels; side: of the crops, pixels; answer: N × side × side uint8 → head → N ×
    labels, probabilities of presence and intensities 0–5.
    """

    name: str
    labels: dict[str, tuple[str, ...]]
    side: int
    answer: Callable[[NDArray[np.uint8]], Answers]


def readable(head: str, raw: Values) -> Values:
    """What a head's raw outputs mean: probabilities, or intensities within 0–5."""
    return activate(raw, "sigmoid") if head == PRESENCE else np.clip(raw, 0.0, MAX_INTENSITY)


def answers_of(network: "keras.Model", white: float, images: NDArray[np.uint8]) -> Answers:
    """What a float network says of N × side × side crops."""
    from training.predict import predict  # noqa: PLC0415 - a bundle needs no TensorFlow

    return {head: readable(head, raw) for head, raw in predict(network, white, images).items()}


def bundle_estimator(bundle: Bundle) -> Estimator:
    """A bundle, run by the code that runs it on the box. Raises `ModelError`, `RuntimeMissingError`."""
    with Model(bundle) as model:
        side = AppearanceActionUnits(model).side  # also refuses bundles that are for something else
    heads = [spec.name for spec in bundle.manifest.outputs]

    def answer(images: NDArray[np.uint8]) -> Answers:
        with Model(bundle) as model:
            columns = zip(*[model.on_image(image) for image in images], strict=True)
            found = {head: np.concatenate(column) for head, column in zip(heads, columns, strict=True)}
        return {head: v if head == PRESENCE else np.clip(v, 0.0, MAX_INTENSITY) for head, v in found.items()}

    return Estimator(bundle.manifest.id, {spec.name: spec.labels for spec in bundle.manifest.outputs}, side, answer)


def runs_of(folder: Path) -> "list[Run[BaseRecipe]]":
    """The runs of every trained fold in `folder`, or that of one fold. Raises `ConfigError` when there are none."""
    from training.action_units.recipe import AuRecipe  # noqa: PLC0415
    from training.run_folder import WEIGHTS, load_run_of  # noqa: PLC0415

    found = [path.parent for path in sorted(folder.glob(f"fold-*/{WEIGHTS}"))] or [folder]
    return [load_run_of(AuRecipe, path) for path in found]


def runs_estimator(name: str, runs: "list[Run[BaseRecipe]]") -> Estimator:
    """The mean of what the networks of several folds say, in float, as for people who are in no fold."""
    side = runs[0].network.input_shape[1]

    def answer(images: NDArray[np.uint8]) -> Answers:
        said = [answers_of(run.network, run.recipe.network.white, images) for run in runs]
        return {head: np.mean([one[head] for one in said], axis=0) for head in said[0]}

    return Estimator(name, runs[0].heads, side, answer)
