"""Pictures of a training: its course, and what its network makes of faces."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.personal.fit import network_of
from training.personal.pairs import Learnt
from training.personal.recipe import PersonalRecipe
from training.personal.watched import shown_pairs

CURVES, FACES = "curves.png", "faces.png"
_PAIRS = 6
_COLUMNS = ("face", "neutral", "flow to it", "the other's neutral", "built again")
_PLACES = 16


def draw(path: Path, network: keras.Model, recipe: PersonalRecipe, faces: Learnt) -> None:
    """Draw what a network makes of some pairs: each face, its neutral face, the flow that leads to it, the neutral
    face of the other of the pair, and the face that was built again from that one."""
    x, made = shown_pairs(network, recipe, faces, _PAIRS)
    kind = network_of(recipe)
    face, neutral, again = (kind.seen(one).numpy() for one in (x, made.neutral, made.exchanged))
    pairs = len(face) // 2
    figure = Figure(figsize=(1.5 * len(_COLUMNS), 1.5 * pairs + 0.4), layout="constrained")
    grid = figure.subplots(pairs, len(_COLUMNS), squeeze=False)
    for row in range(pairs):
        pictures = (face[row], neutral[row], face[row], neutral[pairs + row], again[row])
        for axes, picture in zip(grid[row], pictures, strict=True):
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
            axes.set_axis_off()
        _arrows(grid[row][2], made.flow[row, ..., :2].numpy(), kind.side)
    for axes, title in zip(grid[0], _COLUMNS, strict=True):
        axes.set_title(title, size=8)
    figure.savefig(path, dpi=110)


def draw_curves(path: Path, history: list[dict[str, Any]], title: str) -> None:
    """Draw the course of a training from its history, as meta.json has it."""
    epochs = range(1, len(history) + 1)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [row["loss"] for row in history], marker=".")
    left.set(title=f"{title}: loss", xlabel="epoch")
    labels = {
        "rebuilt": "a face and what was built again",
        "apart": "two faces of a pair",
        "neutral_apart": "their neutral faces",
    }
    for key, label in labels.items():
        right.plot(epochs, [row[key] for row in history], marker=".", label=label)
    right.set(title="mean difference, share of white", xlabel="epoch", ylim=(0, None))
    right.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def _arrows(axes: Any, flow: NDArray[np.float32], side: int) -> None:
    """From each place of the neutral face to where it is taken from."""
    every = max(flow.shape[0] // _PLACES, 1)
    places = np.linspace(0, side - 1, flow.shape[0])[::every]
    x, y = np.meshgrid(places, places)
    moved = flow[::every, ::every] * (side - 1) / 2
    axes.quiver(
        x, y, moved[..., 0], moved[..., 1], angles="xy", scale_units="xy", scale=1, color="tab:orange", width=0.006
    )
