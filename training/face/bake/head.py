"""The digital face from ICT-FaceKit: parts, neck, eyes, colours and targets put together."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from device.contract.errors import DataError
from training.face.bake.colours import GUMS, TEETH, linear, plain, skin_colours
from training.face.bake.cut import Cut, Polygon, cut_above
from training.face.bake.eyes import Ball, ball
from training.face.bake.glb import Head
from training.face.bake.occlusion import exposure
from training.face.bake.units import displacement, names, units
from training.face.heads import Heads, triangles

#: Materials of the model by part. Corneas, lashes and what shades the eyes are left out; the eyes are our own.
MATERIALS = {"skin": ("M_Face", "M_BackHead"), "eyes": (), "teeth": ("M_Teeth",), "mouth": ("M_GumsTongue",)}
#: Where the shoulders end, and the point that the head turns on, centimetres on the model's axes.
LEVEL, PIVOT = -15.5, np.array([0, -1.0, 0], np.float32)
#: The neck turns from not at all to wholly between these heights; what is ahead counts as higher.
NECK, NECK_LEAN = (-14.0, -5.5), 0.35
#: Movement below this is left out, and what is above is lessened by it, so that there is no step; centimetres.
LEAST = 0.006
#: In which poses a place may be lit: what one of them uncovers is not drawn dark.
LIT: tuple[dict[str, float], ...] = (
    {},
    {"AU43_L": 1, "AU43_R": 1},
    {"AU26": 1, "AU25": 1},
    {"AU1_L": 1, "AU1_R": 1, "AU2_L": 1, "AU2_R": 1, "AU5_L": 1, "AU5_R": 1},
)
#: How dark a place becomes that no light reaches.
DARKEST = {"skin": 0.32, "eyes": 0.45, "teeth": 0.12, "mouth": 0.1}


def bake(heads: Heads, progress: Callable[[str], None] = lambda _: None) -> Head:
    """The face that `glb.encoded` writes. Raises `DataError` when the model lacks something."""
    balls = [ball(True), ball(False)]
    count = len(heads.neutral)
    polygons = {part: [p for name in found for p in _of(heads, name)] for part, found in MATERIALS.items()}
    polygons["eyes"] = [
        tuple(int(c) + count + at * len(one.vertices) for c in t)
        for at, one in enumerate(balls)
        for t in one.triangles
    ]
    whole = np.concatenate([heads.neutral, *(one.vertices for one in balls)])
    cut = cut_above([p for part in polygons.values() for p in part], whole[:, 1], LEVEL)
    vertices = cut.of(whole)
    targets = _targets(heads, balls, cut)
    faces, parts, of_triangles = _runs(cut, polygons)
    normals = vertex_normals(vertices, faces)
    progress("light")
    light = _light(vertices, faces, targets)
    colours = linear(
        _colours(
            vertices, parts, cut.of(np.concatenate([np.zeros_like(heads.neutral), *(one.colours for one in balls)]))
        )
    )
    for part, (first, number) in parts.items():
        lit = light[first : first + number, None]
        colours[first : first + number] *= DARKEST[part] + (1 - DARKEST[part]) * lit
    return Head(vertices - PIVOT, faces, colours, normals, _turning(vertices, parts), targets, parts, of_triangles)


def _of(heads: Heads, material: str) -> list[Polygon]:
    if material not in heads.polygons:
        raise DataError(f"The face model has no material '{material}': give the whole of ICT-FaceKit.")
    return heads.polygons[material]


def _targets(heads: Heads, balls: list[Ball], cut: Cut) -> dict[str, FloatArray]:
    found = {}
    for key, unit in units().items():
        for name in names(key):
            moved = [displacement(heads, unit, name), *(one.turned(*unit.turn) for one in balls)]
            found[name] = _without_little(cut.of(np.concatenate(moved)))
            if not found[name].any():
                raise DataError(f"The face model's shapes move nothing for {name}: give the whole of ICT-FaceKit.")
    return found


def _without_little(moved: FloatArray) -> FloatArray:
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(moved * np.clip(1 - LEAST / np.maximum(length, LEAST), 0, None), np.float32)


def _runs(
    cut: Cut, polygons: dict[str, list[Polygon]]
) -> tuple[NDArray[np.int32], dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    """Triangles, and where each part's vertices and triangles are: first and number."""
    of_polygons = {part: {v for p in found for v in p} for part, found in polygons.items()}
    faces, parts, of_triangles, vertex, triangle = [], {}, {}, 0, 0
    belongs = np.array([next(part for part, own in of_polygons.items() if first in own) for first in cut.first])
    for part in polygons:
        number = int((belongs == part).sum())
        own = [p for p in cut.polygons if vertex <= p[0] < vertex + number]
        faces.append(triangles(own))
        parts[part], of_triangles[part] = (vertex, number), (triangle, len(faces[-1]))
        vertex, triangle = vertex + number, triangle + len(faces[-1])
    return np.concatenate(faces), parts, of_triangles


def vertex_normals(vertices: FloatArray, faces: NDArray[np.int32]) -> FloatArray:
    """Unit normals (V, 3), weighted by area."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.repeat(np.cross(b - a, c - a), 3, 0)
    total = np.stack([np.bincount(faces.ravel(), across[:, axis], len(vertices)) for axis in range(3)], 1)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9), np.float32)


def _light(vertices: FloatArray, faces: NDArray[np.int32], targets: dict[str, FloatArray]) -> FloatArray:
    best = np.zeros(len(vertices), np.float32)
    for pose in LIT:
        moved = vertices + sum(share * targets[name] for name, share in pose.items())
        best = np.maximum(best, exposure(moved, vertex_normals(moved, faces), faces))
    return best


def _colours(vertices: FloatArray, parts: dict[str, tuple[int, int]], painted: FloatArray) -> FloatArray:
    """sRGB 0–1 (V, 3)."""
    found = painted.copy()
    for part, (first, number) in parts.items():
        run = slice(first, first + number)
        if part == "skin":
            found[run] = skin_colours(vertices[run])
        elif part != "eyes":
            found[run] = plain(number, TEETH if part == "teeth" else GUMS)
    return found


def _turning(vertices: FloatArray, parts: dict[str, tuple[int, int]]) -> FloatArray:
    height = vertices[:, 1] + NECK_LEAN * (vertices[:, 2] - 2)
    share = np.clip((height - NECK[0]) / (NECK[1] - NECK[0]), 0, 1)
    share = share * share * (3 - 2 * share)
    first = parts["eyes"][0]
    share[first:] = 1
    return np.asarray(share, np.float32)
