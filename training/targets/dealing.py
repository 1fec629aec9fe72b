"""What could as well have been, if groups or phases made no difference.

Two groups: the labels of participants are dealt anew within each site, for sites differ in camera and light, and
people are exchangeable only within one (Winkler et al. 2014, exchangeability blocks). Two phases: the sign of each
person's difference is flipped or not. A participant's numbers stay together, so points and bins keep how they go
together, and so does what was not measured.
"""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError

Mask = NDArray[np.bool_]
MANY = 10**12
#: Fewer people than this in a group, or with both phases, are compared by nobody.
LEAST = 5
#: With fewer ways to deal than this no p can be below .05.
_LEAST_WAYS = 21


def blocks(sites: Sequence[str]) -> list[NDArray[np.intp]]:
    """The rows of each site."""
    named = np.array(sites)
    return [np.flatnonzero(named == site) for site in sorted(set(sites))]


def ways(second: Mask, sites: Sequence[str]) -> int:
    """In how many ways the labels can be dealt within sites; `MANY` where there are more."""
    return min(MANY, math.prod(math.comb(len(rows), int(second[rows].sum())) for rows in blocks(sites)))


def ways_to_flip(people: int) -> int:
    """In how many ways signs can be flipped, likewise."""
    return min(MANY, 1 << people)


def deal(second: Mask, sites: Sequence[str], number: int, random: np.random.Generator) -> Mask:
    """(number, P) who is in the second group, dealt anew within each site.

    Raises:
        DataError: too few people, or no site has people of both groups.
    """
    if (least := min(int(second.sum()), int((~second).sum()))) < LEAST:
        raise DataError(f"A group has {least} people: at least {LEAST} in each are needed to compare two groups.")
    if ways(second, sites) < _LEAST_WAYS:
        raise DataError(
            "Sites and groups cannot be told apart: hardly a site has people of both groups, so that a difference of "
            "cameras and rooms would look like one of groups. Nothing was computed: record both groups at each site."
        )
    dealt = np.repeat(second[None], number, 0)
    for rows in blocks(sites):
        dealt[:, rows] = random.permuted(dealt[:, rows], axis=1)
    return dealt


def flip(people: int, number: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(number, people) 1 or −1; every way once, where that is fewer.

    Raises:
        DataError: too few people.
    """
    if people < LEAST:
        raise DataError(f"{people} people have both phases: at least {LEAST} are needed to compare two phases.")
    if 2**people <= number:
        return np.array(list(product((1.0, -1.0), repeat=people)))[1:]  # the first is what was observed
    return random.choice(np.array([1.0, -1.0]), (number, people))
