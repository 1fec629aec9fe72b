"""What happened in a session: what stood out, episodes, what goes together and what follows, blinks, pain.

Expressions and pain are computed from the action units and are no evidence beside them. What was hidden was not
measured, and counts neither for rest nor for movement.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cloud.analysis.cooccurrence import Pair, Succession, pairs, successions
from cloud.analysis.episodes import BLINK_LIMITS, LIMITS, Episode
from cloud.analysis.quantities import pain_without_smile, values_of, withheld
from cloud.analysis.shares import Dominance, Spent, dominance, spent
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS, BLINK_STEP_S, EXPRESSIONS, Tier
from device.contract.record import Json
from device.contract.templates import PEACEFUL, tier
from device.features.episodes import Limits, Threshold, find, learn

_CLOSED = "AU43"
_ROUNDING_S = 0.002  # of the times in records, two of which make a step
_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}
_PAIN_PARTS = ("AU4", "AU6", "AU7", "AU9", "AU10", _CLOSED)


@dataclass(frozen=True)
class Blinks:
    """Blinks that ended in the recording, a minute of the time in which eyes were seen often enough to tell, and their
    mean duration in seconds, None if there were none."""

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
    """All of it; times in seconds, those of episodes since the session began. `whole_s`: for how long every action
    unit of the recording was measured; `at_rest`: the share of it without an episode of any, closed eyes apart; None
    if there was no such time. Episodes are in the order of their onsets. `withheld`: what was not recorded, because
    nobody agreed to it, `expressions` or `units`."""

    session: Spent
    withheld: tuple[str, ...]
    whole_s: float
    at_rest: float | None
    thresholds: dict[str, Threshold]
    episodes: list[Episode]
    dominance: list[Dominance]
    pairs: list[Pair]
    successions: list[Succession]
    blinks: Blinks | None
    pain: Pain | None


def analyse(table: Table) -> Analysis:
    """Analyse one session, of at least one row."""
    lasting, spending = table.durations, spent(table)
    memberships = _memberships(table)
    quantities = list(_quantities(table, memberships))
    thresholds = {q.key: learn(q.values, q.limits) for q in quantities}
    course = _Course(table.time, lasting, memberships)
    found = [e for q in quantities for e in _episodes(q, thresholds[q.key], course)]
    episodes = sorted(found, key=lambda episode: episode.onset_s)
    whole_s, at_rest = _at_rest(episodes, lasting, [q.values for q in quantities if q.kind == "aus"])
    return Analysis(
        spending,
        withheld(table),
        whole_s,
        at_rest,
        thresholds,
        episodes,
        dominance(table, spending.lasted_s),
        list(pairs(episodes, lasting, {q.key: ~np.isnan(q.values) for q in quantities})),
        list(successions(episodes)),
        _blinks(table),
        _pain(table),
    )


def to_json(analysis: Analysis) -> Json:
    """The analysis as JSON, numbers rounded to thousandths."""
    return {name: rounded(value) for name, value in asdict(analysis).items()}


def rounded(value: Any) -> Any:
    """The same with numbers rounded to thousandths."""
    if isinstance(value, dict):
        return {name: rounded(child) for name, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(child) for child in value]
    return round(value, 3) if isinstance(value, float) else value


def _memberships(table: Table) -> dict[str, Values]:
    """Membership over time of each expression that occurs at all."""
    occurring = [name for name in EXPRESSIONS if table.known(f"expressions.{name}").any()]
    found = {name: values_of(table, "expressions", name) for name in occurring}
    return {name: values for name, values in found.items() if not np.isnan(values).all()}


def _quantities(table: Table, memberships: dict[str, Values]) -> Iterator[_Quantity]:
    """Everything that can have episodes, where it was measured at all."""
    for unit in ACTION_UNITS:
        values = values_of(table, "aus", unit.key)
        if not np.isnan(values).all():
            limits = BLINK_LIMITS if unit.key == _CLOSED else LIMITS["aus"]
            yield _Quantity("aus", unit.key, unit.tier, limits, values)
    for name, values in memberships.items():
        if name != PEACEFUL:
            yield _Quantity("expressions", name, tier(name), LIMITS["expressions"], values)
    values = pain_without_smile(table)
    if not np.isnan(values).all():
        yield _Quantity("pain", "pain", _pain_tier(), LIMITS["pain"], values)


class _Course:
    """The session's times, and which expression was the strongest meanwhile."""

    def __init__(self, times: Values, lasting: Values, memberships: dict[str, Values]) -> None:
        self.times = times
        self._lasting, self._usual_s = lasting, float(np.median(lasting))
        self._names = [name for name in memberships if name != PEACEFUL]
        lasted = [np.append(0.0, np.nan_to_num(memberships[name]) * lasting) for name in self._names]
        self._sums = np.cumsum(lasted, axis=1) if lasted else np.zeros((0, len(times) + 1))

    def end_of(self, row: int) -> float:
        """When a row ends: with the next one, or before a gap as long after it as the rows usually stand."""
        return float(self.times[row] + min(self._lasting[row], self._usual_s))

    def strongest(self, first: int, last: int) -> str:
        """The expression with the greatest mean membership in these rows; '' where none was recorded."""
        sums = self._sums[:, last + 1] - self._sums[:, first]
        return self._names[int(sums.argmax())] if len(sums) and sums.max() > 0 else ""


