"""The quality gate: frames in which a guess would be worthless are recorded as such, with the reasons.

Sharpness is measured on the aligned crop, at the scale at which the networks look: the variance of the Laplacian over
the variance of the crop. Source of the measure: Pech-Pacheco et al. 2000, here divided by contrast.
"""

from dataclasses import dataclass

import cv2

from device.arrays import ByteImage
from device.contract.labels import Reason
from device.settings import QualitySettings
from device.stages.frame import Frame
from device.stages.landmarks import Face
from device.stages.pose import Pose


@dataclass(frozen=True)
class Quality:
    """What was measured: presence 0–1, face width in pixels, sharpness (a ratio), mean brightness 0–1; the verdict."""

    presence: float
    width_px: float
    sharpness: float
    brightness: float
    reasons: tuple[Reason, ...]


def judge(frame: Frame, face: Face, pose: Pose, crop: ByteImage, settings: QualitySettings) -> Quality:
    """Measure and judge a face of a frame, with its aligned crop; no reasons means that it may be analysed."""
    brightness, sharpness = _measure(crop)
    checks = (
        (face.presence < settings.min_presence, Reason.LOW_PRESENCE),
        (face.box.w < settings.min_width_px, Reason.TOO_SMALL),
        (brightness < settings.min_brightness, Reason.TOO_DARK),
        (brightness > settings.max_brightness, Reason.TOO_BRIGHT),
        (sharpness < settings.min_sharpness, Reason.BLURRED),
        (face.box.share_in(frame.bounds) < settings.min_in_view, Reason.CUT_OFF),
        (abs(pose.yaw) > settings.max_yaw or abs(pose.pitch) > settings.max_pitch, Reason.TURNED_AWAY),
    )
    reasons = tuple(reason for failed, reason in checks if failed)
    return Quality(face.presence, face.box.w, sharpness, brightness, reasons)


def absence(frame: Frame, refused: Face | None, settings: QualitySettings) -> tuple[Reason, ...]:
    """Why nobody is followed: there is no face, or none but a `refused` one, which is hardly to be seen; and perhaps
    the light."""
    if refused is not None:
        small = refused.box.w < settings.min_width_px
        return (Reason.LOW_PRESENCE, Reason.TOO_SMALL) if small else (Reason.LOW_PRESENCE,)
    brightness = float(frame.image[::8, ::8].mean()) / 255
    reasons = [Reason.NO_FACE]
    if brightness < settings.min_brightness / 2:
        reasons.append(Reason.TOO_DARK)
    elif brightness > settings.max_brightness:
        reasons.append(Reason.TOO_BRIGHT)
    return tuple(reasons)


def _measure(crop: ByteImage) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(crop)
    _, edges = cv2.meanStdDev(cv2.Laplacian(crop, cv2.CV_16S))
    return float(mean[0, 0]) / 255, float(edges[0, 0]) ** 2 / max(float(deviation[0, 0]) ** 2, 1.0)
