"""When a token is renewed, kept, given up; what the service's words mean; and that no secret is ever shown."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from device.clock import FakeClock, SystemClock
from device.contract.address import parse_url
from device.delivery.database import Answer, Database, without
from device.delivery.outbox import Outbox
from device.delivery.signin import RefusedError, SignIn, SignInError, Tokens
from device.delivery.tokens import FakeTokens, RefreshedTokens, RefreshSettings
from device.delivery.uploader import Uploader
from device.settings import UploadSettings
from device.worker import Worker
from tests.identity_service import API_KEY, CUSTOM_TOKEN, REFRESH_TOKEN, SECRETS, IdentityService, refusal
from tests.peers import Raw, drip

BOUND_S = 30.0  # for a machine that does other things too; without the deadline these tests would take for ever
SETTINGS = RefreshSettings(refresh_before_s=300, refused_s=300, retry_cap_s=60)


class Service:
    """Answers refreshes without a network: `failure` is raised if there is one."""

    def __init__(self) -> None:
        self.failure: SignInError | None = None
        self.asked = 0
        self.refresh_token = "first"

    def refresh(self, refresh_token: str) -> Tokens:
        self.asked += 1
        if self.failure:
            raise self.failure
        return Tokens(f"id-{self.asked}", self.refresh_token, 3600)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def source(service: Service, clock: FakeClock) -> RefreshedTokens:
    return RefreshedTokens(service.refresh, "first", lambda token: None, SETTINGS, clock)


def test_a_token_is_asked_for_once_and_renewed_before_it_ends(
    source: RefreshedTokens, service: Service, clock: FakeClock
) -> None:
    assert [source.token() for _ in range(3)] == ["id-1"] * 3
    clock.advance(3600 - 2 * SETTINGS.refresh_before_s - 1)
    assert source.token() == "id-1"
    clock.advance(SETTINGS.refresh_before_s + 1)
    assert source.token() == "id-2"
    assert service.asked == 2


def test_boxes_that_start_together_do_not_renew_together(service: Service, clock: FakeClock) -> None:
    fleet = [RefreshedTokens(service.refresh, "first", lambda token: None, SETTINGS, clock) for _ in range(100)]
    for source in fleet:
        source.token()
    clock.advance(3600 - 1.5 * SETTINGS.refresh_before_s)
    for source in fleet:
        source.token()
    assert 20 < service.asked - 100 < 80


def test_a_wrong_wall_clock_changes_nothing(source: RefreshedTokens, service: Service, clock: FakeClock) -> None:
    source.token()
    clock.set_wall(0.0, trusted=False)
    assert source.token() == "id-1"
    clock.set_wall(4e9, trusted=True)
    assert source.token() == "id-1"
    assert service.asked == 1


def test_without_network_the_token_is_used_until_its_end(
    source: RefreshedTokens, service: Service, clock: FakeClock
) -> None:
    source.token()
    service.failure = SignInError("no network")
    clock.advance(3500)
    assert source.token() == "id-1"
    assert source.trouble == "no network"
    clock.advance(101)
    with pytest.raises(SignInError, match="no network"):
        source.token()
    service.failure = None
    clock.advance(SETTINGS.retry_cap_s)
    assert source.token().startswith("id-")


def test_a_service_that_is_down_is_not_hammered(source: RefreshedTokens, service: Service, clock: FakeClock) -> None:
    service.failure = SignInError("503")
    for _ in range(3600):
        with pytest.raises(SignInError):
            source.token()
        clock.advance(1)
    assert 60 < service.asked < 240


def test_a_revoked_box_gives_up_its_token_at_once_and_asks_rarely(
    source: RefreshedTokens, service: Service, clock: FakeClock
) -> None:
    source.token()
    service.failure = RefusedError("the account of this box was disabled")
    clock.advance(3600 - SETTINGS.refresh_before_s)
    for _ in range(3600):
        with pytest.raises(RefusedError, match="disabled"):
            source.token()
        clock.advance(1)
    assert 5 < service.asked < 26


def test_a_token_that_the_database_does_not_accept_shows_a_revocation_at_once(
    source: RefreshedTokens, service: Service, clock: FakeClock
) -> None:
    source.token()
    service.failure = RefusedError("the account of this box was disabled")
    assert source.token() == "id-1"
    source.renew()
    with pytest.raises(RefusedError, match="disabled"):
        source.token()
    source.renew()
    with pytest.raises(RefusedError, match="disabled"):
        source.token()
    assert service.asked == 2, "who is refused is not asked about again and again"


def test_a_new_refresh_token_is_kept(service: Service, clock: FakeClock) -> None:
    kept: list[str] = []
    source = RefreshedTokens(service.refresh, "first", kept.append, SETTINGS, clock)
    source.token()
    service.refresh_token = "second"
    clock.advance(3600)
    source.token()
    clock.advance(3600)
    source.token()
    assert kept == ["second"]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("USER_DISABLED", "was disabled"),
        ("USER_NOT_FOUND", "does not exist any more"),
        ("TOKEN_EXPIRED", "was revoked"),
        ("INVALID_REFRESH_TOKEN", "is not accepted"),
        ("INVALID_CUSTOM_TOKEN", "used up, has expired"),
        ("API key not valid. Please pass a valid API key.", "the API key"),
    ],
)
def test_a_refusal_is_said_in_words(identity_service: IdentityService, word: str, sentence: str) -> None:
    identity_service.refuse = word
    with pytest.raises(RefusedError, match=sentence):
        SignIn(API_KEY, 5).with_refresh_token(REFRESH_TOKEN)


TROUBLES: list[tuple[int, str, str]] = [
    (503, "", "answers 503"),
    (429, refusal("QUOTA_EXCEEDED"), "answers 429"),
    (400, refusal("SOMETHING_NEW"), "answers 400"),
    (302, "", "answers 302"),
    (200, "<html>Welcome to our guest network</html>", "something else"),
    (200, "{}", "something else"),
    (200, "[1]", "something else"),
    (200, "[" * 60_000, "something else"),
    (200, '{"id_token": "", "refresh_token": "r", "expires_in": "3600"}', "something else"),
    (200, '{"id_token": "i", "refresh_token": "r", "expires_in": "nan"}', "something else"),
    (200, '{"id_token": "i", "refresh_token": "r", "expires_in": 1' + "0" * 400 + "}", "something else"),
]


@pytest.mark.parametrize(("status", "body", "sentence"), TROUBLES)
def test_whatever_else_is_answered_may_pass(
    identity_service: IdentityService, status: int, body: str, sentence: str
) -> None:
    identity_service.answers = [(status, body)]
    sign_in = SignIn(API_KEY, 5)
    with pytest.raises(SignInError, match=sentence) as caught:
        sign_in.with_refresh_token(REFRESH_TOKEN)
    assert not isinstance(caught.value, RefusedError)
    assert sign_in.with_refresh_token(REFRESH_TOKEN).lasts_s == 3600


def test_nobody_there(identity_service: IdentityService) -> None:
    identity_service.close()
    with pytest.raises(SignInError, match="cannot be reached"):
        SignIn(API_KEY, 5).with_custom_token(CUSTOM_TOKEN)


DRIPS = {
    "a status": drip(b"", b"H"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
    "a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b" "),
    "nothing": lambda connection: None,
}


@pytest.mark.parametrize("ask", [SignIn.with_custom_token, SignIn.with_refresh_token])
@pytest.mark.parametrize("treat", DRIPS.values(), ids=DRIPS)
def test_a_service_that_drips_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, treat: Callable[[socket.socket], None], ask: Callable[[SignIn, str], Tokens]
) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", Raw(treat).host)
    began = time.monotonic()
    with pytest.raises(SignInError):
        ask(SignIn(API_KEY, 0.2), "any")
    assert time.monotonic() - began < BOUND_S


def test_a_sign_in_that_drips_does_not_hold_the_upload_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", Raw(drip(b"", b"H")).host)
    source = RefreshedTokens(
        SignIn(API_KEY, 0.1).with_refresh_token, REFRESH_TOKEN, lambda token: None, SETTINGS, SystemClock()
    )
    with (
        Outbox(tmp_path / "outbox.db", 1.0) as outbox,
        Database(parse_url("http://127.0.0.1:1"), 0.1, source.token) as db,
    ):
        outbox.append([("records/box/boot/s1", b"1")])
        settings = UploadSettings(interval_s=0.01, backoff_base_s=0.001, backoff_cap_s=0.01, drain_s=0.1)
        uploader = Uploader(outbox, db, settings, SystemClock())
        ended, steps = threading.Event(), iter(range(3))

        def step() -> float | None:
            uploader.step()
            return 0.0 if next(steps, None) is not None else ended.set()

        worker = Worker("upload", step, SystemClock(), stall_s=BOUND_S)
        worker.start()
        assert ended.wait(BOUND_S), "it is held"
        worker.check()
        assert uploader.trouble == "no answer: signing in failed: the sign-in service does not answer in time"
        assert outbox.counts().pending == 1


@pytest.mark.parametrize("ask", [SignIn.with_custom_token, SignIn.with_refresh_token])
@pytest.mark.parametrize("echo", [400, 403, 500, 302, 200])
def test_no_secret_is_in_any_error_log_or_output(
    identity_service: IdentityService,
    ask: Callable[[SignIn, str], Tokens],
    echo: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    identity_service.answers = [(echo, f"you asked {API_KEY} {REFRESH_TOKEN} {CUSTOM_TOKEN}")]
    with caplog.at_level(logging.DEBUG), pytest.raises(SignInError) as caught:
        ask(SignIn(API_KEY, 5), REFRESH_TOKEN if ask is SignIn.with_refresh_token else CUSTOM_TOKEN)
    shown = [str(caught.value), repr(caught.value), repr(caught.value.__cause__), caplog.text, *capfd.readouterr()]
    assert [secret for secret in SECRETS if any(secret in text for text in shown)] == []


def test_no_secret_is_in_any_repr(identity_service: IdentityService) -> None:
    sign_in = SignIn(API_KEY, 5)
    tokens = sign_in.with_custom_token(CUSTOM_TOKEN)
    shown = repr(tokens) + str(tokens) + repr(sign_in)
    assert [secret for secret in SECRETS if secret in shown] == []


def test_the_database_is_asked_with_the_token_and_shows_it_to_nobody(identity_service: IdentityService) -> None:
    database = Database(parse_url("http://127.0.0.1:1"), 1.0, FakeTokens().token)
    assert "token-1" not in repr(database.patch([]))
    assert without("token-1", "<a href='/.json?auth=token-1'>") == "<a href='/.json?auth=<token>'>"


def test_a_box_that_may_not_sign_in_writes_nothing() -> None:
    database = Database(parse_url("http://127.0.0.1:1"), 1.0, FakeTokens("the account was disabled").token)
    assert database.patch([]) == Answer(0, "signing in failed: the account was disabled")
