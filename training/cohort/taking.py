"""The sessions of a study, one at a time: of files, by Dask over as many processes as there are, and of databases.

    WORK/FILE-DIGEST/index.json   what the file was when it was read, its sessions, and what was passed over
    WORK/FILE-DIGEST/VISIT.npz    one session (`taken.py`)

What stands there already is not read again, so that the same command goes on where it was stopped. What belongs to no
recording any more, because somebody withdrew, is taken away.
"""

import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from cloud.erasing.known import note
from cloud.reading.databases import Databases
from cloud.reading.pieces import Pieces
from device.contract.errors import AffectboxError, DataError, StorageError
from device.contract.features import VERSION
from device.contract.fields import Json
from device.contract.session import UNNAMED
from device.contract.version import version
from training.cluster import done
from training.cohort.people import named_after
from training.cohort.study import Stimulus, of_recording
from training.cohort.taken import Taken, keep, kept, take
from training.files import write_whole

FORMAT = 3
_INDEX = "index.json"
_AGAIN = "affectbox-training cohort features"


@dataclass(frozen=True)
class Job:
    """One file of records; its sessions are kept in `work`. `whose`: the participant after whom the file is named."""

    path: Path
    work: Path
    stimuli: tuple[Stimulus, ...] = ()
    whose: str = ""

    @property
    def folder(self) -> Path:
        """Where its sessions are kept."""
        return self.work / f"{self.path.stem[:60]}-{sha256(str(self.path).encode()).hexdigest()[:12]}"

    def made_of(self) -> Json:
        """What the outcome depends on. Raises `DataError`: the file cannot be read."""
        try:
            state = self.path.stat()
        except OSError as error:
            raise DataError(f"{self.path} cannot be read ({error.strerror}): check the path.") from error
        return _program(self.stimuli) | {"bytes": state.st_size, "modified_ns": state.st_mtime_ns}


@dataclass
class Found:
    """The sessions of a file, what was passed over in it, in sentences, and why it could not be read."""

    sessions: list[Taken] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    trouble: str = ""


def jobs_of(
    paths: Sequence[Path], work: Path, stimuli: Sequence[Stimulus], pseudonyms: Sequence[str] = ()
) -> list[Job]:
    """A job for each file; each gets the stimuli that do not name another file."""
    names = {name for path in paths for name in (path.name, path.stem)}
    return [
        Job(
            path,
            work,
            tuple(one for one in stimuli if one.recording in (path.name, path.stem) or one.recording not in names),
            named_after(path.name, pseudonyms),
        )
        for path in paths
    ]


def of_files(jobs: Sequence[Job], scheduler: str | None, workers: int | None) -> Iterator[tuple[Job, Found]]:
    """The sessions of each file, in any order. Raises `ConfigError`, `StorageError`."""
    known = {job: found for job in jobs if (found := _known(job)) is not None}
    yield from known.items()
    waiting = [job for job in jobs if job not in known]
    here = 0 if scheduler is None and len(waiting) == 1 else workers
    yield from done(read, waiting, scheduler, here, died=_died)


def read(job: Job) -> Found:
    """The sessions of a file. What is wrong with the file is told in `trouble`. Raises `StorageError`."""
    try:
        made_of = job.made_of()
        pieces = Pieces([job.path])
        found, faults = Found(), pieces.faults
        for one in pieces.listed():
            place = job.folder / f"{one.device}~{one.session}.npz"
            taken = kept(place, made_of)
            if taken is None:
                table = pieces.table(one)
                faults.add(table.faults)
                stimuli = of_recording(
                    job.stimuli, (job.path.name, job.path.stem, one.session, f"{one.device}~{one.session}")
                )
                taken = take(table, job.path.name, tuple(stimuli))
                _note(place, [taken], job.whose)
                keep(taken, place, made_of)
            found.sessions.append(taken)
        found.passed_over = [*faults.sentences()]
        _write_index(job, made_of, found)
    except StorageError:
        raise
    except AffectboxError as error:
        return Found(trouble=str(error))
    return found


