"""Which sessions are to be exported, and the rows of one: of files, or of databases."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cloud.reading.databases import Databases, Listed
from cloud.reading.everything import everything
from cloud.reading.faults import Faults
from cloud.reading.pieces import Pieces, files
from cloud.reading.signin import Credential
from cloud.reading.table import Table
from cloud.reports import source
from device.contract.errors import ConfigError


class Source(Protocol):
    """Where sessions come from."""

    @property
    def faults(self) -> Faults:
        """What was passed over while they were listed."""

    def listed(self) -> list[Listed]:
        """The sessions. Raises `DataError`, `IdentityError`."""

    def table(self, one: Listed) -> Table:
        """All rows of one. Raises `DataError`, `IdentityError`."""


class _OfFiles:
    def __init__(self, args: argparse.Namespace) -> None:
        self._pieces = Pieces(files(args.recording))
        self._args = args

    @property
    def faults(self) -> Faults:
        return self._pieces.faults

    def listed(self) -> list[Listed]:
        whose = {"patient": self._args.patient, "device": self._args.device}
        found = self._pieces.listed()
        return [one for one in found if all(not value or getattr(one, name) == value for name, value in whose.items())]

    def table(self, one: Listed) -> Table:
        return self._pieces.table(one)


class _OfDatabases:
    def __init__(self, args: argparse.Namespace, databases: Databases, credential: Credential | None) -> None:
        self._args, self._databases, self._credential = args, databases, credential

    @property
    def faults(self) -> Faults:
        return self._databases.faults

    def listed(self) -> list[Listed]:
        if self._args.patient or self._args.device:
            return source.listed(self._args, self._databases)
        return everything(self._databases, self._credential)

    def table(self, one: Listed) -> Table:
        return self._databases.table([one])


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Source]:
    """The sessions that the arguments name.

    Raises:
        ConfigError: neither files nor a database are named, or both.
        DataError, IdentityError, SinkError: as `Pieces` and `Databases`.
    """
    source.check_whose(args)
    if bool(args.recording) == bool(args.database):
        raise ConfigError("Name files of records, or --database URL, and not both.")
    if args.recording:
        yield _OfFiles(args)
        return
    who = source.credential(args)
    with Databases(args.database.split(","), who) as databases:
        yield _OfDatabases(args, databases, who)


def named(args: argparse.Namespace) -> str:
    """Where the sessions come from, in words."""
    where = args.database or ", ".join(map(str, args.recording))
    whose = args.patient or args.device
    return f"{where}{f' of {whose}' if whose else ''}"
