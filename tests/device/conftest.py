"""The portrait and the sample clip as the stages see them."""

from dataclasses import dataclass

import numpy as np
import pytest

from device.camera.video import VideoFile
from device.models import load
from device.settings import DetectorSettings, ModelSettings, QualitySettings, TrackerSettings
from device.stages.aligner import align
from device.stages.detector import BlazeFace, Detector
from device.stages.frame import Frame
from device.stages.landmarks import Face, Landmarker, detection_roi
from device.stages.pose import Pose, PoseEstimator
from device.stages.quality import Quality, judge
from device.stages.reader import FaceReader, Reading
from device.stages.tracker import Tracker


@pytest.fixture(scope="session")
def with_irises():
    """The landmark network that also finds the irises, which the box has to be told to use."""
    with load("face-landmarks-1.0.0", ModelSettings()) as model:
        yield model


@pytest.fixture(scope="session")
def see(models):
    """Called with a picture, and with a network of landmarks if not the usual one: its one face."""

    def look(image, landmarks=models.landmarks):
        frame = Frame(np.ascontiguousarray(image), 0, 0.0)
        (detection,) = BlazeFace(models.short_range, 0.5)(frame, frame.bounds)
        return Landmarker(landmarks)(frame, detection_roi(detection))

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
    reading: Reading


@pytest.fixture(scope="session")
def clip_sights(models, clip):
    """The sample clip as far as the head has rolled (13.2 s), frame by frame."""
    track = Tracker(
        Detector(models.short_range, None, DetectorSettings()), Landmarker(models.landmarks), TrackerSettings()
    )
    pose_of, read = PoseEstimator(models.landmarks.bundle), FaceReader(models.face)
    sights = []
    with VideoFile(clip) as video:
        for index in range(330):
            picture = video.read()
            frame = Frame(picture.image, index, 0.0, media_s=picture.media_s)
            face = track(frame).track.face
            pose, crop = pose_of(face), align(frame, face)
            quality = judge(frame, face, pose, crop, QualitySettings())
            sights.append(Sight(frame.time_s, face, pose, quality, read(crop)))
    return sights
