"""USC ICT-FaceKit, reduced to the points that MediaPipe sees.

The model is a folder `FaceXModel` (or a .tar.xz of it) of .obj meshes with the same vertices: a neutral head,
`identityNNN` and named expression shapes, which are heads too: their difference to the neutral one is the shape.
Source: Li et al. 2020, *Learning Formation of Physically-Based Face Attributes*; https://github.com/ICT-VGL/ICT-FaceKit.
"""

import json
import lzma
import re
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from device.arrays import FloatArray
from device.contract.errors import DataError

NEUTRAL = "generic_neutral_mesh"
IDENTITY = re.compile(r"identity\d+")
WHERE = "get FaceXModel from https://github.com/ICT-VGL/ICT-FaceKit, as a folder or as .tar.xz"


@dataclass(frozen=True, eq=False)
class FaceKit:
    """The model at MediaPipe's points; centimetres on the canonical face's axes: x to the right, y down, z away.

    Attributes:
        neutral: (468, 3).
        identities: (number, 468, 3), differences to the neutral face.
        shapes: (468, 3) each, differences to the neutral face by name, such as `mouthSmile_L`.
    """

    neutral: FloatArray
    identities: FloatArray
    shapes: dict[str, FloatArray]


def load_facekit(path: Path) -> FaceKit:
    """Read the model from its folder, or from an archive of it.

    Raises:
        DataError: nothing there, a damaged archive or mesh, no neutral face or no identity in it.
    """
    points = json.loads((Path(__file__).parent / "ict_points.json").read_text())
    vertices = np.array(points["vertices"], np.intp)
    try:
        found = {name: _vertices(lines, int(vertices.max()) + 1, name)[vertices] for name, lines in meshes(path)}
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise DataError(f"ICT-FaceKit cannot be read from {path} ({error}): {WHERE}.") from error
    if NEUTRAL not in found:
        raise DataError(f"{path} has no {NEUTRAL}.obj: {WHERE}.")
    placed = {name: _on_canonical_axes(mesh, points["to_ict"]) for name, mesh in found.items()}
    neutral = placed.pop(NEUTRAL)
    deltas = {name: placed[name] - neutral for name in sorted(placed)}
    identities = [deltas.pop(name) for name in list(deltas) if IDENTITY.fullmatch(name)]
    if not identities:
        raise DataError(f"{path} has no identityNNN.obj, and one face alone teaches nothing: {WHERE}.")
    return FaceKit(neutral, np.stack(identities), deltas)


def meshes(path: Path) -> Iterator[tuple[str, IO[str]]]:
    """Name and text of every mesh in a folder or an archive."""
    if path.is_dir():
        folder = path / "FaceXModel" if (path / "FaceXModel").is_dir() else path
        for file in sorted(folder.glob("*.obj")):
            with file.open(encoding="utf-8") as text:
                yield file.stem, text
        return
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".obj") else None
            if content is not None:
                with closing(TextIOWrapper(content, "utf-8")) as text:
                    yield Path(member.name).stem, text


def _vertices(lines: IO[str], count: int, name: str) -> FloatArray:
    """The first `count` vertices of a mesh (count, 3)."""
    rows = [line.split()[1:4] for line in islice((line for line in lines if line.startswith("v ")), count)]
    try:
        found = np.array(rows, np.float32)
    except ValueError as error:
        raise DataError(f"{name}.obj is damaged ({error}): {WHERE}.") from error
    if found.shape != (count, 3):
        raise DataError(f"{name}.obj has {len(rows)} vertices, fewer than ICT-FaceKit's: {WHERE}.")
    return found


def _on_canonical_axes(mesh: FloatArray, to_ict: dict[str, Any]) -> FloatArray:
    rotation = np.array(to_ict["rotation"], np.float32)
    shifted = mesh - np.array(to_ict["translation"], np.float32)
    placed = shifted @ rotation / to_ict["scale"]
    return np.asarray(placed * np.array([1, -1, -1], np.float32), np.float32)
