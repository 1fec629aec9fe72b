"""Head and eye codes: left is the person's own left, whichever way the picture is turned."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from device.contract.labels import CODES
from device.stages.codes import CodeReader, gaze_of
from device.stages.geometry import Box
from device.stages.landmarks import Face
from device.stages.pose import Pose, PoseEstimator

STRAIGHT = Pose(0.0, 0.0, 0.0)
IRISES = slice(468, 478)
SWAPPED = {"AD51": "AD52", "AD52": "AD51", "AD55": "AD56", "AD56": "AD55", "AD61": "AD62", "AD62": "AD61"}


#: outer corner, inner corner and iris of the person's right and left eye, as a camera sees them
EYES = ((33, 133, 468), (263, 362, 473))
LEFT, RIGHT, UP, DOWN = (0.2, 0.0), (-0.2, 0.0), (0.0, -0.2), (0.0, 0.2)


def face(size=100.0, right=(0.0, 0.0), left=(0.0, 0.0), irises=True):
    """Eyes that look to the right and down of the picture by these shares of their width."""
    points = np.zeros((478 if irises else 468, 3), np.float32)
    width = 0.3 * size
    for (outer, inner, iris), inwards, look in zip(EYES, (width, -width), (right, left), strict=True):
        points[outer, 0] = 0.0 if inwards > 0 else size
        points[inner, 0] = points[outer, 0] + inwards
        if irises:  # they stand a little above the line of the corners when a face looks ahead
            middle = (points[outer, :2] + points[inner, :2]) / 2
            points[iris, :2] = middle + width * (np.array(look) - (0.0, 0.05))
    return Face(points, 1.0, Box(0, 0, size, size))


def looking(where, **more):
    return face(right=where, left=where, **more)


def read(pose=STRAIGHT, seen=None, eyes_open=1.0):
    return CodeReader()(seen or face(), pose, eyes_open, 1, 0.0)


def sizes(*stretches):
    """The codes at the end of each stretch of (apparent size, seconds) and whether each frame's were in order."""
    reader, time_s, ends = CodeReader(), 0.0, []
    for size, seconds in stretches:
        for _ in range(round(seconds * 25)):
            codes = reader(face(size), STRAIGHT, 1.0, 1, time_s)
            time_s += 0.04
        ends.append(codes)
    return ends


