"""Have a box do something, and wait for its answer. A session begins only with a consent that is recorded on the box;
what is not heard in time is void, and not done later.

    begin, revoke, consent      of --patient; a consent says --covers, --by and perhaps --ends
    pause, resume, end
    mark, phase, stimulus       with --name; a phase without one ends the one before
    update, doctor              for engineers and admins: fetch the newest release; examine itself

It is done in the name of whoever signs in, who must be a clinician of the box and the patient, or an engineer; the
audit says so. Exit code 0: done; 26: the box refuses, and says why; 21: it did not answer.
"""

import argparse
import threading
from datetime import date, datetime
from typing import Any

from cloud.operations import orders
from cloud.reading.database import Database
from cloud.reading.signin import Credential
from cloud.reports import source
from device.contract import remote, telemetry
from device.contract.address import printable
from device.contract.choices import AGES, COVERS, DEVICE_ID, GIVERS
from device.contract.errors import ConfigError, DataError, IdentityError, InterlockError
from device.contract.fields import Json
from device.contract.patient import check_pseudonym

_EVERY_S = 0.5
_LATE_MS = 5_000  # its answer is on the way when the command is over


def add_parser(subparsers: Any) -> None:
    """Register the `control` command."""
    parser = subparsers.add_parser("control", help="have a box do something, and wait for its answer")
    parser.description, parser.formatter_class = __doc__, argparse.RawDescriptionHelpFormatter
    parser.add_argument("device", metavar="BOX", help="which box")
    parser.add_argument("do", metavar="WHAT", choices=remote.DO, help=f"one of {', '.join(remote.DO)}")
    parser.add_argument("--database", metavar="URL", required=True, help="which database")
    parser.add_argument("--patient", metavar="ID", help="pseudonym of whom it is about")
    parser.add_argument("--name", metavar="NAME", help="of what is noted")
    parser.add_argument("--covers", metavar="A,B", help=f"of a consent: {', '.join(COVERS)}")
    parser.add_argument("--by", choices=GIVERS, help="who gave the consent")
    parser.add_argument("--age", choices=AGES, help="how old the person is, where they may be compared with others")
    parser.add_argument("--ends", metavar="DATE", help="the consent's last day, YYYY-MM-DD")
    source.add_identity(parser, is_person=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say it and wait.

    Raises:
        ConfigError: something is missing, or of another form.
        DataError: the database is away, or the box did not answer.
        IdentityError: nobody signed in, or they may not.
        InterlockError: the box refuses.
    """
    _check(args)
    credential = source.credential(args)
    if credential is None or not credential.uid:
        raise IdentityError("A box is commanded in a person's name: sign in (--email, or --token-file).")
    with Database(args.database, credential) as database:
        order = _said(args, database, credential)
        print(printable(_answer(database, args.device, order)))
    return 0


def _check(args: argparse.Namespace) -> None:
    if not DEVICE_ID.fullmatch(args.device):
        raise ConfigError("BOX is a box's id: 1 to 40 lower-case letters, digits and hyphens.")
    if args.patient:
        check_pseudonym(args.patient)
    if args.do in remote.OF_PATIENT and not args.patient:
        raise ConfigError(f"{args.do} is about a person: add --patient PSEUDONYM.")
    if args.do == "consent" and not (args.covers and args.by):
        raise ConfigError("A consent says what it covers and who gave it: add --covers and --by.")
    if args.do != "consent" and (args.covers or args.by or args.ends or args.age):
        raise ConfigError("--covers, --by, --age and --ends are of a consent: affectbox-cloud control BOX consent …")


def _said(args: argparse.Namespace, database: Database, credential: Credential) -> Json:
    """Write the command, with its entry of the audit; returns it."""
    database.may(f"staff/{credential.uid}")  # with its answer comes what the database's clock says
    now_ms = database.now_ms()
    about = {"patient": args.patient, "name": args.name, "consent": _consent(args)}
    try:
        order = orders.command(args.do, credential.uid, now_ms, **about)
    except DataError as error:
        raise ConfigError(str(error)) from None
    did = "fleet_commanded" if args.do in remote.OF_ENGINEERS else "commanded"
    database.patch(orders.changes(args.device, order, now_ms, did))
    return order


def _consent(args: argparse.Namespace) -> Json | None:
    if args.do != "consent":
        return None
    consent: Json = {"covers": args.covers.split(","), "by": args.by} | ({"age": args.age} if args.age else {})
    if args.ends:
        try:
            last = datetime.combine(date.fromisoformat(args.ends), datetime.max.time())
        except ValueError:
            raise ConfigError(f"--ends is a day, as 2027-01-31; '{args.ends}' is none.") from None
        consent["until"] = int(last.timestamp())
    return consent


def _answer(database: Database, device: str, order: Json) -> str:
    """What the box says when it is done. Raises `DataError`: nothing in time; `InterlockError`: it refuses."""
    pace = threading.Event()
    while True:
        heard = database.get(f"{telemetry.ROOT}/{device}/control")
        now_ms = database.now_ms()
        told = orders.told(order, heard, now_ms, order["by"])
        if told is None or told["state"] == "void" or (told["state"] == "sent" and now_ms > order["until"] + _LATE_MS):
            raise DataError(told["text"] if told else "The box did not answer.")
        if told["state"] == "refused":
            raise InterlockError(told["text"])
        if told["state"] == "done":
            return str(told["text"])
        pace.wait(_EVERY_S)
