"""What happened in a recording: what stood out, episodes, what goes together and what follows, blinks, pain.

Expressions and pain are computed from the action units and are no evidence beside them. What was hidden was not
measured, and counts neither for rest nor for movement.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cloud.cooccurrence import Pair, Succession, pairs, successions
from cloud.episodes import BLINK_LIMITS, LIMITS, Episode, Limits, Threshold, find, learn
from cloud.recording import Values, durations_of, times_of, values_of
from cloud.session import Dominance, Session, dominance, session_of
from device.contract.labels import ACTION_UNITS, EXPRESSIONS, Tier
from device.contract.record import Json
from device.contract.templates import PEACEFUL, tier

_CLOSED = "AU43"
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}
_PAIN_PARTS = ("AU4", "AU6", "AU7", "AU9", "AU10", _CLOSED)
#: From FACS A of the lip corner puller on, the cheeks may be those of a smile, and are not taken for pain.
_SMILE, _SMILING = "AU12", 1.0


@dataclass(frozen=True)
class Blinks:
    """Blinks that ended in the recording, a minute of the time in which eyes were seen, and their mean duration in
    seconds, None if there were none."""

    count: int
    per_minute: float
    mean_s: float | None


@dataclass(frozen=True)
class Pain:
    """PSPI, 0–16, while there was no smile: mean, the greatest value and when, and the tier of the weakest unit in
    it."""

    tier: str
    mean: float
    greatest: float
    greatest_s: float


@dataclass(frozen=True, eq=False)
class _Quantity:
    """What can have episodes: `values` (N,) over the recording, NaN where not measured."""

    kind: str
    key: str
    tier: Tier
    limits: Limits
    values: Values


@dataclass(frozen=True)
class Analysis:
    """All of it; times in seconds, those of episodes in the recording's own time. `whole_s`: for how long every action
    unit of the recording was measured; `at_rest`: the share of it without an episode of any, closed eyes apart; None
    if there was no such time. Episodes are in the order of their onsets."""

    session: Session
    whole_s: float
    at_rest: float | None
    thresholds: dict[str, Threshold]
    episodes: list[Episode]
    dominance: list[Dominance]
    pairs: list[Pair]
    successions: list[Succession]
    blinks: Blinks | None
    pain: Pain | None


def analyse(records: list[Json]) -> Analysis:
    """Analyse the records of one boot, in order, at least one."""
    times = times_of(records)
    lasting = durations_of(times)
    session = session_of(records, times)
    memberships = _memberships(records)
    quantities = list(_quantities(records, memberships))
    thresholds = {q.key: learn(q.values, q.limits) for q in quantities}
    found = [e for q in quantities for e in _episodes(q, thresholds[q.key], times, lasting, memberships)]
    episodes = sorted(found, key=lambda episode: episode.onset_s)
    whole_s, at_rest = _at_rest(episodes, lasting, [q.values for q in quantities if q.kind == "aus"])
    return Analysis(
        session,
        whole_s,
        at_rest,
        thresholds,
        episodes,
        dominance(records, times, session.lasted_s),
        list(pairs(episodes, lasting, {q.key: ~np.isnan(q.values) for q in quantities})),
        list(successions(episodes)),
        _blinks(records, lasting),
        _pain(records, times, lasting),
    )


def to_json(analysis: Analysis) -> Json:
    """The analysis as JSON, numbers rounded to thousandths."""
    return {name: _rounded(value) for name, value in asdict(analysis).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_rounded(child) for child in value]
    return round(value, 3) if isinstance(value, float) else value


def _memberships(records: list[Json]) -> dict[str, Values]:
    """Membership over time of each expression that occurs at all."""
    occurring = set().union(*(record.get("expressions", {}) for record in records))
    found = {name: values_of(records, "expressions", name) for name in EXPRESSIONS if name in occurring}
    return {name: values for name, values in found.items() if not np.isnan(values).all()}


def _quantities(records: list[Json], memberships: dict[str, Values]) -> Iterator[_Quantity]:
    """Everything that can have episodes, where it was measured at all."""
    for unit in ACTION_UNITS:
        values = values_of(records, "aus", unit.key)
        if not np.isnan(values).all():
            limits = BLINK_LIMITS if unit.key == _CLOSED else LIMITS["aus"]
            yield _Quantity("aus", unit.key, unit.tier, limits, values)
    for name, values in memberships.items():
        if name != PEACEFUL:
            yield _Quantity("expressions", name, tier(name), LIMITS["expressions"], values)
    values = _pain_without_smile(records)
    if not np.isnan(values).all():
        yield _Quantity("pain", "pain", _pain_tier(), LIMITS["pain"], values)


def _episodes(
    quantity: _Quantity, threshold: Threshold, times: Values, lasting: Values, memberships: dict[str, Values]
) -> Iterator[Episode]:
    for first, last, cut_start, cut_end in find(times, quantity.values, threshold, quantity.limits):
        span = slice(first, last + 1)
        values = quantity.values[span]
        apex = first + int(np.argmax(values))
        yield Episode(
            quantity.kind,
            quantity.key,
            quantity.tier.value,
            onset_s=float(times[first]),
            apex_s=float(times[apex]),
            offset_s=float(times[last]),
            apex=float(quantity.values[apex]),
            mean=float(values.mean()),
            cut_start=cut_start,
            cut_end=cut_end,
            first=first,
            last=last,
            expression=_strongest(memberships, lasting, span),
        )


def _strongest(memberships: dict[str, Values], lasting: Values, span: slice) -> str:
    """The expression with the greatest mean membership in the span; '' where none was recorded."""
    means = {
        name: float(np.nan_to_num(values[span]) @ lasting[span])
        for name, values in memberships.items()
        if name != PEACEFUL
    }
    best = max(means, key=lambda name: means[name], default="")
    return best if best and means[best] > 0 else ""


def _at_rest(episodes: list[Episode], lasting: Values, units: list[Values]) -> tuple[float, float | None]:
    """`whole_s` and `at_rest` of the analysis, from the values (N,) of each action unit of the recording."""
    whole = ~np.isnan(units).any(0) if units else np.zeros(len(lasting), bool)
    active = np.zeros(len(lasting), bool)
    for episode in episodes:
        if episode.kind == "aus" and episode.key != _CLOSED:
            active[episode.first : episode.last + 1] = True
    whole_s = float(lasting[whole].sum())
    return whole_s, float(lasting[whole & ~active].sum()) / whole_s if whole_s else None


def _blinks(records: list[Json], lasting: Values) -> Blinks | None:
    """None where records say nothing of eyes."""
    seen_s = float(lasting[["eyes" in record for record in records]].sum())
    if not seen_s:
        return None
    lasted = [record["eyes"]["blink"] for record in records if "blink" in record.get("eyes", {})]
    return Blinks(len(lasted), 60 * len(lasted) / seen_s, sum(lasted) / len(lasted) if lasted else None)


def _pain_without_smile(records: list[Json]) -> Values:
    smiling = values_of(records, "aus", _SMILE) >= _SMILING
    return np.where(smiling, np.nan, values_of(records, "pain"))


def _pain(records: list[Json], times: Values, lasting: Values) -> Pain | None:
    values = _pain_without_smile(records)
    known = ~np.isnan(values)
    if not known.any():
        return None
    greatest = int(np.nanargmax(values))
    mean = float(values[known] @ lasting[known] / max(float(lasting[known].sum()), 1e-9))
    return Pain(_pain_tier().value, mean, float(values[greatest]), float(times[greatest]))


def _pain_tier() -> Tier:
    return max((_TIERS[unit] for unit in _PAIN_PARTS), key=tuple(Tier).index)
