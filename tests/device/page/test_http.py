"""The page over real HTTP: what it answers to a browser, to another page's tricks, and to who would starve it."""

import asyncio
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.contract.errors import AddressInUseError
from device.host.hosting import Hosting
from device.host.scripted import Script, ScriptedLauncher
from device.host.view import State
from device.page import guard, stream
from device.page.page import Page
from device.page.surroundings import machine_addresses
from device.settings import HostSettings
from device.update.layout import Layout
from device.update.standing import Offer, Standing, offer, tell
from tests.device.host.box import Box
from tests.device.page.served import WAIT_S, Answer, Served, served, settings_of

CONSENT = {"do": "consent", "patient": "p-017", "covers": ["expressions", "units"], "by": "guardian", "until": ""}
#: What may be sent at all: text.
TEXTS = ("text/html", "text/css", "text/javascript", "application/json", "text/event-stream")
LOGO = re.compile(rb"data:|\x89PNG|\xff\xd8\xff|GIF8|RIFF|<img|<canvas|<video|[A-Za-z0-9+/]{200}")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as one:
        yield one


def state(page: Served) -> str:
    return str(next(data for name, data in page.events() if name == "message")["state"])


def test_an_age_is_recorded_and_shown_where_the_person_may_be_compared(page: Served) -> None:
    compared = CONSENT | {"covers": ["units", "atypicality"]}
    assert page.do(**compared, age="6-12").json["shown"]["people"][0]["age"] == "6-12"
    assert page.do(**compared).json["shown"]["people"][0]["age"] == ""
    assert page.do(**CONSENT, age="6-12").json["shown"]["people"][0]["age"] == ""
    refused = page.do(**compared, age="7 years")
    assert refused.status == 409 and "How old a person is, is one of under-6" in str(refused.json)


def test_a_session_from_the_first_word_to_the_last(page: Served) -> None:
    refused = page.do(do="begin", patient="p-017")
    assert (refused.status, refused.json["code"]) == (409, "no_consent")
    agreed = page.do(**CONSENT)
    assert agreed.json["shown"]["people"][0] | {"covers": 0} == {
        "patient": "p-017", "covers": 0, "by": "guardian", "age": "", "until": None, "revoked": False, "valid": True
    }  # fmt: skip
    assert page.do(do="begin", patient="p-017").status == 200
    seen = [data["state"] for data in until(page, "watching")]
    assert seen[0] in ("starting", "watching")
    assert page.do(do="begin", patient="p-017").json["code"] == "already"
    assert page.do(do="pause").status == 200
    assert until(page, "paused")[-1]["camera"] is False
    assert page.do(do="resume").status == 200
    assert until(page, "watching")[-1]["session"]["patient"] == "p-017"
    assert page.do(do="end").status == 200
    ended = until(page, "idle")[-1]
    assert [past["why"] for past in ended["past"]] == ["stopped"]
    assert page.do(do="end").json["code"] == "idle"


def until(page: Served, state: str) -> list[dict]:  # type: ignore[type-arg]
    """What is shown until the box is in a state."""
    found = []
    for name, data in page.events():
        if name == "message":
            found.append(data)
            if data["state"] == state:
                return found
    raise AssertionError(found)


