"""Windows: short stretches of a session, as a network sees them, and what raters said of them. Never of two people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from device.contract.movement import COLUMNS
from device.features import movement
from training.atypicality.ratings import Rating
from training.atypicality.recipe import MAJORITY, Grid
from training.atypicality.study import MovementStudy
from training.cohort.people import Participant

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Share of a window that a rater must have rated, for the window to have a rating of theirs.
LEAST_RATED = 0.5
#: Share that a window must hold of what its rating is of, and share of the windows that must do so.
LEAST_HELD, LEAST_FIT = 0.7, 0.2


@dataclass(frozen=True, eq=False)
class Windows:
    """W windows of T steps and K columns, in the order of people and time.

    Attributes:
        people: of whom they are.
        person: (W,) number of the person.
        values: (W, T, K) float32, NaN where not measured.
        ratings: (W, R) of each rater, NaN where they did not rate it.
        held: (W,) the share that it holds of what its rating is of: see `held`.
    """

    people: tuple[Participant, ...]
    person: Ints
    values: NDArray[np.float32]
    ratings: Floats
    held: Floats

    def __len__(self) -> int:
        return len(self.person)

    @property
    def rating(self) -> Floats:
        """(W,) the mean of the raters, NaN where nobody rated."""
        known = np.isfinite(self.ratings)
        with np.errstate(invalid="ignore"):
            found: Floats = np.where(known, self.ratings, 0.0).sum(axis=1) / known.sum(axis=1)
        return found

    def take(self, rows: Ints | NDArray[np.bool_]) -> "Windows":
        """Some of the windows, of the same people."""
        of = {name: getattr(self, name)[rows] for name in ("person", "values", "ratings", "held")}
        return replace(self, **of)

    def of_group(self, group: str) -> NDArray[np.bool_]:
        """(W,) whether each is of somebody of a group."""
        return np.array([person.group == group for person in self.people])[self.person]

    @property
    def rated(self) -> "Windows":
        """Those that somebody rated, without those whose rating is of much that lies outside of them, where there
        are enough of the others: `fit`."""
        found = self.take(np.asarray(np.isfinite(self.ratings).any(axis=1)))
        return found.take(found.held >= LEAST_HELD) if found.fit else found

    @property
    def fit(self) -> bool:
        """Whether raters rated at once what windows hold: so do enough of them."""
        return bool(len(self) and np.mean(self.held >= LEAST_HELD) >= LEAST_FIT)


def windows_of(study: MovementStudy, grid: Grid) -> Windows:
    """All windows of a study of which enough was measured."""
    shape = (0, grid.steps, len(COLUMNS))
    person, values = [np.zeros(0, np.intp)], [np.zeros(shape, np.float32)]
    ratings, holds = [np.zeros((0, len(study.raters)))], [np.zeros(0)]
    for one in study.sessions:
        whole = movement.windows(one.moved.grid(grid.step_s), grid.steps, grid.hop)
        seen = np.flatnonzero(movement.coverage(whole) >= grid.least_coverage)
        begin_s = np.asarray((seen * grid.hop - 0.5) * grid.step_s, np.float64)
        values.append(whole[seen].astype(np.float32))
        person.append(np.full(len(seen), one.person, np.intp))
        end_s = np.asarray(begin_s + grid.seconds)
        ratings.append(rated(one.ratings, study.raters, begin_s, end_s, grid.target == MAJORITY))
        holds.append(held(one.ratings, begin_s, end_s))
    return Windows(
        study.people, np.concatenate(person), np.concatenate(values), np.concatenate(ratings), np.concatenate(holds)
    )


def held(ratings: Sequence[Rating], begin_s: Floats, end_s: Floats) -> Floats:
    """(W,) the share that windows hold of the stretches that their ratings are of, each weighted as in the rating: 1
    where raters rated just what is in the window, or pieces of it; less where they saw more; 0 without ratings.

    Args: as in `rated`.
    """
    spans = np.array([*{(one.from_s, one.to_s) for one in ratings}]).reshape(-1, 2)
    overlap = np.minimum(end_s[:, None], spans[:, 1]) - np.maximum(begin_s[:, None], spans[:, 0])
    overlap = np.maximum(overlap, 0.0)  # (W, stretches) seconds
    found: Floats = (overlap**2 / (spans[:, 1] - spans[:, 0])).sum(axis=1) / np.maximum(overlap.sum(axis=1), 1e-9)
    return found


def rated(
    ratings: Sequence[Rating], raters: Sequence[str], begin_s: Floats, end_s: Floats, majority: bool = False
) -> Floats:
    """(W, R) what each rater said of windows, NaN where they rated less than `LEAST_RATED` of one.

    Args:
        ratings: of one session.
        raters: R, in their order.
        begin_s, end_s: (W,) of the windows, seconds since the session's first record.
        majority: of several stretches in a window the rating that most of it has; else their mean, weighted by length.
    """
    found = np.full((len(begin_s), len(raters)), np.nan)
    for column, rater in enumerate(raters):
        own = [one for one in ratings if one.rater == rater]
        if not own:
            continue
        from_s, to_s, said = (np.array([getattr(one, name) for one in own]) for name in ("from_s", "to_s", "rating"))
        overlap = np.minimum(end_s[:, None], to_s) - np.maximum(begin_s[:, None], from_s)
        overlap = np.maximum(overlap, 0.0)  # (W, ratings) seconds
        whole = overlap.sum(axis=1)
        with np.errstate(invalid="ignore"):
            mean = _majority(overlap, said) if majority else overlap @ said / whole
        found[:, column] = np.where(whole >= LEAST_RATED * (end_s - begin_s), mean, np.nan)
    return found


def _majority(overlap: Floats, said: Floats) -> Floats:
    """(W,) the rating that most seconds of each window have, of stretches (S,) that overlap (W, S) with them."""
    ratings = np.unique(said)
    longest = (overlap @ (said[:, None] == ratings)).argmax(axis=1)
    return np.asarray(ratings[longest])
