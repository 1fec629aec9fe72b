"""Commands from afar: from the database to the interlock, through whoever has the network."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import httpx
import pytest

from device.clock import FakeClock, SystemClock
from device.config import load_settings
from device.contract.address import DatabaseUrl, parse_url
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.remote import VERSION, validate
from device.delivery.control import ControlListener
from device.delivery.opening import OpenSinks
from device.delivery.tokens import FakeTokens
from device.host.asking import ask
from device.host.desk import Desk
from device.host.view import State
from device.service.afar import carried_out, listening
from device.settings import Settings
from tests.device.host.box import WAIT_S, Box
from tests.servers import Server

Heard = tuple[Json, float | None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("database"))
    yield made
    made.end()


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> DatabaseUrl:
    return parse_url(f"{server.url}?ns={request.node.name.replace('_', '-')[:60].lower()}")


def command(do: str = "end", **changes: object) -> Json:
    return {"v": VERSION, "id": "c-1", "do": do, "until": int(1000 * time.time()) + 300_000, "by": "cleo"} | changes


def put(url: DatabaseUrl, body: object) -> None:
    where = f"http://{url.host}:{url.port}/control/room-3/command.json"
    httpx.put(where, params={"ns": url.namespace}, content=json.dumps(body)).raise_for_status()


class Ears:
    """What was heard, and the answers."""

    def __init__(self) -> None:
        self.heard: SimpleQueue[Heard] = SimpleQueue()
        self.told = threading.Semaphore(0)

    def act(self, said: Json, left_s: float | None) -> str:
        self.heard.put((said, left_s))
        return f"did {said['id']}"

    def next(self) -> Heard:
        return self.heard.get(timeout=WAIT_S)


def listener(url: DatabaseUrl, ears: Ears, clock: SystemClock | FakeClock | None = None) -> ControlListener:
    return ControlListener(url, "room-3", FakeTokens(), clock or SystemClock(), WAIT_S, ears.act, ears.told.release)


def test_what_stands_there_and_what_comes_is_done_once(url: DatabaseUrl) -> None:
    ears = Ears()
    put(url, command())
    with listener(url, ears) as hearing:
        said, left_s = ears.next()
        assert (said["id"], said["do"]) == ("c-1", "end")
        assert left_s == pytest.approx(300, abs=30)
        assert ears.told.acquire(timeout=WAIT_S)
        assert hearing.answered is not None
        assert (hearing.answered.id, hearing.answered.answer) == ("c-1", "did c-1")
        for nothing in (command(), None, "now!", {"v": 1}, command("frame", id="c-2"), command("begin", id="c-3")):
            put(url, nothing)
        put(url, command("begin", id="c-4", patient="p-017"))
        assert ears.next()[0]["id"] == "c-4"
        assert ears.heard.empty()


def test_a_box_whose_clock_is_wrong_goes_by_the_databases(url: DatabaseUrl) -> None:
    ears = Ears()
    put(url, command(until=int(1000 * time.time()) - 60_000))
    with listener(url, ears, FakeClock(wall=0.0, trusted=False)):
        _, left_s = ears.next()
        assert left_s == pytest.approx(-60, abs=30)


def test_a_change_of_a_part_of_it_is_heard_as_the_whole(url: DatabaseUrl) -> None:
    ears = Ears()
    put(url, command())
    with listener(url, ears):
        ears.next()
        where = f"http://{url.host}:{url.port}/control/room-3/command.json"
        httpx.patch(where, params={"ns": url.namespace}, json={"id": "c-2", "do": "pause"}).raise_for_status()
        assert ears.next()[0]["do"] == "pause"


def test_it_is_over_at_once_also_while_nothing_is_said(url: DatabaseUrl) -> None:
    ears = Ears()
    put(url, command())
    hearing = listener(url, ears)
    ears.next()
    hearing.close()
    assert not hearing._thread.is_alive()


def test_a_database_that_is_not_there_is_told_as_trouble() -> None:
    tokens = FakeTokens("the account of this box was disabled")
    asked = threading.Event()
    tokens_asked = tokens.token

    def token() -> str:
        asked.set()
        return tokens_asked()

    tokens.token = token  # type: ignore[method-assign]
    hearing = ControlListener(parse_url("http://127.0.0.1:9"), "room-3", tokens, SystemClock(), 1.0, Ears().act)
    assert asked.wait(WAIT_S)
    hearing.close()
    assert hearing.trouble == "the account of this box was disabled"


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(None, [f"host.folder={tmp_path_factory.mktemp('h')}", "device.id=room-3"])


@pytest.fixture
def box(tmp_path: Path, settings: Settings) -> Iterator[Box]:
    made = Box(tmp_path)
    with Desk(Path(settings.host.folder), made.interlock):
        yield made
    assert made.interlock.close(WAIT_S)


def test_a_session_from_afar_needs_the_consent_on_the_box_as_any_other(
    box: Box, settings: Settings, url: DatabaseUrl
) -> None:
    told = threading.Semaphore(0)
    opened = OpenSinks((), None, None, url=url, tokens=FakeTokens())
    put(url, command("begin", patient="p-017"))
    with listening(settings, opened, SystemClock(), told.release) as hearing:
        assert hearing is not None
        assert told.acquire(timeout=WAIT_S)
        assert hearing.answered is not None
        assert hearing.answered.answer.startswith("No consent of this person is recorded")
        box.agreed()
        put(url, command("begin", id="c-2", patient="p-017"))
        assert told.acquire(timeout=WAIT_S)
        box.until_state(State.WATCHING)
        assert (hearing.answered.id, hearing.answered.answer) == ("c-2", "The session begins.")
    with listening(settings, opened, SystemClock(), told.release) as hearing:  # the daemon, in its turn
        assert hearing is not None
        assert told.acquire(timeout=WAIT_S)
        assert hearing.answered is not None
        assert (hearing.answered.id, hearing.answered.answer) == ("c-2", "The session begins.")
    assert len(box.launcher.daemons) == 1
    assert "(afar)" in box.journal[0]


def test_a_command_is_carried_out_once_also_by_a_restarted_host(box: Box, settings: Settings, tmp_path: Path) -> None:
    box.watching()
    assert carried_out(settings, command("end"), 60.0) == "The session is being ended."
    box.until_state(State.IDLE)
    box.interlock.begin("p-017")
    assert carried_out(settings, command("end"), 60.0) == "The session is being ended."
    box.until_state(State.WATCHING)
    assert box.memory.now.answered == {"c-1": "The session is being ended."}
    assert Box(tmp_path).interlock.afar("c-1", lambda: "again") == "The session is being ended."


@pytest.mark.parametrize(("left_s", "says"), [(0.0, "came too late"), (-5.0, "came too late"), (None, "synchronized")])
def test_what_comes_too_late_is_not_done(box: Box, settings: Settings, left_s: float | None, says: str) -> None:
    box.watching()
    assert says in carried_out(settings, command("end"), left_s)
    assert box.now.state is State.WATCHING


def test_from_afar_nothing_else_can_be_done(box: Box, settings: Settings) -> None:
    for do in ("consent", "forget", "frame", "afar"):
        answer = ask(settings.host, {"do": "afar", "name": f"c-{do}", "command": do, "left_s": 60.0})["text"]
        assert "does not do" in answer


def test_an_update_from_afar_comes_over_the_network_and_not_in_a_session(box: Box, settings: Settings) -> None:
    box.watching()
    assert "session" in carried_out(settings, command("update"), 60.0)
    box.interlock.end()
    box.until_state(State.IDLE)
    assert "update is asked for" in carried_out(settings, command("update", id="c-2"), 60.0)
    assert box.asked == ["network"]


def test_a_box_without_an_account_hears_nobody(settings: Settings, url: DatabaseUrl) -> None:
    with listening(settings, OpenSinks((), None, None, url=url), SystemClock(), lambda: None) as hearing:
        assert hearing is None


def test_without_a_host_process_the_answer_says_so(settings: Settings) -> None:
    assert "does not answer" in carried_out(settings, command("end"), 60.0)


@pytest.mark.parametrize(
    "changes", [{"do": "frame"}, {"do": "begin"}, {"patient": "p-017"}, {"id": "a b"}, {"v": 2}, {"more": 1}], ids=str
)
def test_what_is_no_command_is_refused(changes: Json) -> None:
    validate(command())
    with pytest.raises(DataError):
        validate(command() | changes)
