"""From a trained network to a bundle that the device opens: quantize, measure, describe, write."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from device.contract.manifest import Manifest, write_bundle
from training.card import model_card
from training.datasets import TRAINING, VALIDATION, Faces
from training.fer import Recipe, predict
from training.metrics import compare, truth
from training.network import HEADS, count_macs
from training.quantize import Int8Network, to_int8

NAME, VERSION = "fer", "0.1.0"
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


def export(
    network: keras.Model, recipe: Recipe, data: dict[str, Faces], run: dict[str, Any], command: str, parent: Path
) -> Path:
    """Quantize the network, measure it on `PublicTest`, and write the bundle `fer-0.1.0` under `parent`.

    Args:
        run: figures of the training to add to the receipt.
        command: what was typed, without paths of the machine.

    Returns:
        The bundle's folder.
    """
    chosen = np.random.default_rng(recipe.seed).permutation(len(data[TRAINING]))[:CALIBRATION_IMAGES]
    model = to_int8(network, recipe.network, data[TRAINING].images[chosen])
    quantized = Int8Network(model)
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        task="facial-expression",
        input=quantized.input,
        outputs=quantized.outputs,
        provenance=provenance(data, command),
        intended_use=INTENDED_USE,
        forbidden_use=FORBIDDEN_USE,
        receipt={**run, **measure(network, quantized, data[VALIDATION]), "size_bytes": len(model)},
    )
    return write_bundle(parent, manifest, model, model_card(manifest))


def provenance(data: dict[str, Faces], command: str) -> dict[str, str]:
    """Where the weights come from."""
    packages = ("tensorflow-cpu", "keras", "numpy", "ai-edge-litert")
    return {
        "source": "training/fer.py of this project",
        "command": command,
        "data": f"FER2013 (Goodfellow et al. 2013), {len(data[TRAINING])} faces of its Training split, "
        "with FER+ votes (Barsoum et al. 2016)",
        "licence": "research use (FER2013 challenge licence: research and teaching; FER+ votes: MIT)",
        "versions": ", ".join(f"{package} {version(package)}" for package in packages),
    }


def measure(network: keras.Model, quantized: Int8Network, faces: Faces) -> dict[str, Any]:
    """The quantization receipt: both networks on all of `PublicTest`, which also chose the epoch."""
    exact, rounded = predict(network, faces.images), quantized.predict(faces.images)
    return {
        "validation_split": VALIDATION,
        "validation_faces": len(faces),
        **{head: compare(exact[head], rounded[head], truth(faces, head), HEADS[head]) for head in HEADS},
        "temperature_fitted_on": VALIDATION,
        "parameters": network.count_params(),
        "macs": count_macs(network),
        "latency_ms_median": round(quantized.latency_ms(faces.images[0]), 3),
        "latency_threads": 1,
        "latency_processor": platform.machine(),
    }
