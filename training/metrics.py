"""How good a classifier is: accuracy, precision, recall, calibration, agreement. numpy only.

Logits and probabilities are N × classes, float32. Expected classes are N; -1 means that the face has no right answer
and is skipped.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BINS = 15


def accuracy(scores: Floats, expected: Ints) -> float:
    """Fraction of right answers of logits or probabilities; not a number where no face has one."""
    known = expected >= 0
    return float((scores[known].argmax(axis=1) == expected[known]).mean()) if known.any() else float("nan")


def confusion(scores: Floats, expected: Ints) -> Ints:
    """Classes × classes counts: row is what is right, column what was answered."""
    known, classes = expected >= 0, scores.shape[1]
    pairs = expected[known] * classes + scores[known].argmax(axis=1)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def report(probabilities: Floats, expected: Ints, labels: tuple[str, ...]) -> dict[str, Any]:
    """Everything about one head, rounded for print: see the keys. `None` where a class has no face (or no answer)."""
    table = confusion(probabilities, expected)
    right, asked, answered = table.diagonal(), table.sum(axis=1), table.sum(axis=0)
    recall = [_ratio(r, n) for r, n in zip(right, asked, strict=True)]
    precision = [_ratio(r, n) for r, n in zip(right, answered, strict=True)]
    f1 = [_ratio(2 * r, n + m) for r, n, m in zip(right, asked, answered, strict=True)]
    return {
        "faces": int(table.sum()),
        "accuracy": _ratio(right.sum(), table.sum()),
        "balanced_accuracy": round(float((right / np.maximum(asked, 1))[asked > 0].mean()), 4)
        if asked.any()
        else None,
        "ece": round(calibration_error(probabilities, expected), 4) if table.sum() else None,
        "classes": {
            label: {"faces": int(asked[i]), "precision": precision[i], "recall": recall[i], "f1": f1[i]}
            for i, label in enumerate(labels)
        },
        "confusion": table.tolist(),
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(float(part / whole), 4) if whole else None


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """N × classes probabilities of the logits divided by `temperature`."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def calibration_bins(probabilities: Floats, expected: Ints) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and number of faces in each of 15 equal bins of confidence but empty ones."""
    known = expected >= 0
    confidence = probabilities[known].max(axis=1)
    right = probabilities[known].argmax(axis=1) == expected[known]
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    chosen = [bins == number for number in range(BINS)]
    return [(float(confidence[b].mean()), float(right[b].mean()), int(b.sum())) for b in chosen if b.any()]


def calibration_error(probabilities: Floats, expected: Ints) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over the bins (Guo et al. 2017)."""
    bins = calibration_bins(probabilities, expected)
    return sum(abs(right - sure) * count for sure, right, count in bins) / sum(count for _, _, count in bins)


def fit_temperature(logits: Floats, expected: Ints, weights: NDArray[np.float64] | None = None) -> float:
    """The temperature between 0.25 and 4 at which the right answers are most likely, to 1 %; faces count as `weights`
    (N,)."""
    known = np.flatnonzero(expected >= 0)
    weigh = None if weights is None else weights[known]

    def surprise(temperature: float) -> float:
        return -float(np.average(np.log(softmax(logits, temperature)[known, expected[known]] + 1e-12), weights=weigh))

    return float(min(np.geomspace(0.25, 4.0, 281), key=surprise))


def compare(exact: Floats, quantized: Floats, expected: Ints, labels: tuple[str, ...]) -> dict[str, Any]:
    """Figures of one head, float network against int8 network, rounded for print.

    Errors are in units of logits. Accuracy per class is that of the int8 network over the faces of that class
    (recall); `None` where there is no such face. Agreement is over all faces, those without a right answer too.
    """
    temperature = round(fit_temperature(quantized, expected), 3)
    error = np.abs(exact - quantized)
    classes = {label: expected == number for number, label in enumerate(labels)}
    figures = {
        "accuracy_float": accuracy(exact, expected),
        "accuracy": accuracy(quantized, expected),
        "agreement": float((exact.argmax(axis=1) == quantized.argmax(axis=1)).mean()),
        "logit_error_mean": float(error.mean()),
        "logit_error_max": float(error.max()),
        "ece_raw": calibration_error(softmax(quantized), expected),
        "ece": calibration_error(softmax(quantized, temperature), expected),
    }
    return {
        "faces": int((expected >= 0).sum()),
        **{name: round(value, 4) for name, value in figures.items()},
        "temperature": temperature,
        "accuracy_per_class": {
            label: _ratio(int((quantized[rows].argmax(axis=1) == number).sum()), int(rows.sum()))
            for number, (label, rows) in enumerate(classes.items())
        },
        "faces_per_class": {label: int(rows.sum()) for label, rows in classes.items()},
    }
