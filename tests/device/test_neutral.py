"""The face at rest: what it takes away from action units, how it is named, and what could be one."""

import re

import numpy as np
import pytest

from device.contract.labels import ACTION_UNIT_KEYS, LOWER, SIDED_KEYS
from device.stages.neutral import HELPED, Neutral, named, neutral_of, relative, without
from tests.people import actions

REST = Neutral(actions({"AU4": 2.0, "AU12": 1.0}, left={"AU12": 2.0}, right={"AU12": 0.5}), "calibrated:01234567")


def helped(*units):
    return np.array([key in units for key in ACTION_UNIT_KEYS])


def array(*values):
    return np.array(values, np.float32)


def side(values, unit):
    return float(values[SIDED_KEYS.index(unit)])


def test_what_rest_shows_is_taken_away_and_the_rest_of_the_scale_stretched():
    assert without(array(2.0, 3.5, 5.0, 1.0), array(2.0, 2.0, 2.0, 2.0)) == pytest.approx([0, 2.5, 5, 0])
    assert without(array(0.0, 3.3, 5.0), array(0.0, 0.0, 0.0)) == pytest.approx([0, 3.3, 5])


@pytest.mark.parametrize("rest", [0.0, 0.7, 2.0, 3.9, 4.5, 5.0])
def test_it_never_adds_never_leaves_the_scale_and_keeps_the_order(rest):
    values = np.linspace(0, 5, 51, dtype=np.float32)
    left = without(values, np.full(51, rest, np.float32))
    assert (left <= values + 1e-6).all()
    assert (left >= 0).all()
    assert (np.diff(left) >= 0).all()
    assert (left[values <= rest] == 0).all()


def test_it_is_taken_away_only_where_that_helps_and_on_both_sides():
    seen = actions({"AU4": 3.5, "AU12": 3.0})
    found = relative(seen, REST, helped("AU12"))
    assert found.of("AU4") == 3.5
    assert found.of("AU12") == pytest.approx(2.5)
    assert side(found.left, "AU12") == pytest.approx(5 / 3)
    assert side(found.right, "AU12") == pytest.approx(2.5 / 4.5 * 5)
    assert side(found.left, "AU4") == 3.5
    assert relative(seen, REST, helped("AU4")).of("AU4") == pytest.approx(2.5)


def test_without_a_face_at_rest_nothing_changes():
    seen = actions({"AU4": 3.5})
    assert relative(seen, None, helped("AU4")) is seen


def test_what_is_hidden_stays_hidden_and_nothing_else_becomes_so():
    seen = actions({"AU4": 3.5}, hidden=(LOWER,))
    found = relative(seen, REST, helped(*ACTION_UNIT_KEYS))
    assert found.known().keys() == seen.known().keys()
    assert (np.isnan(found.left) == np.isnan(seen.left)).all()


def test_the_units_that_are_said_to_be_helped_are_units_and_are_the_default():
    assert {*HELPED} <= {*ACTION_UNIT_KEYS}
    seen = actions(dict.fromkeys(ACTION_UNIT_KEYS, 3.0))
    assert relative(seen, REST).both == pytest.approx(relative(seen, REST, helped(*HELPED)).both)


def test_a_version_tells_faces_and_estimators_apart():
    faces = actions({"AU1": 1.0}), actions({"AU1": 1.01}), actions({"AU1": 1.0}, left={"AU1": 1.2})
    versions = {named(face, name).version for face in faces for name in ("first-1", "second-1")}
    assert len(versions) == 6
    assert named(faces[0], "first-1").version in versions
    assert all(re.fullmatch(r"calibrated:[0-9a-f]{8}", version) for version in versions)


def test_as_one_row_of_numbers_it_is_the_same():
    again = neutral_of(REST.values(), REST.version)
    assert again.values() == pytest.approx(REST.values())
    assert again.actions.known() == REST.actions.known()
    assert side(again.actions.left, "AU12") == 2.0
    with pytest.raises(ValueError, match="47"):
        neutral_of(REST.values()[1:], "")
