"""Where the sessions that somebody asks for come from: a file, or databases in which a person signs in."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any

from cloud.reading import accounts, lines, parquet, signin
from cloud.reading.databases import Databases, Listed
from cloud.reading.faults import Faults
from cloud.reading.gathering import Gathering
from cloud.reading.sessions import Session
from cloud.reading.signin import Credential
from cloud.reading.table import Table
from device.contract.choices import DEVICE_ID
from device.contract.errors import ConfigError, DataError, IdentityError
from device.contract.patient import check_pseudonym
from device.contract.session import UNNAMED

TOKEN, PASSWORD = "AFFECTBOX_TOKEN", "AFFECTBOX_PASSWORD"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What says which sessions, and who asks."""
    parser.add_argument("recording", type=Path, nargs="?", help="a file of records (.jsonl, .parquet); or --database")
    parser.add_argument("--database", metavar="URL[,URL…]", help="read from there, or compare the file with it")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--patient", metavar="ID", help="the sessions of this pseudonym")
    whose.add_argument("--device", metavar="ID", help="the sessions of this box")
    add_identity(parser)


def add_identity(parser: argparse.ArgumentParser, owner: bool = False, is_person: bool = False) -> None:
    """What says who asks; `owner`: also whoever a local database belongs to; `is_person`: only people who sign in."""
    who = parser.add_argument_group("signing in", "Databases show nothing to strangers. Say who you are:")
    who.add_argument("--email", metavar="ADDRESS", help=f"the password is asked for, or in ${PASSWORD}")
    who.add_argument(
        "--api-key", metavar="KEY", help=f"the project's web API key (no secret), or in ${accounts.API_KEY}"
    )
    who.add_argument("--token-file", metavar="FILE", type=Path, help=f"holds an ID token, which may stand in ${TOKEN}")
    if is_person:
        parser.set_defaults(service_account=None)
    else:
        who.add_argument("--service-account", metavar="FILE", type=Path, help="for admins: the service account's key")
    if owner:
        who.add_argument("--owner", action="store_true", help="above the rules of a local database on this machine")


def credential(args: argparse.Namespace) -> Credential | None:
    """Who asks; None for nobody. Raises `ConfigError`, `IdentityError`."""
    if getattr(args, "owner", False):
        return signin.of_owner(args.database)
    if args.service_account:
        return signin.of_service_account(args.service_account)
    if args.token_file:
        return signin.from_file(args.token_file)
    if args.email:
        return signin.with_password(args.email, _password(), accounts.api_key(args.api_key))
    return signin.from_text(os.environ[TOKEN]) if os.environ.get(TOKEN) else None


def read_file(path: Path, databases: Databases | None = None) -> Table:
    """The sessions of a file, with the clocks that databases know of. Raises `DataError`."""
    gathering = Gathering()
    (parquet if path.suffix == ".parquet" else lines).gather(path, gathering)
    for device in gathering.devices() if databases else ():
        for clock in databases.clocks(device):  # type: ignore[union-attr]
            gathering.clock(clock)
    if databases:
        gathering.faults.quarantined.update(databases.faults.quarantined)
    return gathering.table()


def listed(args: argparse.Namespace, databases: Databases) -> list[Listed]:
    """The sessions of the patient or box. Raises `ConfigError`, `DataError`, `IdentityError`."""
    check_whose(args)
    if not args.patient and not args.device:
        raise ConfigError("Say whose sessions: --patient PSEUDONYM or --device BOX.")
    return databases.of_patient(args.patient) if args.patient else databases.of_device(args.device)


def asked_for(args: argparse.Namespace, table: Table) -> list[Session]:
    """The sessions of a file that are of the patient or box, or all where nobody is named. Raises `ConfigError`."""
    check_whose(args)
    whose = {"patient": args.patient, "device": args.device}
    return [
        one for one in table.sessions if all(not value or getattr(one, name) == value for name, value in whose.items())
    ]


def check_whose(args: argparse.Namespace) -> None:
    """Raises `ConfigError`: --patient is no pseudonym, or --device no box's id."""
    if args.patient and args.patient != UNNAMED:
        check_pseudonym(args.patient)
    if args.device and not DEVICE_ID.fullmatch(args.device):
        raise ConfigError("--device is a box's id: 1 to 40 lower-case letters, digits and hyphens.")


def open_databases(args: argparse.Namespace) -> Databases:
    """The databases, as whoever asks. Raises `IdentityError`, `SinkError`."""
    return Databases(args.database.split(","), credential(args))


def chosen(found: list[Any], wanted: str | None, where: str, faults: Faults) -> Any:
    """The session whose id, or its beginning, is wanted; without one the last. Raises `DataError`."""
    ids = [getattr(one, "session", "") or one.id for one in found]
    if not found:
        told = "; ".join(faults.sentences())
        raise DataError(f"{where} holds no session{f': {told}' if told else ''}.")
    if wanted is None:
        return found[-1]
    matching = [one for one, name in zip(found, ids, strict=True) if name == wanted] or [
        one for one, name in zip(found, ids, strict=True) if name.startswith(wanted)
    ]
    if len(matching) != 1:
        why = "begins several sessions" if matching else "is no session"
        raise DataError(f"'{wanted}' {why} there: `affectbox-cloud sessions` lists them.")
    return matching[0]


def _password() -> str:
    if held := os.environ.get(PASSWORD):
        return held
    if not sys.stdin.isatty():
        raise IdentityError(f"There is nobody to ask for the password: put it into ${PASSWORD}.")
    return getpass.getpass("Password: ")
