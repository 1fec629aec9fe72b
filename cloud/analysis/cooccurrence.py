"""What goes together in a recording, and what follows what.

Expressions are computed from the action units; therefore pairs are formed among action units and among expressions,
never across.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.analysis.episodes import Episode
from cloud.reading.timeline import Mask, Values

#: Something follows when it begins within this time after the end of something else.
FOLLOWS_S = 2.0
_KINDS = ("aus", "expressions")
_ROUNDING_S = 1e-6


@dataclass(frozen=True)
class Pair:
    """Two of a kind whose episodes overlap: for how long, and as a share of the time of either (Jaccard index), of the
    time in which both were measured."""

    kind: str
    first: str
    second: str
    together_s: float
    jaccard: float


@dataclass(frozen=True)
class Succession:
    """How often an episode of `second` began within `FOLLOWS_S` after the end of one of `first`."""

    kind: str
    first: str
    second: str
    count: int


def pairs(episodes: list[Episode], lasting: Values, known: dict[str, Mask]) -> Iterator[Pair]:
    """Pairs of what has episodes, the closest first, action units before expressions.

    Args:
        episodes: of any kind.
        lasting: (N,) how long each record stands, seconds.
        known: where each quantity was measured, (N,) by its key.
    """
    for kind in _KINDS:
        masks: dict[str, Mask] = {}
        for episode in (e for e in episodes if e.kind == kind):
            mask = masks.setdefault(episode.key, np.zeros(len(lasting), bool))
            mask[episode.first : episode.last + 1] = True
        if masks:
            yield from sorted(_overlapping(kind, masks, lasting, known), key=lambda pair: -pair.jaccard)


def _overlapping(kind: str, masks: dict[str, Mask], lasting: Values, known: dict[str, Mask]) -> Iterator[Pair]:
    names, showing = [*masks], np.array([*masks.values()], float)
    measured = np.array([known[name] for name in names], float)
    both = np.einsum("an,bn->ab", showing * lasting, showing)  # `@` would wake threads that wait for work, busily
    meanwhile = np.einsum("an,bn->ab", showing * lasting, measured)  # while the other was measured
    either = meanwhile + meanwhile.T - both
    for a, b in zip(*np.nonzero(np.triu(both, 1) > 0), strict=True):
        yield Pair(kind, names[a], names[b], float(both[a, b]), float(both[a, b] / either[a, b]))


def successions(episodes: list[Episode]) -> Iterator[Succession]:
    """The most frequent first, of episodes in the order of their onsets. What was cut is left out: when it ended, or
    began, was not seen."""
    onsets = [episode.onset_s for episode in episodes]
    counts: Counter[tuple[str, str, str]] = Counter()
    for before in episodes:
        ended_s = before.offset_s - _ROUNDING_S  # what begins in the very next row follows
        begin, end = bisect_right(onsets, ended_s), bisect_right(onsets, ended_s + FOLLOWS_S)
        for after in episodes[begin:end] if not before.cut_end else ():
            if before.kind == after.kind in _KINDS and before.key != after.key and not after.cut_start:
                counts[before.kind, before.key, after.key] += 1
    for (kind, first, second), count in counts.most_common():
        yield Succession(kind, first, second, count)
