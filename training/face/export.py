"""`export` of a face network: quantize, calibrate on codes that were not seen, measure, describe, write."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from converter.bundle import Sign, write_bundle
from converter.describe import describe
from converter.recipe import InputRecipe, OutputRecipe
from converter.recipe import Recipe as Conversion
from converter.reference import REFERENCE, make_reference
from device.contract.errors import ConfigError
from device.contract.manifest import OutputSpec
from device.contract.tasks import FACE_READING
from training.data.faces import VALIDATION, Faces
from training.export import CALIBRATION_IMAGES, FORBIDDEN_USE, INTENDED_USE, Label, history
from training.face.calibrate import DIGITS, centre_hidden, curves_of
from training.face.card import model_card
from training.face.data import ACTIVATIONS, learnable, unseen
from training.face.ordinal import Floats
from training.face.receipt import measured
from training.face.recipe import FaceRecipe
from training.predict import pixels
from training.quantize import Int8Network, to_int8
from training.run_folder import META, Run, load_run_of


def export_face(folder: Path, data: Faces, label: Label, parent: Path, sign: Sign | None = None) -> Path:
    """Quantize a run's weights, calibrate, measure, and write the bundle; see `training.export.export`.

    Raises:
        ConfigError: `folder` holds no run of a face network, or a teacher's, or one that was trained on other data.
        ConversionError: the network cannot be quantized.
        DataError: of too little it is coded what was kept apart.
    """
    run = _opened(folder, data)
    learnt, validation = learnable(data), data.split(VALIDATION)
    kept = unseen(learnt, run.recipe.units)
    centre_hidden(run, kept)
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(learnt))[:CALIBRATION_IMAGES]
    model = to_int8(run, np.concatenate([learnt.images[chosen], learnt.box[chosen]]))
    manifest = describe(_conversion(run, label), model, _provenance(run, len(learnt), label))
    network = Int8Network(manifest, model)
    curves = curves_of(network.predict, kept)
    figures = measured(run, network, curves, data, kept)
    temperatures = {head: figures[head]["temperature"] for head in data.answers}
    outputs = tuple(_finished(spec, curves.get(spec.name), temperatures) for spec in manifest.outputs)
    receipt = {**history(run), **figures, "scheme": "int8", "size_bytes": len(model)}
    manifest = replace(manifest, outputs=outputs, receipt=receipt)
    reference = make_reference(manifest, model, pixels(validation.images, run.recipe.network.white))
    return write_bundle(parent, manifest, model, model_card(manifest), {REFERENCE: reference}, sign)


def _opened(folder: Path, data: Faces) -> Run[FaceRecipe]:
    run = load_run_of(FaceRecipe, folder)
    if run.recipe.units.only:
        raise ConfigError(f"{folder} is a teacher's run, which knows no expressions: export the run that it taught.")
    if run.meta.get("data") != data.digest():
        raise ConfigError(f"{folder} was trained on other data than these: give the data.npz of that training.")
    return run


def _finished(spec: OutputSpec, curves: Floats | None, temperatures: dict[str, float]) -> OutputSpec:
    """The output with what was measured for it."""
    rows = () if curves is None else tuple(tuple(round(float(x), DIGITS) for x in row) for row in curves)
    return replace(spec, curves=rows, temperature=temperatures.get(spec.name, 1.0))


def _conversion(run: Run[FaceRecipe], label: Label) -> Conversion:
    def output(head: str, labels: tuple[str, ...]) -> OutputRecipe:
        activation = ACTIVATIONS.get(head, "softmax")
        return OutputRecipe(head, labels, activation, "scale" if activation == "none" else "probability")

    return Conversion(
        name=label.name,
        version=label.version,
        task=FACE_READING,
        outputs=tuple(output(head, labels) for head, labels in run.heads.items()),
        intended_use=INTENDED_USE,
        forbidden_use=FORBIDDEN_USE,
        input=InputRecipe("grey", "aligned", (0.0, run.recipe.network.white)),
    )


def _provenance(run: Run[FaceRecipe], faces: int, label: Label) -> dict[str, str]:
    prepared = run.meta.get("data_about", {}).get("command", "affectbox-training prepare")
    named = f"--name {label.name} --version {label.version}"
    command = f"affectbox-training export --run runs/{run.folder.name} --data data.npz {named}"
    return {
        "source": "training/ of this project",
        "command": " && ".join([prepared, *_trainings(run.folder), command]),
        "data": f"FER2013 (Goodfellow et al. 2013), {faces} faces of its Training split, with FER+ votes (Barsoum et "
        "al. 2016) and action-unit codes made for this project",
        "licence": "research use (FER2013 challenge licence: research and teaching; FER+ votes: MIT; codes: this "
        "project's)",
        "versions": run.meta["versions"],
        "revision": "that of the repository in which this card stands",
    }


def _trainings(folder: Path) -> list[str]:
    """The commands that led to a run: those of the runs that taught it or that it began with, where they stand beside
    it as its recipe names them, and its own."""
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    recipe = meta["recipe"]
    before = [folder.parent / Path(name).name for name in (*recipe["teacher"]["runs"], *recipe["start"])]
    told = [command for run in before if (run / META).is_file() for command in _trainings(run)]
    return list(dict.fromkeys([*told, meta["command"].replace("--out RUN", f"--out runs/{folder.name}")]))
