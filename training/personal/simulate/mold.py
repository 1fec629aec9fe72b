"""The digital face with shapes that somebody's head may have: what it is cast from.

The digital face (cloud/face/face.glb) is ICT-FaceKit's head cut to what is ever seen, with a target for each action
unit and side. Its vertices are found again in the model, whose identities then move them; without the model, shapes of
our own making do.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cloud.face.mesh import Face, Floats, load_face
from device.contract.errors import DataError
from training.face.bake.eyes import CENTRE
from training.face.bake.head import PIVOT
from training.face.bake.units import at_rest
from training.face.facekit import WHERE
from training.face.heads import Heads, load_heads
from training.personal.simulate.coarse import coarser
from training.personal.simulate.shapes import made_up

#: Where a vertex of the digital face may be from the model's, centimetres: it was rounded, and cut at the shoulders.
_ROUNDED, _CUT, _SHOULDERS = 0.02, 1.5, -13.5
_SCLERAS = ("M_ScleraLeft", "M_ScleraRight")


@dataclass(frozen=True, eq=False)
class Mold:
    """What a head is cast from.

    Attributes:
        face: the digital face, with fewer triangles, and without targets.
        identities: (I, V, 3), shapes as differences to its vertices; weights of one standard deviation.
        targets: the names of the rows of `moves`.
        moves: (K, V, 3), how each target moves it at weight 1.
    """

    face: Face
    identities: Floats
    targets: tuple[str, ...]
    moves: Floats


def load_mold(path: Path | None) -> Mold:
    """From ICT-FaceKit, a folder or an archive; None: with shapes of our own making. Raises `DataError`: it is not
    there, or another model."""
    return made_up_mold() if path is None else mold_of(load_heads(path, identities=True))


def made_up_mold() -> Mold:
    """With shapes of our own making; eyeballs stay round."""
    face = load_face()
    places = face.vertices + PIVOT
    first, number = face.parts["eyes"]
    eyes = places[first : first + number]
    places[first : first + number] = np.where(eyes[:, :1] > 0, CENTRE, CENTRE * (-1, 1, 1))
    return _coarse(face, made_up(places))


def mold_of(heads: Heads) -> Mold:
    """Raises `DataError`: the model has no identity, or is not that of the digital face."""
    if not len(heads.identities):
        raise DataError(f"The face model has no identityNNN.obj, and so one face only: {WHERE}.")
    face = load_face()
    identities = np.ascontiguousarray(heads.identities[:, _found_again(heads, face)])
    first, number = face.parts["eyes"]
    eyes = face.vertices[first : first + number] + PIVOT
    for sign, material in zip((1, -1), _SCLERAS, strict=True):
        own = np.flatnonzero(sign * eyes[:, 0] > 0)
        identities[:, first + own] = _with_sclera(heads, material, eyes[own], CENTRE * (sign, 1, 1))
    return _coarse(face, identities)


def _coarse(face: Face, identities: Floats) -> Mold:
    kept, triangles, parts = coarser(face)
    moves = np.zeros((len(face.targets), *face.vertices.shape), np.float32)
    for row, target in zip(moves, face.targets.values(), strict=True):
        row[target.indices] = target.deltas
    vertices, colours, turning = face.vertices[kept], face.colours[kept], face.turning[kept]
    small = Face(vertices, triangles, colours, turning, {}, parts, {})
    return Mold(small, identities[:, kept], tuple(face.targets), np.ascontiguousarray(moves[:, kept]))


def _found_again(heads: Heads, face: Face) -> NDArray[np.intp]:
    """(V,) the model's vertex that each of the digital face is; the nearest, of the eyes, which are not of it."""
    places = face.vertices + PIVOT
    away, found = cKDTree(at_rest(heads)).query(places)
    first, number = face.parts["eyes"]
    away[first : first + number] = 0
    if (away > np.where(places[:, 1] < _SHOULDERS, _CUT, _ROUNDED)).any():
        raise DataError(f"This is not the face model that the digital face was made from: {WHERE}.")
    return np.asarray(found, np.intp)


def _with_sclera(heads: Heads, material: str, ball: Floats, centre: Floats) -> Floats:
    """(I, n, 3) how each identity moves the vertices of an eyeball, which follows the model's own and stays round."""
    if material not in heads.polygons:
        raise DataError(f"The face model has no material '{material}': give the whole of ICT-FaceKit.")
    own = np.unique([corner for polygon in heads.polygons[material] for corner in polygon])
    spokes = heads.neutral[own] - heads.neutral[own].mean(0)
    moved = heads.identities[:, own]
    shift = moved.mean(1, keepdims=True)
    larger = ((moved - shift) * spokes).sum((1, 2)) / (spokes * spokes).sum()
    return np.asarray(shift + larger[:, None, None] * (ball - centre), np.float32)
