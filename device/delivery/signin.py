"""Signing in to Firebase Authentication: a custom token, once, and from then on the refresh token, for ID tokens.

An account that was disabled or deleted, or whose tokens were revoked, is answered with 400 and a word that says so;
that is a refusal, and anything else that is no success is trouble that may pass.

Nothing that is raised or shown here holds a token or a key: messages are our own words, and what the server sent is
only looked up among the words that we know.

Source: Firebase documentation, "Firebase Auth REST API" (sign in with custom token; exchange a refresh token).
"""

import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

_SIGN_IN = "identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken"
_REFRESH = "securetoken.googleapis.com/v1/token"
_MAX_ANSWER_BYTES = 65_536
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
    """A project's sign-in service. `FIREBASE_AUTH_EMULATOR_HOST` puts Google's emulator in its place."""

    def __init__(self, api_key: str, timeout_s: float) -> None:
        """`timeout_s` bounds connecting, and each wait for bytes."""
        emulator = os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")
        self._base = f"http://{emulator}/" if emulator else "https://"
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirects())

    def with_custom_token(self, custom_token: str) -> Tokens:
        """Exchange the token of an enrolment. Raises `SignInError`, `RefusedError`."""
        body = json.dumps({"token": custom_token, "returnSecureToken": True}).encode()
        return _tokens(self._post(_SIGN_IN, body, "application/json"), "idToken", "refreshToken", "expiresIn")

    def with_refresh_token(self, refresh_token: str) -> Tokens:
        """Get a new ID token. Raises `SignInError`, `RefusedError`."""
        body = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token}).encode()
        answer = self._post(_REFRESH, body, "application/x-www-form-urlencoded")
        return _tokens(answer, "id_token", "refresh_token", "expires_in")

    def _post(self, endpoint: str, body: bytes, kind: str) -> Any:
        url = f"{self._base}{endpoint}?" + urllib.parse.urlencode({"key": self._api_key})
        request = urllib.request.Request(url, body, {"Content-Type": kind})
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                return json.loads(response.read(_MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise _explain(error.code, error.read(_MAX_ANSWER_BYTES).decode(errors="replace")) from None
        except urllib.error.URLError as error:
            raise SignInError(f"the sign-in service cannot be reached ({error.reason})") from None
        except (OSError, http.client.HTTPException) as error:
            raise SignInError(f"the sign-in service does not answer ({type(error).__name__})") from None
        except ValueError:
            raise SignInError("what answers in place of the sign-in service is something else") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The service never redirects; whoever does is a captive portal, and gets no token."""

    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


def _explain(status: int, body: str) -> SignInError:
    known = next((words for code, words in _REFUSALS.items() if code in body), None)
    if status in (400, 401, 403) and known:
        return RefusedError(known)
    return SignInError(f"the sign-in service answers {status}")


def _tokens(answer: Any, id_token: str, refresh_token: str, lasts: str) -> Tokens:
    try:
        return Tokens(str(answer[id_token]), str(answer[refresh_token]), float(answer[lasts]))
    except (KeyError, TypeError, ValueError):
        raise SignInError("what answers in place of the sign-in service is something else") from None
