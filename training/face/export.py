"""`export` of a face network: quantize, calibrate on codes that were not seen, measure, describe, write."""

import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from converter.describe import describe
from converter.recipe import InputRecipe, OutputRecipe
from converter.recipe import Recipe as Conversion
from converter.reference import REFERENCE, make_reference
from device.contract.errors import ConfigError
from device.contract.manifest import Sign, write_bundle
from device.stages.reader import TASK
from training.data.copies import exact_copies
from training.data.faces import TRAINING, VALIDATION, Faces
from training.export import CALIBRATION_IMAGES, FORBIDDEN_USE, INTENDED_USE, Label, history
from training.face.calibrate import curves, to_intensities
from training.face.card import model_card
from training.face.data import HEADS, SIDED, folds, learnable
from training.face.measure import fold_table, hidden_table, means_of, sides_table, tiers, units_table
from training.face.ordinal import Floats
from training.face.recipe import FaceRecipe
from training.face.scores import best_f1
from training.metrics import accuracy, compare
from training.networks import count_macs
from training.networks.face import UNITS
from training.predict import pixels, predict
from training.quantize import Int8Network, to_int8
from training.run_folder import Run, load_run

_ACTIVATIONS = {UNITS: ("none", "scale"), "left": ("none", "scale"), "right": ("none", "scale")}
_SCALES = (UNITS, "left", "right")


def export_face(folder: Path, data: Faces, label: Label, parent: Path, sign: Sign | None = None) -> Path:
    """Quantize a run's weights, calibrate, measure, and write the bundle; see `training.export.export`.

    Raises:
        ConfigError: `folder` holds no run of a face network, or one that was trained on other data.
        ConversionError: the network cannot be quantized.
    """
    run = load_run(folder, FaceRecipe)
    if run.meta.get("data") != data.digest():
        raise ConfigError(f"{folder} was trained on other data than these: give the data.npz of that training.")
    assert isinstance(run.recipe, FaceRecipe)
    learnt, validation = learnable(data), data.split(VALIDATION)
    unseen = learnt.at(folds(learnt, run.recipe.units) == run.recipe.units.unseen[0])
    _centre(run, "hidden", _thresholds(run, unseen))
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(learnt))[:CALIBRATION_IMAGES]
    model = to_int8(run, np.concatenate([learnt.images[chosen], learnt.box[chosen]]))
    manifest = describe(_conversion(run, label), model, _provenance(run, len(learnt), label))
    found = _curves(Int8Network(manifest, model), unseen)
    outputs = (replace(spec, curves=_listed(found.get(spec.name))) for spec in manifest.outputs)
    manifest = replace(manifest, outputs=tuple(outputs))
    measured = _measured(run, Int8Network(manifest, model), found, data, unseen, validation)
    outputs = (
        replace(spec, temperature=measured.get(spec.name, {}).get("temperature", 1.0)) for spec in manifest.outputs
    )
    manifest = replace(
        manifest,
        outputs=tuple(outputs),
        receipt={**history(run), **measured, "scheme": "int8", "size_bytes": len(model)},
    )
    reference = make_reference(manifest, model, pixels(validation.images, run.recipe.network.white))
    return write_bundle(parent, manifest, model, model_card(manifest), {REFERENCE: reference}, sign)


def _thresholds(run: Run, unseen: Faces) -> Floats:
    """Logits of the best F1 of what is hidden, on faces whose codes were not seen."""
    said = predict(run.network, run.recipe.network.white, unseen.images)["hidden"].astype(np.float64)
    coded = unseen.codings.means(len(unseen))[1]
    return np.array(
        [best_f1(said[k, at], coded[k, at] > 0.5)[1] for at, k in enumerate(~np.isnan(coded).T)], np.float32
    )


def _centre(run: Run, head: str, thresholds: Floats) -> None:
    """Move a head's bias so that its thresholds lie at 0, which is a probability of one half."""
    layer = run.network.get_layer(head)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias - thresholds])


def _curves(network: Int8Network, unseen: Faces) -> dict[str, Floats]:
    """Head → curves, by faces whose codes were not seen, in the data set's crop and the box's."""
    coded = unseen.codings.means(len(unseen))[0]
    said = [network.predict(images) for images in (unseen.images, unseen.box)]
    values = {head: np.concatenate([one[head] for one in said]) for head in _SCALES}
    twice = np.concatenate([coded, coded])
    names = {UNITS: slice(None), "left": SIDED, "right": SIDED}
    return {h: curves(values[h], twice[:, names[h]], tuple(np.array(HEADS[UNITS])[names[h]])) for h in _SCALES}


def _listed(found: Floats | None) -> tuple[tuple[float, ...], ...]:
    return () if found is None else tuple(tuple(round(float(x), 4) for x in row) for row in found)


