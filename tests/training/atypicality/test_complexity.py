"""Entropy is tested on both sides: either group may have more."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract.features import NAMES
from training.atypicality.complexity import ENTROPIES, compared
from training.atypicality.study import Moved, MovementStudy, Rated
from training.cohort.people import Participant
from training.cohort.taken import Taken


def study(of_typical, of_others):
    people, sessions = [], []
    for group, values in (("typical", of_typical), ("atypical", of_others)):
        for value in values:
            features = np.full((1, len(NAMES)), np.nan)
            features[0, NAMES.index("movement.entropy.1")] = value
            taken = Taken("box~s", "f", f"p-{len(people)}", parts=("whole-session",), values=features)
            sessions.append(Rated(len(people), Moved(taken, np.zeros(0), np.zeros((0, 43), np.float32), ())))
            people.append(Participant(f"p-{len(people)}", group))
    return MovementStudy(tuple(people), tuple(sessions))


@pytest.mark.parametrize(("shift", "told"), [(2.0, "higher in the others"), (-2.0, "higher in typical people")])
def test_either_side_is_found(shift, told):
    chance = np.random.default_rng(0)
    (one,) = compared(study(chance.normal(0, 1, 15), chance.normal(shift, 1, 15)))

    assert (one.name, one.told) == ("movement.entropy.1", told)
    assert (one.higher > 0.5) == (shift > 0)


def test_of_nothing_planted_hardly_anything_is_found():
    chance = np.random.default_rng(1)
    found = [compared(study(*chance.normal(0, 1, (2, 12))))[0].p < 0.05 for _ in range(200)]

    assert np.mean(found) < 0.09


def test_of_too_few_people_nothing_is_told():
    assert compared(study([1.0, 2.0], [1.0] * 9)) == ()


def test_p_is_corrected_for_the_number_of_features(few):
    found = compared(few)

    assert {one.name for one in found} <= set(ENTROPIES)
    assert all(one.p <= 1 for one in found)
    twice = replace(few, sessions=few.sessions)
    assert compared(twice) == found