def test_withdrawing_closes_the_camera_and_is_remembered(page: Served) -> None:
    page.do(**CONSENT)
    page.do(do="begin", patient="p-017")
    until(page, "watching")
    assert page.do(do="revoke", patient="p-017").status == 200
    shown = until(page, "idle")[-1]
    assert (shown["camera"], shown["people"][0]["valid"]) == (False, False)
    assert page.do(do="begin", patient="p-017").json["code"] == "revoked"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"do": "begin", "patient": "Maria Lopez"}, "pseudonym"),
        ({"do": "begin", "patient": "x" * 99}, "unknown"),
        ({"do": "begin", "patient": 7}, "unknown"),
        ({"do": "begin"}, "pseudonym"),
        ({"do": "explode"}, "unknown"),
        ({}, "unknown"),
        ({"do": ["begin"]}, "unknown"),
        (CONSENT | {"covers": []}, "covers_nothing"),
        (CONSENT | {"covers": "units"}, "covers_nothing"),
        (CONSENT | {"covers": ["everything"]}, ""),
        (CONSENT | {"by": "the dog"}, "giver"),
        (CONSENT | {"by": ""}, "giver"),
        (CONSENT | {"until": "2026-02-31"}, "day"),
        (CONSENT | {"until": "1999-01-01"}, "expired"),
        (CONSENT | {"until": "\ud800"}, "unknown"),
        ({"do": "pause"}, "idle"),
        ({"do": "install", "version": "9"}, "stick"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_code_or_a_sentence_that_repeats_no_name(
    page: Served, asked: dict[str, object], code: str
) -> None:
    answer = page.do(**asked)
    assert (answer.status, answer.json["code"]) == (409, code)
    assert answer.json["error"].endswith(".")
    assert "Maria" not in answer.body.decode()


def test_framing_draws_a_face_and_tells_what_to_do(tmp_path: Path) -> None:
    with served(tmp_path, script=Script(opening_s=0.0, every_s=0.02)) as page:
        page.do(do="frame")
        shown = until(page, "framing")[-1]
        while not shown["view"]:
            shown = until(page, "framing")[-1]
        assert (shown["camera"], shown["advice"]) == (True, {"code": "come_closer", "tone": "attention"})
        assert len(shown["view"]["outline"]["oval"]) > 20
        assert shown["view"]["meters"]["distance"]["says"] == "low"


def test_in_a_session_the_place_of_the_face_is_drawn_and_none_of_its_features(tmp_path: Path) -> None:
    with served(tmp_path, script=Script(opening_s=0.0, every_s=0.02)) as page:
        page.do(**CONSENT)
        page.do(do="begin", patient="p-017")
        shown = until(page, "watching")[-1]
        while not shown["view"]:
            shown = until(page, "watching")[-1]
        (oval,) = shown["view"]["outline"].values()
        x, y = zip(*oval, strict=True)
        assert sum(x) / len(x) == pytest.approx((min(x) + max(x)) / 2, abs=0.01)
        assert sum(y) / len(y) == pytest.approx((min(y) + max(y)) / 2, abs=0.01)


def test_an_unattended_box_says_so(tmp_path: Path) -> None:
    with served(tmp_path, host=HostSettings(unattended=True)) as page:
        assert next(data for name, data in page.events() if name == "message")["unattended"] is True


def test_a_release_on_a_stick_is_installed_when_no_session_is_open(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    tell(layout, Standing(version="0.3.0"))
    with served(tmp_path, layout=layout) as page:
        assert page.do(do="install", version="0.4.0").json["code"] == "stick"
        offer(layout, Offer("0.4.0", "Version 0.4.0 is on the stick."))
        page.do(**CONSENT)
        page.do(do="begin", patient="p-017")
        assert page.do(do="install", version="0.4.0").json["code"] == "busy"
        assert page.box.asked == []
        page.do(do="end")
        shown = until(page, "idle")[-1]
        assert page.do(do="install", version=shown["cards"]["update"]["available"]).status == 200
        assert page.box.asked == ["stick"]


def answers(page: Served) -> list[Answer]:
    """Of everything that the page sends."""
    paths = ["/", "/?language=zh", "/page.css", "/page.js", "/favicon.ico", "/elsewhere"]
    return [*(page.ask("GET", path) for path in paths), page.do(do="begin"), page.do(do="frame"), page.do(do="end")]


def test_no_answer_is_a_picture_or_may_be_shown_elsewhere(page: Served) -> None:
    for answer in answers(page):
        assert not answer.body or answer.headers["content-type"].startswith(TEXTS)
        assert not LOGO.search(answer.body), answer.body[:200]
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "box.evil.local", "", "[::", "a b", "127.0.0.1.evil.org"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(page: Served, host: str) -> None:
    for path in ("/", "/events", "/page.js"):
        assert page.ask("GET", path, Host=host).json["code"] == "host"
    body = json.dumps(CONSENT).encode()
    asked = page.ask("POST", "/do", body, Host=host, Origin=f"http://{host}", Content_Type="application/json")
    assert asked.status == 403
    assert page.box.now.people == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "[::1]:80", "192.0.2.7", socket.gethostname()])
def test_the_boxs_own_names_are_taken(page: Served, host: str) -> None:
    assert page.ask("GET", "/", Host=host).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "OURS", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "OURS", "Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "OURS", "Content_Type": "text/plain"}, 415),
        ({"Origin": "OURS", "Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Origin": "OURS", "Sec_Fetch_Site": "same-origin"}, 200),
    ],
)
def test_another_page_presses_nothing(page: Served, headers: dict[str, str], status: int) -> None:
    sent = {"Content_Type": "application/json"} | headers
    sent |= {"Origin": page.origin} if sent.get("Origin") == "OURS" else {}
    assert page.ask("POST", "/do", json.dumps(CONSENT).encode(), **sent).status == status
    assert len(page.box.now.people) == (status == 200)


def test_another_page_reads_nothing_and_may_lead_here(page: Served) -> None:
    assert page.ask("GET", "/events", Sec_Fetch_Site="cross-site").status == 403
    assert page.ask("GET", "/", Sec_Fetch_Site="cross-site").status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"[]", 400), (b"\xff", 400), (b"[" * 4000, 400), (b'{"do":' * 500, 400), (b" " * 5000, 413)],
)
def test_a_body_that_is_none_is_refused(page: Served, body: bytes, status: int) -> None:
    answer = page.ask("POST", "/do", body, Origin=page.origin, Content_Type="application/json")
    assert (answer.status, answer.json["code"]) == (status, "form")


