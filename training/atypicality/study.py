"""The recordings of a study: of each session how the face moved, on a grid of time, and what raters said of it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.reading.pieces import Pieces, files
from cloud.reading.table import Table
from device.contract.errors import AffectboxError, DataError
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, SIDED_KEYS
from device.contract.movement import COLUMNS
from device.features.movement import columns_of, on_grid, steps_of
from training.atypicality.ratings import RATINGS, Rating, Ratings, read_ratings
from training.cluster import done
from training.cohort.features import choose
from training.cohort.people import Participant
from training.cohort.study import PARTICIPANTS, Study, read_study
from training.cohort.taken import Taken, take
from training.progress import bar

Floats = NDArray[np.float64]
#: From so many bytes of recordings on it is worth while to begin further processes.
_MANY_BYTES = 400_000_000
_PATHS = (
    *(f"aus.{key}" for key in ACTION_UNIT_KEYS),
    *(f"{side}.{key}" for side in ("left", "right") for key in SIDED_KEYS),
    *(f"emotions.{name}" for name in EMOTIONS),
)


@dataclass(frozen=True, eq=False)
class Moved:
    """How a face moved in one session.

    Attributes:
        taken: what a cohort knows of the session: whose, with what consent, by which networks, and its features.
        time: (N,) seconds since the session's first record.
        values: (N, K) float32, `COLUMNS`, NaN where not measured.
        names: by which tables may name the session.
    """

    taken: Taken
    time: Floats
    values: NDArray[np.float32]
    names: tuple[str, ...]

    @property
    def lasted_s(self) -> float:
        """From the first record to the last, seconds."""
        return float(self.time[-1]) if len(self.time) else 0.0

    def grid(self, step_s: float) -> Floats:
        """(M, K) from the session's first step to its last."""
        steps = steps_of(self.time, step_s)
        return on_grid(steps, self.values.astype(np.float64), 0, int(steps[-1]) + 1 if len(steps) else 0, step_s)


@dataclass(frozen=True, eq=False)
class Rated:
    """A session of a participant, by their number among the people of the study, and the ratings of it."""

    person: int
    moved: Moved
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, eq=False)
class MovementStudy:
    """What is learnt from.

    Attributes:
        people: participants of whom there is a recording.
        sessions: of theirs, in the order of the people.
        raters: everybody who rated; none: only the companion can be learnt.
        simulated: whether the recordings say that they were.
        sources: bundles that measured them.
        beside: what a person should know of it, in sentences.
    """

    people: tuple[Participant, ...]
    sessions: tuple[Rated, ...]
    raters: tuple[str, ...] = ()
    simulated: bool = False
    sources: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Records a second, usually."""
        return float(np.median([one.moved.taken.rate for one in self.sessions]))


@dataclass
class Read:
    """All sessions in files, what was passed over, in sentences, and files that cannot be read."""

    moved: list[Moved] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def moved(table: Table, source: str) -> Moved:
    """The movement of a session, the only one of `table`, which was read from the file `source`."""
    taken = take(table, source, ())
    session = table.sessions[0]
    names = (source, source.rpartition(".")[0] or source, session.id, taken.visit)
    if not taken.parts:  # revoked, or empty
        return Moved(taken, np.zeros(0), np.zeros((0, len(COLUMNS)), np.float32), names)
    paths = {path: table.values(path) for path in _PATHS if path in table.columns}
    values = columns_of(paths, table.measured, COLUMNS)
    return Moved(taken, table.time, values.astype(np.float32), names)


def read_file(path: Path) -> Read:
    """The sessions of one file; what is wrong with it is told in `troubles`."""
    found = Read()
    try:
        pieces = Pieces([path])
        faults = pieces.faults
        for one in pieces.listed():
            table = pieces.table(one)
            faults.add(table.faults)
            found.moved.append(moved(table, path.name))
        found.passed_over = [f"{path.name}: {sentence}" for sentence in faults.sentences()]
    except AffectboxError as error:
        return Read(troubles=[str(error)])
    return found


def read_recordings(folder: Path, scheduler: str | None = None, workers: int | None = None) -> Read:
    """All sessions of a study, over as many processes as there are, with a bar. Raises `ConfigError`, `DataError`."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: put the recordings there.")
    paths = [path.resolve() for path in files([folder])]
    small = sum(path.stat().st_size for path in paths) < _MANY_BYTES
    here = 0 if scheduler is None and workers is None and small else workers
    found: dict[Path, Read] = {}
    with closing(bar(done(read_file, paths, scheduler, here), "recordings", len(paths), "files")) as come:
        found.update(come)
    whole = Read()
    for path in paths:
        for name in ("moved", "passed_over", "troubles"):
            getattr(whole, name).extend(getattr(found[path], name))
    return whole


def tables_of(folder: Path) -> tuple[Study, Ratings]:
    """Participants and ratings; no ratings where there is no `ratings.csv`. Raises `DataError`."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: name the one that holds {PARTICIPANTS}.")
    ratings = folder / RATINGS
    return read_study(folder / PARTICIPANTS), read_ratings(ratings) if ratings.exists() else Ratings()


def join(study: Study, ratings: Ratings, moved: Sequence[Moved]) -> MovementStudy:
    """Whose recordings they are, and what was said of them; the same in whatever order they come."""
    chosen = choose(study.people, [one.taken for one in moved])
    by_taken = {id(one.taken): one for one in moved}
    people = tuple(person for person in study.people if chosen.by_person[person.pseudonym])
    sessions = []
    for number, person in enumerate(people):
        for taken in sorted(chosen.by_person[person.pseudonym], key=lambda one: (one.began, one.visit)):
            own = by_taken[id(taken)]
            sessions.append(Rated(number, own, tuple(ratings.of(own.names))))
    told = [one.moved.taken for one in sessions]
    late = sum(rating.from_s > one.moved.lasted_s for one in sessions for rating in one.ratings)
    return MovementStudy(
        people,
        tuple(sessions),
        tuple(sorted({rating.rater for one in sessions for rating in one.ratings})),
        simulated=any(one.is_simulated for one in told),
        sources=tuple(sorted({model for one in told for model in one.models})),
        beside=tuple(_beside(ratings, moved, people, study, late)),
    )


def _beside(
    ratings: Ratings, moved: Sequence[Moved], people: Sequence[Participant], study: Study, late: int
) -> Iterator[str]:
    """What a person should know; `late`: ratings that begin after the end of their recording."""
    known = {name for one in moved for name in one.names}
    if late:
        yield f"{late} ratings are of seconds after the end of their recording: are they of another one?"
    if nowhere := sorted({row.recording for row in ratings.rows} - known):
        yield f"{len(nowhere)} recordings that were rated are not there, such as {nowhere[0]}."
    if lacking := len(study.people) - len(people):
        yield f"{lacking} of {len(study.people)} participants have no recording."
    if revoked := sum(one.taken.is_revoked for one in moved):
        yield f"{revoked} sessions do not count, for the consent was withdrawn."
