"""The digital face: a generic head that is nobody's, with a target for each action unit and side.

`face.glb` holds it, baked by `affectbox-training face` from USC ICT-FaceKit (MIT); see docs/digital-face.md. Vertices
are centimetres about the point that the head turns on: x to the person's left, which is the right of the picture, y
up, z towards the viewer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.face.glb import Glb, open_glb
from device.contract.errors import DataError

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
FILE = Path(__file__).parent / "face.glb"
#: What the mesh is made of, each a run of vertices and of triangles.
PARTS = ("skin", "eyes", "teeth", "mouth")


@dataclass(frozen=True, eq=False)
class Target:
    """How one action moves the face at weight 1: vertices (K,) and by how much each, centimetres (K, 3)."""

    indices: Ints
    deltas: Floats


@dataclass(frozen=True, eq=False)
class Face:
    """The mesh.

    Attributes:
        vertices: the face at rest (V, 3).
        triangles: counter-clockwise as seen from outside (T, 3).
        colours: of the vertices, 0–1, linear light (V, 3); how far the surroundings shade them is in it.
        turning: how far each vertex goes with the head when it turns, 0 (shoulders) to 1 (V,).
        targets: by name: `AU12_L` is the person's own left side of AU12.
        parts: first vertex and their number, by the names of `PARTS`.
        triangle_parts: the same of the triangles.
    """

    vertices: Floats
    triangles: Ints
    colours: Floats
    turning: Floats
    targets: dict[str, Target]
    parts: dict[str, tuple[int, int]]
    triangle_parts: dict[str, tuple[int, int]]

    def moved(self, weights: Mapping[str, float]) -> Floats:
        """The vertices (V, 3) under these weights of targets, each held to 0–1; absent and NaN are 0.

        Raises:
            DataError: a target that the face does not have.
        """
        if unknown := sorted(set(weights) - set(self.targets)):
            raise DataError(f"The digital face has no target '{unknown[0]}': name units as the records do.")
        vertices = self.vertices.copy()
        for name, weight in weights.items():
            if weight > 0:
                target = self.targets[name]
                vertices[target.indices] += np.float32(min(weight, 1.0)) * target.deltas
        return vertices


@lru_cache(maxsize=1)
def load_face() -> Face:
    """The committed face. Raises `DataError` when the file is missing or damaged."""
    return read_face(FILE)


def read_face(path: Path) -> Face:
    """The face in a GLB that `affectbox-training face` wrote. Raises `DataError`: it is none, or damaged."""
    try:
        return _face(open_glb(path))
    except OSError as error:
        raise DataError(f"The digital face cannot be read from {path} ({error}): install Affectbox again.") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"{path} is not a digital face, or is damaged ({error}): install Affectbox again.") from error


def _face(glb: Glb) -> Face:
    [mesh] = glb.json["meshes"]
    [primitive] = mesh["primitives"]
    attributes = primitive["attributes"]
    unit = float(glb.array(glb.json["skins"][0]["inverseBindMatrices"])[0, 0])
    vertices = glb.array(attributes["POSITION"]) * np.float32(unit)
    triangles = glb.array(primitive["indices"]).astype(np.int32).reshape(-1, 3)
    if triangles.min(initial=0) < 0 or triangles.max(initial=0) >= len(vertices):
        raise ValueError("triangles of vertices that are not there")
    names, targets = mesh["extras"]["targetNames"], {}
    for name, target in zip(names, primitive["targets"], strict=True):
        indices, deltas = glb.sparse(target["POSITION"])
        if len(indices) and indices.max() >= len(vertices):
            raise ValueError(f"{name} moves vertices that are not there")
        targets[name] = Target(indices.astype(np.int32), deltas.astype(np.float32) * np.float32(unit))
    parts, of_triangles = mesh["extras"]["parts"], mesh["extras"]["triangles"]
    return Face(
        vertices.astype(np.float32),
        np.ascontiguousarray(triangles),
        np.asarray(glb.array(attributes["COLOR_0"]) / 255, np.float32),
        np.asarray(glb.array(attributes["WEIGHTS_0"])[:, 0] / 255, np.float32),
        targets,
        {name: (parts[name][0], parts[name][1]) for name in PARTS},
        {name: (of_triangles[name][0], of_triangles[name][1]) for name in PARTS},
    )
