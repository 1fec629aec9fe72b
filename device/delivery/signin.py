"""Signing in to Firebase Authentication: a custom token, once, and from then on the refresh token, for ID tokens.

An account that was disabled or deleted, or whose tokens were revoked, is answered with 400 and a word that says so;
that is a refusal, and anything else that is no success is trouble that may pass.

Nothing that is raised or shown here holds a token or a key: messages are our own words, and what the server sent is
only looked up among the words that we know.

Source: Firebase documentation, "Firebase Auth REST API" (sign in with custom token; exchange a refresh token).
"""

import http.client
import json
import math
import os
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from device.delivery.connection import Connection

_SIGN_IN = ("identitytoolkit.googleapis.com", "/v1/accounts:signInWithCustomToken")
_REFRESH = ("securetoken.googleapis.com", "/v1/token")
_MAX_ANSWER_BYTES = 65_536
_SOMETHING_ELSE = "what answers in place of the sign-in service is something else"
_REFUSALS = {
    "USER_DISABLED": "the account of this box was disabled",
    "USER_NOT_FOUND": "the account of this box does not exist any more",
    "TOKEN_EXPIRED": "the sign-in of this box was revoked",
    "INVALID_REFRESH_TOKEN": "the sign-in of this box is not accepted",
    "MISSING_REFRESH_TOKEN": "the sign-in of this box is not accepted",
    "INVALID_CUSTOM_TOKEN": "the enrolment is not accepted: it was used up, has expired, or is of another project",
    "CREDENTIAL_MISMATCH": "the enrolment is of another project than its API key",
    "PROJECT_NUMBER_MISMATCH": "the sign-in of this box is of another project than its API key",
    "API key not valid": "the API key is not accepted",
    "API_KEY_INVALID": "the API key is not accepted",
}


class SignInError(OSError):
    """There is no token now; the text says why."""


class RefusedError(SignInError):
    """The account may not sign in, and will not until somebody changes that."""


@dataclass(frozen=True)
class Tokens:
    """What signing in gives: an ID token for `lasts_s` seconds, and a refresh token that lasts until it is revoked."""

    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    lasts_s: float


class SignIn:
    """A project's sign-in service. `FIREBASE_AUTH_EMULATOR_HOST` (HOST:PORT) puts Google's emulator in its place."""

    def __init__(self, api_key: str, timeout_s: float) -> None:
        """`timeout_s` bounds a whole exchange, from looking up the name to the last byte of the answer."""
        self._emulator = os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")
        self._api_key = api_key
        self._timeout_s = timeout_s

    def with_custom_token(self, custom_token: str) -> Tokens:
        """Exchange the token of an enrolment. Raises `SignInError`, `RefusedError`."""
        body = json.dumps({"token": custom_token, "returnSecureToken": True}).encode()
        return _tokens(self._post(_SIGN_IN, body, "application/json"), "idToken", "refreshToken", "expiresIn")

    def with_refresh_token(self, refresh_token: str) -> Tokens:
        """Get a new ID token. Raises `SignInError`, `RefusedError`."""
        body = urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token}).encode()
        answer = self._post(_REFRESH, body, "application/x-www-form-urlencoded")
        return _tokens(answer, "id_token", "refresh_token", "expires_in")

    def _post(self, endpoint: tuple[str, str], body: bytes, kind: str) -> Any:
        """The answer's JSON. A redirect is no success: whoever redirects is a captive portal, and gets no token."""
        try:
            status, content = self._exchange(*endpoint, body, kind)
        except TimeoutError:
            raise SignInError("the sign-in service does not answer in time") from None
        except http.client.HTTPException as error:
            raise SignInError(f"the sign-in service does not answer ({type(error).__name__})") from None
        except OSError as error:
            raise SignInError(f"the sign-in service cannot be reached ({error.strerror or error})") from None
        except ValueError:  # the standard library's, for a wrong chunk size
            raise SignInError(_SOMETHING_ELSE) from None
        if status != http.client.OK:
            raise _explain(status, content.decode(errors="replace"))
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise SignInError(_SOMETHING_ELSE) from None

    def _exchange(self, host: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        connection, prefix = self._connect(host)
        connection.deadline.set(self._timeout_s)
        try:
            target = f"{prefix}{path}?" + urlencode({"key": self._api_key})
            connection.request("POST", target, body, {"Content-Type": kind, "Connection": "close"})
            response = connection.getresponse()
            return response.status, response.read(_MAX_ANSWER_BYTES)
        finally:
            connection.close()

    def _connect(self, host: str) -> tuple[Connection, str]:
        """A connection, and what goes before the path: the emulator has every service on one port."""
        if self._emulator:
            name, _, port = self._emulator.rpartition(":")
            return Connection(name, int(port), None), f"/{host}"
        return Connection(host, http.client.HTTPS_PORT, ssl.create_default_context()), ""


def _explain(status: int, body: str) -> SignInError:
    known = next((words for code, words in _REFUSALS.items() if code in body), None)
    if status in (400, 401, 403) and known:
        return RefusedError(known)
    return SignInError(f"the sign-in service answers {status}")


def _tokens(answer: Any, id_token: str, refresh_token: str, lasts: str) -> Tokens:
    try:
        tokens = Tokens(answer[id_token], answer[refresh_token], float(answer[lasts]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise SignInError(_SOMETHING_ELSE) from None
    texts = (tokens.id_token, tokens.refresh_token)
    if not all(isinstance(text, str) and text for text in texts) or not 0 < tokens.lasts_s < math.inf:
        raise SignInError(_SOMETHING_ELSE)
    return tokens
