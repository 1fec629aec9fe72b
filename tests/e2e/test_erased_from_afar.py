"""A person is erased from a box that was away when it was asked for: real host process, delivery, daemon and rules."""

import json
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloud import rules
from device.clock import SystemClock
from device.config import load_settings
from device.contract import erasure
from device.contract.keys import new_key
from device.delivery.control import _changed
from device.host.hosting import Hosting, launcher_of
from device.host.view import Snapshot, State
from tests.device.test_erase_here import Card
from tests.device.test_forget import HERS, OTHER, SECRET, bytes_in
from tests.e2e.enrolled import DEVICE, held, put
from tests.servers import WAIT_S, Server

#: Real processes start here and open networks: on a machine with much else to do that takes long.
LONG_S = 6 * WAIT_S
RULES = json.loads((Path(rules.__file__).parents[1] / "database.rules.json").read_text())["rules"]
pytestmark = [
    pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine: nothing evaluates rules"),
    pytest.mark.skipif(erasure.ROOT not in RULES, reason="the rules know no proof of an erasure"),
]


@pytest.fixture
def card(tmp_path: Path) -> Card:
    """The card of a box that recorded two people, and was switched off before it could send."""
    folder = tmp_path / "card"
    folder.mkdir()
    return Card(folder)


@pytest.fixture
def home(card: Card, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(card.folder / "state"))
    return card.folder


@pytest.fixture
def start(
    server: Server, identity_file: Path, home: Path, card: Card, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Any]:
    assignments = [
        f"host.folder={tmp_path_factory.mktemp('h')}",
        f"outbox.path={home / 'outbox.db'}",
        f"identity.file={identity_file}",
        "page.address=",
        "metrics.listen=",
        f"device.id={DEVICE}",
        f"run.sinks=['jsonl:{card.records}', 'rtdb:{server.url}?ns=clinic']",
        "upload.interval_s=0.1",
    ]

    @contextmanager
    def started(source: str = "v4l2:/dev/video-none") -> Iterator[Hosting]:
        told = [*assignments, f"run.source={source}"]
        passed = [word for text in told for word in ("--set", text)]
        settings = load_settings(None, told)
        stop = threading.Event()
        with Hosting(settings, SystemClock(), launcher_of(settings, passed)) as hosting, ExitStack() as stack:
            running = threading.Thread(target=hosting.run, args=(stop,))
            running.start()
            stack.callback(running.join, LONG_S)
            stack.callback(stop.set)
            yield hosting

    return started


def ask(server: Server, *patients: str) -> dict[str, str]:
    """Ask, as an admin does; pseudonym → name of the request."""
    put(server, "staff/ada", {"role": "admin"})
    names = {}
    for patient in patients:
        names[patient] = new_key(int(1000 * time.time()))
        request = {"v": 1, "id": names[patient], "at": {".sv": "timestamp"}}
        put(server, erasure.request_key(DEVICE, patient), request, "ada")
    return names


def until_nothing_stands(server: Server) -> None:
    """Wait until no request stands any more."""
    where = f"{server.url}/control/{DEVICE}/{erasure.ERASE}.json?ns=clinic"
    headers = {"Authorization": "Bearer owner", "Accept": "text/event-stream"}
    tree, kind, deadline_s = None, "", time.monotonic() + LONG_S
    with urllib.request.urlopen(urllib.request.Request(where, headers=headers), timeout=LONG_S) as lines:
        for line in lines:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            kind = value if name == "event" else kind
            if name == "data" and kind in ("put", "patch"):
                tree = _changed(tree, kind, json.loads(value))
                if not tree:
                    return
            assert time.monotonic() < deadline_s
    raise AssertionError("a request still stands")


def proofs(server: Server) -> dict[str, Any]:
    found = held(server, f"{erasure.ROOT}/{DEVICE}")
    for one in found.values():
        erasure.validate(one)
    return dict(found)


def reached(hosting: Hosting, holds: Callable[[Snapshot], bool]) -> Snapshot:
    deadline_s, now = time.monotonic() + LONG_S, hosting.interlock.snapshot()
    while not holds(now):
        assert time.monotonic() < deadline_s, f"still {now}"
        now = hosting.interlock.wait(now.number, 1.0)
    return now


@pytest.mark.files
def test_a_box_that_was_away_erases_on_its_return(
    server: Server, start: Callable[..., Any], card: Card, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    card.fill()
    names = ask(server, "p-017")
    with start():
        until_nothing_stands(server)
    held_there = bytes_in(home)
    assert [what in held_there for what in (b"p-017", SECRET, HERS.encode())] == [False] * 3
    assert (b"p-018" in held_there, card.records.read_bytes().count(OTHER)) == (True, 2)
    ((name, told),) = proofs(server).items()
    assert name == names["p-017"]
    assert (told["face"], told["outbox"] >= 66, told["lines"] >= 3, told.get("left")) == (True, True, True, None)
    assert told["done"] == pytest.approx(1000 * time.time(), abs=60_000)
    said = capfd.readouterr()
    assert "p-017" not in said.out + said.err + json.dumps([held(server, "telemetry"), told])


@pytest.mark.chaos
def test_her_session_ends_and_goes_and_his_goes_on(
    server: Server, start: Callable[..., Any], clip: Path, card: Card, home: Path
) -> None:
    with start(f"standin:{clip}") as hosting:
        interlock = hosting.interlock
        for patient in ("p-018", "p-017"):
            interlock.consent(patient, ("expressions", "units"), "guardian")
        interlock.begin("p-017")
        reached(hosting, lambda now: now.report is not None and now.report.recorded > 5)
        assert b"p-017" in bytes_in(home)
        ask(server, "p-017")
        until_nothing_stands(server)
        reached(hosting, lambda now: now.state is State.IDLE and not now.camera_open)
        interlock.begin("p-018")
        first = reached(hosting, lambda now: now.report is not None and now.report.recorded > 5)
        ask(server, "p-017", "p-019")
        began_s = time.monotonic()
        until_nothing_stands(server)
        second = reached(hosting, lambda now: now.state is State.WATCHING and now.session not in ("", first.session))
        assert time.monotonic() - began_s < 20.0, "both of them, with the networks opened anew"
        assert (second.patient, second.restarts) == ("p-018", 0)
        interlock.end()
        reached(hosting, lambda now: now.state is State.IDLE)
    assert b"p-017" not in bytes_in(home)
    assert not any(proof["outbox"] and "left" in proof for proof in proofs(server).values())
