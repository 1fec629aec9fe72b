"""Whether two coders see the same episodes begin and end at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.annotation.agreement.draws import Draws
from training.annotation.agreement.figures import Figure, Floats, figure
from training.annotation.agreement.grid import Together
from training.annotation.coding import Episode
from training.annotation.coding import Sequence as Frames


@dataclass(frozen=True)
class Onsets:
    """Episodes of one action, of two coders.

    Attributes:
        episodes: how many each coded.
        matched: pairs of episodes, one of each, whose onsets are within the window; each is in one pair at most.
        index: 2 · matched / (first + second), from 0 to 1.
        lag_s: median of the second coder's onset minus the first's, of the pairs, seconds.
        offsets: share of the pairs whose offsets are within the window, too.
        offset_lag_s: as `lag_s`, of offsets.
    """

    first: str
    second: str
    action: str
    episodes: tuple[int, int]
    matched: int
    index: Figure
    lag_s: Figure
    offsets: Figure
    offset_lag_s: Figure


@dataclass(frozen=True)
class Matched:
    """Episodes of one sequence and action: pairs, and those of each coder that have no partner."""

    pairs: tuple[tuple[Episode, Episode], ...]
    only_first: tuple[Episode, ...]
    only_second: tuple[Episode, ...]


def matched(sequence: Frames, first: Sequence[Episode], second: Sequence[Episode], window_s: float) -> Matched:
    """Pairs of episodes whose onsets are at most `window_s` apart: as many as can be, and of these the closest."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  loads slowly

    gaps = np.abs(_onsets(sequence, first)[:, None] - _onsets(sequence, second))
    near = gaps <= window_s + 1e-9
    rows, columns = linear_sum_assignment(np.where(near, gaps, (1 + window_s) * (1 + min(gaps.shape))))
    pairs = [(row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if near[row, column]]
    taken = {row for row, _ in pairs}, {column for _, column in pairs}
    return Matched(
        tuple((first[row], second[column]) for row, column in pairs),
        tuple(one for number, one in enumerate(first) if number not in taken[0]),
        tuple(one for number, one in enumerate(second) if number not in taken[1]),
    )


def seconds(sequence: Frames, place: int) -> float:
    """The time of a frame; of pictures that do not follow each other, its place."""
    return float(place if sequence.times_s is None else sequence.times_s[place])


def compared(
    names: tuple[str, str],
    action: str,
    shared: Sequence[Together],
    coders: tuple[int, int],
    window_s: float,
    draws: Draws,
) -> Onsets | None:
    """The figures of one action; None where neither coded an episode of it.

    Args:
        shared: sequences in which at least two coders coded episodes, in the order of the draws' blocks.
    """
    start, units = 0, []  # (frame of all frames, kind): 0 matched, 1 only the first's, 2 only the second's
    pairs: list[tuple[Frames, Episode, Episode]] = []
    for one in shared:
        first, second = (_of(one, coder, action) for coder in coders)
        if first is not None and second is not None:
            found = matched(one.sequence, first, second, window_s)
            pairs += [(one.sequence, a, b) for a, b in found.pairs]
            units += [(start + a.onset, 0) for a, _ in found.pairs]
            units += [(start + a.onset, 1) for a in found.only_first] + [
                (start + b.onset, 2) for b in found.only_second
            ]
        start += len(one.sequence.frames)
    if not units:
        return None
    return _figures(names, action, units, pairs, window_s, draws)


def _figures(
    names: tuple[str, str],
    action: str,
    units: list[tuple[int, int]],
    pairs: list[tuple[Frames, Episode, Episode]],
    window_s: float,
    draws: Draws,
) -> Onsets:
    sums = draws.events(np.array([unit for unit, _ in units]), np.array([kind for _, kind in units]), np.eye(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        index = 2 * sums[:, 0] / (2 * sums[:, 0] + sums[:, 1] + sums[:, 2])
    counts = sums[0].astype(int)
    lags = np.array([seconds(where, b.onset) - seconds(where, a.onset) for where, a, b in pairs])
    ends = np.array(
        [
            seconds(where, b.offset) - seconds(where, a.offset)
            for where, a, b in pairs
            if a.offset is not None and b.offset is not None
        ]
    )
    near = (np.abs(ends) <= window_s + 1e-9).astype(np.float64)
    return Onsets(
        *names,
        action,
        (int(counts[0] + counts[1]), int(counts[0] + counts[2])),
        int(counts[0]),
        figure(index),
        draws.again(lags, np.median),
        draws.again(near, np.mean),
        draws.again(ends, np.median),
    )


def _of(one: Together, coder: int, action: str) -> list[Episode] | None:
    """A coder's episodes of an action; None of who coded no episodes here."""
    mine = one.coded[coder]
    if mine is None or not mine.episodes:
        return None
    return [episode for episode in mine.episodes if episode.action == action]


def _onsets(sequence: Frames, episodes: Sequence[Episode]) -> Floats:
    return np.array([seconds(sequence, episode.onset) for episode in episodes])
