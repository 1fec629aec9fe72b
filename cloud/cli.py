"""The command `affectbox-cloud`: what the side of the reader needs."""

import argparse
import json
import os
import sys
from pathlib import Path

from cloud import provision
from cloud.dashboard import command as dashboard
from cloud.demo import command as demo
from cloud.erasing import erase, retention
from cloud.export import command as export
from cloud.load import command as load
from cloud.operations import control, status
from cloud.replay import command as replay
from cloud.reports import report, sessions
from cloud.rules import command as rules
from cloud.statistics import command as statistics
from cloud.watch import command as watch
from device.contract import (
    aggregate,
    audit,
    boot,
    box,
    checkup,
    erasure,
    live,
    mark,
    note,
    pack,
    paper,
    person,
    record,
    remote,
    session,
    telemetry,
)
from device.contract.command import concluded
from device.contract.version import ShowVersion

_CONTRACTS = {
    "record": record,
    "pack": pack,
    "aggregate": aggregate,
    "event": session,
    "telemetry": telemetry,
    "command": remote,
    "boot": boot,
    "live": live,
    "checkup": checkup,
    "box": box,
    "erasure": erasure,
    "person": person,
    "note": note,
    "mark": mark,
    "paper": paper,
    "audit": audit,
}
_LOCAL = """Serve a local Firebase Realtime Database (REST protocol) until Ctrl-C.

No rules are enforced without --rules: whoever reaches the port can read and change everything, and so can a page that
is open in a browser on this machine. With --rules, requests are allowed as Firebase would allow them, for whoever
`?auth=` says; as in Google's emulators, tokens are not verified and `Authorization: Bearer owner` may do everything.
So it listens on the loopback address only, unless --allow-remote is given.
Requests without ?ns=NAME share the namespace `default`.

With `-- COMMAND`, the database is up while COMMAND runs; COMMAND finds it through FIREBASE_DATABASE_EMULATOR_HOST
(firebase_admin) and AFFECTBOX_DATABASE_URL, and its exit code is returned."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("affectbox-cloud", description=__doc__)
    parser.add_argument("--version", action=ShowVersion)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_local(commands)
    demo.add_parser(commands)
    export.add_parser(commands)
    statistics.add_parser(commands)
    load.add_parser(commands)
    sessions.add_parser(commands)
    replay.add_parser(commands)
    report.add_parser(commands)
    rules.add_parser(commands)
    status.add_parser(commands)
    control.add_parser(commands)
    provision.add_parser(commands)
    erase.add_parser(commands)
    retention.add_parser(commands)
    dashboard.add_parser(commands, _data_folder())
    watch.add_parser(commands)
    schema = commands.add_parser("schema", help="print the JSON Schema of a document, generated from the contract")
    schema.add_argument("--of", choices=_CONTRACTS, default="record", help="which document (default: %(default)s)")
    schema.set_defaults(run=_schema)
    return parser


def _add_local(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    local = commands.add_parser(
        "local",
        help="serve a local database, or run a command with one",
        description=_LOCAL,
        usage="%(prog)s [-h] [--host HOST] [--port PORT] [--data DIR] [--rules FILE] [--sign-in] [--allow-remote] "
        "[-- COMMAND [ARG ...]]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    local.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    local.add_argument("--port", type=int, default=9000, help="port, 0 for any free one (default: %(default)s)")
    local.add_argument(
        "--data", type=Path, metavar="DIR", default=_data_folder(), help="database folder (default: %(default)s)"
    )
    local.add_argument("--allow-remote", action="store_true", help="allow an address that other machines can reach")
    local.add_argument("--rules", type=Path, metavar="FILE", help="enforce these security rules (needs Node)")
    local.add_argument(
        "--sign-in", action="store_true", help="let boxes sign in here, with accounts of `provision --local DIR`"
    )
    local.set_defaults(run=_local)


def _local(args: argparse.Namespace) -> int:
    from cloud.local.serving import Settings, serve  # noqa: PLC0415  the other commands need no server

    return serve(Settings(args.data, args.host, args.port, args.allow_remote, args.wrapped, args.rules, args.sign_in))


def _schema(args: argparse.Namespace) -> int:
    print(json.dumps(_CONTRACTS[args.of].json_schema(), indent=2))
    return 0


def _data_folder() -> Path:
    """`$XDG_DATA_HOME/affectbox/database`, as a user's programs keep their data."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "affectbox" / "database"


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code (see `device.contract.errors`)."""
    words = sys.argv[1:] if argv is None else argv
    cut = words.index("--") if "--" in words else len(words)

    def run() -> int:
        args = _parser().parse_args(words[:cut], argparse.Namespace(wrapped=words[cut + 1 :], words=words[1:cut]))
        return int(args.run(args))

    return concluded("affectbox-cloud", run)
