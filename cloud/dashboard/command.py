"""The command `affectbox-cloud dashboard`."""

import argparse
import os
from pathlib import Path

from device.contract.errors import ConfigError

_DESCRIPTION = """Serve the dashboard until Ctrl-C: live sessions and patients for clinicians, the fleet for engineers,
accounts for admins.

Without --database it starts a local database beside it, in --data, with the security rules enforced (needs Node), and
accounts are kept there too. The first time it prints a pass-phrase, with which the first account, an admin's, is made
at /first; there is no other account. With --database and --api-key it shows a Firebase project, and people sign in
with that project's accounts. It has no key of its own: everything is read as whoever is signed in.

It listens on this machine only, unless --host names another address, for which it wants a certificate, or a proxy on
this machine that encrypts."""
_ADDRESS = "AFFECTBOX_DATABASE_URL"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", data: Path) -> None:
    """The command's parser; `data` is the folder that it has by default."""
    parser = commands.add_parser(
        "dashboard",
        help="serve the dashboard: live sessions, patients, fleet",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8060, help="port to listen on, 0 for any free one (default: %(default)s)")
    add("--data", type=Path, metavar="DIR", default=data, help="database, accounts, history (default: %(default)s)")
    add("--database", metavar="URL", help=f"show this database (default: ${_ADDRESS}, else a local one is started)")
    add("--namespace", metavar="NAME", default="", help="of a local database: which of its namespaces")
    add("--database-port", type=int, default=9000, metavar="PORT", help="of the local database (default: %(default)s)")
    add("--api-key", metavar="KEY", default="", help="web API key of the Firebase project of --database")
    add(
        "--alerts", type=Path, metavar="FILE", help="thresholds of alerts and where they go (default: those that ship)"
    )
    add("--idle-minutes", type=_minutes, default=15.0, metavar="N", help="then it locks (default: %(default)g)")
    add("--name", action="append", default=[], metavar="HOST", help="a further name it is reached by; repeatable")
    add("--tls-cert", type=Path, metavar="FILE", help="certificate, PEM")
    add("--tls-key", type=Path, metavar="FILE", help="and its key, PEM")
    add("--behind-proxy", action="append", default=[], metavar="ADDRESS", help="of a proxy that encrypts; repeatable")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    try:
        from cloud.dashboard import serving  # noqa: PLC0415  the other commands need no dashboard
    except ImportError as error:
        raise ConfigError(
            f"The dashboard needs more than is here ({error.name}): pip install 'affectbox[cloud,dashboard]'."
        ) from None
    database = args.database or os.environ.get(_ADDRESS)
    if not database:
        return serving.beside_a_database(args.words, args.data, args.database_port)
    if args.namespace and "?ns=" not in database:
        database += f"?ns={args.namespace}"
    if bool(args.tls_cert) != bool(args.tls_key):
        raise ConfigError("--tls-cert and --tls-key belong together: give both.")
    return serving.serve(
        serving.Settings(
            database,
            args.data,
            args.host,
            args.port,
            args.api_key,
            tuple(args.name),
            (args.tls_cert, args.tls_key) if args.tls_cert else None,
            frozenset(args.behind_proxy),
            args.alerts,
            args.idle_minutes * 60,
        )
    )


def _minutes(text: str) -> float:
    value = float(text)
    if not 1 <= value <= 240:
        raise argparse.ArgumentTypeError("from 1 to 240 minutes")
    return value
