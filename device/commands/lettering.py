"""Text on pictures, in a typeface that reads well when small; OpenCV has line drawings only."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from device.arrays import ByteImage, FloatArray

Colour = tuple[int, int, int]


@lru_cache(maxsize=4096)
def width_of(text: str, size: int) -> int:
    """Pixels that a text takes in a size of letters."""
    return round(_font(size).getlength(text))


def shortened(text: str, room: int, size: int) -> str:
    """As much of a text as there is room for, in pixels."""
    while width_of(text, size) > room and len(text) > 2:
        text = text[:-2].rstrip(" .,") + "."
    return text


def write(canvas: ByteImage, x: int, base: int, text: str, size: int, colour: Colour) -> None:
    """Draw a text on a BGR picture, from `x` on and standing on the line `base`; what does not fit is cut off."""
    if not text or not 0 <= x < canvas.shape[1]:
        return
    mask, above = _mask(text, size)
    top = base - above
    place = canvas[max(top, 0) : max(top, 0) + mask.shape[0], x : x + mask.shape[1]]
    shown = mask[: place.shape[0], : place.shape[1], None]
    place[:] = (place * (1 - shown) + np.array(colour, np.float32) * shown + 0.5).astype(np.uint8)


@lru_cache(maxsize=4096)
def _mask(text: str, size: int) -> tuple[FloatArray, int]:
    """How far (height, width) 0–1 each pixel is covered, and the rows above the line that the letters stand on."""
    font = _font(size)
    above, below = font.getmetrics()
    picture = Image.new("L", (width_of(text, size) + 2, above + below))
    ImageDraw.Draw(picture).text((0, above), text, fill=255, font=font, anchor="ls")
    return np.asarray(picture, np.float32) / np.float32(255), above


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
