"""What the page asks of a face network."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FaceBox:
    """Where a face is, in shares of the picture's width and height."""

    left: float
    top: float
    width: float
    height: float


class Network(Protocol):
    """What looks at pictures, (height, width, 3) RGB."""

    def __call__(self, picture: NDArray[np.uint8]) -> dict[str, float] | None:
        """Intensity 0–5 of each unit that is seen; None: no face is found."""

    def face(self, picture: NDArray[np.uint8]) -> FaceBox | None:
        """Where the face is; None: none is found."""
