"""Cohorts as tables, without recordings: what is planted is there, and nothing else."""

import dataclasses

import numpy as np
import pytest

from device.contract.errors import ConfigError
from device.contract.features import NAMES, SESSION
from training.cohort import plan as plan_module
from training.cohort.plan import Effect, Faults, Plan, read_plan
from training.cohort.quick import simulate_table, simulate_windows
from training.cohort.table import FeatureTable

SMILES = (Effect(group="case", unit="AU12", d=0.8, phases=("images",)),)


def cohens_d(table: FeatureTable, phase: str, name: str) -> float:
    values = table.values[:, table.phases.index(phase), table.names.index(name)]
    of = {
        group: [v for v, p in zip(values, table.people, strict=True) if p.group == group]
        for group in ("case", "control")
    }
    case, control = (np.array(of[group])[~np.isnan(of[group])] for group in ("case", "control"))
    return float((case.mean() - control.mean()) / np.sqrt((case.var(ddof=1) + control.var(ddof=1)) / 2))


def mean_d(plan: Plan, phase: str, name: str) -> float:
    return float(np.mean([cohens_d(simulate_table(plan, seed), phase, name) for seed in range(60)]))


def test_a_table_has_a_row_for_each_participant_and_says_that_it_is_simulated() -> None:
    table = simulate_table(Plan(people={"control": 12, "case": 8}), 1)
    assert table.simulated
    assert sorted(person.group for person in table.people) == ["case"] * 8 + ["control"] * 12
    assert [person.pseudonym for person in table.people] == sorted(person.pseudonym for person in table.people)
    assert table.values.shape == (20, 3, len(NAMES))
    assert (np.nan_to_num(table.values) >= 0).all()


def test_the_same_seed_gives_the_same_cohort_and_another_another() -> None:
    one, again, other = (simulate_table(Plan(), seed) for seed in (1, 1, 2))
    assert one.people == again.people
    assert np.array_equal(one.values, again.values, equal_nan=True)
    assert not np.array_equal(one.values, other.values, equal_nan=True)


def test_an_effect_is_in_its_unit_and_phase_and_nowhere_else() -> None:
    plan = Plan(effects=SMILES)
    assert mean_d(plan, "images", "aus.AU12.sd") == pytest.approx(0.7, abs=0.1)
    assert mean_d(plan, "rest", "aus.AU12.sd") == pytest.approx(0, abs=0.12)
    assert mean_d(plan, "images", "aus.AU6.sd") == pytest.approx(0, abs=0.12)


def test_people_differ_from_each_other_by_twice_what_they_differ_from_themselves() -> None:
    windows = simulate_windows(Plan(phases={}, site_effect=0.0, people={"control": 200, "case": 1}), 2)
    mean = np.log(windows[:, :, NAMES.index("aus.AU12.sd")])
    between, within = mean.mean(1).std(ddof=1), mean.std(1, ddof=1).mean()
    assert between / within == pytest.approx(2.2, abs=0.25)


def test_a_confounded_cohort_has_a_site_for_each_group() -> None:
    people = simulate_table(Plan(site_follows_group=1.0), 1).people
    assert {(person.group, person.site) for person in people} == {("control", "north"), ("case", "south")}


def test_labels_are_exchanged_at_the_sites_that_are_named() -> None:
    right, wrong = (simulate_table(Plan(faults=Faults(swapped=swapped)), 1) for swapped in ((), ("south",)))
    other = {"case": "control", "control": "case"}
    for one, swapped in zip(right.people, wrong.people, strict=True):
        assert swapped.group == (other[one.group] if one.site == "south" else one.group)
        assert dataclasses.replace(swapped, group=one.group) == one
    assert np.array_equal(right.values, wrong.values, equal_nan=True)


def test_faults_are_in_the_table() -> None:
    assert simulate_table(Plan(faults=Faults(unphased=True)), 1).phases == (SESSION,)
    assert np.isnan(simulate_table(Plan(faults=Faults(blind=True)), 1).values).all()
    frames = simulate_table(Plan(faults=Faults(hog=0.9)), 1).frames.sum(1)
    assert frames.max() / frames.sum() == pytest.approx(0.9, abs=0.01)
    skipped = simulate_table(Plan(skipped=0.3), 1)
    assert np.isnan(skipped.coverage).mean() == pytest.approx(0.3, abs=0.1)
    assert (skipped.frames[np.isnan(skipped.coverage)] == 0).all()


def test_some_of_a_table_is_a_table() -> None:
    table = simulate_table(Plan(), 1)
    some = table.take(np.array([person.site == "north" for person in table.people]))
    assert {person.site for person in some.people} == {"north"}
    assert len(some.people) == len(some.values) == len(some.frames) < len(table.people)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("people = {control = 3}", "2 to 6"),
        ("phases = {'whole-session' = 1.0}", "whole-session"),
        ("[[effects]]\ngroup = 'ill'\nunit = 'AU12'\nd = 1.0", "'ill' is no group"),
        ("[[effects]]\ngroup = 'case'\nunit = 'AU12'\nd = 1.0\nphases = ['dance']", "'dance' is no phase"),
        ("[[effects]]\ngroup = 'case'\nunit = 'AU99'\nd = 1.0", "AU99"),
        ("[faults]\nswapped = ['east']", "'east'"),
        ("peple = {a = 1}", "people"),
        ("phases = {Rest = 1.0}", "'Rest' can be no group or phase"),
        ("people = {a = 1, 'b c' = 1}", "'b c' can be no group or phase"),
    ],
)
def test_a_plan_that_cannot_be_is_told_in_a_sentence(tmp_path, text: str, sentence: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        read_plan(path)


def test_the_plan_that_stands_as_an_example_is_one(tmp_path) -> None:
    lines = [line[4:] for line in str(plan_module.__doc__).splitlines() if line.startswith("    ")]
    (tmp_path / "plan.toml").write_text("\n".join(lines))
    plan = read_plan(tmp_path / "plan.toml")
    assert (plan.effects, plan.faults.swapped) == (SMILES, ("south",))


def test_a_plan_is_read_from_toml(tmp_path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("hz = 5.0\n[[effects]]\ngroup = 'case'\nunit = 'AU12'\nd = 0.8\nphases = ['images']\n")
    assert read_plan(path) == Plan(hz=5.0, effects=SMILES)
