"""Who takes part in a study."""

from collections.abc import Iterable
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


def named_after(file: str, pseudonyms: Iterable[str]) -> str:
    """By whom the name of a file begins; '' for nobody."""
    stem = file.rpartition(".")[0] or file
    begun = [one for one in pseudonyms if stem == one or (stem.startswith(one) and not stem[len(one)].isalnum())]
    return max(begun, key=len, default="")


def groups(people: tuple[Participant, ...]) -> tuple[str, ...]:
    """The groups that occur, in the order of the alphabet."""
    return tuple(sorted({person.group for person in people}))


def labels(people: tuple[Participant, ...]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """(P,) the number of each person's group in `groups`."""
    known = groups(people)
    return np.array([known.index(person.group) for person in people], np.intp)