@dataclass(frozen=True)
class Source:
    """Databases, as whoever asks; their sessions are kept in `work`, once they ended."""

    databases: Databases
    name: str
    work: Path
    stimuli: tuple[Stimulus, ...] = ()

    @property
    def folder(self) -> Path:
        """Where their sessions are kept."""
        return self.work / f"database-{sha256(self.name.encode()).hexdigest()[:12]}"


def of_database(source: Source, pseudonyms: Sequence[str]) -> Iterator[Found]:
    """The sessions of each participant in turn. Raises `DataError`, `IdentityError`, `StorageError`."""
    visits = set()
    for pseudonym in pseudonyms:
        found = Found()
        for one in source.databases.of_patient(pseudonym):
            visit = f"{one.device}~{one.session}"
            visits.add(visit)
            own = tuple(of_recording(source.stimuli, (one.session, visit)))
            place, made_of = source.folder / f"{visit}.npz", {**_program(own), "why": one.why}
            taken = kept(place, made_of) if one.why else None
            if taken is None:
                table = source.databases.table([one])
                found.passed_over += table.faults.sentences()
                taken = take(table, source.name, own)
                _note(place, [taken], pseudonym)
                keep(taken, place, made_of)
            found.sessions.append(taken)
        yield found
    _keep_only(source.folder, visits)


def note_found(job: Job, found: Found) -> None:
    """Note everything that is kept of a file. Raises `StorageError`."""
    for one in found.sessions:
        _note(job.folder / f"{one.visit}.npz", [one], job.whose)
    _note(job.folder / _INDEX, found.sessions, job.whose)


def _note(place: Path, sessions: Sequence[Taken], whose: str) -> None:
    """Note a file of sessions, before it is written; of simulated ones it need not be known. `whose` they are that do
    not say it. Raises `StorageError`."""
    if own := [one for one in sessions if not one.is_simulated]:
        people = [whose if one.patient in ("", UNNAMED) else one.patient for one in own]
        note(place, people, [one.visit for one in own], "sessions of a cohort", _AGAIN)


def _program(stimuli: Sequence[Stimulus]) -> Json:
    """What every outcome depends on."""
    rows = [list(asdict(one).values()) for one in stimuli]
    return {"v": FORMAT, "features": VERSION, "program": version(), "stimuli": rows}


def tidy(work: Path, jobs: Sequence[Job]) -> None:
    """Take away what is kept of files that are not among these. Raises `StorageError`."""
    ours = {job.folder for job in jobs}
    try:
        for path in work.iterdir() if work.is_dir() else ():
            if path not in ours and (path / _INDEX).exists():
                shutil.rmtree(path)
    except OSError as error:
        raise StorageError(f"{work} cannot be tidied ({error.strerror}): name another folder with --work.") from error


def _known(job: Job) -> Found | None:
    """What is kept of a file; None where that is not all of it, or of a file that has changed."""
    try:
        index = json.loads((job.folder / _INDEX).read_text())
        made_of = job.made_of()
        if index["of"] != made_of:
            return None
        sessions = [kept(job.folder / f"{visit}.npz", made_of) for visit in index["visits"]]
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None
    whole = [one for one in sessions if one is not None]
    return Found(whole, index["passed_over"]) if len(whole) == len(sessions) else None


def _write_index(job: Job, made_of: Json, found: Found) -> None:
    visits = [one.visit for one in found.sessions]
    index = {"of": made_of, "visits": visits, "passed_over": found.passed_over}
    _note(job.folder / _INDEX, found.sessions, job.whose)
    write_whole(job.folder / _INDEX, lambda file: file.write(json.dumps(index).encode()))
    _keep_only(job.folder, visits)


def _keep_only(folder: Path, visits: Collection[str]) -> None:
    """Take away what is kept of other sessions. Raises `StorageError`."""
    try:
        for path in folder.glob("*.npz"):
            if path.stem not in visits:
                path.unlink()
    except OSError as error:
        raise StorageError(f"{folder} cannot be tidied ({error.strerror}): name another with --work.") from error


def _died(job: Job) -> Found:
    return Found(trouble=f"{job.path}: every process that read it died: give workers more memory, or leave it out.")
