"""Signing in as whoever reads: with e-mail and password, a token of somebody else's making, or a service account.

No password or token stands in an error, a `repr` or a log. A token lasts an hour, which is longer than reading takes.

Source: Firebase documentation, "Firebase Auth REST API" (sign in with email / password).
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloud.reading.accounts import Accounts, nobody
from device.contract.address import is_loopback, parse_url
from device.contract.errors import ConfigError, IdentityError, RuntimeMissingError

_SCOPES = ("https://www.googleapis.com/auth/firebase.database", "https://www.googleapis.com/auth/userinfo.email")


@dataclass(frozen=True)
class Credential:
    """What says who asks: an ID token, or with `above_rules` an access token of a service account."""

    token: str = field(repr=False)
    above_rules: bool = False

    @property
    def uid(self) -> str:
        """The id of their account; '' for a service account, and where the token cannot be read."""
        try:
            payload = self.token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return str(claims.get("user_id") or claims["sub"])
        except (IndexError, ValueError, KeyError, AttributeError, RecursionError):
            return ""

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
    asked = {"email": email, "password": password, "returnSecureToken": True}
    token = Accounts(api_key).ask("v1/accounts:signInWithPassword", asked).get("idToken")
    if not isinstance(token, str) or not token:
        raise nobody()
    return Credential(token)


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


def of_owner(urls: str) -> Credential:
    """Whoever local databases on this machine belong to: above their rules, as in Google's emulators. `urls`: of all
    that are asked, with commas between. Raises `ConfigError`: one is on another machine."""
    if not all(is_loopback(parse_url(url).host) for url in urls.split(",")):
        raise ConfigError("--owner is for a local database on this machine: elsewhere, --service-account or --email.")
    return Credential("owner", above_rules=True)
