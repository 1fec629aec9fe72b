"""What a kind of network has of its own.

The steps are the same for every kind: `train`, `evaluate` and `export` ask a `Kind` for what differs, which is what is
learnt, what is measured, and what is said of it. A new kind is a subclass in a folder of its own, and a line in
`training.kinds`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError
from device.contract.manifest import Bundle, Manifest

if TYPE_CHECKING:  # a bundle is evaluated without TensorFlow
    import keras

    from training.learning import Trainee
    from training.machines import Machines
    from training.pipeline import Shuffled
    from training.quantize import Int8Network
    from training.recipe import BaseRecipe
    from training.run_folder import Run

Images = NDArray[np.uint8]
Say = Callable[[str], None]


class Data(Protocol):
    """What `prepare` wrote."""

    @property
    def about(self) -> dict[str, Any]:
        """Where it comes from, with the `command` that made it."""

    def digest(self) -> str:
        """SHA-256 over everything that a training sees."""


DataT = TypeVar("DataT", bound=Data)
RecipeT = TypeVar("RecipeT", bound="BaseRecipe")


@dataclass(frozen=True, eq=False)
class Lesson:
    """One run of a training.

    heads: head → labels; batches: what is shown; learner: makes what learns from it; measured: figures of the running
    average after an epoch, for people to watch; done: is told of every epoch that is over, and of the running average
    then; 0: before the first.
    """

    heads: dict[str, tuple[str, ...]]
    batches: "Shuffled"
    learner: "Callable[[Machines], Trainee]"
    measured: "Callable[[keras.Model], dict[str, float]]"
    done: "Callable[[int, keras.Model], None]" = lambda _, __: None


@dataclass(frozen=True)
class Measured:
    """Of a network in int8: figures for the receipt; and output → what of its specification was fitted to them."""

    figures: dict[str, Any]
    fitted: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Exam:
    """How a run becomes a bundle.

    ranges: images of the training from which the ranges of int8 are taken; repeated: images on which other machines
    repeat what was computed here; measured: the receipt of the network in int8; data, licence: what it learnt from.
    """

    ranges: Images
    repeated: Images
    measured: "Callable[[Int8Network], Measured]"
    data: str
    licence: str


@dataclass(frozen=True)
class Report:
    """Of an evaluation: `figures` for programs, `text` for people, and what draws pictures of it into a folder."""

    figures: dict[str, Any]
    text: str
    draw: Callable[[Path], None] | None = None


class Kind(ABC, Generic[RecipeT, DataT]):
    """A kind of network.

    name: of its bundles, where nobody gives another; task: of its bundles (`device.contract.tasks`).
    """

    name: str
    task: str
    intended_use: str
    forbidden_use: str

    @property
    @abstractmethod
    def recipe(self) -> type[RecipeT]:
        """Of its recipes."""

    @abstractmethod
    def load(self, path: Path) -> DataT:
        """The data of a file that `prepare` wrote. Raises `DataError`."""

    def folds(self, recipe: RecipeT, chosen: Sequence[int]) -> tuple[int, ...]:
        """Which runs a training has: 0 for a single one, else the folds, from 1, whose participants each leaves out.
        Raises `ConfigError` unless it has the `chosen`."""
        if chosen:
            raise ConfigError("--fold is for networks that leave participants out: leave it out for this one.")
        return (0,)

    def require(self, recipe: RecipeT, data: DataT) -> None:
        """Raises `ConfigError` or `DataError` where a network cannot learn from such data."""

    @abstractmethod
    def lesson(self, recipe: RecipeT, data: DataT, fold: int, folder: Path, say: Say) -> Lesson:
        """Get ready one run of the training. `folder` is its own, for what is kept between its starts."""

    @abstractmethod
    def of_bundle(self, bundle: Bundle, data: DataT, split: str) -> Report:
        """Measure a bundle by the code that runs it on the box. `split` may be empty. Raises `DataError`."""

    @abstractmethod
    def of_run(self, folder: Path, data: DataT, split: str) -> Report:
        """Measure what a training left, in float. `split` may be empty. Raises `ConfigError`, `DataError`."""

    @abstractmethod
    def exam(self, run: "Run[RecipeT]", data: DataT) -> Exam:
        """What an export of the run needs. Raises `ConfigError` where it is none to be exported, `DataError`."""

    @abstractmethod
    def reading(self, head: str) -> tuple[str, str]:
        """A head's activation, which the device applies, and its unit."""

    @abstractmethod
    def card(self, manifest: Manifest) -> str:
        """The model card, from the figures in the manifest and from nothing else."""
