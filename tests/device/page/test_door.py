"""Over the network the page opens by the box's pass-phrase, and not by trying."""

import json
import os
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from cloud.provision import write
from device.cli import main
from device.clock import FakeClock
from device.contract import passphrase
from device.contract.enrolment import Enrolment, decode
from device.contract.errors import IdentityError
from device.page import passphrases
from device.page.access import is_here
from device.page.app import App
from device.page.attempts import Attempts
from device.page.doing import Doing
from device.page.door import Door
from device.page.showing import Showing
from device.page.visitors import LASTS_S, Visitors
from device.settings import IdentitySettings
from tests.device.host.box import Box
from tests.device.page.served import WAIT_S, settings_of
from tests.identity_service import API_KEY, CUSTOM_TOKEN, IdentityService

PHRASE = "k7mq-x2vd-9hta"
HASH = passphrase.hashed(PHRASE)
FAR = "198.51.100.7"
BOX = "http://192.0.2.1:8080"


class Visit:
    """A browser at another address, on the page's own application."""

    def __init__(self, folder: Path, kept: str = HASH) -> None:
        self.box = Box(folder)
        self.clock: FakeClock = self.box.clock
        showing = Showing(settings_of(), self.clock, 8080)
        self.app = App(Door(lambda: kept, self.clock), Doing(self.box.interlock, showing))

    def ask(self, steps: Any, address: str = FAR) -> Any:
        async def visit() -> Any:
            there = httpx.ASGITransport(self.app, client=(address, 40000))
            async with httpx.AsyncClient(transport=there, base_url=BOX, headers={"Origin": BOX}) as client:
                return await steps(client)

        return anyio.run(visit)

    def sign_in(self, phrase: str = PHRASE, address: str = FAR) -> httpx.Response:
        async def steps(client: httpx.AsyncClient) -> httpx.Response:
            return await client.post("/sign-in", json={"phrase": phrase})

        found: httpx.Response = self.ask(steps, address)
        return found


@pytest.fixture
def visit(tmp_path: Path) -> Any:
    one = Visit(tmp_path)
    yield one
    one.box.interlock.close(WAIT_S)


