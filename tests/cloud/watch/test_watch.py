"""The watch on a real database, with the real rules, accounts, streams and outlets."""

import asyncio
import contextlib
import json
import os
import queue
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud import rules as database_rules
from cloud.dashboard.base import Base
from cloud.watch.account import Account
from cloud.watch.alone import Alone
from cloud.watch.board import FILE as ALERTS_FILE
from cloud.watch.board import Board
from cloud.watch.rules import SHIPPED, Rule, Rules, Telling, Webhook
from cloud.watch.watch import Watch
from device.contract.errors import StorageError
from tests.cloud.test_rules import token
from tests.cloud.watch.boxes import said
from tests.cloud.watch.hooks import Hooks
from tests.identity_service import API_KEY, PASSWORD, IdentityService
from tests.peers import Raw, says
from tests.servers import WAIT_S, Server

FILE = Path(database_rules.__file__).parents[1] / "database.rules.json"
OWNER = {"Authorization": "Bearer owner"}
STAFF = {"ida": {"role": "engineer"}, "carl": {"role": "clinician"}}
NOW = {".sv": "timestamp"}
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine: nothing evaluates rules")

HOT = Rule("hot", "host.temperature", ">", 80.0, "The box is hot", "Give it air.")
AWAY = Rule("database", "database_away_s", ">", 0.5, "No database", "Look at it.", severity="critical")
AT_ONCE = Telling(wait_s=0.0, interval_s=0.0, settle_s=0.0)


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database that enforces the rules."""
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    yield server.url
    assert server.end() == (0, "")


@pytest.fixture
def database(ruled: str, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """An owner of a namespace of the test's own, in which an engineer and a clinician have accounts."""
    name = "".join(letter for letter in request.node.name if letter.isalnum())[:60]
    with httpx.Client(base_url=ruled, params={"ns": name}, headers=OWNER, timeout=WAIT_S) as client:
        client.put("/staff.json", json=STAFF).raise_for_status()
        yield client


def tell(database: httpx.Client, device: str = "box-1", **changes: Any) -> None:
    """A box reports."""
    document = said(device, 0, **changes) | {"seen": NOW}
    document["time"]["wall"] = time.time()
    database.put(f"/telemetry/{device}.json", json=document).raise_for_status()


class Running:
    """A watch that runs in a thread; `sentences` are what it tells whoever runs it."""

    def __init__(
        self, url: str, folder: Path, hooks: Hooks, rules: tuple[Rule, ...], who: str, lasts_s: float
    ) -> None:
        self._sentences: queue.Queue[str] = queue.Queue()
        self.signed_in = 0
        self._ready = threading.Event()
        self._settings = url, folder, Rules(rule=rules, telling=AT_ONCE, webhook=Webhook(hooks.url))
        self._who, self._lasts_s = who, lasts_s
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(WAIT_S)

    async def _run(self) -> None:
        async def make() -> str:
            self.signed_in += 1
            return token({"sub": self._who}, self._lasts_s)["auth"]

        url, folder, rules = self._settings
        base = Base(url)
        self.account = Account(make)
        self.watch = Watch(rules, folder, base, self.account, self._sentences.put, None, look_s=0.05, pause_s=0.05)
        self._loop, self._task = asyncio.get_running_loop(), asyncio.create_task(self.watch.run())
        self._ready.set()
        await asyncio.gather(self._task, return_exceptions=True)
        await base.close()

    def until_told(self, words: str) -> str:
        """The next sentence with these words."""
        while words not in (sentence := self._sentences.get(timeout=WAIT_S)):
            pass
        return sentence

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()
        assert self._task.cancelled(), self._task.exception()


@contextmanager
def watching(
    url: str, folder: Path, hooks: Hooks, *rules: Rule, who: str = "ida", lasts_s: float = 3600
) -> Iterator[Running]:
    running = Running(url, folder, hooks, rules or (HOT,), who, lasts_s)
    try:
        yield running
    finally:
        running.end()


def subject(hooks: Hooks) -> str:
    return str(json.loads(hooks.next().body)["subject"])


def until_subject(hooks: Hooks, wanted: str) -> None:
    """The message with this subject comes, whatever comes before."""
    while subject(hooks) != wanted:
        pass


def address(database: httpx.Client) -> str:
    return f"{str(database.base_url).rstrip('/')}?ns={database.params['ns']}"


