"""Pictures as a page shows them: bytes of a file that browsers know, and what they are."""

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.contract.errors import SourceError

_SHOWN = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".bmp": "image/bmp"}
_JPEG_QUALITY = 92
_SMALL = 256  # pixels; below, pictures are kept as they are


@dataclass(frozen=True)
class Picture:
    """A file in memory, such as `image/jpeg`."""

    content: bytes
    media_type: str


def file_picture(path: Path, longest: int | None) -> Picture:
    """A file as it is, or smaller, where it is larger than `longest` pixels. Raises `SourceError`."""
    media_type = _SHOWN.get(path.suffix.lower())
    content = _content(path)
    pixels = _decoded(content, path)  # whether it can be read, too
    if media_type and (longest is None or max(pixels.shape[:2]) <= longest):
        return Picture(content, media_type)
    return encoded(pixels, longest)


def file_pixels(path: Path) -> NDArray[np.uint8]:
    """A file's picture, (height, width, 3) RGB. Raises `SourceError`."""
    return _decoded(_content(path), path)


def encoded(pixels: NDArray[np.uint8], longest: int | None = None) -> Picture:
    """A picture, (height, width, 3) RGB or (height, width) grey; small ones without any loss."""
    side = max(pixels.shape[:2])
    if longest is not None and side > longest:
        height, width = (max(1, round(length * longest / side)) for length in pixels.shape[:2])
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    pixels = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    if side <= _SMALL:
        return Picture(cv2.imencode(".png", pixels)[1].tobytes(), "image/png")
    how = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    return Picture(cv2.imencode(".jpg", pixels, how)[1].tobytes(), "image/jpeg")


def rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey or RGB as (height, width, 3) RGB."""
    return np.repeat(pixels[..., None], 3, 2) if pixels.ndim == 2 else pixels


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        if not os.path.lexists(path):
            raise SourceError(f"{path} is not there any more: put it back, or mark the frame not codable.") from None
        raise SourceError(f"{path} cannot be read ({error.strerror}): allow it to be.") from None


def _decoded(content: bytes, path: Path) -> NDArray[np.uint8]:
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:
        image = None
    if image is None:
        raise SourceError(f"{path} is not a picture that can be read: replace it, or mark the frame not codable.")
    return np.ascontiguousarray(image[..., ::-1], np.uint8)
