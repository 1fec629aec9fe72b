"""Eyeballs of our own, with a painted iris: the model's have two skins and no colours.

A ball about each eye's centre, only its front; the iris looks straight ahead. Fitted to the model's scleras, inside
their cornea.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray

#: Centre of the person's left eyeball and its radius, centimetres: a ball through the sclera without the cornea.
CENTRE = np.array([3.10, 3.60, 7.88], np.float32)
RADIUS = 1.52
#: Angle from the axis, degrees, and sRGB colour of each ring; two close rings make an edge.
RINGS = (
    (7.2, (22, 22, 24)),
    (8.2, (104, 112, 112)),
    (14.0, (116, 124, 122)),
    (19.5, (88, 98, 98)),
    (21.6, (52, 58, 60)),
    (23.4, (214, 211, 206)),
    (30.0, (232, 229, 224)),
    (42.0, (230, 225, 220)),
    (55.0, (222, 208, 202)),
    (68.0, (206, 180, 172)),
    (84.0, (186, 150, 142)),
)
_AROUND = 32


@dataclass(frozen=True, eq=False)
class Ball:
    """One eyeball: vertices (V, 3), triangles (T, 3), sRGB 0–1 (V, 3), and its centre (3,)."""

    vertices: FloatArray
    triangles: NDArray[np.int32]
    colours: FloatArray
    centre: FloatArray

    def turned(self, left: float, up: float) -> FloatArray:
        """How far each vertex moves when the eye turns, degrees to the person's left and up (V, 3)."""
        yaw, pitch = np.radians([left, up])
        about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
        spokes = self.vertices - self.centre
        return np.asarray(spokes @ (about_y @ about_x).T - spokes, np.float32)


def ball(left: bool) -> Ball:
    """The eyeball of the person's left side, or of the right one."""
    centre = CENTRE * np.array([1 if left else -1, 1, 1], np.float32)
    angles = np.radians([angle for angle, _ in RINGS])
    around = np.arange(_AROUND) * 2 * np.pi / _AROUND
    rings = np.stack(
        [
            np.sin(angles)[:, None] * np.cos(around),
            np.sin(angles)[:, None] * np.sin(around),
            np.broadcast_to(np.cos(angles)[:, None], (len(angles), _AROUND)),
        ],
        -1,
    )
    spokes = np.concatenate([[[0.0, 0.0, 1.0]], rings.reshape(-1, 3)])
    colours = np.concatenate([[RINGS[0][1]], np.repeat([colour for _, colour in RINGS], _AROUND, 0)])
    vertices = (centre + RADIUS * spokes).astype(np.float32)
    return Ball(vertices, _triangles(len(RINGS)), (colours / 255).astype(np.float32), centre)


def _triangles(rings: int) -> NDArray[np.int32]:
    here = np.arange(_AROUND)
    there = (here + 1) % _AROUND
    fan = np.stack([np.zeros(_AROUND, int), 1 + here, 1 + there], 1)
    found = [fan]
    for ring in range(rings - 1):
        inner, outer = 1 + ring * _AROUND, 1 + (ring + 1) * _AROUND
        found.append(np.stack([inner + here, outer + here, outer + there], 1))
        found.append(np.stack([inner + here, outer + there, inner + there], 1))
    return np.concatenate(found).astype(np.int32)
