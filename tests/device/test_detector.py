"""Faces are found where they are, once each, near and far, in the seat zone and out of it."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from device.contract.errors import ModelError
from device.settings import DetectorSettings
from device.stages.detector import BlazeFace, Detection, Detector, anchors, decode, inside, merge, weighted_nms
from device.stages.frame import Frame
from device.stages.geometry import Box

PORTRAIT_FACE_W = 90  # px, between the outermost landmarks
RIGHT_EYE, LEFT_EYE = (203, 102), (248, 106)
PLACES = [(50, 50), (200, 200), (400, 150), (30, 280)]


@pytest.fixture(scope="module")
def detector(models):
    return Detector(models.short_range, models.full_range, DetectorSettings())


def walls():
    noise = np.random.default_rng(0).integers(100, 180, (480, 640, 3), np.uint8)
    return {"plain": np.full((480, 640, 3), 150, np.uint8), "noisy": noise}


def far_away(portrait, share, place, wall):
    """A 640×480 frame in which the portrait's face is `share` of the width, and the middle of that face."""
    scale = share * 640 / PORTRAIT_FACE_W
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = walls()[wall]
    (x, y), (h, w) = place, small.shape[:2]
    image[y : y + h, x : x + w] = small[: 480 - y, : 640 - x]
    return Frame(image, 0, 0.0), (x + 225 * scale, y + 118 * scale)


def only(detections):
    assert len(detections) == 1
    return detections[0]


def row(x, y, side=10.0):
    return [x, y, x + side, y + side, *[x + side / 2, y + side / 2] * 6]


@pytest.mark.parametrize(
    ("side", "strides", "per_cell", "number"), [(128, (8, 16, 16, 16), 2, 896), (192, (4,), 1, 2304)]
)
def test_there_is_an_anchor_for_each_row_of_the_network(side, strides, per_cell, number):
    found = anchors(side, strides, per_cell)
    assert found.shape == (number, 2)
    assert found.min() > 0 and found.max() < 1


def test_neighbouring_layers_of_equal_stride_share_a_grid():
    found = anchors(128, (8, 16, 16, 16), 2)
    fine, coarse = found[:512].reshape(16, 16, 2, 2), found[512:].reshape(8, 8, 6, 2)

    assert (fine == fine[:, :, :1]).all()
    assert (coarse == coarse[:, :, :1]).all(), "all six anchors of a cell stand together"
    assert coarse[0, 0, 0].tolist() == [1 / 16, 1 / 16]
    assert coarse[0, 1, 0].tolist() == [3 / 16, 1 / 16], "x runs first"
    assert coarse[1, 0, 0].tolist() == [1 / 16, 3 / 16]


def test_boxes_and_points_are_relative_to_their_anchor():
    raw = np.array([[2, -4, 20, 10, *[1, 3] * 6], [0] * 16], np.float32)
    places = np.array([[0.5, 0.25], [0.5, 0.5]], np.float32)
    boxes, scores = decode(raw, np.array([0.9, 0.4], np.float32), places, 100, min_score=0.5)

    assert scores.tolist() == [pytest.approx(0.9)]
    assert boxes[0].tolist() == [42, 16, 62, 26, *[51, 28] * 6]


def test_overlapping_rows_become_their_weighted_mean():
    boxes = np.array([row(0, 0), row(3, 0), row(50, 50)], np.float32)
    near, far = weighted_nms(boxes, np.array([0.5, 0.25, 0.9], np.float32))[::-1]

    assert near[0] == pytest.approx(row(1, 0))
    assert near[1] == 0.5
    assert far[0] == pytest.approx(row(50, 50)), "and the best comes first"


def test_faces_side_by_side_stay_two():
    boxes = np.array([row(0, 0), row(8, 0)], np.float32)
    assert len(weighted_nms(boxes, np.array([0.9, 0.8], np.float32))) == 2


def test_no_rows_make_no_face():
    assert weighted_nms(np.zeros((0, 16), np.float32), np.zeros(0, np.float32)) == []


@pytest.mark.parametrize(("role", "min_score"), [("short_range", 0.5), ("full_range", 0.6)])
def test_a_portrait_holds_exactly_one_face(models, portrait, role, min_score):
    frame = Frame(portrait, 0, 0.0)
    found = only(BlazeFace(getattr(models, role), min_score)(frame, frame.bounds))

    assert found.score > 0.8
    assert found.points[0] == pytest.approx(RIGHT_EYE, abs=5)
    assert found.points[1] == pytest.approx(LEFT_EYE, abs=5)
    assert inside(Box(*RIGHT_EYE, 0, 0), found.box) and inside(Box(*LEFT_EYE, 0, 0), found.box)
    assert 80 < found.box.w < 120


def test_the_portrait_is_one_face_for_both_networks_together(detector, portrait):
    only(detector(Frame(portrait, 0, 0.0)))


@pytest.mark.parametrize("wall", ["plain", "noisy"])
def test_a_wall_holds_no_face(detector, wall):
    assert detector(Frame(walls()[wall], 0, 0.0)) == []