def test_a_stranger_sees_the_door_and_nothing_else(visit: Visit) -> None:
    async def steps(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [await client.get("/"), await client.get("/events"), await client.post("/do", json={"do": "frame"})]

    door, events, do = visit.ask(steps)
    assert 'id="sign-in"' in door.text
    assert 'id="session"' not in door.text
    assert "p-0" not in door.text.replace("p-0042", "")
    assert (events.status_code, do.status_code) == (401, 401)
    assert visit.box.launcher.daemons == []


def test_with_the_pass_phrase_one_comes_in_until_one_leaves(visit: Visit) -> None:
    async def steps(client: httpx.AsyncClient) -> list[Any]:
        came = await client.post("/sign-in", json={"phrase": PHRASE.upper().replace("-", " ")})
        page, done = await client.get("/"), await client.post("/do", json={"do": "frame"})
        await client.post("/sign-out", json={})
        return [came, page, done, await client.get("/"), await client.post("/do", json={"do": "end"})]

    came, page, done, after, refused = visit.ask(steps)
    cookie = came.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert 'id="session"' in page.text
    assert done.status_code == 200
    assert 'id="sign-in"' in after.text
    assert refused.status_code == 401


def test_a_cookie_of_before_a_restart_or_made_up_opens_nothing(visit: Visit, tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/do", json={"do": "frame"}, headers={"Cookie": "affectbox=AAAA; affectbox="})

    assert visit.ask(steps).status_code == 401


def test_wrong_pass_phrases_make_wait_longer_and_longer(visit: Visit) -> None:
    waits = []
    for _ in range(5):
        answer = visit.sign_in("wrong")
        while answer.status_code == 429:
            waits.append(answer.json()["seconds"])
            assert visit.sign_in().status_code == 429, "not even the right one, before the time"
            visit.clock.advance(waits[-1])
            answer = visit.sign_in("wrong")
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong")
    assert waits == [2, 4]
    visit.clock.advance(8)
    assert visit.sign_in().status_code == 200


def test_others_are_not_kept_out_for_long_by_who_tries(tmp_path: Path) -> None:
    clock = FakeClock()
    attempts = Attempts(clock)
    for number in range(5000):
        attempts.failed(f"198.51.{number % 200}.{number % 250}")
    assert 0 < attempts.wait_s("192.0.2.1") <= 10
    clock.advance(10)
    assert attempts.wait_s("192.0.2.1") == 0
    assert len(attempts._of) <= 256


def test_of_ipv6_the_network_waits() -> None:
    attempts = Attempts(FakeClock())
    for number in range(6):
        attempts.failed(f"2001:db8::{number}")
    assert attempts.wait_s("2001:db8::ffff") > 0
    assert attempts.wait_s("2001:db9::1") == 0


def test_a_box_without_a_pass_phrase_lets_nobody_in(tmp_path: Path) -> None:
    visit = Visit(tmp_path, kept="")
    assert visit.sign_in("").json()["code"] == "unset"
    assert visit.sign_in(PHRASE).json()["code"] == "unset"


def test_this_machine_needs_none(visit: Visit) -> None:
    async def steps(client: httpx.AsyncClient) -> httpx.Response:
        return await client.get("/")

    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert 'id="session"' in visit.ask(steps, address).text
    assert not any(map(is_here, ("192.0.2.1", "2001:db8::1", "", "localhost", "::ffff:192.0.2.1")))


def test_a_visitor_is_forgotten_after_half_a_day_and_after_many_others() -> None:
    clock = FakeClock()
    visitors = Visitors(clock)
    first = visitors.welcome()
    clock.advance(LASTS_S - 1)
    assert visitors.knows(first)
    clock.advance(LASTS_S + 1)
    assert not visitors.knows(first)
    many = [visitors.welcome() for _ in range(100)]
    assert [visitors.knows(cookie) for cookie in (many[0], many[-1])] == [False, True]


def test_pass_phrases_are_long_and_differ_and_are_kept_as_a_hash() -> None:
    made = {passphrase.make() for _ in range(200)}
    assert len(made) == 200
    assert all(len(phrase.replace("-", "")) == 12 for phrase in made)
    assert not set("".join(made)) & set("0o1il")
    assert passphrase.hashed(PHRASE) != HASH
    assert passphrase.matches("K7MQ X2VD 9HTA", HASH)
    assert not passphrase.matches("k7mq-x2vd-9htb", HASH)
    assert not passphrase.matches("k" * 10**6, HASH)
    assert not passphrase.matches(PHRASE, "scrypt:14:8:1:zz:zz")


def test_the_pass_phrase_comes_with_enrolling(
    identity_service: IdentityService, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file, place = tmp_path / "room-3.json", tmp_path / "credstore" / "affectbox-identity"
    write(Enrolment("room-3", CUSTOM_TOKEN, API_KEY, "https://clinic.firebaseio.com", 4e9, page=HASH), file)
    assert PHRASE not in file.read_text()
    assert main(["enrol", str(file), f"--set=identity.file={place}"]) == 0
    settings = IdentitySettings(str(place))
    assert passphrases.kept_hash(settings) == HASH
    kept = passphrases.passphrase_file(settings)
    assert (kept, kept.stat().st_mode & 0o777) == (place.with_name("affectbox-page"), 0o600)
    capfd.readouterr()
    assert main(["enrol", "--passphrase", f"--set=identity.file={place}"]) == 0
    shown = capfd.readouterr().out.split("\n")[0].split()[-1]
    assert passphrase.matches(shown, passphrases.kept_hash(settings))


def test_on_an_installed_box_it_is_the_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path / "service", 4711, 4712)
    monkeypatch.setattr(passphrases, "SERVICE", tmp_path / "service")
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert main(["enrol", "--passphrase"]) == 0
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "service"))  # as the host process finds it
    assert passphrases.kept_hash(IdentitySettings())
    kept, folder = (tmp_path / "service" / "page.hash").stat(), (tmp_path / "service").stat()
    assert (kept.st_uid, kept.st_gid, kept.st_mode & 0o777) == (folder.st_uid, folder.st_gid, 0o600)


def test_without_an_identity_file_it_is_in_the_state_folder_or_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    assert passphrases.kept_hash(IdentitySettings()) == ""
    passphrases.keep_hash(HASH, IdentitySettings())
    assert passphrases.kept_hash(IdentitySettings()) == HASH
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "affectbox-page").write_text("not a hash")
    assert passphrases.kept_hash(IdentitySettings()) == ""


@pytest.mark.parametrize("page", [PHRASE, 7, "scrypt:1:1:1:00:00"])
def test_an_enrolment_with_another_thing_for_a_hash_is_damaged(page: object) -> None:
    whole = json.loads(Enrolment("room-3", CUSTOM_TOKEN, API_KEY, "https://clinic.firebaseio.com", 4e9).encode())
    with pytest.raises(IdentityError, match="damaged"):
        decode(json.dumps(whole | {"page": page}).encode())
