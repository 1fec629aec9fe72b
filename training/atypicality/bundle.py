"""From a run to the parts of a bundle: network, `movement.json`, evidence, reference, card."""

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from converter.describe import describe
from converter.keras_source import KerasSource
from converter.recipe import InputRecipe, OutputRecipe, Recipe
from converter.reference import REFERENCE, ROWS, make_reference
from converter.rows import with_both_ends
from device.contract.errors import EvidenceError, ParityError
from device.contract.evidence import KEY, Interval
from device.contract.manifest import MODEL, Bundle, Manifest
from device.contract.movement import VERSION, MovementFile
from device.contract.movement_evidence import MovementEvidence
from device.contract.tasks import ATYPICALITY, MOVEMENT, TYPICAL_MOVEMENT
from device.runtime.model import Model as DeviceModel
from training.atypicality.card import FORBIDDEN, INTENDED, card
from training.atypicality.networks import RATING, SURPRISE, companion_network, rating_network
from training.atypicality.recipe import Grid
from training.atypicality.refusal import ages
from training.atypicality.run import Learnt, MovementRun
from training.diagnosis.metrics import about
from training.run_folder import versions

#: By how much the bundle's network may differ from the one that learnt, in 95 of 100 windows: points; nats.
FURTHEST = {"int8": 0.15, "float32": 1e-3}
_MOST_WINDOWS = 0.95
_OUTPUT = {ATYPICALITY: (RATING, "rating 1–5"), TYPICAL_MOVEMENT: (SURPRISE, "nats")}
Parts = tuple[Manifest, bytes, str, dict[str, bytes]]


@dataclass(frozen=True)
class Asked:
    """What was asked for: `name` and `version` of the bundle, its `task`, who the `population` were, in words, what
    stands `against` it, in sentences, and the `dtype` of its network."""

    name: str
    version: str
    task: str
    population: str
    against: tuple[str, ...]
    dtype: str


def made_of(run: MovementRun, learnt: Learnt, asked: Asked) -> Parts:
    """Manifest, network, card and further files of a bundle.

    Raises:
        EvidenceError: nobody's age is told.
        ModelError: no box would take it.
        ConversionError: the network cannot be converted.
        ParityError: the converted one says something else than the one that learnt.
    """
    file, network = movement_file(run, learnt, asked.task), _network(run, learnt, asked.task)
    file.check(f"{asked.name}-{asked.version}", asked.task)
    source = KerasSource(network, [_OUTPUT[asked.task][0]], (1, *learnt.windows.shape[1:]), "Keras", run.folder.name)
    ranges = with_both_ends(learnt.windows, (-file.clip, file.clip)) if asked.dtype == "int8" else None
    model = source.to_tflite(asked.dtype, ranges)
    manifest = describe(_conversion(asked, file.clip), model, _provenance(run, asked))
    found = evidence(run, asked)
    found.check(manifest.id)
    parity = _parity(network, manifest, model, learnt, asked.dtype)
    receipt = {
        KEY: found.to_json(),
        **parity,
        "scheme": asked.dtype,
        "size_bytes": len(model),
        "seed": run.evaluation.seed,
        "epochs": learnt.epochs,
        "data_digest": run.evaluation.made_of,
    }
    manifest = replace(manifest, receipt=receipt)
    extras = {MOVEMENT: file.to_bytes(), REFERENCE: make_reference(manifest, model, _noise(run, learnt))}
    return manifest, model, card(manifest, run, found, file), extras


def movement_file(run: MovementRun, learnt: Learnt, task: str) -> MovementFile:
    """What the box does around the network."""
    found, rates = run.evaluation, task == ATYPICALITY
    grid: Grid = found.ours.recipe.grid if rates and found.ours else found.companion_recipe.grid
    return MovementFile(
        column_version=VERSION,
        step_s=grid.step_s,
        steps=grid.steps,
        hop=grid.hop,
        columns=learnt.seen.columns,
        centre=tuple(learnt.seen.centre.tolist()),
        scale=tuple(learnt.seen.scale.tolist()),
        clip=learnt.seen.clip,
        least_coverage=grid.least_coverage,
        sources=found.sources,
        half_width=learnt.half_width if rates else None,
        typical=found.ours.typical if rates and found.ours else None,
        percentiles=() if rates or not found.companion else found.companion.percentiles,
    )


