"""Digital targets, on small matrices of numbers and on simulated cohorts: what is found, and what is not."""

import csv
import itertools
import json
import math
import re
from dataclasses import replace

import mne
import msgspec
import numpy as np
import pytest
from mne.stats import permutation_cluster_test
from scipy import sparse, stats

from device.contract.errors import ConfigError, DataError
from training.action_units.scores import area
from training.cli import main
from training.cohort.people import Participant
from training.cohort.plan import Effect, Plan
from training.cohort.quick import simulate_table
from training.cohort.store import save
from training.targets import finding
from training.targets.contrast import Question, contrasted, gated
from training.targets.dealing import MANY, deal, flip, ways_to_flip
from training.targets.displacement import lengths, unit_movements
from training.targets.matrix import Matrix, Points, of_points, of_units
from training.targets.mixed import mixed
from training.targets.ranking import rank
from training.targets.tfce import enhanced, neighbours

GROUPS, PHASES = Question("groups", "control", "case"), Question("phases", "rest", "talk")
PLANTED = Plan(people={"control": 60, "case": 60}, effects=(Effect(group="case", unit="AU12", d=0.8),))


def matrix_of(seed, people=40, phases=("rest", "talk"), points=6, bins=1, sites=("north",)):
    """A null cohort: people differ, points are correlated within one, some numbers were not measured."""
    random = np.random.default_rng(seed)
    who = tuple(
        Participant(f"p-{at}", ("control", "case")[at % 2], sites[at // 2 % len(sites)]) for at in range(people)
    )
    values = random.standard_normal((people, 1, 1, 1)) + random.standard_normal((people, len(phases), points, bins))
    values[random.random(values.shape) < 0.05] = np.nan
    names, chain = tuple(f"point {at}" for at in range(points)), tuple((at, at + 1) for at in range(points - 1))
    nowhere = (0.0,) * points
    return Matrix(
        who, phases, Points(names, names, names, nowhere, nowhere, chain), values,
        bins=tuple(range(bins + 1)) if bins > 1 else (),
    )  # fmt: skip


def plant(matrix, phase, point, size, site=None):
    """Add `size` to a point of the cases."""
    values = matrix.values.copy()
    for at, person in enumerate(matrix.people):
        if person.group == "case" and site in (None, person.site):
            values[at, matrix.phases.index(phase), point] += size
    return replace(matrix, values=values)


def false_positives(asked, runs, **cohort):
    """In how many null cohorts anything at all seems to differ, by max-T and by TFCE."""
    found = [contrasted(matrix_of(seed, **cohort), asked, 99, seed) for seed in range(runs)]
    return [sum(np.nanmin(getattr(one, name)) <= 0.05 for one in found) for name in ("p_max", "p_tfce")]


@pytest.mark.parametrize("asked", [GROUPS, PHASES], ids=lambda one: one.kind)
def test_of_null_cohorts_five_percent_show_a_difference(asked):
    low, high = stats.binom.ppf([0.0005, 0.9995], 60, 0.05)

    for count in false_positives(asked, 60, sites=("north", "south")):
        assert low <= count <= high


def test_a_site_that_follows_the_group_for_the_most_part_is_no_difference():
    found = []
    for seed in range(20):
        matrix, random = matrix_of(seed), np.random.default_rng(seed)
        away = random.random(40) < np.where([person.group == "case" for person in matrix.people], 0.8, 0.2)
        people = tuple(replace(p, site=("north", "south")[int(a)]) for p, a in zip(matrix.people, away, strict=True))
        shifted = replace(matrix, people=people, values=matrix.values + 2.0 * away[:, None, None, None])
        naive = replace(shifted, people=matrix.people)
        found.append([np.nanmin(contrasted(one, GROUPS, 99, seed).p_max) <= 0.05 for one in (shifted, naive)])

    within, all_alike = np.sum(found, 0)
    assert within <= 4 and all_alike >= 15


def test_a_planted_difference_is_found_where_it_is_and_nowhere_else():
    contrast = contrasted(plant(matrix_of(1, people=120), "talk", 3, 1.5), GROUPS, 399, 0)

    differing = [*zip(*np.nonzero(contrast.p_max[..., 0] <= 0.05), strict=True)]
    assert differing == [(1, 3)]
    assert contrast.d[1, 3, 0] == pytest.approx(1.5 / np.sqrt(2), abs=0.4) and contrast.q[1, 3, 0] <= 0.05


def test_one_site_is_welch():
    matrix = matrix_of(2, phases=("talk",), points=1)
    values, case = matrix.values[:, 0, 0, 0], np.array([person.group == "case" for person in matrix.people])

    contrast = contrasted(matrix, GROUPS, 99, 0)

    wanted = stats.ttest_ind(values[case], values[~case], equal_var=False, nan_policy="omit").statistic
    assert contrast.t[0, 0, 0] == pytest.approx(wanted)
    assert contrast.n[:, 0, 0, 0].sum() == np.isfinite(values).sum()


def test_two_phases_are_paired():
    matrix = matrix_of(3, points=1)

    contrast = contrasted(matrix, PHASES, 99, 0)

    rest, talk = matrix.values[:, :, 0, 0].T
    assert contrast.t[0, 0, 0] == pytest.approx(stats.ttest_rel(talk, rest, nan_policy="omit").statistic)
    assert contrast.phases == ("talk − rest",)


def test_tfce_gives_the_scores_of_mne():
    edges = neighbours(2, 5, [(0, 1), (1, 2), (3, 4)], 7)
    maps = np.random.default_rng(0).standard_normal((3, 70)) * 2
    adjacency = sparse.coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(70, 70))

    def by_mne(t):
        nothing = [np.zeros((2, 70)), np.zeros((2, 70))]
        return permutation_cluster_test(
            nothing, {"start": 0, "step": 0.2}, 1, stat_fun=lambda *_: t.copy(), adjacency=adjacency, seed=0
        )[0]

    with mne.utils.use_log_level("ERROR"):
        assert enhanced(maps, edges) == pytest.approx(np.stack([by_mne(t) for t in maps]))


def test_labels_stay_within_their_site():
    second = np.array([True, True, False, False] * 5 + [True] * 4 + [False] * 8)
    sites = ["north"] * 20 + ["south"] * 12

    dealt = deal(second, sites, 50, np.random.default_rng(0))

    assert (dealt[:, :20].sum(1) == 10).all() and (dealt[:, 20:].sum(1) == 4).all()
    assert len(np.unique(dealt, axis=0)) > 40


def test_few_people_are_flipped_in_every_way_once():
    signs = flip(6, 1000, np.random.default_rng(0))

    assert ways_to_flip(6) == 64 and ways_to_flip(2000) == MANY
    assert len(np.unique(signs, axis=0)) == len(signs) == 63 and not (signs == 1).all(1).any()


def test_groups_that_have_a_site_each_are_not_compared():
    matrix = matrix_of(4)
    people = tuple(replace(person, site=person.group) for person in matrix.people)

    with pytest.raises(DataError, match="cannot be told apart"):
        contrasted(replace(matrix, people=people), GROUPS, 99, 0)


def test_what_was_not_measured_of_enough_people_is_not_known_and_the_rest_is():
    matrix = plant(matrix_of(5, people=80), "talk", 2, 3.0)
    matrix.values[:, 0, 1] = np.nan
    matrix.values[[at for at, person in enumerate(matrix.people) if person.group == "case"][4:], 1, 4] = np.nan

    contrast = contrasted(matrix, GROUPS, 99, 0)

    for name in ("t", "d", "p", "p_max", "p_tfce", "q"):
        missing = np.argwhere(np.isnan(getattr(contrast, name)[..., 0])).tolist()
        assert missing == [[0, 1], [1, 4]], name
    assert contrast.p_max[1, 2, 0] == 0.01
    assert np.isnan(rank(contrast, 0, 50).rank[0, 1, 0])


def test_nothing_measured_at_all_is_one_sentence():
    matrix = matrix_of(6)

    with pytest.raises(DataError, match="nothing to compare"):
        contrasted(replace(matrix, values=np.full_like(matrix.values, np.nan)), GROUPS, 99, 0)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (Question("groups", "control", "bipolar"), "Nobody is in a group 'bipolar'"),
        (Question("groups", "case", "case"), "with itself"),
        (Question("phases", "rest", "film"), "no phase 'film'"),
    ],
)
def test_what_is_not_there_cannot_be_compared(asked, complaint):
    with pytest.raises(ConfigError, match=complaint):
        contrasted(matrix_of(7), asked, 99, 0)


