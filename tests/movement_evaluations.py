"""Evaluations as `atypicality evaluate` would write them, of people who never were."""

from dataclasses import replace
from typing import Any

from device.contract.evidence import Interval
from training.atypicality.complexity import Compared
from training.atypicality.evaluation import Evaluation, Judged, Surprised
from training.atypicality.metrics import Figures, Raters
from training.atypicality.recipe import COMPANION, OURS, published_at


def about(value: float, by: float = 0.05) -> Interval:
    """A figure with its interval."""
    return Interval(value, value - by, value + by)


FIGURES = Figures(
    mse=about(0.36),
    mae=about(0.45),
    rmse=about(0.6),
    mape=about(0.18),
    pearson=about(0.86),
    icc=about(0.85),
    people=about(0.95, 0.04),
    within=about(0.66),
    covered=about(0.92, 0.02),
)
JUDGED = Judged(OURS, (30, 28, 35), 4000, FIGURES, replace(FIGURES, mae=about(1.0), covered=None), about(0.55), 2.4)
RATERS = Raters(about(0.7), about(0.9), about(0.92), about(0.96, 0.01), about(0.82), about(0.85))
SURPRISED = Surprised(
    n=40,
    windows=3000,
    epochs=25,
    percentiles=tuple(float(number) for number in range(101)),
    nats=about(3.0),
    beyond=about(0.05, 0.02),
    others=about(0.11, 0.02),
    apart=about(0.8, 0.1),
    pearson=about(0.3),
)


def sound(**changes: Any) -> Evaluation:
    """An evaluation that carries both bundles."""
    found = Evaluation(
        made_of="0" * 64,
        simulated=False,
        n=60,
        groups={"atypical": 20, "typical": 40},
        ages={"6-12": 60},
        rated=60,
        rated_ages={"6-12": 60},
        rated_typical_ages={"6-12": 40},
        typical="typical",
        typical_ages={"6-12": 40},
        sources=("face-1.0.0",),
        seed=0,
        folds=3,
        number_of_raters=5,
        raters_at_most=5,
        raters=RATERS,
        ours=JUDGED,
        published=replace(JUDGED, recipe=published_at(10.0), epochs=(15, 15, 15)),
        companion_recipe=COMPANION,
        companion=SURPRISED,
        entropy=(
            Compared("emotions.entropy", 1.5, 1.6, 0.8, 0.01),
            Compared("movement.entropy.1", 1.0, 0.9, 0.4, 0.4),
        ),
    )
    return replace(found, **changes)
