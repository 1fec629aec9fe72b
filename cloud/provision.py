"""Accounts of boxes, made and revoked on the engineer's machine with the Firebase Admin SDK.

    provision DEVICE   makes the account `box-DEVICE`, whose claims the security rules know, signs out whoever has used
                       it before, and writes an enrolment file for `affectbox enrol`: good for one hour
    revoke DEVICE      disables the account and revokes its refresh tokens. Its last ID token ends within the hour; the
                       box then says so, and keeps its records

The service account's key stays on this machine: it is root on the whole project.

With `--local DIR` the account is one of a local database that is served from that folder (`affectbox-cloud local
--data DIR --rules … --sign-in`), and nobody else is asked.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloud.local.accounts import FILE_NAME, BoxAccounts
from device.contract import passphrase
from device.contract.choices import DEVICE_ID
from device.contract.enrolment import LIFETIME_S, Enrolment, claims, uid
from device.contract.errors import IdentityError

_NO_SDK = "This needs the Firebase Admin SDK: install affectbox with the extra `admin`."
_NO_KEY = (
    "This needs the key of the project's service account, and none was given: name its file with --service-account, "
    "or in GOOGLE_APPLICATION_CREDENTIALS."
)
_SAID = 200  # characters of what Firebase says
_EMULATED_PROJECT = "demo-affectbox"


def provision(device: str, api_key: str, database: str, service_account: Path | None, phrase: str) -> Enrolment:
    """Make or renew the account of a box; returns what the box needs once. `phrase` will open the box's own page.

    Raises:
        IdentityError: not a box's id, no Admin SDK, no usable service account, or Firebase refuses.
    """
    _check(device)
    with _admin(service_account) as (app, auth):
        _enable(auth, app, uid(device))
        auth.set_custom_user_claims(uid(device), claims(device), app=app)
        auth.revoke_refresh_tokens(uid(device), app=app)
        token = auth.create_custom_token(uid(device), claims(device), app=app).decode()
    expires = time.time() + LIFETIME_S
    return Enrolment(device, token, api_key, database, expires, page=passphrase.hashed(phrase))


def revoke(device: str, service_account: Path | None) -> None:
    """Disable the account of a box and revoke its refresh tokens. Raises `IdentityError`."""
    _check(device)
    with _admin(service_account) as (app, auth):
        auth.update_user(uid(device), disabled=True, app=app)
        auth.revoke_refresh_tokens(uid(device), app=app)


def provision_locally(device: str, folder: Path, database: str, phrase: str) -> Enrolment:
    """The same of a local database in `folder`. Raises `IdentityError`: not a box's id; `StorageError`."""
    token = BoxAccounts(folder / FILE_NAME).provision(device)
    return Enrolment(device, token, "local", database, time.time() + LIFETIME_S, page=passphrase.hashed(phrase))


def write(enrolment: Enrolment, file: Path) -> None:
    """Write the enrolment file, readable by its owner only. Raises `IdentityError`, also if it is there already."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(enrolment.encode())
    except OSError as error:
        raise IdentityError(f"{file} cannot be written ({error.strerror}): name another file with --out.") from None


def _check(device: str) -> None:
    if not DEVICE_ID.fullmatch(device):
        raise IdentityError(f"'{device}' is no box's id: 1 to 40 lower-case letters, digits and hyphens.")


def _enable(auth: Any, app: Any, account: str) -> None:
    try:
        auth.update_user(account, disabled=False, app=app)
    except auth.UserNotFoundError:
        auth.create_user(uid=account, app=app)


@contextmanager
def _admin(service_account: Path | None) -> Iterator[tuple[Any, Any]]:
    """The Admin SDK's app and its module `auth`; what goes wrong inside becomes an `IdentityError`."""
    try:
        import firebase_admin  # noqa: PLC0415  # 0.5 s, and only these two commands need it
        from firebase_admin import auth, credentials, exceptions  # noqa: PLC0415
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    except ImportError:
        raise IdentityError(_NO_SDK) from None
    emulated = {"projectId": _EMULATED_PROJECT} if os.environ.get("FIREBASE_AUTH_EMULATOR_HOST") else None
    if not (emulated or service_account or os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")):
        raise IdentityError(_NO_KEY)
    try:
        credential = credentials.Certificate(str(service_account)) if service_account else None
        app = firebase_admin.initialize_app(credential, emulated, name="provisioning")
    except (OSError, ValueError) as error:
        raise IdentityError(f"The service account's key cannot be used ({error}).") from None
    try:
        yield app, auth
    except auth.UserNotFoundError:
        raise IdentityError("There is no such box: it was never provisioned, or its account was deleted.") from None
    except (exceptions.FirebaseError, GoogleAuthError, ValueError) as error:
        raise IdentityError(f"Firebase does not take this: {_in_one_line(error)}") from None
    finally:
        firebase_admin.delete_app(app)


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _SAID else f"{text[:_SAID]}…"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands `affectbox-cloud provision` and `affectbox-cloud revoke`."""
    make = commands.add_parser("provision", help="make the account of a box, and the file that enrols it once")
    make.add_argument("--api-key", metavar="KEY", help="the project's web API key (no secret)")
    make.add_argument("--database", metavar="URL", required=True, help="the database that the box reports to")
    make.add_argument("--out", metavar="FILE", type=Path, help="enrolment file (default: DEVICE.enrolment.json)")
    make.set_defaults(run=_provision)
    end = commands.add_parser("revoke", help="take a box's access away, within the hour")
    end.set_defaults(run=_revoke)
    for parser in (make, end):
        parser.add_argument(
            "--local", metavar="DIR", type=Path, help="the folder of a local database, in the place of a project"
        )
        parser.add_argument("device", metavar="DEVICE", help="id of the box: lower-case letters, digits, hyphens")
        parser.add_argument(
            "--service-account",
            metavar="FILE",
            type=Path,
            help="the service account's key (default: $GOOGLE_APPLICATION_CREDENTIALS)",
        )


def _provision(args: argparse.Namespace) -> int:
    file = args.out or Path(f"{args.device}.enrolment.json")
    if file.exists():  # said before the account is touched, for that signs out whoever uses it
        raise IdentityError(f"{file} is there already: delete it, or name another file with --out.")
    phrase = passphrase.make()
    if args.local:
        write(provision_locally(args.device, args.local, args.database, phrase), file)
    elif args.api_key:
        write(provision(args.device, args.api_key, args.database, args.service_account, phrase), file)
    else:
        raise IdentityError("A project's accounts need its web API key: name it with --api-key.")
    print(f"Written {file}: within an hour, run `affectbox enrol {file.name}` on the box. It is a key until then.")
    print(f"Pass-phrase of the box's own page, where it is opened to a network: {phrase}")
    print("Write it down for who works there: it is kept nowhere, and is asked for once in each browser.")
    return 0


def _revoke(args: argparse.Namespace) -> int:
    if args.local:
        BoxAccounts(args.local / FILE_NAME).revoke(args.device)
    else:
        revoke(args.device, args.service_account)
    print(f"'{args.device}' is signed out; its last token ends within the hour, and its records stay on it.")
    return 0
