"""The camera daemon over a real connection: one process, one task, and no camera longer than somebody is there."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import device.delivery.live
import device.delivery.opening
import device.service.service
from device.arrays import ByteImage
from device.camera.fake import FakeSource
from device.clock import SystemClock
from device.config import load_settings
from device.contract import live
from device.contract.control import ConsentSaid, Do, Doing, Report
from device.contract.errors import DataError, InterlockError, OutboxError, SourceError
from device.contract.pack import unpack
from device.contract.session import REVOKED_LATER, validate
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.tokens import FakeTokens
from device.features.support import Supporter
from device.models import Models
from device.settings import Settings
from tests.cloud.conftest import Stream
from tests.daemons import WAIT_S, InThread, Process, Talk, arrived, end_of, events_of, film, left_in, start
from tests.disk import Disk, why_not
from tests.servers import Server
from tests.support_bundles import support_bundle

CONSENT = ConsentSaid(("expressions", "units"), "guardian", 1_700_000_000.0)
AGREED = ConsentSaid(("expressions", "units", "diagnosis"), "guardian", 1_700_000_000.0)
AWAY = "rtdb:http://127.0.0.1:9?ns=clinic"  # a database that does not answer


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, portrait: ByteImage) -> Path:
    return film(tmp_path_factory.mktemp("film") / "face.mp4", portrait)


def box(folder: Path, *more: str, source: object = "fake", sink: str = AWAY) -> list[str]:
    """The settings of a box, as the command line has them."""
    own = [f"run.source={source}", "run.pace=realtime", "device.id=tester", f'run.sinks=["{sink}"]']
    return [*own, f"outbox.path={folder}/outbox.db", *more]


def settings(*assignments: str) -> Settings:
    return load_settings(None, list(assignments), {})


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch, portrait: ByteImage, models: Models) -> Callable[..., FakeSource]:
    """A camera that gives pictures for as long as it is open; the networks are those that are open already."""
    monkeypatch.setattr(device.service.service, "open_models", lambda settings: nullcontext(models))
    small = np.ascontiguousarray(portrait[:288:1, 60:380:1])

    def see(picture: Callable[[int], ByteImage] = lambda _: small) -> FakeSource:
        source = FakeSource(picture, count=1_000_000, fps=50.0)
        monkeypatch.setattr(device.service.service, "open_source", lambda text, camera: source)
        return source

    return see


def records_in(waiting: dict[str, Any], session: str = "") -> list[dict[str, Any]]:
    packs = [body for path, body in sorted(waiting.items()) if path.startswith("packs/") and session in path]
    return [record for pack in packs for record in unpack(pack)]


def told(event: dict[str, Any]) -> tuple[str, str]:
    return event["event"], event.get("name", event.get("why", ""))


def test_a_session_from_the_hosts_word_to_the_database(tmp_path: Path, clip: Path) -> None:
    with Process(*box(tmp_path, source=clip)) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT, phases=("baseline=0.1",))
        seen = host.watching(3)
        host.say(Do.MARK, name="first-smile")
        host.say(Do.STIMULUS, name="picture-1")
        host.watching(seen.recorded + 2)
        host.say(Do.END)
        closed = host.until(lambda report: not report.camera_open)
        last = host.last()
        code, printed = host.ended()
    assert host.heard[0] == Report(Doing.STARTING)
    assert (seen.camera, seen.width, seen.height) == (str(clip), 320, 240)
    assert seen.glimpse is not None
    assert sum(map(len, seen.glimpse.outline.values())) == 103
    assert closed.state is Doing.CLOSING, "the lamp hears of it before anything is written or sent"
    assert (last.state, last.why, last.text, last.session) == (Doing.ENDED, "stopped", "", seen.session)
    assert (code, printed) == (0, ""), "what is printed stands in the journal"

    waiting = left_in(tmp_path / "outbox.db")
    happened = events_of(waiting, seen.session)
    for event in happened:
        validate(event)
    assert [told(event) for event in happened[:3]] == [("began", ""), ("camera", ""), ("phase", "baseline")]
    assert {("mark", "first-smile"), ("stimulus", "picture-1")} <= {told(event) for event in happened}
    assert told(happened[-1]) == ("ended", "stopped")
    assert happened[0]["consent"]["by"] == "guardian"
    assert len(records_in(waiting)) >= seen.recorded

    server = Server(tmp_path / "database")
    delivery = start("deliver", *box(tmp_path, sink=f"rtdb:{server.url}?ns=clinic"))
    there = arrived(server.url, "clinic", f"packs/tester/{seen.session}")
    delivery.send_signal(signal.SIGTERM)
    assert end_of(delivery) == (0, "")
    assert len([record for pack in there.values() for record in unpack(pack)]) >= seen.recorded
    assert records_in(left_in(tmp_path / "outbox.db")) == []
    server.end()


def test_a_revoked_consent_closes_the_camera_first_then_purges_then_marks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endless: Callable[..., FakeSource]
) -> None:
    """In this order, whatever the machine's speed: how long it takes is measured elsewhere."""
    outbox = tmp_path / "outbox.db"
    source = endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT)
        before = host.watching(3).session
        host.say(Do.PAUSE)
        assert host.last().why == "paused"
    endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-999")
        others = host.watching(3).session
    assert len(records_in(left_in(outbox), before)) >= 3

    order: list[str] = []
    source = endless()
    close, purge, tell = source.close, Outbox.purge, OutboxSink.tell

    def closed() -> None:
        order.append("closed")
        close()

    def purged(self: Outbox, *args: Any) -> int:
        order.append("purged")
        return purge(self, *args)

    def marked(self: OutboxSink, event: dict[str, Any]) -> None:
        order.append(event.get("why", event["event"]))
        tell(self, event)

    source.close = closed  # type: ignore[method-assign]
    monkeypatch.setattr(Outbox, "purge", purged)
    monkeypatch.setattr(OutboxSink, "tell", marked)
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT, continues=before)
        session = host.watching(3).session
        host.say(Do.REVOKE)
        host.say(Do.END)  # changes nothing any more
        assert not host.until(lambda report: not report.camera_open).camera_open
        assert host.last().why == "revoked"
    assert [what for what in order if what not in ("began", "camera")] == ["closed", "purged", "revoked", "revoked"]

    waiting = left_in(outbox)
    assert not [path for path in waiting if "visits" not in path and (session in path or before in path)][2:]
    assert {record["session"] for record in records_in(waiting)} == {others}
    for one, number in ((session, 3), (before, REVOKED_LATER)):
        last = events_of(waiting, one)[-1]
        validate(last)
        assert (last["event"], last["why"], last["number"], last["patient"]) == ("ended", "revoked", number, "p-017")
    assert events_of(waiting, session)[0]["continues"] == before


