"""Messages reach people by a real web server and a real mail server, or it is said why not."""

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloud.cli import main
from cloud.watch.board import Board
from cloud.watch.messages import Message, Told
from cloud.watch.outlets import PASSWORD as PASSWORD_VARIABLE
from cloud.watch.outlets import EmailOutlet, NotTakenError, WebhookOutlet, open_outlets
from cloud.watch.posting import KEPT_S, TRIES_BEFORE_TOLD, Posting
from cloud.watch.rules import Email, Rules, Webhook
from device.contract.errors import ConfigError
from tests.cloud.watch.hooks import Hooks
from tests.cloud.watch.mails import PASSWORD, USER, Mails
from tests.servers import WAIT_S

TOLD = Told(
    "hot",
    "host.temperature",
    "box-1",
    "Room 2",
    "north",
    "warning",
    "Alerting",
    0.0,
    84.0,
    "The box is hot",
    "Give it air.",
)
MESSAGE = Message(1_900_000_000.0, fired=(TOLD,)).to_json("m-1")


def send(outlet: Any, message: Any = MESSAGE) -> None:
    asyncio.run(outlet.send(message))


def mailer(mails: Mails, ca: Path, security: str = "starttls", **changes: Any) -> EmailOutlet:
    settings = {"server": "127.0.0.1", "port": mails.port, "security": security, "ca_file": str(ca)}
    people = {"sender": "affectbox@example.org", "to": ("ops@example.org", "night@example.org")}
    return EmailOutlet(Email(**(settings | people | changes)), PASSWORD)


