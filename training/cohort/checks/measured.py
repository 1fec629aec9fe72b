"""What was measured: coverage, how long, of whom most, and features that never were."""

from collections.abc import Iterator

import numpy as np

from device.contract.finding import Finding, Level
from training.cohort.checks.apart import farthest, people, some
from training.cohort.features import NOTHING
from training.cohort.table import FeatureTable

#: Below: too little of a person was seen, in a phase; of all frames, too many are of one person.
LEAST_SEEN, LEAST_S, MOST_OF_ONE = 0.3, 20.0, 0.5


def check_measured(table: FeatureTable) -> Iterator[Finding]:
    """What is wrong with the features of a study."""
    known = np.isfinite(table.values)
    if not known.any():
        yield Finding(Level.FAIL, "features", f"{NOTHING}.")
        return
    yield from _coverage(table)
    yield from _frames(table)
    yield from _length(table)
    never = [name for name, there in zip(table.columns, known.any(0).ravel(), strict=True) if not there]
    if never:
        text = f"{len(never)} of {len(table.columns)} features were measured in nobody: {some(never)}."
        yield Finding(Level.WARNING, "features", text)
    blind = [
        one.pseudonym
        for one, there in zip(table.people, np.any(known, axis=(1, 2)).tolist(), strict=True)
        if not there
    ]
    if blind:
        text = f"{people(len(blind))} of whom no feature was measured, who come into no table: {some(blind)}."
        yield Finding(Level.WARNING, "features", text)


def _coverage(table: FeatureTable) -> Iterator[Finding]:
    coverage, groups = np.nan_to_num(table.coverage), [person.group for person in table.people]
    little = [
        f"{person.pseudonym} ({table.phases[int(at)]}: {100 * row[at]:.0f} %)"
        for person, row, held in zip(table.people, coverage, np.isfinite(table.coverage), strict=True)
        if (held & (row < LEAST_SEEN)).any()
        for at in [np.argmin(np.where(held, row, 1.0))]
    ]
    if little:
        text = f"Less than {100 * LEAST_SEEN:.0f} % of the time was measured of {people(len(little))}: {some(little)}."
        yield Finding(Level.WARNING, "coverage", text)
    weights = np.nansum(table.seconds, 1)
    with np.errstate(invalid="ignore"):
        seen = (coverage * table.seconds).sum(1) / weights
    apart = farthest(groups, seen)
    if apart and apart.is_far:
        low, high = (100 * mean for mean in apart.means)
        text = f"Less was measured of {apart.low} than of {apart.high} ({low:.0f} and {high:.0f} % of the time, "
        text += f"d {apart.d:.1f}): that alone may tell the groups apart."
        yield Finding(Level.WARNING, "coverage", text)
    if not little:
        yield Finding(Level.OK, "coverage", f"{100 * np.nanmean(seen):.0f} % of the time was measured.")


def _frames(table: FeatureTable) -> Iterator[Finding]:
    frames = table.frames.sum(1)
    share = frames.max() / frames.sum() if frames.sum() else 0.0
    if share > MOST_OF_ONE and len(table.people) > 2:
        who = table.people[int(frames.argmax())].pseudonym
        text = (
            f"{100 * share:.0f} % of all records are of {who}. Each participant is one row, so theirs weighs no more;"
        )
        yield Finding(Level.WARNING, "frames", f"{text} but look whether recordings of others are missing.")


def _length(table: FeatureTable) -> Iterator[Finding]:
    held = np.isfinite(table.coverage)
    measured = np.nan_to_num(table.coverage) * table.seconds
    short = [
        one.pseudonym
        for one, row, there in zip(table.people, measured, held, strict=True)
        if (row < LEAST_S)[there].any()
    ]
    if short:
        text = f"A phase of less than {LEAST_S:.0f} measured seconds has {people(len(short))}: {some(short)}."
        yield Finding(Level.WARNING, "length", text)
    apart = farthest([person.group for person in table.people], table.seconds.sum(1))
    if apart and apart.is_far:
        low, high = (mean / 60 for mean in apart.means)
        text = f"{apart.high} was recorded longer than {apart.low} ({high:.1f} and {low:.1f} min, d {apart.d:.1f})."
        yield Finding(Level.WARNING, "length", text)