def test_without_a_host_there_is_no_camera(tmp_path: Path, clip: Path) -> None:
    with Process(*box(tmp_path, source=clip)) as host:
        host.say(Do.WATCH, patient="p-017")
        session = host.watching().session
        host.hang_up()  # as when it is killed
        assert host.ended() == (0, "")
    assert told(events_of(left_in(tmp_path / "outbox.db"), session)[-1]) == ("ended", "stopped")


def test_a_host_that_hangs_is_no_host(tmp_path: Path, endless: Callable[..., FakeSource]) -> None:
    endless()
    with InThread(settings(*box(tmp_path, "pace.rate=3")), room=4096) as host:
        host.say(Do.WATCH, patient="p-017")
        session = host.watching().session
        assert host.ended() is None, "it reads nothing any more, and the session ends by itself"
    assert told(events_of(left_in(tmp_path / "outbox.db"), session)[-1]) == ("ended", "stopped")


def test_the_session_ends_with_the_consent_as_it_was_changed(
    tmp_path: Path, endless: Callable[..., FakeSource]
) -> None:
    endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT)
        host.watching()
        host.say(Do.CONSENT, consent=ConsentSaid(("units",), "patient", 1.0, SystemClock().wall() + 0.5))
        assert host.last().why == "expired"


@pytest.mark.parametrize(("word", "why"), [(Do.PAUSE, "paused"), (Do.LIMIT, "limit"), (Do.END, "stopped")])
def test_the_session_says_why_it_ended(tmp_path: Path, endless: Callable[..., FakeSource], word: Do, why: str) -> None:
    endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH)
        session = host.watching().session
        host.say(word)
        assert host.last().why == why
    assert told(events_of(left_in(tmp_path / "outbox.db"), session)[-1]) == ("ended", why)


