"""The daemon when something breaks: it stops everything, keeps what it has, and says what happened."""

import itertools
import json
import socket
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import pytest

import device.metrics
import device.service.service
import device.service.session
import device.worker
from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.camera.picamera import PiCamera
from device.camera.source import Source
from device.camera.standin import StandIn
from device.camera.standin_script import Script
from device.clock import Clock, FakeClock, SystemClock
from device.config import load_settings
from device.contract.errors import ConfigError, SourceError, StalledError, StorageError
from device.contract.pack import unpack
from device.contract.record import decode
from device.contract.session import Beginning, Consent, validate
from device.delivery.condenser import pack_bodies
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import MemorySink
from device.delivery.store import StoreFullError
from device.delivery.uploader import Uploader
from device.sensors import Sensors
from device.service.beginning import beginning_of
from device.service.log import SessionLog
from device.service.service import Service
from device.settings import CameraSettings, SessionSettings, Settings

WAIT_S = 20.0


def settings(*assignments: str, source: str = "fake") -> Settings:
    return load_settings(None, ["device.id=tester", *assignments], {"run": {"source": source}})


@pytest.fixture
def kept() -> MemorySink:
    return MemorySink()


def hold(settings: Settings, kept: MemorySink, clock: Clock | None = None) -> Service:
    """A service that held one session, as the settings begin it."""
    clock = clock or SystemClock()
    with Service(settings, clock, more_sinks=[kept]) as service:
        service.watch(beginning_of(settings.session, clock))
    return service


def away(folder: Path) -> tuple[str, ...]:
    """Settings of a box whose database does not answer."""
    return 'run.sinks=["rtdb:http://127.0.0.1:9?ns=clinic"]', f'outbox.path="{folder}/outbox.db"', "upload.drain_s=0"


def left_in(folder: Path) -> dict[str, Any]:
    """What waits in the box's outbox, by path."""
    with Outbox(folder / "outbox.db", 500, pack_bodies) as outbox:
        return {entry.path: json.loads(entry.body) for entry in outbox.lease(1000)}


def see(monkeypatch: pytest.MonkeyPatch, source: Source) -> None:
    monkeypatch.setattr(device.service.service, "open_source", lambda text, camera: source)


