"""Windows and their ratings, the raters' agreement, figures with intervals over people, and conformal intervals."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as changed
from scipy import stats
from sklearn.metrics import mean_absolute_percentage_error

from training import intraclass
from training.atypicality import metrics
from training.atypicality.conformal import half_width, quantiles
from training.atypicality.ratings import Rating
from training.atypicality.recipe import OURS
from training.atypicality.windows import Windows, held, rated, windows_of
from training.cohort.people import Participant

#: Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
STRETCHES = [Rating("a", 0.0, 2.0, "r1", 1.0), Rating("a", 2.0, 3.0, "r1", 4.0), Rating("a", 0.0, 1.0, "r2", 5.0)]


def windows(ratings, person, groups):
    people = tuple(Participant(f"p-{number}", group) for number, group in enumerate(groups))
    shape = (len(person), 6, 43)
    return Windows(
        people, np.array(person), np.zeros(shape, np.float32), np.asarray(ratings, float), np.ones(len(person))
    )


def test_ratings_are_means_over_the_window_or_what_most_of_it_is_rated():
    begin, end = np.array([0.0, 3.0]), np.array([3.0, 6.0])

    np.testing.assert_allclose(rated(STRETCHES, ("r1", "r2"), begin, end), [[2.0, np.nan], [np.nan, np.nan]])
    np.testing.assert_allclose(rated(STRETCHES, ("r1",), begin, end, majority=True), [[1.0], [np.nan]])
    several = [Rating("a", 0.0, 1.0, "r1", 2), Rating("a", 1.0, 2.2, "r1", 5), Rating("a", 2.2, 3.0, "r1", 2)]
    assert rated(several, ("r1",), np.array([0.0]), np.array([3.0]), majority=True).tolist() == [[2]]


def test_a_window_holds_what_was_rated_or_only_a_part_of_it():
    begin, end = np.array([0.0, 1.0, 1.5, 7.0]), np.array([3.0, 4.0, 2.5, 9.0])

    np.testing.assert_allclose(held(STRETCHES[:2], begin, end), [1.0, 0.75, (0.125 + 0.25) / 1.0, 0.0])
    assert held([], begin, end).tolist() == [0.0] * 4


def test_ratings_of_what_lies_outside_of_a_window_are_left_out_where_there_are_others(few):
    whole = windows_of(few, OURS.grid)
    longer = windows_of(few, changed(OURS.grid, steps=40))

    assert len(whole.rated) < 0.5 * len(whole)
    assert whole.rated.held.min() > 0.9
    assert (whole.rated.fit, longer.fit) == (True, True)
    apart = replace(whole, held=np.full(len(whole), 0.5))
    assert not apart.fit
    assert len(apart.rated) == len(whole)


def test_windows_are_of_one_person_and_hold_what_was_measured(few):
    found = windows_of(few, OURS.grid)

    assert (np.diff(found.person) >= 0).all()
    assert set(found.person.tolist()) == set(range(8))
    assert found.values.shape[1:] == (15, 43)
    assert np.isfinite(found.values).mean(axis=(1, 2)).min() >= OURS.grid.least_coverage
    first = few.sessions[0].moved
    np.testing.assert_allclose(found.values[0], first.grid(0.2)[:15])
    assert np.isfinite(found.ratings).all()


def test_agreement_is_that_of_shrout_and_fleiss():
    found = intraclass.agreement(intraclass.sums(SHROUT_FLEISS)[None])

    assert float(found.single[0]) == pytest.approx(0.29, abs=0.005)
    assert float(found.mean[0]) == pytest.approx(0.62, abs=0.005)
    assert float(found.fixed[0]) == pytest.approx(0.91, abs=0.005)
    assert float(found.ceiling[0]) == pytest.approx(0.9088**0.5, abs=0.003)


def test_of_one_rater_or_of_what_does_not_vary_nothing_is_known():
    for ratings in (SHROUT_FLEISS[:, :1], np.ones((6, 4))):
        assert np.isnan(intraclass.agreement(intraclass.sums(ratings)[None]).ceiling).all()


def test_the_ceiling_is_what_the_truth_itself_reaches():
    chance = np.random.default_rng(0)
    truth = chance.normal(3, 1, 4000)
    ratings = truth[:, None] + chance.normal(0, 1.2, (4000, 5)) + [0.5, -0.5, 0, 1, 0]
    found = intraclass.agreement(intraclass.sums(ratings)[None])

    assert float(found.ceiling[0]) == pytest.approx(np.corrcoef(truth, ratings.mean(axis=1))[0, 1], abs=0.01)
    assert found.mean[0] < found.fixed[0]  # which minds the raters' levels


def test_figures_are_those_of_other_libraries():
    chance = np.random.default_rng(1)
    person = np.repeat(np.arange(10), 30)
    truth = np.clip(chance.normal(3, 0.5, 10)[person] + chance.normal(0, 0.7, 300), 1, 5)
    said = truth + chance.normal(0.2, 0.5, 300)
    of = windows(truth[:, None], person, ["typical"] * 5 + ["atypical"] * 5)
    found = metrics.figures(said, of, metrics.draws(of, 0), np.full(300, 0.7))

    assert found.mse.value == pytest.approx(((said - truth) ** 2).mean())
    assert found.rmse.value == pytest.approx(found.mse.value**0.5)
    assert found.mae.value == pytest.approx(np.abs(said - truth).mean())
    assert found.mape.value == pytest.approx(mean_absolute_percentage_error(truth, said))
    assert found.pearson.value == pytest.approx(stats.pearsonr(said, truth).statistic)
    own = [stats.pearsonr(said[person == one], truth[person == one]).statistic for one in range(10)]
    assert found.within.value == pytest.approx(np.median(own))
    means = [[each[person == one].mean() for one in range(10)] for each in (said, truth)]
    assert found.people.value == pytest.approx(stats.pearsonr(*means).statistic)
    assert found.covered.value == pytest.approx((np.abs(said - truth) <= 0.7).mean())
    assert found.icc.value < found.pearson.value  # it minds the wrong level
    for name in ("mse", "pearson", "within", "covered"):
        one = getattr(found, name)
        assert one.low < one.value < one.high


def test_intervals_are_over_people_so_many_windows_of_few_people_are_not_sure():
    chance = np.random.default_rng(2)

    def width(people):
        person = np.repeat(np.arange(people), 2000 // people)
        truth = 3 + chance.normal(0, 1, people)[person]
        of = windows(truth[:, None], person, ["typical"] * people)
        found = metrics.figures(np.full(2000, 3.0), of, metrics.draws(of, 0)).mae
        return found.high - found.low

    assert width(5) > 3 * width(200)


def test_a_rater_is_compared_with_the_others():
    of = windows(SHROUT_FLEISS, np.arange(6), ["typical"] * 6)
    found = metrics.raters(of, metrics.draws(of, 0))
    one = np.mean(
        [
            stats.pearsonr(SHROUT_FLEISS[:, at], np.delete(SHROUT_FLEISS, at, 1).mean(axis=1)).statistic
            for at in range(4)
        ]
    )

    assert found.one.value == pytest.approx(one)
    assert found.mean.value == pytest.approx(0.62, abs=0.005)


def test_the_ceiling_within_people_is_that_of_each_one_alone():
    chance = np.random.default_rng(4)
    person = np.repeat(np.arange(6), 200)
    own = chance.normal(3, 1, 6)[person] + chance.normal(0, 0.3, 1200)
    ratings = own[:, None] + chance.normal(0, 0.6, (1200, 5))
    of = windows(ratings, person, ["typical"] * 6)
    found = metrics.raters(of, metrics.draws(of, 0))

    assert found.within.value == pytest.approx((0.09 / (0.09 + 0.36 / 5)) ** 0.5, abs=0.05)
    assert found.within.value < found.ceiling.value  # people differ, too


def test_an_interval_holds_a_window_of_a_new_person_as_often_as_it_promises():
    """People whose errors differ by far: windows are no independent observations of them."""
    chance = np.random.default_rng(3)
    held = []
    for _ in range(400):
        spread = chance.gamma(2.0, 0.3, 31)
        windows_of_each = chance.integers(5, 80, 30)
        person = np.repeat(np.arange(30), windows_of_each)
        scores = np.abs(chance.normal(0, spread[:30][person]))
        width = half_width(scores, person, 0.1, 4.0)
        held.append((np.abs(chance.normal(0, spread[30], 200)) <= width).mean())

    assert 0.89 <= np.mean(held) <= 0.95


def test_of_too_few_people_an_interval_rules_nothing_out():
    assert half_width(np.full(80, 0.1), np.arange(80) % 8, 0.1, 4.0) == 4.0
    assert half_width(np.full(90, 0.1), np.arange(90) % 9, 0.1, 4.0) == pytest.approx(0.1)


def test_quantiles_give_each_person_the_same_weight():
    values = np.concatenate([np.zeros(900), np.ones(100)])
    person = np.concatenate([np.zeros(900, int), np.ones(100, int)])
    found = quantiles(values, person, np.array([0.0, 0.25, 0.75, 1.0]))

    np.testing.assert_allclose(found, [0, 0, 1, 1])