def test_what_is_said_before_the_camera_is_open_counts(tmp_path: Path, endless: Callable[..., FakeSource]) -> None:
    source = endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT)
        host.say(Do.REVOKE)
        assert host.last().why == "revoked"
    assert source.read() is not None, "it was never opened, nor closed"
    (session,) = {path.rpartition("/")[2] for path in left_in(tmp_path / "outbox.db") if path.startswith("patients/")}
    assert [told(event)[0] for event in events_of(left_in(tmp_path / "outbox.db"), session)] == ["began", "ended"]


def test_a_narrower_consent_holds_at_once(tmp_path: Path, endless: Callable[..., FakeSource]) -> None:
    endless()
    narrower = ConsentSaid(("expressions",), "patient", 1_700_000_100.0)
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT)
        session = host.watching(2).session
        host.say(Do.CONSENT, consent=narrower)
        host.watching(host.heard[-1].recorded + 20)
        host.say(Do.END)
        host.last()
    waiting = left_in(tmp_path / "outbox.db")
    (changed,) = [event for event in events_of(waiting, session) if event["event"] == "consent"]
    assert changed["consent"] == {"covers": ["expressions"], "by": "patient", "given": 1_700_000_100}
    measured = [record for record in records_in(waiting) if record["status"] == "measured"]
    with_units = ["aus" in record for record in measured]
    assert with_units[0]
    assert not with_units[-1]
    assert with_units == sorted(with_units, reverse=True)
    assert all("emotions" in record for record in measured)


