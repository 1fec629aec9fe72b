"""Episodes of a recording: of which quantity, from when to when, and how strong.

What an episode is, and how its threshold is learned, stands in `device/features/episodes.py`, for the box too.
"""

from dataclasses import dataclass

from device.contract.labels import Tier
from device.features.episodes import UNIT_LIMITS, Limits

#: FACS A to B for action units; membership of expressions; PSPI points, of which closed eyes alone give one.
LIMITS = {"aus": UNIT_LIMITS, "expressions": Limits(0.4, 0.6), "pain": Limits(2.0, 4.0)}
BLINK_LIMITS = Limits(1.0, 2.0, shortest_s=0.08)


@dataclass(frozen=True)
class Episode:
    """One episode; times in seconds, `apex` and `mean` in the quantity's own unit, `first` and `last` number the
    recording's records from 0; `cut_start`, `cut_end`: measuring began or ended within it; `expression`: what was
    strongest meanwhile."""

    kind: str
    key: str
    tier: str
    onset_s: float
    apex_s: float
    offset_s: float
    apex: float
    mean: float
    cut_start: bool
    cut_end: bool
    first: int
    last: int
    expression: str = ""


def by_support(episodes: list[Episode], kind: str) -> list[list[Episode]]:
    """The episodes of each quantity of a kind; the best supported tier first, then what lasted longest in all."""
    by_key: dict[str, list[Episode]] = {}
    for episode in (e for e in episodes if e.kind == kind):
        by_key.setdefault(episode.key, []).append(episode)
    return sorted(by_key.values(), key=lambda found: (list(Tier).index(Tier(found[0].tier)), -lasted_s(found)))


def lasted_s(episodes: list[Episode]) -> float:
    """Seconds that the episodes lasted in all."""
    return sum(episode.offset_s - episode.onset_s for episode in episodes)
