"""Where the tables and recordings of a study are, as the command line names them."""

import argparse
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from cloud.reading import signin
from cloud.reading.databases import Databases
from cloud.reading.pieces import files
from cloud.reading.signin import Credential
from device.contract.errors import ConfigError, DataError
from training.cohort.study import PARTICIPANTS, RECORDINGS, STIMULI, Study, read_study
from training.cohort.taken import Taken
from training.cohort.taking import Found, Source, jobs_of, note_found, of_database, of_files, tidy
from training.files import make_private
from training.progress import bar

_TOKEN = "AFFECTBOX_TOKEN"
_WORK = "sessions"


@dataclass
class Sessions:
    """All sessions of a study, what was passed over in the recordings, in sentences, and files that cannot be read."""

    taken: list[Taken] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def study_of(arguments: argparse.Namespace) -> Study:
    """The tables of the study. Raises `DataError`."""
    folder = arguments.folder
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: name the one that holds {PARTICIPANTS}.")
    stimuli = arguments.stimuli or (folder / STIMULI if (folder / STIMULI).exists() else None)
    return read_study(arguments.participants or folder / PARTICIPANTS, stimuli)


def sessions_of(arguments: argparse.Namespace, study: Study) -> Sessions:
    """What the sessions come to, with a bar. Those that were read before are not read again.

    Raises:
        ConfigError: files and a database are named, or no such cluster.
        DataError, IdentityError, RuntimeMissingError, SinkError, StorageError: as the reader and `taking`.
    """
    if arguments.recordings and arguments.database:
        raise ConfigError("Name --recordings or --database, and not both.")
    work = (arguments.work or arguments.folder / _WORK).resolve()
    found = Sessions()
    come = _of_database(arguments, study, work) if arguments.database else _of_files(arguments, study, work)
    for name, one in come:
        found.taken += one.sessions
        found.passed_over += [f"{name}: {sentence}" for sentence in one.passed_over]
        found.troubles += [one.trouble] if one.trouble else []
    return found


def _of_files(arguments: argparse.Namespace, study: Study, work: Path) -> Iterator[tuple[str, Found]]:
    folder = arguments.folder / RECORDINGS
    if not arguments.recordings and not folder.is_dir():
        raise DataError(f"{folder} is no folder: put the recordings there, or name them with --recordings.")
    paths = [path.resolve() for path in files(arguments.recordings or [folder])]
    jobs = jobs_of(paths, work, study.stimuli, [person.pseudonym for person in study.people])
    make_private(work)
    tidy(work, jobs)
    come = bar(of_files(jobs, arguments.scheduler, arguments.workers), "recordings", len(jobs), "files")
    with closing(come):
        for job, found in come:
            if arguments.scheduler:  # elsewhere, workers noted it in lists of their own
                note_found(job, found)
            yield job.path.name, found


def _of_database(arguments: argparse.Namespace, study: Study, work: Path) -> Iterator[tuple[str, Found]]:
    people = [person.pseudonym for person in study.people]
    with Databases(arguments.database.split(","), _credential(arguments)) as databases:
        source = Source(databases, arguments.database, work, study.stimuli)
        with closing(bar(of_database(source, people), "recordings", len(people), "people")) as come:
            for found in come:
                yield arguments.database, found


def _credential(arguments: argparse.Namespace) -> Credential | None:
    """Who asks; None for nobody. Raises `ConfigError`, `IdentityError`."""
    if arguments.owner:
        return signin.of_owner(arguments.database)
    if arguments.service_account:
        return signin.of_service_account(arguments.service_account)
    if arguments.token_file:
        return signin.from_file(arguments.token_file)
    return signin.from_text(os.environ[_TOKEN]) if os.environ.get(_TOKEN) else None
