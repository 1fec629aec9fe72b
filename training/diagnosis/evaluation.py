"""What an evaluation found: `evaluation.json`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import ConfigError
from device.contract.evidence import Interval
from training import evaluations
from training.diagnosis.permutation import Permutation
from training.diagnosis.recipe import Recipe
from training.diagnosis.sites import LeftOut
from training.evaluations import NAME

FORMAT = 2
_WEAKEST = 1e-6


@dataclass(frozen=True)
class GroupFigures:
    """One group of n people against all others; `coverage`: share of its people whose set holds it."""

    n: int
    sensitivity: Interval
    specificity: Interval
    auc: Interval
    coverage: Interval


@dataclass(frozen=True)
class Confounds:
    """A network of what is no expression, in the same folds.

    Attributes:
        balanced_accuracy: its own.
        advantage: by how much that of the features is higher, the same people drawn for both.
        used: columns that differ between people; left_out: those that do not.
    """

    balanced_accuracy: Interval
    advantage: Interval
    used: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found, of one table of features.

    Attributes:
        made_of: digest of the table.
        sessions, off_box: of the table.
        sites: site → group → people.
        age: years of the youngest and the oldest; None where none is told.
        split: empty: nested folds. `7:2`: one split, by participant, for comparison with papers alone.
        other_splits: balanced accuracy of splits with other seeds: median, lowest, highest.
        balanced_accuracy, auc, brier, ece: see `metrics`; ece_of_chance: what exactly right probabilities would show.
        confusion: people, mean over repeats: the row is their group, the column what they are taken for.
        coverage: share of people whose set holds their group; answered: whose set is a single group;
            answered_right: of those, whose group it is.
        confounds, left_out, permutation: None where it was not asked.
        notes: what else is to be known, in sentences.
    """

    made_of: str
    feature_version: int
    simulated: bool
    phases: tuple[str, ...]
    sessions: int
    off_box: tuple[str, ...]
    n: int
    groups: dict[str, int]
    sites: dict[str, dict[str, int]]
    age: tuple[float, float] | None
    recipe: Recipe
    seed: int
    folds: int
    repeats: int
    split: str
    other_splits: Interval | None
    balanced_accuracy: Interval
    auc: Interval
    brier: Interval
    ece: Interval
    ece_of_chance: float
    confusion: tuple[tuple[float, ...], ...]
    by_group: dict[str, GroupFigures]
    coverage: Interval
    answered: Interval
    answered_right: Interval
    confounds: Confounds | None = None
    left_out: LeftOut | None = None
    permutation: Permutation | None = None
    notes: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write it, whole or not at all, for its owner's eyes. Raises `StorageError`."""
        evaluations.save(self, FORMAT, path)

    @classmethod
    def load(cls, path: Path) -> "Evaluation":
        """Read it. Raises `ConfigError` where there is none, `DataError` where it is none of ours."""
        return evaluations.load(cls, FORMAT, path, "diagnosis evaluate", _faults)


def _faults(found: Evaluation) -> Iterator[str]:
    """What no evaluation says of itself, so that somebody has changed the file."""
    recipe, names = found.recipe, found.groups.keys()
    shares = (recipe.l1_ratio, recipe.alpha, recipe.measured)
    numbers = recipe.columns >= 0 and recipe.inner > 1 and recipe.clip > 0 and all(0 <= one <= 1 for one in shares)
    if not (recipe.strengths and all(_WEAKEST <= one <= 1 / _WEAKEST for one in recipe.strengths) and numbers):
        yield "its recipe is none"
    if found.seed < 0:
        yield "its seed is below 0"
    if len(names) < 2 or found.n < 1 or min(found.groups.values()) < 1:
        yield "it is of no two groups of people"
    if found.by_group.keys() != names or [len(row) for row in found.confusion] != [len(names)] * len(names):
        yield "its figures are not of its groups"
    if found.permutation and not found.permutation.statistic:
        yield "its permutations do not say of what"


def check_place(path: Path) -> None:
    """Raises `ConfigError`: an evaluation cannot be written there."""
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file in it, such as {path / NAME}.")
    if path.suffix != ".json":
        raise ConfigError(f"{path} does not end in .json: give it that ending, so that it replaces nothing else.")
