"""Meshes of a fitted head: finer ones that the relief of a still moves, and Wavefront OBJ."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from training.face.bake.head import vertex_normals
from training.face.fit.kit import Kit
from training.face.fit.solve import Pose
from training.face.fit.view import Square, View

_NOTE = "# A likeness of a person, who agreed to it being made. Keep it on this machine.\n# Centimetres.\n"
_FACING = 0.3

Parts = Mapping[str, NDArray[np.int32]]


def risen(
    kit: Kit, head: FloatArray, pose: Pose, square: Square, view: View, rise: FloatArray
) -> tuple[FloatArray, Parts]:
    """The head with four triangles for each of its skin, moved along its normals by the relief (SIZE, SIZE), cm."""
    vertices, skin = _halved(head, kit.parts["skin"])
    normals = vertex_normals(vertices, skin)
    at = square.placed(pose.placed(vertices))[:, :2] - 0.5  # middles of pixels
    told, bare = _sampled(rise, at), _sampled(np.asarray(view.bare, np.float32), at)
    towards = (normals @ pose.rotation.T.astype(np.float32))[:, 2]
    on_skin = np.zeros(len(vertices), bool)
    on_skin[np.unique(skin)] = True
    by = np.where(on_skin & (towards > _FACING) & (bare > 0), told, 0)
    return np.asarray(vertices + by[:, None] * normals, np.float32), {**kit.parts, "skin": skin}


def obj(vertices: FloatArray, parts: Parts) -> bytes:
    """The mesh as Wavefront OBJ, a group for each part, without vertices that no triangle has."""
    used = np.unique(np.concatenate([one.ravel() for one in parts.values()]))
    numbers = np.zeros(len(vertices), np.intp)
    numbers[used] = np.arange(1, len(used) + 1)
    lines = [_NOTE, *(f"v {x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in vertices[used].tolist())]
    for part, own in parts.items():
        lines.append(f"g {part}\n")
        lines += [f"f {a} {b} {c}\n" for a, b, c in numbers[own].tolist()]
    return "".join(lines).encode()


def _sampled(values: FloatArray, at: FloatArray) -> FloatArray:
    """Values (H, W) at places to the right and down (N, 2), between pixels in proportion; 0 beyond."""
    first = np.floor(at).astype(np.intp)
    found = np.zeros(len(at), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            x, y = first[:, 0] + right, first[:, 1] + down
            inside = (x >= 0) & (y >= 0) & (x < values.shape[1]) & (y < values.shape[0])
            share = (1 - np.abs(at[inside, 0] - x[inside])) * (1 - np.abs(at[inside, 1] - y[inside]))
            found[inside] += share * values[y[inside], x[inside]]
    return found


def _halved(vertices: FloatArray, triangles: NDArray[np.int32]) -> tuple[FloatArray, NDArray[np.int32]]:
    """Each triangle as four, with the middles of its edges."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, number = np.unique(edges, axis=0, return_inverse=True)
    middle = (number.reshape(-1, 3) + len(vertices)).astype(np.int32)
    (a, b, c), (ab, bc, ca) = triangles.T, middle.T
    finer = [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
    whole = np.concatenate([vertices, vertices[unique].mean(1)])
    return np.asarray(whole, np.float32), np.asarray(np.array(finer).transpose(0, 2, 1).reshape(-1, 3), np.int32)
