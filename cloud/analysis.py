"""What happened in a recording: episodes, dominant expressions, what goes together and what follows, blinks, pain.

Expressions and pain are computed from the action units and are no evidence beside them.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cloud.cooccurrence import Pair, Succession, pairs, successions
from cloud.episodes import BLINK_LIMITS, LIMITS, Episode, Limits, Threshold, find, learn
from cloud.recording import Mask, Values, durations_of, times_of, values_of
from device.contract.labels import ACTION_UNITS, EXPRESSIONS, Tier
from device.contract.record import Json
from device.contract.templates import PEACEFUL, tier

_CLOSED = "AU43"
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}
_PAIN_PARTS = ("AU4", "AU6", "AU7", "AU9", "AU10", _CLOSED)


@dataclass(frozen=True)
class Dominance:
    """An expression that occurred: `strongest`: the share of measured time in which it was; `mean`: its membership."""

    name: str
    tier: str
    strongest: float
    mean: float


@dataclass(frozen=True)
class Blinks:
    """Blinks that ended in the recording, a minute of measured time, and their mean duration in seconds."""

    count: int
    per_minute: float
    mean_s: float


@dataclass(frozen=True)
class Pain:
    """PSPI, 0–16: mean over measured time, the greatest value and when, and the tier of the weakest unit in it."""

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
    """All of it; times in seconds. `at_rest`: share of measured time without an episode of any action unit, closed
    eyes apart; None if nothing was measured. Episodes are in the order of their onsets."""

    measured_s: float
    not_measured_s: float
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
    measured = np.array([record["status"] == "measured" for record in records])
    measured_s = float(lasting[measured].sum())
    memberships = _memberships(records)
    quantities = list(_quantities(records, memberships))
    thresholds = {q.key: learn(q.values, q.limits) for q in quantities}
    found = [e for q in quantities for e in _episodes(q, thresholds[q.key], times, lasting, memberships)]
    episodes = sorted(found, key=lambda episode: episode.onset_s)
    return Analysis(
        measured_s,
        float(lasting[~measured].sum()),
        _at_rest(episodes, lasting, np.array(["aus" in record for record in records])),
        thresholds,
        episodes,
        _dominance(memberships, lasting * measured),
        list(pairs(episodes, lasting)),
        list(successions(episodes)),
        _blinks(records, measured_s),
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
    return {name: values_of(records, "expressions", name) for name in EXPRESSIONS if name in occurring}


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
    values = values_of(records, "pain")
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
    means = {name: float(values[span] @ lasting[span]) for name, values in memberships.items() if name != PEACEFUL}
    best = max(means, key=lambda name: means[name], default="")
    return best if best and means[best] > 0 else ""


def _dominance(memberships: dict[str, Values], lasting: Values) -> list[Dominance]:
    if not memberships or not lasting.sum():
        return []
    names = list(memberships)
    table = np.nan_to_num(np.stack([memberships[name] for name in names]))
    first = np.where(table.max(0) > 0, table.argmax(0), -1)
    total = lasting.sum()
    found = [
        Dominance(
            name, tier(name).value, float(lasting[first == at].sum() / total), float(table[at] @ lasting / total)
        )
        for at, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: (-one.strongest, -one.mean))


def _at_rest(episodes: list[Episode], lasting: Values, measured: Mask) -> float | None:
    if not lasting[measured].sum():
        return None
    active = np.zeros(len(lasting), bool)
    for episode in episodes:
        if episode.kind == "aus" and episode.key != _CLOSED:
            active[episode.first : episode.last + 1] = True
    return float(lasting[measured & ~active].sum() / lasting[measured].sum())


def _blinks(records: list[Json], measured_s: float) -> Blinks | None:
    """None where records say nothing of eyes."""
    if not measured_s or not any("eyes" in record for record in records):
        return None
    lasted = [record["eyes"]["blink"] for record in records if "blink" in record.get("eyes", {})]
    return Blinks(len(lasted), 60 * len(lasted) / measured_s, sum(lasted) / len(lasted) if lasted else 0.0)


def _pain(records: list[Json], times: Values, lasting: Values) -> Pain | None:
    values = values_of(records, "pain")
    known = ~np.isnan(values)
    if not known.any():
        return None
    greatest = int(np.nanargmax(values))
    mean = float(values[known] @ lasting[known] / max(float(lasting[known].sum()), 1e-9))
    return Pain(_pain_tier().value, mean, float(values[greatest]), float(times[greatest]))


def _pain_tier() -> Tier:
    return max((_TIERS[unit] for unit in _PAIN_PARTS), key=tuple(Tier).index)
