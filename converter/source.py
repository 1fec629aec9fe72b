"""The seam to what is converted: Keras networks, SavedModels, ONNX files, existing .tflite files.

A source gives the .tflite bytes of each scheme and answers rows exactly, in its own framework, which is what the
converted network is compared with.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConversionError

Floats = NDArray[np.float32]


class Source(Protocol):
    """A network with one input."""

    shape: tuple[int, ...]
    """Of the input, with a batch of 1."""

    kind: str
    """Named in the bundle's provenance."""

    def to_tflite(self, scheme: str, calibration: Floats | None) -> bytes:
        """The network in `scheme`. Raises `ConversionError`: not possible, and why."""

    def predict(self, x: Floats) -> dict[str, Floats]:
        """Real outputs of every row, N × shape without the batch, by the source's names."""


def fixed_shape(shape: tuple[int | None, ...], wanted: tuple[int, ...], where: str) -> tuple[int, ...]:
    """The input's shape with a batch of 1.

    Args:
        shape: the source's, None where it is open. An open batch becomes 1.
        wanted: the recipe's, or empty.
        where: named in errors.

    Raises:
        ConversionError: another batch, a size left open by both, or a recipe that contradicts the source.
    """
    filled: tuple[int | None, ...] = wanted or (shape[0] or 1, *shape[1:])
    if len(filled) != len(shape) or any(have not in (None, want) for have, want in zip(shape, filled, strict=True)):
        raise ConversionError(f"{where} takes {_shown(shape)}, and the recipe's input.shape is {_shown(wanted)}.")
    if filled[0] != 1:
        raise ConversionError(f"{where} takes a batch of {filled[0]}: export it with a batch of 1, or an open one.")
    if None in filled:
        at = filled.index(None)
        raise ConversionError(
            f"{where} takes {_shown(shape)}: dimension {at} is dynamic, and the box needs a fixed one: "
            "export it with one, or name it by input.shape in the recipe."
        )
    return tuple(int(n) for n in filled if n is not None)


def _shown(shape: tuple[int | None, ...]) -> str:
    return " × ".join("?" if n is None else str(n) for n in shape)
