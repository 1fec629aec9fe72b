"""`export`: from a run folder to a bundle that the device opens: quantize, measure, describe, write."""

import json
import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.bundle import Sign, require_new, write_bundle
from converter.describe import describe
from converter.recipe import InputRecipe, OutputRecipe, Recipe
from converter.reference import REFERENCE, make_reference
from training.kind import Data, Exam, Kind
from training.networks import count_macs
from training.predict import pixels
from training.quantize import Int8Network, to_int8
from training.recipe import BaseRecipe
from training.run_folder import META, Run, fold_folder, load_run_of, require_data

CALIBRATION_IMAGES = 500


@dataclass(frozen=True)
class Label:
    """What the bundle is called: NAME-VERSION."""

    name: str
    version: str


def export(
    kind: Kind[Any, Any],
    folder: Path,
    data: Data,
    label: Label,
    parent: Path,
    fold: int = 0,
    sign: Sign | None = None,
    replaced: bool = False,
) -> Path:
    """Quantize a run's weights, measure them, and write the bundle.

    Args:
        kind: of the run.
        fold: whose network, of a training that has folds.
        sign: makes the signature; without it the bundle is unsigned.
        replaced: write over a bundle of the same name and version.

    Returns:
        The bundle's folder.

    Raises:
        ConfigError: `folder` holds no run, or one that was trained on other data or is not to be exported.
        ConversionError: the network cannot be quantized.
        StorageError: there is such a bundle already.
    """
    require_new(parent, f"{label.name}-{label.version}", replace=replaced)
    run = load_run_of(kind.recipe, fold_folder(folder, fold))
    require_data(run, data.digest())
    exam = kind.exam(run, data)
    model = to_int8(run, exam.ranges)
    manifest = describe(conversion(kind, run, label), model, _provenance(run, exam, label, fold))
    network = Int8Network(manifest, model)
    measured = exam.measured(network)
    figures = {**measured.figures, **_cost(run, network, exam.repeated[0])}
    manifest = replace(
        manifest,
        outputs=tuple(replace(spec, **measured.fitted.get(spec.name, {})) for spec in manifest.outputs),
        receipt={**_history(run), **figures, "scheme": "int8", "size_bytes": len(model)},
    )
    reference = make_reference(manifest, model, pixels(exam.repeated, run.recipe.network.white))
    card = kind.card(manifest)
    return write_bundle(parent, manifest, model, card, {REFERENCE: reference}, sign, replace=replaced)


def some(images: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """A few hundred of the images, enough for the ranges of int8."""
    return images[np.random.default_rng(seed).permutation(len(images))[:CALIBRATION_IMAGES]]


def conversion(kind: Kind[Any, Any], run: Run[BaseRecipe], label: Label) -> Recipe:
    """What the converter has to know of the network."""
    return Recipe(
        name=label.name,
        version=label.version,
        task=kind.task,
        outputs=tuple(OutputRecipe(head, labels, *kind.reading(head)) for head, labels in run.heads.items()),
        intended_use=kind.intended_use,
        forbidden_use=kind.forbidden_use,
        input=InputRecipe("grey", "aligned", (0.0, run.recipe.network.white)),
    )


def _provenance(run: Run[BaseRecipe], exam: Exam, label: Label, fold: int) -> dict[str, str]:
    """Where the weights come from; `command` holds the commands in order, parted by ` && `."""
    top = run.folder.parent if fold else run.folder
    words = [f"--run runs/{top.name}", *[f"--fold {fold}"] * bool(fold), "--data data.npz"]
    words += [f"--name {label.name} --version {label.version}"]
    prepared = run.meta["data_about"].get("command", "affectbox-training prepare")
    commands = [prepared, *_trainings(run.folder, fold)]
    return {
        "source": "training/ of this project",
        "command": " && ".join([*commands, "affectbox-training export " + " ".join(words)]),
        "data": exam.data,
        "licence": exam.licence,
        "versions": run.meta["versions"],
        "revision": "that of the repository in which this card stands",
    }


def _trainings(folder: Path, fold: int = 0) -> list[str]:
    """The commands that led to a run: those of the runs that taught it or that it began with, where they stand beside
    it as its recipe names them, and its own."""
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    top, recipe = folder.parent if fold else folder, meta["recipe"]
    teacher = recipe["teacher"]
    names = [*teacher.get("runs", ()), *filter(None, [teacher.get("run")]), *recipe.get("start", ())]
    before = [fold_folder(top.parent / Path(name).name, fold) for name in names]
    told = [command for run in before if (run / META).is_file() for command in _trainings(run, fold)]
    return list(dict.fromkeys([*told, meta["command"].replace("--out RUN", f"--out runs/{top.name}")]))


def _history(run: Run[BaseRecipe]) -> dict[str, Any]:
    """How the weights came about."""
    fold = {"fold": run.meta["fold"]} if "fold" in run.meta else {}
    return {
        "seed": run.recipe.seed,
        "epochs": len(run.meta["history"]),
        "recipe": run.meta["recipe"],
        "data_digest": run.meta["data"],
        **fold,
    }


def _cost(run: Run[BaseRecipe], network: Int8Network, image: NDArray[np.uint8]) -> dict[str, Any]:
    return {
        "parameters": run.network.count_params(),
        "macs": count_macs(run.network),
        "latency_ms_median": round(network.latency_ms(image), 3),
        "latency_threads": 1,
        "latency_processor": platform.machine(),
    }
