"""The steward: books what was sent, obeys the budget, and reports what was lost and what it costs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.contract.address import parse_url
from device.contract.fields import Json, check, encode
from device.contract.telemetry import FIELDS
from device.delivery.budget import OVERHEAD_BYTES, Budget
from device.delivery.condenser import Condenser
from device.delivery.database import Database, Traffic
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Line
from device.delivery.standing import Teller, read_standing, standing_file
from device.delivery.steward import NOTE, Steward
from device.delivery.uploader import Uploader
from device.settings import BudgetSettings, UploadSettings


class Box:
    """Everything around a steward, without a network."""

    def __init__(self, folder: Path, monthly_mb: float = 1.0) -> None:
        self.clock = FakeClock(wall=datetime(2026, 6, 30, tzinfo=UTC).timestamp())
        self.outbox = Outbox(folder / "outbox.db", 1.0)
        self.condenser = Condenser("records")
        self.sink = OutboxSink(self.outbox, self.condenser)
        settings = BudgetSettings(monthly_mb=monthly_mb)
        budget = Budget(settings, self.clock, "records", self.outbox.note(NOTE))
        self.traffic = Traffic()
        database = Database(parse_url("http://127.0.0.1:9"), 1.0)
        uploader = Uploader(self.outbox, database, UploadSettings(), self.clock)
        self.steward = Steward(
            {"device": "box", "boot": "b"},
            self.sink,
            self.condenser,
            budget,
            self.clock,
            self.traffic,
            uploader,
            60.0,
            lambda: ABOUT,
        )

    def reported(self) -> Json:
        """The telemetry that waits, taken out."""
        (entry,) = [entry for entry in self.outbox.lease(99) if entry.path == "telemetry/box"]
        self.outbox.done([entry])
        return dict(json.loads(entry.body))

    def paths(self) -> list[str]:
        """Where what is to be sent would go; it is taken out."""
        entries = self.outbox.lease(99)
        self.outbox.done(entries)
        return sorted(entry.path for entry in entries)


ABOUT: Json = {
    "version": "1.0.0",
    "state": "session",
    "session": "b",
    "frames": {"recorded": 10, "measured": 9, "skipped": 0, "spared": 15, "rate": 10.0},
    "pace": {"rate": 7.5, "why": ["heat", "throttled"], "sparing": True},
    "host": {"cpu": 40.0, "rss": 130.0, "memory": 20.0},
}
RECORD: Json = {
    "v": 1,
    "device": "box",
    "boot": "b",
    "seq": 1,
    "status": "gated",
    "reasons": ["no_face"],
    "time": {"mono": 1.0, "wall": 1e9, "trusted": True},
    "frame": {"index": 0},
}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    with box.sink:
        yield box


def send(box: Box, body_bytes: int) -> None:
    box.traffic.requests += 1
    box.traffic.body_bytes += body_bytes


def test_telemetry_is_what_its_contract_says(box: Box) -> None:
    box.outbox.append([("minutes/box/b/n000001", b"12345"), ("records/box/b/s1", b"{}")])
    send(box, 1000)
    box.steward.tick()
    told = box.reported()
    assert told.pop("seen") == {".sv": "timestamp"}, "for the database to fill in"
    check(told | {"seen": 1}, FIELDS, "telemetry")
    assert told["waiting"] == {"minute": 1, "second": 0, "record": 1, "bytes": 7}
    assert told["month"] | {"dollars": 0} == {
        "bytes": 1070 + OVERHEAD_BYTES,
        "writes": 1,
        "projected": 1070 + OVERHEAD_BYTES,
        "dollars": 0,
        "prices": told["month"]["prices"],
    }


def test_it_reports_at_once_and_then_once_in_a_while(box: Box) -> None:
    reports = []
    for _ in range(121):
        box.steward.tick()
        reports += [entry for entry in box.outbox.lease(9) if entry.path == "telemetry/box"]
        box.outbox.done(reports)
        box.clock.advance(1.0)
    assert len(reports) == 3


def test_too_much_use_falls_back_to_seconds_and_frames_wait_for_the_new_month(box: Box) -> None:
    box.outbox.append([("records/box/b/s1", b"{}"), ("seconds/box/b/t1", b"{}")])
    send(box, 2_000_000)
    box.steward.tick()
    assert box.condenser.mode == "seconds"
    assert box.paths() == ["seconds/box/b/t1", "telemetry/box"]
    box.clock.advance(86_400)
    box.steward.tick()
    assert box.condenser.mode == "records"
    assert box.paths() == ["records/box/b/s1", "telemetry/box"]


def test_the_budget_is_remembered_over_a_restart(tmp_path: Path) -> None:
    box = Box(tmp_path)
    with box.sink:
        send(box, 2_000_000)
        box.steward.tick()
    box = Box(tmp_path)
    with box.sink:
        assert box.condenser.mode == "seconds"


def test_losses_are_reported(box: Box) -> None:
    small = "x" * 1000
    box.outbox.append((f"records/box/b/s{n}", small.encode()) for n in range(1500))
    box.steward.tick()
    told = box.reported()
    assert told["dropped"]["record"] >= 500
    assert told["waiting"]["bytes"] <= 1_000_000


def test_ending_keeps_the_last_minute(box: Box) -> None:
    box.sink.write([Line("records/box/b/s000000001", encode(RECORD))])
    box.steward.finish()
    assert box.paths() == ["minutes/box/b/n000000", "records/box/b/s000000001"]


def test_how_delivery_stands_is_told_once_a_minute_and_at_once_when_something_is_in_the_way(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.steward.tick()
    first = read_standing()
    assert first is not None
    assert (first.waiting, first.trouble, first.sent) == (0, "", 0.0)
    box.clock.advance(30)
    box.steward.tick()
    assert read_standing() == first
    box.clock.advance(31)
    box.steward.tick()
    assert read_standing() == replace(first, wall=first.wall + 61)
    teller = Teller(box.clock)
    teller.tell("", 0)
    assert not teller.is_due("", 0)
    assert not teller.is_due("", 5), "what was sent is told with the next minute"
    assert teller.is_due("no answer", 5)
    teller.tell("no answer:\x1b[31m", 7)
    told = read_standing()
    assert told is not None
    assert (told.waiting, told.trouble, told.sent) == (7, "no answer: [31m", box.clock.wall())
    assert standing_file().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"wall": "x"}', "[" * 4000])
def test_a_standing_that_is_none_is_none(content: str) -> None:
    standing_file().parent.mkdir(parents=True)
    standing_file().write_text(content)
    assert read_standing() is None
