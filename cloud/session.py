"""What a session was spent on, and what stood out in it, best supported first.

An emotion is counted where the expression network gives it at least `CLEAR`, an expression where it is the strongest
that the action units make. Where the two contradict each other (`disagree` in the record) neither is counted. Shares
are of the whole session, from the first record to the last, so that what was not measured makes nothing seem larger.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.recording import Names, Values, durations_of, strongest_of
from device.contract.labels import PARTS, Tier
from device.contract.record import Json
from device.contract.templates import SAID_OF, tier

#: Probability from which on the strongest emotion is counted: more likely than all others together.
CLEAR = 0.5
#: Of the classes of the shipped network, those that its model card shows to be wrong often, and hardly ever right.
_EMOTION_TIERS = {"fear": Tier.LOW_CONFIDENCE, "disgust": Tier.LOW_CONFIDENCE, "contempt": Tier.EXPERIMENTAL}


@dataclass(frozen=True)
class Session:
    """Seconds: when the session began, in the recording's own time; how long it lasted; and how much of that was
    measured; was not; was measured while the readings disagreed; had no clear emotion; had a whole face to which no
    expression fits; and had a part of the face hidden, by part."""

    began_s: float
    lasted_s: float
    measured_s: float
    not_measured_s: float
    disagree_s: float
    unclear_s: float
    unrecognised_s: float
    hidden_s: dict[str, float]


@dataclass(frozen=True)
class Dominance:
    """An emotion or expression that was the strongest at times: `share` of the session, 0–1; `beside`: with an
    emotion, the shares of the expressions that were the strongest meanwhile and may be said of it."""

    kind: str
    name: str
    tier: str
    share: float
    beside: dict[str, float]


def session_of(records: list[Json], times: Values) -> Session:
    """How the time of the records, at least one, was spent; `times` (N,) in seconds."""
    lasting = durations_of(times)
    measured = np.array([record["status"] == "measured" for record in records])
    disagree = np.array([record.get("disagree", False) for record in records])
    felt = np.array(["emotions" in record for record in records]) & ~disagree
    whole = np.array(["aus" in record and not record.get("hidden") for record in records]) & ~disagree
    lasted_s, measured_s = float(times[-1] - times[0] + lasting[-1]), float(lasting[measured].sum())
    return Session(
        float(times[0]),
        lasted_s,
        measured_s,
        lasted_s - measured_s,
        float(lasting[disagree].sum()),
        float(lasting[felt & (strongest_of(records, "emotions", CLEAR) == "")].sum()),
        float(lasting[whole & (strongest_of(records, "expressions") == "")].sum()),
        {part: _hidden_s(records, lasting, part) for part in PARTS},
    )


def _hidden_s(records: list[Json], lasting: Values, part: str) -> float:
    return float(lasting[[part in record.get("hidden", ()) for record in records]].sum())


def dominance(records: list[Json], times: Values, lasted_s: float) -> list[Dominance]:
    """What was the strongest at times, emotions before expressions, the best supported tier first, then the greatest
    share; `times` (N,) in seconds, `lasted_s` the session's length."""
    weights = durations_of(times) / max(lasted_s, 1e-9)
    found = _found(strongest_of(records, "emotions", CLEAR), strongest_of(records, "expressions"), weights)
    return sorted(found, key=lambda one: (one.kind, list(Tier).index(Tier(one.tier)), -one.share))


def _found(emotions: Names, expressions: Names, weights: Values) -> Iterator[Dominance]:
    for name, share in _shares(emotions, weights).items():
        meanwhile = _shares(expressions[emotions == name], weights[emotions == name])
        beside = {one: of for one, of in meanwhile.items() if name in SAID_OF.get(one, "").split()}
        yield Dominance("emotions", name, _EMOTION_TIERS.get(name, Tier.REPORTED).value, share, beside)
    for name, share in _shares(expressions, weights).items():
        yield Dominance("expressions", name, tier(name).value, share, {})


def _shares(names: Names, weights: Values) -> dict[str, float]:
    """Weight of each name that occurs, the greatest first."""
    found = {name: float(weights[names == name].sum()) for name in sorted(set(names.tolist()) - {""})}
    return dict(sorted(found.items(), key=lambda item: -item[1]))
