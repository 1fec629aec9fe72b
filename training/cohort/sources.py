"""Where the recordings of a study are: in a folder or files, or in databases, and how the command line names them."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloud.reading import signin
from cloud.reading.databases import Databases
from cloud.reading.pieces import files
from cloud.reading.signin import Credential
from device.contract.errors import ConfigError, DataError
from training.cohort import taking
from training.cohort.study import PARTICIPANTS, RECORDINGS, STIMULI, Study, read_study
from training.cohort.taken import Taken
from training.progress import bar

TOKEN = "AFFECTBOX_TOKEN"
WORK = "sessions"


@dataclass
class Sessions:
    """All sessions of a study, what was passed over in the recordings, in sentences, and files that cannot be read."""

    taken: list[Taken] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What says which people and which recordings."""
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help=f"the study: {PARTICIPANTS}, {STIMULI} where wanted, {RECORDINGS}/"
    )
    parser.add_argument("--participants", type=Path, metavar="CSV", help=f"another table than DIR/{PARTICIPANTS}")
    parser.add_argument("--stimuli", type=Path, metavar="CSV", help=f"another table than DIR/{STIMULI}")
    parser.add_argument(
        "--recordings",
        type=Path,
        nargs="+",
        metavar="PATH",
        help=f"files of records (.jsonl, .parquet) or folders of them, such as an export (default: DIR/{RECORDINGS})",
    )
    parser.add_argument("--database", metavar="URL[,URL…]", help="the sessions of the participants, from there")
    who = parser.add_argument_group("signing in", "Databases show nothing to strangers. Say who you are:")
    who.add_argument("--token-file", metavar="FILE", type=Path, help=f"holds an ID token, which may stand in ${TOKEN}")
    who.add_argument("--service-account", metavar="FILE", type=Path, help="for admins: the service account's key")
    who.add_argument("--owner", action="store_true", help="above the rules of a local database on this machine")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help=f"where what each session comes to is kept (default: DIR/{WORK})"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster, such as tcp://10.0.0.5:8786")
    parser.add_argument(
        "--workers", type=_count, metavar="N", help="processes here (default: one a core; 0: in this process)"
    )


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
    work = (arguments.work or arguments.folder / WORK).resolve()
    found, total = Sessions(), 0
    steps = _of_database(arguments, study, work) if arguments.database else _of_files(arguments, study, work)
    total = next(steps)
    with closing(bar(None, "sessions", total, "people" if arguments.database else "files")) as progress:
        for name, one in steps:
            found.taken += one.sessions
            found.passed_over += [f"{name}: {sentence}" for sentence in one.passed_over]
            found.troubles += [one.trouble] if one.trouble else []
            progress.update()
    return found
