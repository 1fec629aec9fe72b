"""Every sink keeps the same promises: what was written is there, in order, byte for byte."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.contract.errors import AffectboxError, SinkError
from device.contract.fields import encode
from device.delivery.jsonl import JsonlSink
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Line, MemorySink
from device.metrics import HostMeter
from device.recorder import Recorder, Waiting
from device.settings import RecorderSettings

BODIES = [
    b'{"boot":"b","device":"box","seq":1,"note":"Z\xc3\xbcrich"}',
    b'{"boot":"b","device":"box","seq":2,"text":"a \\n b"}',
    b'{"boot":"b","device":"box","seq":3}',
    b'{"boot":"b","device":"box","seq":4,"long":"' + b"x" * 70_000 + b'"}',
]
EVENT = {"v": 1, "device": "box", "boot": "b", "session": "s", "number": 1, "event": "began", "patient": "p-1"}
LINES = [Line(f"records/box/{i:02}", body) for i, body in enumerate(BODIES)]


def kept_in(outbox):
    """The bodies in an outbox, oldest first; they stay in it."""
    entries = outbox.lease(100, now=0.0)
    outbox.retry(entries, due=0.0)
    return [entry.body for entry in entries]


@dataclass
class Memory:
    sink: MemorySink

    def bodies(self):
        return [line.body for line in self.sink.lines]


class Jsonl:
    def __init__(self, folder):
        self._path = folder / "records.jsonl"
        self.sink = JsonlSink(self._path)

    def bodies(self):
        return self._path.read_bytes().splitlines()


class Durable:
    def __init__(self, folder):
        self._path = folder / "new" / "outbox.db"
        self.sink = OutboxSink(Outbox(self._path, max_mb=10))

    def bodies(self):
        """From the file, as the next start finds it."""
        self.sink.close()
        with Outbox(self._path, max_mb=10) as outbox:
            return kept_in(outbox)


@pytest.fixture(params=["memory", "jsonl", "outbox"])
def kept(request, tmp_path):
    """A sink, and what can be read back from it."""
    opened = {
        "memory": lambda: Memory(MemorySink()),
        "jsonl": lambda: Jsonl(tmp_path),
        "outbox": lambda: Durable(tmp_path),
    }
    case = opened[request.param]()
    yield case
    case.sink.close()


def test_what_was_written_is_read_back_in_order_byte_for_byte(kept):
    kept.sink.write(LINES[:1])
    kept.sink.write(LINES[1:])
    assert kept.bodies() == BODIES


def test_an_event_is_kept_as_it_was_told(kept):
    kept.sink.write(LINES[:1])
    kept.sink.tell(EVENT)
    if isinstance(kept, Memory):
        assert kept.sink.events == [EVENT]
    else:
        assert kept.bodies() == [BODIES[0], *([b'"p-1"'] if isinstance(kept, Durable) else []), encode(EVENT)]


def test_an_empty_group_writes_nothing(kept):
    kept.sink.write(LINES[:1])
    kept.sink.write([])
    assert kept.bodies() == BODIES[:1]


def test_close_may_be_called_twice_and_loses_nothing(kept):
    kept.sink.write(LINES)
    kept.sink.close()
    kept.sink.close()
    assert kept.bodies() == BODIES


def test_a_with_block_closes(kept):
    with kept.sink as sink:
        sink.write(LINES)
    assert kept.bodies() == BODIES


@pytest.mark.parametrize("open_sink", [Jsonl, Durable])
def test_a_closed_file_says_that_it_is_closed(tmp_path, open_sink):
    sink = open_sink(tmp_path).sink
    sink.close()
    with pytest.raises(AffectboxError):
        sink.write(LINES)


@pytest.mark.parametrize("open_sink", [Jsonl, Durable])
def test_the_next_start_appends(tmp_path, open_sink):
    for line in LINES[:2]:
        with open_sink(tmp_path).sink as sink:
            sink.write([line])
    assert open_sink(tmp_path).bodies() == BODIES[:2]


def test_the_outbox_keeps_a_path_once(tmp_path):
    durable = Durable(tmp_path)
    durable.sink.write([LINES[0], LINES[1]])
    durable.sink.write([Line(LINES[0].path, b"something else"), LINES[2]])
    assert durable.bodies() == BODIES[:3]


def test_a_line_that_a_crash_cut_short_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_bytes(BODIES[0] + b"\n" + BODIES[1][:9])
    with JsonlSink(path) as sink:
        sink.write([LINES[2]])
    assert path.read_bytes() == BODIES[0] + b"\n" + BODIES[1][:9] + b"\n" + BODIES[2] + b"\n"


@pytest.mark.parametrize(
    "left",
    [BODIES[1][:9], BODIES[1][:1], BODIES[3][:69_000], b"\0" * 9, b"\xef\xbb\xbf" + BODIES[0] + b"\n", b"\n", b""],
)
def test_what_a_power_cut_leaves_of_a_first_record_is_appended_to(tmp_path, left):
    path = tmp_path / "records.jsonl"
    path.write_bytes(left)
    for line in LINES[2:]:
        with JsonlSink(path) as sink:
            sink.write([line])
    assert path.read_bytes().startswith(left)
    assert path.read_bytes().splitlines()[-2:] == BODIES[2:]


@pytest.mark.parametrize(
    "other",
    [
        b"Notes on p-017\n",
        b'{"name":"x"}\n',
        b"[]",
        b"\x89PNG\r\n\x1a\n",
        b"\0\0\0 ftypisom",
        b'"boot device"',
        b"[" * 9999,
        BODIES[0].decode().encode("utf-16"),
    ],
)
def test_a_file_of_something_else_stays_as_it_is(tmp_path, other):
    path = tmp_path / "notes.txt"
    path.write_bytes(other)
    with pytest.raises(SinkError, match="holds something else than records"):
        JsonlSink(path)
    assert path.read_bytes() == other


def test_a_folder_that_does_not_exist_is_not_made(tmp_path):
    with pytest.raises(SinkError, match="its folder does not exist"):
        JsonlSink(tmp_path / "no" / "records.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_whole_file_gets_no_empty_line(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_bytes(BODIES[0] + b"\n")
    with JsonlSink(path) as sink:
        sink.write([LINES[1]])
    assert path.read_bytes() == BODIES[0] + b"\n" + BODIES[1] + b"\n"


def test_each_group_is_on_its_way_when_write_returns(tmp_path):
    path = tmp_path / "records.jsonl"
    with JsonlSink(path) as sink:
        sink.write(LINES[:2])
        assert path.read_bytes().splitlines() == BODIES[:2]


def test_records_are_for_the_owner_alone(tmp_path):
    path = tmp_path / "records.jsonl"
    with JsonlSink(path) as sink:
        sink.write(LINES)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="cannot be written"):
        JsonlSink(tmp_path / "file" / "records.jsonl")


def test_each_group_is_on_the_disk_when_write_returns(tmp_path, monkeypatch):
    path = tmp_path / "records.jsonl"
    synced, sync = [], os.fdatasync
    with JsonlSink(path) as sink:
        monkeypatch.setattr(os, "fdatasync", lambda file: (sync(file), synced.append(path.read_bytes())))
        sink.write(LINES[:2])
        sink.write(LINES[2:])
    assert [data.splitlines() for data in synced] == [BODIES[:2], BODIES], "one sync a group, after all of it"


def test_a_file_that_somebody_writes_is_left_to_them(tmp_path):
    path = tmp_path / "records.jsonl"
    with JsonlSink(path) as sink:
        with pytest.raises(SinkError, match="being written by another"):
            JsonlSink(path)
        sink.write(LINES[:1])
    assert path.read_bytes() == BODIES[0] + b"\n"
    JsonlSink(path).close()


def test_a_full_disk_takes_nothing_back_but_what_it_did_not_take_whole(tmp_path, monkeypatch, capsys):
    path, write = tmp_path / "records.jsonl", os.write

    def half(file, data):
        if file == sink._file:
            if room[0] <= 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            room[0] -= 10
            return write(file, data[:10])
        return write(file, data)

    with JsonlSink(path) as sink:
        sink.write(LINES[:1])
        room = [15]
        monkeypatch.setattr(os, "write", half)
        for _ in range(3):
            sink.write(LINES[1:3])
        assert path.read_bytes() == BODIES[0] + b"\n", "half a record is none"
        monkeypatch.undo()
        sink.write(LINES[2:3])
        assert path.read_bytes() == BODIES[0] + b"\n" + BODIES[2] + b"\n"
        assert sink.loss.records == 6
    said = capsys.readouterr().err.splitlines()
    assert [("No space left" in line, "6 records could not be kept" in line) for line in said] == [
        (True, False),
        (False, True),
    ]


def test_a_sync_that_fails_is_a_loss_that_is_counted(tmp_path, monkeypatch, capsys):
    def fails(file):
        raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "records.jsonl"
    with JsonlSink(path) as sink:
        monkeypatch.setattr(os, "fdatasync", fails)
        sink.write(LINES[:2])
    assert path.read_bytes() == b""
    assert "did not take 2 records" in capsys.readouterr().err


def test_what_is_no_file_can_be_written_and_is_not_locked():
    with JsonlSink(Path("/dev/null")) as one, JsonlSink(Path("/dev/null")) as two:
        one.write(LINES)
        two.write(LINES)
        assert one.loss.records == two.loss.records == 0


def test_a_full_disk_stops_neither_the_recording_nor_the_other_sinks(capsys):
    with JsonlSink(Path("/dev/full")) as full, MemorySink() as other:
        recorder = Recorder({}, {}, [full, other], FakeClock(), RecorderSettings(), HostMeter(FakeClock()))
        recorder._group = [Waiting({}, line, None, 0.0) for line in LINES]
        recorder.commit()
    assert other.lines == LINES
    assert "/dev/full did not take 4 records" in capsys.readouterr().err
