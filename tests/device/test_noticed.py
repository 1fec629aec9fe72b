"""What a process that delivers tells of the box around it, and how soon."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from device.clock import FakeClock, SystemClock
from device.config import load_settings
from device.contract import telemetry
from device.contract.fields import check
from device.delivery.outbox import Outbox
from device.host.status import Status
from device.host.view import State
from device.service.about import about
from device.service.noticed import Noticed, desk, update
from device.service.service import Service
from device.settings import Settings
from device.update.layout import Layout
from device.update.standing import Standing, Step, tell
from tests.cloud.conftest import Stream
from tests.device.host.box import QUICK, WAIT_S, Box
from tests.servers import Server


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("h")


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    return load_settings(None, [f"host.folder={folder}", "device.id=room-3", f"outbox.path={tmp_path}/outbox.db"])


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path, QUICK)
    yield made
    made.interlock.close(WAIT_S)


def test_what_the_host_process_says_of_itself_and_nothing_where_there_is_none(
    folder: Path, settings: Settings, box: Box
) -> None:
    clock = FakeClock(wall=1.8e9)
    assert desk(settings.host, clock) == {}
    status = Status(folder, "room-3", clock)
    box.watching()
    status.show(box.now)
    assert desk(settings.host, clock) == {"state": "watching"}
    box.interlock.revoke()
    box.until(lambda now: now.state is State.IDLE and now.notice is not None)
    clock.advance(2.0)
    status.show(box.now)
    said = desk(settings.host, clock)
    assert said["state"] == "idle"
    assert "withdrawn" in said["notice"]
    assert "p-017" not in str(said)
    clock.advance(31.0)
    assert desk(settings.host, clock) == {}, "a host process that was killed is not idle"
    (folder / "status.json").write_text('{"state": "asleep", "time": 1800000033}')
    assert desk(settings.host, clock) == {}


def test_how_an_update_goes_and_that_it_was_taken_back(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert update(layout) == {}
    for step in Step:
        tell(layout, Standing(step, "1.0.0", "1.1.0", f"It is {step.value}."))
        if step is not Step.NONE:
            said = update(layout)
            assert said == {"version": "1.1.0", "state": step.value, "text": f"It is {step.value}."}
            assert said["state"] in telemetry.UPDATE_STATES
    assert {step.value for step in Step} - {""} == set(telemetry.UPDATE_STATES)


class Hurried:
    """How often telemetry was let go out at once."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def test_a_change_is_told_at_once_and_what_flaps_is_not_told_all_the_time(tmp_path: Path, settings: Settings) -> None:
    clock, layout, hurried, watched = FakeClock(), Layout(tmp_path / "root"), Hurried(), threading.Event()
    with Outbox(tmp_path / "o.db", 1.0) as outbox:
        noticed = Noticed(settings, clock, layout)

        def look() -> None:
            before = hurried.times
            noticed.look(outbox, hurried, watched.is_set())
            if hurried.times > before:
                noticed.tell()

        def changes(count: int) -> int:
            before = hurried.times
            for number in range(count):
                tell(layout, Standing(Step.TRYING, text=f"{hurried.times} {number}"))
                clock.advance(1.0)
                look()
            return hurried.times - before

        look()
        assert hurried.times == 0, "the first report comes by itself"
        noticed.tell()
        assert changes(1) == 1
        assert changes(30) == 3
        watched.set()
        assert changes(10) == 10
        clock.advance(60.0)
        look()
        assert hurried.times == 14, "nothing has changed since"


def test_a_pause_is_in_the_database_within_a_moment(
    tmp_path: Path, folder: Path, settings: Settings, box: Box
) -> None:
    server = Server(tmp_path / "database")
    status = Status(folder, "room-3", SystemClock())
    box.watching()
    status.show(box.now)
    assignments = [f"host.folder={folder}", "device.id=room-3", f'run.sinks=["rtdb:{server.url}?ns=clinic"]']
    delivering = load_settings(None, [*assignments, f"outbox.path={tmp_path}/o.db", "upload.interval_s=600"])
    stopping = threading.Event()
    where, headers = f"{server.url}/telemetry/room-3/desk/state.json", {"Accept": "text/event-stream"}
    with (
        Service(delivering, SystemClock(), drains=False) as service,
        httpx.stream("GET", where, params={"ns": "clinic"}, headers=headers, timeout=WAIT_S) as lines,
    ):
        thread = threading.Thread(target=service.deliver, args=(stopping,))
        thread.start()
        stream = Stream(lines.iter_lines())
        seen = [stream.next()]
        while seen[-1] is not None and seen[-1][1]["data"] != "watching":
            seen.append(stream.next())
        box.interlock.pause()
        Status(folder, "room-3", SystemClock()).show(box.until_state(State.PAUSED))
        event = stream.next()
        told = about(service)
        stopping.set()
        thread.join(WAIT_S)
    assert event is not None
    assert event[1]["data"] == "paused"
    known = {field.path for field in telemetry.FIELDS}
    assert {"disk.size", "desk.state"} <= known
    assert told["disk"]["size"] >= told["disk"]["free"] > 0
    optional = tuple(field for field in telemetry.FIELDS if field.path.split(".")[0] in told)
    check({**told}, optional, "telemetry")
    server.end()
