"""The digital face from ICT-FaceKit: parts, neck, eyes, colours and targets put together."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from device.contract.errors import DataError
from training.face.bake.colours import GUMS, TEETH, in_mouth, linear, plain, skin_colours
from training.face.bake.cut import Cut, Polygon, cut_above
from training.face.bake.eyes import Ball, ball
from training.face.bake.glb import Head
from training.face.bake.occlusion import exposure, seen
from training.face.bake.units import at_rest, displacement, names, units
from training.face.heads import Heads, triangles

#: Materials of the model by part. Corneas, lashes and what shades the eyes are left out; the eyes are our own.
MATERIALS = {"skin": ("M_Face", "M_BackHead"), "eyes": (), "teeth": ("M_Teeth",), "mouth": ("M_GumsTongue",)}
#: Where the shoulders end, and the point that the head turns on, centimetres on the model's axes.
LEVEL, PIVOT = -15.5, np.array([0, -1.0, 0], np.float32)
#: The neck turns from not at all to wholly between these heights; what is ahead counts as higher.
NECK, NECK_LEAN = (-14.0, -5.5), 0.35
#: Movement below this is left out, and what is above is lessened by it, so that there is no step; centimetres.
LEAST = 0.024
#: Poses in which a place may be lit that is covered at rest: what one of them uncovers is not drawn dark.
LIT = (("AU43",), ("AU26", "AU25"), ("AU1", "AU2", "AU5"), ("AU12", "AU25"))
#: Poses in which something may be seen that is covered at rest.
SHOWN = (
    ("AU26",),
    ("AU26", "AU25"),
    ("AU26", "AU10", "AU16"),
    ("AU12", "AU25", "AU10", "AU16"),
    ("AU26", "AU12"),
    ("AU26", "AU20"),
    ("AU26", "AU15"),
    ("AU26", "AU18"),
    ("AU25", "AU16", "AU20"),
    ("AU10", "AU25", "AU9"),
    ("AU22", "AU25"),
    ("AU43",),
    ("AU1", "AU2", "AU5"),
    ("AD61",),
    ("AD62",),
    ("AD63",),
    ("AD64",),
)
#: What touches what is seen in one of these is kept too, so many times (of teeth once): other poses show it.
RINGS = 2
#: How dark a place becomes that no light reaches.
DARKEST = {"skin": 0.32, "eyes": 0.45, "teeth": 0.3, "mouth": 0.12}
#: Share of the light at rest below which skin about the mouth is its lining; where its inside is dark, and light.
HIDDEN, DEEP = 0.06, (6.6, 10.0)


def bake(heads: Heads, progress: Callable[[str], None] = lambda _: None) -> Head:
    """The face that `glb.encoded` writes. Raises `DataError` when the model lacks something."""
    balls = [ball(True), ball(False)]
    still = np.zeros_like(heads.neutral)
    polygons = _polygons(heads, balls)
    whole = np.concatenate([at_rest(heads), *(one.vertices for one in balls)])
    cut = cut_above([p for part in polygons.values() for p in part], whole[:, 1], LEVEL)
    vertices, painted = cut.of(whole), cut.of(np.concatenate([still, *(one.colours for one in balls)]))
    progress("Moving it by each action unit.")
    targets = _targets(heads, balls, cut)
    faces, owners = _triangles(cut, polygons)
    progress("Leaving out what nobody ever sees.")
    kept = _ever_seen(vertices, faces, owners, targets)
    used, renumbered = np.unique(faces[kept], return_inverse=True)
    faces, owners = renumbered.reshape(-1, 3).astype(np.int32), owners[kept]
    vertices, painted = vertices[used], painted[used]
    targets = {name: moved[used] for name, moved in targets.items()}
    of_vertices = np.zeros(len(vertices), np.int32)
    of_vertices[faces] = owners[:, None]
    progress("Looking where light reaches.")
    light, shade = _shade(vertices, faces, targets, of_vertices)
    colours = linear(_colours(vertices, of_vertices, painted, light)) * shade
    turning = _turning(vertices, of_vertices)
    normals = vertex_normals(vertices, faces)
    return Head(vertices - PIVOT, faces, colours, normals, turning, targets, _runs(of_vertices), _runs(owners))


def _polygons(heads: Heads, balls: list[Ball]) -> dict[str, list[Polygon]]:
    """Of each part; the eyeballs' vertices follow the model's."""
    found = {part: [p for name in names for p in _of(heads, name)] for part, names in MATERIALS.items()}
    first = len(heads.neutral)
    for one in balls:
        found["eyes"] += [tuple(corners) for corners in (one.triangles + first).tolist()]
        first += len(one.vertices)
    return found


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


def _triangles(cut: Cut, polygons: dict[str, list[Polygon]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """All triangles in the parts' order, and the number of each one's part."""
    part_of = np.full(max(v for part in polygons.values() for p in part for v in p) + 1, -1)
    for number, part in enumerate(polygons.values()):
        part_of[[v for p in part for v in p]] = number
    faces = triangles(cut.polygons)
    return faces, part_of[cut.first[faces[:, 0]]].astype(np.int32)


def _ever_seen(
    vertices: FloatArray, faces: NDArray[np.int32], owners: NDArray[np.int32], targets: dict[str, FloatArray]
) -> NDArray[np.bool_]:
    found = seen(vertices, faces)
    found |= seen(vertices, faces, 0.4, -0.85) & (owners == 0)  # into the nose
    for pose in SHOWN:
        found |= seen(vertices + _moved(targets, pose), faces, 0.4)
    for ring in range(RINGS):
        touched = np.zeros(len(vertices), bool)
        touched[faces[found]] = True
        found |= touched[faces].any(1) & ((owners != 2) | (ring == 0))
    return found


def _moved(targets: dict[str, FloatArray], pose: tuple[str, ...]) -> FloatArray:
    """Displacement with these units at full, of both sides."""
    return np.asarray(np.sum([targets[name] for key in pose for name in names(key)], axis=0), np.float32)


def _runs(owners: NDArray[np.int32]) -> dict[str, tuple[int, int]]:
    """First and number of each part's, which follow each other."""
    return {
        part: (int(np.searchsorted(owners, number)), int((owners == number).sum()))
        for number, part in enumerate(MATERIALS)
    }


