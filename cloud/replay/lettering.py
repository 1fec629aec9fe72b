"""Text on pictures, by matplotlib's own letters."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
_DOTS_PER_INCH, _FINE = 72.0, 64


def width_of(text: str, size: int, bold: bool = False) -> int:
    """Pixels that a text takes in a size of letters."""
    return _mask(text, size, bold)[0].shape[1] if text else 0


def write(canvas: Picture, x: int, base: int, text: str, size: int, colour: Colour, bold: bool = False) -> None:
    """Draw a text on an RGB picture, from `x` on and standing on the line `base`; what does not fit is cut off."""
    if not text or not 0 <= x < canvas.shape[1]:
        return
    mask, above = _mask(text, size, bold)
    top = max(base - above, 0)
    place = canvas[top : top + mask.shape[0], x : x + mask.shape[1]]
    shown = mask[: place.shape[0], : place.shape[1], None]
    place[:] = (place * (1 - shown) + np.array(colour, np.float32) * shown + 0.5).astype(np.uint8)


def shortened(text: str, room: int, size: int, bold: bool = False) -> str:
    """As much of a text as there is room for, in pixels."""
    while text and width_of(text, size, bold) > room:
        text = f"{text[:-2].rstrip(' ,.…')}…" if len(text) > 2 else ""
    return text


@lru_cache(maxsize=2048)
def _mask(text: str, size: int, bold: bool) -> tuple[NDArray[np.float32], int]:
    """How far (height, width) 0–1 each pixel is covered, and the rows above the line that the letters stand on."""
    font = _font(size, bold)
    font.set_text(text)
    font.draw_glyphs_to_bitmap(antialiased=True)
    found = np.asarray(font.get_image(), np.float32) / np.float32(255)
    return found, found.shape[0] - round(font.get_descent() / _FINE)


@lru_cache
def _font(size: int, bold: bool):  # type: ignore[no-untyped-def]  # matplotlib's, imported when it is needed
    from matplotlib.font_manager import FontProperties, findfont  # noqa: PLC0415
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    font = FT2Font(findfont(FontProperties("DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(size, _DOTS_PER_INCH)
    return font
