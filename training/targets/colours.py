"""The colours of a picture: what of it lies in a range of hue, saturation and value, and how much of each part of the
face that is.

Bounds are OpenCV's: hue 0–180 (two degrees each), saturation and value 0–255; a range whose hue ends below its
beginning goes over red. They describe the picture, light and camera included, and say nothing of a person's state.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.arrays import ByteImage
from device.contract.errors import ConfigError
from training.targets.points import REGIONS, point_set

LOW, HIGH = (0, 50, 50), (180, 255, 255)
_WHITE = 255
FACE, PICTURE = "face", "picture"
#: The irises' points lie in the eyes.
_OF_EYES = {"right iris": "right eye", "left iris": "left eye"}


@dataclass(frozen=True)
class Share:
    """A part of the face, the whole face, or the picture: its pixels, and how many lie in the range."""

    region: str
    pixels: int
    within: int

    @property
    def share(self) -> float:
        """0–1; NaN of a part that is not in the picture."""
        return self.within / self.pixels if self.pixels else float("nan")


def in_range(
    image: ByteImage, low: tuple[int, int, int] = LOW, high: tuple[int, int, int] = HIGH
) -> NDArray[np.bool_]:
    """Which pixels of a BGR picture lie in the range, its ends in it (height, width). Raises `ConfigError`: bounds
    that no colour can reach."""
    for name, bound in (("low", low), ("high", high)):
        if not (0 <= bound[0] <= 180 and all(0 <= value <= 255 for value in bound[1:])):
            raise ConfigError(f"The {name} bound is {bound}: hue is 0–180, saturation and value are 0–255.")
    if low[1] > high[1] or low[2] > high[2]:
        raise ConfigError(f"Nothing lies between {low} and {high}: give the lower bound first.")
    hue, saturation, value = np.moveaxis(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), 2, 0)
    hues = (hue >= low[0]) & (hue <= high[0]) if low[0] <= high[0] else (hue >= low[0]) | (hue <= high[0])
    others = (saturation >= low[1]) & (saturation <= high[1]) & (value >= low[2]) & (value <= high[2])
    return np.asarray(hues & others, bool)


def kept(image: ByteImage, within: NDArray[np.bool_]) -> ByteImage:
    """The picture with white where it is not in the range."""
    return np.asarray(np.where(within[..., None], image, _WHITE), np.uint8)


def regions_of(shape: tuple[int, int], landmarks: NDArray[np.floating]) -> NDArray[np.int8]:
    """Which of `REGIONS` each pixel (height, width) is in: that of the nearest landmark, within the outline of them
    all; -1 elsewhere.

    Args:
        landmarks: (468 or 478, 2) pixels.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415

    found = np.full(shape, -1, np.int8)
    outline = cv2.convexHull(landmarks[:468].astype(np.float32))
    filled = np.zeros(shape, np.uint8)
    cv2.fillPoly(filled, [np.rint(outline).astype(np.int32)], 1)
    rows, columns = np.nonzero(filled)
    if not len(rows):
        return found
    names = [_OF_EYES.get(region, region) for region in point_set(478).regions[: len(landmarks)]]
    numbers = np.array([REGIONS.index(name) for name in names], np.int8)
    nearest = cKDTree(landmarks).query(np.stack([columns, rows], 1) + 0.5)[1]
    found[rows, columns] = numbers[nearest]
    return found


def shares_of(within: NDArray[np.bool_], regions: NDArray[np.int8]) -> list[Share]:
    """Of each part of the face, of the face and of the picture; irises count to the eyes."""
    found = []
    for number, region in enumerate(REGIONS):
        if region not in _OF_EYES:
            own = regions == number
            found.append(Share(region, int(own.sum()), int((own & within).sum())))
    face = regions >= 0
    found.append(Share(FACE, int(face.sum()), int((face & within).sum())))
    return [*found, Share(PICTURE, within.size, int(within.sum()))]