def test_the_ranking_says_how_sure_a_place_in_it_is():
    contrast = contrasted(plant(matrix_of(8, people=120), "talk", 3, 2.0), GROUPS, 199, 0)

    ranking = rank(contrast, 0)

    assert [ranking.rank[1, 3, 0], ranking.rank_low[1, 3, 0], ranking.rank_high[1, 3, 0]] == [1, 1, 1]
    assert sorted(ranking.rank.ravel()) == [*range(1, 13)]
    others = np.delete(ranking.rank_high.ravel() - ranking.rank_low.ravel(), 9)
    assert others.min() >= 3
    assert ranking.d_low[1, 3, 0] < contrast.d[1, 3, 0] < ranking.d_high[1, 3, 0]


def test_mixed_models_take_age_away_and_know_what_two_phases_of_one_person_are():
    matrix, random = matrix_of(11, people=60, points=2), np.random.default_rng(112)
    older = np.array([random.normal(50 if person.group == "case" else 40, 10) for person in matrix.people])
    people = tuple(
        replace(p, age=float(age), sex="fm"[at % 3 > 0])
        for at, (p, age) in enumerate(zip(matrix.people, older, strict=True))
    )
    aged = replace(matrix, people=people, values=matrix.values + 0.2 * older[:, None, None, None])

    [plain, planted] = mixed(plant(aged, "talk", 1, 2.0), "control", "case")

    assert plain.p > 0.05 and plain.low < 0 < plain.high
    assert planted.low < 1.0 < planted.high and planted.p_interaction < 0.001 and planted.converged
    assert 0.2 < plain.between_people < 0.8 and plain.people == 60
    assert stats.ttest_ind(*(aged.values[at::2, 0, 0, 0] for at in (1, 0)), nan_policy="omit").pvalue < 0.05


