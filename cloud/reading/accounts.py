"""Google's sign-in service, asked as the web API key of a project lets anybody ask it: one answer for each request.

No password and no token stands in an error, a `repr` or a log.

Source: Firebase documentation, "Firebase Auth REST API"; Identity Platform, "REST API", v1 and v2.
"""

import http.client
import json
import os
from urllib.parse import urlencode

from cloud.reading.client import Exchange, Place, UnansweredError
from device.contract.address import is_loopback
from device.contract.errors import IdentityError
from device.contract.fields import Json

EMULATOR = "FIREBASE_AUTH_EMULATOR_HOST"
API_KEY = "AFFECTBOX_API_KEY"
_SERVICE, _TOKENS = "identitytoolkit.googleapis.com", "securetoken.googleapis.com"
_TIMEOUT_S = 30.0
_DISABLED = "this account was disabled: ask who administers the database"
_REFUSALS = {
    "INVALID_LOGIN_CREDENTIALS": "e-mail or password is wrong",
    "INVALID_PASSWORD": "e-mail or password is wrong",
    "EMAIL_NOT_FOUND": "e-mail or password is wrong",
    "INVALID_EMAIL": "that is no e-mail address",
    "MISSING_PASSWORD": "a password is needed",
    "USER_DISABLED": _DISABLED,
    "USER_NOT_FOUND": "there is no such account any more: ask who administers the database",
    "TOO_MANY_ATTEMPTS": "there were too many attempts: try again in some minutes",
    "PASSWORD_LOGIN_DISABLED": "the project does not let people sign in with passwords",
    "OPERATION_NOT_ALLOWED": "the project does not let people sign in with passwords",
    "API key not valid": "the API key is not accepted",
    "API_KEY_INVALID": "the API key is not accepted",
    "CREDENTIAL_TOO_OLD": "it was too long ago that you signed in: sign in again",
    "TOKEN_EXPIRED": "the sign-in was ended: sign in again",
    "INVALID_ID_TOKEN": "the sign-in was ended: sign in again",
    "INVALID_REFRESH_TOKEN": "the sign-in was ended: sign in again",
    "INVALID_CODE": "that is not the code: type the newest one",
    "INVALID_MFA_PENDING_CREDENTIAL": "it took too long: begin again",
    "SESSION_EXPIRED": "it took too long: begin again",
    "WEAK_PASSWORD": "the project wants a stronger password",
    "PASSWORD_DOES_NOT_MEET_REQUIREMENTS": "the project wants a stronger password",
    "RECAPTCHA": "the project wants Google's captcha for it, which is not loaded here: use an authenticator app",
    "CAPTCHA": "the project wants Google's captcha for it, which is not loaded here: use an authenticator app",
}


class RefusedError(IdentityError):
    """The service says no; `word` is its own word for why, "" for one that is not known here."""

    def __init__(self, sentence: str, word: str) -> None:
        super().__init__(sentence)
        self.word = word


def api_key(given: str | None) -> str:
    """The project's web API key: as given, or of the environment; any will do for the emulator. Raises
    `IdentityError`."""
    key = given or os.environ.get(API_KEY) or ("any" if os.environ.get(EMULATOR) else "")
    if not key:
        raise IdentityError(f"Signing in needs the project's web API key: give --api-key, or put it into ${API_KEY}.")
    return key


class Accounts:
    """The accounts of the project that a web API key belongs to. `FIREBASE_AUTH_EMULATOR_HOST` (HOST:PORT) puts
    Google's emulator in the place of the service."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def ask(self, path: str, body: Json) -> Json:
        """What `POST /PATH` answers, such as `v1/accounts:signInWithPassword`.

        Raises:
            RefusedError: it says no.
            IdentityError: there is no answer, or somebody else's.
        """
        return self._ask(_SERVICE, path, json.dumps(body).encode(), "application/json")

    def renewed(self, refresh_token: str) -> Json:
        """A new ID token (`id_token`, `expires_in` in seconds, `refresh_token`). Raises as `ask`."""
        form = urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token})
        return self._ask(_TOKENS, "v1/token", form.encode(), "application/x-www-form-urlencoded")

    def _ask(self, service: str, path: str, body: bytes, kind: str) -> Json:
        place, prefix = _place(service)
        exchange = Exchange(place, _TIMEOUT_S)
        target = f"{prefix}/{path}?{urlencode({'key': self._api_key})}"
        try:
            status, content = exchange.ask("POST", target, body, {"Content-Type": kind})
        except UnansweredError as error:
            raise IdentityError(f"Nobody could be signed in: the sign-in service {error}.") from None
        finally:
            exchange.close()
        answer = _json(content)
        if status == http.client.OK and answer:
            return answer
        raise _refusal(status, content.decode(errors="replace"))


def _place(service: str) -> tuple[Place, str]:
    """Where a service is, and what goes before the path: the emulator has every service on one port."""
    emulator = os.environ.get(EMULATOR)
    if not emulator:
        return Place(True, service, http.client.HTTPS_PORT), ""
    host, _, port = emulator.rpartition(":")
    if not host or not port.isdecimal():
        raise IdentityError(f"{EMULATOR} is not HOST:PORT.")
    if not is_loopback(host):
        raise IdentityError(f"{EMULATOR} is another machine, and would show the password to the network: run it here.")
    return Place(False, host, int(port)), f"/{service}"


def _refusal(status: int, body: str) -> IdentityError:
    word, words = next(((word, words) for word, words in _REFUSALS.items() if word in body), ("", ""))
    if not word and status == http.client.OK:
        return nobody()
    return RefusedError(f"Nobody could be signed in: {words or f'the sign-in service answers {status}'}.", word)


def nobody() -> IdentityError:
    """What answers is not the service."""
    return IdentityError(
        "Nobody could be signed in: what answers in place of the sign-in service is something else (a page of this "
        "network?)."
    )


def _json(content: bytes) -> Json:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
