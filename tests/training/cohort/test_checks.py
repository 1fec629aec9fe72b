"""What is wrong with a study is said in words."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from device.contract.finding import Finding, Level
from training.cohort.actions import findings_of
from training.cohort.features import choose, phases_of
from training.cohort.plan import Effect, Faults, Plan
from training.cohort.quick import simulate_table
from training.cohort.study import Stimulus, Study
from training.cohort.table import FeatureTable
from training.cohort.taken import Taken

Sessions = Callable[..., list[Taken]]


@pytest.fixture
def check(sessions: Sessions) -> Callable[..., list[Finding]]:
    """The findings of a plan, or of sessions of it that a test changed."""

    def run(
        table: FeatureTable, taken: list[Taken] | None = None, stimuli: tuple[Stimulus, ...] = ()
    ) -> list[Finding]:
        study = Study(table.people, stimuli)
        return [*findings_of(study, sessions(table) if taken is None else taken, ())]

    return run


def told(findings: list[Finding], level: Level) -> str:
    return "\n".join(finding.text for finding in findings if finding.level is level)


def test_of_a_sound_study_nothing_is_said_but_what_it_holds(check) -> None:
    found = check(simulate_table(Plan(people={"control": 40, "case": 40}, away=0.05), 3))
    assert told(found, Level.FAIL) == told(found, Level.WARNING) == ""
    ok = told(found, Level.OK)
    assert "40 case, 40 control" in ok
    assert "80 sessions of 80 participants" in ok


def test_sites_that_go_with_groups(check) -> None:
    whole = check(simulate_table(Plan(site_follows_group=1.0), 1))
    assert "Every site has people of one group only (north: control, south: case)" in told(whole, Level.FAIL)
    nearly = check(simulate_table(Plan(site_follows_group=0.95), 1))
    assert "Sites go with groups (Cramér's V 0.9" in told(nearly, Level.FAIL)
    partly = check(simulate_table(Plan(site_follows_group=0.7), 1))
    assert "Sites go with groups" in told(partly, Level.WARNING)
    assert told(partly, Level.FAIL) == ""


def test_too_few_people(check) -> None:
    found = check(simulate_table(Plan(people={"control": 40, "case": 12}), 1))
    assert "12 participants of the group case: with fewer than 30 no bundle is made" in told(found, Level.WARNING)
    assert told(found, Level.FAIL) == ""
    fewer = check(simulate_table(Plan(people={"control": 40, "case": 6}), 1))
    assert "6 participants of the group case" in told(fewer, Level.FAIL)


def test_a_group_of_whom_there_is_no_recording(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    control = {person.pseudonym for person in table.people if person.group == "control"}
    found = check(table, [one for one in sessions(table) if one.patient in control])
    assert "Nobody of the group case has a recording" in told(found, Level.FAIL)
    assert "30 participants without any recording" in told(found, Level.WARNING)


def test_one_participant_with_most_of_the_frames(check) -> None:
    found = check(simulate_table(Plan(faults=Faults(hog=0.9)), 1))
    assert "90 % of all records are of sim-0001" in told(found, Level.WARNING)


def test_nothing_measured_anywhere(check) -> None:
    found = check(simulate_table(Plan(faults=Faults(blind=True)), 1))
    assert "No feature was measured in anybody" in told(found, Level.FAIL)


def test_little_was_seen_of_some_people(check) -> None:
    table = simulate_table(Plan(people={"control": 35, "case": 35}), 1)
    coverage = table.coverage.copy()
    coverage[3, 1] = 0.1
    found = told(check(replace(table, coverage=coverage)), Level.WARNING)
    assert "Less than 30 % of the time was measured of 1 participant: sim-0004 (talk: 10 %)" in found
    is_case = np.array([person.group == "case" for person in table.people])
    coverage[is_case] -= 0.4
    found = told(check(replace(table, coverage=np.clip(coverage, 0.05, 1))), Level.WARNING)
    assert "Less was measured of case than of control" in found


def test_sessions_without_phases(check) -> None:
    found = told(check(simulate_table(Plan(faults=Faults(unphased=True)), 1)), Level.WARNING)
    assert "No phase is marked in most recordings" in found


def test_some_sessions_without_phases_and_phases_that_some_people_lack(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    taken = sessions(table)
    taken[0] = _without(taken[0], "rest", "talk", "images")
    taken[1] = _without(taken[1], "talk")
    found = told(check(table, taken), Level.WARNING)
    assert "1 session without phases" in found
    assert "talk was not held with 2 participants: sim-0001, sim-0002" in found
    cases = {person.pseudonym for person in table.people if person.group == "case"}
    taken = [_without(one, "talk") if one.patient in cases else one for one in sessions(table)]
    assert "talk was not held with 30 participants, and that goes with the group" in told(
        check(table, taken), Level.WARNING
    )


def test_labels_that_were_exchanged_at_one_of_three_sites(check) -> None:
    smiles = (Effect(group="case", unit="AU12", d=1.2),)
    plan = Plan(people={"control": 60, "case": 60}, sites=("north", "south", "west"), effects=smiles)
    text = "At west, case and control differ the other way round than elsewhere"
    assert text not in told(check(simulate_table(plan, 2)), Level.WARNING)
    swapped = Plan(people=plan.people, sites=plan.sites, effects=plan.effects, faults=Faults(swapped=("west",)))
    assert text in told(check(simulate_table(swapped, 2)), Level.WARNING)


def test_where_there_is_no_effect_no_site_is_the_other_way_round(check) -> None:
    plan = Plan(people={"control": 60, "case": 60}, sites=("north", "south", "west"))
    found = [told(check(simulate_table(plan, seed)), Level.WARNING) for seed in range(10)]
    assert not any("the other way round" in one for one in found)


def test_age_sex_and_medication_that_go_with_the_group(check) -> None:
    table = simulate_table(Plan(age_gap=15.0, medicated={"case": 1.0}), 1)
    people = tuple(replace(one, sex="female" if one.group == "case" else "male") for one in table.people)
    found = told(check(replace(table, people=people)), Level.WARNING)
    assert "case is older than control" in found
    assert "The medication tells the group (Cramér's V 1.00; case: 30 medicated; control: 30 none)" in found
    assert "The sex tells the group" in found


def test_what_is_not_known_of_people(check) -> None:
    table = simulate_table(Plan(), 1)
    people = tuple(replace(one, site="", age=float("nan"), sex="", medication="") for one in table.people)
    found = told(check(replace(table, people=people)), Level.WARNING)
    for text in (
        "Of 60 participants no site",
        "Of 60 participants no age",
        "No sex is known",
        "No medication is known",
    ):
        assert text in found


def test_recordings_of_nobody_without_consent_revoked_or_twice(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    taken = sessions(table, covers=("units",))
    taken += [replace(taken[0], source="copy.jsonl"), replace(taken[1], visit="box-x~00aa-1", patient="p-99")]
    taken[2] = Taken(taken[2].visit, taken[2].source, taken[2].patient, is_revoked=True)
    found = told(check(table, taken), Level.WARNING)
    assert "1 session in several files" in found
    assert "1 session of people who are not in participants.csv, which do not count: sim-0002-1.jsonl (p-99)" in found
    assert "1 session whose consent was withdrawn" in found
    assert "59 sessions with no consent on the box that names diagnosis support" in found


def test_recordings_by_other_networks(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    group = {person.pseudonym: person.group for person in table.people}
    taken = [replace(one, models=(f"net-{group[one.patient]}",)) for one in sessions(table)]
    assert "made by 2 networks, each group by another" in told(check(table, taken), Level.FAIL)
    some = [replace(one, models=("net-2",)) if number % 2 else one for number, one in enumerate(sessions(table))]
    assert "made by 2 networks: face-1.0.0, net-2" in told(check(table, some), Level.WARNING)


def test_boxes_that_go_with_the_group(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    group = {person.pseudonym: person.group for person in table.people}
    taken = [replace(one, visit=f"box-{group[one.patient]}~{one.source[:8]}-1") for one in sessions(table)]
    assert "Each group was recorded by boxes of its own" in told(check(table, taken), Level.WARNING)


def test_other_rates_and_faces_at_rest(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    group = {person.pseudonym: person.group for person in table.people}
    taken = [replace(one, rate=4.0, rested=0.0) if group[one.patient] == "case" else one for one in sessions(table)]
    found = told(check(table, taken), Level.WARNING)
    assert "30 participants with fewer than 5 records a second" in found
    assert "control was recorded faster than case (10.0 and 4.0 records a second)" in found
    assert "Whether a person's face at rest was taken away goes with the group" in found


def test_rates_that_differ_by_a_hair_are_none_of_the_groups_business(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    cases = {person.pseudonym for person in table.people if person.group == "case"}
    taken = [replace(one, rate=10.1 if one.patient in cases else 10.0) for one in sessions(table)]
    assert "recorded faster" not in told(check(table, taken), Level.WARNING)


def test_simulated_and_real_recordings_together(check, sessions) -> None:
    table = simulate_table(Plan(), 1)
    taken = sessions(table)
    taken[0] = replace(taken[0], models=("simulated-1.0.0",))
    assert "1 of 60 sessions are simulated and the others are not" in told(check(table, taken), Level.FAIL)
    every = sessions(table, model="simulated-1.0.0")
    assert "All recordings are simulated" in told(check(table, every), Level.WARNING)


def test_stimuli_of_no_recording_and_after_the_end(check) -> None:
    stimuli = (Stimulus("nobody.jsonl", "film", 0, 10), Stimulus("sim-0001-1.jsonl", "film", 0, 5000))
    found = told(check(simulate_table(Plan(), 1), None, stimuli), Level.WARNING)
    assert "stimuli.csv names nobody.jsonl, of which there is no recording" in found
    assert "stimuli.csv names times after the recording's end: sim-0001-1.jsonl (film)" in found


def test_a_phase_that_few_people_held_is_no_column(sessions) -> None:
    table = simulate_table(Plan(people={"control": 5, "case": 5}), 1)
    taken = [_without(one, "talk") if number else one for number, one in enumerate(sessions(table))]
    phases, others = phases_of(choose(table.people, taken), ())
    assert (phases, others) == (("images", "rest"), {"talk": 1})


def _without(taken: Taken, *phases: str) -> Taken:
    kept = [at for at, name in enumerate(taken.parts) if name not in phases]
    arrays = {name: getattr(taken, name)[kept] for name in ("values", "coverage", "seconds", "frames")}
    return replace(taken, parts=tuple(taken.parts[at] for at in kept), **arrays)
