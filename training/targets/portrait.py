"""The standard face as SVG: its shades as areas, and where each action unit moves it.

Everything is traced on pictures of `cloud.face.painter`, so that what a map shows lies where the digital face has it.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import load_face
from cloud.face.painter import paint

#: Pixels of a side of the pictures; units of the SVG.
SIZE = 480
#: The part of it that is shown: left, top, width, height.
BOX = (92, 8, 296, 400)
#: Lightness of the face, 0–1, at which a further shade begins, from light to dark.
_SHADES = (0.72, 0.66, 0.6, 0.54, 0.48, 0.42, 0.34, 0.24)
#: Share of the most movement of a unit from which the skin belongs to it.
_MOVED = 0.5
_LEAST_AREA = 14.0

Picture = NDArray[np.uint8]


@lru_cache(maxsize=1)
def outline() -> str:
    """The path of the head as a whole."""
    return _traced(_head())


@lru_cache(maxsize=1)
def shades() -> tuple[str, ...]:
    """Paths of darker and darker parts, each within the one before as a rule."""
    face = load_face()
    lightness = cv2.GaussianBlur(_painted(face.colours.mean(1, keepdims=True)), (0, 0), 1.0) / 255
    return tuple(_traced(_head() & (lightness < shade)) for shade in _SHADES)


@lru_cache(maxsize=64)
def moved_by(unit: str) -> tuple[str, tuple[float, float]]:
    """The path of the skin that a unit moves, and the middle of its part on the person's left, which is on the right.

    Raises:
        KeyError: the face has no such unit.
    """
    face = load_face()
    reach = np.zeros(len(face.vertices))
    for name in [name for name in face.targets if name.partition("_")[0] == unit]:
        target = face.targets[name]
        length = np.linalg.norm(target.deltas, axis=1)
        reach[target.indices] = np.maximum(reach[target.indices], length / np.quantile(length, 0.99))
    if not reach.any():
        raise KeyError(unit)
    skin = np.arange(len(reach)) < sum(face.parts["skin"])
    dark, bright = _ends()
    share = (_painted(np.where((reach >= _MOVED) & skin, 1.0, 0.0)[:, None]) - dark) / np.maximum(bright - dark, 1)
    inside = (cv2.GaussianBlur(np.where(_head(), share, 0), (0, 0), 2.0) > 0.5) & _head()
    inside[BOX[1] + BOX[3] :] = False
    rows, columns = np.nonzero(inside)
    left = columns >= SIZE / 2
    return _traced(inside), (float(columns[left].mean()), float(rows[left].mean()))


def _head() -> NDArray[np.bool_]:
    return _ends()[0] < 128


@lru_cache(maxsize=1)
def _ends() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The face in black, and in white."""
    none = np.zeros((len(load_face().vertices), 1))
    return _painted(none), _painted(none + 1)


def _painted(colours: NDArray[np.generic]) -> NDArray[np.float32]:
    """The lightness (SIZE, SIZE) of the face with these greys (V, 1)."""
    grey = np.repeat(np.asarray(colours, np.float32), 3, 1)
    return np.asarray(paint(load_face(), {}, size=SIZE, colours=grey).mean(2), np.float32)


def _traced(inside: NDArray[np.bool_]) -> str:
    """The edges of an area as a path of smooth curves; holes go the other way round."""
    found, _ = cv2.findContours(np.asarray(inside, np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    large = [contour for contour in found if cv2.contourArea(contour) >= _LEAST_AREA]
    return "".join(_curve(cv2.approxPolyDP(contour, 0.7, closed=True)[:, 0].astype(float) + 0.5) for contour in large)


def _curve(corners: NDArray[np.float64]) -> str:
    """Quadratic curves from the middle of one side to that of the next."""
    middles = (corners + np.roll(corners, -1, 0)) / 2
    text = "M{:.1f} {:.1f}".format(*middles[-1])
    return (
        text
        + "".join("Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*a, *b) for a, b in zip(corners, middles, strict=True))
        + "Z"
    )
