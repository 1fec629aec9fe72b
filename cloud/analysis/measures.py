"""What can be followed over a session or from session to session, from records, seconds or minutes alike.

Minutes and seconds tell the mean of each action unit and emotion over the frames that had it. Of the finer expressions
a frame names only the strongest, so that their means in minutes and seconds are of chosen frames: these, and blinks,
are told from records alone.
"""

from dataclasses import dataclass

import numpy as np

from cloud.analysis.quantities import values_of
from cloud.reading.columns import RECORDS
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import ACTION_UNITS, BLINK_STEP_S, EMOTIONS, EXPRESSIONS, Reason, Tier
from device.contract.templates import tier

AUS, EMOTION, EXPRESSION, BLINKS = "aus", "emotions", "expressions", "blinks"
#: Of the shipped network's classes, how far they can be relied on (its model card).
_EMOTION_TIERS = {"fear": Tier.LOW_CONFIDENCE, "disgust": Tier.LOW_CONFIDENCE, "contempt": Tier.EXPERIMENTAL}
_ROUNDING_S = 0.002
#: A session of which less was seen says little of the person: the rest may have been otherwise.
LEAST_SHARE, LEAST_S = 0.25, 300.0
_ODD = ("pain", "painful", "threatened")


@dataclass(frozen=True)
class Measure:
    """Something that is measured.

    Attributes:
        kind, key: where it stands in records: `aus`, `AU12`.
        name: as people call it.
        unit: of its numbers, in words.
        high: the greatest value there can be.
        tier: how far it can be relied on.
        low: the least value there can be.
    """

    kind: str
    key: str
    name: str
    unit: str
    high: float
    tier: Tier
    low: float = 0.0

    @property
    def id(self) -> str:
        """`aus.AU12`."""
        return f"{self.kind}.{self.key}"

    def told(self, value: float) -> str:
        """`0.41`; `4.1 %` of what is a share in per cent."""
        return f"{value:.1f} %" if self.unit.startswith("%") else f"{value:.2f}"

    def between(self, low: float, high: float) -> str:
        """`0.32 to 0.49`; `3.2 to 4.9 %`."""
        return f"{self.told(low).removesuffix(' %')} to {self.told(high)}"


def _all() -> dict[str, Measure]:
    found = [
        Measure(AUS, unit.key, f"{unit.key} {unit.name.partition(' (')[0].lower()}", "intensity 0–5", 5.0, unit.tier)
        for unit in ACTION_UNITS
    ]
    found += [
        Measure(EMOTION, name, name, "probability 0–1", 1.0, _EMOTION_TIERS.get(name, Tier.REPORTED))
        for name in EMOTIONS
    ]
    found += [
        Measure(EXPRESSION, name, name.replace("_", " "), "membership 0–1", 1.0, tier(name))
        for name in EXPRESSIONS
        if name not in _ODD
    ]
    found.append(Measure(BLINKS, "blinks", "blinks", "a minute", 200.0, Tier.REPORTED))
    return {one.id: one for one in found}


MEASURES = _all()
#: What a page shows before somebody chooses.
USUAL = ("aus.AU4", "aus.AU12", "aus.AU15", "emotions.happiness")


def rows(table: Table, measure: Measure) -> tuple[Values, Values]:
    """(N,) values of a measure in the rows of a session, NaN where not measured; (N,) seconds that each stands for."""
    if table.form is not RECORDS:
        if measure.kind not in (AUS, EMOTION):
            return np.full(len(table), np.nan), np.zeros(len(table))
        return table.values(f"mean.{measure.id}"), seen_s(table)
    if measure.kind == BLINKS:
        return _blinks(table)
    return values_of(table, measure.kind, measure.key), table.durations


def is_told(table: Table, measure: Measure) -> bool:
    """Whether a session tells of a measure at all."""
    return bool((~np.isnan(rows(table, measure)[0])).any())


def seen_s(table: Table) -> Values:
    """(N,) seconds of each row in which the face was measured."""
    if table.form is RECORDS:
        return np.where(table.measured, table.durations, 0.0)
    return table.values("share") * lasting_s(table)


def lasting_s(table: Table) -> Values:
    """(N,) seconds that each row lasted: spans that were cut short are told by how few frames they had."""
    if table.form is RECORDS or not len(table):
        return table.durations
    frames = table.values("frames")
    whole: Values = table.values("span") * np.minimum(frames / np.median(frames), 1.0)
    return whole


def lasted_s(table: Table) -> float:
    """Seconds from a session's first row to the end of its last; 0 without rows."""
    return float(table.time[-1] + lasting_s(table)[-1]) if len(table) else 0.0


def seen_share(table: Table) -> float | None:
    """Share of a session in which the face was measured; None without rows."""
    return min(float(seen_s(table).sum()) / max(lasted_s(table), 1e-9), 1.0) if len(table) else None


def is_enough(table: Table) -> bool:
    """Whether enough of a session, or of a part of one, was seen to compare it with others: a quarter of it, and
    five minutes."""
    share = seen_share(table)
    return share is not None and share >= LEAST_SHARE and float(seen_s(table).sum()) >= LEAST_S


def unseen(table: Table) -> dict[str, float]:
    """Why the rest was not measured: reason → share of the session, the greatest first; '' for time without rows."""
    whole_s = max(lasted_s(table), 1e-9)
    found = {reason.value: _for(table, reason) / whole_s for reason in Reason}
    total = sum(found.values())
    missing = 1.0 - (seen_share(table) or 0.0)
    if total > missing > 0:  # frames may have several reasons
        found = {reason: share * missing / total for reason, share in found.items()}
    elif missing - total > 0.005:
        found[""] = missing - total
    return dict(sorted(((name, share) for name, share in found.items() if share > 0), key=lambda item: -item[1]))


def _for(table: Table, reason: Reason) -> float:
    if table.form is RECORDS:
        return float(table.durations[table.has_name("reasons", reason)].sum())
    frames = np.nan_to_num(table.values(f"reasons.{reason.value}"))
    return float((frames / table.values("frames") * lasting_s(table)).sum())


def _blinks(table: Table) -> tuple[Values, Values]:
    """Blinks a minute of each record: a blink counts in the one with which it ended."""
    lasting = table.durations
    told = table.known("eyes") & (lasting <= BLINK_STEP_S + _ROUNDING_S) & (lasting > 0)
    ended = ~np.isnan(table.values("eyes.blink"))
    each = np.where(ended, 60.0 / np.maximum(lasting, 1e-6), 0.0)
    return np.where(told, each, np.nan), np.where(told, lasting, 0.0)
