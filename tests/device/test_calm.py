"""Rest: which frames of a person say what the face looks like when nothing is expressed, and why others do not."""

import numpy as np
import pytest

from device.contract.labels import ACTION_UNITS, LOWER, UPPER, Tier
from device.stages.calm import CalmMeter, Unrest
from device.stages.pose import Pose
from device.stages.quality import Quality
from tests.people import BROW, FPS, blinking, covered, doing, measured, relaxed, talking


def judged(person, seconds=2.0):
    """What is said of each frame of a person's; None where no face was measured is told to the meter."""
    calm, said = CalmMeter(), []
    for index in range(round(seconds * FPS)):
        seen = person(index / FPS)
        if seen is None:
            calm.reset()
        else:
            said.append(calm(seen))
    return said


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (relaxed, None),
        (doing(**{BROW: 1.5}), None),
        (lambda t: measured(t, pose=Pose(0.0, 25.0, 0.0)), Unrest.TURNED),
        (lambda t: measured(t, quality=Quality(0.99, 99.0, 0.1, 0.5, ())), Unrest.PICTURE),
        (lambda t: measured(t, quality=Quality(0.8, 99.0, 0.4, 0.5, ())), Unrest.PICTURE),
        (covered(UPPER), Unrest.HIDDEN),
        (covered(LOWER), Unrest.HIDDEN),
        (doing(AU12=4.0), Unrest.SMILE),
        (doing(AU12=4.0, AU25=4.0), Unrest.SMILE),
        (doing(**{BROW: 4.0}), Unrest.EXPRESSION),
        (doing(AU25=4.0), Unrest.MOUTH),
        (doing(AU43=4.0), Unrest.EYES),
        (lambda t: measured(t, {"AU26": 1.5} if t > 1.8 else {}), Unrest.MOUTH),
        (lambda t: measured(t, {"AU43": 1.5} if t > 1.8 else {}), Unrest.EYES),
        (lambda t: measured(t, {BROW: 2.5} if t > 1.8 else {}), Unrest.EXPRESSION),
        (lambda t: measured(t, pose=Pose(8.0 if t > 1.8 else 0.0, 0.0, 0.0)), Unrest.MOVEMENT),
        (lambda t: measured(t, track=2 if t > 1.7 else 1), Unrest.SETTLING),
        (lambda t: measured(t, hidden=(LOWER,) if t < 1.7 else ()), Unrest.SETTLING),
        (lambda t: None if 1.4 < t < 1.6 else relaxed(t), Unrest.SETTLING),
    ],
)
def test_unrest_is_named(person, why):
    assert judged(person)[-1] is why


def test_a_face_is_at_rest_half_a_second_after_it_has_come_to_rest():
    said = judged(relaxed)
    assert said == [Unrest.SETTLING] * 5 + [None] * 15


@pytest.mark.parametrize("unit", [unit.key for unit in ACTION_UNITS if unit.tier is Tier.EXPERIMENTAL])
def test_units_on_which_nobody_relies_disturb_no_rest(unit):
    assert judged(lambda t: measured(t, {unit: 5.0 * (t % 1)}))[-1] is None


def test_who_talks_is_never_at_rest():
    assert None not in judged(talking, 60)


def test_who_blinks_is_at_rest_in_between_with_open_eyes():
    said = judged(blinking(3.0), 9)
    assert Unrest.EYES in said
    assert 20 < said.count(None) < 70


def test_a_head_that_nods_is_not_at_rest():
    assert None not in judged(lambda t: measured(t, pose=Pose(0.0, 10 * np.sin(4 * t), 0.0)), 10)[5:]
