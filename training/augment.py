"""Random changes to training images: what differs between two pictures of the same expression."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Augmentation:
    """Largest change of each kind.

    rotation: degrees; scale: fraction; shift: pixels; contrast: factor about the mean, as a fraction; brightness:
    fraction of the full range; cutout: side of the blanked square in pixels, for half of the images.
    """

    rotation: float = 12.0
    scale: float = 0.12
    shift: float = 3.5
    contrast: float = 0.3
    brightness: float = 0.15
    cutout: int = 14


def augment(images: NDArray[np.uint8], rng: np.random.Generator, limits: Augmentation) -> NDArray[np.float32]:
    """Change every image at random.

    Args:
        images: N × H × W, uint8.

    Returns:
        N × H × W × 1, float32 in [0, 1].
    """
    count = len(images)
    draws = rng.uniform(-1, 1, (count, 6)).astype(np.float64)
    flips, cuts = rng.random((2, count)) < 0.5
    warped = [_warp(image, draw, flip, limits) for image, draw, flip in zip(images, draws, flips, strict=True)]
    faces = np.stack(warped).astype(np.float32) / 255
    gain = (1 + limits.contrast * draws[:, 4]).astype(np.float32)[:, None, None]
    offset = (limits.brightness * draws[:, 5]).astype(np.float32)[:, None, None]
    mean = faces.mean(axis=(1, 2), keepdims=True)
    changed: NDArray[np.float32] = np.clip((faces - mean) * gain + mean + offset, 0, 1)
    for face in np.flatnonzero(cuts):
        _cut(changed[face], rng, limits.cutout)
    return changed[..., None]


def _warp(image: NDArray[np.uint8], draw: NDArray[np.float64], flip: bool, limits: Augmentation) -> NDArray[np.uint8]:
    """Rotate, scale and shift about the centre in one resampling, then mirror."""
    height, width = image.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, limits.rotation * draw[0], 1 + limits.scale * draw[1])
    matrix[:, 2] = matrix[:, 2] + limits.shift * draw[2:4]
    warped = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped[:, ::-1] if flip else warped)


def _cut(face: NDArray[np.float32], rng: np.random.Generator, side: int) -> None:
    """Blank a square anywhere, partly outside too, with the mean: hands, hair and masks hide parts of faces."""
    row, column = rng.integers(-side // 2, np.array(face.shape) - side // 2)
    face[max(row, 0) : row + side, max(column, 0) : column + side] = face.mean()
