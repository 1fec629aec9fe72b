"""The evidence of a bundle that watches one person's own movement: how much of them it has seen, and what it can tell.

It stands in the manifest as `receipt.evidence`, as that of diagnosis support does. It is of one person, and says
nothing of anybody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from device.contract.evidence import Check, Interval, Told, of_figures


@dataclass(frozen=True)
class PersonalEvidence(Told):
    """What is known of a bundle.

    Attributes:
        supported: whether the evidence carries it.
        unsupported: why not, in sentences; none where it does.
        recordings: of the person; seconds: of them in which the face was seen, learnt from or held out.
        faces: that the network learnt from; held_out: faces of stretches of time that it did not learn from.
        movements: that it tells apart.
        simulated: whether the person was.
        figures: name → figure with its 95 % interval, on held out stretches of time: `distance` from the person's
            usual (1 of those learnt from), `auc` and `f1` of linear probes of action units, `stability` of the
            movements (0 to 1) and what else training tells.
    """

    supported: bool
    unsupported: tuple[str, ...]
    recordings: int
    seconds: float
    faces: int
    held_out: int
    movements: int
    simulated: bool
    figures: dict[str, Interval] = field(default_factory=dict)

    def _checks(self) -> Iterator[Check]:
        yield from super()._checks()
        yield "'recordings'", self.recordings, self.recordings > 0
        yield "'seconds'", self.seconds, isfinite(self.seconds) and self.seconds > 0
        yield "'faces'", self.faces, self.faces > 0
        yield "'held_out'", self.held_out, self.held_out >= 0
        yield "'movements'", self.movements, self.movements >= 0
        yield from of_figures(self.figures)
