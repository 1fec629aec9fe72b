"""A box without a clock battery: when the clock is set, what came before gets its right time."""

import json
from pathlib import Path
from typing import Any

import pytest

from device.clock import Clock, FakeClock, SystemClock
from device.contract.boot import json_schema, key, offset_of, validate, wall_time
from device.contract.fields import Json, encode
from device.delivery.boot_time import BootTime
from device.delivery.outbox import Outbox

WRONG, RIGHT = 1_000_000_000.0, 1_795_000_000.0


def record(clock: Clock) -> Json:
    """The part of a record that is about time."""
    time = {"mono": clock.monotonic(), "wall": clock.wall(), "trusted": clock.trusted()}
    return {"boot": clock.boot(), "time": time}


def told(outbox: Outbox) -> list[Json]:
    """Takes what was said out of the outbox."""
    entries = outbox.lease(10, now=0)
    outbox.done(entries)
    return [json.loads(entry.body) | {"path": entry.path} for entry in entries]


def test_records_from_before_the_clock_was_set_are_corrected(tmp_path: Path) -> None:
    clock = FakeClock(monotonic=20.0, wall=WRONG, trusted=False)
    with Outbox(tmp_path / "outbox.db", 1.0) as outbox:
        boot_time = BootTime("box", outbox, clock)
        boot_time.look()
        before = record(clock)
        assert told(outbox) == []
        clock.advance(100.0)
        clock.set_wall(RIGHT, trusted=True)
        boot_time.look()
        boot_time.look()
        (document,) = told(outbox)
    path = document.pop("path")
    validate(document)
    assert path == key(document) == f"boots/box/{clock.boot()}"
    assert wall_time(before, document["offset"]) == RIGHT - 100.0
    assert wall_time(record(clock), document["offset"]) == RIGHT


@pytest.mark.parametrize("jump_s", [-5e8, -1.0, 1.0, 5e8])
def test_a_jump_of_a_trusted_clock_changes_no_record_and_tells_nothing_new(tmp_path: Path, jump_s: float) -> None:
    clock = FakeClock(monotonic=20.0, wall=RIGHT)
    with Outbox(tmp_path / "outbox.db", 1.0) as outbox:
        boot_time = BootTime("box", outbox, clock)
        boot_time.look()
        clock.set_wall(RIGHT + jump_s, trusted=True)
        boot_time.look()
        (document,) = told(outbox)
    assert wall_time(record(clock), document["offset"]) == RIGHT + jump_s


def test_the_offset_outlives_a_crash_like_a_record(tmp_path: Path) -> None:
    clock = FakeClock(monotonic=20.0, wall=RIGHT)
    outbox = Outbox(tmp_path / "outbox.db", 1.0)
    BootTime("box", outbox, clock).look()
    outbox.close()
    with Outbox(tmp_path / "outbox.db", 1.0) as again:
        assert [document["offset"] for document in told(again)] == [RIGHT - 20.0]


def test_a_start_that_crashed_takes_the_offset_of_another_start_of_the_same_machine() -> None:
    offsets = {"aaaaaaaa-0000000002": 5.0, "bbbbbbbb-0000000001": 7.0}
    assert offset_of("aaaaaaaa-0000000001", offsets) == 5.0
    assert offset_of("bbbbbbbb-0000000001", offsets) == 7.0
    assert offset_of("cccccccc-0000000001", offsets) is None


def test_the_real_clock_gives_an_offset_that_leads_back_to_the_wall_time(tmp_path: Path) -> None:
    class Synchronized(SystemClock):
        def trusted(self) -> bool:
            return True

    clock = Synchronized()
    with Outbox(tmp_path / "outbox.db", 1.0) as outbox:
        BootTime("box", outbox, clock).look()
        (document,) = told(outbox)
    untrusted: dict[str, Any] = {"time": {"mono": clock.monotonic(), "wall": 0.0, "trusted": False}}
    seen = wall_time(untrusted, document["offset"])
    assert seen is not None
    assert abs(seen - clock.wall()) < 5.0
    assert encode(document)


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = Path(__file__).parents[2] / "cloud" / "boot.schema.json"
    assert json.loads(committed.read_text()) == json_schema()
