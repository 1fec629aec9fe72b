"""How far the box's 68 landmarks lie from ICT-FaceKit's own 68 vertices, and how their map was chosen.

Heads that nobody has, random identities of ICT-FaceKit with action units of the digital face, are painted and looked
at by the box's own way: detector, landmark network, `device.stages.landmarks.sixty_eight`. The truth is where the 68
vertices (`idx_to_landmark_verts`) are in the picture. `chosen` is what `device.contract.landmarks` was made with.
"""

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.face.mesh import Face, load_face
from cloud.face.painter import paint, places
from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError
from device.contract.landmarks import REGIONS_68, Place
from device.stages.frame import Frame
from device.stages.landmarks import sixty_eight
from training.face.bake.head import PIVOT
from training.face.bake.units import at_rest
from training.face.facekit import WHERE
from training.face.heads import Heads
from training.face_finder import FaceFinder

#: Angles that heads are turned by at most, degrees: yaw, pitch, roll; and how many units act at once.
TURNS, UNITS = (20.0, 12.0, 10.0), 3
_SIZE = 480
#: What is tried: points nearest by mean error, pairs no farther apart (on the jaw, elsewhere; centimetres), and by how
#: much a pair must be better than a point, share of the distance of the outer corners of the eyes.
_TRIED, _APART, _BETTER = 16, (3.0, 1.6), 0.004
_SHARES = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
#: What is usually taken for the 68: the nearest of MediaPipe's points by name.
USUAL = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
)
#: The mirror image of each of the 68.
MIRRORED = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *(27, 28, 29, 30, 35, 34, 33, 32, 31),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65),
)


@dataclass(frozen=True, eq=False)
class Seen:
    """N painted faces: MediaPipe's points (N, 468, 2) as a network found them, and the 68 vertices (N, 68, 2), both in
    distances of the outer corners of the eyes; `turned` says which heads are (N,), `missed` how many faces were not
    found."""

    points: FloatArray
    truth: FloatArray
    turned: NDArray[np.bool_]
    missed: int = 0

    def at(self, rows: slice) -> "Seen":
        """Some of the faces."""
        return replace(self, points=self.points[rows], truth=self.truth[rows], turned=self.turned[rows])

    def errors(self, usual: bool = False) -> FloatArray:
        """Of each landmark of each face (N, 68); `usual`: of those that are usually taken."""
        found = self.points[:, list(USUAL)] if usual else sixty_eight(self.points)
        return np.asarray(np.linalg.norm(found - self.truth, axis=2), np.float32)


def landmark_vertices(path: Path) -> NDArray[np.int64]:
    """ICT-FaceKit's 68 (68,), of its folder or archive. Raises `DataError`: it has none."""
    name = "vertex_indices.json"
    try:
        if path.is_dir():
            found = next(iter(sorted(path.rglob(name)))).read_bytes()
        else:
            with tarfile.open(path) as archive:
                [member] = [one for one in archive.getmembers() if Path(one.name).name == name]
                found = archive.extractfile(member).read()  # type: ignore[union-attr]
        vertices = np.array(json.loads(found)["idx_to_landmark_verts"], np.int64)
    except (OSError, ValueError, KeyError, StopIteration, tarfile.TarError) as error:
        raise DataError(f"{path} has no {name} with the 68 landmarks ({error}): {WHERE}.") from error
    if vertices.shape != (68,):
        raise DataError(f"{path} has {vertices.size} landmarks, not 68: {WHERE}.")
    return vertices


def look(
    heads: Heads, landmarks: NDArray[np.int64], network: str, count: int, seed: int, say: Callable[[str], None] = print
) -> Seen:
    """Paint `count` faces and look at them with a landmark network. The first is the neutral head from ahead, every
    fourth has no unit, every second is not turned. Raises `DataError`: none was found."""
    points, truth, turned = [], [], []
    with FaceFinder(landmarks=network) as finder:
        for number, (picture, places_68, moved) in enumerate(painted(heads, landmarks, count, seed)):
            face = finder(Frame(np.ascontiguousarray(picture[..., ::-1]), number, float(number))).face
            if face is None:
                continue
            unit = np.linalg.norm(places_68[36] - places_68[45])
            points.append(face.points[:468, :2] / unit)
            truth.append(places_68 / unit)
            turned.append(moved)
            if (number + 1) % 100 == 0:
                say(f"{number + 1} of {count} faces")
    if not points:
        raise DataError("No painted face was found: is this ICT-FaceKit?")
    return Seen(np.array(points), np.array(truth), np.array(turned), count - len(points))


