"""What an evaluation found: `evaluation.json`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import msgspec

from device.contract.errors import ConfigError, DataError
from device.contract.evidence import Interval
from training.diagnosis.permutation import Permutation
from training.diagnosis.recipe import Recipe
from training.diagnosis.sites import LeftOut
from training.files import write_whole

NAME = "evaluation.json"
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
        content = json.dumps({"format": FORMAT, **plain(msgspec.to_builtins(self))}, indent=2, allow_nan=False)
        write_whole(path, lambda file: file.write(f"{content}\n".encode()))

    @classmethod
    def load(cls, path: Path) -> "Evaluation":
        """Read it. Raises `ConfigError` where there is none, `DataError` where it is none of ours."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.pop("format") != FORMAT:
                raise ValueError("it is of another format")
            made = msgspec.convert(whole(found), cls)
            for fault in _faults(made):
                raise ValueError(fault)
            return made
        except FileNotFoundError:
            raise ConfigError(f"There is no {path}: make it with `affectbox-training diagnosis evaluate`.") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({error.strerror}): give an {NAME}.") from error
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:  # msgspec's are ValueErrors
            raise DataError(f"{path} is no evaluation of this version ({error}): evaluate again.") from error


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


def plain(value: Any) -> Any:
    """With null for what is not a number."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and isnan(value) else value


def whole(value: Any) -> Any:
    """With NaN for the nulls of intervals."""
    if isinstance(value, dict):
        inside = {name: whole(one) for name, one in value.items()}
        if inside.keys() == {"value", "low", "high"}:
            return {name: float("nan") if one is None else one for name, one in inside.items()}
        return inside
    return [whole(one) for one in value] if isinstance(value, list) else value
