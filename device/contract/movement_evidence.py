"""The evidence of a bundle that reads how a face moves, with people whom it had not learnt from.

It stands in the manifest as `receipt.evidence`, as that of diagnosis support does, and says of whom it is: nobody of
another age is ever compared with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from device.contract.choices import AGES
from device.contract.evidence import Check, Interval, Told, of_figures

_LONGEST = 400  # of the population, as in the event


@dataclass(frozen=True)
class MovementEvidence(Told):
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

    def _checks(self) -> Iterator[Check]:
        yield from super()._checks()
        yield "'population'", self.population, 0 < len(self.population) <= _LONGEST
        yield "'ages'", self.ages, 0 < len(self.ages) == len({*self.ages} & {*AGES})
        yield "'n'", self.n, self.n > 0
        yield "'windows'", self.windows, self.windows >= self.n
        yield "'raters'", self.raters, self.raters >= 0
        yield "'typical_people'", self.typical_people, self.typical_people is None or 0 < self.typical_people <= self.n
        yield from of_figures(self.figures)