def vertex_normals(vertices: FloatArray, faces: NDArray[np.int32]) -> FloatArray:
    """Unit normals (V, 3), weighted by area."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.repeat(np.cross(b - a, c - a), 3, 0)
    total = np.stack([np.bincount(faces.ravel(), across[:, axis], len(vertices)) for axis in range(3)], 1)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9), np.float32)


def _shade(
    vertices: FloatArray, faces: NDArray[np.int32], targets: dict[str, FloatArray], owners: NDArray[np.int32]
) -> tuple[FloatArray, FloatArray]:
    """How much of the light reaches each vertex at rest (V,), and how far the surroundings darken it (V, 1): as bright
    as in the pose in which most light reaches it, and darker deep in the mouth."""
    at_rest = exposure(vertices, vertex_normals(vertices, faces), faces)
    light = at_rest
    for pose in LIT:
        moved = vertices + _moved(targets, pose)
        light = np.maximum(light, exposure(moved, vertex_normals(moved, faces), faces))
    darkest = np.array([DARKEST[part] for part in MATERIALS], np.float32)[owners]
    shade = darkest + (1 - darkest) * light
    inside = (owners == 2) | ((owners == 0) & (at_rest < HIDDEN) & in_mouth(vertices))
    shade[inside] *= np.clip((vertices[inside, 2] - DEEP[0]) / (DEEP[1] - DEEP[0]), 0.12, 1)
    return at_rest, np.asarray(shade, np.float32)[:, None]


def _colours(vertices: FloatArray, owners: NDArray[np.int32], painted: FloatArray, light: FloatArray) -> FloatArray:
    """sRGB 0–1 (V, 3); skin that no light reaches at rest is the lining of the mouth."""
    skin, eyes, teeth, mouth = (owners == number for number in range(len(MATERIALS)))
    found = np.empty_like(vertices)
    found[skin], found[eyes] = skin_colours(vertices[skin]), painted[eyes]
    found[teeth], found[mouth] = plain(int(teeth.sum()), TEETH), plain(int(mouth.sum()), GUMS)
    lining = (skin & in_mouth(vertices)) * np.clip(2 - 2 * light / HIDDEN, 0, 1)
    return np.asarray(found + lining[:, None] * (plain(len(found), GUMS) - found), np.float32)


def _turning(vertices: FloatArray, owners: NDArray[np.int32]) -> FloatArray:
    height = vertices[:, 1] + NECK_LEAN * (vertices[:, 2] - 2)
    share = np.clip((height - NECK[0]) / (NECK[1] - NECK[0]), 0, 1)
    return np.asarray(np.where(owners == 0, share * share * (3 - 2 * share), 1), np.float32)