@pytest.mark.parametrize("wall", ["plain", "noisy"])
@pytest.mark.parametrize("place", PLACES)
def test_a_far_face_is_found(detector, portrait, place, wall):
    frame, middle = far_away(portrait, 0.07, place, wall)
    assert only(detector(frame)).box.centre == pytest.approx(middle, abs=10)


def test_a_face_of_a_twentieth_of_the_width_is_found(detector, portrait):
    for place in PLACES:
        frame, middle = far_away(portrait, 0.05, place, "plain")
        assert only(detector(frame)).box.centre == pytest.approx(middle, abs=10)


@pytest.mark.parametrize("place", PLACES)
def test_in_the_seat_zone_a_face_of_a_twentieth_of_the_width_is_found(models, portrait, place):
    frame, middle = far_away(portrait, 0.05, place, "plain")
    zone = (middle[0] / 640 - 0.12, middle[1] / 480 - 0.15, 0.24, 0.3)
    detector = Detector(models.short_range, None, DetectorSettings(zone=zone))
    assert only(detector(frame)).box.centre == pytest.approx(middle, abs=10)


def test_the_zone_is_measured_in_shares_of_the_frame(models):
    frame = Frame(walls()["plain"], 0, 0.0)
    assert Detector(models.short_range, None, DetectorSettings()).zone_in(frame) is None
    zoned = Detector(models.short_range, None, DetectorSettings(zone=(0.25, 0.5, 0.5, 0.25)))
    assert zoned.zone_in(frame) == Box(160, 240, 320, 120)


def test_a_face_lies_in_the_zone_with_its_middle():
    zone = Box(100, 100, 100, 100)
    assert inside(Box(60, 120, 82, 20), zone)
    assert not inside(Box(60, 120, 78, 20), zone)


def test_faces_outside_the_zone_are_found_too_after_those_inside(models, portrait):
    head = portrait[25:225, 125:325]
    image = walls()["plain"]
    image[200:400, 20:220] = head
    image[200:400, 400:600] = head[:, ::-1]
    left, right = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0)

    for zone, first_x in ((left, 120), (right, 500)):
        detector = Detector(models.short_range, models.full_range, DetectorSettings(zone=zone))
        found = detector(Frame(image, 0, 0.0))
        assert len(found) == 2, "a face seen in the zone and in the frame counts once"
        assert found[0].box.centre[0] == pytest.approx(first_x, abs=15)


def test_far_faces_are_looked_for_only_while_the_seat_is_empty(models, portrait):
    image = walls()["plain"]
    image[200:400, 20:220] = portrait[25:225, 125:325]
    for zone, looked in (((0.0, 0.0, 0.5, 1.0), False), ((0.5, 0.0, 0.5, 1.0), True)):
        before = models.full_range.invokes
        Detector(models.short_range, models.full_range, DetectorSettings(zone=zone))(Frame(image, 0, 0.0))
        assert (models.full_range.invokes > before) is looked


def test_a_face_says_which_range_saw_it(detector, portrait):
    near, far = Frame(portrait, 0, 0.0), far_away(portrait, 0.07, PLACES[0], "plain")[0]
    assert not only(detector(near)).far
    assert detector.near(far) == []
    assert only(detector(far)).far
    assert only(detector.far(near)).far, "the full range sees near faces too"


def test_without_a_full_range_nobody_is_far(models, portrait):
    assert Detector(models.short_range, None, DetectorSettings()).far(Frame(portrait, 0, 0.0)) == []


def test_only_faces_in_the_zone_are_allowed_and_all_without_one(models, portrait):
    frame = Frame(portrait, 0, 0.0)
    faces = Detector(models.short_range, None, DetectorSettings()).near(frame)
    for zone, allowed in (((), faces), ((0.0, 0.0, 1.0, 0.5), faces), ((0.0, 0.5, 1.0, 0.5), [])):
        assert Detector(models.short_range, None, DetectorSettings(zone=zone)).allowed(frame, faces) == allowed


def test_merging_keeps_the_first_finding_of_a_face():
    points = np.zeros((6, 2), np.float32)
    one, same, other = (Detection(Box(x, 0, 10, 10), points, 0.9) for x in (0, 2, 40))
    assert merge([one], [same, other]) == [one, other]


def test_an_unknown_input_size_is_refused(models):
    manifest = models.short_range.manifest
    odd = replace(manifest, input=replace(manifest.input, shape=(1, 100, 100, 3)))
    with pytest.raises(ModelError, match="100 pixels"):
        BlazeFace(SimpleNamespace(manifest=odd), 0.5)


def test_between_thorough_looks_far_faces_are_found_in_turn(detector, portrait):
    for place in PLACES:
        frame, middle = far_away(portrait, 0.07, place, "plain")
        found = [face for _ in range(2) for face in detector(frame, thorough=False)]
        assert found
        assert found[0].box.centre == pytest.approx(middle, abs=10)
