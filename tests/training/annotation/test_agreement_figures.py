"""Coefficients of agreement, against published examples and against scikit-learn and statsmodels."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from training.action_units.scores import icc31
from training.annotation.agreement import figures

# Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*: four observers, twelve units, data missing.
OBSERVERS = ["12332141 2...", "123322412 5.3", ".33323422 51.", "123324412 51."]
EXAMPLE = [[*map(str, text.replace(" ", ""))] for text in OBSERVERS]


def table(first, second, size):
    counts = np.zeros((size, size))
    np.add.at(counts, (np.array(first), np.array(second)), 1)
    return counts


@pytest.fixture
def coders():
    rng = np.random.default_rng(7)
    first = rng.choice(6, 200, p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    return first, np.clip(first + rng.integers(-1, 2, 200), 0, 5)


@pytest.mark.parametrize(("metric", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_krippendorffs(metric, expected):
    counts = np.array([[row.count(str(value)) for value in range(1, 6)] for row in zip(*EXAMPLE, strict=True)], float)

    assert figures.alpha(figures.coincidences(counts).sum(0), metric) == pytest.approx(expected, abs=0.0005)


def test_alpha_of_two_observers_is_krippendorffs():
    """His first example: ten units, two observers, α = .095."""
    both = table([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], 2)

    assert figures.alpha(both + both.T, "nominal") == pytest.approx(0.095, abs=0.0005)


def test_kappa_is_that_of_other_libraries(coders):
    counts = table(*coders, 6)

    assert figures.kappa(counts) == pytest.approx(cohen_kappa_score(*coders))
    assert figures.kappa(counts) == pytest.approx(cohens_kappa(counts).kappa)
    assert figures.kappa(counts, quadratic=True) == pytest.approx(cohen_kappa_score(*coders, weights="quadratic"))


def test_kappa_of_a_rare_action_is_low_and_pabak_is_not():
    """Byrt, Bishop & Carlin 1993: PABAK is 2 · .97 − 1; κ has .9702 expected by chance."""
    rare = np.array([[97, 1], [2, 0]], float)

    assert figures.kappa(rare) == pytest.approx(
        (0.97 - (0.99 * 0.98 + 0.01 * 0.02)) / (1 - (0.99 * 0.98 + 0.01 * 0.02))
    )
    assert figures.kappa(rare) < 0 and figures.pabak(rare) == pytest.approx(0.94)


def test_icc_of_two_coders(coders):
    """ICC(3,1) as training has it; ICC(2,1) by the mean squares of a two-way analysis of variance."""
    ratings = np.stack(coders, 1).astype(float)
    count, grand = len(ratings), ratings.mean()
    rows, columns = ratings.mean(1, keepdims=True), ratings.mean(0, keepdims=True)
    bms = 2 * ((rows - grand) ** 2).sum() / (count - 1)
    jms = count * ((columns - grand) ** 2).sum()
    ems = ((ratings - rows - columns + grand) ** 2).sum() / (count - 1)

    agreement, consistency = figures.icc(table(*coders, 6))

    assert consistency == pytest.approx(icc31(ratings))
    assert agreement == pytest.approx((bms - ems) / (bms + ems + 2 * (jms - ems) / count))


def test_a_constant_difference_costs_agreement_and_not_consistency():
    agreement, consistency = figures.icc(table([0, 1, 2, 3], [1, 2, 3, 4], 6))

    assert consistency == pytest.approx(1) and agreement == pytest.approx(10 / 13)  # BMS 10/3, JMS 2, EMS 0, n 4


@pytest.mark.parametrize(
    "what", [figures.kappa, lambda t: figures.alpha(t + t.T, "nominal"), lambda t: figures.icc(t)[0]]
)
def test_where_nothing_varies_nothing_is_known(what):
    with np.errstate(all="raise"):
        assert np.isnan(what(np.array([[9.0, 0], [0, 0]])))
        assert np.isnan(what(np.zeros((2, 2))))


def test_many_tables_at_once(coders):
    counts = table(*coders, 6)
    both = np.stack([counts, counts.T])

    assert figures.kappa(both)[0] == figures.kappa(counts) and figures.kappa(both).shape == (2,)
    ordinal = figures.alpha(both + both.swapaxes(1, 2), "ordinal")
    assert ordinal[0] == pytest.approx(ordinal[1]) and not np.isnan(ordinal).any()
