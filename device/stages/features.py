"""What action units are estimated from: where the regions of a face are, and its blendshapes.

The first 468 landmarks are laid on MediaPipe's canonical face (similarity by Kabsch and Umeyama, over the points that
its pose is measured with), so that size, place and pose of the head are gone and the unit is the centimetre. Then each
region's points are averaged: twenty-two regions hold what a face does, while single points follow noise and identity.

The vector, in this order (`NAMES`), absolute, so that means and differences of such vectors make sense:

    REGION.right.x  REGION.right.y  REGION.left.x  REGION.left.y    of each paired region
    REGION.y                                                        of each region on the midline
    the 52 blendshapes

Right and left are the person's own; x grows to the right of the picture, y downwards. Means of both sides, widenings
and gaps between regions are linear in these numbers; the estimator's network makes them itself.
Source: the regions follow the anatomy of FACS (Ekman, Friesen & Hager 2002) on MediaPipe's 468-point mesh.
"""

import json

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import BLENDSHAPES
from device.contract.manifest import Bundle
from device.stages.landmarks import Face
from device.stages.pose import kabsch

POINTS = 468
#: Region → landmarks of the person's right side, and of the left.
PAIRED: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "inner_brow": ((107, 55, 66, 65), (336, 285, 296, 295)),
    "middle_brow": ((105, 52, 63, 53), (334, 282, 293, 283)),
    "outer_brow": ((70, 46), (300, 276)),
    "upper_lid": ((159, 158, 160), (386, 385, 387)),
    "lower_lid": ((145, 144, 153), (374, 373, 380)),
    "nostril_wing": ((129, 102, 48, 98), (358, 331, 278, 327)),
    "nose_bridge": ((6, 122, 196, 193), (6, 351, 419, 417)),
    "upper_cheek": ((117, 118, 50, 101), (346, 347, 280, 330)),
    "lower_cheek": ((205, 207, 187), (425, 427, 411)),
    "nasolabial_fold": ((203, 206, 165), (423, 426, 391)),
    "lip_corner": ((61, 78, 185, 146), (291, 308, 409, 375)),
    "upper_lip_side": ((39, 40, 81, 80), (269, 270, 311, 310)),
    "lower_lip_side": ((181, 91, 178, 88), (405, 321, 402, 318)),
    "chin_boss": ((200, 18, 83), (200, 18, 313)),
    "jaw": ((172, 136, 58), (397, 365, 288)),
}
#: Region on the midline → landmarks.
MIDLINE: dict[str, tuple[int, ...]] = {
    "glabella": (9, 8, 151),
    "nose_tip": (1, 4, 5),
    "upper_lip_edge": (0, 11),
    "upper_lip_inside": (13, 12),
    "lower_lip_edge": (17, 16),
    "lower_lip_inside": (14, 15),
    "chin": (152, 175, 199),
}
NAMES = (
    *(f"{region}.{side}.{axis}" for region in PAIRED for side in ("right", "left") for axis in "xy"),
    *(f"{region}.y" for region in MIDLINE),
    *BLENDSHAPES,
)
GEOMETRIC = len(NAMES) - len(BLENDSHAPES)


class FaceFeatures:
    """Landmarks and blendshapes as one vector; see the module's docstring for its layout."""

    def __init__(self, landmarks_bundle: Bundle) -> None:
        """Takes the canonical mesh from the landmark network's bundle."""
        mesh = json.loads(landmarks_bundle.contents["canonical_face.json"])
        self._basis = np.array([int(point) for point in mesh["pose_weights"]], np.intp)
        weights = np.array(list(mesh["pose_weights"].values()), np.float32)
        self._weights = weights / weights.sum()
        canonical = np.array(mesh["points"], np.float32)[self._basis] * np.array([1, -1, -1], np.float32)
        self._centre = self._weights @ canonical
        self._canonical = (canonical - self._centre) * self._weights[:, None]
        self._spread = float((self._canonical * (canonical - self._centre)).sum())
        self._regions = _averaging()

    def __call__(self, face: Face, blendshapes: dict[str, float]) -> FloatArray:
        """The vector (F,) of a face and its blendshapes, float32."""
        coefficients = [blendshapes[name] for name in BLENDSHAPES]
        return np.concatenate([self.geometry(face.points), np.array(coefficients, np.float32)])

    def geometry(self, points: FloatArray) -> FloatArray:
        """The vector's geometric part, from landmarks (468 or more, 3) in any unit; float32, centimetres."""
        basis = points[self._basis]
        middle = self._weights @ basis
        rotation = kabsch(self._canonical, basis - middle)
        scale = self._spread / float((self._canonical * ((basis - middle) @ rotation)).sum())
        regions = (self._regions @ points[:POINTS] - middle) @ rotation
        places = regions * scale + self._centre
        pairs = 2 * len(PAIRED)
        return np.concatenate([places[:pairs, :2].ravel(), places[pairs:, 1]])


def _averaging() -> FloatArray:
    """The matrix (regions, 468) that takes landmarks to regions: right and left of each pair, then the midline."""
    groups = [side for sides in PAIRED.values() for side in sides] + list(MIDLINE.values())
    matrix = np.zeros((len(groups), POINTS), np.float32)
    for row, group in zip(matrix, groups, strict=True):
        row[list(group)] = 1 / len(group)
    return matrix
