"""The whole story: from ICT-FaceKit and real neutral faces to the bundle of the action-unit estimator."""

import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from converter.reference import REFERENCE, make_reference
from device.arrays import FloatArray
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.manifest import (
    InputSpec,
    Manifest,
    OutputSpec,
    bundle_cache,
    find_bundle,
    open_bundle,
    write_bundle,
)
from device.stages.features import FaceFeatures
from training.data.faces import TRAINING, VALIDATION, Faces
from training.data.recrop import LANDMARKS
from training.synthetic.card import model_card
from training.synthetic.estimator import Estimator
from training.synthetic.facekit import WHERE, FaceKit
from training.synthetic.fitting import Synthetic, fit, to_features
from training.synthetic.network import largest_difference, to_tflite
from training.synthetic.real import measure
from training.synthetic.receipt import real_receipt, synthetic_receipt
from training.synthetic.recipe import Recipe
from training.synthetic.sampling import Synthesizer

INTENDED_USE = (
    "Research, teaching and demonstration: an estimate, frame by frame, of how far facial actions go, shown to a "
    "therapist beside the therapist's own observation."
)
FORBIDDEN_USE = (
    "No diagnosis, no triage, no measure of treatment, no claim about what a person feels or intends, no decision "
    "about a person, no emotion recognition at work or in education, no surveillance, no identification, no lie "
    "detection, no substitute for a certified FACS coder, no commercial use of these weights."
)
#: Largest difference of intensities between the network and the arrays that it was made from.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Sources:
    """The two files that it is made from, by name, for the provenance, and the seed."""

    ict: str
    faces: str
    seed: int


def build(
    kit: FaceKit, faces: Faces, recipe: Recipe, sources: Sources, parent: Path, say: Callable[[str], None]
) -> Path:
    """Make the bundle.

    Returns:
        Its folder.

    Raises:
        DataError: too few identities, a missing shape, faces without FER+ votes.
        ModelError: the landmark or the blendshape network has not been fetched.
    """
    known, held_out = split(kit, recipe.sampling.held_out)
    features = FaceFeatures(open_bundle(find_bundle(LANDMARKS, [bundle_cache()])))
    say(f"draws {recipe.sampling.faces} faces from {len(known.identities)} identities …")
    training = draw(known, recipe, recipe.sampling.faces, sources.seed, features)
    test = draw(held_out, recipe, recipe.sampling.faces // 4, sources.seed + 1, features)
    calibrating = measure(faces.split(TRAINING), recipe.faces, sources.seed)
    checking = measure(faces.split(VALIDATION), recipe.faces, sources.seed)
    estimator = fit(training, calibrating, recipe, sources.seed)
    model = converted(estimator, checking.features)
    receipt = {
        "seed": sources.seed,
        "synthetic": {
            "faces": recipe.sampling.faces,
            "identities": len(known.identities),
            "held_out_faces": len(test.features),
            "held_out_identities": len(held_out.identities),
            "action_units": synthetic_receipt(estimator, test),
        },
        "measures": estimator.raw.scorer.measures.shape[1],
        "calibration": {
            "split": TRAINING,
            "faces": calibrating.counts(),
            "within_person": recipe.calibration.within_person,
        },
        "real": {"split": VALIDATION, **real_receipt(estimator, checking)},
        "evidence": recipe.evidence,
        "guessed": recipe.guessed,
        "size_bytes": len(model),
    }
    manifest = _manifest(recipe, sources, receipt, len(estimator.mean_neutral))
    known_neutral = np.ones((len(test.features), 1), np.float32)
    rows = np.concatenate([test.features, test.neutral, known_neutral], axis=1)
    return write_bundle(
        parent, manifest, model, model_card(manifest), {REFERENCE: make_reference(manifest, model, rows)}
    )


def split(kit: FaceKit, share: float) -> tuple[FaceKit, FaceKit]:
    """The model with the identities that are learnt from, and with those held out. Raises `DataError`."""
    held_out = round(len(kit.identities) * share)
    if not 0 < held_out < len(kit.identities):
        raise DataError(f"{len(kit.identities)} identities are too few to hold some out: {WHERE}.")
    return replace(kit, identities=kit.identities[:-held_out]), replace(kit, identities=kit.identities[-held_out:])


def draw(kit: FaceKit, recipe: Recipe, count: int, seed: int, features: FaceFeatures) -> Synthetic:
    """`count` synthetic faces as features."""
    synthesizer = Synthesizer(kit, recipe, np.random.default_rng(seed))
    return to_features([synthesizer() for _ in range(count)], features)


def converted(estimator: Estimator, faces: FloatArray) -> bytes:
    """The network, checked on some faces. Raises `DataError` if it computes something else than the estimator."""
    model, some = to_tflite(estimator), faces[:100]
    worst = largest_difference(model, estimator, some, some[::-1])
    if worst > TOLERANCE:
        raise DataError(f"The converted network is off by {worst:.3g}: use the pinned version of tensorflow.")
    return model


def _manifest(recipe: Recipe, sources: Sources, receipt: dict[str, Any], features: int) -> Manifest:
    output = OutputSpec(
        name="intensity",
        shape=(1, 3, len(ACTION_UNIT_KEYS)),
        dtype="float32",
        labels=ACTION_UNIT_KEYS,
        unit="FACS intensity A–E as 1–5; rows: both sides, left, right",
    )
    return Manifest(
        name=recipe.name,
        version=recipe.version,
        task="action-units",
        input=InputSpec((1, 2 * features + 1), "float32", colour="none", crop="features"),
        outputs=(output,),
        provenance=_provenance(sources),
        intended_use=INTENDED_USE,
        forbidden_use=FORBIDDEN_USE,
        receipt=receipt,
    )


def _provenance(sources: Sources) -> dict[str, str]:
    return {
        "source": "training/synthetic of this project",
        "command": f"affectbox-training au-synthetic --ict {sources.ict} --faces {sources.faces} --out BUNDLES "
        f"--seed {sources.seed}",
        "data": "synthetic faces from USC ICT-FaceKit (Li et al. 2020); calibrated on FER2013 (Goodfellow et al. "
        "2013) faces whose emotion is clear by FER+ votes (Barsoum et al. 2016)",
        "licence": "research use (ICT-FaceKit: MIT; FER2013 challenge licence: research and teaching; "
        "FER+ votes: MIT)",
        "versions": f"python {platform.python_version()}, numpy {np.__version__}, tensorflow {_tensorflow()}",
        "revision": "that of the repository in which this card stands",
    }


def _tensorflow() -> str:
    import tensorflow  # noqa: PLC0415

    return str(tensorflow.__version__)