def _episodes(quantity: _Quantity, threshold: Threshold, course: _Course) -> Iterator[Episode]:
    times = course.times
    for first, last, cut_start, cut_end in find(times, quantity.values, threshold, quantity.limits):
        values = quantity.values[first : last + 1]
        apex = first + int(np.argmax(values))
        yield Episode(
            quantity.kind,
            quantity.key,
            quantity.tier.value,
            onset_s=float(times[first]),
            apex_s=float(times[apex]),
            offset_s=course.end_of(last),
            apex=float(quantity.values[apex]),
            mean=float(values.mean()),
            cut_start=cut_start,
            cut_end=cut_end,
            first=first,
            last=last,
            expression=course.strongest(first, last),
        )


def _at_rest(episodes: list[Episode], lasting: Values, units: list[Values]) -> tuple[float, float | None]:
    """`whole_s` and `at_rest` of the analysis, from the values (N,) of each action unit of the recording."""
    whole = ~np.isnan(units).any(0) if units else np.zeros(len(lasting), bool)
    active = np.zeros(len(lasting), bool)
    for episode in episodes:
        if episode.kind == "aus" and episode.key != _CLOSED:
            active[episode.first : episode.last + 1] = True
    whole_s = float(lasting[whole].sum())
    return whole_s, float(lasting[whole & ~active].sum()) / whole_s if whole_s else None


def _blinks(table: Table) -> Blinks | None:
    """None where rows say nothing of eyes, or all are too far apart."""
    told = table.known("eyes") & (table.durations <= BLINK_STEP_S + _ROUNDING_S)
    seen_s = float(table.durations[told].sum())
    if not seen_s:
        return None
    lasted = table.values("eyes.blink")
    lasted = lasted[~np.isnan(lasted)]
    return Blinks(len(lasted), 60 * len(lasted) / seen_s, float(lasted.mean()) if len(lasted) else None)


def _pain(table: Table) -> Pain | None:
    values, lasting = pain_without_smile(table), table.durations
    known = ~np.isnan(values)
    if not known.any():
        return None
    greatest = int(np.nanargmax(values))
    mean = float(values[known] @ lasting[known] / max(float(lasting[known].sum()), 1e-9))
    return Pain(_pain_tier().value, mean, float(values[greatest]), float(table.time[greatest]))


def _pain_tier() -> Tier:
    return max((_TIERS[unit] for unit in _PAIN_PARTS), key=tuple(Tier).index)