def test_a_webhook_gets_json_that_is_signed(hooks: Hooks) -> None:
    send(WebhookOutlet(Webhook(hooks.url), "of us two"))
    posted = hooks.next()
    assert posted.path == "/hook/SECRET"
    said = json.loads(posted.body)
    assert (said["v"], said["id"], said["subject"]) == (1, "m-1", "Affectbox: The box is hot (Room 2 (box-1))")
    assert said["fired"][0]["device"] == "box-1"
    at = posted.headers["X-Affectbox-Time"]
    signed = hmac.new(b"of us two", f"{at}.".encode() + posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["X-Affectbox-Signature"] == f"sha256={signed}"
    assert abs(int(at) - time.time()) < WAIT_S


def test_without_a_secret_nothing_is_signed(hooks: Hooks) -> None:
    send(WebhookOutlet(Webhook(hooks.url)))
    assert "X-Affectbox-Signature" not in hooks.next().headers


@pytest.mark.parametrize(("status", "words"), [(500, "answers 500"), (404, "answers 404"), (302, "redirects")])
def test_a_webhook_that_does_not_take_says_why_and_is_not_followed_elsewhere(
    hooks: Hooks, status: int, words: str
) -> None:
    hooks.answers = [status]
    with pytest.raises(NotTakenError, match=words) as raised:
        send(WebhookOutlet(Webhook(hooks.url)))
    assert "SECRET" not in str(raised.value)
    hooks.next()
    assert hooks.left() == 0


def test_a_webhook_that_is_not_there_says_so(hooks: Hooks) -> None:
    hooks.close()
    with pytest.raises(NotTakenError, match=r"127\.0\.0\.1 cannot be reached"):
        send(WebhookOutlet(Webhook(hooks.url)))


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_mail_reaches_everybody_over_tls_after_a_sign_in(
    open_mails: Callable[[str], Mails], trusted: tuple[Path, ssl.SSLContext], security: str
) -> None:
    mails = open_mails(security)
    send(mailer(mails, trusted[0], security, user=USER))
    mail = mails.next()
    assert mails.secure == [True]
    assert mail["To"] == "ops@example.org, night@example.org"
    assert mail["Subject"] == "Affectbox: The box is hot (Room 2 (box-1))"
    assert mail["Message-ID"] == "<m-1@example.org>"
    assert "What to do: Give it air." in mail.get_content()


def test_a_server_of_this_machine_needs_neither(open_mails: Callable[[str], Mails]) -> None:
    mails = open_mails("none")
    send(mailer(mails, Path(), "none", ca_file=""))
    assert mails.next()["From"] == "affectbox@example.org"


def test_what_keeps_a_mail_from_going_is_said(
    open_mails: Callable[[str], Mails], trusted: tuple[Path, ssl.SSLContext]
) -> None:
    mails, plain = open_mails("starttls"), open_mails("none")
    mails.refuse = ["451 later"]
    with pytest.raises(NotTakenError, match="answers 451"):
        send(mailer(mails, trusted[0]))
    with pytest.raises(NotTakenError, match="certificate that is not accepted"):
        send(mailer(mails, trusted[0], ca_file=""))
    with pytest.raises(NotTakenError, match="no STARTTLS"):
        send(mailer(plain, trusted[0]))
    wrong = mailer(mails, trusted[0], user=USER)
    wrong._password = "another"
    with pytest.raises(NotTakenError, match="refuses user and password"):
        send(wrong)
    mails.close()
    with pytest.raises(NotTakenError, match="cannot be reached"):
        send(mailer(mails, trusted[0]))


def test_a_line_break_in_a_name_makes_no_header(open_mails: Callable[[str], Mails]) -> None:
    mails = open_mails("none")
    odd = Told(
        "hot",
        "host.temperature",
        "box-1",
        "Room\r\nBcc: all@example.org",
        "",
        "note",
        "Alerting",
        0.0,
        None,
        "Hot",
        "Air.",
    )
    send(mailer(mails, Path(), "none", ca_file=""), Message(0.0, (odd,)).to_json("m-2"))
    mail = mails.next()
    assert mail["Bcc"] is None
    assert "Bcc: all@example.org" in mail["Subject"]


def test_secrets_stand_in_files_or_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = {"server": "mail.example.org", "sender": "a@example.org", "to": ("b@example.org",), "user": USER}
    with pytest.raises(ConfigError, match="AFFECTBOX_SMTP_PASSWORD"):
        open_outlets(Rules(email=Email(**people)))
    with pytest.raises(ConfigError, match="cannot be read, or is empty"):
        open_outlets(Rules(email=Email(password_file=str(tmp_path / "none"), **people)))
    monkeypatch.setenv(PASSWORD_VARIABLE, "x")
    (tmp_path / "secret").write_text("of us two\n")
    webhook = Webhook("https://hooks.example.org/x", str(tmp_path / "secret"))
    assert [outlet.name for outlet in open_outlets(Rules(webhook=webhook, email=Email(**people)))] == [
        "webhook",
        "email",
    ]


# --- carrying


async def carried(posting: Posting, until: Callable[[], Any]) -> Any:
    """What `until`, which waits in a thread, returns while the letters are carried."""
    task = asyncio.create_task(posting.run())
    try:
        return await asyncio.to_thread(until)
    finally:
        task.cancel()


def letter(board: Board, *outlets: str, number: str = "m-1", at_s: float | None = None) -> None:
    at_s = time.time() if at_s is None else at_s
    board.keep((), [(name, at_s, MESSAGE | {"id": number}) for name in outlets])


def test_one_outlet_that_fails_stops_no_other_and_is_told_there(
    tmp_path: Path, hooks: Hooks, open_mails: Callable[[str], Mails]
) -> None:
    board, mails, sentences = Board(tmp_path), open_mails("none"), []
    hooks.answers = [503] * (TRIES_BEFORE_TOLD + 1)
    outlets = [WebhookOutlet(Webhook(hooks.url)), mailer(mails, Path(), "none", ca_file="")]
    letter(board, "webhook", "email")

    def until() -> list[str]:
        got = [mails.next()["Message-ID"]]
        tries = [json.loads(hooks.next().body)["id"] for _ in range(TRIES_BEFORE_TOLD + 2)]
        assert set(tries) == {"m-1"}
        return [*got, mails.next()["Subject"]]

    got = asyncio.run(carried(Posting(board, outlets, sentences.append, pause_s=0.01), until))
    assert got == ["<m-1@example.org>", "Affectbox: The webhook at 127.0.0.1 answers 503; messages wait for it"]
    assert sentences == ["The webhook at 127.0.0.1 answers 503; messages wait for it."]


def test_the_page_says_which_outlet_does_not_take_and_since_when(tmp_path: Path, hooks: Hooks) -> None:
    board = Board(tmp_path)
    hooks.answers = [503]
    letter(board, "webhook")
    letter(board, "webhook", number="m-2")
    asyncio.run(Posting(board, [WebhookOutlet(Webhook(hooks.url))], print)._one(WebhookOutlet(Webhook(hooks.url))))
    (post,) = board.posts()
    assert (post.name, post.waiting, post.trouble) == ("webhook", 2, "The webhook at 127.0.0.1 answers 503")
    assert abs(post.since_s - time.time()) < WAIT_S


def test_what_waits_is_carried_after_a_restart_in_its_order_and_what_is_a_day_old_is_not(
    tmp_path: Path, hooks: Hooks
) -> None:
    board = Board(tmp_path)
    letter(board, "webhook", number="old", at_s=time.time() - KEPT_S - 1)
    letter(board, "webhook", number="m-1")
    letter(board, "webhook", number="m-2")
    board.close()
    board, sentences = Board(tmp_path), []
    posting = Posting(board, [WebhookOutlet(Webhook(hooks.url))], sentences.append)
    got = asyncio.run(carried(posting, lambda: [json.loads(hooks.next().body)["id"] for _ in range(2)]))
    assert got == ["m-1", "m-2"]
    assert "given up" in sentences[0]


# --- the command


def test_a_test_message_says_of_each_outlet_whether_it_took_it(
    tmp_path: Path, hooks: Hooks, open_mails: Callable[[str], Mails], capsys: pytest.CaptureFixture[str]
) -> None:
    mails = open_mails("none")
    alerts = tmp_path / "alerts.toml"
    to = 'sender = "a@example.org"\nto = ["b@example.org"]\n'
    server = f'[email]\nserver = "127.0.0.1"\nport = {mails.port}\nsecurity = "none"\n{to}'
    alerts.write_text(f'[webhook]\nurl = "{hooks.url}"\n{server}')
    assert main(["watch", "--test", "--alerts", str(alerts)]) == 0
    assert "this is a test" in mails.next()["Subject"]
    mails.refuse = ["550 no"]
    assert main(["watch", "--test", "--alerts", str(alerts)]) == 22
    told = capsys.readouterr()
    assert told.out == "webhook: taken\nemail: taken\nwebhook: taken\nemail: it answers 550\n"
    assert "SECRET" not in told.out + told.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--test"], 11, "names no outlet"),
        ([], 11, "Name the database"),
        (["--database", "http://127.0.0.1:1"], 25, "Say who watches"),
        (["--database", "http://127.0.0.1:1", "--email", "a@b"], 25, "--api-key"),
        (["--database", "http://127.0.0.1:1", "--email", "a@b", "--api-key", "k"], 25, "--password-file"),
        (["--database", "http://127.0.0.1:1", "--token-file", "/nowhere"], 25, "cannot be read as a token"),
        (["--database", "http://example.org", "--token-file", "t"], 15, "use https"),
        (["--alerts", "/nowhere"], 11, "cannot be read"),
    ],
)
def test_a_wrong_use_is_one_sentence(
    words: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t").write_text("a.b.c")
    assert main(["watch", *words]) == code
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_the_rules_that_are_shipped_can_be_printed_and_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", "--print-rules"]) == 0
    copy = tmp_path / "alerts.toml"
    copy.write_text(capsys.readouterr().out)
    assert main(["watch", "--alerts", str(copy), "--test"]) == 11  # it names no outlet
    assert "names no outlet" in capsys.readouterr().err
