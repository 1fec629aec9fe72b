"""Head and eye codes: left is the person's own left, whichever way the picture is turned."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from device.stages.blendshapes import BlendshapeEstimator

from device.contract.labels import BLENDSHAPES, CODES
from device.stages.codes import CodeReader
from device.stages.geometry import Box
from device.stages.landmarks import Face
from device.stages.pose import Pose, PoseEstimator

STRAIGHT = Pose(0.0, 0.0, 0.0)
IRISES = slice(468, 478)
SWAPPED = {"AD51": "AD52", "AD52": "AD51", "AD55": "AD56", "AD56": "AD55", "AD61": "AD62", "AD62": "AD61"}


def face(size=100.0):
    points = np.zeros((478, 3), np.float32)
    points[263, 0] = size
    return Face(points, 1.0, Box(0, 0, size, size))


def shapes(**values):
    return dict.fromkeys(BLENDSHAPES, 0.0) | values


def read(pose=STRAIGHT, blendshapes=None, eyes_open=1.0):
    return CodeReader()(face(), pose, blendshapes or shapes(), eyes_open, 1, 0.0)


def sizes(*stretches):
    """The codes at the end of each stretch of (apparent size, seconds) and whether each frame's were in order."""
    reader, time_s, ends = CodeReader(), 0.0, []
    for size, seconds in stretches:
        for _ in range(round(seconds * 25)):
            codes = reader(face(size), STRAIGHT, shapes(), 1.0, 1, time_s)
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
    ("looking", "code"),
    [
        (("eyeLookOutLeft", "eyeLookInRight"), "AD61"),
        (("eyeLookInLeft", "eyeLookOutRight"), "AD62"),
        (("eyeLookUpLeft", "eyeLookUpRight"), "AD63"),
        (("eyeLookDownLeft", "eyeLookDownRight"), "AD64"),
    ],
)
def test_the_eyes(looking, code):
    look = shapes(**dict.fromkeys(looking, 0.7))
    assert read(blendshapes=look) == (code,)
    assert read(blendshapes=look, eyes_open=0.3) == (), "closed eyes look nowhere"
    assert read(blendshapes=look, eyes_open=None) == ()
    assert read(blendshapes=shapes(**{looking[0]: 0.7})) == (), "one eye alone is a squint"


def test_codes_come_in_the_order_of_the_contract():
    codes = read(Pose(20.0, -20.0, -20.0), shapes(eyeLookUpLeft=0.9, eyeLookUpRight=0.9))
    assert codes == ("AD51", "AD54", "AD56", "AD63")
    assert list(codes) == [code for code in CODES if code in codes]


def test_a_head_that_comes_nearer_or_backs_away_from_its_usual_place():
    assert sizes((100, 6), (125, 1), (100, 1), (80, 1)) == [(), ("AD57",), (), ("AD58",)]


def test_before_there_is_a_usual_place_nobody_is_near():
    assert sizes((100, 2), (150, 1)) == [(), ()]


def test_a_code_stays_until_it_is_clearly_over():
    reader = CodeReader()
    codes = [reader(face(), Pose(yaw, 0, 0), shapes(), 1.0, 1, i * 0.04) for i, yaw in enumerate((14, 16, 13, 11, 13))]
    assert codes == [(), ("AD51",), ("AD51",), (), ()]


@pytest.mark.parametrize("interruption", ["gated", "another track"])
def test_nothing_stays_over_an_interruption(interruption):
    reader = CodeReader()
    assert reader(face(), Pose(16, 0, 0), shapes(), 1.0, 1, 0.0) == ("AD51",)
    if interruption == "gated":
        reader.reset()
    assert reader(face(), Pose(13, 0, 0), shapes(), 1.0, 1 if interruption == "gated" else 2, 0.04) == ()


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
def test_real_eyes_whose_irises_move(models, see, portrait, right_px, code, mirror):
    seen = see(mirrored(portrait) if mirror else portrait)
    points = seen.points.copy()
    points[IRISES, 0] += -right_px if mirror else right_px
    look = BlendshapeEstimator(models.blendshapes)(Face(points, 1.0, seen.box))
    assert read(blendshapes=look) == (SWAPPED[code] if mirror else code,)


def test_the_clip_tilts_its_head_to_the_left_then_to_the_right_and_does_nothing_else(clip_sights):
    reader = CodeReader()
    codes = [
        reader(s.face, s.pose, s.blendshapes, 1.0 if s.blendshapes["eyeBlinkLeft"] < 0.3 else 0.2, 1, s.time_s)
        for s in clip_sights
    ]
    changes = [now for before, now in pairwise([(), *codes]) if now != before]
    assert changes == [("AD55",), (), ("AD56",), ()]
