"""Head pose from landmarks: the rotation that takes MediaPipe's canonical face mesh to the points seen.

Weighted Kabsch over the 33 points that MediaPipe's geometry pipeline uses (`procrustes_landmark_basis`), under weak
perspective. Source: Kabsch 1976; Lugaresi et al. 2019. Not corrected for faces far from the middle of the picture.
"""

import json
import math
from dataclasses import dataclass

import numpy as np

from device.arrays import FloatArray
from device.contract.manifest import Bundle
from device.contract.tasks import CANONICAL_FACE
from device.stages.landmarks import Face


@dataclass(frozen=True)
class Pose:
    """Degrees. Yaw: to the right of the picture is positive; pitch: up; roll: clockwise in the picture."""

    yaw: float
    pitch: float
    roll: float


class PoseEstimator:
    """Head pose as a function of a face."""

    def __init__(self, landmarks_bundle: Bundle) -> None:
        """Takes the canonical mesh from the landmark network's bundle."""
        mesh = json.loads(landmarks_bundle.contents[CANONICAL_FACE])
        weights = {int(point): weight for point, weight in mesh["pose_weights"].items()}
        self._indices = np.array(list(weights), np.intp)
        self._weights = np.array(list(weights.values()), np.float32)[:, None]
        self._weights /= self._weights.sum()
        model = np.array(mesh["points"], np.float32)[self._indices] * np.array([1, -1, -1], np.float32)
        self._model = (model - (model * self._weights).sum(0)) * self._weights

    def __call__(self, face: Face) -> Pose:
        seen = face.points[self._indices]
        return angles(kabsch(self._model, seen - (seen * self._weights).sum(0)))


def kabsch(source: FloatArray, target: FloatArray) -> FloatArray:
    """The rotation (3, 3) that takes centred points `source` (N, 3) to `target` in least squares."""
    covariance = source.T @ target
    u, _, vt = np.linalg.svd(covariance)
    if np.linalg.det(covariance) < 0:  # a mirror image is no rotation
        vt[2] *= -1
    return np.asarray(vt.T @ u.T, np.float32)


def angles(rotation: FloatArray) -> Pose:
    """Yaw and pitch of the direction that the face looks in, roll of its eye line."""
    ahead, across = -rotation[:, 2], rotation[:, 0]
    yaw = math.degrees(math.atan2(ahead[0], -ahead[2]))
    pitch = math.degrees(math.atan2(-ahead[1], math.hypot(ahead[0], ahead[2])))
    return Pose(yaw, pitch, math.degrees(math.atan2(across[1], across[0])))
