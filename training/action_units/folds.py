"""Subject-exclusive folds: every participant's faces are in one fold only.

The folds have equally many participants, give or take one. Within that, participants are dealt greedily, those with
most to give first, to the fold in which faces and present action units of their kind are rarest so far, so that a rare
action unit is not left to one fold. Who goes where depends on the data and the seed alone.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import DataError
from device.stages.appearance import INTENSITY, PRESENCE
from training.action_units.data import Annotated


def folds(data: Annotated, count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each face, (N,), from 1 to `count`. Raises `DataError` with fewer participants than folds."""
    people = sorted(set(data.participants.tolist()))
    if len(people) < count:
        raise DataError(f"{len(people)} participants cannot be divided into {count} folds: set folds to fewer.")
    gives = {person: _gives(data, data.participants == person) for person in people}
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
    return np.array([place[person] for person in data.participants.tolist()], np.int64)


def _gives(data: Annotated, mine: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What a participant brings: faces, then how often each action unit is present, or how much of it."""
    head = PRESENCE if PRESENCE in data.values else INTENSITY
    return np.concatenate([[mine.sum()], np.nansum(data.values[head][mine], axis=0)])


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
