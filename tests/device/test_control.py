"""Commands from afar: from the database to the interlock, through whoever has the network."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import httpx
import pytest

from device.clock import FakeClock, SystemClock
from device.config import load_settings
from device.contract import checkup
from device.contract.address import DatabaseUrl, parse_url
from device.contract.control import Do
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.finding import Finding, Level
from device.contract.remote import VERSION, validate
from device.delivery.control import Answered, ControlListener
from device.delivery.opening import OpenSinks
from device.delivery.outbox import Outbox
from device.delivery.tokens import FakeTokens
from device.host.asking import ask
from device.host.desk import Desk
from device.host.view import State
from device.service.afar import Afar, carried_out, listening
from device.service.noticed import Noticed
from device.settings import Settings
from tests.device.host.box import QUICK, WAIT_S, Box
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


def put(url: DatabaseUrl, body: object, path: str = "control/room-3/command", method: str = "PUT") -> None:
    where = f"http://{url.host}:{url.port}/{path}.json"
    httpx.request(method, where, params={"ns": url.namespace}, content=json.dumps(body)).raise_for_status()


def answered(afar: Afar) -> Answered:
    assert afar.control is not None
    assert afar.control.answered is not None
    return afar.control.answered


class Ears:
    """What was heard, and the answers."""

    def __init__(self) -> None:
        self.heard: SimpleQueue[Heard] = SimpleQueue()
        self.told = threading.Semaphore(0)

    def act(self, said: Json, left_s: float | None) -> tuple[str, bool]:
        self.heard.put((said, left_s))
        return f"did {said['id']}", True

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
        assert hearing.answered == Answered("c-1", "did c-1", True)
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


def watch(**changes: object) -> Json:
    return {"v": VERSION, "until": int(1000 * time.time()) + 60_000, "by": "cleo"} | changes


def test_who_watches_is_heard_beside_commands_and_for_as_long_as_they_say(url: DatabaseUrl) -> None:
    ears, clock = Ears(), FakeClock(wall=0.0, trusted=False)  # nobody goes by the box's own clock
    with listener(url, ears, clock) as hearing:
        put(url, {"control/room-3/command": command(), "control/room-3/watch": watch()}, "", "PATCH")
        ears.next()
        assert hearing.watched
        clock.advance(40.0)
        put(url, watch(until=int(1000 * time.time()) + 120_000), "control/room-3/watch")
        put(url, command(id="c-2"))
        ears.next()
        clock.advance(19.0)
        assert hearing.watched, "it was renewed"
        clock.advance(72.0)
        assert not hearing.watched, "nobody watches for longer than the rules allow"
        for stale in (watch(until=int(1000 * time.time()) + 60_000), watch(v=2), "now!", None):
            put(url, stale, "control/room-3/watch")
        put(url, command(id="c-3"))
        ears.next()
        assert not hearing.watched


def test_a_watch_that_is_over_is_none_and_the_first_one_is_told(url: DatabaseUrl) -> None:
    ears = Ears()
    put(url, watch(until=int(1000 * time.time()) - 5_000), "control/room-3/watch")
    put(url, command())
    with listener(url, ears) as hearing:
        ears.next()
        assert ears.told.acquire(timeout=WAIT_S)
        assert not hearing.watched
        put(url, watch(), "control/room-3/watch")
        assert ears.told.acquire(timeout=WAIT_S)
        assert hearing.watched


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
    with listening(settings, opened, SystemClock(), told.release) as afar:
        assert told.acquire(timeout=WAIT_S)
        refused = answered(afar)
        assert refused.answer.startswith("No consent of this person is recorded")
        assert not refused.done
        box.agreed()
        put(url, command("begin", id="c-2", patient="p-017"))
        assert told.acquire(timeout=WAIT_S)
        box.until_state(State.WATCHING)
        assert answered(afar) == Answered("c-2", "The session begins.", True)
    with listening(settings, opened, SystemClock(), told.release) as afar:  # the daemon, in its turn
        assert told.acquire(timeout=WAIT_S)
        assert answered(afar) == Answered("c-2", "The session begins.", True)
    assert len(box.launcher.daemons) == 1
    assert "(afar)" in box.journal[0]


def test_a_command_is_carried_out_once_also_by_a_restarted_host(box: Box, settings: Settings, tmp_path: Path) -> None:
    box.watching()
    ended, refused = ("The session is being ended.", True), ("No session is open.", False)
    assert carried_out(settings, command("end"), 60.0) == ended
    box.until_state(State.IDLE)
    assert carried_out(settings, command("pause", id="c-2"), 60.0) == refused
    box.interlock.begin("p-017")
    assert carried_out(settings, command("end"), 60.0) == ended
    assert carried_out(settings, command("pause", id="c-2"), 60.0) == refused
    box.until_state(State.WATCHING)
    restarted = Box(tmp_path).interlock
    assert restarted.afar("c-1", lambda: ("again", True)) == ended
    assert restarted.afar("c-2", lambda: ("again", True)) == refused


@pytest.mark.parametrize(("left_s", "says"), [(0.0, "came too late"), (-5.0, "came too late"), (None, "synchronized")])
def test_what_comes_too_late_is_not_done(box: Box, settings: Settings, left_s: float | None, says: str) -> None:
    box.watching()
    answer, done = carried_out(settings, command("end"), left_s)
    assert says in answer
    assert not done
    assert box.now.state is State.WATCHING


def test_from_afar_nothing_else_can_be_done(box: Box, settings: Settings) -> None:
    for do in ("prepare", "forget", "frame", "afar", "status"):
        answer = ask(settings.host, {"do": "afar", "name": f"c-{do}", "command": do, "left_s": 60.0})["text"]
        assert "does not do" in answer


def test_an_update_from_afar_comes_over_the_network_and_not_in_a_session(box: Box, settings: Settings) -> None:
    box.watching()
    assert "session" in carried_out(settings, command("update"), 60.0)[0]
    box.interlock.end()
    box.until_state(State.IDLE)
    assert "update is asked for" in carried_out(settings, command("update", id="c-2"), 60.0)[0]
    assert box.asked == ["network"]


def test_what_happens_in_a_session_can_be_noted_from_afar(box: Box, settings: Settings) -> None:
    assert carried_out(settings, command("mark", name="laughs"), 60.0) == ("No session is open.", False)
    box.watching()
    assert carried_out(settings, command("mark", id="c-2"), 60.0) == ("Marked.", True)
    assert carried_out(settings, command("stimulus", id="c-3", name="clip-2"), 60.0)[1]
    assert carried_out(settings, command("phase", id="c-4", name="baseline"), 60.0)[1]
    assert carried_out(settings, command("phase", id="c-4", name="baseline"), 60.0)[1], "brought twice, noted once"
    assert box.now.phase == "baseline"
    assert carried_out(settings, command("phase", id="c-5"), 60.0)[1]
    assert box.now.phase == ""
    assert box.daemon.wait_for(Do.PHASE, WAIT_S)
    noted = [(order.do, order.name) for order in box.daemon.orders[1:]]
    assert noted[:3] == [(Do.MARK, ""), (Do.STIMULUS, "clip-2"), (Do.PHASE, "baseline")]
    assert not carried_out(settings, command("mark", id="c-6", name="Anna Muster"), 60.0)[1]


def test_a_consent_from_afar_is_recorded_as_by_the_page_and_then_a_session_begins(
    box: Box, settings: Settings
) -> None:
    consent = {"covers": ["units", "expressions", "live"], "by": "guardian", "until": box.clock.wall() + 3600.0}
    said = command("consent", patient="p-017", consent=consent)
    validate(said)
    assert carried_out(settings, said, 60.0) == ("The consent is recorded.", True)
    (kept,) = box.now.people
    assert (kept.patient, kept.consent.covers, kept.consent.by) == (
        "p-017",
        ("expressions", "units", "live"),
        "guardian",
    )
    assert kept.consent.until == consent["until"]
    assert carried_out(settings, command("begin", id="c-2", patient="p-017"), 60.0)[1]
    assert box.until_state(State.WATCHING).consent == kept.consent
    over = consent | {"until": box.clock.wall() - 1.0}
    answer, done = carried_out(settings, command("consent", id="c-3", patient="p-018", consent=over), 60.0)
    assert "has ended" in answer
    assert not done


ODD = (
    Finding(Level.OK, "models", "whole"),
    Finding(Level.WARNING, "neutral", "of 'p-017' is old"),
    Finding(Level.FAIL, "camera", "there is none"),
    Finding(Level.OK, "clock", "synchronized"),
)


def test_an_examination_from_afar_is_answered_when_it_is_over_and_its_findings_are_handed_on(
    tmp_path: Path, settings: Settings
) -> None:
    box = Box(tmp_path, replace(QUICK, findings=ODD))
    hurried = threading.Event()
    with Desk(Path(settings.host.folder), box.interlock, person="p-017"), Outbox(tmp_path / "o.db", 1.0) as outbox:
        answer = carried_out(settings, command("doctor"), 60.0)
        assert answer == ("2 of 4 need attention: neutral, camera.", True)
        assert carried_out(settings, command("doctor"), -1.0) == answer, "whoever delivers next asks again"
        assert len(box.launcher.daemons) == 1
        for _ in range(2):  # also a process that comes after
            Noticed(settings, SystemClock()).look(outbox, hurried.set, watched=False)
        (entry,) = outbox.lease(9)
    found = json.loads(entry.body)
    assert entry.path == "checkup/room-3"
    assert found["findings"]["c02"] == {"name": "neutral", "state": "warning", "text": "of '…' is old"}
    checkup.validate(found | {"seen": 1})
    assert hurried.is_set()
    box.interlock.close(WAIT_S)


def test_an_examination_is_refused_in_a_session_and_told_when_it_fails(box: Box, settings: Settings) -> None:
    box.watching()
    assert carried_out(settings, command("doctor"), 60.0) == ("A session is open: end it first.", False)
    box.interlock.end()
    box.until_state(State.IDLE)
    box.launcher.script = replace(QUICK, fails="No camera was found.")
    assert carried_out(settings, command("doctor", id="c-2"), 60.0) == ("No camera was found.", False)


def test_a_host_that_was_restarted_in_an_examination_says_that_it_came_to_no_end(
    box: Box, settings: Settings, tmp_path: Path
) -> None:
    box.launcher.script = replace(QUICK, deaf=True)
    over = threading.Event()
    over.set()  # whoever asks is ended, too
    assert carried_out(settings, command("doctor"), 60.0, over) == ("The box is being examined.", True)
    answer, done = Box(tmp_path).interlock.afar("c-1", lambda: ("again", True))
    assert "came to no end" in answer
    assert not done


def test_a_box_without_an_account_hears_nobody(settings: Settings, url: DatabaseUrl) -> None:
    with listening(settings, OpenSinks((), None, None, url=url), SystemClock(), lambda: None) as afar:
        assert (afar.control, afar.live) == (None, None)


def test_without_a_host_process_the_answer_says_so(settings: Settings) -> None:
    answer, done = carried_out(settings, command("end"), 60.0)
    assert "does not answer" in answer
    assert not done


@pytest.mark.parametrize(
    "changes", [{"do": "frame"}, {"do": "begin"}, {"patient": "p-017"}, {"id": "a b"}, {"v": 2}, {"more": 1}], ids=str
)
def test_what_is_no_command_is_refused(changes: Json) -> None:
    validate(command())
    with pytest.raises(DataError):
        validate(command() | changes)
