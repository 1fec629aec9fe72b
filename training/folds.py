"""Subject-exclusive folds: every participant's faces are in one fold only.

The folds have equally many participants, give or take one. Within that, participants are dealt greedily, those with
most to give first, to the fold in which what they give is rarest so far, so that what is rare is not left to one fold.
Who goes where depends on the data and the seed alone.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConfigError, DataError


def folds(participants: NDArray[np.str_], given: NDArray[Any], count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each face, (N,), from 1 to `count`.

    Args:
        participants: N, who is seen.
        given: N × columns, how much each face shows of what is to be spread evenly; the faces themselves count too.

    Raises:
        DataError: fewer participants than folds.
    """
    people = sorted(set(participants.tolist()))
    if len(people) < count:
        raise DataError(f"{len(people)} participants cannot be divided into {count} folds: set folds to fewer.")
    masks = {person: participants == person for person in people}
    gives = {person: np.concatenate([[mask.sum()], np.nansum(given[mask], axis=0)]) for person, mask in masks.items()}
    whole = np.maximum(sum(gives.values()), 1.0)
    order = sorted(people, key=lambda person: (-float((gives[person] / whole).sum()), _draw(seed, person)))
    loads, members = np.zeros((count, len(whole))), np.zeros(count, int)
    least, larger = divmod(len(people), count)
    place = {}
    for person in order:
        share = gives[person] / whole
        room = (members < least) | ((members == least) & ((members > least).sum() < larger))
        crowding = np.where(room, loads @ share, np.inf)
        fold = int(np.lexsort((members, crowding))[0])
        loads[fold] += share
        members[fold] += 1
        place[person] = fold + 1
    return np.array([place[person] for person in participants.tolist()], np.int64)


def chosen_folds(count: int, chosen: Sequence[int]) -> tuple[int, ...]:
    """The folds to be trained: those chosen, else all. Raises `ConfigError` where there is no such fold."""
    for number in chosen:
        if not 1 <= number <= count:
            raise ConfigError(f"There is no fold {number}: the recipe has {count}.")
    return tuple(chosen) or tuple(range(1, count + 1))


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
