"""What a float network says of faces."""

import keras
import numpy as np
from numpy.typing import NDArray


def predict(network: keras.Model, white: float, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Logits of each head for N × 48 × 48 images; `white` is the value of a white pixel at the input."""
    values = images[..., None].astype(np.float32) * np.float32(white / 255)
    outputs = network.predict(values, batch_size=256, verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return dict(zip(network.output_names, outputs, strict=True))
