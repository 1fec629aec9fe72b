"""The portrait and the sample clip as the stages see them."""

from dataclasses import dataclass

import numpy as np
import pytest
from device.stages.blendshapes import BlendshapeEstimator

from device.camera.files import VideoFile
from device.stages.aligner import align
from device.stages.detector import BlazeFace, Detector, DetectorSettings
from device.stages.expression import ExpressionClassifier
from device.stages.frame import Frame
from device.stages.landmarks import Face, Landmarker, detection_roi
from device.stages.pose import Pose, PoseEstimator
from device.stages.quality import Quality, QualitySettings, judge
from device.stages.tracker import Tracker, TrackerSettings


@pytest.fixture(scope="session")
def see(models):
    """Called with a picture: its one face, with landmarks."""

    def look(image):
        frame = Frame(np.ascontiguousarray(image), 0, 0.0)
        (detection,) = BlazeFace(models.short_range, 0.5)(frame, frame.bounds)
        return Landmarker(models.landmarks)(frame, detection_roi(detection))

    return look


@pytest.fixture(scope="session")
def face(see, portrait):
    """The portrait's face."""
    return see(portrait)


@dataclass(frozen=True, eq=False)
class Sight:
    """What the stages see of one frame of the sample clip."""

    time_s: float
    face: Face
    pose: Pose
    quality: Quality
    blendshapes: dict[str, float]
    emotions: dict[str, float]


@pytest.fixture(scope="session")
def clip_sights(models, clip):
    """The sample clip as far as the head has rolled (13.2 s), frame by frame."""
    track = Tracker(
        Detector(models.short_range, None, DetectorSettings()), Landmarker(models.landmarks), TrackerSettings()
    )
    pose_of, blend = PoseEstimator(models.landmarks.bundle), BlendshapeEstimator(models.blendshapes)
    express = ExpressionClassifier(models.expression)
    sights = []
    with VideoFile(clip) as video:
        for index in range(330):
            picture = video.read()
            frame = Frame(picture.image, index, 0.0, media_s=picture.media_s)
            face = track(frame).track.face
            pose, crop = pose_of(face), align(frame, face)
            quality = judge(frame, face, pose, crop, QualitySettings())
            sights.append(Sight(frame.time_s, face, pose, quality, blend(face), express(crop)))
    return sights
