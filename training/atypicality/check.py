"""`affectbox-training atypicality check`: what is wrong with a study, in words."""

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np

from device.contract.finding import Finding, Level
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT
from training.atypicality.ages import age_group, ages_of
from training.atypicality.evaluation import FEWEST_TYPICAL
from training.atypicality.metrics import draws, raters
from training.atypicality.plan import TYPICAL
from training.atypicality.recipe import FEWEST_PEOPLE, OURS
from training.atypicality.refusal import Ages
from training.atypicality.sound import troubles
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
    joined = join(study, ratings, read.moved)
    yield from (Finding(Level.FAIL, "study", text) for text in troubles(joined, read.moved, ratings))
    yield from findings_of(joined)


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
    if nothing := {one.moved.taken.source for one in study.sessions if not one.moved.taken.covers}:
        text = f"{len(nothing)} recordings with no consent on the box ({some(sorted(nothing))}): that these people "
        yield Finding(Level.WARNING, "consent", f"{text}agreed to this study has to stand elsewhere.")
    if untold := sum(not age_group(one.age) for one in study.people):
        text = f"The age of {people(untold)} is not told: of them no bundle is made, for nobody knows of whom it is."
        yield Finding(Level.WARNING, "ages", text)


def _of_windows(study: MovementStudy) -> Iterator[Finding]:
    windows = windows_of(study, OURS.grid)
    seen = {int(number) for number in np.unique(windows.person)}
    if blind := [one.pseudonym for number, one in enumerate(study.people) if number not in seen]:
        text = f"{people(len(blind))} of whom too little was measured for a single window: {some(blind)}."
        yield Finding(Level.WARNING, "windows", text)
    yield from _of_ages(study, windows)
    if not study.raters:
        text = "Nothing is rated: the companion can be learnt, and nothing that rates."
        yield Finding(Level.WARNING, "ratings", text)
        return
    rated = windows.rated
    number = len(np.unique(rated.person))
    yield Finding(Level.OK, "windows", f"{len(rated)} of {people(number)} were rated by {len(study.raters)}.")
    if number < FEWEST_PEOPLE:
        text = (
            f"{people(number)} were rated: {FEWEST_PEOPLE} at least are needed to learn from some and test on others. "
            f"Rated are windows of {OURS.grid.seconds:g} s of which somebody rated half at least."
        )
        yield Finding(Level.FAIL, "ratings", text)
        return
    yield from _of_ratings(rated)


def _of_ages(study: MovementStudy, windows: Windows) -> Iterator[Finding]:
    """Whom bundles would leave out, where the typical group is called as usual."""
    rated, usual = windows.rated, windows.take(windows.of_group(TYPICAL))
    numbers, typical, rated_typical = (
        ages_of(study.people[number] for number in np.unique(of.person))
        for of in (rated, usual, rated.take(rated.of_group(TYPICAL)))
    )
    says_typical = sum(rated_typical.values()) >= FEWEST_TYPICAL
    for task, whose in (
        (ATYPICALITY, Ages(numbers, rated_typical if says_typical else None)),
        (TYPICAL_MOVEMENT, Ages(typical, typical)),
    ):
        yield from (Finding(Level.WARNING, task, text) for text in whose.left_out())


def _of_ratings(rated: Windows) -> Iterator[Finding]:
    whole = np.isfinite(rated.ratings).all(axis=1)
    if not whole.any():
        text = "No window was rated by all raters: how far they agree cannot be known, so no bundle is made."
        yield Finding(Level.WARNING, "raters", text)
    elif whole.mean() < 0.5:
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
