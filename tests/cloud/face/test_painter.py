"""Pictures of the digital face show what the records say, and whose face was measured plays no part."""

import inspect

import cv2
import numpy as np
import pytest

from cloud.face.mesh import load_face
from cloud.face.painter import BELOW, paint, rotation
from device.contract.errors import DataError
from device.stages.pose import angles

SIZE = 200
MIDDLE = SIZE // 2


@pytest.fixture(scope="module")
def rest():
    return paint(load_face(), {}, size=SIZE)


def picture(**weights):
    return paint(load_face(), weights, size=SIZE)


def changed(one, other):
    """Where two pictures differ visibly: rows and columns."""
    return np.argwhere(np.abs(one.astype(int) - other).max(axis=2) > 12)


def test_one_sided_actions_change_their_own_side_only(rest):
    for unit in ("AU12", "AU43", "AU2", "AU15"):
        left, right = (changed(rest, picture(**{f"{unit}_{side}": 1.0})) for side in "LR")
        assert len(left) > 20 and (left[:, 1] > MIDDLE).mean() > 0.8, "the person's left is on the picture's right"
        assert len(right) > 20 and (right[:, 1] < MIDDLE).mean() > 0.8


def test_actions_change_the_part_of_the_face_that_they_are_seen_in(rest):
    brows, lids, lips, jaw = (
        changed(rest, picture(**weights))[:, 0].mean()
        for weights in ({"AU1_L": 1, "AU1_R": 1}, {"AU43_L": 1, "AU43_R": 1}, {"AU24": 1}, {"AU26": 1})
    )

    assert brows < lids < lips < jaw


def test_a_smile_raises_the_corners_of_the_lips(rest):
    """The lips are the reddest part of the lower face: their outermost points are the corners."""

    def corners(of):
        lab = cv2.cvtColor(of, cv2.COLOR_RGB2LAB).astype(int)
        red = np.argwhere(lab[105:150, 60:140, 1] > np.percentile(lab[105:150, 60:140, 1], 88))
        return [red[red[:, 1] == column].mean(0)[0] for column in (red[:, 1].min(), red[:, 1].max())]

    smile = picture(AU12_L=1.0, AU12_R=1.0)
    assert all(after < before - 2 for before, after in zip(corners(rest), corners(smile), strict=True))


def test_an_open_mouth_is_dark_inside_and_shows_teeth():
    mouth = picture(AU26=0.9, AU25=0.6)[118:150, 85:115].mean(axis=2)

    assert mouth.min() < 70 and np.percentile(mouth[:8], 99) > 120


def test_the_head_turns_as_the_records_say():
    face, axes = load_face(), np.array([1, -1, -1], np.float32)
    for yaw, pitch, roll in ((20, 0, 0), (0, 15, 0), (0, 0, 25), (30, -12, 18), (-45, 20, -9)):
        turned = axes[:, None] * rotation(yaw, pitch, roll) * axes
        back = angles(turned)
        assert (back.yaw, back.pitch, back.roll) == pytest.approx((yaw, pitch, roll), abs=0.01)
        assert np.allclose(turned @ turned.T, np.eye(3), atol=1e-5)
    nose = [paint(face, {}, yaw=yaw, size=SIZE).astype(int).sum(2)[70:100].argmin(1).mean() for yaw in (-30, 30)]
    assert nose[0] != nose[1]


def test_the_shoulders_stay_when_the_head_turns(rest):
    turned = paint(load_face(), {}, yaw=40, size=SIZE)

    assert len(changed(rest, turned)) > 3000
    assert changed(rest, turned)[:, 0].max() < 0.93 * SIZE
    assert np.abs(rest[-1].astype(int) - BELOW).max() <= 2, "and end in the ground without an edge"


def test_a_face_that_was_not_measured_is_pale_and_without_colour(rest):
    faded = paint(load_face(), {}, size=SIZE, faded=True)
    ground = rest[2, 2].astype(int)

    contrast, before = (np.abs(one.astype(int) - ground).mean() for one in (faded, rest))
    assert contrast < 0.45 * before
    assert np.ptp(faded.astype(int), axis=2).max() < 8 < np.ptp(rest.astype(int), axis=2).max()


def test_there_is_no_way_to_give_an_identity(rest):
    assert set(inspect.signature(paint).parameters) == {
        "face", "weights", "yaw", "pitch", "roll", "size", "faded", "colours",
    }  # fmt: skip
    assert np.array_equal(rest, paint(load_face(), {}, size=SIZE))
    assert np.array_equal(rest, paint(load_face(), {}, yaw=float("nan"), size=SIZE)), "unknown is straight ahead"


def test_a_target_that_is_not_there_is_named():
    with pytest.raises(DataError, match="no target 'mouthSmile'"):
        picture(mouthSmile=1.0)
