"""What is no expression, and might yet tell groups apart: age, sex, site, medication, and how much was recorded."""

import numpy as np

from training.cohort.people import Participant
from training.cohort.table import FeatureTable
from training.diagnosis.preparation import Floats

AGE, FRAMES, SECONDS, COVERAGE, TOLD = "age", "frames", "seconds", "coverage", "age told"


def confounds(table: FeatureTable) -> tuple[tuple[str, ...], Floats]:
    """Names of columns, and (P, columns), NaN where unknown.

    Age in years and whether it was told; one column for each sex, site and medication; log of the number of records;
    of each phase, log of its seconds and the share of it that was measured, 0 where it was not held.
    """
    people = table.people
    age = np.array([person.age for person in people], float)
    columns = {
        AGE: age,
        TOLD: np.isfinite(age).astype(float),
        FRAMES: np.log1p(np.nansum(table.frames, axis=1)),
        **{f"{SECONDS} of {phase}": np.log1p(table.seconds[:, s]) for s, phase in enumerate(table.phases)},
        **{f"{COVERAGE} of {phase}": np.nan_to_num(table.coverage[:, s]) for s, phase in enumerate(table.phases)},
        **_named("sex", people),
        **_named("site", people),
        **_named("medication", people),
    }
    return tuple(columns), np.column_stack(list(columns.values()))


def _named(what: str, people: tuple[Participant, ...]) -> dict[str, Floats]:
    told = [getattr(person, what) for person in people]
    return {
        f"{what} {name or 'not told'}": np.array([one == name for one in told], float) for name in sorted(set(told))
    }


def varying(names: tuple[str, ...], matrix: Floats) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the columns differ between people, and which are the same for all or unknown."""
    used = [bool(known.size and np.ptp(known) > 0) for known in (column[~np.isnan(column)] for column in matrix.T)]
    return (
        tuple(name for name, use in zip(names, used, strict=True) if use),
        tuple(name for name, use in zip(names, used, strict=True) if not use),
    )
