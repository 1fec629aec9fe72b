import numpy as np
import pytest
from scipy.stats import f_oneway

from training.diagnosis.preparation import prepare, variance_ratio

TRUTH = np.repeat([0, 1, 2], 10)


def some(seed: int = 0, columns: int = 6) -> np.ndarray:
    found = np.random.default_rng(seed).normal(5, 2, (30, columns))
    found[:, 2] += TRUTH
    return found


def test_the_ratio_is_scipys_with_gaps_too():
    matrix = some()
    matrix[[0, 4, 12, 29], 1] = np.nan

    ratio = variance_ratio(matrix, TRUTH, 3)

    for column in range(6):
        known = [(group := matrix[g == TRUTH, column])[~np.isnan(group)] for g in range(3)]
        assert ratio[column] == pytest.approx(f_oneway(*known).statistic)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda column: column.fill(np.nan),
        lambda column: column.fill(7.0),
        lambda column: column[TRUTH == 1].fill(np.nan) or column.__setitem__(slice(11, 20), np.nan),
        lambda column: column.__setitem__(slice(0, 30, 2), np.nan) or column.__setitem__(1, np.nan),
    ],
    ids=["unmeasured", "constant", "one person of a group", "half of the people"],
)
def test_what_cannot_be_used_is_not(spoil):
    matrix = some()
    spoil(matrix[:, 2])

    found = prepare(matrix, TRUTH, 3, 0, 3.0, 0.5)

    assert found.columns.tolist() == [0, 1, 3, 4, 5]


def test_what_is_the_same_for_all_of_a_group_is_used():
    """A site that only one group has: nothing tells them apart better."""
    matrix = some()
    matrix[:, 4] = TRUTH == 1

    assert prepare(matrix, TRUTH, 3, 1, 3.0, 0.5).columns.tolist() == [4]


def test_the_best_columns_are_kept_in_the_order_of_the_matrix():
    matrix = some()
    matrix[:, 0] -= 3 * TRUTH

    assert prepare(matrix, TRUTH, 3, 2, 3.0, 0.5).columns.tolist() == [0, 2]


def test_gaps_are_filled_by_the_median_and_far_values_cut_off():
    matrix = some()
    matrix[3, 2] = np.nan
    found = prepare(matrix, TRUTH, 3, 1, 3.0, 0.5)
    known = np.delete(matrix[:, 2], 3)
    new = np.full((3, 6), np.nan)
    new[:, 2] = np.nan, 1e6, found.centre[0] - found.scale[0]

    assert found.fill[0] == np.median(known)
    assert found(new)[:, 0] == pytest.approx([(np.median(known) - found.centre[0]) / found.scale[0], 3.0, -1.0])
    assert found.distance(new)[[0, 2]] == pytest.approx([0.0, 1.0])
    assert found.distance(new)[1] > 1e6  # what the cut would hide
