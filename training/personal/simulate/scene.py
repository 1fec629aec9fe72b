"""Pictures of somebody's head, frame by frame, in numpy: about 10 ms of one core each."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import Floats
from cloud.face.painter import Picture, rotation, vertex_normals
from cloud.face.raster import rasterize
from device.contract.labels import ACTION_UNIT_KEYS, SIDED_KEYS
from training.personal.simulate.course import Course
from training.personal.simulate.mold import Mold
from training.personal.simulate.person import Head

#: Camera: its distance and how much it sees from top to bottom, centimetres, and how far its middle is above the
#: turning point.
_DISTANCE, _HEIGHT, _MIDDLE = 80.0, 29.0, 1.0
#: Light from all round, above and below, and what the key light adds.
_SKY, _GROUND, _KEY = 0.40, 0.24, 0.62
_BEHIND = 0.12  # lids and lips are before what lies behind them, centimetres
_BLUR = 0.55  # of the camera, pixels
#: How wide noise is that is spread evenly, in its standard deviations: the root of 12.
_EVEN = 3.46


@dataclass(frozen=True, eq=False)
class Room:
    """What differs between recordings: the wall's sRGB colour, the key light's tint, and the camera's noise (standard
    deviation in grey levels)."""

    wall: NDArray[np.float64]
    tint: NDArray[np.float64]
    noise: float


def draw_room(noise: float, chance: np.random.Generator) -> Room:
    """A room for a recording, and a camera of at most so much noise."""
    wall = chance.uniform(70, 200) * chance.uniform(0.9, 1.1, 3)
    tint = 1.0 + chance.uniform(-0.08, 0.08) * np.array([1.0, 0.0, -1.0])
    return Room(wall, tint, noise * chance.uniform(0.5, 1))


class Scene:
    """A head in a room, before a camera."""

    def __init__(self, mold: Mold, head: Head, room: Room, size: int) -> None:
        """Of pictures of `size` pixels a side."""
        self._mold, self._head, self._size = mold, head, size
        self._moves = mold.moves.reshape(len(mold.moves), -1)
        self._normals = vertex_normals(mold.face, head.vertices)
        bent = [vertex_normals(mold.face, head.vertices + one) - self._normals for one in mold.moves]
        self._bends = np.array(bent, np.float32).reshape(len(bent), -1)
        self._room = room
        shade = np.linspace(1.06, 0.9, size)[:, None, None]
        self._wall = np.clip(np.broadcast_to(room.wall * shade, (size, size, 3)), 0, 255).astype(np.uint8)

    def picture(self, course: Course, frame: int, chance: np.random.Generator) -> Picture:
        """(size, size, 3) RGB of a frame of the course; the person's left is on the right."""
        weights = self._weights(course, frame)
        turn = rotation(*course.pose[frame].tolist())
        vertices = self._turned(self._head.vertices + (weights @ self._moves).reshape(-1, 3), turn)
        normals = self._turned(self._normals + (weights @ self._bends).reshape(-1, 3), turn)
        points = self._projected(vertices, course.place[frame])
        seen = rasterize(points, self._mold.face.triangles, self._size)
        picture = self._wall.copy()
        light = self._lit(normals, course.light[frame])
        picture.reshape(-1, 3)[seen.pixels] = np.clip(seen.values(light), 0, 255).astype(np.uint8)
        return self._taken(picture, chance)

    def _weights(self, course: Course, frame: int) -> Floats:
        """(K,) of the mold's targets."""
        found: dict[str, float] = {}
        for at, key in enumerate(ACTION_UNIT_KEYS):
            left, right = course.sides[:, frame, at] / 5
            found |= {f"{key}_L": left, f"{key}_R": right} if key in SIDED_KEYS else {key: left}
        left, up = course.gaze[frame]
        open_eyes = 1 - max(found["AU43_L"], found["AU43_R"])
        found |= {"AD61": max(left, 0), "AD62": max(-left, 0)}
        found |= {"AD63": max(up, 0) * open_eyes, "AD64": max(-up, 0) * open_eyes}
        return np.array([found[name] for name in self._mold.targets], np.float32)

    def _turned(self, of_vertices: Floats, turn: Floats) -> Floats:
        share = self._mold.face.turning[:, None]
        return np.asarray(of_vertices + share * (of_vertices @ turn.T - of_vertices), np.float32)

    def _projected(self, vertices: Floats, place: NDArray[np.float64]) -> Floats:
        """Pixels to the right and down, and depth in centimetres (V, 3)."""
        right, down, larger = place.tolist()
        near = np.float32(_DISTANCE) / (np.float32(_DISTANCE) - vertices[:, 2])
        near *= np.float32(larger * self._size / _HEIGHT)
        x = self._size * (0.5 + right) + vertices[:, 0] * near
        y = self._size * (0.5 + down) - (vertices[:, 1] - np.float32(_MIDDLE)) * near
        points = np.stack([x, y, vertices[:, 2]], 1).astype(np.float32)
        for part in ("eyes", "teeth", "mouth"):
            first, number = self._mold.face.parts[part]
            points[first : first + number, 2] -= _BEHIND
        return points

    def _lit(self, normals: Floats, light: NDArray[np.float64]) -> Floats:
        """(V, 3) sRGB, 0–255."""
        bright, right, up = light[0], *np.radians(light[1:])
        towards = np.array([math.sin(right) * math.cos(up), math.sin(up), math.cos(right) * math.cos(up)], np.float32)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
        facing = np.clip((normals @ towards + np.float32(0.15)) / np.float32(1.15), 0, None)
        around = _GROUND + (_SKY - _GROUND) * (normals[:, 1] * 0.5 + 0.5)
        tint = self._room.tint.astype(np.float32)
        lit = around[:, None] + np.float32(_KEY) * facing[:, None] * tint
        shown = self._head.colours * lit * np.float32(bright)
        shown /= 1 + np.float32(0.16) * shown
        return np.asarray(255 * np.clip(shown, 0, 1) ** np.float32(1 / 2.2), np.float32)

    def _taken(self, picture: Picture, chance: np.random.Generator) -> Picture:
        """As a camera takes it: a little soft, with noise."""
        soft = cv2.GaussianBlur(picture, (3, 3), _BLUR)
        noise, wide = chance.integers(0, 256, soft.shape, np.uint8), _EVEN * self._room.noise
        return np.asarray(cv2.addWeighted(soft, 1.0, noise, wide / 255, -wide / 2))