def test_who_watches_sees_what_the_consent_covers_and_nothing_where_it_does_not_cover_that(
    tmp_path: Path, endless: Callable[..., FakeSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    endless()
    monkeypatch.setattr(device.delivery.opening, "open_tokens", lambda *_: FakeTokens())
    monkeypatch.setattr(device.delivery.live, "_EVERY_S", 0.1)
    server, space = Server(tmp_path / "database"), {"ns": "clinic"}
    watch = {"v": 1, "until": int(1000 * time.time()) + 80_000, "by": "cleo"}
    httpx.put(f"{server.url}/control/tester/watch.json", params=space, json=watch).raise_for_status()

    def told(path: str, holds: Callable[[Any], bool]) -> Any:
        headers = {"Accept": "text/event-stream"}
        with httpx.stream("GET", f"{server.url}/{path}.json", params=space, headers=headers, timeout=WAIT_S) as lines:
            stream = Stream(lines.iter_lines())
            while (event := stream.next()) is not None:
                if holds(event[1]["data"]):
                    return event[1]["data"]
        raise AssertionError(f"{path} did not become so")

    with InThread(settings(*box(tmp_path, sink=f"rtdb:{server.url}?ns=clinic"))) as host:
        host.say(Do.WATCH, patient="p-017", consent=CONSENT)
        assert "does not cover a live view" in told("telemetry/tester/live/refused", lambda said: said is not None)
        assert httpx.get(f"{server.url}/live/tester.json", params=space).json() is None
        host.say(Do.CONSENT, consent=ConsentSaid(("units", "live"), "guardian", 1_700_000_000.0))
        frames = live.records(told("live/tester", lambda said: said is not None))
        assert any("aus" in frame for frame in frames)
        assert not any("emotions" in frame for frame in frames)
        host.say(Do.REVOKE)
        told("live/tester", lambda said: said is None)
        assert host.last().why == "revoked"
    server.end()


@pytest.fixture
def study(tmp_path: Path) -> list[str]:
    """The settings of a box with a bundle for diagnosis support."""
    support_bundle(tmp_path / "study")
    folders = f'models.folders=["{tmp_path / "study"}"]'
    return [folders, "models.allow_unsigned=true", "diagnosis.bundle=simulated-1.0.0"]


def test_diagnosis_support_is_told_of_each_part_of_a_session_when_its_camera_is_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endless: Callable[..., FakeSource], study: list[str]
) -> None:
    order: list[str] = []
    say, tell = Supporter.say, OutboxSink.tell

    def saying(self: Supporter, *args: Any) -> Any:
        order.append("open" if source.read() else "closed")
        return say(self, *args)

    def telling(self: OutboxSink, event: dict[str, Any]) -> None:
        order.append(event["event"])
        tell(self, event)

    monkeypatch.setattr(Supporter, "say", saying)
    monkeypatch.setattr(OutboxSink, "tell", telling)
    parts: list[str] = []
    for word, why in ((Do.PAUSE, "paused"), (Do.LIMIT, "limit"), (Do.END, "stopped")):
        source, so_far = endless(), len(order)
        with InThread(settings(*box(tmp_path, *study))) as host:
            host.say(Do.WATCH, patient="p-017", consent=AGREED, continues=parts[-1] if parts else "")
            parts.append(host.watching(3).session)
            host.say(word)
            assert host.last().why == why
        assert order[so_far:] == ["began", "camera", "closed", "support", "ended"]
    waiting = left_in(tmp_path / "outbox.db")
    told = [body for path, body in sorted(waiting.items()) if path.startswith("support/p-017/")]
    assert sorted(event["session"] for event in told) == sorted(parts)
    for event in told:
        validate(event)
        assert "short" in event["support"]["why"]

    endless()
    with InThread(settings(*box(tmp_path, *study))) as host:
        host.say(Do.WATCH, patient="p-017", consent=AGREED, continues=parts[-1])
        host.watching(3)
        host.say(Do.REVOKE)
        assert host.last().why == "revoked"
    assert [path for path in left_in(tmp_path / "outbox.db") if path.startswith("support/")] == []


def test_systemd_hears_that_the_box_is_alive_while_it_is_computed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endless: Callable[..., FakeSource], study: list[str]
) -> None:
    computing, fed, say, notify = threading.Event(), threading.Event(), Supporter.say, device.service.service.notify

    def saying(self: Supporter, *args: Any) -> Any:
        computing.set()
        assert fed.wait(WAIT_S)
        return say(self, *args)

    def notifying(state: str) -> None:
        if state == "WATCHDOG=1" and computing.is_set():
            fed.set()
        notify(state)

    monkeypatch.setattr(Supporter, "say", saying)
    monkeypatch.setattr(device.service.service, "notify", notifying)
    endless()
    with InThread(settings(*box(tmp_path, *study))) as host:
        host.say(Do.WATCH, patient="p-017", consent=AGREED)
        host.watching(3)
        host.say(Do.END)
        assert host.last().why == "stopped"
    assert [report.state for report in host.heard[-3:]] == [Doing.CLOSING, Doing.CLOSING, Doing.ENDED]
    assert any(path.startswith("support/p-017/") for path in left_in(tmp_path / "outbox.db"))


def test_of_a_session_that_failed_it_says_nothing(
    tmp_path: Path, endless: Callable[..., FakeSource], study: list[str], portrait: ByteImage
) -> None:
    def breaks(index: int) -> ByteImage:
        assert index < 10
        return portrait

    endless(breaks)
    with InThread(settings(*box(tmp_path, *study))) as host:
        host.say(Do.WATCH, patient="p-017", consent=AGREED)
        assert host.last().why == "failed"
    waiting = left_in(tmp_path / "outbox.db")
    assert records_in(waiting)
    assert not [path for path in waiting if path.startswith("support/")]


@pytest.mark.parametrize("word", [Do.REVOKE, Do.CONSENT])
def test_of_a_consent_that_no_longer_covers_it_nothing_is_even_computed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endless: Callable[..., FakeSource], study: list[str], word: Do
) -> None:
    computed: list[object] = []
    monkeypatch.setattr(Supporter, "say", lambda *_: computed.append(_))
    endless()
    with InThread(settings(*box(tmp_path, *study))) as host:
        host.say(Do.WATCH, patient="p-017", consent=AGREED)
        seen = host.watching(3)
        host.say(word, **({} if word is Do.REVOKE else {"consent": CONSENT}))
        if word is Do.CONSENT:
            host.watching(seen.recorded + 5)
            host.say(Do.END)
        host.last()
    assert computed == []
    assert not [path for path in left_in(tmp_path / "outbox.db") if path.startswith("support/")]


