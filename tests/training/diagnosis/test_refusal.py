"""A bundle is made only where the evidence carries it."""

from dataclasses import replace

import pytest

from tests.evaluations import sound, table
from training.diagnosis.metrics import Interval
from training.diagnosis.permutation import Permutation
from training.diagnosis.refusal import reasons
from training.diagnosis.sites import LeftOut

APART = {"north": {"case": 40, "control": 0}, "south": {"case": 0, "control": 40}}
LOW = Interval(0.80, 0.72, 0.87)


def test_sound_evidence_carries_a_bundle():
    found = sound()

    assert 0.88 <= found.coverage.value <= 0.94
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"split": "7:2"}, "one split 7:2 alone"),
        ({"permutation": None}, "tested by no permutations"),
        ({"permutation": Permutation(0.005, 199, 0, 0.8, 0.5)}, "only 199"),
        ({"permutation": Permutation(0.051, 1000, 50, 0.6, 0.5)}, "p = 0.051"),
        ({"confounds": None}, "not compared with what is no expression"),
        ({"coverage": LOW}, "hold the right group for 0.800 (0.720 to 0.870) of the people, where 90% are promised"),
        ({"coverage": Interval(0.99, 0.97, 1.0)}, "from 0.88 to 0.94 is close enough"),
        ({"left_out": LeftOut(Interval(0.55, 0.45, 0.66), (), ())}, "It may have learnt the sites."),
        ({"left_out": LeftOut(None, (), ("…",))}, "could not be measured"),
        ({"sites": APART}, "100% of the people are at sites where everybody is of one group"),
        ({"groups": {"case": 29, "control": 51}}, "Group 'case' has 29 people, fewer than 30."),
    ],
)
def test_each_lack_is_one_sentence(changes, reason):
    (found,) = reasons(sound(**changes))

    assert reason in found and found[-1] == "."


def test_what_is_no_better_than_the_confounds_is_refused():
    found = sound()
    level = replace(found.confounds, advantage=Interval(0.1, -0.02, 0.22))

    (reason,) = reasons(replace(found, confounds=level))

    assert "does not do better than what is no expression (age)" in reason and "of which 0 is part" in reason


def test_sets_that_miss_one_group_are_refused_though_they_hold_the_others():
    found = sound()
    missed = {**found.by_group, "case": replace(found.by_group["case"], coverage=LOW)}

    (reason,) = reasons(replace(found, by_group=missed))

    assert "hold the group 'case'" in reason


def test_one_site_alone_is_no_reason_for_what_cannot_be_known_is_on_the_card():
    assert reasons(sound(sites={"north": {"case": 40, "control": 40}}, left_out=LeftOut(None, (), ("…",)))) == []


def test_the_limits_of_p_and_of_a_group_may_be_reached():
    found = sound(permutation=Permutation(0.05, 1000, 49, 0.7, 0.5), groups={"case": 30, "control": 50})

    assert reasons(found) == []


def test_all_reasons_are_told_at_once():
    found = sound(table(each=10), permutation=Permutation(0.4, 1000, 400, 0.5, 0.5))

    assert len(reasons(found)) == 3
