import json
from dataclasses import replace

import numpy as np
import pytest

from device.contract.errors import ConfigError, DataError
from tests.evaluations import sound
from training.cohort.people import Participant
from training.cohort.table import FeatureTable
from training.diagnosis import model as of_model
from training.diagnosis.confounds import confounds, varying
from training.diagnosis.evaluation import Evaluation
from training.diagnosis.folds import assigned, parts
from training.diagnosis.holdout import nested, one_split
from training.diagnosis.logistic import learn
from training.diagnosis.metrics import balanced_accuracy
from training.diagnosis.model import Model, fit
from training.diagnosis.protocol import Protocol, evaluated
from training.diagnosis.recipe import Recipe
from training.diagnosis.tables import text

QUICK = Recipe(columns=4, strengths=(0.1, 0.02), inner=3)


def table(
    sizes: tuple[int, ...] = (20, 20), shift: float = 1.5, sites: tuple[str, ...] = ("north", "south"), seed: int = 0
) -> FeatureTable:
    """Groups a, b, … that differ in the first feature of the second phase, spread over the sites in turn."""
    rng, truth = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    values = rng.normal(size=(len(truth), 2, 6))
    values[:, 1, 0] += shift * truth
    people = tuple(
        Participant(f"p{row:03}", "abc"[group], sites[row % len(sites)], rng.uniform(20, 60), "fm"[row // 2 % 2])
        for row, group in enumerate(truth)
    )
    shape = (len(people), 2)
    names = tuple(f"f{number}" for number in range(6))
    return FeatureTable(
        people, ("rest", "talk"), values, np.full(shape, 0.9), np.full(shape, 60.0), np.full(shape, 600.0), names
    )


def quick(found: FeatureTable, **changed) -> Evaluation:
    how = {"recipe": QUICK, "folds": 3, "repeats": 1, "workers": 0, "permutations": 19} | changed
    return evaluated(found, Protocol(**how))


def test_an_effect_is_found_and_told_whole(tmp_path):
    found = quick(table())

    assert found.n == 40 and found.groups == {"a": 20, "b": 20}
    assert found.sites == {"north": {"a": 10, "b": 10}, "south": {"a": 10, "b": 10}}
    assert found.balanced_accuracy.low > 0.55 and found.auc.value > 0.75
    assert found.confounds.balanced_accuracy.value < found.balanced_accuracy.value
    assert found.confounds.advantage.low < found.confounds.advantage.value < found.confounds.advantage.high
    assert [site.site for site in found.left_out.sites] == ["north", "south"]
    assert found.left_out.balanced_accuracy.value > 0.6 and found.left_out.notes == ()
    assert found.permutation.p_value == 0.05
    found.save(tmp_path / "evaluation.json")
    assert Evaluation.load(tmp_path / "evaluation.json") == found
    assert "p = 0.0500" in text(found) and "clinical" not in text(found)
    assert "No figure here is clinical accuracy" in text(replace(found, simulated=True))


def test_three_groups_of_different_sizes_weigh_the_same():
    found = quick(table((30, 12, 8), shift=2.0), permutations=0)

    assert all(group.sensitivity.value > 0.4 for group in found.by_group.values())
    assert np.sum(found.confusion, axis=1) == pytest.approx([30, 12, 8])
    assert "No permutation test" in text(found) and "0.333 is chance" in text(found)


def test_what_is_not_known_survives_the_file_and_reads_as_such(tmp_path):
    found = quick(table((10, 10), shift=0.0), permutations=0)  # too few to rule anybody out: no answers
    found.save(tmp_path / "evaluation.json")
    again = Evaluation.load(tmp_path / "evaluation.json")

    assert np.isnan(again.answered_right.value) and again.answered.value == 0
    assert "NaN" not in (tmp_path / "evaluation.json").read_text()
    assert "answers that are right  not known" in text(again)


def test_what_a_box_would_not_have_is_told(tmp_path):
    found = quick(replace(table(), sessions=3, off_box=("talk",)), permutations=0)
    found.save(tmp_path / "evaluation.json")
    again = text(Evaluation.load(tmp_path / "evaluation.json"))

    assert "means of several sessions, and a box judges one" in again
    assert "The phases of this study (talk) stand in stimuli.csv alone." in again
    assert "stimuli.csv" not in text(sound()) and "several sessions" not in text(sound())


@pytest.mark.parametrize(
    ("content", "error", "complaint"),
    [
        (None, ConfigError, "make it with `affectbox-training diagnosis evaluate`"),
        ("{}", DataError, "is no evaluation of this version"),
        ("[1]", DataError, "is no evaluation of this version"),
        ('{"format": 1, "n": 3}', DataError, "it is of another format.: evaluate again"),
        ('{"format": 2, "n": 3}', DataError, "is no evaluation of this version"),
        ("half", DataError, "is no evaluation of this version"),
        ("[" * 100_000, DataError, "is no evaluation of this version"),
    ],
)
def test_another_file_is_a_sentence(tmp_path, content, error, complaint):
    if content is not None:
        (tmp_path / "evaluation.json").write_text(content)

    with pytest.raises(error, match=complaint):
        Evaluation.load(tmp_path / "evaluation.json")


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (("recipe", "strengths"), [], "its recipe is none"),
        (("recipe", "strengths"), [0], "its recipe is none"),
        (("recipe", "inner"), 1, "its recipe is none"),
        (("seed",), -1, "its seed is below 0"),
        (("groups",), {}, "it is of no two groups"),
        (("n",), 0, "it is of no two groups"),
        (("by_group",), {}, "its figures are not of its groups"),
        (("confusion",), [], "its figures are not of its groups"),
        (("confusion",), [[], []], "its figures are not of its groups"),
        (("permutation", "statistic"), "", "its permutations do not say of what"),
        (("coverage",), {}, "is no evaluation of this version"),
    ],
)
def test_an_evaluation_that_was_changed_is_a_sentence(tmp_path, place, value, complaint):
    path = tmp_path / "evaluation.json"
    sound().save(path)
    told = json.loads(path.read_text())
    within = told[place[0]] if len(place) == 2 else told
    within[place[-1]] = value
    path.write_text(json.dumps(told))

    with pytest.raises(DataError, match=complaint):
        Evaluation.load(path)


