"""Boxes, turned squares, similarities and crops: a point that goes into a crop comes back to where it was."""

import math

import cv2
import numpy as np
import pytest

from device.stages.geometry import Box, Roi, letterbox, roi_from_box, similarity, warp

TURNS = [0.0, math.radians(20), math.radians(-95)]


def affine(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 10, 10), 50 / 150),
        (Box(2, 2, 5, 5), 25 / 100),
        (Box(10, 0, 10, 10), 0.0),
        (Box(12, 12, 10, 10), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(other, expected):
    assert Box(0, 0, 10, 10).iou(other) == pytest.approx(expected)
    assert other.iou(Box(0, 0, 10, 10)) == pytest.approx(expected)


def test_boxes_without_area_do_not_overlap():
    assert Box(3, 3, 0, 0).iou(Box(3, 3, 0, 0)) == 0.0


def test_distance_counts_in_widths_of_the_larger_box():
    large, small = Box(0, 0, 20, 20), Box(35, 45, 10, 10)
    assert large.distance(small) == small.distance(large) == pytest.approx(50 / 20)


def test_box_around_points():
    assert Box.around(np.array([[3, 9, 7], [5, 4, 1], [4, 6, 2]], np.float32)) == Box(3, 4, 2, 5)


@pytest.mark.parametrize("angle", TURNS)
def test_points_of_a_crop_come_back_to_the_frame(angle):
    roi = Roi(200, 120, 90, angle)
    points = np.array([[200, 120, 0], [171, 140, 5], [230, 88, -3]], np.float32)
    crop = np.column_stack([affine(roi.matrix(256), points[:, :2]), points[:, 2] * 256 / 90])

    assert crop[0, :2] == pytest.approx([128, 128], abs=1e-3)
    assert roi.to_frame(crop, 256) == pytest.approx(points, abs=1e-3)


@pytest.mark.parametrize("angle", TURNS)
def test_the_eyes_are_level_in_the_crop_and_the_right_one_is_left(angle):
    step = 30 * np.array([math.cos(angle), math.sin(angle)], np.float32)
    right_eye, left_eye = np.array([100, 80], np.float32) - step, np.array([100, 80], np.float32) + step
    roi = roi_from_box(Box(50, 30, 100, 110), right_eye, left_eye, 1.5)
    eyes = affine(roi.matrix(256), np.stack([right_eye, left_eye]))

    assert (roi.cx, roi.cy, roi.side) == (100, 85, pytest.approx(165))
    assert eyes[0, 1] == pytest.approx(eyes[1, 1], abs=1e-3)
    assert eyes[0, 0] < eyes[1, 0]


def test_similarity_is_found_from_points():
    points = np.array([[0, 0], [10, 0], [3, 8], [7, 2]], np.float32)
    turn = 2.5 * np.array([[math.cos(0.4), -math.sin(0.4)], [math.sin(0.4), math.cos(0.4)]])
    matrix = similarity(points, (points @ turn.T + [40, -7]).astype(np.float32))

    assert matrix[:, :2] == pytest.approx(turn, abs=1e-4)
    assert matrix[:, 2] == pytest.approx([40, -7], abs=1e-3)


def test_similarity_never_mirrors():
    points = np.array([[0, 0], [10, 0], [3, 8], [7, 2]], np.float32)
    matrix = similarity(points, points * np.array([-1, 1], np.float32))
    assert np.linalg.det(matrix[:, :2]) > 0


def test_a_crop_of_the_whole_is_the_picture(portrait):
    assert np.array_equal(warp(portrait, np.eye(2, 3, dtype=np.float32), 512), portrait)


def test_a_crop_keeps_pixel_centres_at_halves():
    ramp = np.repeat(np.arange(0, 240, 2, dtype=np.uint8)[None], 120, axis=0)
    halved = warp(ramp, np.array([[0.5, 0, 0], [0, 0.5, 0]], np.float32), 60)
    assert halved[30].tolist() == [4 * i + 1 for i in range(60)]


def test_beyond_the_frame_its_border_is_repeated():
    image = np.full((20, 20), 90, np.uint8)
    image[:, 0] = 200
    crop = warp(image, Roi(0, 10, 20, 0.0).matrix(20), 20)
    assert (crop[:, :10] == 200).all()
    assert (crop[:, 11:] == 90).all()


@pytest.mark.parametrize(
    "region", [Box(0, 0, 640, 480), Box(300, 50, 200, 400), Box(-50, -60, 500, 500), Box(320, 100, 500, 500)]
)
def test_what_lies_in_a_letterbox_is_found_again_in_the_frame(region):
    image = np.full((480, 640, 3), 60, np.uint8)
    image[196:204, 376:384] = 255
    square, scale, x, y = letterbox(image, region, 128)
    rows, columns = np.nonzero(square[..., 0] > 150)

    assert (columns.mean() + 0.5) / scale + x == pytest.approx(380, abs=2)
    assert (rows.mean() + 0.5) / scale + y == pytest.approx(200, abs=2)


@pytest.mark.parametrize(("side", "region"), [(128, Box(0, 0, 640, 480)), (192, Box(80, 0, 480, 480))])
def test_a_letterbox_is_near_the_average_of_what_it_shows(side, region, portrait):
    image = cv2.resize(portrait, (640, 480))
    square, scale, x, y = letterbox(image, region, side)
    part = image[:, int(region.x) : int(region.x + region.w)]
    average = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top = (side - average.shape[0]) // 2
    shown = square[top : top + average.shape[0]]

    assert (x, y) == (region.x, -top / scale)
    assert np.abs(shown.astype(float) - average).mean() < 3


def test_a_letterbox_of_less_than_a_pixel_shows_one():
    square, scale, x, y = letterbox(np.full((1, 60, 3), 90, np.uint8), Box(1.5, 0.0, 0.99, 1.0), 128)

    assert square.min() == 90
    assert (scale, x, y) == (128, 2, 0)


def test_fine_grain_is_averaged_in_a_letterbox():
    grain = np.random.default_rng(0).choice([50, 150], (480, 640, 1)).astype(np.uint8)
    square, *_ = letterbox(np.repeat(grain, 3, axis=2), Box(0, 0, 640, 480), 128)
    assert square[20:-20].std() < 50 / 2


def test_a_letterbox_keeps_the_shape_and_is_black_around():
    square, scale, _, _ = letterbox(np.full((480, 640, 3), 60, np.uint8), Box(0, 0, 640, 480), 128)
    assert scale == pytest.approx(0.2)
    assert (square[:16] == 0).all() and (square[-16:] == 0).all()
    assert (square[16:-16] == 60).all()
