import numpy as np
import pytest

from training.diagnosis.conformal import quantile, quantiles, sets, sets_of_folds


def test_the_quantile_is_the_one_that_a_hand_computes():
    """Nineteen scores at α = .1: ⌈20 × .9⌉ = 18, the eighteenth smallest."""
    scores = np.arange(1, 20) / 20

    assert quantile(np.random.default_rng(0).permutation(scores), 0.1) == 0.9


@pytest.mark.parametrize(("people", "rank"), [(9, 9), (10, 10), (27, 26), (29, 27), (99, 90), (100, 91)])
def test_the_rank_is_rounded_up(people, rank):
    scores = np.arange(1, people + 1) / 1000

    assert quantile(scores, 0.1) == rank / 1000


def test_too_few_people_rule_nobody_out():
    assert quantile(np.full(8, 0.2), 0.1) == 1.0
    assert sets(np.array([[0.0, 1.0]]), np.array([1.0, 0.3])).tolist() == [[True, True]]


def test_every_group_has_its_own_quantile():
    truth = np.repeat([0, 1], 19)
    own = np.concatenate([1 - np.arange(1, 20) / 20, np.full(19, 0.6)])
    shares = np.where(np.arange(2) == truth[:, None], own[:, None], 1 - own[:, None])

    limits = quantiles(shares, truth, 0.1)

    assert limits == pytest.approx([0.9, 0.4])
    assert sets(np.array([[0.2, 0.8], [0.05, 0.95], [0.5, 0.5]]), limits).tolist() == [
        [True, True],
        [False, True],
        [True, False],
    ]


def test_new_people_have_their_group_in_the_set_at_the_stated_rate():
    rng, held = np.random.default_rng(1), []
    for _ in range(300):
        truth = np.repeat([0, 1], 50)
        logits = rng.normal(0, 1, 200) + np.concatenate([truth, truth])
        shares = np.stack([1 - (one := 1 / (1 + np.exp(-logits))), one], 1)
        possible = sets(shares[100:], quantiles(shares[:100], truth, 0.1))
        held.append(possible[np.arange(100), truth].mean())

    assert np.mean(held) == pytest.approx(46 / 51, abs=0.006)  # ⌈51 × .9⌉ of 51


def test_nobody_decides_on_their_own_set():
    """One person, far off: their own fold's quantiles must not know of it."""
    truth, folds = np.repeat([0, 1], 10), np.tile([0, 1], 10)
    shares = np.full((20, 2), 0.5)
    shares[0] = 0.01, 0.99

    possible = sets_of_folds(shares, truth, folds, 0.2)

    assert possible[0].tolist() == [False, True]
    assert possible[2:].all()