def test_who_withdraws_while_it_is_computed_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endless: Callable[..., FakeSource], study: list[str]
) -> None:
    asked, say = threading.Event(), Supporter.say

    def saying(self: Supporter, *args: Any) -> Any:
        host.say(Do.REVOKE)
        assert asked.wait(WAIT_S)
        return say(self, *args)

    monkeypatch.setattr(Supporter, "say", saying)
    endless()
    with InThread(settings(*box(tmp_path, *study))) as host:
        host.say(Do.WATCH, patient="p-017", consent=AGREED)
        session = host.watching(3).session
        host.say(Do.END)
        assert host.last().why == "revoked", "it waits for nothing"
        asked.set()
    waiting = left_in(tmp_path / "outbox.db")
    assert records_in(waiting) == []
    assert told(events_of(waiting, session)[-1]) == ("ended", "revoked")
    assert "support" not in {event["event"] for event in events_of(waiting, session)}


def test_setting_up_records_nothing_and_draws_no_picture(tmp_path: Path, clip: Path) -> None:
    with InThread(settings(*box(tmp_path, source=clip))) as host:
        host.say(Do.FRAME)
        seen = host.until(lambda report: report.glimpse is not None)
        host.say(Do.END)
        assert not host.until(lambda report: not report.camera_open).camera_open
        assert host.last().why == "stopped"
        assert host.ended() is None
    assert seen.camera_open
    assert seen.glimpse is not None
    assert seen.glimpse.outline["oval"]
    assert (seen.recorded, seen.session) == (0, "")
    assert not any(tmp_path.iterdir()), "not even an outbox was made"


def test_a_probe_measures_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: Callable[..., FakeSource]
) -> None:
    endless()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.PROBE)
        assert host.watching(5).measured
        assert any((tmp_path / "tmp").iterdir())
        host.say(Do.END)
        assert host.last().why == "stopped"
    assert not any((tmp_path / "tmp").iterdir())
    assert left_in(tmp_path / "outbox.db") == {}


def test_the_examination_comes_line_by_line(tmp_path: Path, clip: Path) -> None:
    with InThread(settings(*box(tmp_path, source=clip))) as host:
        host.say(Do.EXAMINE)
        last = host.last()
    found = {finding["what"]: finding for report in host.heard if report.findings for finding in report.findings}
    assert found["models"]["level"] == "ok"
    assert {"face", "outbox"} <= found.keys()
    assert last.why == "finished"


def revoke(folder: Path, *sessions: str, patient: str = "unnamed") -> Report:
    with InThread(settings(*box(folder))) as host:
        host.say(Do.REVOKE, sessions=sessions, patient=patient)
        return host.last()


def test_a_consent_can_be_withdrawn_after_the_session(tmp_path: Path, endless: Callable[..., FakeSource]) -> None:
    sessions = [""]
    for _ in range(2):
        endless()
        with InThread(settings(*box(tmp_path))) as host:
            host.say(Do.WATCH, patient="p-017", continues=sessions[-1])
            sessions.append(host.watching(2).session)
            host.say(Do.PAUSE)
            host.last()
    assert revoke(tmp_path, sessions[2]).why == "revoked"
    waiting = left_in(tmp_path / "outbox.db")
    assert records_in(waiting) == []
    marks = [events_of(waiting, session)[-1] for session in sessions[1:]]
    assert [(mark["number"], mark["why"], mark["patient"]) for mark in marks] == [
        (REVOKED_LATER, "revoked", "p-017")
    ] * 2

    assert revoke(tmp_path, sessions[1], "9f1c446a-0000000001", patient="p-018").why == "revoked"
    again = left_in(tmp_path / "outbox.db")
    assert [events_of(again, session)[-1] for session in sessions[1:]] == marks, "a mark is set once"
    assert [told(event) for event in events_of(again, "9f1c446a-0000000001")] == [("ended", "revoked")]


