"""`evaluate`: how good a bundle or a run is on a split, for people and as JSON.

A bundle is run by the code that the device runs, with the activation and temperature of its manifest: what is measured
is what the box would say.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.contract.errors import DataError
from device.contract.manifest import open_bundle
from device.runtime.model import Model
from device.stages.reader import UNITS_HEAD as UNITS
from training.data.faces import Faces
from training.metrics import accuracy, report

Probabilities = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Candidate:
    """Something to evaluate.

    name: for the report; heads: head → labels; answer: N × 48 × 48 images → probabilities, N × classes, of each head
    (of action units places on scales, N × units); curves: of those, where the intensities 0 to 5 stand, units × 6.
    """

    name: str
    heads: dict[str, tuple[str, ...]]
    answer: Callable[[NDArray[np.uint8]], Probabilities]
    curves: dict[str, NDArray[np.float32]] = field(default_factory=dict)


def bundle_candidate(path: Path) -> Candidate:
    """A bundle's folder, or the .tflite file in it. Raises `ModelError`, `RuntimeMissingError`."""
    bundle = open_bundle(path.parent if path.suffix == ".tflite" else path)
    heads = {spec.name: spec.labels for spec in bundle.manifest.outputs}

    def answer(images: NDArray[np.uint8]) -> Probabilities:
        with Model(bundle) as model:
            rows = [
                model.on_image(image) for image in tqdm(images, desc=bundle.manifest.id, leave=False, disable=None)
            ]
        return {head: np.concatenate(column) for head, column in zip(heads, zip(*rows, strict=True), strict=True)}

    curves = {spec.name: np.array(spec.curves, np.float32) for spec in bundle.manifest.outputs if spec.curves}
    return Candidate(bundle.manifest.id, heads, answer, curves)


def run_candidate(folder: Path, faces: Faces) -> Candidate:
    """The averaged weights of a run folder, in float; a face network's are calibrated if `faces` are all the data of
    its training. Raises `ConfigError`, `DataError`."""
    from training.face.evaluate import open_run, said_of  # noqa: PLC0415 - expressions of a bundle need no TensorFlow
    from training.metrics import softmax  # noqa: PLC0415
    from training.predict import predict  # noqa: PLC0415
    from training.run_folder import load_run, reads_faces  # noqa: PLC0415

    if reads_faces(folder):
        face, curves = open_run(folder, faces)
        return Candidate(folder.name, face.heads, lambda images: said_of(face, images), curves)
    run = load_run(folder)

    def answer(images: NDArray[np.uint8]) -> Probabilities:
        logits = predict(run.network, run.recipe.network.white, images)
        return {head: softmax(values) for head, values in logits.items()}

    return Candidate(folder.name, run.heads, answer)


def evaluate(candidate: Candidate, faces: Faces, split: str) -> tuple[dict[str, Any], Probabilities]:
    """Everything that is known about the candidate on a split.

    Returns:
        The result, with `HEAD_accuracy` for each head, `n` faces, `heads` (see `metrics.report`), `groups` where the
        data name them, `box` where there are crops of the box (over the faces that it finds, with `dataset`, the
        same faces in the data set's crop) and `units` where faces are coded and the candidate knows action units (see
        `training.face.evaluate`; None if it is not calibrated); and the probabilities on the data set's crops.

    Raises:
        DataError: no such split, or no head whose labels the data and the candidate share.
    """
    chosen = faces.split(split)
    shared = [head for head, labels in chosen.heads.items() if candidate.heads.get(head) == labels]
    coded = UNITS in candidate.heads and len(chosen.codings) > 0
    if not shared and not coded:
        raise DataError(
            f"{candidate.name} answers {', '.join(candidate.heads)} and the data ask {', '.join(chosen.heads)}, "
            "with other classes: give data with the classes that it was trained on."
        )
    found = candidate.answer(chosen.images)
    result: dict[str, Any] = {"fer2013_accuracy": None, "ferplus_accuracy": None, "n": len(chosen)}
    result |= _accuracies(found, chosen, shared)
    result |= {"model": candidate.name, "split": split, **_dropped(faces)}
    result["heads"] = {
        head: report(found[head], chosen.answers[head].truth, chosen.answers[head].labels) for head in shared
    }
    if any(chosen.groups):
        result["groups"] = _by_group(found, chosen, shared)
    if chosen.has_box and chosen.found.any():
        seen = chosen.at(chosen.found)
        same = {head: values[chosen.found] for head, values in found.items()}
        boxed = _accuracies(candidate.answer(seen.box), seen, shared)
        result["box"] = {**boxed, "n": len(seen), "dataset": _accuracies(same, seen, shared)}
    if coded:
        from training.face.evaluate import units_result  # noqa: PLC0415

        result["units"] = units_result(found, candidate.curves, chosen) if candidate.curves else None
    return result, found


def _dropped(faces: Faces) -> dict[str, int]:
    return {key: value for key, value in faces.about.items() if key == "dropped_without_picture"}


def _accuracies(found: Probabilities, faces: Faces, heads: list[str]) -> dict[str, float | None]:
    scores = {f"{head}_accuracy": accuracy(found[head], faces.answers[head].truth) for head in heads}
    return {name: None if np.isnan(score) else round(score, 4) for name, score in scores.items()}


def _by_group(found: Probabilities, faces: Faces, heads: list[str]) -> dict[str, Any]:
    """Figures of each group of people; faces of no named group are under '(none)'."""
    table = {}
    for group in sorted(set(faces.groups.tolist())):
        mask = faces.groups == group
        table[group or "(none)"] = {"n": int(mask.sum())} | {
            f"{head}_{key}": report(found[head][mask], faces.answers[head].truth[mask], labels)[key]
            for head, labels in faces.heads.items()
            if head in heads
            for key in ("accuracy", "balanced_accuracy")
        }
    return table


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [f"{result['model']} on {result['n']} faces of {result['split']}"]
    if dropped := result.get("dropped_without_picture"):
        lines.append(f"({dropped} rows of the file without a picture were dropped)")
    for head, figures in result["heads"].items():
        lines += ["", _headline(head, figures), f"  {'':14}  faces  precision  recall    f1"]
        lines += [
            f"  {label:14}  {row['faces']:5}  {_number(row['precision'], 9)}  {_number(row['recall'], 6)}  "
            f"{_number(row['f1'], 4)}"
            for label, row in figures["classes"].items()
        ]
    for title, table in (("by group", result.get("groups")), ("as the box crops them", _box_rows(result))):
        if table:
            lines += ["", title]
            lines += [f"  {name:14}  " + _cells(row) for name, row in table.items()]
    if "units" in result:
        from training.face.evaluate import units_text  # noqa: PLC0415

        lines += units_text(result["units"])
    return "\n".join(lines)


def _headline(head: str, figures: dict[str, Any]) -> str:
    return (
        f"{head}: accuracy {_number(figures['accuracy'])}, balanced {_number(figures['balanced_accuracy'])}, "
        f"calibration error {_number(figures['ece'])} ({figures['faces']} faces with a right answer)"
    )


def _box_rows(result: dict[str, Any]) -> dict[str, Any]:
    if "box" not in result:
        return {}
    box = {key: value for key, value in result["box"].items() if key != "dataset"}
    return {"box crop": box, "dataset crop": {"n": box["n"], **result["box"]["dataset"]}}


def _cells(row: dict[str, Any]) -> str:
    return "  ".join(f"{key} {value if isinstance(value, int) else _number(value)}" for key, value in row.items())


def _number(value: float | None, width: int = 0) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:{width}.3f}"