def test_the_planted_unit_of_a_cohort_comes_first():
    contrast = contrasted(of_units(simulate_table(PLANTED, 3)), GROUPS, 199, 0)

    planted = np.array([key == "AU12" for key in contrast.points.keys])
    assert area(-rank(contrast, 0, 50).rank[:, :, 0].mean(0), planted) >= 0.9


def test_key_points_that_the_planted_unit_moves_come_first():
    targets, movements = unit_movements(68)
    moved = lengths(movements[[name.startswith("AU12_") for name in targets]]).max(0) >= 0.08
    areas, first = [], []
    for seed in range(6):
        contrast = contrasted(of_points(of_units(simulate_table(PLANTED, seed)), 68), GROUPS, 99, 0)
        ranks = rank(contrast, 0, 10).rank[:, :, 0].mean(0)
        areas.append(area(-ranks, moved))
        first += [contrast.points.regions[at] for at in np.argsort(ranks)[:10]]

    assert np.mean(areas) >= 0.85
    assert np.mean([region in ("mouth", "left cheek", "right cheek") for region in first]) >= 0.8


def test_a_unit_that_nobody_was_measured_in_leaves_the_points_known():
    units = of_units(simulate_table(PLANTED, 3))
    units.values[:, :, units.points.keys.index("AU9")] = np.nan
    units.values[0, 0, units.points.keys.index("AU12")] = np.nan

    points = of_points(units, 68)

    corner, brow = (
        points.points.names.index("left mouth corner"),
        points.points.names.index("inner end of the left brow"),
    )
    assert np.isnan(points.values[0, 0, corner]) and not np.isnan(points.values[0, 0, brow])
    assert np.isnan(points.values).mean() < 0.05


