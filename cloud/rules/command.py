"""The database's security rules, generated from the contract.

    rules           print them
    rules diff      how the rules that a database enforces differ from them (exit code 22 if they do)
    rules deploy    put them in force, in every database that is named; what was in force before is kept in a file,
                    which --rules FILE puts back
    rules test      ask a set of rules, request by request, for what was promised of them: these, those of --rules
                    FILE, or those that a database enforces. It needs Node, and no request reaches the database

diff, deploy, and test with --database want the service account's key, or --owner for a database on this machine.
"""

import argparse
import difflib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloud import rules
from cloud.reading.database import Database
from cloud.reports import source
from cloud.reports.output import write_private
from device.contract.address import parse_url, printable
from device.contract.errors import CheckFailedError, ConfigError, IdentityError

_PLACE = ".settings/rules"
_MOST_LINES = 200


def add_parser(commands: Any) -> None:
    """The command `affectbox-cloud rules`."""
    parser = commands.add_parser("rules", help="print, compare, test or deploy the database's security rules")
    parser.description, parser.formatter_class = __doc__, argparse.RawDescriptionHelpFormatter
    parser.set_defaults(run=_print)
    doing = parser.add_subparsers(metavar="WHAT")
    diff = doing.add_parser("diff", help="how a database's rules differ from these")
    deploy = doing.add_parser("deploy", help="put these rules in force")
    test = doing.add_parser("test", help="ask rules for what was promised of them")
    for one, run in ((diff, _diff), (deploy, _deploy), (test, _test)):
        one.add_argument("--database", metavar="URL[,URL…]", required=one is not test, help="which databases")
        source.add_identity(one, owner=True)
        one.add_argument("--rules", metavar="FILE", type=Path, help="these instead of those of the contract")
        one.set_defaults(run=run)
    deploy.add_argument("--yes", action="store_true", help="do it; without, only say what would change")
    deploy.add_argument(
        "--keep", metavar="DIR", type=Path, default=Path(), help="where the old rules are kept (default: here)"
    )


def _print(args: argparse.Namespace) -> int:
    sys.stdout.write(rules.text())
    return 0


def _diff(args: argparse.Namespace) -> int:
    """Raises `CheckFailedError`: they differ; `ConfigError`, `DataError`, `IdentityError`, `SinkError`."""
    different = []
    wanted = _wanted(args)
    for name, database in _databases(args):
        lines = _lines(_in_force(database), wanted)
        print(f"{name}: {_summed(lines)}")
        _show(lines)
        different += [name] if lines else []
    if different:
        raise CheckFailedError(
            f"The rules of {', '.join(different)} are not these: `rules deploy` puts these in force."
        )
    return 0


def _deploy(args: argparse.Namespace) -> int:
    """Raises `CheckFailedError`: a database does not hold them afterwards; the others as `_diff`, `StorageError`."""
    wanted = _wanted(args)
    for name, database in _databases(args):
        before = _in_force(database)
        lines = _lines(before, wanted)
        print(f"{name}: {_summed(lines)}")
        if lines and not args.yes:
            _show(lines)
            print("Nothing was changed: --yes deploys them.")
        elif lines:
            old = args.keep / f"rules-of-{name.replace(':', '-')}-{time.strftime('%Y%m%d-%H%M%S')}.json"
            write_private(old, f"{json.dumps(before, indent=1)}\n".encode())
            database.put(_PLACE, wanted)
            if _in_force(database) != wanted:
                raise CheckFailedError(f"{name} took the rules and holds others now: somebody deployed meanwhile.")
            print(f"  deployed; what was in force before is in {old}")
    return 0


def _test(args: argparse.Namespace) -> int:
    """Raises `CheckFailedError`: a promise is not kept; the others as `_diff`."""
    broken = 0
    for name, found in _to_test(args):
        broken += _told(name, found)
    if broken:
        raise CheckFailedError(f"{broken} promise{'s are' if broken > 1 else ' is'} not kept.")
    return 0


def _told(name: str, found: Any) -> int:
    from cloud.rules.promises import kept  # noqa: PLC0415  what prints the rules needs none of it

    promises = kept(found)
    print(f"{name}: {sum(len(one.asked) for one in promises)} requests, {len(promises)} promises")
    for promise in promises:
        print(f"  {'BROKEN' if promise.broken else 'kept  '}  {promise.text}")
        for one in promise.broken:
            print(f"            {one}")
    return sum(bool(one.broken) for one in promises)


def _to_test(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if args.rules and args.database:
        raise ConfigError("Name a file of rules, or a database, and not both.")
    if args.database:
        yield from ((name, _in_force(database)) for name, database in _databases(args))
    else:
        yield str(args.rules or "the rules of the contract"), _wanted(args)


def _wanted(args: argparse.Namespace) -> Any:
    """The rules of the file that is named, else those of the contract."""
    if not args.rules:
        return rules.rules()
    try:
        return json.loads(args.rules.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{args.rules} holds no rules ({error}): name a file of JSON.") from None


def _databases(args: argparse.Namespace) -> Iterator[tuple[str, Database]]:
    credential = source.credential(args)
    if credential is None or not credential.above_rules:
        raise IdentityError("Rules are for admins alone: name --service-account FILE, or --owner on this machine.")
    for url in args.database.split(","):
        place = parse_url(url)
        with Database(url, credential) as database:
            yield f"{place.host}:{place.port}" if not place.secure else place.host, database


def _in_force(database: Database) -> Any:
    return database.get(_PLACE, format="strict")


def _lines(before: Any, wanted: Any) -> list[str]:
    """What deploying changes, as `diff -u` tells it; empty for nothing."""
    if before == wanted:
        return []
    old, new = (json.dumps(one, indent=1).splitlines() for one in (before, wanted))
    return [*difflib.unified_diff(old, new, "in force", "wanted", lineterm="", n=1)]


def _summed(lines: list[str]) -> str:
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    gone = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return f"{gone} lines go and {added} come" if lines else "these rules are in force"


def _show(lines: list[str]) -> None:
    for line in lines[:_MOST_LINES]:
        print(printable(line))
    if len(lines) > _MOST_LINES:
        print(f"… and {len(lines) - _MOST_LINES} lines more")
