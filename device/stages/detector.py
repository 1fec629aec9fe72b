"""Face detection with BlazeFace: anchors, decoding, weighted non-maximum suppression, and where to look.

Source: Bazarevsky et al. 2019, *BlazeFace*; MediaPipe `face_detection_short_range.pbtxt` (128², strides 8 16 16 16,
two anchors each) and `face_detection_full_range.pbtxt` (192², stride 4, one anchor).
"""

import itertools
from dataclasses import dataclass, replace

import cv2
import numpy as np

from device.arrays import FloatArray
from device.contract.errors import ModelError
from device.runtime.model import Model
from device.settings import DetectorSettings
from device.stages.frame import Frame
from device.stages.geometry import Box, letterbox

#: input side → (strides, anchors per cell and stride)
_LAYOUTS = {128: ((8, 16, 16, 16), 2), 192: ((4,), 1)}
_SUPPRESSION_IOU = 0.3
_MOST_SQUARES = 8
RIGHT_EYE, LEFT_EYE = 0, 1


@dataclass(frozen=True, eq=False)
class Detection:
    """One face.

    Attributes:
        box: in frame pixels.
        points: (6, 2) eyes, nose tip, mouth, ear tragions, frame pixels.
        score: 0 to 1.
        far: whether only the full range saw it.
    """

    box: Box
    points: FloatArray
    score: float
    far: bool = False


class BlazeFace:
    """One BlazeFace network as a function from a region of a frame to detections."""

    def __init__(self, model: Model, min_score: float) -> None:
        """`min_score`: detections below it are dropped. Raises `ModelError` for an unknown input size."""
        side = model.manifest.input.shape[1]
        if side not in _LAYOUTS:
            raise ModelError(f"Bundle {model.manifest.id}: no BlazeFace is known with an input of {side} pixels.")
        self._model = model
        self._side = side
        self._anchors = anchors(side, *_LAYOUTS[side])
        self._min_score = min_score

    def __call__(self, frame: Frame, region: Box) -> list[Detection]:
        """Faces in `region` of the frame, best first."""
        square, scale, x, y = letterbox(frame.image, region, self._side)
        raw, scores = self._model.on_image(cv2.cvtColor(square, cv2.COLOR_BGR2RGB))  # type: ignore[arg-type]
        boxes, kept = decode(raw[0], scores[0, :, 0], self._anchors, self._side, self._min_score)
        return [_in_frame(*merged, scale, x, y) for merged in weighted_nms(boxes, kept)]


class Detector:
    """Looks where a face is likely first: the seat zone enlarged, the whole frame, then far faces.

    The short range is one run of a network (two with a zone); the full range takes one of a network three times as
    slow for each of the squares that cover the frame.
    """

    def __init__(self, short_range: Model, full_range: Model | None, settings: DetectorSettings) -> None:
        """`full_range` finds far faces and may be absent."""
        self._short = BlazeFace(short_range, settings.short_score)
        self._full = BlazeFace(full_range, settings.full_score) if full_range else None
        self._zone = Box(*settings.zone) if settings.zone else None
        self._turn = 0

    def __call__(self, frame: Frame, thorough: bool = True) -> list[Detection]:
        """All faces found by the first look that finds any in the zone (or anywhere, without one); see `far`."""
        near = self.near(frame)
        return near if self.allowed(frame, near) else merge(near, self.far(frame, thorough))

    def near(self, frame: Frame) -> list[Detection]:
        """Faces that the short range sees, those in the seat zone first."""
        zone = self.zone_in(frame)
        seated = [] if zone is None else self._short(frame, zone)
        return merge(seated, self._short(frame, frame.bounds))

    def far(self, frame: Frame, thorough: bool = True) -> list[Detection]:
        """Faces that the full range sees, near ones too: everywhere, or if not `thorough` in one square, in turn."""
        found: list[Detection] = []
        if self._full is not None:
            places = squares(frame.bounds)
            self._turn = (self._turn + 1) % len(places)
            for square in places if thorough else [places[self._turn]]:
                found = merge(found, self._full(frame, square))
        return [replace(detection, far=True) for detection in found]

    def allowed(self, frame: Frame, faces: list[Detection]) -> list[Detection]:
        """Those that lie in the seat zone; all, without one."""
        zone = self.zone_in(frame)
        return faces if zone is None else [d for d in faces if inside(d.box, zone)]

    def zone_in(self, frame: Frame) -> Box | None:
        """The seat zone in pixels of this frame."""
        if self._zone is None:
            return None
        h, w = frame.image.shape[:2]
        return Box(self._zone.x * w, self._zone.y * h, self._zone.w * w, self._zone.h * h)