def evidence(run: MovementRun, asked: Asked) -> MovementEvidence:
    """What a bundle says of its evaluation. Raises `EvidenceError`: no box would know whom it may compare."""
    found, rates = run.evaluation, asked.task == ATYPICALITY
    whose = ages(found, rates=rates)
    if not whose.known:
        raise EvidenceError(
            "No bundle is made, for nobody's age is told, and a box compares people of an age alone: write ages in "
            "participants.csv, then evaluate and train again."
        )
    of = found.companion
    return MovementEvidence(
        supported=not asked.against,
        unsupported=asked.against,
        population=asked.population,
        ages=whose.enough or whose.known,
        n=found.rated if rates else of.n if of else 0,
        windows=(found.ours.windows if found.ours else 0) if rates else of.windows if of else 0,
        simulated=found.simulated,
        raters=found.raters_at_most if rates else 0,
        typical_people=sum((whose.typical or {}).values()) or None,
        figures={name: about(one) for name, one in _figures(run, rates).items() if one and np.isfinite(one.value)},
    )


def _figures(run: MovementRun, rates: bool) -> dict[str, Interval | None]:
    found, of = run.evaluation, run.evaluation.companion
    if not rates:
        return (
            {"beyond": of.beyond, "others_beyond": of.others, "apart": of.apart, "pearson": of.pearson} if of else {}
        )
    if not (found.ours and found.raters):
        return {}
    own = found.ours.figures
    return {
        "pearson": own.pearson,
        "mae": own.mae,
        "rmse": own.rmse,
        "baseline_mae": found.ours.baseline.mae,
        "icc": own.icc,
        "within": own.within,
        "within_ceiling": found.raters.within,
        "covered": own.covered,
        "ceiling": found.raters.ceiling,
        "raters_icc": found.raters.mean,
    }


def _network(run: MovementRun, learnt: Learnt, task: str) -> keras.Model:
    if task == ATYPICALITY:
        assert run.evaluation.ours
        network = rating_network(run.evaluation.ours.recipe, learnt.windows.shape[2])
    else:
        network = companion_network(run.evaluation.companion_recipe)
    network.set_weights(learnt.weights)
    return network


def _conversion(asked: Asked, clip: float) -> Recipe:
    output, unit = _OUTPUT[asked.task]
    return Recipe(
        name=asked.name,
        version=asked.version,
        task=asked.task,
        outputs=(OutputRecipe(output, (), "none", unit),),
        intended_use=INTENDED[asked.task],
        forbidden_use=FORBIDDEN,
        input=InputRecipe("none", "movement", (-clip, clip)),
    )


def _provenance(run: MovementRun, asked: Asked) -> dict[str, str]:
    found = run.evaluation
    steps = (
        f"affectbox-training atypicality evaluate STUDY --seed {found.seed} --out evaluation.json",
        "affectbox-training atypicality train STUDY --evaluation evaluation.json --out RUN",
        f"affectbox-training atypicality export --run RUN --task {asked.task} --version {asked.version}",
    )
    return {
        "source": "training/atypicality of this project",
        "command": " && ".join(steps),
        "data": f"movements of {found.n} {'simulated ' if found.simulated else ''}people",
        "licence": "that of the study whose people these are",
        "versions": versions(),
    }


def _parity(network: keras.Model, manifest: Manifest, model: bytes, learnt: Learnt, dtype: str) -> dict[str, float]:
    """How near the bundle's network is to the one that learnt, on windows learnt from. Raises `ParityError`."""
    with DeviceModel(Bundle(Path(), manifest, {MODEL: model})) as device:
        said = np.concatenate([device.on_values(window)[0] for window in learnt.windows])[:, 0]
    exact = np.asarray(network(learnt.windows, training=False))[:, 0]
    off = np.abs(said - exact)
    if not (far := np.quantile(off, _MOST_WINDOWS)) <= FURTHEST[dtype]:
        raise ParityError(
            f"The network in {dtype} differs from the one that learnt by {far:.3f} and more in 5 of 100 windows: "
            "export it with --dtype float32."
        )
    return {"error_median": round(float(np.median(off)), 6), "error_max": round(float(off.max()), 6)}


def _noise(run: MovementRun, learnt: Learnt) -> NDArray[np.float32]:
    """Inputs on which other machines repeat what was computed here: a bundle holds nobody's numbers."""
    drawn = np.random.default_rng(run.evaluation.seed).normal(0, 1, (ROWS, *learnt.windows.shape[1:]))
    return np.clip(drawn, -learnt.seen.clip, learnt.seen.clip).astype(np.float32)
