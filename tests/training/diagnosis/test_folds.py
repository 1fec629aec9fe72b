import numpy as np
import pytest

from device.contract.errors import DataError
from training.diagnosis.folds import assigned, check_groups, parts


def test_everybody_is_tested_once_and_every_fold_has_its_share_of_groups():
    rng = np.random.default_rng(0)
    for seed in range(50):
        labels = rng.integers(0, 3, rng.integers(40, 120))
        sites = rng.integers(0, 4, len(labels))
        folds = assigned(labels, sites, 10, seed)

        shares = np.array([np.bincount(labels[folds == fold], minlength=3) for fold in range(folds.max() + 1)])
        assert (np.ptp(shares, axis=0) <= 1).all()
        tested = np.concatenate([unknown for _, unknown in parts(folds)])
        assert sorted(tested) == list(range(len(labels)))
        assert all(not set(known) & set(unknown) for known, unknown in parts(folds))


def test_sites_are_spread_too():
    labels, sites = np.repeat([0, 1], 50), np.tile(np.repeat([0, 1], [10, 40]), 2)

    folds = assigned(labels, sites, 10, 3)

    assert all(np.bincount(sites[folds == fold]).tolist() == [2, 8] for fold in range(10))


def test_another_seed_is_another_deal():
    labels = np.repeat([0, 1], 20)

    assert (assigned(labels, labels, 5, 0) == assigned(labels, labels, 5, 0)).all()
    assert (assigned(labels, labels, 5, 0) != assigned(labels, labels, 5, 1)).any()


def test_a_small_group_makes_fewer_folds():
    labels = np.repeat([0, 1], [40, 4])

    folds = assigned(labels, labels, 10, 0)

    assert sorted(folds[labels == 1]) == [0, 1, 2, 3] == sorted(set(folds))


@pytest.mark.parametrize(
    ("sizes", "names", "complaint"),
    [
        ([30, 1], ("case", "control"), "Group 'control' has 1 participant, too few"),
        ([3, 30], ("case", "control"), "Group 'case' has 3 participants, too few"),
        ([30], ("case",), "All participants are of group 'case': two groups"),
        ([], (), "There is no participant: two groups"),
    ],
)
def test_too_few_is_a_sentence(sizes, names, complaint):
    with pytest.raises(DataError, match=complaint):
        check_groups(np.repeat(np.arange(len(sizes)), sizes), names)
