"""Reading as whoever asks: signing in, what rules then show, and what is said when it does not work."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.cli import main
from cloud.local.evaluator import NODE_MODULES
from cloud.reading import accounts, signin
from cloud.reading.database import Database
from cloud.reading.signin import Credential
from device.contract.errors import DataError, IdentityError, SinkError
from tests.cloud.rules_cases import BOOT, PEOPLE, SEED
from tests.cloud.test_rules import FILE, OWNER, needs_node, token
from tests.identity_service import API_KEY, PASSWORD, SECRETS, IdentityService
from tests.peers import Raw, drip, says
from tests.servers import Server

EMAIL = "clara@clinic.example"
SIGN_IN = ("--email", EMAIL, "--api-key", API_KEY)
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<h1>Guest WLAN</h1>"
PORTAL = b"HTTP/1.1 302 Found\r\nLocation: https://wlan.example/hello\x1b[2J\r\nContent-Length: 0\r\n\r\n"
_numbers = itertools.count()
Said = Callable[..., str]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityService]:
    service = IdentityService()
    monkeypatch.setenv(accounts.EMULATOR, service.host)
    monkeypatch.setenv("AFFECTBOX_PASSWORD", PASSWORD)
    yield service
    service.close()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command prints; no secret is ever in it."""

    def run(*words: str | Path, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        printed = "".join(capsys.readouterr())
        assert not [secret for secret in SECRETS if secret in printed]
        return printed

    return run


def refused_body(status: int, body: str) -> bytes:
    return f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_the_token_of_email_and_password_goes_to_the_database_and_nowhere_else(
    said: Said, service: IdentityService
) -> None:
    asked: list[bytes] = []

    def treat(connection: Any) -> None:
        while request := connection.recv(65536):
            asked.append(request)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull")

    printed = said("sessions", "--database", f"http://{Raw(treat).host}?ns=x", "--patient", "p-0042", *SIGN_IN)
    assert "no session" in printed
    assert [b"auth=id-SECRET-1" in request for request in asked] == [True]
    assert "id-SECRET" not in repr(Credential("id-SECRET-1"))


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("INVALID_LOGIN_CREDENTIALS", "e-mail or password is wrong"),
        ("EMAIL_NOT_FOUND", "e-mail or password is wrong"),
        ("USER_DISABLED", "was disabled"),
        ("TOO_MANY_ATTEMPTS_TRY_LATER : Access was disabled", "too many attempts"),
        ("SOMETHING_NEW id-SECRET", "the sign-in service answers 400"),
    ],
)
def test_a_refusal_is_told_in_words(said: Said, service: IdentityService, word: str, sentence: str) -> None:
    service.refuse = word
    printed = said("sessions", "--database", "http://127.0.0.1:9", "--patient", "p-0042", *SIGN_IN, code=25)
    assert sentence in printed


def test_a_wrong_password_and_a_wrong_key_are_told(
    said: Said, service: IdentityService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IdentityError, match="API key is not accepted"):
        signin.with_password(EMAIL, PASSWORD, "another")
    monkeypatch.setenv("AFFECTBOX_PASSWORD", "wrong")
    asked = ("sessions", "--database", "http://127.0.0.1:9", "--patient", "p-0042")
    assert "e-mail or password is wrong" in said(*asked, *SIGN_IN, code=25)
    monkeypatch.delenv("AFFECTBOX_PASSWORD")
    assert "nobody to ask for the password" in said(*asked, *SIGN_IN, code=25)
    monkeypatch.delenv(accounts.EMULATOR)
    monkeypatch.setenv("AFFECTBOX_PASSWORD", PASSWORD)
    assert "needs the project's web API key" in said(*asked, "--email", EMAIL, code=25)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (PORTAL, "redirects to wlan.example"),
        (PAGE, "something else"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "something else"),
        (b"SSH-2.0\r\n", "something else than HTTP"),
        (b"", "hangs up without an answer"),
    ],
)
def test_what_answers_in_place_of_the_sign_in_service_gets_a_sentence(
    answer: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(accounts.EMULATOR, Raw(says(answer)).host)
    with pytest.raises(IdentityError, match=sentence) as caught:
        signin.with_password(EMAIL, PASSWORD, API_KEY)
    assert str(caught.value).isprintable() and PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (PORTAL, DataError, "redirects to wlan.example.*sign in first"),
        (PAGE, DataError, "is no database: does this network"),
        (refused_body(401, '{"error":"Auth token is expired"}'), IdentityError, "has expired: sign in again"),
        (refused_body(401, '{"error":"Could not parse auth token."}'), IdentityError, "does not accept the token"),
        (refused_body(401, '{"error":"Permission denied"}'), IdentityError, "account may not read packs/box-1"),
        (refused_body(404, "id-SECRET-1"), DataError, "answers 404: check the address"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", DataError, "something else than HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", DataError, "hangs up in the middle"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000, DataError, "no database"),
    ],
)
def test_what_answers_in_place_of_the_database_gets_a_sentence(
    answer: bytes, error: type[Exception], sentence: str
) -> None:
    peer = Raw(says(answer))
    with (
        Database(f"http://{peer.host}", Credential("id-SECRET-1")) as asked,
        pytest.raises(error, match=sentence) as e,
    ):
        asked.get("packs/box-1")
    assert "id-SECRET" not in str(e.value) and str(e.value).isprintable()


