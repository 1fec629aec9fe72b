"""`affectbox-training atypicality check`: what is wrong with a study, in words."""

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np

from device.contract.finding import Finding, Level
from training.atypicality.metrics import draws, raters
from training.atypicality.recipe import FEWEST_PEOPLE, OURS
from training.atypicality.study import MovementStudy, join, read_recordings, tables_of
from training.atypicality.windows import Windows, windows_of
from training.cohort.checks.apart import people, some
from training.cohort.study import RECORDINGS
from training.findings import tell

#: Raters who agree on less are told, and windows of which more have one rating alone.
LEAST_AGREED, MOST_OF_ONE = 0.5, 0.9


def check(arguments: argparse.Namespace) -> int:
    """Say it; the exit code of `CheckFailedError` where the study is useless. Raises `ConfigError`, `DataError`."""
    return tell([*_findings(arguments)], arguments.json)


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    study, ratings = tables_of(arguments.folder)
    read = read_recordings(arguments.folder / RECORDINGS, arguments.scheduler, arguments.workers)
    yield from (*study.findings, *ratings.findings)
    yield from (Finding(Level.FAIL, "recordings", trouble) for trouble in read.troubles)
    yield from (Finding(Level.WARNING, "recordings", f"{text}.") for text in read.passed_over)
    yield from findings_of(join(study, ratings, read.moved))


def findings_of(study: MovementStudy) -> Iterator[Finding]:
    """What is wrong with the recordings of a study, and with what was said of them."""
    yield from (Finding(Level.WARNING, "recordings", text) for text in study.beside)
    if not study.sessions:
        text = "No participant has a recording: check the pseudonyms in the table and in the sessions."
        yield Finding(Level.FAIL, "recordings", text)
        return
    yield from _of_networks(study)
    yield from _of_windows(study)


def _of_networks(study: MovementStudy) -> Iterator[Finding]:
    sets = Counter(one.moved.taken.models for one in study.sessions)
    if len(sets) > 1:
        most = ", ".join(sets.most_common(1)[0][0])
        text = f"The recordings were measured by {len(sets)} sets of networks, most of them by {most}."
        yield Finding(Level.WARNING, "networks", text)
    lacking = {one.moved.taken.patient for one in study.sessions if "atypicality" not in one.moved.taken.covers}
    if lacking:
        whose = f"{people(len(lacking))}: {some(sorted(lacking))}"
        text = f"The consent does not cover comparison with other people, of {whose}."
        yield Finding(Level.FAIL, "consent", text)


def _of_windows(study: MovementStudy) -> Iterator[Finding]:
    windows = windows_of(study, OURS.grid)
    seen = {int(number) for number in np.unique(windows.person)}
    if blind := [one.pseudonym for number, one in enumerate(study.people) if number not in seen]:
        text = f"{people(len(blind))} of whom too little was measured for a single window: {some(blind)}."
        yield Finding(Level.WARNING, "windows", text)
    if not study.raters:
        text = "Nothing is rated: the companion can be learnt, and nothing that rates."
        yield Finding(Level.WARNING, "ratings", text)
        return
    rated = windows.rated
    number = len(np.unique(rated.person))
    yield Finding(Level.OK, "windows", f"{len(rated)} of {people(number)} were rated by {len(study.raters)}.")
    if number < FEWEST_PEOPLE:
        text = (
            f"{people(number)} were rated: {FEWEST_PEOPLE} at least are needed to learn from some and test on others."
        )
        yield Finding(Level.FAIL, "ratings", text)
        return
    yield from _of_ratings(rated)


def _of_ratings(rated: Windows) -> Iterator[Finding]:
    if np.isfinite(rated.ratings).all(axis=1).mean() < 0.5:
        text = "Most windows were not rated by all raters: how far they agree is judged on the others alone."
        yield Finding(Level.WARNING, "raters", text)
    agreed = raters(rated, draws(rated, 0)).mean.value
    if agreed < LEAST_AGREED:
        text = f"The raters hardly agree (ICC(2,k) = {agreed:.2f}): what they do not share, nothing can learn."
        yield Finding(Level.WARNING, "raters", text)
    counts = Counter(np.round(rated.rating).tolist())
    value, most = counts.most_common(1)[0]
    if most > MOST_OF_ONE * len(rated):
        text = f"{most / len(rated):.0%} of the windows are rated {value:g}: there is hardly anything to tell apart."
        yield Finding(Level.WARNING, "ratings", text)
