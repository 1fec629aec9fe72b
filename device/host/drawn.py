"""A drawn face, as the scripted daemon glimpses it: nobody's."""

import math
from collections.abc import Callable

from device.contract.control import Glimpse

WIDTH, HEIGHT = 1640, 1232

_Curve = Callable[[float], tuple[float, float]]


def drawn(at_s: float) -> Glimpse:
    """A drawn face that sways a little, too far off at first, then too far to the left, then well placed."""
    step = int(at_s / 8.0) % 3
    width = (0.10, 0.22, 0.22)[step]
    x = (0.5, 0.24, 0.5)[step] + 0.01 * math.sin(at_s)
    y = 0.46 + 0.006 * math.sin(1.7 * at_s)
    hints = (["come_closer"], ["move_left"], [])[step]
    return Glimpse(
        WIDTH,
        HEIGHT,
        outline={name: _points(curve, x, y, width, count) for name, (curve, count) in _FACE.items()},
        others=[(0.82, 0.3, 0.08, 0.11)] if step == 1 else [],
        brightness=0.46 + 0.02 * math.sin(at_s),
        sharpness=0.4,
        face_px=width * WIDTH,
        hints=hints,
    )


def _ellipse(x: float, y: float, a: float, b: float) -> _Curve:
    return lambda t: (x + a * math.cos(math.tau * t), y + b * math.sin(math.tau * t))


def _arc(x: float, y: float, a: float, b: float) -> _Curve:
    return lambda t: (x + a * (2 * t - 1), y - b * math.sin(math.pi * t))


#: Contour → its curve for t from 0 to 1, in widths of the face from its middle, and how many points it has.
_FACE: dict[str, tuple[_Curve, int]] = {
    "oval": (_ellipse(0, 0, 0.5, 0.66), 36),
    "left_eye": (_ellipse(0.2, -0.12, 0.09, 0.04), 12),
    "right_eye": (_ellipse(-0.2, -0.12, 0.09, 0.04), 12),
    "left_brow": (_arc(0.2, -0.24, 0.12, 0.04), 6),
    "right_brow": (_arc(-0.2, -0.24, 0.12, 0.04), 6),
    "nose": (_arc(0, 0.1, 0.08, -0.05), 6),
    "lips": (_ellipse(0, 0.3, 0.17, 0.06), 16),
}


def _points(curve: _Curve, x: float, y: float, width: float, count: int) -> list[tuple[float, float]]:
    tall = width * WIDTH / HEIGHT
    places = (curve(index / count) for index in range(count + 1))
    return [(round(x + width * u, 3), round(y + tall * v, 3)) for u, v in places]
