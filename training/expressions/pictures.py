"""Pictures of an evaluation: the confusion matrix and the calibration diagram of each head."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.candidate import Answers
from training.data.faces import Faces
from training.metrics import calibration_bins, calibration_error


def draw_all(result: dict[str, Any], found: Answers, faces: Faces, folder: Path) -> None:
    """Write `confusion-HEAD.png` and `calibration-HEAD.png` for each head of `evaluate`'s result."""
    folder.mkdir(parents=True, exist_ok=True)
    for head, figures in result["heads"].items():
        if figures["faces"]:
            title = f"{result['model']}, {result['split']}: {head}"
            draw_confusion(figures, title, folder / f"confusion-{head}.png")
            draw_calibration(found[head], faces.answers[head].truth, title, folder / f"calibration-{head}.png")


def draw_confusion(figures: dict[str, Any], title: str, path: Path) -> None:
    """Draw the confusion matrix of a head's `metrics.report` as shares of each right class, and write it to `path`."""
    labels, counts = list(figures["classes"]), np.array(figures["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(1.6 + 0.75 * len(labels), 1.2 + 0.7 * len(labels)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.5 else "black"
        axes.text(column, row, f"{share:.2f}\n{counts[row, column]}", ha="center", va="center", color=colour, size=8)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set(title=title, xlabel="answered", ylabel="right")
    figure.savefig(path, dpi=110)


def draw_calibration(probabilities: NDArray[np.float32], expected: NDArray[np.int64], title: str, path: Path) -> None:
    """Draw how often answers are right against how sure they are, and write it to `path`."""
    sure, right, counts = zip(*calibration_bins(probabilities, expected), strict=True)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1, label="as sure as right")
    axes.bar(sure, np.array(counts) / sum(counts), width=0.03, color="lightsteelblue", label="share of faces")
    axes.plot(sure, right, marker="o", label="measured")
    error = calibration_error(probabilities, expected)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy", title=f"{title} (error {error:.3f})")
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=110)
