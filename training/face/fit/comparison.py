"""Side by side: the picture, the rough head, the detailed one, and how far they are from the picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from device.arrays import ByteImage, FloatArray
from training.face.fit.detail import Relief
from training.face.fit.kit import LIVELY, OVAL
from training.face.fit.light import lit, to_linear
from training.face.fit.view import SIZE, Square, View

_INK, _GROUND, _PALE = (28, 30, 33), 250, 236
_FONT, _HEAD, _GAP, _FOOT = cv2.FONT_HERSHEY_SIMPLEX, 46, 14, 58
#: The error's scale ends here: share of full brightness.
_MOST = 0.2
_GREY = np.array([0.2126, 0.7152, 0.0722], np.float32)


def compared(
    picture: ByteImage,
    view: View,
    light: FloatArray,
    relief: Relief | None,
    landmarks: FloatArray,
    fitted: FloatArray,
    note: str,
) -> ByteImage:
    """One picture, RGB.

    Args:
        picture: the square of it (SIZE, SIZE, 3).
        landmarks, fitted: points in the square (468, 2), as seen and as the rough head has them.
        note: a line below.
    """
    rough = lit(view, light)
    panels = [("picture, with landmarks", _dotted(picture, landmarks, fitted)), ("rough", rough)]
    last = rough
    if relief:
        last = lit(view, light, relief.normals)
        panels.append(("detailed", last))
    panels.append(("difference in brightness, on bare skin", _error(picture, last, view)))
    return _laid(panels, note)


def error(picture: ByteImage, rendered: ByteImage, rows: NDArray[np.bool_]) -> float:
    """Median difference in brightness on these pixels, share of full brightness; NaN of none."""
    return float(np.median(_difference(picture, rendered)[rows])) if rows.any() else float("nan")


def fitted_points(square: Square, placed: FloatArray) -> FloatArray:
    """Points of the picture (N, 3) in the square (N, 2)."""
    return square.placed(placed)[:, :2]


def _difference(picture: ByteImage, rendered: ByteImage) -> FloatArray:
    return np.asarray(np.abs(to_linear(picture) @ _GREY - to_linear(rendered) @ _GREY), np.float32)


def _dotted(picture: ByteImage, landmarks: FloatArray, fitted: FloatArray) -> ByteImage:
    """Landmarks of lids, lips and outline as rings, and the head's own points as dots."""
    found = picture.copy()
    for points, radius, thick, colour in ((landmarks, 2, 1, (0, 114, 178)), (fitted, 1, -1, (230, 159, 0))):
        for x, y in np.rint(points[[*OVAL, *LIVELY], :2]).astype(int).tolist():
            cv2.circle(found, (x, y), radius, colour, thick, cv2.LINE_AA)
    return found


def _error(picture: ByteImage, rendered: ByteImage, view: View) -> ByteImage:
    share = np.clip(_difference(picture, rendered) / _MOST, 0, 1)
    painted = _coloured(np.asarray(share * 255, np.uint8))
    painted[~view.bare] = _PALE
    ramp = _coloured(np.tile(np.arange(256, dtype=np.uint8), (12, 1)))
    top, left = SIZE - 30, SIZE // 2 - 128
    painted[top : top + 12, left : left + 256] = ramp
    for text, x in (("0", left - 14), (f"{100 * _MOST:.0f} % or more", left + 262)):
        cv2.putText(painted, text, (x, top + 11), _FONT, 0.42, _INK, 1, cv2.LINE_AA)
    return painted


def _coloured(values: NDArray[np.uint8]) -> ByteImage:
    return np.array(cv2.applyColorMap(values, cv2.COLORMAP_CIVIDIS)[..., ::-1], np.uint8)


def _laid(panels: list[tuple[str, ByteImage]], note: str) -> ByteImage:
    width = len(panels) * (SIZE + _GAP) + _GAP
    page = np.full((_HEAD + SIZE + _FOOT, width, 3), _GROUND, np.uint8)
    for number, (title, panel) in enumerate(panels):
        left = _GAP + number * (SIZE + _GAP)
        page[_HEAD : _HEAD + SIZE, left : left + SIZE] = panel
        cv2.putText(page, title, (left, 31), _FONT, 0.62, _INK, 1, cv2.LINE_AA)
    cv2.putText(page, note, (_GAP, _HEAD + SIZE + 36), _FONT, 0.58, _INK, 1, cv2.LINE_AA)
    return page
