"""Every way of keeping the dashboard's accounts, against one suite: our own, and Firebase's as its service answers."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloud.dashboard.access import totp
from cloud.dashboard.access.firebase import FirebaseIdentity, claims_of
from cloud.dashboard.access.identities import (
    EndedError,
    Identity,
    NeedsCodeError,
    WeakPasswordError,
    WrongCredentialsError,
)
from cloud.dashboard.access.local import LocalIdentity
from cloud.reading import accounts
from device.contract.errors import IdentityError
from tests.cloud.dashboard.standing import QUICK
from tests.firebase_accounts import CODE, FirebaseAccounts

EMAIL, PASSWORD, NEW = "clara@clinic.example", "four plain words here", "quite another four words"


@dataclass
class Kept:
    """An identity with one account, and what its administrator does."""

    identity: Identity
    disable: Callable[[], object]
    ask_for_codes: Callable[[], Callable[[], str]]


@pytest.fixture(params=["local", "firebase", "firebase by text message"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    if request.param == "local":
        local = LocalIdentity(tmp_path / "users.db", QUICK)
        uid = local.users.add(EMAIL, PASSWORD)

        def ask_for_codes() -> Callable[[], str]:
            secret = totp.new_secret()
            local.users.set_secret(uid, secret)
            return lambda: totp.code(secret, int(time.time() // totp.STEP_S))

        yield Kept(local, lambda: local.users.set_disabled(uid, True), ask_for_codes)
        return
    service = FirebaseAccounts(EMAIL, PASSWORD)
    monkeypatch.setenv(accounts.EMULATOR, service.host)

    def enrol() -> Callable[[], str]:
        service.factor = "phone" if "text" in request.param else "totp"
        return lambda: CODE

    yield Kept(FirebaseIdentity("any"), service.disable, enrol)
    service.close()


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_the_right_password_gives_tokens_of_the_account(kept: Kept) -> None:
    signed = run(kept.identity.sign_in(f" {EMAIL} ", PASSWORD))
    assert signed.email == EMAIL and signed.uid and not signed.must_change
    token = run(kept.identity.token(signed))
    assert claims_of(token.text)["user_id"] == signed.uid
    assert 3000 < token.ends_s - time.time() <= 3600
    run(kept.identity.check(signed, token))
    assert token.text not in repr(token) and signed.refresh not in repr(signed)


@pytest.mark.parametrize(
    "email, password", [(EMAIL, "other"), ("zora@clinic.example", PASSWORD), ("", ""), ("a", "b")]
)
def test_whatever_else_is_told_in_the_same_words(kept: Kept, email: str, password: str) -> None:
    with pytest.raises(WrongCredentialsError, match=r"^E-mail or password is wrong\.$"):
        run(kept.identity.sign_in(email, password))


def test_a_disabled_account_gets_in_no_more_and_no_token_either(kept: Kept) -> None:
    signed = run(kept.identity.sign_in(EMAIL, PASSWORD))
    token = run(kept.identity.token(signed))
    kept.disable()
    for asked in (
        kept.identity.sign_in(EMAIL, PASSWORD),
        kept.identity.token(signed),
        kept.identity.check(signed, token),
    ):
        with pytest.raises(EndedError, match="disabled"):
            run(asked)


def test_an_account_with_a_second_factor_needs_its_code(kept: Kept) -> None:
    code = kept.ask_for_codes()
    with pytest.raises(NeedsCodeError, match=r"^Type the code that ") as needs:
        run(kept.identity.sign_in(EMAIL, PASSWORD))
    pending = needs.value.pending
    with pytest.raises(WrongCredentialsError, match="not the code"):
        run(kept.identity.second(pending, "000000"))
    typed = code()
    signed = run(kept.identity.second(pending, f"{typed[:3]} {typed[3:]}"))
    assert signed.email == EMAIL
    assert claims_of(run(kept.identity.token(signed)).text)["user_id"] == signed.uid
    with pytest.raises(WrongCredentialsError):
        run(kept.identity.sign_in(EMAIL, "other"))


def test_a_new_password_ends_what_was_given_for_the_old_one(kept: Kept) -> None:
    signed = run(kept.identity.sign_in(EMAIL, PASSWORD))
    with pytest.raises(WrongCredentialsError):
        run(kept.identity.change_password(signed, "other", NEW))
    for weak in ("short", "password1234", EMAIL):
        with pytest.raises(WeakPasswordError):
            run(kept.identity.change_password(signed, PASSWORD, weak))
    fresh = run(kept.identity.change_password(signed, PASSWORD, NEW))
    assert run(kept.identity.token(fresh)).text
    with pytest.raises(EndedError, match="sign in again"):
        run(kept.identity.token(signed))
    with pytest.raises(WrongCredentialsError):
        run(kept.identity.sign_in(EMAIL, PASSWORD))
    assert run(kept.identity.sign_in(EMAIL, NEW)).uid == signed.uid


def test_what_answers_in_the_place_of_firebase_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    service = FirebaseAccounts(EMAIL, PASSWORD)
    monkeypatch.setenv(accounts.EMULATOR, service.host)
    service.instead = "<h1>Guest WLAN</h1>"
    with pytest.raises(IdentityError, match="something else"):
        run(FirebaseIdentity("any").sign_in(EMAIL, PASSWORD))
    service.close()
    with pytest.raises(IdentityError, match="cannot be reached"):
        run(FirebaseIdentity("any").sign_in(EMAIL, PASSWORD))


def test_a_text_message_that_wants_googles_captcha_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    service = FirebaseAccounts(EMAIL, PASSWORD)
    monkeypatch.setenv(accounts.EMULATOR, service.host)
    service.factor, service.captcha = "phone", True
    with pytest.raises(IdentityError, match="use an authenticator app"):
        run(FirebaseIdentity("any").sign_in(EMAIL, PASSWORD))
    service.close()
