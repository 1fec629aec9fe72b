"""The crop that networks see: the same face gives the same crop, however it lies in the frame."""

import cv2
import numpy as np
import pytest

from device.stages.aligner import CROP_SIDE, TEMPLATE, align
from device.stages.frame import Frame
from device.stages.geometry import Box, similarity, warp
from device.stages.landmarks import Face


@pytest.fixture(scope="module")
def crop(portrait, face):
    return align(Frame(portrait, 0, 0.0), face)


def moved(face, matrix):
    """The face after an affine transform of the picture."""
    points = face.points.copy()
    points[:, :2] = face.points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return Face(points.astype(np.float32), face.presence, Box.around(points))


def by_definition(image, face, side):
    """The crop as the template defines it: the coloured frame is warped, then made grey, then averaged down."""
    points, places = face.points[list(TEMPLATE), :2], np.array(list(TEMPLATE.values()), np.float32)
    matrix = similarity(points, places * (side / CROP_SIDE))
    times = max(int(np.ceil(1 / np.hypot(matrix[0, 0], matrix[1, 0]) / 2)), 1)
    crop = cv2.cvtColor(warp(image, matrix * times, side * times), cv2.COLOR_BGR2GRAY)
    return cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)


def mean_difference(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


def test_a_crop_is_small_and_grey(crop):
    assert crop.shape == (CROP_SIDE, CROP_SIDE)
    assert crop.dtype == np.uint8
    assert crop.std() > 30, "and shows something"


@pytest.mark.parametrize("side", [CROP_SIDE, 96])
@pytest.mark.parametrize(
    ("scale", "degrees", "shift"),
    [
        (1, 0, (0, 0)),
        (3, 20, (0, 0)),
        (0.5, -70, (90, 0)),
        (2, 180, (700, 300)),
        (1, 10, (-250, -140)),
        (1, 0, (-9999, 0)),
    ],
)
def test_the_crop_is_that_of_the_whole_coloured_frame_wherever_the_face_lies(
    portrait, face, side, scale, degrees, shift
):
    matrix = cv2.getRotationMatrix2D((225, 120), degrees, scale)
    matrix[:, 2] += shift
    image = cv2.warpAffine(portrait, matrix, (512, 512))
    seen = moved(face, matrix)
    difference = np.abs(align(Frame(image, 0, 0.0), seen, side).astype(int) - by_definition(image, seen, side))
    assert difference.max() <= 2, "rounded twice, in another order, by each processor in its way"
    assert difference.mean() < 0.25


@pytest.mark.parametrize("point", TEMPLATE)
def test_each_point_lands_on_its_place(face, point):
    image = np.zeros((512, 512, 3), np.uint8)
    centre = np.round((face.points[point, :2] - 0.5) * 16).astype(int)
    cv2.circle(image, centre.tolist(), 3 * 16, (255, 255, 255), -1, cv2.LINE_AA, shift=4)
    spot = align(Frame(image, 0, 0.0), face).astype(float)
    rows, columns = np.mgrid[:CROP_SIDE, :CROP_SIDE] + 0.5

    place = (columns * spot).sum() / spot.sum(), (rows * spot).sum() / spot.sum()
    assert place == pytest.approx(TEMPLATE[point], abs=2.5)


@pytest.mark.parametrize("degrees", [25, -40, 180])
def test_a_turned_picture_gives_the_same_crop(portrait, face, crop, degrees):
    matrix = cv2.getRotationMatrix2D((225, 120), degrees, 1.0)
    turned = cv2.warpAffine(portrait, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    matrix[:, 2] += 0.5 - matrix[:, :2] @ (0.5, 0.5)  # OpenCV has pixel centres at integers, landmarks at halves
    assert mean_difference(align(Frame(turned, 0, 0.0), moved(face, matrix)), crop) < 4


@pytest.mark.parametrize("scale", [0.75, 2.0, 4.0])
def test_a_scaled_picture_gives_the_same_crop(portrait, face, crop, scale):
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=how)
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    assert mean_difference(align(Frame(scaled, 0, 0.0), moved(face, matrix)), crop) < 4


def test_the_whole_way_gives_the_same_crop_of_a_turned_picture(see, portrait, crop):
    matrix = cv2.getRotationMatrix2D((225, 120), 20, 1.5)
    turned = cv2.warpAffine(portrait, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    assert mean_difference(align(Frame(turned, 0, 0.0), see(turned)), crop) < 8


def test_a_large_face_is_averaged_not_picked_from(portrait, face):
    grain = np.random.default_rng(0).choice([-70, 70], (2048, 2048, 1))
    large = cv2.resize(portrait // 2 + 64, (2048, 2048), interpolation=cv2.INTER_CUBIC)
    grainy = np.clip(large.astype(int) + grain, 0, 255).astype(np.uint8)
    matrix = np.array([[4.0, 0, 0], [0, 4.0, 0]])
    clean, grained = (align(Frame(image, 0, 0.0), moved(face, matrix)) for image in (large, grainy))

    assert (grained.astype(float) - clean).std() < 70 / 4
    assert mean_difference(grained, clean) < 10