def turned(points, degrees):
    """Landmarks of the head turned about the vertical; positive is to the right of the picture."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]], np.float32)
    middle = points.mean(0)
    return (points - middle) @ turn.T + middle


def mirrored(image):
    return np.ascontiguousarray(image[:, ::-1])


def test_a_straight_head_with_straight_eyes_has_no_code():
    assert read() == ()


@pytest.mark.parametrize(
    ("pose", "code"),
    [
        (Pose(20.0, 0.0, 0.0), "AD51"),
        (Pose(-20.0, 0.0, 0.0), "AD52"),
        (Pose(0.0, 20.0, 0.0), "AD53"),
        (Pose(0.0, -20.0, 0.0), "AD54"),
        (Pose(0.0, 0.0, 13.0), "AD55"),
        (Pose(0.0, 0.0, -13.0), "AD56"),
    ],
)
def test_the_head(pose, code):
    assert read(pose) == (code,)


@pytest.mark.parametrize(
    ("where", "code"),
    [(LEFT, "AD61"), (RIGHT, "AD62")],
)
def test_the_eyes(where, code):
    assert read(seen=looking(where)) == (code,)
    assert read(seen=looking(where), eyes_open=0.3) == (), "closed eyes look nowhere"
    assert read(seen=looking(where), eyes_open=None) == ()
    assert read(seen=looking(where, irises=False)) == (), "landmarks without irises tell nothing"


@pytest.mark.parametrize("where", [UP, DOWN])
def test_looks_up_and_down_are_not_told(where):
    assert read(seen=looking(where)) == ()


def test_eyes_that_squint_towards_the_nose_look_nowhere():
    assert read(seen=face(right=LEFT, left=RIGHT)) == ()


@pytest.mark.parametrize("size", [40.0, 300.0])
def test_gaze_is_a_share_of_the_eyes_width_whatever_the_size_and_tilt(size):
    turn = np.array([[0.9, -0.436, 0], [0.436, 0.9, 0], [0, 0, 1]], np.float32)
    for where, expected in ((LEFT, 0.2), (UP, 0.0)):
        points = looking(where, size=size).points
        assert gaze_of(points) == pytest.approx(expected, abs=0.01)
        assert gaze_of(points @ turn.T) == pytest.approx(expected, abs=0.01)


def test_of_468_points_no_gaze_is_known():
    assert gaze_of(face(irises=False).points) == 0.0


def test_codes_come_in_the_order_of_the_contract():
    codes = read(Pose(20.0, -20.0, -20.0), looking(LEFT))
    assert codes == ("AD51", "AD54", "AD56", "AD61")
    assert list(codes) == [code for code in CODES if code in codes]


def test_a_head_that_comes_nearer_or_backs_away_from_its_usual_place():
    assert sizes((100, 6), (125, 1), (100, 1), (80, 1)) == [(), ("AD57",), (), ("AD58",)]


def test_before_there_is_a_usual_place_nobody_is_near():
    assert sizes((100, 2), (150, 1)) == [(), ()]


def test_a_code_stays_until_it_is_clearly_over():
    reader = CodeReader()
    codes = [reader(face(), Pose(yaw, 0, 0), 1.0, 1, i * 0.04) for i, yaw in enumerate((14, 16, 13, 11, 13))]
    assert codes == [(), ("AD51",), ("AD51",), (), ()]


@pytest.mark.parametrize("interruption", ["gated", "another track"])
def test_nothing_stays_over_an_interruption(interruption):
    reader = CodeReader()
    assert reader(face(), Pose(16, 0, 0), 1.0, 1, 0.0) == ("AD51",)
    if interruption == "gated":
        reader.reset()
    assert reader(face(), Pose(13, 0, 0), 1.0, 1 if interruption == "gated" else 2, 0.04) == ()


@pytest.mark.parametrize("mirror", [False, True], ids=["as taken", "mirrored"])
@pytest.mark.parametrize(("degrees", "code"), [(15, "AD56"), (-15, "AD55")])
def test_a_tilted_picture_of_a_real_head(models, see, portrait, degrees, code, mirror):
    tilt = cv2.getRotationMatrix2D((220, 110), degrees, 1.0)  # counter-clockwise
    picture = cv2.warpAffine(portrait, tilt, (512, 512))
    pose = PoseEstimator(models.landmarks.bundle)(see(mirrored(picture) if mirror else picture))
    assert read(pose) == (SWAPPED[code] if mirror else code,)


@pytest.mark.parametrize("mirror", [False, True], ids=["as taken", "mirrored"])
@pytest.mark.parametrize(("degrees", "code"), [(25, "AD51"), (-25, "AD52")])
def test_a_real_head_that_is_turned(models, see, portrait, degrees, code, mirror):
    seen = see(mirrored(portrait) if mirror else portrait)
    points = turned(seen.points, -degrees if mirror else degrees)
    pose = PoseEstimator(models.landmarks.bundle)(Face(points, 1.0, Box.around(points)))
    assert read(pose) == (SWAPPED[code] if mirror else code,)


@pytest.mark.parametrize("mirror", [False, True], ids=["as taken", "mirrored"])
@pytest.mark.parametrize(("right_px", "code"), [(4.0, "AD61"), (-4.0, "AD62")])
def test_real_eyes_whose_irises_move(with_irises, see, portrait, right_px, code, mirror):
    seen = see(mirrored(portrait) if mirror else portrait, with_irises)
    points = seen.points.copy()
    points[IRISES, 0] += -right_px if mirror else right_px
    assert read(seen=Face(points, 1.0, seen.box)) == (SWAPPED[code] if mirror else code,)
    assert read(seen=seen) == (), "she looks into the camera"


def test_the_clip_tilts_its_head_to_the_left_then_to_the_right_and_does_nothing_else(clip_sights):
    reader = CodeReader()
    codes = [reader(s.face, s.pose, 1.0, 1, s.time_s) for s in clip_sights]
    changes = [now for before, now in pairwise([(), *codes]) if now != before]
    assert changes == [("AD55",), (), ("AD56",), ()]
