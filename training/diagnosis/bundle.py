"""From a run to the parts of a bundle: network, `support.json`, evidence, reference, card."""

from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from converter.describe import describe
from converter.keras_source import KerasSource
from converter.recipe import InputRecipe, OutputRecipe, Recipe
from converter.reference import REFERENCE, ROWS, make_reference
from converter.rows import with_both_ends
from device.contract import evidence as contract
from device.contract.errors import ParityError
from device.contract.manifest import MODEL, Bundle, Manifest
from device.contract.tasks import DIAGNOSIS_SUPPORT, SUPPORT
from device.runtime.model import Model as DeviceModel
from training.diagnosis.card import FORBIDDEN, INTENDED, card
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.metrics import about
from training.diagnosis.model import probabilities
from training.diagnosis.run import FeatureRun
from training.run_folder import versions

HEAD = "groups"
#: By how much a probability of the bundle may differ from that of the network that was fitted.
FURTHEST = {"float32": 1e-4, "int8": 0.05}

Parts = tuple[Manifest, bytes, str, dict[str, bytes]]


@dataclass(frozen=True)
class Label:
    """What the bundle is called: NAME-VERSION."""

    name: str
    version: str


def made_of(run: FeatureRun, label: Label, population: str, against: tuple[str, ...], dtype: str) -> Parts:
    """Manifest, network, card and further files of a bundle.

    Args:
        population: who the people were, in words.
        against: why the evidence does not carry it, in sentences.
        dtype: of the network, `float32` or `int8`.

    Raises:
        ModelError: no box would take it.
        ConversionError: the network cannot be converted.
        ParityError: the converted one says something else of the people learnt from than the one that was fitted.
    """
    model = _network(run).to_tflite(dtype, _ranges(run) if dtype == "int8" else None)
    manifest = describe(_conversion(run, label), model, _provenance(run, label))
    outputs = tuple(replace(output, temperature=run.model.temperature) for output in manifest.outputs)
    manifest = replace(manifest, outputs=outputs)
    found, support = evidence(run.evaluation, population, against), run.support
    found.check(manifest.id)
    support.check(manifest.id)
    receipt = {
        contract.KEY: found.to_json(),
        **_parity(run, manifest, model, dtype),
        "scheme": dtype,
        "size_bytes": len(model),
        "seed": run.evaluation.seed,
        "strength": run.model.strength,
        "data_digest": run.evaluation.made_of,
    }
    manifest = replace(manifest, receipt=receipt)
    extras = {SUPPORT: support.to_bytes(), REFERENCE: make_reference(manifest, model, _noise(run))}
    return manifest, model, card(manifest, run), extras


def evidence(found: Evaluation, population: str, against: tuple[str, ...]) -> contract.Evidence:
    """What a bundle says of its evaluation."""
    tested, confounds = found.permutation, found.confounds
    return contract.Evidence(
        supported=not against,
        unsupported=against,
        population=population,
        n=found.n,
        sites=len(found.sites),
        groups=found.groups,
        phases=found.phases,
        balanced_accuracy=about(found.balanced_accuracy),
        alpha=found.recipe.alpha,
        coverage_of_sets=about(found.coverage),
        answered=found.answered.value,
        simulated=found.simulated,
        p_value=tested.p_value if tested else None,
        permutations=tested.permutations if tested else 0,
        confounds=about(confounds.balanced_accuracy) if confounds else None,
        age=contract.Ages(*found.age) if found.age else None,
        answered_right=None if isnan(found.answered_right.value) else about(found.answered_right),
        held={name: about(of.coverage) for name, of in found.by_group.items() if not isnan(of.coverage.value)},
    )


def _network(run: FeatureRun) -> KerasSource:
    """One layer: logits = x @ weights + bias."""
    dense = keras.layers.Dense(len(run.model.groups), name=HEAD)
    shape = (1, len(run.model.columns))
    dense.build(shape)
    dense.set_weights([run.model.weights.astype(np.float32), run.model.bias.astype(np.float32)])
    return KerasSource(dense, [HEAD], shape, "Keras", run.folder.name)


def _ranges(run: FeatureRun) -> NDArray[np.float32]:
    return with_both_ends(run.rows, (-run.model.clip, run.model.clip))


def _conversion(run: FeatureRun, label: Label) -> Recipe:
    clip = run.model.clip
    return Recipe(
        name=label.name,
        version=label.version,
        task=DIAGNOSIS_SUPPORT,
        outputs=(OutputRecipe(HEAD, run.model.groups, "softmax", "probability"),),
        intended_use=INTENDED,
        forbidden_use=FORBIDDEN,
        input=InputRecipe("none", "features", (-clip, clip)),
    )


def _provenance(run: FeatureRun, label: Label) -> dict[str, str]:
    found = run.evaluation
    steps = (
        "affectbox-training cohort features … --out FEATURES",
        f"affectbox-training diagnosis evaluate FEATURES --seed {found.seed} --out evaluation.json",
        "affectbox-training diagnosis train FEATURES --evaluation evaluation.json --out RUN",
        f"affectbox-training diagnosis export --run RUN --name {label.name} --version {label.version}",
    )
    return {
        "source": "training/diagnosis of this project: elastic-net logistic regression",
        "command": " && ".join(steps),
        "data": f"features of {found.n} {'simulated ' if found.simulated else ''}participants",
        "licence": "that of the study whose people these are",
        "versions": versions(),
        **{f"made_{name}": text for name, text in run.made.items()},
    }


def _parity(run: FeatureRun, manifest: Manifest, model: bytes, dtype: str) -> dict[str, Any]:
    """How near the bundle's network is to the one that was fitted, on the people learnt from. Raises `ParityError`."""
    with DeviceModel(Bundle(Path(), manifest, {MODEL: model})) as device:
        said = np.concatenate([device.on_values(row)[0] for row in run.rows])
    exact = probabilities(run.rows @ run.model.weights + run.model.bias, run.model.temperature)
    furthest = float(np.abs(said - exact).max())
    limits = np.array([run.model.quantiles[name] for name in run.model.groups])
    same = float(((1 - said <= limits) == (1 - exact <= limits)).all(axis=1).mean())
    if furthest > FURTHEST[dtype]:
        raise ParityError(
            f"The network in {dtype} differs by up to {furthest:.3f} in a probability from the one that was fitted: "
            "export it with --dtype float32."
        )
    return {"probability_error_max": round(furthest, 6), "same_set": round(same, 4)}


def _noise(run: FeatureRun) -> NDArray[np.float32]:
    """Inputs on which other machines repeat what was computed here: a bundle holds nobody's numbers."""
    rng = np.random.default_rng(run.evaluation.seed)
    drawn = rng.normal(0, 1, (ROWS, len(run.model.columns)))
    return np.clip(drawn, -run.model.clip, run.model.clip).astype(np.float32)
