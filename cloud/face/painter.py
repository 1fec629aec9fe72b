"""Pictures of the digital face, in numpy and OpenCV: no graphics card, no window.

What is shown depends on weights of targets and on the head's pose alone: there is no identity to give. A picture of
480 pixels takes some 60 ms of one core.
"""

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import Face, Floats
from cloud.face.raster import Seen, rasterize

Picture = NDArray[np.uint8]
#: sRGB of the ground behind the face, above and below.
ABOVE, BELOW = (246, 247, 248), (230, 233, 236)
#: Camera: distance of the eye, height of what is seen and the middle of it above the turning point, centimetres.
_DISTANCE, _HEIGHT, _MIDDLE = 95.0, 31.5, 1.0
#: Lights: direction (to the right, up, towards the viewer), and linear strength.
_KEY, _FILL, _RIM = ((-0.42, 0.55, 0.72), 0.78), ((0.75, 0.05, 0.66), 0.2), ((0.55, 0.45, -0.7), 0.22)
_SKY, _GROUND = 0.34, 0.2
_OVERSAMPLED = 1.5
#: The lower part of the picture into which the shoulders fade, and how far a face fades that was not measured.
_HEM, _FADED = 0.17, 0.72
_TURN_LIMIT = 80.0


def paint(
    face: Face,
    weights: Mapping[str, float],
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    size: int = 480,
    faded: bool = False,
    colours: Floats | None = None,
) -> Picture:
    """The face under `weights` (targets, 0–1) as the camera would see it: the person's left is on the right.

    Args:
        yaw, pitch, roll: degrees, with the records' signs: to the right of the picture, up, and clockwise in it.
        size: pixels of a side.
        faded: what was not measured: pale, and without colour.
        colours: of the vertices in place of the face's own, linear 0–1 (V, 3).

    Returns:
        (size, size, 3) RGB.

    Raises:
        DataError: a target that the face does not have.
    """
    import cv2  # noqa: PLC0415  commands that paint nothing need none

    turned = _turned(face, face.moved(weights), rotation(yaw, pitch, roll))
    side = round(size * _OVERSAMPLED)
    normals = vertex_normals(face, turned)
    tones = _srgb(_lit(face.colours if colours is None else colours, normals))
    points = _projected(turned, side)
    for part in ("eyes", "teeth", "mouth"):  # what lies behind lids and lips must not be drawn before them
        first, number = face.parts[part]
        points[first : first + number, 2] -= 0.12
    seen = rasterize(points, face.triangles, side)
    shown = seen.values(tones)
    _gleam(face, normals, seen, shown)
    large = _ground(side).copy()
    large.reshape(-1, 3)[seen.pixels] = np.clip(shown, 0, 255, out=shown)
    picture = np.asarray(cv2.resize(large, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
    return _faded(picture) if faded else _hemmed(picture)


def places(
    face: Face, weights: Mapping[str, float], yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, size: int = 480
) -> Floats:
    """Where `paint` would show each vertex: pixels to the right and down, and how near, centimetres (V, 3); what lies
    behind something else too. Raises `DataError`: a target that the face does not have."""
    return _projected(_turned(face, face.moved(weights), rotation(yaw, pitch, roll)), size)


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Where a head's own axes point (columns: its left, up, ahead) under the records' angles, degrees; the inverse of
    `device.stages.pose.angles`. Angles that would show the back of the head are held to 80 degrees; NaN, which is not
    known, counts as 0."""
    yaw, pitch, roll = (0.0 if math.isnan(angle) else angle for angle in (yaw, pitch, roll))
    yaw, pitch, roll = (math.radians(max(-_TURN_LIMIT, min(_TURN_LIMIT, angle))) for angle in (yaw, pitch, roll))
    ahead = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
    across = np.array([math.cos(roll), -math.sin(roll), 0.0])
    across[2] = -(across @ ahead) / ahead[2]
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(ahead, across), ahead], 1).astype(np.float32)


def vertex_normals(face: Face, vertices: Floats) -> Floats:
    """Unit normals (V, 3), weighted by the triangles' areas."""
    a = vertices[face.triangles[:, 0]]
    u, v = vertices[face.triangles[:, 1]] - a, vertices[face.triangles[:, 2]] - a
    corners = face.triangles.ravel()
    total = np.empty_like(vertices)
    for axis, (one, other) in enumerate(((1, 2), (2, 0), (0, 1))):
        across = np.repeat(u[:, one] * v[:, other] - u[:, other] * v[:, one], 3)
        total[:, axis] = np.bincount(corners, across, len(vertices))
    return np.asarray(total / np.maximum(np.sqrt((total * total).sum(1, keepdims=True)), 1e-9), np.float32)


def _turned(face: Face, vertices: Floats, turn: Floats) -> Floats:
    """The head turned; the neck follows, the shoulders stay."""
    share = face.turning[:, None]
    return np.asarray(vertices + share * (vertices @ turn.T - vertices), np.float32)


def _projected(vertices: Floats, side: int) -> Floats:
    """Pixels to the right and down, and depth in centimetres (V, 3)."""
    near = np.float32(_DISTANCE) / (np.float32(_DISTANCE) - vertices[:, 2]) * np.float32(side / _HEIGHT)
    across, down = side / 2 + vertices[:, 0] * near, side / 2 - (vertices[:, 1] - np.float32(_MIDDLE)) * near
    return np.stack([across, down, vertices[:, 2]], 1).astype(np.float32)


def _lit(colours: Floats, normals: Floats) -> Floats:
    """Linear light from each vertex (V, 3)."""
    up = normals[:, 1] * np.float32(0.5) + np.float32(0.5)
    light = _GROUND + (_SKY - _GROUND) * up
    for direction, strength in (_KEY, _FILL, _RIM):
        towards = np.array(direction, np.float32) / np.float32(math.hypot(*direction))
        facing = normals @ towards
        light += np.float32(strength) * np.clip((facing + np.float32(0.12)) / np.float32(1.12), 0, None)
    return np.asarray(colours * light[:, None], np.float32)


def _gleam(face: Face, normals: Floats, seen: Seen, shown: Floats) -> None:
    """The key light mirrored in the eyes: without it they look dead."""
    wet, own = seen.run(*face.triangle_parts["eyes"])
    half = np.array(_KEY[0]) / math.hypot(*_KEY[0]) + np.array([0, 0, 1])
    facing = wet.values(normals) @ (half / np.linalg.norm(half)).astype(np.float32)
    shine = np.float32(0.85) * np.clip(facing, 0, 1)[:, None] ** 160
    shown[own] += (255 - shown[own]) * shine


def _srgb(light: Floats) -> Floats:
    """Linear light as sRGB, 0–255, with a soft shoulder so that highlights keep their form."""
    held = light / (1 + np.float32(0.16) * light)
    return np.asarray(255 * np.clip(held, 0, 1) ** np.float32(1 / 2.2), np.float32)


@lru_cache(maxsize=8)
def _ground(side: int) -> Picture:
    share = np.linspace(0, 1, side)[:, None]
    rows = np.rint(np.array(ABOVE) * (1 - share) + np.array(BELOW) * share).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(rows[:, None], (side, side, 3)))


def _hemmed(picture: Picture) -> Picture:
    """The shoulders fade into the ground."""
    size = len(picture)
    share = np.linspace(1, 0, round(size * _HEM), dtype=np.float32)
    rows = slice(size - len(share), size)
    ground = _ground(size)[rows].astype(np.float32)
    stays = (share * share * (3 - 2 * share))[:, None, None]
    picture[rows] = np.rint(ground + (picture[rows] - ground) * stays)
    return picture


def _faded(picture: Picture) -> Picture:
    """Pale, and without colour."""
    ground = _ground(len(picture)).astype(np.float32)
    grey = _hemmed(picture).mean(axis=2, keepdims=True, dtype=np.float32)
    return np.asarray(np.rint(ground + (grey - ground) * np.float32(1 - _FADED)), np.uint8)
