"""The key points of a face: 68 landmarks or MediaPipe's 478 points, where they lie on the standard face, which part of
the face each is in, and which are neighbours.

The standard face is `cloud.face`'s: a head that is nobody's. Places are in interocular distances (between the outer
corners of the eyes), from the middle between these: x to the right of the picture, which is the person's left, y down,
z nearer to the viewer.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import load_face
from device.contract.errors import ConfigError
from device.contract.landmarks import COUNTS, NAMES_68, REGIONS_68

TABLE = Path(__file__).parent / "points.json"
#: Parts of the face; right and left are the person's own.
REGIONS = (
    *("jaw", "chin", "forehead", "right brow", "left brow", "right eye", "left eye", "right iris", "left iris"),
    *("nose", "right cheek", "left cheek", "mouth"),
)
#: Of either set: the outer corners of the right and of the left eye.
CORNERS = {68: (36, 45), 478: (33, 263)}
#: Neighbours farther apart than this many times the median are none, unless nothing else holds the face together.
_LONG = 3.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PointSet:
    """K key points; a point's number is its place here, from 0.

    Attributes:
        names: what each is called, no two alike.
        regions: which of `REGIONS` each is in.
        xyz: (K, 3) on the standard face at rest, interocular distances.
        edges: (E, 2) pairs of neighbours, the lower number first: Delaunay's triangles of x and y, without the long
            ones; every point can be reached from every other.
        vertices: (K,) of `cloud.face`'s mesh.
        unit_cm: the interocular distance of the standard face.
    """

    names: tuple[str, ...]
    regions: tuple[str, ...]
    xyz: Floats
    edges: Ints
    vertices: Ints
    unit_cm: float

    @property
    def count(self) -> int:
        """K."""
        return len(self.names)

    @property
    def x(self) -> Floats:
        """To the right of the picture (K,)."""
        return self.xyz[:, 0]

    @property
    def y(self) -> Floats:
        """Down (K,)."""
        return self.xyz[:, 1]

    def adjacency(self) -> Any:
        """The neighbours as a sparse matrix of scipy (K, K), symmetric, nothing on the diagonal."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415

        first, second = self.edges.T
        there = np.ones(2 * len(self.edges))
        places = np.concatenate([first, second]), np.concatenate([second, first])
        return csr_matrix((there, places), shape=(self.count, self.count))

    def within(self, *regions: str) -> NDArray[np.bool_]:
        """Which points are in one of the regions (K,). Raises `ConfigError`: no such region."""
        if unknown := sorted(set(regions) - set(REGIONS)):
            raise ConfigError(f"The face has no region '{unknown[0]}': name one of {', '.join(REGIONS)}.")
        return np.isin(self.regions, regions)


@lru_cache(maxsize=2)
def point_set(count: int) -> PointSet:
    """The 68 landmarks of iBUG and OpenFace, or MediaPipe's 478 points. Raises `ConfigError`: another number."""
    if count not in COUNTS:
        raise ConfigError(f"There are no {count} points of a face: give {' or '.join(map(str, COUNTS))}.")
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    vertices = np.array(table[str(count)], np.int64)
    placed = load_face().vertices[vertices].astype(np.float64) * (1, -1, 1)
    right, left = placed[list(CORNERS[count])]
    unit = float(np.linalg.norm(left - right))
    xyz = (placed - (right + left) / 2) / unit
    regions = REGIONS_68 if count == 68 else _regions(table["regions"])
    names = NAMES_68 if count == 68 else tuple(f"{region} {at}" for at, region in enumerate(regions))
    return PointSet(names, regions, xyz, _neighbours(xyz), vertices, unit)


def _regions(table: dict[str, list[int]]) -> tuple[str, ...]:
    found = {point: region for region, points in table.items() for point in points}
    return tuple(found[point] for point in range(478))


def _neighbours(xyz: Floats) -> Ints:
    """Pairs (E, 2). Points that share a place are neighbours, and have the same ones."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from scipy.sparse.csgraph import minimum_spanning_tree  # noqa: PLC0415
    from scipy.spatial import Delaunay  # noqa: PLC0415

    places, which = np.unique(np.round(xyz[:, :2], 6), axis=0, return_inverse=True)
    corners = Delaunay(places).simplices
    pairs = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), 1), axis=0)
    lengths = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    tree = minimum_spanning_tree(csr_matrix((lengths, pairs.T), shape=(len(places),) * 2)).tocoo()
    needed = np.sort(np.stack([tree.row, tree.col], 1), 1)
    kept = np.unique(np.concatenate([pairs[lengths <= _LONG * np.median(lengths)], needed]), axis=0)
    near = np.zeros((len(places), len(places)), bool)
    near[kept[:, 0], kept[:, 1]] = near[kept[:, 1], kept[:, 0]] = True
    np.fill_diagonal(near, True)
    of_points = near[np.ix_(which.ravel(), which.ravel())]
    return np.argwhere(np.triu(of_points, 1))
