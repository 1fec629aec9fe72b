"""Time courses: what each action unit did in each bin of a phase, one row a participant.

Bins are shares of the phase, of any length, or seconds since it began; the values are means of the grid on which
features are made (`device.features.series`). A bin of which less than half was measured is not known. Of a phase that
was held several times, and of several sessions, the mean is taken. One file is read at a time on each core.
"""

import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.reading.pieces import Pieces, files
from cloud.reading.table import Table
from device.contract.errors import AffectboxError, ConfigError, DataError
from device.contract.features import SESSION
from device.contract.labels import ACTION_UNIT_KEYS
from device.features.series import PATHS, STEP_S, Series
from training.cluster import done
from training.cohort.features import choose
from training.cohort.parts import parts_of
from training.cohort.study import PARTICIPANTS, RECORDINGS, STIMULI, Stimulus, of_recording, read_study
from training.cohort.taken import Taken
from training.cohort.taking import jobs_of
from training.progress import bar
from training.targets.matrix import Matrix

Floats = NDArray[np.float64]
Courses = dict[str, Floats]
#: More bins than this are neither tested in reasonable time nor read by anybody.
MOST_BINS = 600
_COLUMNS = tuple(f"aus.{key}" for key in ACTION_UNIT_KEYS)
_MEASURED = 0.5
_SHARED = 0.5  # of the people have a bin in seconds, or it is left out, as those after it


@dataclass(frozen=True)
class Axis:
    """`bins` shares of each phase; or bins of `seconds`, if that is not 0, as far as half of the people have them."""

    bins: int = 20
    seconds: float = 0.0


@dataclass(frozen=True)
class _Job:
    path: Path
    stimuli: tuple[Stimulus, ...]
    phases: tuple[str, ...]
    axis: Axis


@dataclass(frozen=True)
class _Read:
    """Of each session of a file: phase → course (T, K); and why the file could not be read."""

    courses: dict[Taken, Courses]
    trouble: str = ""


def courses_of(units: Matrix, folder: Path, axis: Axis, workers: int | None = None) -> Matrix:
    """The courses of the people and phases of a matrix, from the recordings of a study.

    Raises:
        ConfigError: too many bins.
        DataError: no study there, or none of these people; a file cannot be read; bins too short for the recordings.
    """
    if not (folder / RECORDINGS).is_dir():
        raise DataError(f"{folder / RECORDINGS} is no folder: name a study with its recordings.")
    stimuli = folder / STIMULI if (folder / STIMULI).exists() else None
    study = read_study(folder / PARTICIPANTS, stimuli)
    known = jobs_of(files([folder / RECORDINGS]), folder, study.stimuli)
    jobs = [_Job(job.path, job.stimuli, units.phases, axis) for job in known]
    with closing(bar(done(_read, jobs, None, workers), "courses", len(jobs), "files")) as come:
        found = [read for _, read in come]
    if trouble := next((read.trouble for read in found if read.trouble), ""):
        raise DataError(trouble)
    held = {taken: courses for read in found for taken, courses in read.courses.items()}
    by_person = choose(units.people, held).by_person
    rows = [[held[taken] for taken in by_person[person.pseudonym]] for person in units.people]
    if not any(rows):
        raise DataError(f"{folder} has no recording of the people of the features: name the study they are of.")
    return _matrix(units, rows, axis)


def _read(job: _Job) -> _Read:
    try:
        pieces = Pieces([job.path])
        return _Read(dict(_session(pieces.table(one), job) for one in pieces.listed()))
    except AffectboxError as error:
        return _Read({}, str(error))