def test_a_power_cut_between_purge_and_mark_costs_no_mark(tmp_path: Path) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", 500)) as sink:
        sink.outbox.append([("patients/tester/9f1c446a-0000000001", b'"p-017"')])
        sink.withdraw("tester", ["9f1c446a-0000000001"])
    with OutboxSink(Outbox(tmp_path / "outbox.db", 500)) as sink:
        assert sink.lineage.to_mark() == {"9f1c446a-0000000001": "p-017"}
    assert revoke(tmp_path).why == "revoked"
    (mark,) = events_of(left_in(tmp_path / "outbox.db"), "9f1c446a-0000000001")
    assert (mark["why"], mark["patient"]) == ("revoked", "p-017")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"hello\n", "no order"),
        (b'{"do":"watch","v":9}\n', "different versions"),
        (b'{"do":"end","v":1}\n', "is no task"),
        (b"x" * 100_000, "more than a line may hold"),
        (b'{"do":"watch","v":1,"patient":"Ada Lovelace"}\n', "looks like a name"),
        (b'{"do":"watch","v":1,"phases":["baseline"]}\n', "NAME=SECONDS"),
        (b'{"do":"watch","v":1,"continues":"../.."}\n', "a session that is none"),
        (b'{"do":"revoke","v":1,"sessions":["../.."]}\n', "a session that is none"),
        (b'{"do":"watch","v":1,"consent":{"covers":["all"],"by":"patient","given":1}}\n', "covers any of"),
        (b'{"do":"watch","v":1,"consent":{"covers":[],"by":"patient","given":1}}\n', "covers any of"),
        (b'{"do":"watch","v":1,"consent":{"covers":["units"],"by":"patient","given":1,"until":2}}\n', "has ended"),
    ],
)
def test_what_the_host_says_amiss_is_told_and_no_camera_opens(
    tmp_path: Path, endless: Callable[..., FakeSource], said: bytes, sentence: str
) -> None:
    source = endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.send(said)
        last = host.last()
        assert isinstance(host.ended(), Exception)
    assert (last.state, last.why) == (Doing.ENDED, "failed")
    assert sentence in last.text
    assert source.read() is not None


@pytest.mark.parametrize(
    "said",
    [
        b"mumble\n",
        b'{"do":"watch","v":1}\n',
        b'{"do":"mark","v":1,"name":"Ada Lovelace"}\n',
        b'{"do":"stimulus","v":1}\n',
        b'{"do":"consent","v":1}\n',
    ],
)
def test_what_is_said_amiss_in_a_session_ends_it(
    tmp_path: Path, endless: Callable[..., FakeSource], said: bytes
) -> None:
    """It may have been the word to stop."""
    endless()
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH)
        session = host.watching().session
        host.send(said)
        assert host.last().why == "failed"
        assert isinstance(host.ended(), DataError)
    assert told(events_of(left_in(tmp_path / "outbox.db"), session)[-1]) == ("ended", "failed")


def test_a_camera_that_is_not_there_is_one_sentence_with_its_own_exit_code(tmp_path: Path) -> None:
    """Started as systemd starts it: whoever connects to its socket is who is listened to."""
    with socket.create_server(str(tmp_path / "session.sock"), family=socket.AF_UNIX) as listening:
        process = start("daemon", *box(tmp_path, source=tmp_path / "nothing.mp4"), listening=listening.fileno())
        host = Talk(connected := socket.socket(socket.AF_UNIX))
        connected.connect(str(tmp_path / "session.sock"))
        host.say(Do.WATCH)
        last = host.last()
        code, printed = end_of(process)
        host.hang_up()
    assert (last.why, code) == ("failed", SourceError.exit_code)
    assert last.text in printed
    assert "does not exist" in last.text
    assert "Traceback" not in printed


