"""`affectbox-cloud report`: what a session holds, whether the database has all of it, and what happened in it.

It is printed in words and written as a document, one HTML file and a PDF, unless options ask for something else.
It is read from a file, or from databases (`--database` with `--patient` or `--device`); the last session unless
`--session` names another. Shares are of the whole session, what was not measured included; what is best supported
comes first. Times are minutes and seconds since the session began. Episodes have onset, apex and offset; the threshold
of each quantity is learned from the session (see device/features/episodes.py). Expressions and pain are computed from
the action units and are no evidence beside them; each is given the tier of the weakest action unit that it rests on.
"""

import argparse
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cloud.analysis.earlier import Summary
from cloud.analysis.repertoire import Repertoire
from cloud.analysis.whole import Analysis, analyse, to_json
from cloud.reading.databases import Databases
from cloud.reading.personal import of_session
from cloud.reading.table import Table
from cloud.reports import (
    about,
    before,
    further,
    movement,
    personal,
    picked,
    repertoire,
    slower,
    source,
    support,
    writing,
)
from cloud.reports.captured import captured
from cloud.reports.comparison import same_in
from cloud.reports.output import write_private
from cloud.reports.picked import Picked
from cloud.reports.summary import episode_table, records, summary
from device.contract.address import printable
from device.contract.fields import Json

_READ = "read from the action units, not evidence beside them"


def add_parser(subparsers: Any) -> None:
    """Register the `report` command."""
    report = subparsers.add_parser("report", help="sum up a session and draw its timing diagram", description=__doc__)
    report.formatter_class = argparse.RawDescriptionHelpFormatter
    source.add_arguments(report)
    report.add_argument(
        "--session", metavar="ID", help="which session, or the beginning of its id (default: the last)"
    )
    report.add_argument("--revoked", action="store_true", help="also of a session whose consent was revoked")
    report.add_argument("--all", action="store_true", help="tell also what is hardly supported: pain and 'threatened'")
    writing.add_arguments(report)
    report.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Report on one session. Raises `ConfigError`, `DataError`, `IdentityError`, `SinkError`, `StorageError`."""
    writing.check(args)
    with ExitStack() as stack:
        databases = stack.enter_context(source.open_databases(args)) if args.database else None
        found = picked.picked(args, databases)
        table, others, earlier = found.table, found.others, _earlier(args, found, databases)
        compared = _compared(args, table, databases) if args.recording and databases else []
    where = str(args.recording or args.database)
    analysis, when = analyse(table), _when(table)
    more = further.further(table, analysis, args.all)
    lines = [*about.about(where, table, analysis, when), *about.others(others, where)]
    lines += [*about.passed_over(table.faults), *summary(analysis, args.all), *further.lines(more), *compared]
    lines += writing.write(args, table, analysis, when, earlier)
    over = repertoire.of(table, earlier)
    text = _json(where, table, analysis, more, over) if args.json else ""
    if args.json and args.json != "-":
        writing.note(Path(args.json), table, "analysis (JSON)")
        write_private(Path(args.json), f"{text}\n".encode())
        lines.append(f"Analysis in  {args.json}")
    lines += further.part_table(more)
    lines += episode_table(analysis, "aus", "Action units (0 to 5)")
    lines += episode_table(analysis, "expressions", f"Expressions (0 to 1; {_READ})", args.all)
    lines += episode_table(analysis, "pain", f"Pain (PSPI, 0 to 16; {_READ})") if args.all else ()
    lines += personal.lines(table.sessions[0], brief=bool(over and over.earlier))
    lines += repertoire.lines(over) if over else ()
    lines += movement.lines(table)
    lines += support.lines(table.sessions[0])
    print(text if args.json == "-" else "\n".join(map(printable, "\n".join(lines).split("\n"))))
    return 0


def _json(where: str, table: Table, analysis: Analysis, more: further.Further, over: Repertoire | None) -> str:
    told = {"recording": where, "recorded": _recorded(table), **to_json(analysis), **further.to_json(more)}
    told |= {"repertoire": repertoire.to_json(over)} if over else {}
    return json.dumps(told, indent=2, ensure_ascii=False)


def _earlier(args: argparse.Namespace, found: Picked, databases: Databases | None) -> list[Summary] | None:
    """This person's earlier sessions where a document compares with them, or what was told of their own movement."""
    if not writing.is_document(args) and of_session(found.table.sessions[0]) is None:
        return None
    if found.file is not None:
        in_file = before.in_file(found.file, found.file.sessions[found.number])
        return in_file or (before.in_databases(databases, found.table) if databases else [])
    return before.in_databases(databases, found.table, found.listed) if databases else []


def _when(table: Table) -> str:
    """When it was captured, and first of all if it is not to be used: that stands in the picture, too."""
    revoked = "CONSENT REVOKED, not to be used; " if table.sessions[0].is_revoked else ""
    return revoked + captured(table)


def _compared(args: argparse.Namespace, table: Table, databases: Databases) -> list[str]:
    same, count = same_in(databases, args.recording, table.sessions[0])
    return [f"Database     holds {same} of {records(count)}, byte for byte"]


def _recorded(table: Table) -> Json:
    told = {
        "slower": slower.to_json(table),
        "personal": personal.to_json(table.sessions[0]),
        "comparison": movement.to_json(table),
        "support": support.to_json(table.sessions[0]),
    }
    return about.to_json(table.sessions[0]) | {name: value for name, value in told.items() if value}
