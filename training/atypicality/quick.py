"""Simulated children as a study, without files, as `simulate` would write and `study` read them: for what has to be
tried on many (`tests/training/atypicality/test_simulate.py` compares both)."""

from dataclasses import replace

import numpy as np

from device.contract.features import SESSION
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS
from device.contract.movement import COLUMNS
from device.features.features import features_of
from device.features.movement import columns_of
from device.features.series import Series
from training.atypicality.acting import Acted
from training.atypicality.ratings import Rating
from training.atypicality.simulate import Children
from training.atypicality.study import Moved, MovementStudy, Rated
from training.cohort.course import SEEN, SIDED, Course
from training.cohort.recordings import SIDES_DIFFER, SIMULATED_BUNDLE
from training.cohort.taken import Taken
from training.cohort.truth import Floats


def study_of(children: Children) -> MovementStudy:
    """All children of a plan."""
    sessions = tuple(_rated(children, person) for person in range(len(children)))
    return MovementStudy(
        children.people,
        sessions,
        tuple(sorted({rating.rater for one in sessions for rating in one.ratings})),
        simulated=True,
        sources=(SIMULATED_BUNDLE,),
    )


def true_study(children: Children, study: MovementStudy) -> MovementStudy:
    """The same movements, rated by the truth alone."""
    return replace(study, raters=("truth",), sessions=tuple(_truly(children, one) for one in study.sessions))


def _truly(children: Children, one: Rated) -> Rated:
    truth = children.acted(one.person).rating(*children.spans).tolist()
    spans = zip(*(of.tolist() for of in children.spans), truth, strict=True)
    said = tuple(Rating(one.moved.taken.source, from_s, to_s, "truth", value) for from_s, to_s, value in spans)
    return replace(one, ratings=said)


def _rated(children: Children, person: int) -> Rated:
    acted, name = children.acted(person), f"{children.people[person].pseudonym}.jsonl"
    truth = acted.rating(*children.spans)
    spans = [*zip(*(of.tolist() for of in children.spans), strict=True)]
    said = tuple(
        Rating(name, from_s, to_s, f"r{rater}", float(rating))
        for (from_s, to_s), row in zip(spans, children.rated(person, truth).tolist(), strict=True)
        for rater, rating in enumerate(row, 1)
    )
    return Rated(person, _moved(children, person, acted), said)


def _moved(children: Children, person: int, acted: Acted) -> Moved:
    course, told = acted.course, children.told(person)
    time, measured, paths = np.arange(len(course)) / course.hz, course.gated == SEEN, _paths(course)
    features = features_of(Series.of_columns(time, measured, paths))
    taken = Taken(
        f"{told.own['device']}~{told.own['session']}",
        f"{told.patient}.jsonl",
        told.patient,
        covers=told.covers,
        rate=course.hz,
        models=(SIMULATED_BUNDLE,),
        parts=(SESSION,),
        values=features[np.newaxis],
    )
    return Moved(taken, time, columns_of(paths, measured, COLUMNS).astype(np.float32), (taken.source,))


def _paths(course: Course) -> dict[str, Floats]:
    """Fields of the records of a course, as recordings have them."""
    found = {f"aus.{key}": course.aus[:, at] for at, key in enumerate(ACTION_UNIT_KEYS)}
    found |= {f"emotions.{name}": course.emotions[:, at] for at, name in enumerate(EMOTIONS)}
    for at in np.flatnonzero(SIDED).tolist():
        apart = np.where(np.abs(course.sides[:, at]) >= SIDES_DIFFER, course.sides[:, at], np.nan)
        for side, sign in (("left", 1), ("right", -1)):
            value = np.clip(course.aus[:, at] + sign * apart / 2, 0.0, 5.0).round(2)
            found[f"{side}.{ACTION_UNIT_KEYS[at]}"] = value
    return found | {"pose.yaw": course.yaw, "pose.pitch": course.pitch, "pose.roll": np.full(len(course), 0.4)}
