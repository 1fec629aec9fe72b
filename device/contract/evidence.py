"""The evidence of a bundle for diagnosis support: what was found of it with people whom it had not learnt from.

It stands in the manifest as `receipt.evidence`, and says whether it carries what the bundle says of anybody
(`supported`), and if not, why not. Everybody who shows what such a bundle said shows that beside it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from device.contract.bundle_file import refuse
from device.contract.errors import ModelError
from device.contract.fields import Json
from device.contract.support import GROUP, GROUPS
from device.contract.typed import typed

_Kind = TypeVar("_Kind")
#: Where it stands in `Manifest.receipt`.
KEY = "evidence"
_LONGEST = 400  # of the population, as in the event
_FEWEST_GROUPS = 2
_INTERVALS = ("balanced_accuracy", "coverage_of_sets", "confounds", "answered_right")


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval, by bootstrap over participants."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Ages:
    """Of the youngest and the oldest participant, years."""

    low: float
    high: float


@dataclass(frozen=True)
class Evidence:
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

    @classmethod
    def from_receipt(cls, receipt: Mapping[str, Any], where: str) -> "Evidence":
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


def told(kind: type[_Kind], receipt: Mapping[str, Any], where: str) -> _Kind:
    """The evidence in a manifest's receipt, not yet checked. Raises `ModelError`: none, or of another form."""
    if KEY not in receipt:
        raise ModelError(f"Bundle {where} tells no evidence of what it says of people: export it again.")
    try:
        found: _Kind = typed(kind, receipt[KEY])
    except (ValueError, RecursionError) as error:
        raise ModelError(f"The evidence of bundle {where} cannot be read ({error}): export it again.") from None
    return found


def in_receipt(evidence: Any) -> Json:
    """An evidence as it stands in the receipt: what is None is left out."""
    found: Json = json.loads(json.dumps(asdict(evidence), allow_nan=False))
    return {name: value for name, value in found.items() if value is not None}


def _checks(of: Evidence) -> Iterator[tuple[str, Any, bool]]:
    """What is looked at, its value, and whether that may be."""
    yield "'supported', beside the reasons against it,", of.supported, of.supported == (not of.unsupported)
    yield "'population'", of.population, 0 < len(of.population) <= _LONGEST
    yield "the number of its groups", len(of.groups), _FEWEST_GROUPS <= len(of.groups) <= len(GROUPS)
    for name, people in of.groups.items():
        yield "a group's name", name, re.fullmatch(GROUP, name) is not None
        yield f"the number of people of '{name}'", people, people > 0
    yield "'n', the sum of its groups,", of.n, of.n == sum(of.groups.values())
    yield "'sites'", of.sites, of.sites > 0
    yield "'phases'", of.phases, len(of.phases) > 0
    yield "'alpha'", of.alpha, 0 < of.alpha < 1
    held = of.held or {}
    yield "the groups in 'held'", sorted(held), held.keys() <= of.groups.keys()
    named = {name: getattr(of, name) for name in _INTERVALS} | {f"held.{name}": one for name, one in held.items()}
    for name, interval in named.items():
        if interval is not None:
            yield f"'{name}'", asdict(interval), 0 <= interval.low <= interval.value <= interval.high <= 1
    yield "'answered'", of.answered, 0 <= of.answered <= 1
    yield "'permutations'", of.permutations, of.permutations >= 0
    yield "'p_value'", of.p_value, of.p_value is None or 0 < of.p_value <= 1
    yield "'p_value' of what is supported", of.p_value, not of.supported or of.p_value is not None
    if of.age:
        yield "'age'", asdict(of.age), 0 <= of.age.low <= of.age.high