def test_the_language_is_remembered(page: Served) -> None:
    answer = page.ask("GET", "/?language=es")
    assert answer.headers["set-cookie"].startswith("language=es; ")
    assert b'<html lang="es"' in page.ask("GET", "/", Cookie="language=es").body
    assert b'<html lang="zh"' in page.ask("GET", "/", Accept_Language="zh-CN").body


def test_many_windows_leave_the_buttons_alone(page: Served) -> None:
    """A window too many is told so, and whoever closes one makes room."""
    looking = [page.events() for _ in range(stream.MOST_OF_ONE)]
    for one in looking:
        next(one)
    assert next(page.events()) == ("full", {})
    assert page.do(**CONSENT).status == 200
    looking.pop().close()
    deadline_s = time.monotonic() + WAIT_S
    while next(page.events())[0] != "message":
        assert time.monotonic() < deadline_s, "the box has not noticed that one was closed"


def test_however_many_look_from_elsewhere_the_boxs_own_screen_does_too() -> None:
    async def first(looking: stream.Stream, address: str) -> bytes:
        events = looking.events(address, lambda: True)
        opened.append(events)
        return await anext(events)

    async def look() -> list[bytes]:
        looking = stream.Stream(lambda: (b"{}", 1.0))
        seen = [await first(looking, f"10.0.0.{number}") for number in range(stream.MOST + 1)]
        seen.append(await first(looking, "127.0.0.1"))
        for events in opened:
            await events.aclose()
        return seen

    opened: list[AsyncGenerator[bytes, None]] = []
    *others, one_too_many, own = asyncio.run(look())
    assert b"event: full" in one_too_many
    assert not any(b"event: full" in event for event in (*others, own))


def test_who_holds_connections_open_and_says_nothing_is_not_waited_for(
    page: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "HEAD_S", 0.1)
    silent = [socket.create_connection(("127.0.0.1", page.port), WAIT_S) for _ in range(guard.MOST_OF_ONE - 2)]
    silent[0].sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")  # and drips
    assert page.ask("GET", "/").status == 200
    for one in silent:
        assert one.recv(100) in (b"",), "the box hangs up"
        one.close()


def test_one_address_takes_so_many_connections_and_no_more(page: Served) -> None:
    many = [socket.create_connection(("127.0.0.1", page.port), WAIT_S) for _ in range(guard.MOST_OF_ONE)]
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        page.ask("GET", "/")
    many.pop().close()
    for one in many:
        one.close()


def test_seats_for_this_machine_are_left_whoever_comes() -> None:
    seats = guard.Seats()
    others = [f"192.0.2.{number}" for number in range(200)]
    assert sum(seats.take(address) for address in others) == guard.MOST
    assert seats.take("127.0.0.1")
    seats.leave(others[0])
    assert seats.take(others[-1])


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    box = Box(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = settings_of(f"page.port={other.getsockname()[1]}")
        with (
            pytest.raises(AddressInUseError, match=r"set page\.address and page\.port\."),
            Page(taken, box.clock, box.interlock),
        ):
            pass
    for odd in ("203.0.113.9", "no such box", "ü" * 80):
        with (
            pytest.raises(AddressInUseError, match=f"The page cannot be served on {odd} port"),
            Page(settings_of(f"page.address='{odd}'"), box.clock, box.interlock),
        ):
            pass
    box.interlock.close(WAIT_S)


def test_a_box_whose_page_cannot_be_goes_on_without(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = settings_of(f"page.port={port}", f"host.folder='{tmp_path}'")
        with Hosting(taken, FakeClock(), ScriptedLauncher()) as hosting:
            hosting.interlock.frame()
            assert hosting.interlock.snapshot().state is State.FRAMING
    assert f"The page cannot be served on 127.0.0.1 port {port}" in capfd.readouterr().err


def test_opened_to_the_network_it_asks_strangers_and_not_its_own_screen(tmp_path: Path) -> None:
    elsewhere = next(iter(machine_addresses()), None)
    if elsewhere is None:
        pytest.skip("this machine has no network")
    for address in ("0.0.0.0", elsewhere):
        with served(tmp_path, f"page.address='{address}'") as page:
            assert b'id="session"' in page.ask("GET", "/").body
            connection = page.connect(elsewhere)
            connection.request("GET", "/")
            assert b'id="sign-in"' in connection.getresponse().read()
            connection.request("GET", "/events")
            assert connection.getresponse().status == 401
            connection.close()


def test_the_page_ends_with_streams_open(tmp_path: Path) -> None:
    others = set(threading.enumerate())
    with served(tmp_path) as page:
        looking = page.events()
        next(looking)
        assert page.box.now.state is State.IDLE
    assert [thread.name for thread in set(threading.enumerate()) - others if not thread.daemon] == []
    looking.close()
