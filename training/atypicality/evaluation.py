"""What an evaluation found: `evaluation.json`."""

from dataclasses import dataclass
from pathlib import Path

from device.contract.evidence import Interval
from training import evaluations
from training.atypicality.complexity import Compared
from training.atypicality.metrics import Figures, Raters
from training.atypicality.recipe import Companion, Recipe

FORMAT = 1
#: A movement that surprises more than this share of typical ones is unusual.
FAR = 0.95
#: Typical people who were rated; of fewer nobody knows what 95 % of such windows do not exceed.
FEWEST_TYPICAL = 10


@dataclass(frozen=True)
class Judged:
    """A network of ratings, in folds of people.

    Attributes:
        recipe: how it was learnt; epochs: of each fold's network; windows: that were rated and judged.
        figures: how near it comes to the raters' mean.
        baseline: how near the mean of the people learnt from comes.
        advantage: by how much its mean absolute error is smaller than that, points.
        typical: 95 % of the windows of typical people have at most this rating, by the network; None of too few.
    """

    recipe: Recipe
    epochs: tuple[int, ...]
    windows: int
    figures: Figures
    baseline: Figures
    advantage: Interval
    typical: float | None = None


@dataclass(frozen=True)
class Surprised:
    """What the companion comes to.

    Attributes:
        n, windows: typical people, and windows of theirs.
        epochs: of the networks.
        percentiles: of the surprise in windows of typical people, nats, evenly from 0 to 1.
        nats: their mean surprise.
        beyond: share of the windows of typical people beyond the 95 % of the other typical people: 0.05 is right.
        others: share of the windows of everybody else beyond it; None where there is nobody else.
        apart: how often somebody else is more surprising, in the mean, than a typical person; 0.5: neither.
        pearson: with the raters' mean, over all windows that are rated; None where nothing is.
    """

    n: int
    windows: int
    epochs: int
    percentiles: tuple[float, ...]
    nats: Interval
    beyond: Interval
    others: Interval | None
    apart: Interval | None
    pearson: Interval | None


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found, of one study.

    Attributes:
        made_of: digest of the study.
        n: people; groups: group → people; ages: age group (`device.contract.choices.AGES`) → people, '' of those
            whose age is not told; rated: people who were rated; rated_typical_ages: of the typical ones among them.
        typical: the group that counts as typical; typical_ages: ages of its people of whom there are windows for the
            companion, as `ages`.
        sources: bundles that measured the recordings.
        seed, folds: of the folds of people.
        raters: names are not told: how many, how many of them rated one window at most (`raters_at_most`), and how far
            they agree; None where nothing was rated.
        ours, published, companion: None where it was not asked, or cannot be.
        entropy: the features of complexity, tested on both sides.
        notes: what else is to be known, in sentences.
    """

    made_of: str
    simulated: bool
    n: int
    groups: dict[str, int]
    ages: dict[str, int]
    rated: int
    rated_ages: dict[str, int]
    rated_typical_ages: dict[str, int]
    typical: str
    typical_ages: dict[str, int]
    sources: tuple[str, ...]
    seed: int
    folds: int
    number_of_raters: int
    raters_at_most: int
    raters: Raters | None
    ours: Judged | None
    published: Judged | None
    companion_recipe: Companion
    companion: Surprised | None
    entropy: tuple[Compared, ...] = ()
    notes: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write it, whole or not at all, for its owner's eyes. Raises `StorageError`."""
        evaluations.save(self, FORMAT, path)

    @classmethod
    def load(cls, path: Path) -> "Evaluation":
        """Read it. Raises `ConfigError` where there is none, `DataError` where it is none of ours."""
        return evaluations.load(cls, FORMAT, path, "atypicality evaluate")
