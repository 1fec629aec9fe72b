"""`export`: from a run folder to a bundle that the device opens: quantize, measure, calibrate, describe, write."""

import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from converter.bundle import Sign, write_bundle
from converter.describe import describe
from converter.recipe import InputRecipe, OutputRecipe, Recipe
from converter.reference import REFERENCE, make_reference
from device.contract.errors import ConfigError
from device.contract.tasks import FACIAL_EXPRESSION
from training.expressions.card import model_card
from training.data.faces import TRAINING, VALIDATION, Faces
from training.metrics import compare, report, softmax
from training.networks import count_macs
from training.predict import pixels, predict
from training.quantize import Int8Network, to_int8
from training.recipe import BaseRecipe
from training.run_folder import Run, load_run

CALIBRATION_IMAGES = 500

INTENDED_USE = (
    "Research, teaching and demonstration: an estimate, frame by frame, of the expression that people looking at the "
    "picture would name, shown to a therapist beside the therapist's own observation."
)
FORBIDDEN_USE = (
    "No diagnosis, no triage, no measure of treatment, no claim about what a person feels or intends, no decision "
    "about a person, no emotion recognition at work or in education, no surveillance, no identification, no "
    "commercial use of these weights."
)


@dataclass(frozen=True)
class Label:
    """What the bundle is called: NAME-VERSION."""

    name: str
    version: str


def export(folder: Path, data: Faces, label: Label, parent: Path, sign: Sign | None = None) -> Path:
    """Quantize a run's weights, fit temperatures and measure on `PublicTest`, and write the bundle.

    Args:
        sign: makes the signature; without it the bundle is unsigned.

    Returns:
        The bundle's folder.

    Raises:
        ConfigError: `folder` holds no run, or one that was trained on other data.
        ConversionError: the network cannot be quantized.
    """
    run = load_run(folder)
    if run.meta.get("data") != data.digest():
        raise ConfigError(f"{folder} was trained on other data than these: give the data.npz of that training.")
    training, validation = data.split(TRAINING), data.split(VALIDATION)
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(training))[:CALIBRATION_IMAGES]
    model = to_int8(run, training.images[chosen])
    manifest = describe(conversion(run, label), model, provenance(run, len(training), label))
    measured = measure(run, Int8Network(manifest, model), validation)
    manifest = replace(
        manifest,
        outputs=tuple(replace(spec, temperature=measured[spec.name]["temperature"]) for spec in manifest.outputs),
        receipt={**history(run), **measured, "scheme": "int8", "size_bytes": len(model)},
    )
    reference = make_reference(manifest, model, pixels(validation.images, run.recipe.network.white))
    return write_bundle(parent, manifest, model, model_card(manifest), {REFERENCE: reference}, sign)


def conversion(run: Run[BaseRecipe], label: Label) -> Recipe:
    """What the converter has to know of the network."""
    return Recipe(
        name=label.name,
        version=label.version,
        task=FACIAL_EXPRESSION,
        outputs=tuple(OutputRecipe(head, labels, "softmax", "probability") for head, labels in run.heads.items()),
        intended_use=INTENDED_USE,
        forbidden_use=FORBIDDEN_USE,
        input=InputRecipe("grey", "aligned", (0.0, run.recipe.network.white)),
    )


def provenance(run: Run[BaseRecipe], faces: int, label: Label) -> dict[str, str]:
    """Where the weights come from; `command` holds the commands in order, parted by ` && `."""
    prepared = run.meta.get("data_about", {}).get("command", "affectbox-training prepare")
    ours = "ferplus" in run.heads and "fer2013" in run.heads
    data = (
        f"FER2013 (Goodfellow et al. 2013), {faces} faces of its Training split, with FER+ votes (Barsoum et al. 2016)"
    )
    licence = "research use (FER2013 challenge licence: research and teaching; FER+ votes: MIT)"
    command = f"affectbox-training export --run RUN --data data.npz --name {label.name} --version {label.version}"
    return {
        "source": "training/ of this project",
        "command": " && ".join([prepared, run.meta["command"], command]),
        "data": data if ours else f"{faces} faces of the Training split of: {prepared}",
        "licence": licence if "fer2013" in run.heads else "that of the data named above",
        "versions": run.meta["versions"],
        "revision": "that of the repository in which this card stands",
    }


def history(run: Run[BaseRecipe]) -> dict[str, Any]:
    """How the weights came about."""
    return {
        "seed": run.recipe.seed,
        "epochs": len(run.meta["history"]),
        "recipe": run.meta["recipe"],
        "data_digest": run.meta["data"],
    }


def measure(run: Run[BaseRecipe], quantized: Int8Network, faces: Faces) -> dict[str, Any]:
    """The quantization receipt: both networks on all of `PublicTest`; and the int8 network
    on the box's crops of the faces that the box finds, where they were prepared."""
    exact, rounded = predict(run.network, run.recipe.network.white, faces.images), quantized.predict(faces.images)
    receipt: dict[str, Any] = {
        "validation_split": VALIDATION,
        "validation_faces": len(faces),
        **{h: compare(exact[h], rounded[h], a.truth, a.labels) for h, a in faces.answers.items()},
        "temperature_fitted_on": VALIDATION,
        "parameters": run.network.count_params(),
        "macs": count_macs(run.network),
        "latency_ms_median": round(quantized.latency_ms(faces.images[0]), 3),
        "latency_threads": 1,
        "latency_processor": platform.machine(),
    }
    if faces.has_box and faces.found.any():
        receipt["box"] = _on_box_crops(quantized, faces.at(faces.found), faces)
    return receipt


def _on_box_crops(quantized: Int8Network, seen: Faces, faces: Faces) -> dict[str, Any]:
    """Accuracy of each head on the same faces, as the box crops them and as the data set does."""
    box, dataset = quantized.predict(seen.box), quantized.predict(seen.images)
    figures: dict[str, Any] = {"faces": len(seen), "found": round(len(seen) / len(faces), 4)}
    for head, answers in seen.answers.items():
        for name, logits in (("box", box), ("dataset", dataset)):
            figures[f"{head}_{name}"] = report(softmax(logits[head]), answers.truth, answers.labels)["accuracy"]
    return figures
