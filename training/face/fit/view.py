"""The fitted head on its picture: which part of it is seen at each pixel, with what normal and colour.

A view is a square about the face, `SIZE` pixels of a side, whatever the picture's own size.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cloud.face.raster import rasterize
from device.arrays import ByteImage, FloatArray
from training.face.bake.colours import GUMS, SKIN, TEETH, linear, skin_colours
from training.face.bake.head import vertex_normals
from training.face.fit.kit import OVAL, Kit
from training.face.fit.solve import Pose

SIZE = 512
#: Side of the square, in distances between the outer corners of the eyes; where the face's middle is in it.
_SIDE = 2.7
#: What lies behind lids and lips is drawn behind them, centimetres.
_BEHIND = 0.12
_IRIS, _WHITE, _PUPIL = (96, 92, 88), (226, 222, 216), (30, 28, 28)
_IRIS_CM, _PUPIL_CM = 0.68, 0.26
#: Seams of the mesh and what is seen from aside tell little of its normal.
_FACING, _PLAIN = 0.2, 0.05


@dataclass(frozen=True, eq=False)
class Square:
    """The square: its left upper corner in the picture, and pixels of the view to one of the picture."""

    left: float
    top: float
    zoom: float

    def cut(self, picture: ByteImage) -> ByteImage:
        """The square of a picture (height, width, 3): (SIZE, SIZE, 3); beyond the picture its edge goes on."""
        matrix = np.array([[self.zoom, 0, -self.left * self.zoom], [0, self.zoom, -self.top * self.zoom]], np.float32)
        how = cv2.INTER_AREA if self.zoom < 1 else cv2.INTER_CUBIC
        found = cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=how, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.uint8)

    def placed(self, points: FloatArray) -> FloatArray:
        """Points in the picture (N, 2 or 3) in the view."""
        found = points.copy()
        found[:, :2] -= (self.left, self.top)
        return np.asarray(found * self.zoom, np.float32)


@dataclass(frozen=True, eq=False)
class View:
    """What is seen in the square.

    Attributes:
        skin, head: pixels of the skin, and of all of the head (SIZE, SIZE).
        face: those within the outline of the landmarks.
        normals: to the right, up and nearer (SIZE, SIZE, 3); 0 where nothing is seen.
        albedo: linear colour beside that of bare skin, 1 (SIZE, SIZE, 3).
        per_cm: pixels of the view to a centimetre.
    """

    skin: NDArray[np.bool_]
    head: NDArray[np.bool_]
    face: NDArray[np.bool_]
    normals: FloatArray
    albedo: FloatArray
    per_cm: float

    @property
    def facing(self) -> FloatArray:
        """Cosine to the viewer (SIZE, SIZE)."""
        return np.asarray(self.normals[..., 2])

    @property
    def bare(self) -> NDArray[np.bool_]:
        """Skin of the face that is seen well, without lips, brows and lashes."""
        plain = (self.facing > _FACING) & (np.abs(self.albedo - 1).max(-1) < _PLAIN)
        return np.asarray(self.skin & self.face & plain)


def square_about(points: FloatArray) -> Square:
    """The square about the landmarks (468, 2 or 3) of a face."""
    between = float(np.linalg.norm(points[33, :2] - points[263, :2]))
    middle = (points[:, :2].min(0) + points[:, :2].max(0)) / 2
    side = max(_SIDE * between, 1.35 * float(np.ptp(points[:, :2], axis=0).max()))
    return Square(float(middle[0]) - side / 2, float(middle[1]) - side / 2, SIZE / side)


def seen(kit: Kit, head: FloatArray, pose: Pose, square: Square, landmarks: FloatArray) -> View:
    """See a head's vertices (V, 3) where they were fitted to landmarks (468, 2 or 3)."""
    faces = np.concatenate([*kit.parts.values()])
    points = square.placed(pose.placed(head))
    of_skin = len(kit.parts["skin"])
    for part, own in kit.parts.items():
        if part != "skin":
            points[np.unique(own), 2] -= _BEHIND * pose.scale * square.zoom
    normals = vertex_normals(head, faces) @ pose.rotation.T.astype(np.float32)
    found = rasterize(points, faces, SIZE)
    values = found.values(np.concatenate([normals, albedo(kit)], axis=1).astype(np.float32))
    filled = np.zeros((SIZE * SIZE, 6), np.float32)
    filled[found.pixels] = values
    filled[:, :3] /= np.maximum(np.linalg.norm(filled[:, :3], axis=1, keepdims=True), 1e-6)
    whole, skin = (np.zeros(SIZE * SIZE, bool) for _ in range(2))
    whole[found.pixels], skin[found.pixels] = True, found.triangles < of_skin
    shape = (SIZE, SIZE, 3)
    outline = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(outline, [np.rint(square.placed(landmarks)[OVAL, :2]).astype(np.int32)], 1)
    return View(
        skin.reshape(shape[:2]),
        whole.reshape(shape[:2]),
        outline.astype(bool),
        filled[:, :3].reshape(shape),
        filled[:, 3:].reshape(shape),
        pose.scale * square.zoom,
    )


def albedo(kit: Kit) -> FloatArray:
    """Colour of each vertex beside bare skin's, linear (V, 3)."""
    colours = skin_colours(kit.neutral)
    for part, colour in (("teeth", TEETH), ("mouth", GUMS)):
        colours[np.unique(kit.parts[part])] = np.array(colour) / 255
    _paint_eyes(kit, colours)
    bare = linear(np.asarray(np.array(SKIN) / 255, np.float32))
    return np.asarray(np.divide(linear(colours), bare), np.float32)


def _paint_eyes(kit: Kit, colours: FloatArray) -> None:
    """Irises on the balls, about their foremost point."""
    own = np.unique(kit.parts["eyes"])
    for side in (kit.neutral[own, 0] > 0, kit.neutral[own, 0] <= 0):
        eye = own[side]
        if len(eye):
            places = kit.neutral[eye]
            away = np.linalg.norm(places[:, :2] - places[places[:, 2].argmax(), :2], axis=1)
            for colour, reach in ((_WHITE, np.inf), (_IRIS, _IRIS_CM), (_PUPIL, _PUPIL_CM)):
                colours[eye[away <= reach]] = np.array(colour) / 255