@pytest.mark.parametrize("start", [b"X: ", b"Content-Length: 100000\r\n\r\n"])
def test_an_answer_that_drips_ends_at_the_deadline(start: bytes) -> None:
    peer = Raw(drip(b"HTTP/1.1 200 OK\r\n" + start, b"x"))
    with Database(f"http://{peer.host}", timeout_s=0.2) as asked, pytest.raises(DataError, match="in time"):
        asked.get("packs")


def test_a_connection_that_was_closed_while_idle_is_opened_again() -> None:
    peer = Raw(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    with Database(f"http://{peer.host}") as asked:
        assert [asked.get("a"), asked.get("b"), asked.get("c")] == [{}, {}, {}]


@pytest.mark.parametrize("content", [None, b"", b"one.two", b"a.b.c d", b"\xff.\xfe.x", b"a.b\n.c"])
def test_what_is_no_token_is_not_sent(said: Said, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    asked = ("sessions", "--database", "http://127.0.0.1:9", "--patient", "p-0042", "--token-file", path)
    assert "token" in said(*asked, code=25)


def test_a_service_account_that_is_none_is_one_sentence(said: Said, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"private_key": "id-SECRET"}))
    for name in (path, tmp_path / "none.json"):
        asked = ("sessions", "--database", "http://127.0.0.1:9", "--patient", "p-0042", "--service-account", name)
        assert "no service account's key" in said(*asked, code=25)


def test_a_service_account_stands_above_the_rules_and_its_token_in_no_address() -> None:
    credential = Credential("id-SECRET-1", above_rules=True)
    assert (credential.query(), credential.headers()) == ({}, {"Authorization": "Bearer id-SECRET-1"})


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert NODE_MODULES.is_dir(), "`make rules-evaluator` has not been run"
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    url = f"{server.url}?ns=signed-in"
    httpx.put(f"{server.url}/.json", params={"ns": "signed-in"}, json=SEED, headers=OWNER).raise_for_status()
    yield url
    server.end()


@needs_node
def test_a_clinician_reads_her_patients_sessions_under_the_projects_own_rules(
    said: Said, ruled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTBOX_TOKEN", token(PEOPLE["clara"])["auth"])
    assert BOOT in said("sessions", "--database", ruled, "--patient", "p-0042")
    printed = said("report", "--text", "--database", ruled, "--patient", "p-0042")
    assert "3 records of box-1" in printed
    assert "Consent      units; given by the patient" in printed
    assert "may not read patients/box-1" in said("report", "--database", ruled, "--device", "box-1", code=25)


@needs_node
@pytest.mark.parametrize("who", ["nobody", "cleo", "enno", "box-1"])
def test_others_are_told_that_they_may_not(said: Said, ruled: str, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    if who != "nobody":
        monkeypatch.setenv("AFFECTBOX_TOKEN", token(PEOPLE[who])["auth"])
    printed = said("report", "--text", "--database", ruled, "--patient", "p-0042", code=25)
    assert ("sign in" if who == "nobody" else "Your account may not read visits/p-0042") in printed


@needs_node
def test_an_expired_token_is_told(said: Said, ruled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTBOX_TOKEN", token(PEOPLE["clara"], expires_in_s=-5)["auth"])
    assert "sign in again" in said("report", "--database", ruled, "--patient", "p-0042", code=25)


@pytest.mark.parametrize("host", ["10.0.0.7:9000", "database.clinic.example", "[2001:db8::1]:9000"])
def test_no_token_goes_in_clear_to_another_machine(said: Said, tmp_path: Path, host: str) -> None:
    path = tmp_path / "token"
    path.write_text(SECRETS[0] if SECRETS[0].count(".") == 2 else "e30.e30.x")
    asked = ("sessions", "--database", f"http://{host}?ns=x", "--patient", "p-0042", "--token-file", path)
    printed = said(*asked, code=SinkError.exit_code)
    assert "would show your token to the network: use https" in printed


def test_no_password_goes_in_clear_to_another_machine(
    said: Said, service: IdentityService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(accounts.EMULATOR, "10.0.0.7:9099")
    printed = said("sessions", "--database", "http://127.0.0.1:9", "--patient", "p-0042", *SIGN_IN, code=25)
    assert "would show the password to the network" in printed
