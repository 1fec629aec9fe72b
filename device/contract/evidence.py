"""The evidence of a bundle for diagnosis support: what was found of it with people whom it had not learnt from.

It stands in the manifest as `receipt.evidence`, and says whether it carries what the bundle says of anybody
(`supported`), and if not, why not. Everybody who shows what such a bundle said shows that beside it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from device.contract.bundle_file import refuse
from device.contract.errors import ModelError
from device.contract.fields import Json
from device.contract.support import GROUP, GROUPS
from device.contract.typed import typed

#: What is looked at, its value, and whether that may be.
Check = tuple[str, Any, bool]
#: Where it stands in `Manifest.receipt`.
KEY = "evidence"
_LONGEST = 400  # of the population, as in the event
_FEWEST_GROUPS = 2
_FIGURE = re.compile("[a-z][a-z0-9_]{0,39}")
_INTERVALS = ("balanced_accuracy", "coverage_of_sets", "confounds", "answered_right")


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval: in an evidence by bootstrap."""

    value: float
    low: float
    high: float


class Told:
    """What the evidence of a bundle of any kind is asked: a dataclass."""

    supported: bool
    unsupported: tuple[str, ...]

    @classmethod
    def from_receipt(cls, receipt: Mapping[str, Any], where: str) -> Self:
        """The evidence in a manifest's receipt; `where` names the bundle in errors. Raises `ModelError`."""
        if KEY not in receipt:
            raise ModelError(f"Bundle {where} tells no evidence of what it says of people: export it again.")
        try:
            found: Self = typed(cls, receipt[KEY])
        except (ValueError, RecursionError) as error:
            raise ModelError(f"The evidence of bundle {where} cannot be read ({error}): export it again.") from None
        found.check(where)
        return found

    def check(self, where: str) -> None:
        """Raises `ModelError`: what no box would take."""
        refuse(self._checks(), f"The evidence of bundle {where}")

    def to_json(self) -> Json:
        """As it stands in the receipt, without what is None; check it first."""
        found: Json = json.loads(json.dumps(asdict(self), allow_nan=False))  # type: ignore[call-overload]
        return {name: value for name, value in found.items() if value is not None}

    def _checks(self) -> Iterator[Check]:
        yield "'supported', beside the reasons against it,", self.supported, self.supported == (not self.unsupported)


def of_figures(figures: Mapping[str, Interval]) -> Iterator[Check]:
    """What is looked at in figures by their names."""
    for name, figure in figures.items():
        yield "a figure's name", name, _FIGURE.fullmatch(name) is not None
        yield f"'{name}'", asdict(figure), figure.low <= figure.value <= figure.high


@dataclass(frozen=True)
class Ages:
    """Of the youngest and the oldest participant, years."""

    low: float
    high: float


@dataclass(frozen=True)
class Evidence(Told):
    """What is known of a bundle.

    Attributes:
        supported: whether the evidence carries it.
        unsupported: why not, in sentences; none where it does.
        population: who the participants were, in words.
        n, sites: participants, and the sites that they came from.
        groups: group → participants.
        phases: of which features were taken, or `device.contract.features.SESSION`.
        balanced_accuracy: 0–1, of people outside the folds that were learnt from.
        alpha: share of the sets that may miss the right group.
        coverage_of_sets: share of the sets that held it.
        answered: share of the sets that were of a single group.
        answered_right: of those, the share of the right group; None: not known.
        held: group → share of its people whose set held it; a group that it lacks was not measured.
        simulated: whether the participants were.
        p_value, permutations: of the test with labels permuted within sites; no `p_value`: not tried.
        confounds: balanced accuracy of a model of the confounds alone; None: not tried.
        age: None where it is not known.
    """

    supported: bool
    unsupported: tuple[str, ...]
    population: str
    n: int
    sites: int
    groups: dict[str, int]
    phases: tuple[str, ...]
    balanced_accuracy: Interval
    alpha: float
    coverage_of_sets: Interval
    answered: float
    simulated: bool
    p_value: float | None = None
    permutations: int = 0
    confounds: Interval | None = None
    age: Ages | None = None
    answered_right: Interval | None = None
    held: dict[str, Interval] | None = None

    def _checks(self) -> Iterator[Check]:
        yield from super()._checks()
        yield "'population'", self.population, 0 < len(self.population) <= _LONGEST
        yield "the number of its groups", len(self.groups), _FEWEST_GROUPS <= len(self.groups) <= len(GROUPS)
        for name, people in self.groups.items():
            yield "a group's name", name, re.fullmatch(GROUP, name) is not None
            yield f"the number of people of '{name}'", people, people > 0
        yield "'n', the sum of its groups,", self.n, self.n == sum(self.groups.values())
        yield "'sites'", self.sites, self.sites > 0
        yield "'phases'", self.phases, len(self.phases) > 0
        yield "'alpha'", self.alpha, 0 < self.alpha < 1
        held = self.held or {}
        yield "the groups in 'held'", sorted(held), held.keys() <= self.groups.keys()
        named = {name: getattr(self, name) for name in _INTERVALS}
        named |= {f"held.{name}": one for name, one in held.items()}
        for name, interval in named.items():
            if interval is not None:
                yield f"'{name}'", asdict(interval), 0 <= interval.low <= interval.value <= interval.high <= 1
        yield "'answered'", self.answered, 0 <= self.answered <= 1
        yield "'permutations'", self.permutations, self.permutations >= 0
        yield "'p_value'", self.p_value, self.p_value is None or 0 < self.p_value <= 1
        yield "'p_value' of what is supported", self.p_value, not self.supported or self.p_value is not None
        if self.age:
            yield "'age'", asdict(self.age), 0 <= self.age.low <= self.age.high
