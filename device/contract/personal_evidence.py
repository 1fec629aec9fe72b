"""The evidence of a bundle that watches one person's own movement: how much of them it has seen, and what it can tell.

It stands in the manifest as `receipt.evidence`, as that of diagnosis support does. It is of one person, and says
nothing of anybody else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from device.contract.bundle_file import refuse
from device.contract.evidence import Interval, in_receipt, told
from device.contract.fields import Json

_FIGURE = re.compile("[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class PersonalEvidence:
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

    @classmethod
    def from_receipt(cls, receipt: Mapping[str, Any], where: str) -> "PersonalEvidence":
        """The evidence in a manifest's receipt; `where` names the bundle in errors. Raises `ModelError`."""
        found = told(cls, receipt, where)
        found.check(where)
        return found

    def check(self, where: str) -> None:
        """Raises `ModelError`: what no box would take."""
        refuse(_checks(self), f"The evidence of bundle {where}")

    def to_json(self) -> Json:
        """As it stands in the receipt; check it first."""
        return in_receipt(self)


def _checks(of: PersonalEvidence) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "'supported', beside the reasons against it,", of.supported, of.supported == (not of.unsupported)
    yield "'recordings'", of.recordings, of.recordings > 0
    yield "'seconds'", of.seconds, isfinite(of.seconds) and of.seconds > 0
    yield "'faces'", of.faces, of.faces > 0
    yield "'held_out'", of.held_out, of.held_out >= 0
    yield "'movements'", of.movements, of.movements >= 0
    for name, figure in of.figures.items():
        yield "a figure's name", name, _FIGURE.fullmatch(name) is not None
        yield f"'{name}'", asdict(figure), figure.low <= figure.value <= figure.high
