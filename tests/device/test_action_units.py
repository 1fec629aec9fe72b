"""Action units from blendshapes: which feeds which, and the scale of 0 to 5."""

import pytest

from device.contract.labels import ACTION_UNIT_KEYS, BLENDSHAPES
from device.stages.action_units import action_units

NOT_REPORTED = {"AU9", "AU10", "AU14", "AU23", "AU24"}


def blendshapes(**coefficients):
    return dict.fromkeys(BLENDSHAPES, 0.0) | coefficients


def raised(**coefficients):
    """Action units above zero."""
    return {unit: value for unit, value in action_units(blendshapes(**coefficients)).items() if value > 0}


def test_units_stand_in_the_order_of_the_contract_without_those_that_cannot_be_seen():
    expected = [key for key in ACTION_UNIT_KEYS if key not in NOT_REPORTED]
    assert list(action_units(blendshapes())) == expected


def test_a_face_at_rest_has_no_action_unit():
    assert raised() == {}


def test_left_and_right_are_averaged():
    assert raised(mouthSmileLeft=0.8, mouthSmileRight=0.4) == {"AU12": pytest.approx(3.0)}


@pytest.mark.parametrize(
    ("coefficients", "units"),
    [
        ({"browInnerUp": 0.5}, {"AU1"}),
        ({"browOuterUpLeft": 0.5, "browOuterUpRight": 0.5}, {"AU2"}),
        ({"browDownLeft": 0.5, "browDownRight": 0.5}, {"AU4"}),
        ({"eyeWideLeft": 0.5, "eyeWideRight": 0.5}, {"AU5"}),
        ({"eyeSquintLeft": 0.5, "eyeSquintRight": 0.5}, {"AU7"}),
        ({"mouthFrownLeft": 0.5, "mouthFrownRight": 0.5}, {"AU15"}),
        ({"mouthLowerDownLeft": 0.5, "mouthLowerDownRight": 0.5}, {"AU16", "AU25"}),
        ({"mouthShrugLower": 0.5}, {"AU17"}),
        ({"mouthPucker": 0.5}, {"AU18"}),
        ({"mouthStretchLeft": 0.5, "mouthStretchRight": 0.5}, {"AU20"}),
        ({"mouthFunnel": 0.5}, {"AU22"}),
        ({"jawOpen": 0.5}, {"AU25", "AU26"}),
        ({"mouthRollLower": 0.5, "mouthRollUpper": 0.5}, {"AU28"}),
        ({"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5}, {"AU43"}),
    ],
)
def test_each_movement_raises_its_own_unit(coefficients, units):
    assert raised(**coefficients) == dict.fromkeys(units, pytest.approx(2.5))


def test_cheeks_rise_with_a_smile_and_a_squint_together():
    smile = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
    squint = {"eyeSquintLeft": 0.4, "eyeSquintRight": 0.4}
    assert "AU6" not in raised(**smile) | raised(**squint)
    assert raised(**smile, **squint)["AU6"] == pytest.approx(5 * 0.6)


def test_lips_part_as_far_as_the_jaw_or_the_lower_lip_goes():
    assert raised(jawOpen=0.6, mouthLowerDownLeft=0.2, mouthLowerDownRight=0.2)["AU25"] == pytest.approx(3.0)


@pytest.mark.parametrize(("coefficient", "intensity"), [(1.3, 5.0), (-0.2, 0.0)])
def test_intensities_stay_between_0_and_5(coefficient, intensity):
    assert action_units(blendshapes(jawOpen=coefficient))["AU26"] == intensity