def _measured(
    run: Run, network: Int8Network, found: dict[str, Floats], data: Faces, unseen: Faces, validation: Faces
) -> dict[str, Any]:
    """The receipt: see `training.face.measure` for what each table is measured on."""
    exact = predict(run.network, run.recipe.network.white, validation.images)
    said = network.predict(validation.images)
    box = network.predict(validation.box)
    coded = np.unique(validation.codings.face)
    intensities = {
        head: to_intensities(values[head], found[head]) for head, values in zip(_SCALES, [said] * 3, strict=True)
    }
    twice = units_table(intensities[UNITS][coded], validation.at(coded))
    float_units = units_table(to_intensities(exact[UNITS], found[UNITS])[coded], validation.at(coded))
    boxed = units_table(to_intensities(box[UNITS], found[UNITS])[coded], validation.at(coded))
    of_unseen = network.predict(unseen.images)
    fold = fold_table(to_intensities(of_unseen[UNITS], found[UNITS]), unseen.codings.means(len(unseen))[0])
    near = np.isin(validation.copies, data.copies[data.splits == TRAINING])
    return {
        "validation_split": VALIDATION,
        "validation_faces": len(validation),
        **{head: compare(exact[head], said[head], one.truth, one.labels) for head, one in validation.answers.items()},
        "temperature_fitted_on": VALIDATION,
        "without_copies": {
            "faces": int((~near).sum()),
            **{h: round(accuracy(said[h][~near], one.truth[~near]), 4) for h, one in validation.answers.items()},
        },
        "box": {
            "found": round(float(validation.found.mean()), 4),
            **{h: round(accuracy(box[h], one.truth), 4) for h, one in validation.answers.items()},
        },
        "copies": _copies(data),
        "units": {
            "twice": twice,
            "twice_means": means_of(twice),
            "twice_means_float": means_of(float_units),
            "twice_means_box": means_of(boxed),
            "fold": fold,
            "fold_means": means_of(fold),
            "codings": len(data.codings),
            "tiers": {unit: tier.value for unit, tier in tiers(twice).items()},
        },
        "sides": _sides(network, found, validation.at(coded)),
        "hidden": hidden_table(
            _sigmoid(network.predict(unseen.images)["hidden"]), unseen.codings.means(len(unseen))[1]
        ),
        "parameters": run.network.count_params(),
        "macs": count_macs(run.network),
        "latency_ms_median": round(network.latency_ms(validation.images[0]), 3),
        "latency_threads": 1,
        "latency_processor": platform.machine(),
    }


def _copies(data: Faces) -> dict[str, int]:
    """How often pictures occur twice."""
    training = data.splits == TRAINING
    equal = exact_copies(data.images)
    return {
        "equal": len(equal) - len(np.unique(equal)),
        "near": len(data) - len(np.unique(data.copies)),
        "training_near_validation": int(np.isin(data.copies[training], data.copies[~training]).sum()),
        "validation_near_training": int(np.isin(data.copies[~training], data.copies[training]).sum()),
    }


def _sides(network: Int8Network, found: dict[str, Floats], faces: Faces) -> dict[str, Any]:
    order = np.random.default_rng(0).permutation(len(faces))
    joined = faces.images.copy()
    joined[:, :, 24:] = faces.images[order][:, :, 24:]
    said = network.predict(joined)
    return dict(
        sides_table(faces, {side: to_intensities(said[side], found[side]) for side in ("left", "right")}, order)
    )


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)


def _conversion(run: Run, label: Label) -> Conversion:
    def output(head: str, labels: tuple[str, ...]) -> OutputRecipe:
        activation, unit = _ACTIVATIONS.get(head, ("sigmoid" if head == "hidden" else "softmax", "probability"))
        return OutputRecipe(head, labels, activation, unit)

    return Conversion(
        name=label.name,
        version=label.version,
        task=TASK,
        outputs=tuple(output(head, labels) for head, labels in run.heads.items()),
        intended_use=INTENDED_USE,
        forbidden_use=FORBIDDEN_USE,
        input=InputRecipe("grey", "aligned", (0.0, run.recipe.network.white)),
    )


def _provenance(run: Run, faces: int, label: Label) -> dict[str, str]:
    prepared = run.meta.get("data_about", {}).get("command", "affectbox-training prepare")
    command = f"affectbox-training export --run RUN --data data.npz --name {label.name} --version {label.version}"
    return {
        "source": "training/ of this project",
        "command": " && ".join([prepared, run.meta["command"], command]),
        "data": f"FER2013 (Goodfellow et al. 2013), {faces} faces of its Training split, with FER+ votes (Barsoum et al. "
        "2016) and action-unit codes made for this project",
        "licence": "research use (FER2013 challenge licence: research and teaching; FER+ votes: MIT; codes: this project's)",
        "versions": run.meta["versions"],
        "revision": "that of the repository in which this card stands",
    }
