"""Landmarks lie on the features that they name, and a wall is not taken for a face."""

import cv2
import numpy as np
import pytest

from device.stages.frame import Frame
from device.stages.geometry import Roi
from device.stages.landmarks import Landmarker

#: landmark → where that feature is in the portrait, read off the picture
FEATURES = {
    1: (223, 128),  # nose tip
    61: (203, 140),  # right mouth corner
    291: (246, 141),  # left mouth corner
    152: (221, 179),  # chin
}
PUPILS = {468: (204, 101), 473: (246, 103)}  # right and left


@pytest.fixture(scope="module")
def landmarker(models):
    return Landmarker(models.landmarks)


def test_points_lie_on_their_features(face):
    assert face.points.shape == (468, 3)
    for point, place in FEATURES.items():
        assert face.points[point, :2] == pytest.approx(place, abs=5), point


def test_the_other_network_adds_the_irises(see, portrait, with_irises):
    points = see(portrait, with_irises).points
    assert points.shape == (478, 3)
    for point, place in (FEATURES | PUPILS).items():
        assert points[point, :2] == pytest.approx(place, abs=5), point


def test_the_portrait_surely_holds_a_face(face):
    assert face.presence > 0.95


def test_the_box_is_around_the_points(face):
    x, y = face.points[:, 0], face.points[:, 1]
    assert (face.box.x, face.box.y) == (x.min(), y.min())
    assert (face.box.w, face.box.h) == pytest.approx((np.ptp(x), np.ptp(y)), abs=1e-3)


def test_the_nose_is_nearest(face):
    assert face.points[1, 2] < face.points[[33, 263, 152, 234, 454], 2].min() - 10


def test_the_next_crop_from_the_points_gives_the_same_face(landmarker, portrait, face):
    again = landmarker(Frame(portrait, 1, 0.0), face.roi())
    assert again.presence > 0.95
    assert np.abs(again.points - face.points)[:, :2].max() < 3


@pytest.mark.parametrize("degrees", [20, -20])
def test_a_turned_picture_turns_the_landmarks(see, portrait, face, degrees):
    turn = cv2.getRotationMatrix2D((225, 120), degrees, 1.0)
    turned = see(cv2.warpAffine(portrait, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE))
    expected = face.points[:, :2] @ turn[:, :2].T + turn[:, 2]

    assert np.abs(turned.points[:, :2] - expected).mean() < 2
    assert np.degrees(turned.roi().angle - face.roi().angle) == pytest.approx(-degrees, abs=4)


@pytest.mark.parametrize("place", [Roi(50, 50, 100, 0.0), Roi(410, 60, 120, 0.0), Roi(450, 300, 100, 0.0)])
def test_a_piece_without_a_face_has_no_presence(landmarker, portrait, place):
    assert landmarker(Frame(portrait, 0, 0.0), place).presence < 0.5


def test_a_plain_wall_has_no_presence(landmarker):
    wall = np.full((480, 640, 3), 150, np.uint8)
    assert landmarker(Frame(wall, 0, 0.0), Roi(300, 200, 150, 0.0)).presence < 0.5
