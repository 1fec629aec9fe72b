"""What diagnosis support said of a session, as readers see it: groups of a study that measurements do not rule out."""

from dataclasses import dataclass
from typing import Self

from device.contract import support
from device.contract.fields import Json
from device.contract.support import Abstained


@dataclass(frozen=True)
class Group:
    """A group of the evidence: its name, its people in the evidence, whether the measurements do not rule it out
    (None: nothing could be computed), and the share of its own people for whom they did not (None: not measured)."""

    name: str
    people: int
    possible: bool | None
    held: float | None


@dataclass(frozen=True)
class Support:
    """What was said once, of a session or of one of its phases. It is nobody's diagnosis.

    Attributes:
        bundle: what said it, NAME-VERSION.
        phase: of which phase; '' for the whole session.
        supported: whether the evidence carries it.
        simulated: whether the people of the evidence were simulated.
        population, people, sites: of the evidence.
        alpha: share of sets that may miss the right group, as aimed at; `Group.held` says what was measured.
        right: of the people of the evidence of whom one group was left, the share of that group; None: not measured.
        right_between: its 95 % interval, where that is known.
        coverage: share of the time in which the face was measured; None: the box could not compute it.
        why: reasons to abstain.
        groups: in the order of the bundle.
        answer: the one group that is not ruled out; None: no answer.
        told: the event's `support` as it was written.
    """

    bundle: str
    phase: str
    supported: bool
    simulated: bool
    population: str
    people: int
    sites: int
    alpha: float
    right: float | None
    right_between: tuple[float, float] | None
    coverage: float | None
    why: tuple[Abstained, ...]
    groups: tuple[Group, ...]
    answer: str | None
    told: Json

    @classmethod
    def of(cls, event: Json) -> Self:
        """From an event that the contract takes."""
        told = event["support"]
        return cls(
            told["bundle"],
            told.get("phase", ""),
            told["supported"],
            told.get("simulated", False),
            told["population"],
            told["n"],
            told["sites"],
            told["alpha"],
            told.get("answered_right"),
            (told["answered_right_low"], told["answered_right_high"]) if "answered_right_low" in told else None,
            told.get("coverage"),
            tuple(map(Abstained, told.get("why", ()))),
            tuple(Group(one["name"], one["n"], one.get("possible"), one.get("held")) for one in support.groups(told)),
            support.answer(told),
            told,
        )

    @property
    def is_computed(self) -> bool:
        """Whether there is a set at all."""
        return any(group.possible is not None for group in self.groups)

    @property
    def possible(self) -> tuple[str, ...]:
        """The groups that are not ruled out."""
        return tuple(group.name for group in self.groups if group.possible)
