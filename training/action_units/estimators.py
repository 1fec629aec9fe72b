"""What answers: a bundle as the box runs it, or the float networks of a run."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from device.contract.manifest import Bundle
from device.runtime.model import Model, activate
from device.stages.appearance import PRESENCE, AppearanceActionUnits
from training.action_units.data import Values
from training.action_units.recording import MAX_INTENSITY
from training.candidate import Answers, Candidate, bundle_candidate
from training.kind import Images

if TYPE_CHECKING:
    import keras

    from training.action_units.recipe import AuRecipe
    from training.run_folder import Run


def readable(head: str, raw: Values) -> Values:
    """What a head's raw outputs mean: probabilities, or intensities within 0–5."""
    return activate(raw, "sigmoid") if head == PRESENCE else np.clip(raw, 0.0, MAX_INTENSITY)


def answers_of(network: "keras.Model", white: float, images: Images) -> Answers:
    """What a float network says of N × side × side crops."""
    from training.predict import predict  # noqa: PLC0415 - a bundle needs no TensorFlow

    return {head: readable(head, raw) for head, raw in predict(network, white, images).items()}


def bundle_estimator(bundle: Bundle) -> Candidate:
    """A bundle, run by the code that runs it on the box. Raises `ModelError`, `RuntimeMissingError`."""
    with Model(bundle) as model:
        AppearanceActionUnits(model)  # refuses bundles that are for something else
    candidate = bundle_candidate(bundle)

    def answer(images: Images) -> Answers:
        said = candidate.answer(images)
        return {head: v if head == PRESENCE else np.clip(v, 0.0, MAX_INTENSITY) for head, v in said.items()}

    return replace(candidate, answer=answer)


def runs_estimator(name: str, runs: "list[Run[AuRecipe]]") -> Candidate:
    """The mean of what the networks of several folds say, in float, as for people who are in no fold."""
    side = runs[0].network.input_shape[1]

    def answer(images: Images) -> Answers:
        said = [answers_of(run.network, run.recipe.network.white, images) for run in runs]
        return {head: np.mean([one[head] for one in said], axis=0) for head in said[0]}

    return Candidate(name, runs[0].heads, side, answer)
