import numpy as np
import pytest

from training.diagnosis.permutation import Task, curtailed, permute, permuted, statistic
from training.diagnosis.recipe import Recipe

QUICK = Recipe(columns=8, strengths=(0.1,))


def task(shift: float = 0.0, seed: int = 0, people: int = 40) -> Task:
    rng, labels = np.random.default_rng(seed), np.arange(people) % 2
    matrix = rng.normal(size=(people, 20))
    matrix[:, 0] += shift * labels
    return Task(matrix, labels, np.arange(people) // 2 % 2, 2, QUICK, seed)


def test_sites_keep_their_people_and_their_groups():
    rng = np.random.default_rng(0)
    sites, labels = np.repeat([0, 1, 2], [10, 20, 5]), rng.integers(0, 3, 35)

    for number in range(50):
        found = permuted(labels, sites, np.random.default_rng(number))
        assert all((np.bincount(found[sites == s], minlength=3) == np.bincount(labels[sites == s], minlength=3)).all()
                   for s in range(3))  # fmt: skip
    assert any((permuted(labels, sites, np.random.default_rng(n)) != labels).any() for n in range(5))


def test_what_tells_sites_apart_proves_nothing():
    """Nine of ten cases at one site, and a camera that makes every face brighter there."""
    rng, labels = np.random.default_rng(1), np.repeat([0, 1], 40)
    sites = np.where(rng.random(80) < 0.1, 1 - labels, labels)
    matrix = rng.normal(size=(80, 20)) + 3 * sites[:, None]
    confounded = Task(matrix, labels, sites, 2, QUICK, 0)
    unaware = Task(matrix, labels, np.zeros(80, int), 2, QUICK, 0)

    assert statistic(confounded, labels) > 0.8
    assert curtailed(confounded, 39, 0.05)[0] > 0.05
    assert curtailed(unaware, 39, 0.05)[0] <= 0.05


def test_where_sites_are_of_one_group_each_there_is_no_evidence_at_all():
    labels = np.repeat([0, 1], 20)
    matrix = np.random.default_rng(2).normal(size=(40, 20)) + 5 * labels[:, None]

    assert permute(Task(matrix, labels, labels, 2, QUICK, 0), 19, workers=0).p_value == 1.0


def test_p_counts_what_is_at_least_as_good():
    found = permute(task(3.0), 19, workers=0)

    assert (found.permutations, found.exceeding, found.p_value) == (19, 0, 1 / 20)
    assert found.observed > 0.9 and found.chance == pytest.approx(0.5, abs=0.1)


def test_the_end_that_is_known_early_is_the_same_end():
    ends = set()
    for shift in (0.0, 3.0):
        one = task(shift, people=24)
        whole, (early, tried) = permute(one, 19, workers=0), curtailed(one, 19, 0.1)

        assert (whole.p_value <= 0.1) == (early <= 0.1)
        assert early == whole.p_value if early <= 0.1 else tried < 19
        ends.add(early <= 0.1)
    assert ends == {True, False}


def test_the_same_seed_finds_the_same():
    assert permute(task(0.5), 9, workers=0) == permute(task(0.5), 9, workers=0)


@pytest.mark.learning
def test_two_processes_find_what_one_finds():
    assert permute(task(0.5), 50, workers=2) == permute(task(0.5), 50, workers=0)
