"""FACS codes of where head and eyes are turned (AD51–58, AD61 and AD62), seen from the person: left is their left.

In a camera's picture, which is not mirrored, the person's left is at the right; in a mirrored picture the codes
change sides. A head that looks at the camera, at its height, is straight (*FACS* 2002, chapter 9), so a camera that
stands low or high or aside shifts the codes: put it at the height of the face.

The manual shows by pictures, not in degrees, from where on a position is scored, and leaves slight ones unscored. The
limits here are ours: 15° of turn and pitch, 10° of tilt, a face that appears 15 % larger or smaller than is usual for
the track (its median), and irises that stand a tenth of the eye's width out of their middle, mean of both eyes, while
these are open. Only networks that find irises say where eyes are turned (`face-landmarks`, not `face-mesh`). A code
once given stays until 80 % of its limit, so that it does not flicker; opposites exclude each other, as in the manual.
"""

import math
from collections.abc import Iterator

import numpy as np

from device.arrays import FloatArray
from device.contract.labels import CODES
from device.stages.landmarks import LEFT_OUTER_CORNER, RIGHT_OUTER_CORNER, Face
from device.stages.pose import Pose
from device.stages.quantile import RunningQuantile

_TURN_DEG, _PITCH_DEG, _TILT_DEG = 15.0, 15.0, 10.0
_NEARER = math.log2(1.15)
_LOOK = 0.1
#: outer and inner corner of the person's right and left eye, and the irises' centres
_CORNERS, _IRISES = np.array([(33, 133), (263, 362)], np.intp), np.array([468, 473], np.intp)
_STAYS = 0.8
_MIN_OPEN = 0.5
_GAP_S = 0.5
_SIZE_TAU_S, _SIZE_AFTER_S = 120.0, 5.0


class CodeReader:
    """Head and eye codes of one track after the other."""

    def __init__(self) -> None:
        self._begin(0)

    def reset(self) -> None:
        """A frame was not measured: no code stays."""
        self._time_s = math.inf
        self._held: tuple[str, ...] = ()

    def __call__(self, face: Face, pose: Pose, eyes_open: float | None, track: int, time_s: float) -> tuple[str, ...]:
        """The codes of a measured frame, in the order of the contract; `eyes_open` is a share of the usual opening."""
        if track != self._track:
            self._begin(track)
        lapse_s = time_s - self._time_s
        if not 0 < lapse_s <= _GAP_S:
            self.reset()
            lapse_s = 0.0
        self._time_s = time_s
        nearer = self._nearer(face.points, lapse_s)
        gaze = gaze_of(face.points) if eyes_open is not None and eyes_open >= _MIN_OPEN else 0.0
        found = set(self._given(pose, nearer, gaze))
        self._held = tuple(code for code in CODES if code in found)
        return self._held

    def _begin(self, track: int) -> None:
        self._track = track
        self._size = RunningQuantile(0.5, 2.0, 12.0, 500, _SIZE_TAU_S)
        self.reset()

    def _nearer(self, points: FloatArray, lapse_s: float) -> float:
        """How much larger than usual the face appears, powers of two; 0 while the usual is not known."""
        across = points[LEFT_OUTER_CORNER] - points[RIGHT_OUTER_CORNER]  # in space, so that turning does not shrink it
        size = math.log2(max(float(np.sqrt(across @ across)), 1.0))
        self._size.add(size, lapse_s)
        return size - self._size() if self._size.seconds >= _SIZE_AFTER_S else 0.0

    def _given(self, pose: Pose, nearer: float, gaze: float) -> Iterator[str]:
        scales = (
            (pose.yaw / _TURN_DEG, "AD51", "AD52"),
            (pose.pitch / _PITCH_DEG, "AD53", "AD54"),
            (pose.roll / _TILT_DEG, "AD55", "AD56"),
            (nearer / _NEARER, "AD57", "AD58"),
            (gaze / _LOOK, "AD61", "AD62"),
        )
        for value, positive, negative in scales:
            code = positive if value > 0 else negative
            if abs(value) >= (_STAYS if code in self._held else 1.0):
                yield code


def gaze_of(points: FloatArray) -> float:
    """How far the irises stand out of the eyes' middle to the person's left, in eye widths, mean of both eyes.

    Against MediaPipe's `eyeLook` blendshapes on 730 faces of FER2013 this correlates at .81. How high irises stand
    says too little of looks up and down (.43), which lids show as much: those are not told.

    Args:
        points: (478, 3); of 468, which have no irises, nothing is known: 0.
    """
    if len(points) <= _IRISES.max():
        return 0.0
    outer, inner, iris = points[_CORNERS[:, 0], :2], points[_CORNERS[:, 1], :2], points[_IRISES, :2]
    across = np.stack([inner[0] - outer[0], outer[1] - inner[1]])  # of both eyes towards the person's left
    away = iris - (outer + inner) / 2
    return float(((away * across).sum(1) / (across * across).sum(1)).mean())
