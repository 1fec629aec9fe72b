"""Accounts of a Firebase project: e-mail and password, and a second factor where the project and the account have one.

A code that comes by text message needs Google's captcha for being sent, which a page that asks nobody but us cannot
load: it works in the emulator, and where the project lets test numbers pass. Accounts should have an authenticator
app.

Source: Firebase documentation, "Firebase Auth REST API"; Identity Platform REST reference, v1 `accounts.lookup` and
`accounts.update`, v2 `accounts.mfaSignIn.start` and `.finalize`.
"""

import asyncio
import base64
import json
import time
from dataclasses import dataclass, replace
from typing import Any

from cloud.dashboard.access.identities import (
    EndedError,
    NeedsCodeError,
    Pending,
    Signed,
    Token,
    WeakPasswordError,
    WrongCredentialsError,
)
from cloud.dashboard.access.passwords import check_password
from cloud.reading.accounts import Accounts, RefusedError, nobody
from device.contract.address import printable
from device.contract.errors import IdentityError
from device.contract.fields import Json

_WRONG = ("INVALID_LOGIN_CREDENTIALS", "INVALID_PASSWORD", "EMAIL_NOT_FOUND", "INVALID_EMAIL", "MISSING_PASSWORD")
_WRONG_CODE = ("INVALID_CODE",)
_ENDED = (
    *("USER_DISABLED", "USER_NOT_FOUND", "TOKEN_EXPIRED", "INVALID_ID_TOKEN", "INVALID_REFRESH_TOKEN"),
    *("INVALID_MFA_PENDING_CREDENTIAL", "SESSION_EXPIRED"),
)
_WEAK = ("WEAK_PASSWORD", "PASSWORD_DOES_NOT_MEET_REQUIREMENTS")


@dataclass(frozen=True)
class _Half:
    """What the second half of a sign-in sends: everything but the code, and under which names that goes."""

    asked: Json
    place: str
    name: str


class FirebaseIdentity:
    """See `identities.Identity`."""

    keeps_accounts = False

    def __init__(self, api_key: str) -> None:
        self._accounts = Accounts(api_key)

    async def sign_in(self, email: str, password: str) -> Signed:
        asked = {"email": email.strip(), "password": password, "returnSecureToken": True}
        answer = await self._ask("v1/accounts:signInWithPassword", asked)
        if pending := answer.get("mfaPendingCredential"):
            raise NeedsCodeError(await self._half(email.strip(), str(pending), answer.get("mfaInfo")))
        return _signed(answer, email.strip())

    async def second(self, pending: Pending, code: str) -> Signed:
        half: _Half = pending.proof
        digits = "".join(character for character in code if not character.isspace())
        asked = half.asked | {half.place: {**half.asked.get(half.place, {}), half.name: digits}}
        return _signed(await self._ask("v2/accounts/mfaSignIn:finalize", asked), pending.email)

    async def token(self, signed: Signed) -> Token:
        answer = await asyncio.to_thread(_told, lambda: self._accounts.renewed(signed.refresh))
        try:
            lasts_s = float(answer["expires_in"])
            return Token(str(answer["id_token"]), time.time() + lasts_s, str(answer["refresh_token"]))
        except (KeyError, ValueError, TypeError):
            raise nobody() from None

    async def check(self, signed: Signed, token: Token) -> None:
        found = (await self._ask("v1/accounts:lookup", {"idToken": token.text})).get("users")
        account = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else None
        if account is None or account.get("disabled") is True:
            raise EndedError("This account was disabled: ask whoever administers the database.")

    async def change_password(self, signed: Signed, current: str, new: str) -> Signed:
        check_password(new, signed.email)
        fresh = await self._ask(
            "v1/accounts:signInWithPassword",
            {"email": signed.email, "password": current, "returnSecureToken": True},
        )
        if "mfaPendingCredential" in fresh:
            raise IdentityError("An account with a second factor changes its password by the e-mail of the project.")
        asked = {"idToken": fresh.get("idToken"), "password": new, "returnSecureToken": True}
        return _signed(await self._ask("v1/accounts:update", asked), signed.email)

    async def _half(self, email: str, pending: str, factors: Any) -> Pending:
        """What is needed for the second half; a text message is sent."""
        known = [factor for factor in factors if isinstance(factor, dict)] if isinstance(factors, list) else []
        factor = next((one for one in known if "totpInfo" in one), known[0] if known else {})
        asked = {"mfaPendingCredential": pending, "mfaEnrollmentId": str(factor.get("mfaEnrollmentId"))}
        if "totpInfo" in factor:
            return Pending(
                email, "that your authenticator app shows", _Half(asked, "totpVerificationInfo", "verificationCode")
            )
        sent = await self._ask("v2/accounts/mfaSignIn:start", {**asked, "phoneSignInInfo": {}})
        info = sent.get("phoneResponseInfo")
        session = {"sessionInfo": info.get("sessionInfo")} if isinstance(info, dict) else {}
        where = f"that was sent to {printable(str(factor.get('phoneInfo', 'your telephone')))}"
        return Pending(
            email, where, _Half({**asked, "phoneVerificationInfo": session}, "phoneVerificationInfo", "code")
        )

    async def _ask(self, path: str, body: Json) -> Json:
        return await asyncio.to_thread(_told, lambda: self._accounts.ask(path, body))


def _told(ask: Any) -> Json:
    """The answer. Raises what `identities` calls the refusal."""
    try:
        answer: Json = ask()
    except RefusedError as refused:
        sentence = str(refused).removeprefix("Nobody could be signed in: ")
        if refused.word in _WRONG:
            raise WrongCredentialsError("E-mail or password is wrong.") from None
        for words, kind in (
            (_WRONG_CODE, WrongCredentialsError),
            (_ENDED, EndedError),
            (_WEAK, WeakPasswordError),
        ):
            if refused.word in words:
                raise kind(f"{sentence[0].upper()}{sentence[1:]}") from None
        raise
    return answer


def claims_of(token: str) -> Json:
    """What a token says, unchecked: it comes from the service itself, over TLS. Nothing for what is none."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _signed(answer: Json, email: str) -> Signed:
    token, refresh = answer.get("idToken"), answer.get("refreshToken")
    claims = claims_of(token) if isinstance(token, str) else {}
    uid = answer.get("localId") or claims.get("user_id") or claims.get("sub")
    if not uid or not isinstance(refresh, str) or not refresh:
        raise nobody()
    return replace(Signed(str(uid), email, refresh), email=str(claims.get("email") or email))