def inside(box: Box, zone: Box) -> bool:
    """Whether the middle of `box` lies in `zone`."""
    x, y = box.centre
    return zone.x <= x <= zone.x + zone.w and zone.y <= y <= zone.y + zone.h


def squares(bounds: Box) -> list[Box]:
    """Overlapping squares that cover `bounds`; a letterboxed whole would show far faces a quarter smaller. Those of a
    strip are larger than it is high, so that they are not too many."""
    short, length = sorted((bounds.w, bounds.h))
    side = max(short, length / _MOST_SQUARES)
    steps = int(length / side) if length > side else 0
    right, down = (bounds.w - side) / max(steps, 1), (bounds.h - side) / max(steps, 1)
    return [Box(bounds.x + i * right, bounds.y + i * down, side, side) for i in range(steps + 1)]


def merge(first: list[Detection], more: list[Detection]) -> list[Detection]:
    """`first`, then those of `more` that are not the same face (overlap below the suppression limit)."""
    new = [d for d in more if all(d.box.iou(f.box) < _SUPPRESSION_IOU for f in first)]
    return first + new


def anchors(side: int, strides: tuple[int, ...], per_cell: int) -> FloatArray:
    """Anchor centres (N, 2) in shares of the input, in the order of the network's rows.

    Neighbouring layers of equal stride are one grid with the anchors of both in each cell.
    """
    layers = []
    for stride, equal in itertools.groupby(strides):
        cells = side // stride
        y, x = np.mgrid[:cells, :cells].reshape(2, -1)
        centres = (np.stack([x, y], axis=1) + 0.5) / cells
        layers.append(np.repeat(centres, len(list(equal)) * per_cell, axis=0))
    return np.concatenate(layers).astype(np.float32)


def decode(
    raw: FloatArray, scores: FloatArray, anchors: FloatArray, side: int, min_score: float
) -> tuple[FloatArray, FloatArray]:
    """Boxes and points above `min_score`.

    Args:
        raw: (N, 16): x and y of the centre, width, height, six points, in input pixels relative to the anchor.
        scores: (N,) probabilities.
        anchors: (N, 2).
        side: of the input, pixels.
        min_score: lower ones are dropped.

    Returns:
        (M, 16) left, top, right, bottom and six points in input pixels, and (M,) scores.
    """
    keep = scores >= min_score
    values, origin = raw[keep], anchors[keep] * side
    centre, half = values[:, :2] + origin, values[:, 2:4] / 2
    points = values[:, 4:].reshape(-1, 6, 2) + origin[:, None]
    return np.concatenate([centre - half, centre + half, points.reshape(-1, 12)], axis=1), scores[keep]


def weighted_nms(boxes: FloatArray, scores: FloatArray) -> list[tuple[FloatArray, float]]:
    """Overlapping rows (M, 16) become their score-weighted mean with the best one's score; best first."""
    order = np.argsort(-scores, kind="stable")
    merged = []
    while order.size:
        overlap = _iou(boxes[order[0]], boxes[order]) > _SUPPRESSION_IOU
        overlap[0] = True
        group = order[overlap]
        weights = scores[group, None]
        merged.append(((boxes[group] * weights).sum(0) / weights.sum(), float(scores[order[0]])))
        order = order[~overlap]
    return merged


def _iou(one: FloatArray, many: FloatArray) -> FloatArray:
    low, high = np.maximum(one[:2], many[:, :2]), np.minimum(one[2:4], many[:, 2:4])
    common = np.clip(high - low, 0, None).prod(1)
    area = (many[:, 2:4] - many[:, :2]).prod(1) + (one[2:4] - one[:2]).prod() - common
    return np.asarray(common / np.maximum(area, 1e-9), np.float32)


def _in_frame(row: FloatArray, score: float, scale: float, x: float, y: float) -> Detection:
    points = (row.reshape(8, 2) / scale + np.array([x, y], np.float32)).astype(np.float32)
    return Detection(Box.around(points[:2]), points[2:], score)
