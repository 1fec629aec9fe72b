"""`evaluate` of a face network: action units and what is hidden, on coded faces, with what `export` measures by."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.runtime.model import activate
from training.data.faces import Faces
from training.face.calibrate import centre_hidden, curves_of
from training.face.data import ACTIVATIONS, Said, learnable, unseen
from training.face.measure import hidden_table, means_of, twice_table
from training.face.ordinal import Floats
from training.face.recipe import FaceRecipe
from training.networks.face import UNITS
from training.predict import predict
from training.run_folder import Run, load_run_of

_COLUMNS = {"faces": 5, "present": 7, "auc": 5, "f1": 5, "icc": 5, "mae": 5, "ceiling_f1": 7}
_TITLES = {"auc": "AUC", "f1": "F1", "icc": "ICC", "mae": "error", "ceiling_f1": "ceiling"}


def open_run(folder: Path, data: Faces) -> tuple[Run[FaceRecipe], dict[str, Floats]]:
    """A run, calibrated by the codes that it has not seen as an export would be, and head → curves; none where `data`
    are not those of its training. Raises `ConfigError`, `DataError`."""
    run = load_run_of(FaceRecipe, folder)
    if run.meta.get("data") != data.digest():
        return run, {}
    kept = unseen(learnable(data), run.recipe.units)
    centre_hidden(run, kept)
    return run, curves_of(lambda images: predict(run.network, run.recipe.network.white, images), kept)


def said_of(run: Run[FaceRecipe], images: NDArray[np.uint8]) -> Said:
    """What a bundle of the run would say: probabilities, and places on the scales of units."""
    values = predict(run.network, run.recipe.network.white, images)
    return {head: activate(answers, ACTIVATIONS.get(head, "softmax")) for head, answers in values.items()}


def units_result(said: Said, curves: dict[str, Floats], faces: Faces) -> dict[str, Any]:
    """`coded` faces; `twice`, a table of units on faces that two or more coded, and its `means`; `hidden`."""
    table = twice_table(said[UNITS], curves[UNITS], faces)
    return {
        "coded": len(np.unique(faces.codings.face)),
        "twice": table,
        "means": means_of(table),
        "hidden": hidden_table(said["hidden"], faces.codings.means(len(faces))[1]),
    }


def units_text(result: dict[str, Any] | None) -> list[str]:
    """The same for a person; None says that the run was trained on other data."""
    if result is None:
        why = "a run is calibrated by the data of its training, which these are not. Export it and give the bundle."
        return ["", f"action units: not measured, for {why}"]
    means = ", ".join(f"{name.replace('_', ' ')} {_cell(value)}" for name, value in result["means"].items())
    lines = ["", f"action units ({result['coded']} coded faces, figures on those coded twice): {means}"]
    lines += _table("", _COLUMNS, result["twice"])
    return [*lines, "", *_table("hidden", {"faces": 5, "hidden": 7, "auc": 5, "f1": 5}, result["hidden"])]


def _table(corner: str, columns: dict[str, int], rows: dict[str, dict[str, float | int | None]]) -> list[str]:
    lines = [f"  {corner:6}" + "".join(f"  {_TITLES.get(name, name):>{width}}" for name, width in columns.items())]
    for title, row in rows.items():
        lines.append(f"  {title:6}" + "".join(f"  {_cell(row[name]):>{width}}" for name, width in columns.items()))
    return lines


def _cell(value: float | int | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"
