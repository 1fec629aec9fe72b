"""A study is learnt from where it is sound: what of its recordings and ratings makes it useless, in sentences."""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from device.contract.errors import DataError
from device.contract.finding import Level
from training.atypicality.ratings import Rating, Ratings
from training.atypicality.study import Moved, MovementStudy, Rated, join, read_recordings, tables_of
from training.cohort.checks.apart import people, some
from training.cohort.study import RECORDINGS

_COVERED = "atypicality"


def study_of(arguments: argparse.Namespace) -> MovementStudy:
    """All of a folder. Raises `ConfigError`, `DataError`: something makes it useless; `check` says all of it."""
    study, ratings = tables_of(arguments.folder)
    read = read_recordings(arguments.folder / RECORDINGS, arguments.scheduler, arguments.workers)
    joined = join(study, ratings, read.moved)
    failed = [one.text for one in (*study.findings, *ratings.findings) if one.level is Level.FAIL]
    failed += [*read.troubles, *troubles(joined, read.moved, ratings)]
    if failed:
        more = f" (and {len(failed) - 1} more: `affectbox-training atypicality check`)" if len(failed) > 1 else ""
        raise DataError(f"{failed[0]}{more}")
    if not joined.sessions:
        raise DataError("No participant has a recording: check the pseudonyms in the table and in the sessions.")
    return joined


def troubles(study: MovementStudy, moved: Sequence[Moved], ratings: Ratings) -> Iterator[str]:
    """What makes a study useless that its tables do not say of themselves; `moved`: whatever was read for it."""
    simulated = sum(one.moved.taken.is_simulated for one in study.sessions)
    if 0 < simulated < len(study.sessions):
        yield f"{simulated} of {len(study.sessions)} sessions are simulated and the others are not: keep them apart."
    yield from _consents(study.sessions)
    yield from _names(moved, ratings)
    for one in study.sessions:
        yield from _twice(one.ratings)


def _consents(sessions: Sequence[Rated]) -> Iterator[str]:
    """Of whom a consent on a box tells what they agreed to, and not to this."""
    told = [one.moved.taken for one in sessions if one.moved.taken.covers]
    if lacking := {one.patient for one in told if _COVERED not in one.covers}:
        whose = f"{people(len(lacking))}: {some(sorted(lacking))}"
        yield f"The consent does not cover comparison with other people, of {whose}. Take their recordings out."


def _names(moved: Sequence[Moved], ratings: Ratings) -> Iterator[str]:
    """Seconds of a file that holds several sessions are nobody knows whose."""
    visits: dict[str, set[str]] = defaultdict(set)
    for one in moved:
        for name in one.names:
            visits[name].add(one.taken.visit)
    for name in sorted({row.recording for row in ratings.rows}):
        if len(visits[name]) > 1:
            known = ", ".join(sorted(visits[name]))
            yield f"{name}, which is rated, is {len(visits[name])} sessions: name one of them instead, as {known}."


def _twice(ratings: Sequence[Rating]) -> Iterator[str]:
    """A recording has several names, and a rater used two of them for the same seconds."""
    for rater in sorted({row.rater for row in ratings}):
        own = sorted((row for row in ratings if row.rater == rater), key=lambda row: (row.from_s, row.recording))
        for before, after in pairwise(own):
            if after.from_s < before.to_s - 1e-9 and after.recording != before.recording:
                names = f"{before.recording} and {after.recording}, which are one recording"
                yield f"{rater} rated the same seconds of {names}: leave one of them."
                break
