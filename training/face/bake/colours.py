"""Colours of the digital face, by where a vertex is: nobody's skin, brows and lips that let their movements be seen.

Places are centimetres on the model's axes (x to the person's left, y up, z ahead) and taken on both sides.
"""

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray

Colour = tuple[int, int, int]
#: sRGB.
SKIN, LIPS, BROWS, LASHES = (208, 190, 176), (186, 152, 141), (118, 104, 94), (96, 82, 76)
TEETH, GUMS = (232, 228, 218), (168, 104, 98)
#: Middle line of a brow, and half its width at each point.
BROW = ((1.05, 5.42), (2.2, 5.78), (3.5, 5.92), (4.7, 5.55), (5.65, 4.85))
BROW_WIDTHS = (0.34, 0.36, 0.31, 0.24, 0.12)
#: Outline of the left half of the lips, from above the middle to below it.
LIP = ((0.0, -2.55), (0.75, -2.45), (1.7, -2.85), (2.45, -3.5), (1.8, -4.02), (1.03, -4.25), (0.0, -4.34))
LIP_SOFTNESS = 0.16
#: Edge of the upper lid.
LID = ((1.9, 3.28), (2.3, 3.66), (2.78, 3.93), (3.3, 4.04), (3.87, 3.89), (4.25, 3.65), (4.5, 3.42))
LID_WIDTH = 0.1


def linear(srgb: FloatArray) -> FloatArray:
    """sRGB 0–1 as linear light (IEC 61966-2-1)."""
    return np.asarray(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4), np.float32)


def skin_colours(vertices: FloatArray) -> FloatArray:
    """sRGB 0–1 (V, 3) of the skin."""
    return painted(vertices, SKIN, LIPS, BROWS, LASHES)


def painted(vertices: FloatArray, skin: Colour, lips: Colour, brows: Colour, lashes: Colour) -> FloatArray:
    """sRGB 0–1 (V, 3) of skin in these colours."""
    x, y, z = np.abs(vertices[:, 0]), vertices[:, 1], vertices[:, 2]
    ahead = z > 6.5
    colours = np.tile(_rgb(skin), (len(vertices), 1))
    for colour, share in (
        (lips, _within(x, y, LIP, LIP_SOFTNESS) * ahead),
        (brows, 0.75 * _along(x, y, BROW, BROW_WIDTHS) * ahead),
        (lashes, 0.8 * _along(x, y, LID, (LID_WIDTH,) * len(LID)) * ahead),
    ):
        colours += np.asarray(share)[:, None] * (_rgb(colour) - colours)
    return np.asarray(colours, np.float32)


def in_mouth(vertices: FloatArray) -> NDArray[np.bool_]:
    """Which vertices are about the mouth, its inside too (V,)."""
    x, y, z = np.abs(vertices[:, 0]), vertices[:, 1], vertices[:, 2]
    return np.asarray((x < 4.0) & (y > -7.5) & (y < -1.7) & (z > 0))


def plain(count: int, colour: Colour) -> FloatArray:
    """One colour (count, 3), sRGB 0–1."""
    return np.asarray(np.tile(_rgb(colour), (count, 1)), np.float32)


def _rgb(colour: Colour) -> FloatArray:
    return np.asarray(np.array(colour) / 255, np.float32)


def _along(
    x: FloatArray, y: FloatArray, line: tuple[tuple[float, float], ...], widths: tuple[float, ...]
) -> FloatArray:
    """1 on the line, falling to 0 across its width (V,)."""
    strength = np.zeros_like(x)
    for (x0, y0), (x1, y1), w0, w1 in zip(line, line[1:], widths, widths[1:], strict=False):
        dx, dy = x1 - x0, y1 - y0
        t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        away = np.hypot(x - x0 - t * dx, y - y0 - t * dy)
        strength = np.maximum(strength, np.exp(-((away / (w0 + t * (w1 - w0))) ** 4)))
    return strength


def _within(x: FloatArray, y: FloatArray, outline: tuple[tuple[float, float], ...], softness: float) -> FloatArray:
    """1 within the outline, 0 beyond `softness` outside of it (V,)."""
    inside = np.zeros(len(x), bool)
    corners = np.array([*outline, (-1.0, outline[-1][1]), (-1.0, outline[0][1])])
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        if y0 != y1:
            crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            inside ^= ((y0 > y) != (y1 > y)) & (x < crossing)
    soft = _along(x, y, outline, (softness,) * len(outline))
    return np.asarray(np.where(inside, 1.0, soft), np.float32)
