"""What a session was spent on, and what stood out in it, best supported first.

An emotion is counted where the expression network gives it at least `CLEAR`, an expression where it is the strongest
that the action units make. Where the two contradict each other (`disagree` in the record) neither is counted. Shares
are of the whole session, from the first record to the last, so that what was not measured makes nothing seem larger.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cloud.analysis.quantities import Strongest, disagree, strongest_of, withheld
from cloud.reading.table import Table
from cloud.reading.timeline import Values
from device.contract.labels import PARTS, Tier
from device.contract.templates import SAID_OF, tier

#: Probability from which on the strongest emotion is counted: more likely than all others together.
CLEAR = 0.5
#: Of the classes of the shipped network, those that its model card shows to be wrong often, and hardly ever right.
_EMOTION_TIERS = {"fear": Tier.LOW_CONFIDENCE, "disgust": Tier.LOW_CONFIDENCE, "contempt": Tier.EXPERIMENTAL}


@dataclass(frozen=True)
class Spent:
    """Seconds: what the recording's own clock said when the session began; how long it lasted; and how much of that
    was measured; was not; was measured while the readings disagreed; had no clear emotion; had a whole face to which
    no expression fits; and had a part of the face hidden, by part."""

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


def spent(table: Table) -> Spent:
    """How the time of one session, of at least one row, was spent."""
    lasting, differ = table.durations, disagree(table)
    felt = table.known("emotions") & ~differ
    whole = table.known("aus") & ~table.known("hidden") & ~differ & ("expressions" not in withheld(table))
    lasted_s, measured_s = float(table.time[-1] - table.time[0] + lasting[-1]), float(lasting[table.measured].sum())
    return Spent(
        table.sessions[0].origin_s,
        lasted_s,
        measured_s,
        lasted_s - measured_s,
        float(lasting[differ].sum()),
        float(lasting[felt & (strongest_of(table, "emotions", CLEAR).numbers < 0)].sum()),
        float(lasting[whole & (strongest_of(table, "expressions").numbers < 0)].sum()),
        {part: float(lasting[table.has_name("hidden", part)].sum()) for part in PARTS},
    )


def dominance(table: Table, lasted_s: float) -> list[Dominance]:
    """What was the strongest at times, emotions before expressions, the best supported tier first, then the greatest
    share; `lasted_s`: the session's length."""
    weights = table.durations / max(lasted_s, 1e-9)
    found = _found(strongest_of(table, "emotions", CLEAR), strongest_of(table, "expressions"), weights)
    return sorted(found, key=lambda one: (one.kind, list(Tier).index(Tier(one.tier)), -one.share))


def _found(emotions: Strongest, expressions: Strongest, weights: Values) -> Iterator[Dominance]:
    for name, share in emotions.shares(weights).items():
        meanwhile = emotions.numbers == emotions.names.index(name)
        beside = expressions.within(meanwhile).shares(weights[meanwhile])
        agreeing = {one: of for one, of in beside.items() if name in SAID_OF.get(one, "").split()}
        yield Dominance("emotions", name, _EMOTION_TIERS.get(name, Tier.REPORTED).value, share, agreeing)
    for name, share in expressions.shares(weights).items():
        yield Dominance("expressions", name, tier(name).value, share, {})
