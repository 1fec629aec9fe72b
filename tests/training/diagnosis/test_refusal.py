"""A bundle is made only where the evidence carries it."""

from dataclasses import replace

import pytest

from tests.evaluations import sound, table
from training.cohort.plan import Effect, Plan
from training.cohort.quick import simulate_table
from training.diagnosis import refusal
from training.diagnosis.metrics import Interval
from training.diagnosis.permutation import Permutation
from training.diagnosis.protocol import Protocol, evaluated
from training.diagnosis.refusal import reasons
from training.diagnosis.sites import LeftOut

APART = {"north": {"case": 40, "control": 0}, "south": {"case": 0, "control": 40}}
PEOPLE = {"case": 45, "control": 45}
LOW = Interval(0.80, 0.72, 0.87)


def test_sound_evidence_carries_a_bundle():
    found = sound()

    assert 0.88 <= found.coverage.value <= 0.94
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sessions": 2}, "means of several sessions, and a box judges one: make them with `cohort features --first`"),
        ({"off_box": ("film",)}, "The phases of this study (film) stand in stimuli.csv alone. A box knows only"),
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


QUICK = Protocol(folds=5, repeats=1, permutations=19, workers=0)


@pytest.mark.learning
def test_a_cohort_whose_groups_are_its_sites_is_refused_though_all_are_told_apart(monkeypatch):
    monkeypatch.setattr(refusal, "PERMUTATIONS", QUICK.permutations)
    found = evaluated(simulate_table(Plan(people=PEOPLE, site_effect=1.5, site_follows_group=1.0), 1), QUICK)

    told = " ".join(reasons(found))

    assert found.balanced_accuracy.value > 0.95 and found.permutation.p_value == 1
    assert "not told apart better than chance" in told and "does not do better than what is no expression" in told
    assert "Sites and groups cannot be told apart: 100% of the people" in told


@pytest.mark.learning
def test_a_cohort_of_which_age_explains_all_is_refused(monkeypatch):
    monkeypatch.setattr(refusal, "PERMUTATIONS", QUICK.permutations)
    found = evaluated(simulate_table(Plan(people=PEOPLE, age_gap=20, age_effect=1.0), 1), QUICK)

    assert found.permutation.p_value <= 0.05
    assert any("does not do better than what is no expression (age" in reason for reason in reasons(found))


@pytest.mark.learning
def test_a_cohort_with_a_large_difference_is_carried(monkeypatch):
    monkeypatch.setattr(refusal, "PERMUTATIONS", QUICK.permutations)
    effects = (Effect(group="case", unit="AU12", d=2.0),)

    assert reasons(evaluated(simulate_table(Plan(people=PEOPLE, effects=effects), 2), QUICK)) == []
