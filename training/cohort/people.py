"""Who takes part in a study."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Participant:
    """One person: pseudonym, group, site, age in years (NaN: not told), sex and medication ('' : not told)."""

    pseudonym: str
    group: str
    site: str = ""
    age: float = float("nan")
    sex: str = ""
    medication: str = ""


def groups(people: tuple[Participant, ...]) -> tuple[str, ...]:
    """The groups that occur, in the order of the alphabet."""
    return tuple(sorted({person.group for person in people}))


def labels(people: tuple[Participant, ...]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """(P,) the number of each person's group in `groups`."""
    known = groups(people)
    return np.array([known.index(person.group) for person in people], np.intp)
