"""`affectbox-cloud sessions`: which sessions a file holds, or a database of a patient or a box."""

import argparse
from collections.abc import Iterator
from typing import Any

from cloud.reading.database import Listed
from cloud.reading.table import Table
from cloud.reports import source
from cloud.reports.captured import moment
from device.contract.address import printable
from device.contract.errors import ConfigError

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
        found = list(_of_file(source.read_file(args.recording)))
    elif args.database:
        with source.open_databases(args) as databases:
            found = [_row(one) for one in source.listed(args, databases)]
    else:
        raise ConfigError("Name a file of records, or --database URL with --patient or --device.")
    print(_ROW.format("began (UTC)", "box", "session", "patient", "ended", "what"))
    print("\n".join(printable(row).rstrip() for row in found) or "no session")
    return 0


def _row(one: Listed) -> str:
    return _ROW.format(moment(one.began), one.device, one.session, one.patient or "?", one.why, ", ".join(one.phases))


def _of_file(table: Table) -> Iterator[str]:
    for one in table.by_session():
        (session,) = one.sessions
        began = session.began if session.began is not None or not len(one) else float(one.wall[0])
        what = ", ".join([f"{session.rows} records", *(phase.name for phase in session.phases)])
        yield _ROW.format(moment(began), session.device, session.id, session.patient or "?", session.why, what)
