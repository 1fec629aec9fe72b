"""What would have compared a simulated person with other people: made up, by ratings that nobody gave, and says so."""

import random

import numpy as np

from cloud.demo.course import Floats
from cloud.demo.people import Plan
from device.contract.atypicality import HIGHEST, LOWEST
from device.contract.fields import Json

COVERED = "atypicality"
BUNDLE = "simulated-ratings-1"
_WINDOW_S, _HALF_WIDTH = 5, 0.8
_POPULATION = "Simulated: no patient was rated, and no study was held."


def told() -> Json:
    """The `comparison` of the event."""
    evidence = {"population": _POPULATION, "ages": ["18-64"], "n": 90, "raters": 5, "simulated": True}
    typical = {"typical": 2.1, "typical_people": 60}
    return {"bundle": BUNDLE, "of": "rating", "seconds": _WINDOW_S, "supported": True} | evidence | typical


def rated(plan: Plan, measured: Floats, hz: int) -> dict[str, Floats]:
    """Field path → (N,) its values, NaN but in the first row that was measured after a window of (N,) rows, most of
    which were."""
    chance = random.Random(f"{plan.chance}/comparison")
    rating = np.full(len(measured), np.nan)
    step = _WINDOW_S * hz
    for end in range(step, len(measured), step):
        if measured[end] and measured[end - step : end].mean() >= 0.8:
            rating[end] = round(min(max(chance.gauss(1.7, 0.35), LOWEST), HIGHEST), 2)
    low, high = (np.clip(rating + by, LOWEST, HIGHEST) for by in (-_HALF_WIDTH, _HALF_WIDTH))
    return {"atypicality.rating": rating, "atypicality.low": low, "atypicality.high": high}
