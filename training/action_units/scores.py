"""The figures of the papers' tables, for each action unit: numpy only.

Presence: F1, accuracy, balanced accuracy (mean of sensitivity and specificity), area under the ROC curve. Intensity:
ICC(3,1) (Shrout & Fleiss 1979), mean squared error, mean absolute error, Pearson's correlation. A figure that is not
defined, as the area where an action unit is never present, is None and has no part in means.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from device.stages.appearance import PRESENCE
from training.action_units.data import HEADS, Annotated, Values
from training.intraclass import agreement, sums

THRESHOLD = 0.5
Floats = NDArray[np.float64]
Scores = dict[str, float | int | None]
#: Head → action unit → figures.
Report = dict[str, dict[str, Scores]]
COUNTS = ("faces", "present")


def report(answers: dict[str, Values], data: Annotated) -> Report:
    """Figures of every action unit that both the answers and the data have.

    Args:
        answers: head → N × labels of the data: probabilities of presence, intensities 0–5; NaN where not answered.
    """
    found: Report = {}
    for head in (head for head in HEADS if head in answers):
        said = answers[head]
        scored = presence_scores if head == PRESENCE else intensity_scores
        rows = {}
        for column, label in enumerate(data.labels[head]):
            truth, answer = data.values[head][:, column], said[:, column]
            known = ~np.isnan(truth) & ~np.isnan(answer)
            if known.any():
                rows[label] = scored(answer[known].astype(np.float64), truth[known].astype(np.float64))
        found[head] = rows
    return found


def presence_scores(probabilities: Floats, truth: Floats) -> Scores:
    """Figures of one action unit, all (N,): probabilities, and what was coded, 1 or 0."""
    said, present = probabilities >= THRESHOLD, truth == 1
    hits, false_alarms = int((said & present).sum()), int((said & ~present).sum())
    misses, rejections = int((~said & present).sum()), int((~said & ~present).sum())
    sensitivity, specificity = _ratio(hits, hits + misses), _ratio(rejections, rejections + false_alarms)
    return {
        "faces": len(truth),
        "present": int(present.sum()),
        "f1": _ratio(2 * hits, 2 * hits + false_alarms + misses) if present.any() else None,
        "accuracy": _ratio(hits + rejections, len(truth)),
        "balanced_accuracy": None if sensitivity is None or specificity is None else (sensitivity + specificity) / 2,
        "auc": area(probabilities, present),
    }


def intensity_scores(values: Floats, truth: Floats) -> Scores:
    """Figures of one action unit, all (N,): estimated and coded intensities."""
    errors = values - truth
    return {
        "faces": len(truth),
        "icc": icc31(np.stack([values, truth], axis=1)),
        "mse": float((errors**2).mean()),
        "mae": float(np.abs(errors).mean()),
        "pcc": pearson(values, truth),
    }


def area(scores: Floats, positive: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve: how often a positive has the higher score than a negative, ties counting half."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # from 1, equal scores share the mean of theirs
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def icc31(ratings: Floats) -> float | None:
    """Intraclass correlation ICC(3,1) of faces × k raters; here k is 2, the network and the coder. None where nothing
    varies. See `training.intraclass`."""
    found = float(agreement(sums(ratings.astype(np.float64))).consistent)
    return None if math.isnan(found) else found


def pearson(values: Floats, truth: Floats) -> float | None:
    """Pearson's correlation; None where one of them does not vary."""
    if len(truth) < 2 or not values.std() or not truth.std():
        return None
    return float(np.corrcoef(values, truth)[0, 1])


def over_folds(reports: Sequence[Report]) -> Report:
    """Counts summed and figures averaged over folds, of those folds in which they are defined."""
    found: Report = {}
    for head in dict.fromkeys(head for folded in reports for head in folded):
        labels = dict.fromkeys(label for folded in reports for label in folded.get(head, {}))
        found[head] = {
            label: _joined([f[head][label] for f in reports if label in f.get(head, {})]) for label in labels
        }
    return found


def means(found: Report) -> dict[str, Scores]:
    """Head → each figure's mean over the action units for which it is defined, rounded for print."""
    return {head: _rounded(_joined(list(rows.values()), counts=False)) for head, rows in found.items() if rows}


def rounded(found: Report) -> Report:
    """The same, rounded for print."""
    return {head: {label: _rounded(scores) for label, scores in rows.items()} for head, rows in found.items()}


def _joined(rows: Sequence[Scores], counts: bool = True) -> Scores:
    joined: Scores = {}
    for name in rows[0]:
        values = [value for row in rows if (value := row[name]) is not None]
        if name not in COUNTS:
            joined[name] = float(np.mean(values)) if values else None
        elif counts:
            joined[name] = int(sum(values))
    return joined


def _rounded(scores: Scores) -> Scores:
    return {n: round(value, 4) + 0.0 if isinstance(value, float) else value for n, value in scores.items()}  # no -0.0


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
