"""`au export`: from the run of a fold to a bundle that the box opens: quantize, measure, describe, write.

The exported network is one that left participants out, so that the figures in its bundle are measured on people whom
it has never seen, in int8, and are not those of another network.
"""

import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converter.bundle import Sign, write_bundle
from converter.describe import describe
from converter.recipe import InputRecipe, OutputRecipe, Recipe
from converter.reference import REFERENCE, ROWS, make_reference
from device.contract.tasks import ACTION_UNITS
from device.stages.appearance import INTENSITY, PRESENCE
from training.action_units.card import model_card
from training.action_units.data import Annotated
from training.action_units.estimators import Answers, answers_of, readable, runs_of
from training.action_units.evaluate import held_out_of
from training.action_units.scores import THRESHOLD, Report, means, report, rounded
from training.action_units.train import fold_folder
from training.export import CALIBRATION_IMAGES, Label, history
from training.networks import count_macs
from training.predict import pixels
from training.quantize import Int8Network, to_int8
from training.recipe import BaseRecipe
from training.run_folder import Run

#: Head → activation that the device applies, and unit.
READINGS = {PRESENCE: ("sigmoid", "probability"), INTENSITY: ("none", "FACS intensity, 0–5")}
INTENDED_USE = (
    "Research only: an estimate, frame by frame, of the facial actions that a FACS coder would see in the picture, "
    "shown to a professional beside the professional's own observation."
)
FORBIDDEN_USE = (
    "No diagnosis, no triage, no measure of treatment, no claim about what a person feels or intends, no decision "
    "about a person, no surveillance, no identification, nothing that the licence of the data forbids."
)


def export(out: Path, fold: int, data: Annotated, label: Label, parent: Path, sign: Sign | None = None) -> Path:
    """Quantize the network of one fold, measure it on that fold's participants, and write the bundle.

    Args:
        sign: makes the signature; without it the bundle is unsigned.

    Returns:
        The bundle's folder.

    Raises:
        ConfigError: `out` holds no run of this fold, or one of other data.
        ConversionError: the network cannot be quantized.
    """
    [run] = runs_of(fold_folder(out, fold))
    held_out = held_out_of(run, data)
    learnt = data.at(~np.isin(data.participants, held_out.participants))
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(learnt))[:CALIBRATION_IMAGES]
    model = to_int8(run, learnt.images[chosen])
    manifest = describe(_conversion(run, label), model, _provenance(run, learnt, fold, label))
    measured = _measured(run, Int8Network(manifest, model), held_out)
    receipt = {**history(run), "fold": fold, **measured, "scheme": "int8", "size_bytes": len(model)}
    manifest = replace(manifest, receipt=receipt)
    reference = make_reference(manifest, model, pixels(_noise(data.side, run.recipe.seed), run.recipe.network.white))
    return write_bundle(parent, manifest, model, model_card(manifest), {REFERENCE: reference}, sign)


def _conversion(run: Run[BaseRecipe], label: Label) -> Recipe:
    """What the converter has to know of the network."""
    return Recipe(
        name=label.name,
        version=label.version,
        task=ACTION_UNITS,
        outputs=tuple(OutputRecipe(head, labels, *READINGS[head]) for head, labels in run.heads.items()),
        intended_use=INTENDED_USE,
        forbidden_use=FORBIDDEN_USE,
        input=InputRecipe("grey", "aligned", (0.0, run.recipe.network.white)),
    )


def _noise(side: int, seed: int) -> NDArray[np.uint8]:
    """ROWS × side × side inputs on which other machines repeat what was computed here. A bundle must hold nobody's
    face, so they are blurred noise, from fine to coarse."""
    rng = np.random.default_rng(seed)
    grains = np.geomspace(1, side / 4, ROWS).round().astype(int)
    coarse = [rng.integers(0, 256, (max(side // grain, 2),) * 2, np.uint8) for grain in grains]
    return np.stack([np.asarray(cv2.resize(noise, (side, side)), np.uint8) for noise in coarse])


def _measured(run: Run[BaseRecipe], quantized: Int8Network, held_out: Annotated) -> dict[str, Any]:
    """The quantization receipt: both networks on the participants who were held out."""
    exact = answers_of(run.network, run.recipe.network.white, held_out.images)
    whole = {head: readable(head, raw) for head, raw in quantized.predict(held_out.images).items()}
    found = report(whole, held_out)
    return {
        "held_out_participants": len(set(held_out.participants.tolist())),
        "held_out_faces": len(held_out),
        "threshold": THRESHOLD,
        "action_units": rounded(found),
        "means": means(found),
        "means_float": means(report(exact, held_out)),
        **_difference(exact, whole),
        "not_measured": _not_measured(run, found),
        "parameters": run.network.count_params(),
        "macs": count_macs(run.network),
        "latency_ms_median": round(quantized.latency_ms(held_out.images[0]), 3),
        "latency_threads": 1,
        "latency_processor": platform.machine(),
    }


def _difference(exact: Answers, whole: Answers) -> dict[str, float]:
    """Largest difference between the float and the int8 network, and how often they agree about presence."""
    found = {f"{head}_error_max": round(float(np.abs(exact[head] - whole[head]).max()), 4) for head in exact}
    if PRESENCE in exact:
        same = (exact[PRESENCE] >= THRESHOLD) == (whole[PRESENCE] >= THRESHOLD)
        found["presence_agreement"] = round(float(same.mean()), 4)
    return found


def _not_measured(run: Run[BaseRecipe], found: Report) -> list[str]:
    """Action units that the network gives, and that nobody held out was coded for."""
    measured = {label for rows in found.values() for label in rows}
    return sorted({label for labels in run.heads.values() for label in labels} - measured)


def _provenance(run: Run[BaseRecipe], learnt: Annotated, fold: int, label: Label) -> dict[str, str]:
    """Where the weights come from; `command` holds the commands in order, parted by ` && `."""
    prepared = str(run.meta["data_about"]["command"])
    name = f"--fold {fold} --name {label.name} --version {label.version}"
    export_command = f"affectbox-training au export --run RUN --data data.npz --bundles BUNDLES {name}"
    people = len(set(learnt.participants.tolist()))
    return {
        "source": "training/ of this project",
        "command": " && ".join([prepared, run.meta["command"], export_command]),
        "data": f"{len(learnt)} faces of {people} participants, of: {prepared}",
        "licence": "that of the data named above, which may forbid passing this network on",
        "versions": run.meta["versions"],
        "revision": "that of the repository in which this card stands",
    }
