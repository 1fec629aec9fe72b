"""How good a run or a bundle is on people whom it has never seen, in the papers' tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from device.contract.errors import DataError
from device.contract.manifest import Bundle
from training.action_units.data import Annotated, Values
from training.action_units.estimators import bundle_estimator, runs_estimator
from training.action_units.folds import folds
from training.action_units.scores import Scores, means, over_folds, report, rounded
from training.candidate import Candidate

if TYPE_CHECKING:
    from training.action_units.recipe import AuRecipe
    from training.run_folder import Run

TITLES = {
    "faces": "faces",
    "present": "present",
    "f1": "F1",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced",
    "auc": "AUC",
    "icc": "ICC(3,1)",
    "mse": "MSE",
    "mae": "MAE",
    "pcc": "PCC",
}


def evaluate_run(folder: Path, data: Annotated) -> dict[str, Any]:
    """Every trained fold on its held-out participants; see `_result`.

    Raises:
        ConfigError: no run, or one of other data.
    """
    from training.action_units.recipe import AuRecipe  # noqa: PLC0415 - a bundle needs no TensorFlow
    from training.run_folder import runs_of  # noqa: PLC0415

    parts = []
    for run in runs_of(AuRecipe, folder):
        held_out = held_out_of(run, data)
        parts.append(_part(runs_estimator(folder.name, [run]), held_out, run.meta["fold"]))
    return _result(folder.name, parts)


def held_out_of(run: "Run[AuRecipe]", data: Annotated) -> Annotated:
    """The participants whom a fold's run never saw, with what it learnt of others. Raises `ConfigError` if it was
    trained on other data."""
    from training.run_folder import require_data  # noqa: PLC0415

    require_data(run, data.digest())
    return data.at(folds(data, run.recipe.folds, run.recipe.seed) == run.meta["fold"]).only(run.recipe.wanted())


def evaluate_bundle(bundle: Bundle, data: Annotated) -> dict[str, Any]:
    """A bundle on all faces, or on its held-out participants where it was trained on the others; see `_result`.

    Raises:
        ModelError, RuntimeMissingError: it cannot be run, or is for something else.
        DataError: no action unit in common, or crops of another size.
    """
    estimator, receipt = bundle_estimator(bundle), bundle.manifest.receipt
    fold = receipt.get("fold") if receipt.get("data_digest") == data.digest() else None
    if fold is not None:
        data = data.at(folds(data, receipt["recipe"]["folds"], receipt["seed"]) == fold)
    return _result(estimator.name, [_part(estimator, data, fold)])


def _part(estimator: Candidate, data: Annotated, fold: int | None) -> dict[str, Any]:
    """Figures on some participants, unrounded."""
    if estimator.side != data.side:
        raise DataError(f"{estimator.name} takes crops of {estimator.side} pixels, and these have {data.side}.")
    said = estimator.answer(data.images)
    shared = {head: _arranged(said[head], estimator.heads[head], labels) for head, labels in _shared(estimator, data)}
    found = report(shared, data)
    people = len(set(data.participants.tolist()))
    return {"fold": fold, "participants": people, "faces": len(data), "report": found}


def _shared(estimator: Candidate, data: Annotated) -> list[tuple[str, tuple[str, ...]]]:
    pairs = [
        (head, labels) for head, labels in data.labels.items() if set(labels) & set(estimator.heads.get(head, ()))
    ]
    if not pairs:
        raise DataError(f"{estimator.name} and the data have no action unit in common: give data of its action units.")
    return pairs


def _arranged(said: Values, labels: tuple[str, ...], wanted: tuple[str, ...]) -> Values:
    """The columns in the order of `wanted`, NaN for those that are not answered."""
    unknown = np.full(len(said), np.nan, np.float32)
    return np.stack([said[:, labels.index(w)] if w in labels else unknown for w in wanted], axis=1)


def _result(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """`model`; `folds` (with participants, faces, report and means of each); `report`, each action unit's figures
    averaged over folds; `means` of these over action units. Rounded for print."""
    whole = over_folds([part["report"] for part in parts])
    listed = [part | {"report": rounded(part["report"]), "means": means(part["report"])} for part in parts]
    return {"model": name, "folds": listed, "report": rounded(whole), "means": means(whole)}


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [result["model"]]
    for part in result["folds"]:
        name = f"held out of fold {part['fold']}" if part["fold"] else "all"
        lines.append(f"  {name}: {part['faces']} faces of {part['participants']} participants")
    for head, rows in result["report"].items():
        lines += ["", *_table(head, rows, result["means"].get(head, {}))]
    return "\n".join(lines)


def _table(head: str, rows: dict[str, Scores], mean: Scores) -> list[str]:
    columns = list(next(iter(rows.values())))
    lines = [f"{head:10}" + "".join(f"{TITLES[name]:>10}" for name in columns)]
    for label, scores in [*rows.items(), ("mean", mean)]:
        lines.append(f"{label:10}" + "".join(_cell(scores.get(name)) for name in columns))
    return lines


def _cell(value: float | int | None) -> str:
    if value is None:
        return f"{'-':>10}"
    return f"{value:10d}" if isinstance(value, int) else f"{value:10.3f}"
