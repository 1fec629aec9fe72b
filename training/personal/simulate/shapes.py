"""Heads of our own making: smooth changes of the digital face, for whoever has no ICT-FaceKit.

Each is a field in space, so that skin, eyes, teeth and mouth go together. Where they are, how wide and how large is
our own choice, of the size of ICT-FaceKit's identities; nobody was measured for them. Centimetres on the model's axes:
x to the person's left, y up, z ahead.
"""

import numpy as np

from cloud.face.mesh import Floats

_Place = tuple[float, float, float]
#: All of the head: by how much x, y and z grow with each of them.
_WHOLE: tuple[_Place, ...] = ((0.035, 0, 0), (0, 0.03, 0), (0, 0, 0.035))
#: Where, how wide, and how far it moves; what is beside the middle moves alike on both sides.
_FIELDS: tuple[tuple[_Place, float, _Place], ...] = (
    ((5.5, -4.5, 5.0), 3.0, (0.45, 0, 0)),  # jaw
    ((0, -8.0, 9.5), 2.6, (0, -0.5, 0)),  # chin
    ((0, -7.5, 10.0), 2.5, (0, 0, 0.45)),
    ((0, 0, 12.0), 1.7, (0, -0.35, 0)),  # nose
    ((0, 0.3, 12.0), 1.7, (0, 0, 0.4)),
    ((1.5, -0.2, 10.5), 1.1, (0.25, 0, 0)),
    ((0, 2.6, 10.5), 1.5, (0, 0, 0.35)),
    ((5.2, 1.0, 8.0), 2.0, (0.3, 0, 0.25)),  # cheeks
    ((4.5, -2.5, 8.0), 2.2, (0.35, 0, 0.25)),
    ((2.8, 5.4, 9.5), 1.8, (0, -0.25, 0.2)),  # brows
    ((0, 8.5, 8.0), 3.5, (0, 0.3, 0.4)),  # forehead
    ((3.1, 3.6, 8.5), 2.2, (0.22, 0, 0)),  # eyes
    ((3.1, 3.6, 8.5), 2.2, (0, 0.28, 0)),
    ((3.1, 3.6, 8.5), 2.2, (0, 0, -0.25)),
    ((2.6, -3.4, 10.0), 1.6, (0.28, 0, 0)),  # mouth
    ((0, -3.4, 11.0), 2.2, (0, -0.3, 0)),
    ((0, -3.4, 11.5), 1.8, (0, 0, 0.3)),
)
#: The same, of the left side alone: no face is the same on both.
_UNEVEN: tuple[tuple[_Place, float, _Place], ...] = (
    ((2.6, -3.4, 10.0), 1.8, (0, 0.15, 0)),
    ((3.1, 4.2, 9.0), 2.2, (0, 0.14, 0)),
    ((5.5, -4.0, 6.0), 3.0, (0.2, 0, 0)),
)


def made_up(places: Floats) -> Floats:
    """(I, P, 3) how each shape moves places (P, 3), at a weight of one standard deviation."""
    found = [places * np.array(by, np.float32) for by in _WHOLE]
    for middle, wide, by in _FIELDS:
        moved = _near(places, middle, wide) * np.array(by, np.float32)
        if middle[0]:
            mirror = np.array([-1, 1, 1], np.float32)
            moved += _near(places * mirror, middle, wide) * (np.array(by, np.float32) * mirror)
        found.append(moved)
    found += [_near(places, middle, wide) * np.array(by, np.float32) for middle, wide, by in _UNEVEN]
    return np.array(found, np.float32)


def _near(places: Floats, middle: _Place, wide: float) -> Floats:
    """(P, 1) 1 in the middle, falling to 0 around it."""
    away = ((places - np.array(middle, np.float32)) ** 2).sum(1, keepdims=True)
    return np.asarray(np.exp(-away / (2 * wide * wide)), np.float32)