def test_a_seed_that_was_chosen_is_told():
    usual = quick(table((6, 6)), permutations=0, folds=2)
    assert "seed" not in text(usual)
    assert "with seed 7, not with the usual 0: ask how many were tried" in text(replace(usual, seed=7))


def test_a_site_of_one_group_is_told_in_words():
    one = table(sites=("north", "south"))
    people = tuple(replace(p, site="east") if p.group == "a" and p.site == "south" else p for p in one.people)
    found = quick(replace(one, people=people), permutations=0)

    east, *_ = found.left_out.sites
    assert east.groups == {"a": 10, "b": 0} and 0 <= east.balanced_accuracy.value <= 1
    assert sum("site 'east' are of group 'a'" in note for note in found.left_out.notes) == 1
    assert sum("site 'south' are of group 'b'" in note for note in found.left_out.notes) == 1
    assert not any("north" in note for note in found.left_out.notes)


def test_a_site_that_lacks_a_group_is_not_said_to_have_exchanged_others():
    one = table((12, 12, 12), shift=0.0, sites=("north", "south"))
    people = tuple(replace(p, site="east") if p.group == "c" else p for p in one.people)
    for seed in range(6):
        found = quick(replace(one, people=people), permutations=0, seed=seed)
        assert not any("groups were exchanged" in note for note in found.left_out.notes)


def test_of_ten_people_all_right_it_is_not_sure_that_all_will_be():
    found = quick(table((10, 10), shift=12.0), permutations=0)

    a = found.by_group["a"]
    assert a.sensitivity.value == a.specificity.value == 1.0
    assert a.sensitivity.low == a.specificity.low == pytest.approx(0.025**0.1), "Clopper and Pearson"
    assert [site.balanced_accuracy.low < 0.8 for site in found.left_out.sites] == [True, True]


def test_groups_exchanged_at_a_site_are_asked_about():
    one = table((30, 30), shift=3.0, sites=("east", "north", "south"))
    other = {"a": "b", "b": "a"}
    people = tuple(replace(p, group=other[p.group]) if p.site == "south" else p for p in one.people)
    found = quick(replace(one, people=people), permutations=0)

    assert [note.split(",")[0] for note in found.left_out.notes] == ["At site 'south'"]
    assert quick(one, permutations=0).left_out.notes == ()


def test_sites_that_cannot_be_left_out_are_named():
    everybody = quick(table(sites=("",)), permutations=0)
    people = tuple(replace(p, site="north" if p.group == "a" else "south") for p in table().people)
    apart = quick(replace(table(), people=people), permutations=9)

    assert everybody.left_out.sites == () and "All participants are of one site" in everybody.left_out.notes[0]
    assert apart.left_out.balanced_accuracy is None and apart.left_out.sites == ()
    assert "Site 'north' cannot be left out: nobody of group 'a' would remain" in apart.left_out.notes[0]
    assert apart.confounds.balanced_accuracy.value == 1.0 and apart.confounds.advantage.value <= 0
    assert apart.permutation.p_value == 1.0


def test_one_split_is_by_participant_and_shows_how_far_others_scatter():
    found = quick(table(), split="7:2")

    assert (found.split, found.folds, found.permutation, found.confounds) == ("7:2", 1, None, None)
    assert {name: group.n for name, group in found.by_group.items()} == {"a": 4, "b": 5}
    assert found.other_splits.low <= found.other_splits.value <= found.other_splits.high
    assert "a single split says little" in text(found)


def test_a_split_takes_of_each_group_its_share():
    truth = np.repeat([0, 1], [70, 20])

    known, unknown = one_split(truth, (7, 2), ("a", "b"), 0)

    assert np.bincount(truth[unknown]).tolist() == [16, 4]
    assert sorted([*known, *unknown]) == list(range(90))


@pytest.mark.parametrize("wrong", ["7", "7:0", "7:2:1", "a:b", "-7:2"])
def test_a_split_that_is_none_is_a_sentence(wrong):
    with pytest.raises(ConfigError, match="two whole numbers TRAIN:TEST"):
        quick(table(), split=wrong)


