"""How good predictions about people are, with intervals over *people*: never over frames.

Every figure is a mean over the repeats of the folds. Its 95 % interval is a percentile bootstrap: people are drawn
with replacement within their groups, each with all that was said of them. It holds the chance of who took part, and
not that another cohort would have taught other networks. Shares of few people (of a group,
of a site, of those with an answer) are no surer than their number allows (`of_so_few`). Groups weigh the same in
accuracy, Brier score and calibration error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from device.contract.evidence import Interval
from training.diagnosis.folds import Ints
from training.diagnosis.preparation import Floats

#: Of the confidence, from 0 to 1, for the calibration error.
BINS = 10
DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Predictions:
    """What networks said of people whom they had not learnt from.

    Attributes:
        truth: (P,) the number of the group.
        probabilities: (R, P, C) in each repeat of the folds.
        possible: (R, P, C) whether each group is in the conformal set.
    """

    truth: Ints
    probabilities: Floats
    possible: NDArray[np.bool_]

    @property
    def groups(self) -> int:
        return int(self.probabilities.shape[2])

    @property
    def answers(self) -> Ints:
        """(R, P) the likeliest group."""
        return np.asarray(self.probabilities.argmax(axis=2))

    @property
    def right(self) -> Floats:
        """(P,) share of the repeats in which the likeliest group was right."""
        return np.asarray((self.answers == self.truth).mean(axis=0))


def drawn(truth: Ints, seed: int, draws: int = DRAWS) -> Floats:
    """(1 + draws, P) how often each person counts: once, then as drawn with replacement within groups."""
    rng = np.random.default_rng(seed)
    counts = np.ones((1 + draws, len(truth)))
    for group in np.unique(truth):
        members = np.flatnonzero(truth == group)
        counts[1:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), draws)
    return counts


def interval(figures: Floats) -> Interval:
    """Of figures (1 + draws,): the first, and where 95 % of the others lie; NaN where the first is not known."""
    if np.isnan(figures[0]) or np.isnan(figures[1:]).all():
        return Interval(*[float("nan")] * 3)
    low, high = np.nanpercentile(figures[1:], (2.5, 97.5))
    return Interval(float(figures[0]), float(low), float(high))


def about(figure: Interval) -> Interval:
    """The same, its value in its interval: of few people no draw need have come as far as they did."""
    return Interval(figure.value, min(figure.low, figure.value), max(figure.high, figure.value))


def of_so_few(found: Interval, people: float) -> Interval:
    """A share of people, with an interval no narrower than that of Clopper and Pearson (1934) of as many people.

    Where a share is 0 or 1, drawing the same people again finds nothing else: of five people the bootstrap is as sure
    as of five hundred.
    """
    if np.isnan(found.value):
        return found
    hits = min(found.value, 1.0) * people  # a mean of ones may be a hair above 1
    low = betaincinv(hits, people - hits + 1, 0.025) if hits > 0 else 0.0
    high = betaincinv(hits + 1, people - hits, 0.975) if hits < people else 1.0
    return Interval(found.value, min(found.low, float(low)), max(found.high, float(high)))


def mean(values: Floats, counts: Floats, among: NDArray[np.bool_] | None = None) -> Floats:
    """(draws,) mean of values (P,), of people `among` (P,), counted as drawn; NaN of nobody."""
    weights = counts if among is None else counts * among
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, weights @ values / total, np.nan)


def mean_of_groups(values: Floats, truth: Ints, counts: Floats) -> Floats:
    """(draws,) mean over groups of their people's mean."""
    return np.asarray(np.mean([mean(values, counts, truth == group) for group in np.unique(truth)], axis=0))


def balanced_accuracy(said: Predictions, counts: Floats) -> Floats:
    """(draws,) mean sensitivity of the groups."""
    return mean_of_groups(said.right, said.truth, counts)


def sensitivity(said: Predictions, group: int, counts: Floats) -> Floats:
    """(draws,) share of the group's people who are taken for it."""
    return mean((said.answers == group).mean(axis=0), counts, said.truth == group)


