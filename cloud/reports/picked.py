"""Which session is asked for, of a file or of databases, and its rows."""

import argparse
from dataclasses import dataclass, field

from cloud.reading.databases import Databases, Listed
from cloud.reading.table import Table
from cloud.reports import about, source
from device.contract.address import printable
from device.contract.errors import ConfigError, DataError


@dataclass(frozen=True, eq=False)
class Picked:
    """One session.

    Attributes:
        table: its rows.
        others: ids of the others that are there.
        file: all sessions of the file that it is from; None where it is from databases.
        number: its own in that file.
        listed: the sessions of the same person or box in the databases.
    """

    table: Table
    others: list[str]
    file: Table | None = None
    number: int = 0
    listed: list[Listed] = field(default_factory=list)


def picked(args: argparse.Namespace, databases: Databases | None) -> Picked:
    """The session that is asked for; `args` as of `source.add_arguments`, with `session`, and with
    `revoked` where a revoked one may be asked for.

    Raises:
        ConfigError: nothing was named.
        DataError: there is no such session, or nothing of it, or its consent was revoked.
        IdentityError, SinkError: of a database.
    """
    return _from_file(args, databases) if args.recording else _from_database(args, databases)


def _from_file(args: argparse.Namespace, databases: Databases | None) -> Picked:
    table = source.read_file(args.recording, databases)
    if not len(table):
        told = "; ".join(table.faults.sentences())
        raise DataError(f"{args.recording} holds no record{f': {told}' if told else ''}.")
    found = [session for session in source.asked_for(args, table) if session.rows]
    one = source.chosen(found, args.session, _where(args), table.faults)
    about.refuse_revoked(one.id, one.why, getattr(args, "revoked", None))
    number = table.sessions.index(one)
    return Picked(table.of(number), [other.id for other in found if other is not one], table, number)


def _from_database(args: argparse.Namespace, databases: Databases | None) -> Picked:
    if databases is None:
        raise ConfigError("Name a file of records, or --database URL with --patient or --device.")
    found = source.listed(args, databases)
    one = source.chosen(found, args.session, _where(args), databases.faults)
    about.refuse_revoked(one.session, one.why, getattr(args, "revoked", None))
    table = databases.table([one], said=True)
    if not len(table):
        told = "; ".join(table.faults.sentences()) or "the box may have sent only seconds or minutes, or nothing yet"
        raise DataError(f"{args.database} holds no record of session {printable(one.session)}: {told}.")
    return Picked(table, [other.session for other in found if other is not one], listed=found)


def _where(args: argparse.Namespace) -> str:
    whose = args.patient or args.device
    return f"{args.recording or args.database}{f' of {whose}' if whose else ''}"
