"""Boxes, rotated squares, similarity transforms, and cutting them out of images."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from device.arrays import ByteImage, FloatArray


@dataclass(frozen=True)
class Box:
    """An upright rectangle: left, top, width, height, in pixels."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of the middle."""
        return self.x + self.w / 2, self.y + self.h / 2

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        common = self._common(other)
        union = self.w * self.h + other.w * other.h - common
        return common / union if union > 0 else 0.0

    def share_in(self, other: "Box") -> float:
        """The share of this box's area that lies in `other`, 0 to 1."""
        return self._common(other) / max(self.w * self.h, 1e-6)

    def _common(self, other: "Box") -> float:
        w = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        h = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return max(w, 0.0) * max(h, 0.0)

    def distance(self, other: "Box") -> float:
        """Distance of the centres in units of the larger width."""
        (ax, ay), (bx, by) = self.centre, other.centre
        return math.hypot(ax - bx, ay - by) / max(self.w, other.w, 1e-6)

    @staticmethod
    def around(points: FloatArray) -> "Box":
        """The smallest box around points (N, 2 or more)."""
        x, y = points[:, 0], points[:, 1]
        left, top = float(x.min()), float(y.min())
        return Box(left, top, float(x.max()) - left, float(y.max()) - top)


@dataclass(frozen=True)
class Roi:
    """A square region turned by `angle` radians (clockwise in the image), from which a network's crop is cut."""

    cx: float
    cy: float
    side: float
    angle: float

    def matrix(self, crop_side: int) -> FloatArray:
        """The 2×3 affine matrix from frame pixels to pixels of a crop of `crop_side`."""
        scale = crop_side / self.side
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        half = crop_side / 2
        return np.array(
            [
                [cos, sin, half - cos * self.cx - sin * self.cy],
                [-sin, cos, half + sin * self.cx - cos * self.cy],
            ],
            np.float32,
        )

    def to_frame(self, points: FloatArray, crop_side: int) -> FloatArray:
        """Points (N, 3) of the crop back in frame pixels; z is scaled like x and y."""
        scale, half = self.side / crop_side, crop_side / 2
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        turned: FloatArray = points @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, scale]], np.float32)
        turned += np.array([self.cx - (cos - sin) * half, self.cy - (sin + cos) * half, 0], np.float32)
        return turned


def roi_from_box(box: Box, right_eye: FloatArray, left_eye: FloatArray, scale: float) -> Roi:
    """The square around `box` enlarged by `scale`, turned so that the line of the two eye points is level.

    The person's right eye is the one on the left of an unmirrored image. Source: MediaPipe
    `DetectionsToRectsCalculator` and `RectTransformationCalculator` with `square_long`.
    """
    angle = math.atan2(float(left_eye[1] - right_eye[1]), float(left_eye[0] - right_eye[0]))
    return Roi(*box.centre, max(box.w, box.h) * scale, angle)


def similarity(source: FloatArray, target: FloatArray) -> FloatArray:
    """The 2×3 similarity (rotation, scale, shift; no mirror) that takes `source` (N, 2) to `target` in least squares.

    Source: Umeyama 1991, in the closed form for the plane.
    """
    mean_s, mean_t = source.mean(0), target.mean(0)
    s = source - mean_s
    (xx, xy), (yx, yy) = (s.T @ (target - mean_t)).tolist()
    spread = float(np.vdot(s, s))
    a, b = (xx + yy) / spread, (xy - yx) / spread
    (sx, sy), (tx, ty) = mean_s.tolist(), mean_t.tolist()
    return np.array([[a, -b, tx - a * sx + b * sy], [b, a, ty - b * sx - a * sy]], np.float32)


def warp(image: ByteImage, matrix: FloatArray, side: int) -> ByteImage:
    """Cut a `side`×`side` crop by the affine matrix frame → crop; what lies outside the frame repeats its border."""
    centred = matrix.copy()  # OpenCV puts pixel centres at integers, we put them at halves
    centred[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5
    return cv2.warpAffine(image, centred, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def letterbox(image: ByteImage, region: Box, side: int) -> tuple[ByteImage, float, float, float]:
    """Shrink or enlarge `region` of the image into a `side`×`side` square, aspect kept, black around it.

    Returns:
        The square, and (scale, x, y) so that frame = square ÷ scale + (x, y).
    """
    left, top = max(round(region.x), 0), max(round(region.y), 0)
    right, bottom = min(round(region.x + region.w), image.shape[1]), min(round(region.y + region.h), image.shape[0])
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = side / max(part.shape[:2])
    w, h = max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1)
    square = np.zeros((side, side, 3), np.uint8)
    x, y = (side - w) // 2, (side - h) // 2
    square[y : y + h, x : x + w] = _resized(part, w, h)
    return square, scale, left - x / scale, top - y / scale


def _resized(image: ByteImage, w: int, h: int) -> ByteImage:
    """`image` with `w`×`h` pixels: halved while it can be, then bilinear: averaging throughout is slow."""
    while image.shape[1] >= 2 * w and image.shape[0] >= 2 * h:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = cv2.resize(image, half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]
