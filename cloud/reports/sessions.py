"""`affectbox-cloud sessions`: which sessions a file holds, or a database of a patient or a box."""

import argparse
from typing import Any

from cloud.reading.databases import Listed
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from cloud.reports import about, source
from cloud.reports.captured import moment
from device.contract.address import printable
from device.contract.errors import ConfigError
from device.contract.session import Why

_ROW = "{:20} {:16} {:20} {:16} {:12} {}"


def add_parser(subparsers: Any) -> None:
    """Register the `sessions` command."""
    parser = subparsers.add_parser(
        "sessions", help="list the sessions of a file, a patient or a box", description=__doc__
    )
    source.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List them, the oldest first. Raises `ConfigError`, `DataError`, `IdentityError`, `SinkError`."""
    if args.recording and args.database:
        raise ConfigError("Name a file, or --database, and not both.")
    if args.recording:
        table = source.read_file(args.recording)
        found, faults = [_of_file(table, one) for one in source.asked_for(args, table)], table.faults
    elif args.database:
        with source.open_databases(args) as databases:
            found, faults = [_row(one) for one in source.listed(args, databases)], databases.faults
    else:
        raise ConfigError("Name a file of records, or --database URL with --patient or --device.")
    print(_ROW.format("began (UTC)", "box", "session", "patient", "ended", "what"))
    print("\n".join(printable(row).rstrip() for row in found) or "no session")
    for line in about.passed_over(faults):
        print(printable(line))
    return 0


def _row(one: Listed) -> str:
    what = ", ".join([*_revoked(one.why), *one.phases])
    return _ROW.format(moment(one.began), one.device, one.session, one.patient or "?", one.why, what)


def _of_file(table: Table, session: Session) -> str:
    wall = table.wall[table.session == table.sessions.index(session)]
    began = session.began if session.began is not None or not len(wall) else float(wall[0])
    what = ", ".join([*_revoked(session.why), f"{session.rows} records", *(phase.name for phase in session.phases)])
    return _ROW.format(moment(began), session.device, session.id, session.patient or "?", session.why, what)


def _revoked(why: str) -> list[str]:
    return ["CONSENT WAS REVOKED"] if why == Why.REVOKED else []
