"""The daemon when something breaks: it stops everything, keeps what it has, and says what happened."""

import itertools
import socket
import threading
from pathlib import Path

import cv2
import pytest

import device.app
import device.worker
from device.app import App
from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.clock import FakeClock, SystemClock
from device.config import load_settings
from device.contract.errors import SourceError, StalledError
from device.contract.record import decode
from device.delivery.outbox import Outbox
from device.delivery.sink import MemorySink
from device.settings import Settings

WAIT_S = 20.0


def settings(*assignments: str, source: str = "fake") -> Settings:
    return load_settings(None, ["device.id=tester", *assignments], {"run": {"source": source}})


@pytest.fixture
def kept() -> MemorySink:
    return MemorySink()


def watch(monkeypatch: pytest.MonkeyPatch, source: FakeSource) -> None:
    monkeypatch.setattr(device.app, "open_source", lambda text, camera: source)


def test_a_pulled_camera_ends_the_run_with_its_error_and_keeps_what_was_seen(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    watch(monkeypatch, FakeSource(lambda _: portrait, count=3, live=True))
    with pytest.raises(SourceError, match="check its cable"):
        App(settings("run.pace=fast"), SystemClock(), more_sinks=[kept]).run()
    assert [decode(line.body)["seq"] for line in kept.lines] == list(range(1, len(kept.lines) + 1))


def test_a_hung_network_is_noticed_and_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    release = threading.Event()
    watch(monkeypatch, FakeSource(lambda _: portrait, count=3))
    monkeypatch.setattr(device.app.Pipeline, "__call__", lambda self, frame: release.wait(WAIT_S))
    monkeypatch.setattr(device.worker, "JOIN_S", 0.05)
    with pytest.raises(StalledError, match="pipeline worker is hung"):
        App(settings("supervision.stall_s=0.3"), SystemClock(), more_sinks=[kept]).run()
    release.set()


def test_the_database_is_told_the_pseudonym_of_whom_it_watches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, portrait: ByteImage
) -> None:
    watch(monkeypatch, FakeSource(lambda _: portrait, count=1))
    sink, outbox = "rtdb:http://127.0.0.1:9?ns=clinic", tmp_path / "outbox.db"
    given = settings(f'run.sinks=["{sink}"]', f'outbox.path="{outbox}"', 'patient.id="p-0042"', "upload.drain_s=0")
    clock = SystemClock()

    App(given, clock).run()

    with Outbox(outbox, 500) as kept:
        waiting = {entry.path: entry.body for entry in kept.lease(100)}
    assert waiting[f"patients/tester/{clock.boot()}"] == b'"p-0042"'


def test_the_clock_may_jump_while_it_runs(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    clock = FakeClock(trusted=False)

    def picture(index: int) -> ByteImage:
        clock.advance(0.04)
        if index == 5:
            clock.set_wall(1.7e9, trusted=True)
        return portrait

    watch(monkeypatch, FakeSource(picture, count=10))
    App(settings(), clock, more_sinks=[kept]).run()
    times = [decode(line.body)["time"] for line in kept.lines]
    assert [time["trusted"] for time in times] == [False] * 5 + [True] * 5
    assert all(later["mono"] > earlier["mono"] for earlier, later in itertools.pairwise(times))


def test_systemd_is_told_of_the_beginning_and_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, portrait: ByteImage
) -> None:
    photo = tmp_path / "portrait.png"
    cv2.imwrite(str(photo), portrait)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(WAIT_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        App(settings(source=str(photo)), SystemClock()).run()
        assert systemd.recv(100) == b"READY=1"
        while (state := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert state == b"STOPPING=1"


def test_what_is_summed_up_does_not_grow_with_the_session(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    watch(monkeypatch, FakeSource(lambda _: portrait, count=1))
    app = App(settings(), SystemClock(), more_sinks=[kept])
    app.run()
    (line,) = kept.lines
    for minute in range(1000):
        record = decode(line.body)
        app.summary.hear(record | {"time": record["time"] | {"mono": 60.0 * minute}})
    assert app.summary.records == 1001
    assert max(len(value) for value in vars(app.summary).values() if hasattr(value, "__len__")) < 50
