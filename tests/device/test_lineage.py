"""What the outbox remembers of sessions that go on from others, and of those whose consent was revoked."""

import json
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.contract.fields import encode
from device.contract.session import Beginning
from device.delivery.condenser import Condenser
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Line
from device.service.log import SessionLog

HERS, NEXT, LAST, HIS = (f"fa4eb007-000000000{number}" for number in range(1, 5))
SECRET = b"SECRET-of-hers"
MB = 5.0


def of(session: str, text: bytes, first: int = 1) -> list[tuple[str, bytes]]:
    body = json.dumps({"text": text.decode() * 40}).encode()
    return [
        *((f"records/box/{session}/s{n:09d}", body) for n in range(first, first + 60)),
        (f"packs/box/{session}/s{first:09d}", body),
        (f"packs/box/{session}/t{first:09d}", body),
        (f"seconds/box/{session}/t{first:09d}", body),
        (f"minutes/box/{session}/n{first:06d}", body),
    ]


def begin(sink: OutboxSink, session: str, continues: str = "", patient: str = "p-017") -> None:
    log = SessionLog(Beginning(patient, continues=continues), "box", FakeClock(int(session[9:], 16) / 1000), sink.tell)
    assert log.id == session


def waiting(outbox: Outbox) -> list[str]:
    return [entry.path for entry in outbox.lease(10_000)]


def test_no_byte_of_what_was_measured_stays_and_every_event_does(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db", MB) as outbox:
        outbox._store._db.execute("PRAGMA secure_delete=OFF")  # type: ignore[union-attr]  # some builds have it always on
        for first in range(1, 600, 100):  # in turns, so that pages hold both
            outbox.append([*of(HERS, SECRET, first), *of(HIS, b"of-somebody-else", first)])
        outbox.append([(f"visits/p-017/box~{HERS}/e000001", b"{}"), (f"patients/box/{HERS}", b'"p-017"')])
        outbox.append([(f"support/p-017/box~{HERS}/e000002", SECRET)])  # what diagnosis support said is no mere event
        own = {
            "event": "personal",
            "patient": "p-017",
            "personal": {"bundle": SECRET.decode()},
        }  # nor what this came to
        outbox.append([(f"visits/p-017/box~{HERS}/e000003", encode(own))])
        held = outbox.lease(70)
        outbox.bury([entry for entry in held if HERS in entry.path][:5], "refused")
        assert outbox.purge([f"box/{HERS}"]) == 6 * 64
        outbox.retry(held)  # what the uploader still held of hers
        left = waiting(outbox)
        assert [path for path in left if HERS in path] == [f"visits/p-017/box~{HERS}/e000001", f"patients/box/{HERS}"]
        assert len(left) == 2 + 6 * 64
        assert outbox.counts().dead == 0
        for file in tmp_path.iterdir():
            assert SECRET not in file.read_bytes()


def test_what_is_in_memory_goes_too(tmp_path: Path) -> None:
    """The aggregate of the minute in progress is of hers."""
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB), Condenser("minutes")) as sink:
        record = {
            "seq": 1,
            "boot": HERS,
            "device": "box",
            "session": HERS,
            "time": {"mono": 1, "wall": 1, "trusted": True},
        }
        body = json.dumps(
            record | {"v": 1, "status": "gated", "faces": 0, "frame": {"index": 0}, "reasons": ["no_face"]}
        )
        sink.write([Line(f"records/box/{HERS}/s000000001", body.encode())])
        sink.withdraw("box", [HERS])
        sink.end()
        assert waiting(sink.outbox) == []


def test_a_session_takes_all_that_it_goes_on_from_with_it(tmp_path: Path) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB)) as sink:
        begin(sink, HERS)
        begin(sink, NEXT, continues=HERS)
        begin(sink, HIS, patient="p-018")
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB)) as sink:  # after another start
        begin(sink, LAST, continues=NEXT)
        sink.outbox.done(sink.outbox.lease(1000))  # and after everything was sent
        sink.withdraw("box", [LAST])
        assert sink.lineage.to_mark() == dict.fromkeys((LAST, NEXT, HERS), "p-017")
        sink.lineage.marked()
        sink.withdraw("box", [NEXT])
        assert sink.lineage.to_mark() == {}, "they are marked already"


def test_a_circle_of_sessions_ends(tmp_path: Path) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB)) as sink:
        sink.outbox.keep_note("continues", json.dumps({HERS: NEXT, NEXT: HERS}))
        sink.withdraw("box", [HERS])
        assert sink.lineage.to_mark().keys() == {HERS, NEXT}


@pytest.mark.parametrize("altered", ["", "{", "[1]", '"text"'])
def test_an_altered_note_is_none(tmp_path: Path, altered: str) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB)) as sink:
        sink.outbox.append([], {"continues": altered, "revoking": altered, "revoked": altered})
        begin(sink, LAST, continues=NEXT)
        sink.withdraw("box", [LAST])
        assert sink.lineage.to_mark() == {LAST: "p-017", NEXT: "unnamed"}


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB)) as sink:
        sink.outbox.keep_note("continues", json.dumps({f"old-{n}": f"old-{n - 1}" for n in range(1000)}))
        begin(sink, LAST, continues=NEXT)
        kept = json.loads(sink.outbox.note("continues"))
    assert len(kept) == 300
    assert kept[LAST] == NEXT


def test_whoever_is_forgotten_is_not_remembered_as_revoked(tmp_path: Path) -> None:
    with OutboxSink(Outbox(tmp_path / "outbox.db", MB)) as sink:
        begin(sink, HERS)
        sink.withdraw("box", [HERS])
        sink.outbox.erase("p-017", [f"box/{HERS}"], [f"box/{HERS}"])
        assert sink.lineage.to_mark() == {}
    assert b"p-017" not in (tmp_path / "outbox.db").read_bytes()
