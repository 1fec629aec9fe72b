import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from device.contract.evidence import Interval
from training.diagnosis import metrics
from training.diagnosis.metrics import Predictions, drawn, interval


def said(seed: int = 0, sizes: tuple[int, ...] = (20, 30, 10), repeats: int = 3) -> Predictions:
    rng, truth = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    logits = rng.normal(0, 1, (repeats, len(truth), len(sizes))) + np.eye(len(sizes))[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    return Predictions(truth, shares, shares > 0.25)


def once(found: Predictions) -> np.ndarray:
    return np.ones((1, len(found.truth)))


def test_figures_are_scikit_learns():
    found = said()
    truth, counts = found.truth, once(found)

    accuracy = np.mean([balanced_accuracy_score(truth, row.argmax(1)) for row in found.probabilities])
    areas = [np.mean([roc_auc_score(truth == g, row[:, g]) for row in found.probabilities]) for g in range(3)]
    taken = (found.answers == 1).astype(float)
    assert metrics.balanced_accuracy(found, counts)[0] == pytest.approx(accuracy)
    assert [metrics.area(found, g, counts)[0] for g in range(3)] == pytest.approx(areas)
    assert metrics.mean_area(found, counts)[0] == pytest.approx(np.mean(areas))
    assert metrics.sensitivity(found, 1, counts)[0] == pytest.approx(taken[:, truth == 1].mean())
    assert metrics.specificity(found, 1, counts)[0] == pytest.approx(1 - taken[:, truth != 1].mean())
    assert metrics.confusion(found).sum(axis=1).tolist() == pytest.approx([20, 30, 10])


def test_a_draw_counts_people_as_a_copy_of_them_would():
    found, rng = said(), np.random.default_rng(4)
    rows = np.concatenate([rng.choice(np.flatnonzero(found.truth == g), (found.truth == g).sum()) for g in range(3)])
    counts = np.bincount(rows, minlength=60)[None].astype(float)
    copied = Predictions(found.truth[rows], found.probabilities[:, rows], found.possible[:, rows])

    for figure in (
        metrics.balanced_accuracy,
        metrics.mean_area,
        metrics.brier,
        metrics.calibration_error,
        metrics.answered_right,
    ):
        assert figure(found, counts)[0] == pytest.approx(figure(copied, once(copied))[0]), figure


def test_people_are_drawn_within_groups():
    found = said()
    counts = drawn(found.truth, 0)

    assert counts.shape == (2001, 60) and (counts[0] == 1).all()
    assert all((counts[:, found.truth == group].sum(axis=1) == n).all() for group, n in enumerate((20, 30, 10)))


def test_the_interval_is_over_people_however_often_each_was_predicted():
    """Ten repeats that say the same are no more evidence than one."""
    one = said(repeats=1)
    ten = Predictions(one.truth, one.probabilities.repeat(10, axis=0), one.possible.repeat(10, axis=0))
    counts = drawn(one.truth, 0)

    assert interval(metrics.balanced_accuracy(ten, counts)) == interval(metrics.balanced_accuracy(one, counts))


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, held = np.random.default_rng(5), 0
    for seed in range(200):
        truth = np.repeat([0, 1], 50)
        right = rng.random(100) < 0.7
        taken = np.where(right, truth, 1 - truth)
        shares = np.eye(2)[taken][None]
        found = interval(metrics.balanced_accuracy(Predictions(truth, shares, shares > 0), drawn(truth, seed, 400)))
        held += found.low <= 0.7 <= found.high

    assert 178 <= held <= 199  # of 200, binomial around .95 less what a percentile bootstrap lacks


def test_the_calibration_error_of_exact_probabilities_is_what_chance_gives():
    rng, truth = np.random.default_rng(6), np.zeros(4000, int)
    one = rng.random(4000)
    truth = (rng.random(4000) < one).astype(int)
    shares = np.stack([1 - one, one], 1)[None]
    exact, sure = Predictions(truth, shares, shares > 0), Predictions(truth, np.round(shares), shares > 0)

    assert metrics.calibration_error(exact, once(exact))[0] < 0.03
    assert metrics.calibration_error_of_chance(exact, 0) == pytest.approx(0.012, abs=0.006)
    assert metrics.calibration_error(sure, once(sure))[0] == pytest.approx(0.25, abs=0.03)


def test_without_any_answer_their_rightness_is_not_known():
    found = said()
    silent = Predictions(found.truth, found.probabilities, np.ones_like(found.possible))

    assert np.isnan(interval(metrics.answered_right(silent, drawn(found.truth, 0))).value)
    assert interval(metrics.mean(metrics.answered(silent), drawn(found.truth, 0))).high == 0


@pytest.mark.parametrize(
    ("right", "people", "low", "high"),
    [(1.0, 5, 0.478, 1.0), (0.0, 5, 0.0, 0.522), (0.8, 10, 0.444, 0.975), (1.0, 500, 0.993, 1.0)],
)
def test_of_few_answers_it_is_not_sure_that_all_are_right(right, people, low, high):
    found = metrics.of_so_few(Interval(right, right, right), people)
    assert (found.value, found.low, found.high) == pytest.approx((right, low, high), abs=0.001)


def test_an_interval_that_is_wide_already_stays():
    assert metrics.of_so_few(Interval(0.8, 0.1, 0.99), 1000) == Interval(0.8, 0.1, 0.99)
    assert np.isnan(metrics.of_so_few(Interval(*[float("nan")] * 3), 0).value)