@pytest.fixture(scope="module", autouse=True)
def _no_pictures():
    """They take seconds, and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "draw", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "features.npz"
    save(simulate_table(msgspec.structs.replace(PLANTED, phases={"talk": 2.0}), 3), path)
    return path


def test_the_command_writes_a_ranked_table_and_says_that_people_are_simulated(features, tmp_path, capsys):
    out = tmp_path / "targets"
    argv = ["targets", "compare", "--features", str(features), "--groups", "control", "case", "--permutations", "199"]

    assert main([*argv, "--out", str(out)]) == 0

    said = capsys.readouterr().out
    assert "simulated" in said and "AU12 (Lip Corner Puller) stronger in case" in said and "any one person" in said
    rows = [*csv.DictReader((out / "units.csv").open())]
    assert rows[0]["point"] == "AU12" and rows[0]["rank"] == "1" and rows[0]["simulated"] == "yes"
    assert len(rows) == 22 and float(rows[0]["effect_low"]) < float(rows[0]["effect"]) < float(rows[0]["effect_high"])
    held = json.loads((out / "targets.json").read_text())
    assert held["people"] == {"case": 60, "control": 60} and held["covariates"] == ["age", "sex", "site"]
    assert main([*argv, "--out", str(out)]) == 0  # in the place of the earlier ones
    assert [path.name for path in tmp_path.iterdir()] == ["targets"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--groups", "control", "case", "--group", "case"], "--group does not go"),
        (["--between", "rest", "talk", "--phases", "rest"], "--phases does not go"),
        (["--between", "rest", "talk", "--group", "other"], "name one of case, control"),
        (["--groups", "control", "case", "--phases", "talk,film"], "no phase 'film'"),
        (["--groups", "control", "case", "--permutations", "20"], "too few"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_leaves_nothing(options, complaint, features, tmp_path, capsys):
    assert main(["targets", "compare", "--features", str(features), *options, "--out", str(tmp_path / "out")]) == 11

    said = capsys.readouterr().err
    assert complaint in said and said.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_a_folder_of_somebody_else_is_left_alone(features, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")

    assert (
        main(
            ["targets", "compare", "--features", str(features), "--groups", "control", "case", "--out", str(tmp_path)]
        )
        == 11
    )

    assert "something else" in capsys.readouterr().err and (tmp_path / "notes.txt").read_text() == "mine"


@pytest.fixture(scope="module")
def folder(features, tmp_path_factory):
    out = tmp_path_factory.mktemp("found") / "targets"
    argv = ["targets", "compare", "--features", str(features), "--groups", "control", "case", "--permutations", "199"]
    assert main([*argv, "--out", str(out)]) == 0
    return out


def test_the_teaching_map_says_what_differs_how_surely_and_that_people_are_simulated(folder, capsys):
    assert main(["targets", "map", str(folder)]) == 0

    page = (folder / "map.html").read_text()
    text = " ".join(re.sub(r"<(style|title)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())
    assert "These people are simulated" in text and "no diagnosis of anybody" in text
    assert "Lip Corner Puller AU12, lip corners pulled up" in text
    assert re.search(r"Stronger in case : [\d.]+ against [\d.]+ of 5", text)
    assert "chance alone shows as much" in text and "says nothing about any one person" in text
    assert re.search(r'<title id="face-1">The standard face in the phase talk: 1, lip corners pulled up', page)


def test_the_teaching_map_needs_nothing_from_elsewhere(folder):
    main(["targets", "map", str(folder)])

    page = (folder / "map.html").read_text()
    assert "<script" not in page and not re.search(r'(?:src|href)="(?!#)', page) and "@import" not in page
    assert not re.findall(r"url\((?!#)", page)
    assert sorted(set(re.findall(r'href="#([\w-]+)"|url\(#([\w-]+)\)', page))) == [
        ("", "less"),
        ("", "more"),
        ("head", ""),
    ]


def test_numbers_on_the_face_stand_apart_where_units_lie_on_each_other(folder):
    held = json.loads((folder / "targets.json").read_text())
    row = next(row for row in held["tables"]["units"] if row["point"] == "AU12")
    held["tables"]["units"] = [
        {**row, "point": unit, "rank": at} for at, unit in enumerate(("AU1", "AU2", "AU4", "AU12"))
    ]
    (folder.parent / "more").mkdir()
    (folder.parent / "more" / "targets.json").write_text(json.dumps(held))

    main(["targets", "map", str(folder.parent / "more")])

    page = (folder.parent / "more" / "map.html").read_text()
    places = [
        (float(x), float(y)) for x, y in re.findall(r'<circle class="badge [\w-]+" cx="([\d.]+)" cy="([\d.]+)"', page)
    ]
    assert len(places) == 4 and min(math.dist(a, b) for a, b in itertools.combinations(places, 2)) >= 30


def test_a_map_of_no_difference_says_that_this_is_no_proof(tmp_path):
    path = tmp_path / "features.npz"
    save(simulate_table(Plan(phases={"talk": 2.0}), 1), path)
    argv = ["targets", "compare", "--features", str(path), "--groups", "control", "case", "--permutations", "199"]
    assert main([*argv, "--out", str(tmp_path / "targets")]) == 0

    main(["targets", "map", str(tmp_path / "targets"), "--out", str(tmp_path / "page.html")])

    page = (tmp_path / "page.html").read_text()
    assert "Nothing differs for certain." in page and "That is no proof that they are alike" in page
    assert 'class="badge' not in page


def test_a_point_differs_only_in_a_phase_in_which_a_unit_does():
    matrix = of_units(simulate_table(Plan(phases={"talk": 2.0, "rest": 2.0}), 1))
    asked = Question("groups", "control", "case")
    units, points = (contrasted(one, asked, 199, 0) for one in (matrix, of_points(matrix, 68)))
    p_units, p_points = np.full_like(units.p_max, 0.9), np.full_like(points.p_max, 0.01)
    p_units[0, 3], p_points[0, 5], p_units[1, 2] = 0.02, 0.4, np.nan

    found = gated(replace(points, p_max=p_points), replace(units, p_max=p_units))

    assert (found.p_max[0, 0, 0], found.p_max[0, 5, 0], found.p_max[1, 0, 0]) == (0.02, 0.4, 0.9)


def test_a_map_on_which_courses_alone_differ_does_not_say_that_nothing_does(folder):
    held = json.loads((folder / "targets.json").read_text())
    held["tables"] = {name: [{**row, "p_max": 0.3} for row in rows] for name, rows in held["tables"].items()}
    cluster = {"phase": held["phases"][0], "points": "AU12", "axis": "s", "begin": 2.0, "end": 4.0}
    earlier = {**cluster, "begin": 0.0, "end": 1.0}
    held["courses"] = {"clusters": [cluster, earlier], "caution": "A cluster says little."}
    (folder.parent / "courses").mkdir()
    (folder.parent / "courses" / "targets.json").write_text(json.dumps(held))

    main(["targets", "map", str(folder.parent / "courses")])

    page = (folder.parent / "courses" / "map.html").read_text()
    assert "Nothing differs for certain." not in page and "No action unit differs for certain here." in page
    assert "AU12, 0 to 1 s and 2 to 4 s" in page


@pytest.mark.parametrize("content", [None, "{}", '{"v": 2}', '{"v": 1, "tables": {"units": [{}]}}', "[]"])
def test_a_map_of_something_else_is_one_sentence(content, tmp_path, capsys):
    if content is not None:
        (tmp_path / "targets.json").write_text(content)

    assert main(["targets", "map", str(tmp_path)]) == DataError.exit_code

    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "map.html").exists()
