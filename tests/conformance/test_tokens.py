"""Every source of tokens keeps the same promises, whether a service stands behind it or not."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from device.clock import FakeClock
from device.delivery.signin import RefusedError, SignIn
from device.delivery.tokens import FakeTokens, RefreshedTokens, RefreshSettings, TokenSource
from tests.identity_service import API_KEY, REFRESH_TOKEN, IdentityService


@dataclass
class Kept:
    """A source, and what takes its tokens away and gives them back; an hour and more passes in between."""

    source: TokenSource
    refuse: Callable[[str], None]


def fake(identity_service: IdentityService) -> Kept:
    source = FakeTokens()

    def refuse(word: str) -> None:
        source.refusal = word

    return Kept(source, refuse)


def refreshed(identity_service: IdentityService) -> Kept:
    clock = FakeClock()
    refresh = SignIn(API_KEY, timeout_s=5).with_refresh_token
    source = RefreshedTokens(refresh, REFRESH_TOKEN, lambda token: None, RefreshSettings(), clock)

    def refuse(word: str) -> None:
        identity_service.refuse = word
        clock.advance(4000)

    return Kept(source, refuse)


@pytest.fixture(params=[fake, refreshed], ids=["fake", "refreshed"])
def kept(request: pytest.FixtureRequest, identity_service: IdentityService) -> Kept:
    made: Kept = request.param(identity_service)
    return made


def test_a_token_is_a_text_and_no_trouble(kept: Kept) -> None:
    assert kept.source.token()
    assert kept.source.trouble == ""


def test_a_refused_box_has_no_token_and_says_why(kept: Kept) -> None:
    kept.source.token()
    kept.refuse("USER_DISABLED")
    with pytest.raises(RefusedError) as caught:
        kept.source.token()
    assert kept.source.trouble == str(caught.value) != ""


def test_who_is_let_in_again_has_a_token_again(kept: Kept) -> None:
    kept.refuse("USER_DISABLED")
    with pytest.raises(RefusedError):
        kept.source.token()
    kept.refuse("")
    assert kept.source.token()
    assert kept.source.trouble == ""


def test_it_is_the_same_token_until_it_is_to_be_renewed(kept: Kept) -> None:
    first = kept.source.token()
    assert kept.source.token() == first
    kept.source.renew()
    assert kept.source.token() != first


def test_threads_may_ask_together(kept: Kept) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kept.source.token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8
    assert all(found)


def test_nothing_that_is_shown_of_it_holds_a_token(kept: Kept) -> None:
    token = kept.source.token()
    assert token not in repr(kept.source)
    assert token not in str(kept.source)
