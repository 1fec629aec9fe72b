"""Age groups: all that a consent says of how old somebody is."""

from collections import Counter
from collections.abc import Iterable
from math import isnan

import numpy as np

from device.contract.choices import AGES
from training.cohort.people import Participant

#: The first age, years, of each of `AGES`.
_FROM = (0.0, 6.0, 13.0, 18.0, 65.0)


def age_group(years: float) -> str:
    """The group of an age; '' of one that is not told."""
    return "" if isnan(years) else AGES[int(np.searchsorted(_FROM, years, "right")) - 1]


def ages_of(people: Iterable[Participant]) -> dict[str, int]:
    """Age group → people, in the order of age; '' of those whose age is not told."""
    counts = Counter(age_group(person.age) for person in people)
    return {name: counts[name] for name in ("", *AGES) if counts[name]}
