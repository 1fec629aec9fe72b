"""How good the expressions of a bundle or a run are on a split, for people and as JSON."""

from typing import Any

import numpy as np

from device.contract.errors import DataError
from training.candidate import Answers, Candidate
from training.data.faces import Faces
from training.metrics import accuracy, report


def evaluate(candidate: Candidate, faces: Faces, split: str, needed: bool = True) -> tuple[dict[str, Any], Answers]:
    """Everything that is known about the candidate on a split.

    Args:
        needed: whether there has to be an expression that both the candidate and the data know.

    Returns:
        The result, with `HEAD_accuracy` for each head, `n` faces, `heads` (see `metrics.report`), `groups` where the
        data name them, and `box` where there are crops of the box (over the faces that it finds, with `dataset`, the
        same faces in the data set's crop); and what the candidate says of the data set's crops.

    Raises:
        DataError: no such split, or no head whose labels the data and the candidate share.
    """
    chosen = faces.split(split)
    shared = [head for head, labels in chosen.heads.items() if candidate.heads.get(head) == labels]
    if needed and not shared:
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
    return result, found


def _dropped(faces: Faces) -> dict[str, int]:
    return {key: value for key, value in faces.about.items() if key == "dropped_without_picture"}


def _accuracies(found: Answers, faces: Faces, heads: list[str]) -> dict[str, float | None]:
    scores = {f"{head}_accuracy": accuracy(found[head], faces.answers[head].truth) for head in heads}
    return {name: None if np.isnan(score) else round(score, 4) for name, score in scores.items()}


def _by_group(found: Answers, faces: Faces, heads: list[str]) -> dict[str, Any]:
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
