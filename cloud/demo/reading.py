"""What a box would say of a simulated face: emotions, expressions and pain, from action units, for all frames at once.

Expressions follow the contract's templates by the box's own formula (device/stages/expressions.py); emotions are a
softmax of a few sums, made up so that they mostly go with the face.
"""

from functools import reduce

import numpy as np

from cloud.demo.course import INDEX, Floats
from device.contract.labels import ACTION_UNITS, EMOTIONS, EXPRESSIONS, Tier
from device.contract.templates import OF_NO_MEANING_ALONE, PEACEFUL, SAID_OF, TEMPLATES

_NEUTRAL, _MARKED = 1.0, 3.0
_SHOWN, _LEAST_SHOWN, _CLEAR, _UNSUPPORTED = 3, 0.2, 0.3, 0.3
_TIERS = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 0.5, Tier.EXPERIMENTAL: 0.25}
_WEIGHT = np.array([0.0 if unit.key == "AU43" else _TIERS[unit.tier] for unit in ACTION_UNITS])
_MEANS = np.array([key not in OF_NO_MEANING_ALONE for key in INDEX])
#: (T, 22): how far each template accounts for each unit.
_SHARES = np.array(
    [[1.0 if any(key in g for g in t.required) else t.optional.get(key, 0.0) for key in INDEX] for t in TEMPLATES]
)
#: Emotion → bias, and weights of action units.
_LOGITS: dict[str, tuple[float, dict[str, float]]] = {
    "neutral": (2.6, {}),
    "happiness": (-0.6, {"AU12": 1.5, "AU6": 0.5, "AU15": -1.0}),
    "surprise": (-1.0, {"AU2": 1.1, "AU5": 0.8, "AU26": 0.2}),
    "sadness": (-0.4, {"AU15": 1.1, "AU1": 0.6, "AU17": 0.4, "AU12": -0.8}),
    "anger": (-1.0, {"AU4": 0.9, "AU7": 0.6, "AU1": -0.6}),
    "disgust": (-1.4, {"AU9": 1.4, "AU10": 0.6}),
    "fear": (-1.6, {"AU5": 0.6, "AU20": 0.8, "AU1": 0.3}),
    "contempt": (-1.2, {"AU14": 1.0, "AU24": 0.3}),
}


def emotions(aus: Floats, sad: np.ndarray) -> Floats:
    """(N, 8) probabilities in the contract's order, rounded as records hold them; NaN where no unit was measured."""
    known = np.nan_to_num(aus)
    logits = np.array([_LOGITS[name][0] for name in EMOTIONS]) + known @ _matrix()
    logits[sad, EMOTIONS.index("sadness")] += 6.0
    powers = np.exp(logits - logits.max(1, keepdims=True, initial=-99.0))
    found: Floats = np.round(powers / powers.sum(1, keepdims=True), 3)
    found[np.isnan(aus).all(1)] = np.nan
    return found


def expressions(aus: Floats, said: Floats) -> Floats:
    """(N, 33) memberships in the contract's order, the three strongest of a frame from 0.2 on; NaN elsewhere."""
    known = np.ascontiguousarray(np.isfinite(aus).T)
    presence = np.clip((np.nan_to_num(aus).T - _NEUTRAL) / (_MARKED - _NEUTRAL), 0.0, 1.0)
    explained = (_SHARES * _WEIGHT) @ presence / np.maximum(_WEIGHT @ presence, 1e-9)
    found = np.zeros((len(EXPRESSIONS), len(aus)))
    for template, share in zip(TEMPLATES, explained, strict=True):
        groups = [[INDEX[key] for key in group] for group in template.required]
        parts = [_strongest(presence, group) for group in groups]
        against = _strongest(presence, [INDEX[key] for key in template.against])
        value = np.sqrt(reduce(np.minimum, parts) * (sum(parts) / len(parts))) * share * (1.0 - against)
        judged = reduce(np.logical_and, [known[group].any(0) for group in groups])
        found[EXPRESSIONS.index(template.name)] = np.where(judged, value, 0.0)
    calm = np.nan_to_num(said[:, EMOTIONS.index("neutral")])
    peace = np.minimum(np.where(calm > 0.5, calm, 0.0), 1.0 - _strongest(presence, np.flatnonzero(_MEANS).tolist()))
    found[EXPRESSIONS.index(PEACEFUL)] = np.where(known.all(0), peace, 0.0)
    least = np.maximum(np.partition(found, -_SHOWN, axis=0)[-_SHOWN], _LEAST_SHOWN)
    shown: Floats = np.where((found >= least) & known.any(0), np.round(found, 3), np.nan).T
    return shown


def disagree(memberships: Floats, said: Floats) -> np.ndarray:
    """(N,) whether the strongest expression, where it is clear, is not what the emotions say."""
    known = np.nan_to_num(memberships)
    strongest = known.argmax(1)
    support = np.array(
        [[emotion in SAID_OF.get(name, " ".join(EMOTIONS)).split() for emotion in EMOTIONS] for name in EXPRESSIONS]
    )
    supported = (np.nan_to_num(said) * support[strongest]).sum(1)
    found: np.ndarray = (known.max(1, initial=0.0) >= _CLEAR) & (supported < _UNSUPPORTED)
    return found


def pain(aus: Floats) -> Floats:
    """(N,) Prkachin and Solomon Pain Intensity, NaN where a unit of it was not measured."""
    brows, cheeks, lids, nose, lip, eyes = (aus[:, INDEX[key]] for key in ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"))
    closed = np.where(np.isnan(eyes), np.nan, eyes >= 2.5)
    found: Floats = np.round(brows + np.maximum(cheeks, lids) + np.maximum(nose, lip) + closed, 2)
    return found


def _strongest(presence: Floats, units: list[int]) -> Floats:
    """(N,) the largest presence of some units, given (22, N); 0 of none."""
    return reduce(np.maximum, [presence[at] for at in units], np.zeros(presence.shape[1]))


def _matrix() -> Floats:
    matrix = np.zeros((len(INDEX), len(EMOTIONS)))
    for at, name in enumerate(EMOTIONS):
        for key, weight in _LOGITS[name][1].items():
            matrix[INDEX[key], at] = weight
    return matrix