def painted(
    heads: Heads, landmarks: NDArray[np.int64], count: int, seed: int
) -> Iterator[tuple[ByteImage, FloatArray, bool]]:
    """Pictures (480, 480, 3) RGB, the 68 in them (68, 2), and whether the head is turned."""
    face, rng = load_face(), np.random.default_rng(seed)
    nearest = _nearest(heads, face)
    own = _nearest_to(at_rest(heads)[landmarks] - PIVOT, face)
    for number in range(count):
        weights = rng.standard_normal(len(heads.identities)) * (number > 0)
        one = _with_identity(face, heads, nearest, weights)
        units = _units(face, rng) if number % 4 else {}
        yaw, pitch, roll = (float(rng.uniform(-most, most)) * (number % 2) for most in TURNS)
        where = places(one, units, yaw, pitch, roll, _SIZE)[own, :2]
        yield paint(one, units, yaw, pitch, roll, _SIZE), where, bool(number % 2)


def _with_identity(face: Face, heads: Heads, nearest: NDArray[np.int64], weights: NDArray[np.float64]) -> Face:
    moved = np.tensordot(weights.astype(np.float32), heads.identities, 1)
    delta = moved[nearest]
    first, number = face.parts["eyes"]
    eyes = face.vertices[first : first + number, 0]
    for right, material in ((True, "M_ScleraRight"), (False, "M_ScleraLeft")):
        ball = np.unique([vertex for polygon in heads.polygons[material] for vertex in polygon])
        delta[first : first + number][(eyes < 0) == right] = moved[ball].mean(0)
    return replace(face, vertices=np.asarray(face.vertices + delta, np.float32))


def _units(face: Face, rng: np.random.Generator) -> dict[str, float]:
    keys = sorted({name.partition("_")[0] for name in face.targets if name.startswith("AU")})
    chosen = {str(key): float(rng.uniform(0.2, 1)) for key in rng.choice(keys, UNITS, replace=False)}
    return {name: chosen[key] for name in face.targets if (key := name.partition("_")[0]) in chosen}


def _nearest(heads: Heads, face: Face) -> NDArray[np.int64]:
    """Of each vertex of the digital face the model's own (V,)."""
    from scipy.spatial import cKDTree  # noqa: PLC0415

    return np.asarray(cKDTree(at_rest(heads) - PIVOT).query(face.vertices)[1], np.int64)


def _nearest_to(where: FloatArray, face: Face) -> NDArray[np.int64]:
    from scipy.spatial import cKDTree  # noqa: PLC0415

    skin = face.vertices[: face.parts["skin"][1]]
    return np.asarray(cKDTree(skin).query(where)[1], np.int64)


def by_region(errors: FloatArray) -> dict[str, float]:
    """Mean error (N, 68) of each part of the face, of both sides together, and of all."""
    parts = np.array([region.removeprefix("right ").removeprefix("left ") for region in REGIONS_68])
    found = {str(part): float(errors[:, parts == part].mean()) for part in dict.fromkeys(parts)}
    return {"all 68": float(errors.mean()), "the 51 without the jaw": float(errors[:, 17:].mean())} | found


def chosen(seen: list[Seen], canonical: FloatArray) -> list[Place]:
    """Of each of the 68 the one or two of MediaPipe's points, and their shares, with the least mean error over what
    several networks saw; the same on both sides.

    Args:
        canonical: MediaPipe's face (468, 3), which tells mirror images and what is near.
    """
    mirror = np.array([np.linalg.norm(canonical - point * (-1, 1, 1), axis=1).argmin() for point in canonical])
    found: list[Place] = []
    for number, other in enumerate(MIRRORED):
        if number > other:
            place = tuple((int(mirror[point]), share) for point, share in found[other])
        else:
            place = _best(seen, number, other, mirror, canonical)
        found.append(place)
    return found


def _best(seen: list[Seen], number: int, other: int, mirror: NDArray[np.int64], canonical: FloatArray) -> Place:
    def error(place: Place) -> float:
        sides = ((place, number), (tuple((int(mirror[point]), share) for point, share in place), other))
        return float(np.mean([_error(one, half, at) for one in seen for half, at in sides]))

    middle = [point for point in range(len(canonical)) if number != other or mirror[point] == point]
    single = sorted((error(((point, 1.0),)), point) for point in middle)[:_TRIED]
    apart = _APART[0 if REGIONS_68[number] == "jaw" else 1]
    near = [
        (one, two)
        for one, two in combinations([point for _, point in single], 2)
        if np.linalg.norm(canonical[one] - canonical[two]) <= apart
    ]
    pairs: list[Place] = [((one, w), (two, round(1 - w, 1))) for one, two in near for w in _SHARES]
    best: Place = ((single[0][1], 1.0),)
    return min([best, *pairs], key=lambda place: error(place) + _BETTER * (len(place) - 1))


def _error(seen: Seen, place: Place, number: int) -> float:
    found = sum(share * seen.points[:, point] for point, share in place)
    return float(np.linalg.norm(found - seen.truth[:, number], axis=1).mean())
