"""The heat map is hottest where the skin moved most, keeps sides apart, and does not take unmeasured for still."""

import math

import cv2
import numpy as np
import pytest

from cloud.face.heat import colour_table, heat_map, heat_of, never_measured, top_of
from cloud.face.mesh import load_face
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNITS, LOWER

SIZE = 200


@pytest.fixture(scope="module")
def still():
    """Everything was measured, and nothing was ever present."""
    return dict.fromkeys(load_face().targets, 0.0)


def warmth(picture):
    """How orange each pixel is."""
    return picture[..., 0].astype(int) - picture[..., 2]


def test_a_smile_is_hottest_at_the_corners_of_the_mouth_and_on_the_cheeks(still):
    face = load_face()
    heat = heat_of(still | {"AU12_L": 0.4, "AU12_R": 0.4})
    hottest = face.vertices[np.argsort(heat)[-150:]]

    assert heat.max() == pytest.approx(0.4, abs=0.01)
    assert np.all((np.abs(hottest[:, 0]) > 1) & (hottest[:, 1] < 1.5) & (hottest[:, 1] > -5))
    assert heat[face.vertices[:, 1] > 7].max() < 0.04, "the forehead stays cold"
    picture = warmth(heat_map(still | {"AU12_L": 0.4, "AU12_R": 0.4}, SIZE))
    assert picture[115:130, 70:130].max() > 100 and picture[15:55, 60:140].max() < 30


def test_left_and_right_are_kept_apart(still):
    picture = warmth(heat_map(still | {"AU12_L": 0.4}, SIZE))

    assert picture[90:150, 110:140].max() > 100 and picture[90:150, 60:85].max() < 40


def test_a_face_that_was_still_is_grey(still):
    assert np.ptp(heat_map(still, SIZE).astype(int), axis=2).max() < 16


def test_what_was_never_measured_is_hatched_and_named(still):
    lower = {unit.key for unit in ACTION_UNITS if unit.part == LOWER}
    upper = {name: share for name, share in still.items() if name.split("_")[0] not in lower}
    known, partly = heat_map(still, SIZE).astype(int), heat_map(upper | {"AU12_L": math.nan}, SIZE).astype(int)
    rows = np.argwhere(np.abs(known - partly).max(axis=2) > 20)[:, 0]

    assert len(rows) > 100 and rows.min() > 100, "the chin and the mouth, not brows and eyes"
    assert {"AU12_L", "AU12_R", "AU26"} <= set(never_measured(upper)) and "AU6_L" not in never_measured(upper)
    assert never_measured(still) == ()


def test_the_colours_end_at_a_round_share_of_the_time(still):
    assert top_of(still) == 0.1
    assert top_of(still | {"AU12_L": 0.17}) == 0.2
    assert top_of(dict.fromkeys(still, 1.0)) == 1.0


def test_the_colours_fall_evenly_in_lightness_and_never_to_black():
    lightness = cv2.cvtColor(colour_table()[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]
    steps = -np.diff(lightness)

    assert steps.min() > -0.05, "so that grey print is read"
    assert lightness[-1] > 35 and lightness[0] > 90
    assert steps.max() < 3 * steps.mean()


@pytest.mark.parametrize(
    ("activity", "complaint"),
    [({"AU12": 0.1}, "no target 'AU12'"), ({"AU26": 1.5}, "AU26 is 1.5"), ({"AU26": -0.1}, "shares are 0 to 1")],
)
def test_wrong_activity_is_refused(activity, complaint):
    with pytest.raises(DataError, match=complaint):
        heat_map(activity)