@needs_node
def test_a_box_that_gets_hot_is_told_and_that_it_is_over(database: httpx.Client, tmp_path: Path, hooks: Hooks) -> None:
    box = {"v": 1, "name": "Room 2", "group": "north", "at": NOW, "by": "ida"}
    database.put("/boxes/box-1.json", json=box).raise_for_status()
    tell(database)
    with watching(address(database), tmp_path, hooks) as running:
        tell(database, host__temperature=85.0)
        posted = json.loads(hooks.next().body)
        assert posted["fired"][0] | {"since_s": 0} == {
            "rule": "hot",
            "field": "host.temperature",
            "device": "box-1",
            "name": "Room 2",
            "group": "north",
            "severity": "warning",
            "state": "Alerting",
            "since_s": 0,
            "value": 85.0,
            "words": "The box is hot",
            "do": "Give it air.",
        }
        (stood,) = running.watch.board.standings()
        assert (stood.device, stood.state, stood.told) == ("box-1", "Alerting", True)
        tell(database)
        assert subject(hooks) == "Affectbox: over: The box is hot (Room 2 (box-1))"
        assert running.watch.status() == {"reading": True, "away_s": 0.0, "why": ""}
    assert hooks.left() == 0


@needs_node
def test_when_its_token_ends_the_watch_signs_in_again(database: httpx.Client, tmp_path: Path, hooks: Hooks) -> None:
    tell(database)
    with watching(address(database), tmp_path, hooks, lasts_s=1) as running:
        running.until_told("Your sign-in has ended")
        tell(database, host__temperature=85.0)
        assert subject(hooks) == "Affectbox: The box is hot (box-1)"
        assert running.signed_in > 1


@needs_node
def test_who_loses_the_role_is_told_and_goes_on_when_it_is_back(
    database: httpx.Client, tmp_path: Path, hooks: Hooks
) -> None:
    tell(database)
    with watching(address(database), tmp_path, hooks, who="carl") as running:
        running.until_told("may not do that at telemetry")
        assert not running.watch.status()["reading"]
        database.put("/staff/carl.json", json={"role": "engineer"}).raise_for_status()
        tell(database, host__temperature=85.0)
        assert subject(hooks) == "Affectbox: The box is hot (box-1)"
        database.put("/staff/carl.json", json={"role": "clinician"}).raise_for_status()
        running.until_told("may not read telemetry any more")


def test_a_database_that_goes_away_is_told_and_read_again(tmp_path: Path, hooks: Hooks) -> None:
    server = Server(tmp_path / "database")
    port = server.url.rpartition(":")[2]
    with httpx.Client(base_url=server.url, timeout=WAIT_S) as owner:
        tell(owner)
        with watching(server.url, tmp_path / "watch", hooks, HOT, AWAY) as running:
            tell(owner, host__temperature=85.0)
            until_subject(hooks, "Affectbox: The box is hot (box-1)")
            server.end(signal.SIGKILL)
            until_subject(hooks, "Affectbox: No database")
            assert running.watch.status()["why"].startswith("The database at 127.0.0.1")
            again = Server(tmp_path / "database", "--port", port)
            until_subject(hooks, "Affectbox: over: No database")
            tell(owner)
            until_subject(hooks, "Affectbox: over: The box is hot (box-1)")
        assert again.end() == (0, "")


def test_a_restart_of_the_watch_tells_nothing_twice(server: Server, tmp_path: Path, hooks: Hooks) -> None:
    with httpx.Client(base_url=server.url, params={"ns": "watch-restart"}, timeout=WAIT_S) as owner:
        tell(owner, host__temperature=85.0)
        with watching(f"{server.url}?ns=watch-restart", tmp_path, hooks):
            assert subject(hooks) == "Affectbox: The box is hot (box-1)"
        with watching(f"{server.url}?ns=watch-restart", tmp_path, hooks):
            tell(owner)
            assert subject(hooks) == "Affectbox: over: The box is hot (box-1)"
    assert hooks.left() == 0


def test_a_watch_that_ends_by_its_own_fault_says_so(tmp_path: Path) -> None:
    class Faulty(Base):
        def now_ms(self) -> int:
            raise RuntimeError("a fault")

    async def make() -> str:
        return "a.b.c"

    sentences: list[str] = []
    watch = Watch(Rules(), tmp_path, Faulty("http://127.0.0.1:1"), Account(make), sentences.append)
    with pytest.raises(ExceptionGroup):
        asyncio.run(watch.run())
    assert "nobody watches: RuntimeError('a fault')" in sentences[-1]
    Alone(tmp_path).close()  # and another one may watch