def test_too_few_people_are_a_sentence():
    with pytest.raises(DataError, match="Group 'b' has 1 participant, too few"):
        quick(table((20, 1)))
    with pytest.raises(DataError, match="leaves 4 participants of group 'a' to learn from and 0 to test on"):
        quick(table((4, 40)), split="40:1")
    assert quick(table((4, 20)), permutations=0).by_group["a"].n == 4


def test_gaps_everywhere_are_borne_and_nothing_at_all_is_a_sentence():
    one = table()
    values = one.values.copy()
    values[:, 0] = np.nan
    values[::3, 1, 1] = np.inf
    values[3, 1] = np.nan
    values[:10, 1, 2:] = np.nan  # half of a group
    found = quick(replace(one, values=values), permutations=9)
    nothing = replace(one, values=np.full_like(values, np.nan))

    assert found.auc.value > 0.7 and np.isfinite(found.brier.value)
    assert quick(nothing, permutations=9).permutation.p_value == 1.0
    assert quick(nothing, permutations=0).auc.value == 0.5
    with pytest.raises(DataError, match="No feature varies and is known of 50% of the participants"):
        fit(nothing, QUICK)


def test_confounds_are_all_that_is_no_expression():
    people = (
        Participant("a", "x", "north", 30.0, "f", "ssri"),
        Participant("b", "x", "north", float("nan"), "m", ""),
        Participant("c", "y", "north", 50.0, "f", ""),
    )
    shape = (3, 1)
    coverage = np.array([[0.5], [np.nan], [1.0]])
    frames = np.full(shape, 9.0)
    seconds = np.array([[0.0], [59.0], [60.0]])
    one = FeatureTable(people, ("rest",), np.zeros((3, 1, 1)), coverage, seconds, frames, ("f",))
    names, matrix = confounds(one)
    column = dict(zip(names, matrix.T.tolist(), strict=True))

    assert column["sex f"] == [1, 0, 1] and column["medication ssri"] == [1, 0, 0]
    assert column["medication not told"] == [0, 1, 1] and column["age told"] == [1, 0, 1]
    assert column["coverage of rest"] == [0.5, 0, 1] and column["frames"] == pytest.approx([np.log(10)] * 3)
    assert column["seconds of rest"] == pytest.approx([0, np.log(60), np.log(61)])
    assert varying(names, matrix)[1] == ("frames", "site north")


def test_nobody_who_is_tested_changes_what_is_learnt():
    """A person's features, however wild, change nothing that is said of others of their fold."""
    one = table()
    truth, sites = np.repeat([0, 1], 20), np.arange(40) % 2
    wild = one.matrix.copy()
    wild[7] = 1e9
    found, other = (nested(m, truth, sites, 2, QUICK, 4, 1, 0) for m in (one.matrix, wild))
    fold_of_7 = next(unknown for _, unknown in parts(assigned(truth, sites, 4, 0)) if 7 in unknown)
    same = np.setdiff1d(fold_of_7, [7])
    assert (found.probabilities[0, same] == other.probabilities[0, same]).all()
    assert (found.possible[0, same] == other.possible[0, same]).all()


def test_a_leak_would_show():
    """Columns chosen by all people's groups, and then folds: noise 'tells' groups apart. The true way does not."""
    honest, leaking = [], []
    for seed in range(4):
        rng, truth = np.random.default_rng(seed), np.arange(40) % 2
        matrix, sites = rng.normal(size=(40, 300)), np.zeros(40, int)
        gap = np.abs(matrix[truth == 0].mean(axis=0) - matrix[truth == 1].mean(axis=0))
        chosen = matrix[:, np.argsort(-gap)[:4]]
        for columns, found in ((matrix, honest), (chosen, leaking)):
            said = nested(columns, truth, sites, 2, QUICK, 5, 1, seed)
            found.append(balanced_accuracy(said, np.ones((1, 40)))[0])

    assert np.mean(leaking) > 0.75
    assert np.mean(honest) == pytest.approx(0.5, abs=0.12)


def test_the_network_of_a_bundle_says_what_was_learnt():
    one = table()
    made = fit(one, QUICK, 3)
    again = Model.of_json(made.as_json())
    values = made.picked(one)

    assert "talk/f0" in made.columns and len(made.columns) == 4 and made.groups == ("a", "b")
    learnt = learn(one.matrix, np.repeat([0, 1], 20), np.arange(40) % 2, 2, QUICK, 3)
    shares = of_model.probabilities(learnt.logits(one.matrix), made.temperature)
    assert (again.probabilities(values) == shares).all() and (made.probabilities(values) == shares).all()
    possible = made.sets(values)
    assert (possible == (1 - shares <= [made.quantiles["a"], made.quantiles["b"]])).all()
    assert made.limit >= np.sort(made.distance(values))[-3]
    assert made.distance(np.full((1, 4), 1e6))[0] > made.limit
    with pytest.raises(DataError, match="lacks"):
        made.picked(replace(one, phases=("rest", "other")))
