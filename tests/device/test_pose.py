"""Head pose: the angles of a head that was turned by known angles, with the signs that records promise."""

import json
import math

import cv2
import numpy as np
import pytest

from device.stages.detector import BlazeFace
from device.stages.frame import Frame
from device.stages.geometry import Box
from device.stages.landmarks import Face, Landmarker, detection_roi
from device.stages.pose import PoseEstimator, kabsch

NOSE_TIP, RIGHT_OUTER_CORNER, LEFT_OUTER_CORNER = 1, 33, 263


@pytest.fixture(scope="module")
def pose_of(models):
    return PoseEstimator(models.landmarks.bundle)


@pytest.fixture(scope="module")
def pose_in(models, pose_of):
    """The pose of the one face of a picture."""

    def look(image):
        frame = Frame(np.ascontiguousarray(image), 0, 0.0)
        (detection,) = BlazeFace(models.short_range, 0.5)(frame, frame.bounds)
        return pose_of(Landmarker(models.landmarks)(frame, detection_roi(detection)))

    return look


@pytest.fixture(scope="module")
def mannequin(models):
    """Called with angles in degrees: the canonical mesh as a face in a frame, turned by them."""
    mesh = json.loads(models.landmarks.bundle.contents["canonical_face.json"])
    points = np.array(mesh["points"]) * [1, -1, -1]  # its y is up and its z towards the viewer

    def turned(yaw=0.0, pitch=0.0, roll=0.0, scale=9.0, place=(320, 240, 0)):
        seen = (points @ turn(yaw, pitch, roll).T * scale + place).astype(np.float32)
        return Face(seen, 1.0, Box.around(seen))

    return turned


def turn(yaw, pitch, roll):
    """Roll clockwise in the picture, then the face up, then to the right; x right, y down, z away (3, 3)."""
    (cy, sy), (cp, sp), (cr, sr) = (
        (math.cos(angle), math.sin(angle)) for angle in map(math.radians, (yaw, pitch, roll))
    )
    right = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    up = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    clockwise = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return right @ up @ clockwise


def test_a_face_straight_ahead_has_no_angles(pose_of, mannequin):
    pose = pose_of(mannequin())
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((0, 0, 0), abs=0.1)


@pytest.mark.parametrize(("yaw", "pitch"), [(30, 0), (-45, 0), (0, 20), (0, -25), (20, 15), (-35, -10)])
def test_a_turned_head_gives_its_angles_back(pose_of, mannequin, yaw, pitch):
    pose = pose_of(mannequin(yaw, pitch))
    assert (pose.yaw, pose.pitch) == pytest.approx((yaw, pitch), abs=0.1)


@pytest.mark.parametrize("roll", [-60, 15, 40])
def test_an_inclined_head_gives_its_angle_back(pose_of, mannequin, roll):
    pose = pose_of(mannequin(roll=roll))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((0, 0, roll), abs=0.1)


def test_a_positive_yaw_has_the_nose_to_the_right_of_the_picture(pose_of, mannequin):
    face = mannequin(yaw=30)
    eyes = face.points[[RIGHT_OUTER_CORNER, LEFT_OUTER_CORNER], 0].mean()
    assert face.points[NOSE_TIP, 0] > eyes + 10
    assert pose_of(face).yaw > 0


def test_a_positive_roll_has_the_eye_line_falling_to_the_right(pose_of, mannequin):
    face = mannequin(roll=20)
    assert face.points[LEFT_OUTER_CORNER, 1] > face.points[RIGHT_OUTER_CORNER, 1] + 10
    assert pose_of(face).roll > 0


def test_neither_size_nor_place_changes_the_angles(pose_of, mannequin):
    near, far = (pose_of(mannequin(20, 10, 5, scale, place)) for scale, place in ((20, (400, 300, 0)), (2, (9, 9, 5))))
    assert (near.yaw, near.pitch, near.roll) == pytest.approx((far.yaw, far.pitch, far.roll), abs=0.1)


def test_a_mirrored_picture_mirrors_yaw_and_roll(pose_in, portrait):
    seen, mirrored = pose_in(portrait), pose_in(portrait[:, ::-1])
    assert mirrored.roll == pytest.approx(-seen.roll, abs=1.5)
    assert mirrored.yaw == pytest.approx(-seen.yaw, abs=2)
    assert mirrored.pitch == pytest.approx(seen.pitch, abs=2)


@pytest.mark.parametrize("degrees", [15, -15])
def test_a_picture_turned_clockwise_adds_to_roll(pose_in, portrait, degrees):
    matrix = cv2.getRotationMatrix2D((225, 120), -degrees, 1.0)  # OpenCV counts against the clock
    turned = cv2.warpAffine(portrait, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    assert pose_in(turned).roll - pose_in(portrait).roll == pytest.approx(degrees, abs=1.5)


def test_the_portrait_looks_into_the_camera(pose_in, portrait):
    pose = pose_in(portrait)
    assert abs(pose.yaw) < 10
    assert abs(pose.pitch) < 15
    assert 0 < pose.roll < 8


def test_the_fit_is_a_rotation_even_for_mirrored_points():
    points = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    rotation = kabsch(points, points * np.array([-1, 1, 1], np.float32))
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-4)