def specificity(said: Predictions, group: int, counts: Floats) -> Floats:
    """(draws,) share of the others who are not."""
    return mean((said.answers != group).mean(axis=0), counts, said.truth != group)


def area(said: Predictions, group: int, counts: Floats) -> Floats:
    """(draws,) area under the ROC curve, this group against all others."""
    member = said.truth == group
    scores = said.probabilities[:, :, group]
    above = np.mean([_above(row[member], row[~member]) for row in scores], axis=0)
    pairs = counts[:, member].sum(axis=1) * counts[:, ~member].sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(((counts[:, member] @ above) * counts[:, ~member]).sum(axis=1) / pairs)


def _above(members: Floats, others: Floats) -> Floats:
    """(members, others) 1 where the member's score is higher, ½ where they are the same."""
    gap = members[:, None] - others
    return np.asarray((gap > 0) + 0.5 * (gap == 0))


def mean_area(said: Predictions, counts: Floats) -> Floats:
    """(draws,) mean over the groups of their areas."""
    return np.asarray(np.mean([area(said, group, counts) for group in np.unique(said.truth)], axis=0))


def brier(said: Predictions, counts: Floats) -> Floats:
    """(draws,) Brier score: mean Σ (p − y)² over the groups; 0 is best, 2 worst."""
    gaps = said.probabilities - np.eye(said.groups)[said.truth]
    return mean_of_groups((gaps**2).sum(axis=2).mean(axis=0), said.truth, counts)


def calibration_error(said: Predictions, counts: Floats) -> Floats:
    """(draws,) expected calibration error: mean gap between confidence and accuracy, over `BINS` equal bins of the
    confidence (Guo et al. 2017)."""
    return _gap(said, (said.answers == said.truth).astype(float), counts)


def calibration_error_of_chance(said: Predictions, seed: int, draws: int = 200) -> float:
    """The mean calibration error that as many people would show if their probabilities were exactly right."""
    rng, once = np.random.default_rng(seed), np.ones((1, len(said.truth)))
    confidence = said.probabilities.max(axis=2)
    luck = (rng.random(len(said.truth)) < confidence for _ in range(draws))
    return float(np.mean([_gap(said, right.astype(float), once)[0] for right in luck]))


def _gap(said: Predictions, right: Floats, counts: Floats) -> Floats:
    """(draws,) of answers that are right or not (R, P)."""
    confidence = said.probabilities.max(axis=2)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = ((bins[..., None] == np.arange(BINS)) * (confidence - right)[..., None]).mean(axis=0)
    weights = np.zeros_like(counts)
    for group in (present := np.unique(said.truth)):
        member = said.truth == group
        weights[:, member] = counts[:, member] / counts[:, member].sum(axis=1, keepdims=True) / len(present)
    return np.asarray(np.abs(weights @ gaps).sum(axis=1))


def confusion(said: Predictions) -> Floats:
    """(C, C) people, mean over the repeats: the row is their group, the column what they are taken for."""
    taken = np.eye(said.groups)[said.answers].mean(axis=0)
    return np.asarray(np.eye(said.groups)[said.truth].T @ taken)


def covered(said: Predictions) -> Floats:
    """(P,) share of the repeats in which the set holds the right group."""
    return np.asarray(said.possible[:, np.arange(len(said.truth)), said.truth].mean(axis=0))


def answered(said: Predictions) -> Floats:
    """(P,) share of the repeats in which the set is a single group: an answer."""
    return np.asarray((said.possible.sum(axis=2) == 1).mean(axis=0))


def answered_right(said: Predictions, counts: Floats) -> Floats:
    """(draws,) share of the answers that are right; NaN without any."""
    single = said.possible.sum(axis=2) == 1
    right = single & said.possible[:, np.arange(len(said.truth)), said.truth]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((counts @ right.mean(axis=0)) / (counts @ single.mean(axis=0)))
