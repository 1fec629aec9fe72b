"""Whether something rises or falls from session to session, by their order alone.

Mann and Kendall's test counts in how many pairs of sessions the later value is the greater; its exact distribution
needs neither a straight line nor normal noise, and few sessions are enough or are said to be too few. How much it
changes a week is Theil and Sen's median of all slopes. Where several measures are looked at together, Holm's method
keeps the chance that any of them is called a trend by accident at `LEVEL`.

Sources: Mann 1945; Kendall 1975; Theil 1950; Sen 1968; Holm 1979.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from math import erfc

import numpy as np

from cloud.reading.timeline import Values

LEVEL = 0.05
#: With four sessions not even a perfect order is rarer than one in twelve.
FEWEST = 5
_MOST_EXACT = 30
_WEEK_S = 604_800.0


@dataclass(frozen=True)
class Trend:
    """What the order of sessions says of one measure.

    Attributes:
        sessions: how many it rests on.
        a_week: median change a week, in the unit of the measure.
        chance: how often as clear an order comes about where nothing changes.
        found: whether it is clear enough to be told.
    """

    sessions: int
    a_week: float
    chance: float
    found: bool


def trends(measures: Mapping[str, tuple[Values, Values]]) -> dict[str, Trend]:
    """Of each measure, by its times (N,), seconds since 1970, and values (N,), NaN where not known. All that are
    looked at together belong into one call."""
    counted = {name: _one(times_s, values) for name, (times_s, values) in measures.items()}
    told = by_holm([one.chance for one in counted.values()])
    return {name: replace(one, found=tells) for (name, one), tells in zip(counted.items(), told, strict=True)}


def by_holm(chances: Sequence[float]) -> list[bool]:
    """Which of the chances that were looked at together are rare enough to be told."""
    told = [False] * len(chances)
    for rank, at in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[at] > LEVEL / (len(chances) - rank):
            break
        told[at] = True
    return told


def trend_words(trend: Trend) -> str:
    """What the sessions say of a measure: a sentence."""
    if trend.sessions < FEWEST:
        return f"Too few sessions to tell a trend: {trend.sessions} of the {FEWEST} that it needs at least."
    if not trend.found:
        return f"No change that these {trend.sessions} sessions can tell."
    way = "Rises" if trend.a_week > 0 else "Falls"
    by = f"{way} by about {abs(trend.a_week):.2g} a week over {trend.sessions} sessions."
    return f"{by} {chance_words(trend.chance)}"


def chance_words(chance: float) -> str:
    """How often chance alone makes so clear an order: a sentence."""
    often = "less than one of a thousand" if chance < 0.001 else f"{chance * 1000:.0f} of a thousand"
    return f"An order this clear comes about by chance in {often}."


def _one(times_s: Values, values: Values) -> Trend:
    known = ~np.isnan(values) & ~np.isnan(times_s)
    order = np.argsort(times_s[known], kind="stable")
    weeks, values = times_s[known][order] / _WEEK_S, values[known][order]
    if len(values) < FEWEST:
        return Trend(len(values), 0.0, 1.0, found=False)
    pairs = [(a, b) for a, b in combinations(range(len(values)), 2) if weeks[b] > weeks[a]]
    slopes = [(values[b] - values[a]) / (weeks[b] - weeks[a]) for a, b in pairs]
    surplus = int(sum(np.sign(slope) for slope in slopes))
    return Trend(len(values), float(np.median(slopes)), _chance(len(values), abs(surplus)), found=False)


def _chance(count: int, surplus: int) -> float:
    """Probability of so great a surplus of rising over falling pairs, or of falling over rising ones, when each order
    of `count` values is as likely as any other; of many values by the normal distribution."""
    if count > _MOST_EXACT:
        spread = (count * (count - 1) * (2 * count + 5) / 18) ** 0.5
        return erfc(max(surplus - 1, 0) / spread / 2**0.5)
    pairs = count * (count - 1) // 2
    orders = _inversions(count)
    extreme = sum(number for falling, number in enumerate(orders) if abs(pairs - 2 * falling) >= surplus)
    return extreme / sum(orders)


@cache
def _inversions(count: int) -> tuple[int, ...]:
    """How many orders of `count` things have 0, 1, 2 … pairs in the wrong order."""
    found = [1]
    for size in range(2, count + 1):
        wider = [0] * (len(found) + size - 1)
        for inversions, number in enumerate(found):
            for more in range(size):
                wider[inversions + more] += number
        found = wider
    return tuple(found)
