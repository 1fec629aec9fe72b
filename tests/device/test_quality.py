"""The quality gate: what makes a guess worthless is named, and nothing else is."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from device.contract.labels import Reason
from device.settings import QualitySettings
from device.stages.aligner import align
from device.stages.frame import Frame
from device.stages.pose import Pose, PoseEstimator
from device.stages.quality import absence, judge

SETTINGS = QualitySettings()


@pytest.fixture(scope="module")
def gate(models):
    """Called with an image and the face in it; the pose is the face's own unless given."""
    pose_of = PoseEstimator(models.landmarks.bundle)

    def judged(image, face, pose=None):
        frame = Frame(image, 0, 0.0)
        return judge(frame, face, pose or pose_of(face), align(frame, face), SETTINGS)

    return judged


def test_a_good_portrait_passes(gate, portrait, face):
    quality = gate(portrait, face)
    assert quality.reasons == ()
    assert quality.width_px == pytest.approx(90, abs=4)
    assert quality.presence > 0.95


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda image: cv2.GaussianBlur(image, (0, 0), 3), Reason.BLURRED),
        (lambda image: (image * 0.12).astype(np.uint8), Reason.TOO_DARK),
        (lambda image: (255 - (255 - image) * 0.1).astype(np.uint8), Reason.TOO_BRIGHT),
    ],
    ids=["blurred", "dark", "bright"],
)
def test_a_bad_picture_is_refused_for_its_own_reason(gate, portrait, face, spoil, reason):
    assert gate(spoil(portrait), face).reasons == (reason,)


def test_a_small_face_is_refused(gate, see, portrait):
    small = cv2.resize(portrait, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    assert gate(small, see(small)).reasons == (Reason.TOO_SMALL,)


@pytest.mark.parametrize("pose", [Pose(50, 0, 0), Pose(-50, 0, 0), Pose(0, 45, 0), Pose(0, -45, 0)])
def test_a_face_turned_away_is_refused(gate, portrait, face, pose):
    assert gate(portrait, face, pose).reasons == (Reason.TURNED_AWAY,)


def test_a_face_cut_by_the_edge_of_the_picture_is_refused(gate, portrait, face):
    most, nearly_all = (round(face.box.x + share * face.box.w) for share in (0.9, 0.97))
    assert gate(portrait[:, :most], face).reasons == (Reason.CUT_OFF,)
    assert gate(portrait[:, :nearly_all], face).reasons == ()


def test_an_inclined_head_is_not_turned_away(gate, portrait, face):
    assert gate(portrait, face, Pose(0, 0, 80)).reasons == ()


def test_a_doubtful_face_is_refused(gate, portrait, face):
    assert gate(portrait, replace(face, presence=0.6)).reasons == (Reason.LOW_PRESENCE,)


def test_every_reason_is_given(gate, portrait, face):
    dark_and_blurred = (cv2.GaussianBlur(portrait, (0, 0), 3) * 0.12).astype(np.uint8)
    assert gate(dark_and_blurred, face, Pose(50, 0, 0)).reasons == (
        Reason.TOO_DARK,
        Reason.BLURRED,
        Reason.TURNED_AWAY,
    )


def test_sharpness_does_not_depend_on_light(gate, portrait, face):
    full, half = gate(portrait, face), gate(portrait // 2, face)
    assert half.sharpness == pytest.approx(full.sharpness, rel=0.1)
    assert half.brightness == pytest.approx(full.brightness / 2, abs=0.01)


@pytest.mark.parametrize(
    ("level", "reasons"),
    [
        (5, (Reason.NO_FACE, Reason.TOO_DARK)),
        (120, (Reason.NO_FACE,)),
        (250, (Reason.NO_FACE, Reason.TOO_BRIGHT)),
    ],
)
def test_an_empty_frame_tells_about_the_light(level, reasons):
    assert absence(Frame(np.full((480, 640, 3), level, np.uint8), 0, 0.0), None, SETTINGS) == reasons