def test_a_full_disk_keeps_nobody_from_being_told(server: Server, tmp_path: Path, hooks: Hooks) -> None:
    with httpx.Client(base_url=server.url, params={"ns": "watch-full"}, timeout=WAIT_S) as owner:
        tell(owner)
        with watching(f"{server.url}?ns=watch-full", tmp_path, hooks) as running:
            file = running.watch.board._file
            with file._lock, contextlib.suppress(sqlite3.OperationalError):
                (pages,) = file._db.execute("PRAGMA page_count").fetchone()
                file._db.execute(f"PRAGMA max_page_count = {pages}")
                for number in range(1000):
                    with file._db:
                        file._db.execute("INSERT INTO note VALUES (?, 0)", (f"{number:01000}",))
            hot = {f"box-{n:02}": said(f"box-{n:02}", 0, host__temperature=85.0) | {"seen": NOW} for n in range(40)}
            owner.patch("/telemetry.json", json=hot).raise_for_status()
            assert subject(hooks) == "Affectbox: The box is hot (40 boxes)"
            running.until_told("database or disk is full")
            file._db.execute("PRAGMA max_page_count = 100000")
            cool = {name: said(name, 0) | {"seen": NOW} for name in hot}
            owner.patch("/telemetry.json", json=cool).raise_for_status()
            assert subject(hooks) == "Affectbox: over: The box is hot (40 boxes)"
    assert hooks.left() == 0


def test_a_clock_of_this_machine_that_jumps_makes_no_box_silent(
    server: Server, tmp_path: Path, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Rule("silent", "silent_s", ">", 200.0, "No word", "Call the clinic.")
    with httpx.Client(base_url=server.url, params={"ns": "watch-jump"}, timeout=WAIT_S) as owner:
        tell(owner, host__temperature=85.0)
        with watching(f"{server.url}?ns=watch-jump", tmp_path, hooks, HOT, silent):
            assert subject(hooks) == "Affectbox: The box is hot (box-1)"
            tomorrow_ms = int(time.time() + 86_400) * 1000
            monkeypatch.setattr(Base, "now_ms", lambda base: tomorrow_ms)
            tell(owner)
            assert subject(hooks) == "Affectbox: over: The box is hot (box-1)"


def test_two_watches_of_one_folder_would_tell_everything_twice(server: Server, tmp_path: Path, hooks: Hooks) -> None:
    with watching(f"{server.url}?ns=watch-twice", tmp_path, hooks) as running:
        with pytest.raises(StorageError, match="Another watch"):
            Watch(Rules(), tmp_path, Base(server.url), running.account, print)
        assert not Board(tmp_path).standings()  # but others may read
    Alone(tmp_path).close()


def test_what_answers_in_the_place_of_the_database_is_told_and_asked_again(tmp_path: Path, hooks: Hooks) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    portal = Raw(says(head + b"event: put\ndata: {nonsense\n\n"))
    with watching(f"http://{portal.host}", tmp_path, hooks) as running:
        running.until_told("What answers is no database.")
        assert not running.watch.status()["reading"]


def test_a_damaged_file_of_alerts_stops_nobody(server: Server, tmp_path: Path, hooks: Hooks) -> None:
    (tmp_path / ALERTS_FILE).write_bytes(b"no database at all" * 500)
    with httpx.Client(base_url=server.url, params={"ns": "watch-damaged"}, timeout=WAIT_S) as owner:
        tell(owner, host__temperature=85.0)
        with watching(f"{server.url}?ns=watch-damaged", tmp_path, hooks) as running:
            assert "was damaged" in running.until_told("alerts.db")
            assert subject(hooks) == "Affectbox: The box is hot (box-1)"


def test_the_command_signs_in_watches_and_ends_when_it_is_told_to(
    server: Server, tmp_path: Path, hooks: Hooks, identity_service: IdentityService
) -> None:
    alerts, password = tmp_path / "alerts.toml", tmp_path / "password"
    shipped = SHIPPED.read_text()
    alerts.write_text(
        shipped.replace('url = ""', f'url = "{hooks.url}"')
        .replace("wait_s = 90.0", "wait_s = 0.0")
        .replace("_s = 300.0", "_s = 0.0")
    )
    password.write_text(PASSWORD + "\n")
    name = "watch-command"
    who = ["--email", "watch@example.org", "--password-file", str(password), "--api-key", API_KEY]
    words = ["--database", f"{server.url}?ns={name}", "--alerts", str(alerts), "--data", str(tmp_path / "data"), *who]
    with httpx.Client(base_url=server.url, params={"ns": name}, timeout=WAIT_S) as owner:
        tell(owner, desk__trouble="The camera does not open: p-017")
        process = subprocess.Popen(
            [sys.executable, "-m", "cloud", "watch", *words], stderr=subprocess.PIPE, text=True, env=os.environ
        )
        try:
            posted = hooks.next().body.decode()
            assert '"subject":"Affectbox: Something keeps the box from its work (box-1)"' in posted
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=WAIT_S)
        finally:
            process.kill()
    assert process.returncode == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert all(secret not in posted + errors + repr(kept) for secret in ("p-017", PASSWORD, "id-SECRET"))
    assert errors.splitlines() == [
        "affectbox-cloud watch: watching 17 rules; telling webhook",
        "affectbox-cloud watch: Affectbox: Something keeps the box from its work (box-1)",
    ]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["alerts.db", "history.db", "watch.lock"]
