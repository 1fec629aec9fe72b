"""How far coders agree on each action: coefficients with intervals, for each pair and over all."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from training.annotation.agreement import figures, onsets
from training.annotation.agreement.draws import Draws
from training.annotation.agreement.figures import UNKNOWN, Figure, Floats, figure
from training.annotation.agreement.grid import CODABLE, JUDGED, Grid, Values, episodes_grid, frames_grid, together
from training.annotation.agreement.onsets import Onsets
from training.annotation.coding import Annotations, Scale

FRAMES, EPISODES = "frames", "episodes"
WINDOW_S = 0.5
DRAWS = 1000


@dataclass(frozen=True)
class Row:
    """Agreement of two coders on one action, over the frames of which both coded it.

    Presence is 1 to the scale's largest against 0: `agreed`, `kappa` and `pabak` are of presence on both scales.

    Attributes:
        first, second: the coders.
        action: an action, `codable`, or a part of the face: whether something hides it.
        basis: 'frames', as they were coded, or 'episodes': the frames up to where the first of them stopped.
        frames: how many.
        present: frames in which it is there: to the first, to the second, to both.
        agreed: share of the frames of which both say the same.
        kappa: Cohen's κ.
        pabak: κ adjusted for prevalence and bias: of rare actions κ may be low though coders seldom differ.
        alpha: Krippendorff's α: nominal on presence, ordinal on intensity.
        weighted: κ weighted by squared distances, of intensities.
        icc21, icc31: ICC(2,1) and ICC(3,1) of intensities.
    """

    first: str
    second: str
    action: str
    basis: str
    frames: int
    present: tuple[int, int, int]
    agreed: Figure
    kappa: Figure
    pabak: Figure
    alpha: Figure
    weighted: Figure
    icc21: Figure
    icc31: Figure


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's α of one action over all coders, whoever of them coded a frame: `units` were by two or more."""

    action: str
    basis: str
    units: int
    alpha: Figure


@dataclass(frozen=True)
class Agreement:
    """What `compare` found.

    Attributes:
        frames: how many at least two coders coded.
        over: of each basis, what the intervals are over, in words.
    """

    coders: tuple[str, ...]
    scale: Scale
    window_s: float
    frames: int
    rows: tuple[Row, ...]
    onsets: tuple[Onsets, ...]
    alphas: tuple[Alpha, ...]
    over: dict[str, str]


def compare(
    coded: Sequence[Sequence[Annotations]], window_s: float = WINDOW_S, draws: int = DRAWS, seed: int = 0
) -> Agreement:
    """Figures of every pair of coders, in the order given.

    Args:
        coded: of each coder all annotations, one a sequence.
        window_s: how far apart two onsets may be to be the same, seconds.

    Raises:
        DataError: fewer than two coders, or nothing that two of them coded.
    """
    coders, shared = together(coded)
    scale = next(one.scale for mine in coded for one in mine)
    actions = tuple(dict.fromkeys(action for mine in coded for one in mine for action in one.actions))
    grids = {
        FRAMES: frames_grid(coders, shared, actions),
        EPISODES: episodes_grid(coders, shared, actions, scale),
    }
    if not any(grid.units for grid in grids.values()):
        raise DataError(
            f"No frame was coded by two of {', '.join(coders)}: agreement needs frames that two coders share."
        )
    chance = {basis: Draws(grid.blocks, draws, seed) for basis, grid in grids.items()}
    pairs = list(combinations(range(len(coders)), 2))
    rows = [
        row
        for pair in pairs
        for basis, grid in grids.items()
        for action in grid.values
        if (row := _row(grid, pair, action, basis, scale, chance[basis]))
    ]
    filmed = [one for one in shared if sum(bool(mine and mine.episodes) for mine in one.coded) > 1]
    timed = [
        onsets.compared((coders[a], coders[b]), action, filmed, (a, b), window_s, chance[EPISODES])
        for a, b in pairs
        for action in actions
    ]
    alphas = [
        alpha
        for basis, grid in grids.items()
        for action in actions
        if (alpha := _alpha(grid, action, basis, scale, chance[basis]))
    ]
    return Agreement(
        coders,
        scale,
        window_s,
        grids[FRAMES].units,
        tuple(rows),
        tuple(filter(None, timed)),
        tuple(alphas),
        {basis: grid.over for basis, grid in grids.items() if grid.units},
    )


def _row(grid: Grid, pair: tuple[int, int], action: str, basis: str, scale: Scale, draws: Draws) -> Row | None:
    """None where the two share no frame of it, or where there is nothing to agree on: neither ever coded it as an
    episode, or every face could be judged."""
    first, second = (grid.values[action][coder] for coder in pair)
    both = (first >= 0) & (second >= 0)
    usual = int(action == CODABLE)
    varies = bool((first[both] != usual).any() or (second[both] != usual).any())
    if not both.any() or (not varies and (basis == EPISODES or action in JUDGED)):
        return None
    size = 1 + (1 if action in JUDGED else scale.largest)
    tables = draws.sums(np.where(both, first * np.int64(size) + second, -1), np.eye(size * size)).reshape(
        -1, size, size
    )
    presence = _presence(tables)
    ordinal = [UNKNOWN] * 3
    if size > 2:
        ordinal = [figure(one) for one in (figures.kappa(tables, quadratic=True), *figures.icc(tables))]
    twice = tables + tables.swapaxes(-1, -2)
    counts = presence[0].astype(int)
    return Row(
        grid.coders[pair[0]],
        grid.coders[pair[1]],
        action,
        basis,
        int(both.sum()),
        (int(counts[1].sum()), int(counts[:, 1].sum()), int(counts[1, 1])),
        figure(figures.agreed(presence)),
        figure(figures.kappa(presence)),
        figure(figures.pabak(presence)),
        figure(figures.alpha(twice, _metric(size))),
        *ordinal,
    )


def _presence(tables: Floats) -> Floats:
    """(…, 2, 2) of tables of intensities: absent, and there at all."""
    joined = np.stack([tables[..., 0], tables[..., 1:].sum(-1)], -1)
    return np.stack([joined[..., 0, :], joined[..., 1:, :].sum(-2)], -2)


def _alpha(grid: Grid, action: str, basis: str, scale: Scale, draws: Draws) -> Alpha | None:
    if len(grid.coders) < 3:
        return None
    size = 1 + scale.largest
    kinds, counts = _kinds(grid.values[action], size)
    units = int((counts[kinds].sum(1) > 1).sum()) if len(kinds) else 0
    if not units:
        return None
    pairs = figures.coincidences(counts)
    tables = draws.sums(kinds, pairs.reshape(len(pairs), -1)).reshape(-1, size, size)
    return Alpha(action, basis, units, figure(figures.alpha(tables, _metric(size))))


def _kinds(values: Values, size: int) -> tuple[NDArray[np.int64], Floats]:
    """(U,), (P, size): which distinct row of counts each unit has, and how many coders gave each value in it."""
    counts = np.stack([(values == value).sum(0) for value in range(size)], -1)
    rows, kinds = np.unique(counts, axis=0, return_inverse=True)
    return kinds.reshape(-1).astype(np.int64), rows.astype(np.float64)


def _metric(size: int) -> str:
    return "nominal" if size == 2 else "ordinal"
