"""What a bundle of a simulated person's own would have said of their movement: made up, of a network that never was,
and says so. Read from the planted action units instead of pictures, it finds what is planted in the weeks."""

import numpy as np

from cloud.analysis.uncertainty import Estimate, estimate
from cloud.demo.course import INDEX, Course, Flags, Floats, course
from cloud.demo.people import ACTS, DISGUST, FROWN, GRIEF, POLITE, PRESS, SMILE, SURPRISE, Plan
from device.contract.fields import Json
from device.contract.personal import FEWEST_EARLIER, MOST_UNITS

COVERED = "personal"
BUNDLE = "simulated-movements-1"
#: Movement N of the bundle, from 1.
_MOVEMENTS = (FROWN, POLITE, SMILE, GRIEF, SURPRISE, PRESS, DISGUST)
_USUAL, _SCALE = 0.22, 0.33  # intensities: of a unit in the mean, and how they scatter
_MOVES, _NEAR = 1.2, 0.75  # how far units are raised at least, and how far from a movement that is near at most
_BLOCK_S, _LITTLE_S = 20.0, 80.0
_SPEECH = [INDEX[key] for key in ("AU25", "AU26", "AU43")]  # speech and blinks are of no movement


def read(found: Course) -> dict[str, tuple[Floats, int]]:
    """Field path → (N,) its values, NaN where nothing was measured or no movement is near; and decimals."""
    raised = np.delete(np.nan_to_num(found.aus), _SPEECH, axis=1)
    distance = np.sqrt(np.mean(((raised - _USUAL) / _SCALE) ** 2, axis=1))
    nearest, is_near = _nearest(raised)
    measured = found.measured & ~found.masked
    return {
        "personal.distance": (np.where(measured, np.round(distance, 3), np.nan), 3),
        "personal.movement": (np.where(measured & is_near, nearest + 1.0, np.nan), 0),
    }


def said(plan: Plan, found: Course, rows: slice) -> Json:
    """The `personal` of the event, of these rows."""
    distance, movement = (values[rows] for values, _ in read(found).values())
    known = ~np.isnan(distance)
    told: Json = {"bundle": BUNDLE, "supported": True, "simulated": True, "earlier": len(plan.before)}
    told["seconds"] = round(float(known.sum()) / found.hz, 1)
    if told["seconds"] < _LITTLE_S:
        return told | {"refused": "little"}
    whole = _estimate(distance, found.hz)
    told |= {name: round(value, 3) for name, value in _named(whole, "mean", "low", "high").items()}
    shares = [_estimate(np.where(known, movement == number, np.nan), found.hz) for number in _numbers()]
    told["near"] = round(float((movement[known] > 0).mean()), 4)
    for at, name in enumerate(("shares", "shares_low", "shares_high")):
        ends = [(one.mean, one.low, one.high)[at] for one in shares]
        told |= {name: {f"m{number}": round(end, 4) for number, end in enumerate(ends, 1) if end is not None}}
    told["units"] = {f"m{number}": _units(act) for number, act in enumerate(_MOVEMENTS, 1)}
    return told | _unusual(whole.mean, plan)


def _nearest(raised: Floats) -> tuple[np.ndarray, Flags]:
    """(N,) number of the movement from 0 that is nearest to raised units (N, 19), and whether that is near at all:
    what it leaves of them, when it is done as strongly as they show, is a small part."""
    shapes = np.zeros((len(_MOVEMENTS), len(INDEX)))
    for row, act in enumerate(_MOVEMENTS):
        shapes[row, [INDEX[key] for key in ACTS[act]]] = [*ACTS[act].values()]
    shapes = np.delete(shapes, _SPEECH, axis=1)
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    strength = np.linalg.norm(raised, axis=1)
    along = raised @ shapes.T
    left = np.sqrt(np.maximum(strength[:, None] ** 2 - along**2, 0.0)) / np.maximum(strength[:, None], 1e-9)
    nearest = left.argmin(1)
    return nearest, (strength >= _MOVES) & (left.min(1) <= _NEAR)


def _numbers() -> range:
    return range(1, len(_MOVEMENTS) + 1)


def _units(act: str) -> list[str]:
    """The action units of a movement, the strongest first."""
    told = {key: weight for key, weight in ACTS[act].items() if INDEX[key] not in _SPEECH}
    return sorted(told, key=lambda key: -told[key])[:MOST_UNITS]


def _estimate(values: Floats, hz: int) -> Estimate:
    """The mean over what was measured, of which there is some, by stretches of time."""
    step = int(_BLOCK_S * hz)
    blocks = [values[at : at + step] for at in range(0, len(values), step)]
    seen = np.array([float((~np.isnan(one)).sum()) / hz for one in blocks])
    means = np.array([np.nanmean(one) if some else np.nan for one, some in zip(blocks, seen, strict=True)])
    found = estimate(means, seen, (0.0, 1000.0))
    assert found is not None
    return found


def _named(one: Estimate, mean: str, low: str, high: str) -> dict[str, float]:
    found = {mean: one.mean, low: one.low, high: one.high}
    return {name: value for name, value in found.items() if value is not None}


def _unusual(mean: float, plan: Plan) -> Json:
    """How unusual the session is against those before; nothing where these are too few."""
    if len(plan.before) < FEWEST_EARLIER:
        return {}
    means = [np.nanmean(read(course(one))["personal.distance"][0]) for one in plan.before if one.kind != "empty"]
    count, smaller = len(means), sum(float(one) < mean for one in means)
    low, high = _wilson(smaller, count)
    return {"unusual": round(smaller / count, 3), "unusual_low": low, "unusual_high": high}


def _wilson(smaller: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, smaller / count
    middle = share + z * z / (2 * count)
    reach = z * ((share * (1 - share) + z * z / (4 * count)) / count) ** 0.5
    low, high = ((middle + sign * reach) / (1 + z * z / count) for sign in (-1, 1))
    return round(max(low, 0.0), 3), round(min(high, 1.0), 3)