def _session(table: Table, job: _Job) -> tuple[Taken, Courses]:
    session = table.sessions[0]
    visit = f"{session.device}~{session.id}"
    if session.is_revoked or not len(table):
        return Taken(visit, job.path.name, session.patient, session.is_revoked), {}
    series = Series.of_columns(
        table.time, table.measured, {path: table.values(path) for path in PATHS if path in table.columns}
    )
    lasted_s = float(table.time[-1])
    names = (job.path.name, job.path.stem, session.id, visit)
    spans = parts_of(session, tuple(of_recording(job.stimuli, names)), lasted_s) | {
        SESSION: [(0.0, lasted_s + STEP_S)]
    }
    courses = {
        phase: _united([binned(series, *span, job.axis) for span in spans[phase]])
        for phase in job.phases
        if phase in spans
    }
    taken = Taken(visit, job.path.name, session.patient, parts=(*spans,), frames=np.array([float(len(table))]))
    return taken, courses


def binned(series: Series, begin_s: float, end_s: float, axis: Axis) -> Floats:
    """(T, K) the mean intensity of each unit in each bin of a span; NaN of which less than half was measured."""
    width = axis.seconds or (end_s - begin_s) / axis.bins
    count = axis.bins if not axis.seconds else int((end_s - begin_s) / axis.seconds + 1e-6)
    if not count or width <= 0:
        return np.full((count, len(_COLUMNS)), np.nan)
    part = series.during([(begin_s, end_s)])
    at = np.floor((part.steps * STEP_S - begin_s) / width + 1e-6).astype(np.intp)
    inside = (at >= 0) & (at < count)
    values = part.at_steps(*_COLUMNS)[inside]
    measured = ~np.isnan(values)
    total, number = np.zeros((count, len(_COLUMNS))), np.zeros((count, len(_COLUMNS)))
    np.add.at(total, at[inside], np.where(measured, values, 0))
    np.add.at(number, at[inside], measured)
    enough = (number > 0) & (number * STEP_S >= _MEASURED * min(width, end_s - begin_s) - 1e-6)
    return np.where(enough, total / np.maximum(number, 1), np.nan)


def _united(several: Sequence[Floats]) -> Floats:
    """(T, K) the mean of courses, of which some may be longer, over what is known."""
    longest = max((len(one) for one in several), default=0)
    padded = [np.pad(one, ((0, longest - len(one)), (0, 0)), constant_values=np.nan) for one in several]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what nobody knows
        return np.asarray(np.nanmean(padded, axis=0) if padded else np.zeros((0, len(_COLUMNS))))


def _matrix(units: Matrix, rows: Sequence[Sequence[Courses]], axis: Axis) -> Matrix:
    by_phase = [[_united([one[phase] for one in row if phase in one]) for phase in units.phases] for row in rows]
    longest = max(len(course) for row in by_phase for course in row)
    values = np.full((len(rows), len(units.phases), len(_COLUMNS), longest), np.nan)
    for person, row in enumerate(by_phase):
        for phase, course in enumerate(row):
            values[person, phase, :, : len(course)] = course.T
    measured = np.isfinite(values).any(axis=2)  # (P, S, T)
    if axis.seconds:
        there = np.flatnonzero((measured.mean(axis=0) >= _SHARED).any(axis=0))
        values = values[..., : int(there.max(initial=-1)) + 1]
    _check(values, measured, axis)
    edges = [axis.seconds * at if axis.seconds else at / axis.bins for at in range(values.shape[3] + 1)]
    return replace(units, values=values, bins=tuple(edges), axis="s" if axis.seconds else "share of the phase")


def _check(values: Floats, measured: NDArray[np.bool_], axis: Axis) -> None:
    if values.shape[3] > MOST_BINS:
        raise ConfigError(f"--seconds {axis.seconds:g} makes {values.shape[3]} bins: take longer ones.")
    held = measured[measured.any(axis=2)]
    if values.shape[3] < 2 or held.mean() < _MEASURED:
        asked = f"--seconds {axis.seconds:g}" if axis.seconds else f"--bins {axis.bins}"
        raise DataError(f"With {asked}, most bins of the phases hold no measurement: take fewer and longer ones.")
