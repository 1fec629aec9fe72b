"""The figures of the papers' tables, against values worked out by hand."""

import numpy as np
import pytest

from training.action_units.data import Annotated
from training.action_units.scores import (
    area,
    icc31,
    intensity_scores,
    means,
    over_folds,
    pearson,
    presence_scores,
    report,
    rounded,
)

NAN = float("nan")


def test_presence_by_hand():
    truth = np.array([1, 1, 1, 0, 0, 0], float)
    said = np.array([0.9, 0.2, 0.5, 0.6, 0.1, 0.4])

    scores = presence_scores(said, truth)

    assert scores == {
        "faces": 6,
        "present": 3,
        "f1": pytest.approx(2 * 2 / (2 * 2 + 1 + 1)),
        "accuracy": pytest.approx(4 / 6),
        "balanced_accuracy": pytest.approx((2 / 3 + 2 / 3) / 2),
        "auc": pytest.approx((3 + 1 + 2) / 9),  # of the three absent ones .9 beats three, .2 one, .5 two
    }


def test_equal_scores_count_half():
    assert area(np.array([0.5, 0.5, 0.9]), np.array([True, False, True])) == pytest.approx((0.5 + 1) / 2)
    assert area(np.ones(4), np.array([True, False, True, False])) == 0.5
    assert area(np.array([0.1, 0.2]), np.array([True, True])) is None


def test_icc31_is_that_of_shrout_and_fleiss():
    """The example of their table 2: six targets, four judges; the paper gives .71."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

    assert icc31(np.array(ratings, float)) == pytest.approx(0.71, abs=0.005)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4], 1),  # a constant offset is forgiven
        ([3, 2, 1, 0], -1),
        ([0, 2, 4, 6], 0.8),  # variances 5 and 20 thirds, covariance 10 thirds: 2·10/(5 + 20)
    ],
)
def test_icc31_of_two_by_hand(values, expected):
    assert icc31(np.array([values, [0, 1, 2, 3]], float).T) == pytest.approx(expected)


def test_icc31_of_what_does_not_vary_is_not_defined():
    assert icc31(np.ones((3, 2))) is None and icc31(np.ones((1, 2))) is None


def test_intensity_by_hand():
    scores = intensity_scores(np.array([1.0, 2.0, 4.0]), np.array([0.0, 2.0, 5.0]))

    assert scores["mse"] == pytest.approx(2 / 3) and scores["mae"] == pytest.approx(2 / 3)
    # deviations −4/3 −1/3 5/3 and −7/3 −1/3 8/3
    assert scores["pcc"] == pytest.approx((28 / 9 + 1 / 9 + 40 / 9) / (42 / 9 * 114 / 9) ** 0.5)
    assert pearson(np.ones(3), np.arange(3.0)) is None


def test_what_was_not_coded_has_no_part():
    data = Annotated(
        images=np.zeros((4, 2, 2), np.uint8),
        participants=np.array(list("abcd")),
        labels={"presence": ("AU1", "AU2", "AU4"), "intensity": ("AU1",)},
        values={
            "presence": np.array([[1, NAN, NAN], [0, NAN, 1], [NAN, NAN, NAN], [0, NAN, NAN]], np.float32),
            "intensity": np.array([[2], [NAN], [NAN], [0]], np.float32),
        },
    )
    answers = {
        "presence": np.array([[0.9, 0, 0], [0.1, 0, 0], [1, 0, 0], [0.2, 0, 0]], np.float32),
        "intensity": np.array([[3], [5], [5], [1]], np.float32),
    }

    found = report(answers, data)

    assert found["presence"]["AU1"] == {
        "faces": 3,
        "present": 1,
        "f1": 1,
        "accuracy": 1,
        "balanced_accuracy": 1,
        "auc": 1,
    }
    assert "AU2" not in found["presence"]
    assert found["presence"]["AU4"]["auc"] is None and found["presence"]["AU4"]["balanced_accuracy"] is None
    assert found["intensity"]["AU1"]["faces"] == 2 and found["intensity"]["AU1"]["mse"] == 1
    assert means(found)["presence"] == {"f1": 0.5, "accuracy": 0.5, "balanced_accuracy": 1.0, "auc": 1.0}


def test_folds_are_averaged_where_a_figure_is_defined():
    one = {"intensity": {"AU1": {"faces": 2, "icc": 0.5, "mse": 1.0}}}
    two = {
        "intensity": {"AU1": {"faces": 3, "icc": None, "mse": 0.33333}, "AU2": {"faces": 1, "icc": 0.1, "mse": 2.0}}
    }

    assert rounded(over_folds([one, two])) == {
        "intensity": {"AU1": {"faces": 5, "icc": 0.5, "mse": 0.6667}, "AU2": {"faces": 1, "icc": 0.1, "mse": 2.0}}
    }
