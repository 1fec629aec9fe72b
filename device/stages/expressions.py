"""Fine-grained expressions and pain, read from action units; what the units do not say, these do not add.

The templates, their sources and how far each can be relied on: `device.contract.templates`. For a template

    membership = √(min · mean of the required) × explained × (1 − the strongest that speaks against it)

where each unit counts with its *presence*: 0 up to the neutral threshold, 1 from intensity 3 (FACS C, 'marked').
`explained` is the share of all presence in the face that the template accounts for, optional units with the share of
people who show them: the template that leaves least unexplained is preferred, so that a compound is not hidden by its
parts, and what is absent fires nothing. In that share a unit weighs by its tier, so that a doubtful unit that fires
alone takes little away; eyes closed, which mostly is a blink, weigh nothing.

The formula is our own (a fuzzy conjunction with a coverage); it was tried on constructed faces only. Speech parts the
lips and drops the jaw, and is not told from expressions that do the same.
"""

import math
from functools import lru_cache

import numpy as np

from device.arrays import Array, FloatArray
from device.contract.labels import ACTION_UNIT_KEYS, ACTION_UNITS, EMOTIONS, Tier
from device.contract.templates import CRYING, OF_NO_MEANING_ALONE, PEACEFUL, SAID_OF, TEMPLATES

#: Up to 'trace' (FACS A) a face counts as neutral.
NEUTRAL = 1.0
#: From this intensity on (FACS C) a unit is wholly present.
MARKED = 3.0
#: What a record carries: this many at most, none below that membership.
SHOWN, LEAST_SHOWN = 3, 0.2
#: An expression from this membership on is contradicted by emotions that give less than this to what may be said of
#: it.
CLEAR, UNSUPPORTED = 0.3, 0.3
#: Eyes closed is yes or no in PSPI: yes from here on.
CLOSED = 2.5

_WEIGHTS = {Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 0.5, Tier.EXPERIMENTAL: 0.25}
_INDEX = {key: at for at, key in enumerate(ACTION_UNIT_KEYS)}
_OF_PAIN = [_INDEX[key] for key in ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")]
_GROUPS = sorted({group for template in TEMPLATES for group in template.required})
_WIDEST = max(map(len, _GROUPS))
_MEMBERS = np.array([[_INDEX[(group * _WIDEST)[at]] for at in range(_WIDEST)] for group in _GROUPS])


def _matrices() -> tuple[Array, FloatArray, Array]:
    """Templates × groups required, templates × units explained (0–1), templates × units that speak against."""
    required = np.array([[group in t.required for group in _GROUPS] for t in TEMPLATES])
    explained = np.array([[_share(t.required, t.optional, key) for key in ACTION_UNIT_KEYS] for t in TEMPLATES])
    against = np.array([[key in t.against for key in ACTION_UNIT_KEYS] for t in TEMPLATES])
    return required, explained.astype(np.float32), against


def _share(required: tuple[tuple[str, ...], ...], optional: dict[str, float], key: str) -> float:
    return 1.0 if any(key in group for group in required) else optional.get(key, 0.0)


_REQUIRED, _EXPLAINED, _AGAINST = _matrices()
_NOT_REQUIRED = np.where(_REQUIRED, 0.0, np.inf)
_SHARE_OF_REQUIRED = _REQUIRED / _REQUIRED.sum(1, keepdims=True)
_WEIGHT = np.array([0.0 if unit.key == "AU43" else _WEIGHTS[unit.tier] for unit in ACTION_UNITS])
_MEANS = np.array([key not in OF_NO_MEANING_ALONE for key in ACTION_UNIT_KEYS])


def memberships(aus: FloatArray, calm: float | None = None, neutral: float = NEUTRAL) -> dict[str, float]:
    """How far a face belongs to each expression, 0–1, in the order of the contract; they need not sum to 1.

    Args:
        aus: (22,) intensities 0–5 in the contract's order, NaN where not measured.
        calm: probability 0–1 that annotators would call the face neutral, if that is known. A face is no more at peace
            than that, and crying the less: a low brow and thin lips are in many faces at rest.
        neutral: intensity up to which a unit counts as absent, below `MARKED`.

    Returns:
        Membership by name. Expressions that require a unit which was not measured are left out.
        'peaceful' is a whole face that annotators would call neutral rather than anything else, and in which nothing
        moves: `calm`, or 1 less the strongest presence of a unit where that is less; parted lips, a dropped jaw and
        closed eyes alone disturb no peace. It is never what is left over: a face that no template describes has no
        expression here.
    """
    measured = np.isfinite(aus)
    if not measured.any():
        return {}
    presence = np.minimum(np.maximum((np.where(measured, aus, 0.0) - neutral) / (MARKED - neutral), 0.0), 1.0)
    groups = presence[_MEMBERS].max(1)
    conjunction = np.sqrt((groups + _NOT_REQUIRED).min(1) * (_SHARE_OF_REQUIRED @ groups))
    weighed = presence * _WEIGHT
    explained = _EXPLAINED @ weighed / max(float(weighed.sum()), 1e-9)
    values = (conjunction * explained * (1.0 - (_AGAINST * presence).max(1))).tolist()
    found = {name: values[at] for at, name in _judged(measured.tobytes())}
    if CRYING in found and calm is not None:
        found[CRYING] *= 1.0 - calm
    if measured.all():
        found[PEACEFUL] = min(_peace(calm), 1.0 - float((presence * _MEANS).max()))
    return found


def _peace(calm: float | None) -> float:
    """How far a face may be at peace: as far as it is called neutral, if that is likelier than all else together."""
    return 1.0 if calm is None else calm if calm > 0.5 else 0.0


@lru_cache(maxsize=8)
def _judged(measured: bytes) -> list[tuple[int, str]]:
    """Number and name of each template whose required groups are all measured."""
    keys = {key for key, known in zip(ACTION_UNIT_KEYS, measured, strict=True) if known}
    templates = enumerate(TEMPLATES)
    return [(at, t.name) for at, t in templates if all(any(key in keys for key in group) for group in t.required)]


def strongest(found: dict[str, float]) -> dict[str, float]:
    """What a record carries of the memberships: at most `SHOWN`, each at least `LEAST_SHOWN`, the strongest first."""
    ranked = sorted(found.items(), key=lambda item: -item[1])[:SHOWN]
    return {name: value for name, value in ranked if value >= LEAST_SHOWN}


def disagree(expressions: dict[str, float], emotions: FloatArray) -> bool:
    """Whether the strongest expression, where it is clear, is one of which annotators would say something else.

    Both look at the same face, so one of them is wrong, or the face is one that neither describes. `emotions` are (8,)
    probabilities in the contract's order.
    """
    name = max(expressions, key=lambda name: expressions[name], default="")
    if name not in SAID_OF or expressions[name] < CLEAR:
        return False
    said = [EMOTIONS.index(emotion) for emotion in SAID_OF[name].split()]
    return float(emotions[said].sum()) < UNSUPPORTED


def pain(aus: FloatArray) -> float | None:
    """The Prkachin and Solomon Pain Intensity, 0–16: AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43 as 0 or 1.

    None if any of the six was not measured. A blink counts as closed eyes while it lasts, and the cheeks of a smile
    count as those of pain: a high value beside AU12 means little. Source: Prkachin & Solomon 2008, who coded patients'
    faces by hand; from estimated units it was not validated.
    """
    parts = aus[_OF_PAIN].tolist()
    if any(map(math.isnan, parts)):
        return None
    brows, cheeks, lids, nose, lip, eyes = parts
    return float(brows + max(cheeks, lids) + max(nose, lip) + (eyes >= CLOSED))
