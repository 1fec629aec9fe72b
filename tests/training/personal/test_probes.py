"""What tables tell of faces, linear probes on time that was held out, and approaches against each other."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.personal import arms, probes
from training.personal.blocks import Blocks
from training.personal.people import Person
from training.personal.reference import read_scales, read_units
from training.personal.truth import matched, truth_of

HZ, SECONDS = 5.0, 160.0
AU6, AU12 = ACTION_UNIT_KEYS.index("AU6"), ACTION_UNIT_KEYS.index("AU12")


def person(recordings: int = 2) -> Person:
    times = np.tile(np.arange(0, SECONDS, 1 / HZ), recordings)
    numbers = np.repeat(np.arange(recordings), len(times) // recordings)
    videos = tuple(f"p-0001/day-{number}.mp4" for number in range(recordings))
    return Person("p-0001", np.zeros((len(times), 48, 48), np.uint8), times, numbers, videos)


def table(folder: Path, name: str, rows: list[str], header: str = "frame,time_s,movement,AU6,AU12,yaw") -> Path:
    path = folder / "p-0001" / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def every_frame(fps: float = 25.0) -> list[str]:
    return [f"{n},{n / fps:.3f},{n // 100 % 3},{n % 6},{5 - n % 6},3.2" for n in range(int(SECONDS * fps))]


def sampled(units, seed=0):
    one, blocks = person(), Blocks()
    return probes.sample(units, blocks.of(one), blocks.numbers(one), one.recordings, one.times, seed)


def unit_of(values, key=AU12):
    units = np.full((len(values), len(ACTION_UNIT_KEYS)), np.nan, np.float32)
    units[:, key] = values
    return units


def test_a_face_gets_the_row_of_its_own_time_and_of_its_own_video(tmp_path):
    table(tmp_path, "day-0", every_frame())
    table(tmp_path, "day-1", every_frame(12.5))

    found = truth_of(person(), tmp_path)

    assert found.units[3, [AU6, AU12]].tolist() == [15 % 6, 5 - 15 % 6]  # 0.6 s are 15 frames
    half = len(found.units) // 2
    assert found.units[half + 2, AU6] == 5 % 6  # 0.4 s are 5 frames of the slower one
    assert found.movements[[0, 20]].tolist() == [0, 1]
    assert np.isnan(found.units[:, ACTION_UNIT_KEYS.index("AU1")]).all()


def test_a_face_without_a_row_near_it_and_an_empty_cell_are_not_known(tmp_path):
    rows = [row for row in every_frame() if not 10 <= float(row.split(",")[1]) < 20]
    table(tmp_path, "day-0", ["0,0.0,,,1,0", *rows[1:]])

    found = truth_of(person(), tmp_path)

    assert np.isnan(found.units[0, AU6])
    assert found.units[0, AU12] == 1
    assert found.movements[0] == -1
    assert np.isnan(found.units[52:98]).all()
    assert np.isnan(found.units[len(found.units) // 2 :]).all(), "there is no table of the second day"


def test_times_are_near_within_half_a_step():
    nearest, near = matched(np.array([0.0, 0.019, 0.5, 0.2, -1.0]), np.array([0.0, 0.04, 0.08, 0.2]))

    assert nearest.tolist() == [0, 0, 3, 3, 0]
    assert near.tolist() == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["0,300.0,1", "1,300.1,1"], "frame,time_s,AU12", "0% of the faces"),
        (["0,1"], "time_s,AU12", "must be there in each row, and rise"),
        (["0,1", "0,1"], "time_s,AU12", "must be there in each row, and rise"),
        (["0,1", "1,7"], "time_s,AU12", "go from 0 to 5"),
        (["0,1", "1,much"], "time_s,AU12", "column AU12: could not convert"),
        (["0,1", "1,inf"], "time_s,AU12", "infinite"),
        (["0,1", "1,1"], "time,AU12", "is no table with the columns time_s"),
        (["0,1", "1,1"], "time_s,smile", "is no table with the columns time_s"),
    ],
)
def test_tables_that_are_none_of_these_faces_are_refused(tmp_path, rows, header, said):
    table(tmp_path, "day-0", rows, header)

    with pytest.raises(DataError, match=said):
        truth_of(person(1), tmp_path)


def test_without_any_table_it_says_what_one_is_called(tmp_path):
    with pytest.raises(DataError, match=r"such as p-0001/day-0\.csv"):
        truth_of(person(), tmp_path)


def test_a_probe_finds_a_unit_that_is_there_and_none_that_is_not():
    rng = np.random.default_rng(1)
    present = np.repeat(rng.random(len(person()) // 10) < 0.3, 10)
    noise = rng.normal(size=(len(present), 8))
    told = noise.copy()
    told[:, 3] += 4 * present

    of = sampled(unit_of(np.where(present, 2.0, 0.4)))
    (seen,), (unseen,) = probes.probes(told, of), probes.probes(noise, of)

    assert of.measured == ("AU12",)
    assert seen.area[0] > 0.97
    assert seen.f1[0] > 0.9
    assert abs(unseen.area[0] - 0.5) < 0.12
    assert unseen.f1[0] < unseen.guess + 0.1
    assert np.ptp(np.percentile(unseen.area[1:], (2.5, 97.5))) > np.ptp(np.percentile(seen.area[1:], (2.5, 97.5)))


def test_a_probe_learns_nothing_from_the_labels_of_what_is_held_out():
    """Else the area would not turn over with them."""
    rng = np.random.default_rng(2)
    present = np.repeat(rng.random(len(person()) // 10) < 0.4, 10)
    features = rng.normal(size=(len(present), 4)) + present[:, None]
    held_out = Blocks().of(person()).held_out

    (found,) = probes.probes(features, sampled(unit_of(present * 2.0)))
    (turned,) = probes.probes(features, sampled(unit_of((present ^ held_out) * 2.0)))

    assert found.area[0] > 0.8
    assert turned.area[0] == pytest.approx(1 - found.area[0])


def test_figures_are_scikit_learns_also_where_stretches_count_twice_or_not_at_all():
    rng = np.random.default_rng(3)
    scores, truth = np.round(rng.normal(size=80), 1), rng.random(80) < 0.4
    counts = np.stack([np.ones(80), rng.integers(0, 3, 80).astype(float)])

    area, f1 = probes.area(scores, truth, counts), probes.f1(scores >= 0.2, truth, counts)

    for at, weight in enumerate(counts):
        assert area[at] == pytest.approx(roc_auc_score(truth, scores, sample_weight=weight))
        assert f1[at] == pytest.approx(f1_score(truth, scores >= 0.2, sample_weight=weight))


def test_what_is_not_there_has_no_figure():
    assert np.isnan(probes.area(np.arange(4.0), np.zeros(4, bool), np.ones((1, 4)))).all()
    assert np.isnan(probes.f1(np.ones(4, bool), np.zeros(4, bool), np.ones((1, 4)))).all()
    assert np.isnan(probes.mean_of([])).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda of: np.full(len(of), np.nan), "not coded"),
        (lambda of: np.where(np.arange(len(of)) % 100 == 0, 3.0, 0.0), "present in 1.0% of the faces"),
        (
            lambda of: np.where(Blocks().of(of).held_out, 0, np.arange(len(of)) % 2 * 2),
            "present in 0 of the faces that are held out",
        ),
        (lambda of: np.full(len(of), 2.0), "absent in 0 of the faces that are learnt"),
    ],
)
def test_a_unit_that_cannot_be_measured_is_left_out_with_the_reason(values, said):
    assert sampled(unit_of(values(person()))).left_out["AU12"] == said


def test_draws_are_of_whole_stretches_and_repeat_with_the_seed():
    units = unit_of(np.zeros(len(person())))
    of, same, other = sampled(units), sampled(units), sampled(units, 1)

    assert of.stretches.max() + 1 == of.counts.shape[1] == 2 * 2 * 4  # blocks of 20 s held out, in stretches of 5 s
    assert (of.counts.sum(axis=1) == of.counts.shape[1]).all()
    np.testing.assert_array_equal(of.counts, same.counts)
    assert (of.counts != other.counts).any()
    assert (of.stretches[of.parts.learnt] == -1).all()


def test_approaches_are_compared_within_people_and_p_is_that_of_wilcoxon():
    better = [(0.80, 0.70), (0.71, 0.66), (0.90, 0.81), (0.65, 0.63), (0.77, 0.70), (0.60, 0.57), (0.5, float("nan"))]

    found = arms.compared("psm", "gm", "f1", 0, better)

    assert found.people == found.higher == 6
    assert found.p == pytest.approx(2 / 2**6)
    assert (found.shift.low, found.shift.high) == (pytest.approx(0.02), pytest.approx(0.10))
    assert 0.02 < found.shift.value < 0.10
    assert arms.compared("psm", "gm", "f1", 0, [(0.1, float("nan"))]) is None
    assert arms.compared("psm", "gm", "f1", 0, [(0.1, 0.1)] * 7).p is None


def test_the_interval_of_a_shift_is_exact_and_there_is_none_of_few():
    rng = np.random.default_rng(0)
    samples = rng.normal(0.3, 1.0, (1000, 9))
    found = [arms.hodges_lehmann(one) for one in samples]
    held = np.mean([one.low <= 0.3 <= one.high for one in found])

    assert held > 0.93
    assert held < 0.985
    assert np.isnan(arms.hodges_lehmann(samples[0, :5]).low)
    edge = arms.hodges_lehmann(samples[1])
    assert (
        stats.wilcoxon(samples[1] - edge.low + 1e-9).pvalue
        < 0.05
        < stats.wilcoxon(samples[1] - edge.low - 1e-9).pvalue + 0.02
    )


def test_p_is_corrected_for_all_comparisons_by_holm():
    made = [
        arms.compared("a", "b", "f1", 0, [(one, 0.0) for one in rows])
        for rows in ([1, 2, 3, 4, 5, 6], [1, -2, 3, -4, 5, 6], [0, 0])
    ]

    first, second, third = arms.corrected(made)

    assert first.p_holm == pytest.approx(2 * made[0].p)
    assert second.p_holm == pytest.approx(made[1].p)
    assert third.p_holm is None
    assert (first.told, third.told) == ("no difference that is sure", "no difference that is sure")


def test_the_box_reads_faces_of_any_size_and_colour():
    grey = np.full((2, 48, 48), 120, np.uint8)
    grey[:, 10:40, 12:36] = 180

    units = read_units(grey)

    assert units.shape == (2, 22)
    np.testing.assert_array_equal(units[0], units[1])
    coloured = np.repeat(np.repeat(np.repeat(grey, 2, 1), 2, 2)[..., None], 3, -1)
    np.testing.assert_allclose(read_scales(coloured)[:, :22], units, atol=1e-6)


def test_a_draw_without_a_rare_unit_is_no_better_for_it():
    common, rare = np.array([0.8, 0.7, 0.9]), np.array([0.1, np.nan, 0.3])

    assert probes.mean_of([common, rare]) == pytest.approx([0.45, 0.4, 0.6])
    assert np.isnan(probes.mean_of([])).all()
