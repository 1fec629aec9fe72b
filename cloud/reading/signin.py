"""Signing in as whoever reads: with e-mail and password, a token of somebody else's making, or a service account.

No password or token stands in an error, a `repr` or a log. A token lasts an hour, which is longer than reading takes.

Source: Firebase documentation, "Firebase Auth REST API" (sign in with email / password).
"""

import http.client
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cloud.reading.client import Exchange, Place, UnansweredError
from device.contract.address import is_loopback
from device.contract.errors import IdentityError, RuntimeMissingError

EMULATOR = "FIREBASE_AUTH_EMULATOR_HOST"
_SERVICE = "identitytoolkit.googleapis.com"
_PATH = "/v1/accounts:signInWithPassword"
_TIMEOUT_S = 30.0
_SCOPES = ("https://www.googleapis.com/auth/firebase.database", "https://www.googleapis.com/auth/userinfo.email")
_REFUSALS = {
    "INVALID_LOGIN_CREDENTIALS": "e-mail or password is wrong",
    "INVALID_PASSWORD": "e-mail or password is wrong",
    "EMAIL_NOT_FOUND": "e-mail or password is wrong",
    "INVALID_EMAIL": "that is no e-mail address",
    "MISSING_PASSWORD": "a password is needed",
    "USER_DISABLED": "this account was disabled: ask who administers the database",
    "TOO_MANY_ATTEMPTS": "there were too many attempts: try again in some minutes",
    "PASSWORD_LOGIN_DISABLED": "the project does not let people sign in with passwords",
    "OPERATION_NOT_ALLOWED": "the project does not let people sign in with passwords",
    "API key not valid": "the API key is not accepted",
    "API_KEY_INVALID": "the API key is not accepted",
}


@dataclass(frozen=True)
class Credential:
    """What says who asks: an ID token, or with `above_rules` an access token of a service account."""

    token: str = field(repr=False)
    above_rules: bool = False

    def query(self) -> dict[str, str]:
        """What goes into a request's address."""
        return {} if self.above_rules else {"auth": self.token}

    def headers(self) -> dict[str, str]:
        """What goes into a request's head."""
        return {"Authorization": f"Bearer {self.token}"} if self.above_rules else {}


def with_password(email: str, password: str, api_key: str) -> Credential:
    """Sign in. `FIREBASE_AUTH_EMULATOR_HOST` (HOST:PORT) puts Google's emulator in the place of the service.

    Raises:
        IdentityError: wrong e-mail or password, a disabled account, no network.
    """
    body = json.dumps({"email": email, "password": password, "returnSecureToken": True}).encode()
    place, prefix = _place()
    exchange = Exchange(place, _TIMEOUT_S)
    target = f"{prefix}{_PATH}?{urlencode({'key': api_key})}"
    try:
        status, content = exchange.ask("POST", target, body, {"Content-Type": "application/json"})
    except UnansweredError as error:
        raise IdentityError(f"Nobody could be signed in: the sign-in service {error}.") from None
    finally:
        exchange.close()
    answer = _json(content)
    token = answer.get("idToken") if isinstance(answer, dict) else None
    if status == http.client.OK and isinstance(token, str) and token:
        return Credential(token)
    raise IdentityError(f"Nobody could be signed in: {_why(status, content.decode(errors='replace'))}.")


def from_file(path: Path) -> Credential:
    """An ID token that stands in a file. Raises `IdentityError`."""
    try:
        return from_text(path.read_text("ascii"))
    except (OSError, ValueError):
        raise IdentityError(f"{path} cannot be read as a token: name a file that holds an ID token.") from None


def from_text(text: str) -> Credential:
    """An ID token as it is. Raises `IdentityError`: it is none."""
    token = text.strip()
    if token.count(".") != 2 or not token.isascii() or not token.isprintable() or " " in token:
        raise IdentityError("What was given as a token is none: an ID token has three parts with dots between them.")
    return Credential(token)


def of_service_account(key: Path) -> Credential:
    """For admins: above the rules.

    Raises:
        IdentityError: no such file, no key, no network.
        RuntimeMissingError: google.auth is not installed.
    """
    try:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415  # only admins have it
        from google.auth.transport.requests import Request  # noqa: PLC0415
        from google.oauth2.service_account import Credentials  # noqa: PLC0415
    except ImportError:
        raise RuntimeMissingError(
            "A service account needs the extra `admin`: pip install 'affectbox[admin]'."
        ) from None
    try:
        credentials: Any = Credentials.from_service_account_file(str(key), scopes=_SCOPES)  # type: ignore[no-untyped-call]
        credentials.refresh(Request())
    except (OSError, ValueError, GoogleAuthError):
        raise IdentityError(f"{key} cannot be used: it is no service account's key, or it is not accepted.") from None
    return Credential(credentials.token, above_rules=True)


def _place() -> tuple[Place, str]:
    """Where the service is, and what goes before the path: the emulator has every service on one port."""
    emulator = os.environ.get(EMULATOR)
    if not emulator:
        return Place(True, _SERVICE, http.client.HTTPS_PORT), ""
    host, _, port = emulator.rpartition(":")
    if not host or not port.isdecimal():
        raise IdentityError(f"{EMULATOR} is not HOST:PORT.")
    if not is_loopback(host):
        raise IdentityError(f"{EMULATOR} is another machine, and would show the password to the network: run it here.")
    return Place(False, host, int(port)), f"/{_SERVICE}"


def _why(status: int, body: str) -> str:
    known = next((words for word, words in _REFUSALS.items() if word in body), "")
    if not known and status == http.client.OK:
        return "what answers in place of the sign-in service is something else (a page of this network?)"
    return known or f"the sign-in service answers {status}"


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
