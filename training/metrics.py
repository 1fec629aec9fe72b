"""How good a classifier is: accuracy, calibration, agreement. numpy only.

Logits are N × classes, float32. Expected classes are N; -1 means that the face has no right answer and is skipped.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.datasets import Faces

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BINS = 15


def truth(faces: Faces, head: str) -> Ints:
    """N: the right class for `head`. Faces whose FER+ majority is no emotion are -1 (Barsoum et al. 2016)."""
    return faces.majority() if head == "ferplus" else faces.labels


def accuracy(logits: Floats, expected: Ints) -> float:
    """Fraction of right answers."""
    known = expected >= 0
    return float((logits[known].argmax(axis=1) == expected[known]).mean())


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """N × classes probabilities of the logits divided by `temperature`."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def calibration_error(logits: Floats, expected: Ints, temperature: float = 1.0) -> float:
    """Expected calibration error: gap between confidence and accuracy over 15 equal bins (Guo et al. 2017)."""
    known = expected >= 0
    probabilities = softmax(logits[known], temperature)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == expected[known]
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(float((right[bins == b] - confidence[bins == b]).sum())) for b in range(BINS)]
    return sum(gaps) / len(confidence)


def fit_temperature(logits: Floats, expected: Ints) -> float:
    """The temperature between 0.25 and 4 at which the right answers are most likely, to 1 %."""
    known = np.flatnonzero(expected >= 0)

    def surprise(temperature: float) -> float:
        return -float(np.log(softmax(logits, temperature)[known, expected[known]] + 1e-12).mean())

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
        "ece_raw": calibration_error(quantized, expected),
        "ece": calibration_error(quantized, expected, temperature),
    }
    return {
        "faces": int((expected >= 0).sum()),
        **{name: round(value, 4) for name, value in figures.items()},
        "temperature": temperature,
        "accuracy_per_class": {
            label: round(accuracy(quantized[rows], expected[rows]), 4) if rows.any() else None
            for label, rows in classes.items()
        },
        "faces_per_class": {label: int(rows.sum()) for label, rows in classes.items()},
    }
