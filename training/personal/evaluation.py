"""What an evaluation found: `evaluation.json`."""

from dataclasses import dataclass, field
from pathlib import Path

from device.contract.evidence import Interval
from training import evaluations
from training.personal.arms import Compared
from training.personal.movements import MovementsFound

FORMAT = 1
#: Where the labels come from: tables beside the recordings, or the face network of the box.
TOLD, READ = "truth", "box"


@dataclass(frozen=True)
class Unit:
    """The probe of one unit: held out `faces`, those in which it is `present`, the F1 of who always says so (`guess`),
    and the probe's own F1 and area under the ROC curve, without an interval where it is present in too few stretches
    of time."""

    faces: int
    present: int
    guess: float
    f1: Interval
    auc: Interval


@dataclass(frozen=True)
class Epoch:
    """The means over units after some epochs; 0: before any learning."""

    epoch: int
    f1: Interval
    auc: Interval


@dataclass(frozen=True)
class Measured:
    """One approach, or one reference, of one person.

    Attributes:
        name: of the approach, such as `psm`.
        run: SHA-256 of the weights; '' of a reference.
        general: whether it was learnt from others too, or only.
        epochs: learnt for; epoch_s: seconds each, None where not known.
        units: unit → its probe.
        f1, auc: the means over units.
        course: the same after earlier epochs, and after the last.
        movements: what the last weights say of the person's movements; None of a reference.
    """

    name: str
    run: str
    general: bool
    epochs: int
    epoch_s: float | None
    units: dict[str, Unit]
    f1: Interval
    auc: Interval
    course: tuple[Epoch, ...] = ()
    movements: MovementsFound | None = None


@dataclass(frozen=True)
class PersonFound:
    """One person.

    Attributes:
        name: pseudonym; data: digest of their faces.
        recordings, faces: of all; learnt, held_out: faces of each; learnt_s, held_out_s: seconds of them.
        labels: where the units come from: `TOLD` or `READ`.
        left_out: unit → why no probe of it can be measured.
        arms: the approaches; references: what was not learnt from this person's movement.
        null: adjusted Rand index of the movements by two general models, on held out faces; None where there are not
            two.
    """

    name: str
    data: str
    recordings: int
    faces: int
    learnt: int
    held_out: int
    learnt_s: float
    held_out_s: float
    labels: str
    left_out: dict[str, str]
    arms: tuple[Measured, ...]
    references: tuple[Measured, ...]
    null: Interval | None = None

    def arm(self, name: str) -> Measured | None:
        """The approach or reference of this name, if it was measured."""
        return next((one for one in (*self.arms, *self.references) if one.name == name), None)


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found.

    Attributes:
        simulated: whether the people were; seed: of everything drawn.
        people: each of them; compared: approaches against each other, over people.
        notes: what else is to be known, in sentences.
    """

    simulated: bool
    seed: int
    people: tuple[PersonFound, ...]
    compared: tuple[Compared, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Of all approaches, then of all references, each once."""
        arms = [one.name for person in self.people for one in person.arms]
        references = [one.name for person in self.people for one in person.references]
        return tuple(dict.fromkeys(arms + references))

    def person(self, name: str) -> PersonFound | None:
        """Of this pseudonym."""
        return next((one for one in self.people if one.name == name), None)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all, for its owner's eyes. Raises `StorageError`."""
        evaluations.save(self, FORMAT, path)

    @classmethod
    def load(cls, path: Path) -> "Evaluation":
        """Read it. Raises `ConfigError` where there is none, `DataError` where it is none of ours."""
        return evaluations.load(cls, FORMAT, path, "personal evaluate")
