"""What is fitted: ICT-FaceKit's head, its identities and expressions, whole and at the points that MediaPipe sees.

Centimetres on the model's own axes: x to the person's left, y up, z ahead.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray
from device.contract.errors import DataError
from training.face.facekit import WHERE
from training.face.heads import Heads, triangles

#: Of MediaPipe's points, those of the face's outline: the camera sees the edge of a turned head elsewhere.
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152]
OVAL += [148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
#: Points of lips and lids, which tell expressions.
LIVELY = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409]
LIVELY += [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415]
LIVELY += [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246]
LIVELY += [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466]
#: Materials of the model by part; corneas, lashes and what shades the eyes are left out.
MATERIALS = {
    "skin": ("M_Face", "M_BackHead"),
    "eyes": ("M_ScleraLeft", "M_ScleraRight"),
    "teeth": ("M_Teeth",),
    "mouth": ("M_GumsTongue",),
}
_POINTS = 468
#: Shapes that move no point of the face less than this are not told from it, centimetres.
_LEAST = 0.02


@dataclass(frozen=True, eq=False)
class Kit:
    """The model.

    Attributes:
        neutral: (V, 3).
        identities: (I, V, 3), differences; weights of one standard deviation.
        shapes: (E, V, 3), differences, of the expressions by `names`.
        points: the vertex of each of MediaPipe's points (468,).
        parts: triangles (T, 3) of `skin`, `eyes`, `teeth` and `mouth`.
    """

    neutral: FloatArray
    identities: FloatArray
    shapes: FloatArray
    names: tuple[str, ...]
    points: NDArray[np.intp]
    parts: Mapping[str, NDArray[np.int32]]

    def at_points(self) -> "Kit":
        """The same at MediaPipe's points alone, without triangles."""
        at = self.points
        parts = self.neutral[at], self.identities[:, at], self.shapes[:, at]
        return Kit(*parts, self.names, np.arange(len(at)), {})

    def head(self, identity: NDArray[Any], expression: NDArray[Any]) -> FloatArray:
        """The vertices (V, 3) under weights (I,) and (E,)."""
        moved = np.tensordot(identity, self.identities, 1) + np.tensordot(expression, self.shapes, 1)
        return np.asarray(self.neutral + moved, np.float32)


def kit_of(heads: Heads) -> Kit:
    """The part of the model that is fitted. Raises `DataError`: it has no identity, or too few vertices."""
    if not len(heads.identities):
        raise DataError(f"The face model has no identityNNN.obj, and so one face only: {WHERE}.")
    file = Path(__file__).parents[1] / "ict_points.json"
    points = np.array(json.loads(file.read_text())["vertices"], np.intp)[:_POINTS]
    if points.max() >= len(heads.neutral):
        raise DataError(f"The face model has {len(heads.neutral)} vertices, fewer than ICT-FaceKit's: {WHERE}.")
    told = _telling(heads.shapes, points)
    shapes = np.array([heads.shapes[name] for name in told], np.float32).reshape(-1, *heads.neutral.shape)
    parts = {
        part: triangles(p for name in names for p in heads.polygons.get(name, [])) for part, names in MATERIALS.items()
    }
    return Kit(heads.neutral, heads.identities, shapes, told, points, parts)


def _telling(shapes: Mapping[str, FloatArray], points: NDArray[np.intp]) -> tuple[str, ...]:
    return tuple(name for name, moved in shapes.items() if np.linalg.norm(moved[points], axis=1).max() >= _LEAST)


def weights() -> FloatArray:
    """How much each of MediaPipe's points counts (468,)."""
    found = np.ones(_POINTS, np.float32)
    found[OVAL] = 0.3
    found[LIVELY] = 2.0
    return found