def test_a_pulled_camera_ends_the_run_with_its_error_and_keeps_what_was_seen(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    see(monkeypatch, FakeSource(lambda _: portrait, count=3, live=True))
    with pytest.raises(SourceError, match="check its cable"):
        hold(settings("run.pace=fast"), kept)
    assert [decode(line.body)["seq"] for line in kept.lines][:2] == [1, 2], "the third may have waited in the mailbox"


def test_a_session_that_is_ended_lets_go_even_of_a_camera_that_is_frozen(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    patient = CameraSettings(silence_s=600.0)
    stand_in = StandIn(Script(lambda _: portrait, freeze_after=3))
    see(monkeypatch, PiCamera("0", patient, stand_in))

    def end(service: Service) -> None:
        if service.summary.records:
            service.stop()

    with Service(settings(), SystemClock(), end, [kept]) as service:
        service.watch(Beginning())

    assert not stand_in.opened[0].is_open
    assert kept.events[-1]["why"] == "stopped"


def test_a_hung_network_is_noticed_and_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    release = threading.Event()
    see(monkeypatch, FakeSource(lambda _: portrait, count=3))
    monkeypatch.setattr(device.service.session.Pipeline, "__call__", lambda self, frame: release.wait(WAIT_S))
    monkeypatch.setattr(device.worker, "JOIN_S", 0.05)
    with pytest.raises(StalledError, match="pipeline worker is hung"):
        hold(settings("supervision.stall_s=0.3"), kept)
    release.set()


def test_the_database_is_told_whom_it_watches_and_what_they_agreed_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, portrait: ByteImage, kept: MemorySink
) -> None:
    see(monkeypatch, FakeSource(lambda _: portrait, count=1))
    consent = ["session.patient=p-0042", 'session.consent=["expressions"]', "session.consent_by=guardian"]

    hold(settings(*away(tmp_path), *consent), kept)

    waiting = left_in(tmp_path)
    (session,) = {path.rpartition("/")[2] for path in waiting if path.startswith("patients/")}
    assert waiting[f"patients/tester/{session}"] == "p-0042"
    events = [waiting[f"visits/p-0042/tester~{session}/e00000{number}"] for number in (1, 2, 3)]
    assert [event["event"] for event in events] == ["began", "camera", "ended"]
    assert events[0]["consent"] | {"given": 0} == {"covers": ["expressions"], "by": "guardian", "given": 0}
    assert events[1]["frame"] == {"width": 512, "height": 512}
    assert events[2]["why"] == "finished"
    for event in events:
        validate(event)
    assert kept.events == events


def test_what_the_consent_does_not_cover_is_not_recorded(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    for covers in ("expressions", "units"):
        see(monkeypatch, FakeSource(lambda _: portrait, count=2))
        hold(settings(f'session.consent=["{covers}"]', "session.consent_by=patient"), kept)
    felt, moved = decode(kept.lines[1].body), decode(kept.lines[3].body)
    assert felt["status"] == moved["status"] == "measured"
    assert ("emotions" in felt, "aus" in felt) == (True, False)
    assert ("emotions" in moved, "aus" in moved) == (False, True)


def test_one_patient_after_another_in_one_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, portrait: ByteImage
) -> None:
    sources = iter([FakeSource(lambda _: portrait, count=number) for number in (2, 3)])
    monkeypatch.setattr(device.service.service, "open_source", lambda text, camera: next(sources))
    with Service(settings(*away(tmp_path)), SystemClock()) as service:
        for person in ("p-1", "p-2"):
            service.watch(Beginning(person))

    waiting = left_in(tmp_path)
    sessions = {body: path.rpartition("/")[2] for path, body in waiting.items() if path.startswith("patients/")}
    assert sorted(sessions) == ["p-1", "p-2"]
    for person, count in (("p-1", 2), ("p-2", 3)):
        (pack,) = [body for path, body in waiting.items() if path.startswith(f"packs/tester/{sessions[person]}/")]
        assert [record["seq"] for record in unpack(pack)] == list(range(1, count + 1))
        assert {record["session"] for record in unpack(pack)} == {sessions[person]}
        assert waiting[f"minutes/tester/{sessions[person]}/n000000"]["frames"] == count


def test_phases_begin_when_they_were_planned(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    see(monkeypatch, FakeSource(lambda _: portrait, count=10))  # 25 a second
    hold(settings('session.phases=["baseline=0.1", "task=0.2"]'), kept)
    phases = [(event.get("name"), event["time"]["mono"]) for event in kept.events if event["event"] == "phase"]
    assert [name for name, _ in phases] == ["baseline", "task", None]
    captured = [decode(line.body)["time"]["mono"] for line in kept.lines]
    assert [captured.index(began) for _, began in phases] == [0, 3, 8]


def test_a_stop_ends_one_session_and_not_the_next(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    with Service(settings(), SystemClock(), more_sinks=[kept]) as service:
        service.stop()
        for _ in range(2):
            see(monkeypatch, FakeSource(lambda _: portrait, count=2))
            service.watch(Beginning())
    assert [event["why"] for event in kept.events if event["event"] == "ended"] == ["stopped", "finished"]


def test_a_session_ends_with_its_consent(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    clock = FakeClock()

    def picture(index: int) -> ByteImage:
        clock.advance(0.1 if index < 10 else 0.0)
        return portrait

    see(monkeypatch, FakeSource(picture, count=400, live=True))  # two seconds of work, of which one tick is enough
    until = clock.wall() + 0.5
    with Service(settings("run.pace=fast"), clock, more_sinks=[kept]) as service:
        service.watch(Beginning("p-1", Consent(("expressions", "units"), "patient", clock.wall(), until)))
    assert kept.events[-1]["why"] == "expired"


def test_a_session_that_was_cut_off_is_ended_by_the_next_start(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db", 500) as outbox:  # what a power cut leaves behind
        sink = OutboxSink(outbox)
        cut_off = SessionLog(Beginning("p-1"), "tester", FakeClock(), sink.tell)

    with Service(settings(*away(tmp_path)), SystemClock()):
        pass

    last = left_in(tmp_path)[f"visits/p-1/tester~{cut_off.id}/e000002"]
    validate(last)
    assert (last["event"], last["why"]) == ("ended", "interrupted")
    with Service(settings(*away(tmp_path)), SystemClock()):
        pass
    assert not any(path.endswith("e000003") for path in left_in(tmp_path))


def test_whom_it_watches_is_not_lost_on_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, portrait: ByteImage
) -> None:
    append, full = Outbox.append, iter([True] * 3)

    def sometimes(self: Outbox, *args: Any) -> None:
        if next(full, False):
            raise StoreFullError("no room")
        append(self, *args)

    see(monkeypatch, FakeSource(lambda _: portrait, count=40))
    monkeypatch.setattr(Outbox, "append", sometimes)
    with Service(settings(*away(tmp_path), "recorder.commit_records=4"), SystemClock()) as service:
        service.watch(Beginning("p-1"))
        assert service.unkept > 0

    waiting = left_in(tmp_path)
    assert "p-1" in waiting.values()
    began = next(body for path, body in waiting.items() if path.endswith("e000001"))
    assert (began["event"], began["patient"]) == ("began", "p-1")


def test_an_unforeseen_fault_in_delivery_stops_no_recording(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: MemorySink, portrait: ByteImage
) -> None:
    def fails(self: Uploader) -> float:
        raise ZeroDivisionError

    see(monkeypatch, FakeSource(lambda _: portrait, count=5))
    monkeypatch.setattr(Uploader, "step", fails)
    monkeypatch.setattr(Uploader, "drain", lambda self: None)
    service = hold(settings(*away(tmp_path)), kept)
    assert len(kept.lines) == 5
    assert service.uploader is not None
    assert "ZeroDivisionError" in service.uploader.trouble


def test_an_engineer_is_not_told_whom_a_failure_was_about(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: MemorySink, portrait: ByteImage
) -> None:
    faces = tmp_path / "neutrals"
    (faces / "p-0042.json").mkdir(parents=True)
    see(monkeypatch, FakeSource(lambda _: portrait, count=1))
    with pytest.raises(StorageError, match="p-0042"):
        hold(settings(*away(tmp_path), "session.patient=p-0042", f'neutral.folder="{faces}"'), kept)
    assert "….json cannot be read" in left_in(tmp_path)["telemetry/tester"]["trouble"]


def test_a_note_of_an_open_session_that_was_altered_is_passed_over(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db", 500) as outbox:
        outbox.keep_note("session", '{"v": 1}')
    with Service(settings(*away(tmp_path)), SystemClock()) as service:
        assert service.session is None


def test_the_last_that_is_told_of_a_run_is_that_it_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: MemorySink, portrait: ByteImage
) -> None:
    see(monkeypatch, FakeSource(lambda _: portrait, count=3, live=True))
    with pytest.raises(SourceError):
        hold(settings(*away(tmp_path), "run.pace=fast"), kept)
    told = left_in(tmp_path)["telemetry/tester"]
    assert told["state"] == "ended"
    assert "check its cable" in told["trouble"]
    assert kept.events[-1]["why"] == "failed"


def test_a_hot_box_looks_at_fewer_frames_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: MemorySink, portrait: ByteImage
) -> None:
    zone = tmp_path / "machine/sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("82000\n")
    monkeypatch.setattr(device.metrics, "Sensors", lambda: Sensors(tmp_path / "machine"))
    clock, seen = FakeClock(), threading.Semaphore(0)

    def picture(index: int) -> ByteImage:
        seen.acquire(timeout=0.05)  # most were looked at, and need no waiting
        clock.advance(0.101)
        return portrait

    see(monkeypatch, FakeSource(picture, count=60, fps=10))
    box = settings("run.pace=realtime", "pace.cores=64", "recorder.commit_records=1", *away(tmp_path))
    with Service(box, clock, more_sinks=[kept], look=lambda _: seen.release()) as service:
        summary = service.watch(Beginning())

    records = [decode(line.body) for line in kept.lines]
    assert records[0]["pace"] == {"rate": 10}
    assert records[-1]["pace"] == {"rate": 8, "why": ["heat"]}
    assert summary.spared >= 8, "of the forty-odd that came after the first look at the machine"
    assert summary.dropped == sum(record["frame"].get("dropped", 0) for record in records)
    told = left_in(tmp_path)["telemetry/tester"]
    assert told["frames"]["spared"] == summary.spared
    assert told["host"]["temperature"] == 82


def test_the_clock_may_jump_while_it_runs(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    clock = FakeClock(trusted=False)

    def picture(index: int) -> ByteImage:
        clock.advance(0.04)
        if index == 5:
            clock.set_wall(1.7e9, trusted=True)
        return portrait

    see(monkeypatch, FakeSource(picture, count=10))
    hold(settings(), kept, clock)
    times = [decode(line.body)["time"] for line in kept.lines]
    assert [time["trusted"] for time in times] == [False] * 5 + [True] * 5
    assert all(later["mono"] > earlier["mono"] for earlier, later in itertools.pairwise(times))


def test_systemd_is_told_of_the_beginning_and_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: MemorySink, portrait: ByteImage
) -> None:
    photo = tmp_path / "portrait.png"
    cv2.imwrite(str(photo), portrait)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(WAIT_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        hold(settings(source=str(photo)), kept)
        assert systemd.recv(100) == b"READY=1"
        while (state := systemd.recv(100)) == b"WATCHDOG=1" or state.startswith(b"STATUS="):
            pass
        assert state == b"STOPPING=1"


def test_what_is_summed_up_does_not_grow_with_the_session(
    monkeypatch: pytest.MonkeyPatch, kept: MemorySink, portrait: ByteImage
) -> None:
    see(monkeypatch, FakeSource(lambda _: portrait, count=1))
    app = hold(settings(), kept)
    (line,) = kept.lines
    for minute in range(1000):
        record = decode(line.body)
        app.summary.hear(record | {"time": record["time"] | {"mono": 60.0 * minute}})
    assert app.summary.records == 1001
    assert max(len(value) for value in vars(app.summary).values() if hasattr(value, "__len__")) < 50


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"consent_by": "patient"}, "say what with --consent"),
        ({"consent_until": "2030-01-31"}, "say what with --consent"),
        ({"consent": ("units",)}, "--consent-by"),
        ({"consent": ("units",), "consent_by": "patient", "consent_until": "soon"}, "is no day"),
        ({"consent": ("units",), "consent_by": "patient", "consent_until": "9999-12-31"}, "is no day"),
        ({"consent": ("units",), "consent_by": "patient", "consent_until": "2001-01-01"}, "ended on 2001-01-01"),
    ],
)
@pytest.mark.parametrize("trusted", [True, False])
def test_a_consent_that_is_none_is_told(given: dict[str, Any], says: str, trusted: bool) -> None:
    with pytest.raises(ConfigError, match=says):
        beginning_of(SessionSettings(**given), FakeClock(trusted=trusted))


def test_a_consent_holds_to_the_end_of_its_last_day() -> None:
    settings = SessionSettings(consent=("units",), consent_by="guardian", consent_until="2001-09-09")
    consent = beginning_of(settings, FakeClock(wall=datetime(2001, 9, 9, 12).timestamp())).consent
    assert consent == Consent(
        ("units",), "guardian", datetime(2001, 9, 9, 12).timestamp(), datetime(2001, 9, 10).timestamp()
    )