def test_whom_a_failure_was_about_stands_neither_in_the_journal_nor_on_the_page(
    tmp_path: Path, endless: Callable[..., FakeSource], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p-0042.json").mkdir()
    endless()
    with InThread(settings(*box(tmp_path, f"neutral.folder={tmp_path}"))) as host:
        host.say(Do.WATCH, patient="p-0042")
        last = host.last()
        error = host.ended()
    assert last.why == "failed"
    assert "….json cannot be read" in last.text
    assert str(error) == last.text


def test_a_fault_that_nobody_foresaw_is_told_by_its_place_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endless: Callable[..., FakeSource]
) -> None:
    def breaks(index: int) -> ByteImage:
        raise ZeroDivisionError("AU12 of p-0042")

    endless(breaks)
    with InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH, patient="p-0042")
        last = host.last()
        host.ended()
    assert "ZeroDivisionError, test_daemon.py" in last.text
    assert "AU12" not in last.text


def test_the_outbox_is_waited_for_until_whoever_delivers_lets_go(
    tmp_path: Path, endless: Callable[..., FakeSource]
) -> None:
    endless()
    with Outbox(tmp_path / "outbox.db", 500), InThread(settings(*box(tmp_path))) as host:
        host.say(Do.WATCH)
        assert host.hear() == Report(Doing.STARTING)
        host.say(Do.END)  # nobody lets go: it says so, and does not wait for ever
        last = host.last()
        assert isinstance(host.ended(), OutboxError)
    assert "Another daemon is using the outbox" in last.text


def test_delivery_ends_with_the_host_process_that_started_it(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        delivery = start("deliver", *box(tmp_path, sink="rtdb:http://127.0.0.1:9?ns=c"), descriptor=theirs.fileno())
    with pytest.raises(subprocess.TimeoutExpired):
        delivery.wait(0.2)
    ours.close()  # as when it was killed
    assert end_of(delivery)[0] == 0


def test_delivery_lets_go_of_the_outbox_while_the_database_hangs(tmp_path: Path) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", 500)) as sink:
        sink.outbox.append([("patients/tester/9f1c446a-0000000001", b'"p-017"')])
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        hanging.settimeout(WAIT_S)
        delivery = start("deliver", *box(tmp_path, sink=f"rtdb:http://127.0.0.1:{hanging.getsockname()[1]}?ns=c"))
        with hanging.accept()[0]:
            delivery.send_signal(signal.SIGTERM)
            assert end_of(delivery) == (0, "")
    assert "patients/tester/9f1c446a-0000000001" in left_in(tmp_path / "outbox.db")


def test_a_signal_ends_the_session_as_a_person_does(tmp_path: Path, clip: Path) -> None:
    with Process(*box(tmp_path, source=clip)) as host:
        host.say(Do.WATCH)
        host.watching()
        host.process.send_signal(signal.SIGTERM)
        assert host.last().why == "stopped"
        assert host.ended() == (0, "")


def test_without_a_host_it_says_who_starts_it() -> None:
    code, printed = end_of(start("daemon"))
    assert code == InterlockError.exit_code
    assert "started by the host process" in printed


@pytest.mark.chaos
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_on_a_full_card_it_starts_records_what_fits_and_drains(tmp_path: Path, clip: Path) -> None:
    with Disk(tmp_path / "card") as card:
        with Process(*box(card.folder, source=clip)) as host:  # the outbox is made while there is room
            host.say(Do.WATCH)
            host.watching()
            host.say(Do.END)
            host.last()
        fill(card.folder)
        with Process(*box(card.folder, "recorder.commit_records=1", source=clip)) as host:
            host.say(Do.WATCH, patient="p-017")
            host.until(lambda report: "card is full" in report.trouble)
            (card.folder / "filling").unlink()  # somebody frees it
            host.until(lambda report: "card was full" in report.trouble)
            host.say(Do.END)
            assert host.last().why == "stopped"
            session = host.heard[-1].session
            assert host.ended()[0] == 0
        fill(card.folder)
        server = Server(tmp_path / "database")
        delivery = start("deliver", *box(card.folder, sink=f"rtdb:{server.url}?ns=clinic"))
        there = arrived(server.url, "clinic", f"packs/tester/{session}")
        delivery.send_signal(signal.SIGTERM)
        assert end_of(delivery)[0] == 0
        assert arrived(server.url, "clinic", f"patients/tester/{session}") == "p-017"
        server.end()
    assert [record for pack in there.values() for record in unpack(pack)]


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "filling").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
