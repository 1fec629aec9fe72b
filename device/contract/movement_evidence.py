"""The evidence of a bundle that reads how a face moves, with people whom it had not learnt from.

It stands in the manifest as `receipt.evidence`, as that of diagnosis support does, and says of whom it is: nobody of
another age is ever compared with them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from device.contract.bundle_file import refuse
from device.contract.choices import AGES
from device.contract.evidence import Interval, in_receipt, told
from device.contract.fields import Json

_LONGEST = 400  # of the population, as in the event
_FIGURE = re.compile("[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class MovementEvidence:
    """What is known of a bundle.

    Attributes:
        supported: whether the evidence carries it.
        unsupported: why not, in sentences; none where it does.
        population: who the people were, in words.
        ages: of `AGES`; nobody of another age is read.
        n: people; windows: of theirs.
        typical_people: of them those on whom what it says of typical people rests; None: not known.
        raters: who rated each window at most; 0 where nobody rated.
        simulated: whether the people were.
        figures: name → figure with its 95 % interval by bootstrap over people, of people outside the folds that were
            learnt from: `pearson`, `mae`, `baseline_mae`, `ceiling`, `covered` and what else training tells.
    """

    supported: bool
    unsupported: tuple[str, ...]
    population: str
    ages: tuple[str, ...]
    n: int
    windows: int
    simulated: bool
    raters: int = 0
    typical_people: int | None = None
    figures: dict[str, Interval] = field(default_factory=dict)

    @classmethod
    def from_receipt(cls, receipt: Mapping[str, Any], where: str) -> "MovementEvidence":
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


def _checks(of: MovementEvidence) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "'supported', beside the reasons against it,", of.supported, of.supported == (not of.unsupported)
    yield "'population'", of.population, 0 < len(of.population) <= _LONGEST
    yield "'ages'", of.ages, 0 < len(of.ages) == len({*of.ages} & {*AGES})
    yield "'n'", of.n, of.n > 0
    yield "'windows'", of.windows, of.windows >= of.n
    yield "'raters'", of.raters, of.raters >= 0
    yield "'typical_people'", of.typical_people, of.typical_people is None or 0 < of.typical_people <= of.n
    for name, figure in of.figures.items():
        yield "a figure's name", name, _FIGURE.fullmatch(name) is not None
        yield f"'{name}'", asdict(figure), figure.low <= figure.value <= figure.high
