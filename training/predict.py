"""What a float network says of faces."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def predict(network: keras.Model, white: float, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Logits of each head for N × 48 × 48 images; `white` is the value of a white pixel at the input."""
    outputs = listed(network.predict(pixels(images, white), batch_size=256, verbose=0))
    return dict(zip(network.output_names, outputs, strict=True))


def pixels(images: NDArray[np.uint8], white: float) -> NDArray[np.float32]:
    """N × 48 × 48 grey values as the network takes them, N × 48 × 48 × 1 from 0 to `white`."""
    return images[..., None].astype(np.float32) * np.float32(white / 255)


def listed(outputs: Any) -> list[Any]:
    """A network's outputs as a list, also where it has only one."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
