"""USC ICT-FaceKit whole: every vertex of the head, its polygons, materials and shapes. `facekit` has the points alone.

Vertices are centimetres on the model's own axes: x to the person's left, y up, z ahead.
"""

import lzma
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from device.contract.errors import DataError
from training.face.facekit import IDENTITY, NEUTRAL, WHERE, meshes


@dataclass(frozen=True, eq=False)
class Heads:
    """The model.

    Attributes:
        neutral: (V, 3).
        shapes: (V, 3) each, differences to the neutral head by name, such as `mouthSmile_L`.
        identities: (number, V, 3), differences to the neutral head; none unless asked for.
        polygons: vertices of each material's triangles and quadrangles, by the material's name.
    """

    neutral: FloatArray
    shapes: dict[str, FloatArray]
    identities: FloatArray
    polygons: dict[str, list[tuple[int, ...]]]


def load_heads(path: Path, identities: bool = False, progress: Callable[[str], None] = lambda _: None) -> Heads:
    """Read the model from its folder, or from an archive of it. Raises `DataError`: it is not there, or not whole."""
    found: dict[str, FloatArray] = {}
    polygons: dict[str, list[tuple[int, ...]]] = {}
    try:
        for name, text in meshes(path):
            if IDENTITY.fullmatch(name) and not identities:
                continue
            progress(name)
            lines = text.readlines()
            found[name] = _vertices(lines, name)
            if name == NEUTRAL:
                polygons = _polygons(lines, len(found[name]))
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise DataError(f"ICT-FaceKit cannot be read from {path} ({error}): {WHERE}.") from error
    if NEUTRAL not in found:
        raise DataError(f"{path} has no {NEUTRAL}.obj: {WHERE}.")
    neutral = found.pop(NEUTRAL)
    for name, mesh in found.items():
        if mesh.shape != neutral.shape:
            raise DataError(f"{name}.obj has {len(mesh)} vertices, and the neutral head {len(neutral)}: {WHERE}.")
    deltas = {name: found[name] - neutral for name in sorted(found)}
    people = [deltas.pop(name) for name in list(deltas) if IDENTITY.fullmatch(name)]
    return Heads(neutral, deltas, np.array(people, np.float32).reshape(len(people), *neutral.shape), polygons)


def _vertices(lines: Iterable[str], name: str) -> FloatArray:
    rows = [line.split()[1:4] for line in lines if line.startswith("v ")]
    try:
        found = np.array(rows, np.float32)
    except ValueError as error:
        raise DataError(f"{name}.obj is damaged ({error}): {WHERE}.") from error
    if found.ndim != 2 or found.shape[1] != 3 or not np.isfinite(found).all():
        raise DataError(f"{name}.obj is damaged (its vertices are not three numbers each): {WHERE}.")
    return found


def _polygons(lines: Iterable[str], vertices: int) -> dict[str, list[tuple[int, ...]]]:
    found: dict[str, list[tuple[int, ...]]] = {}
    material = ""
    try:
        for line in lines:
            if line.startswith("usemtl "):
                material = line.split()[1]
            elif line.startswith("f "):
                corners = tuple(int(corner.partition("/")[0]) - 1 for corner in line.split()[1:])
                if not (len(corners) >= 3 and all(0 <= corner < vertices for corner in corners)):
                    raise ValueError(line.strip())
                found.setdefault(material, []).append(corners)
    except (ValueError, IndexError) as error:
        raise DataError(f"{NEUTRAL}.obj is damaged ({error}): {WHERE}.") from error
    return found


def triangles(polygons: Iterable[tuple[int, ...]]) -> NDArray[np.int32]:
    """Polygons as fans of triangles (T, 3)."""
    fans = [(p[0], p[at], p[at + 1]) for p in polygons for at in range(1, len(p) - 1)]
    return np.array(fans, np.int32).reshape(len(fans), 3)
