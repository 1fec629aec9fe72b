"""The box looks after itself: what waited too long goes, the file shrinks, altered models are told."""

import io
import json
import shutil
from pathlib import Path

import pytest

from device.bundle_folders import bundle_cache
from device.clock import FakeClock
from device.commands.maintain import maintain
from device.config import load_settings
from device.contract.errors import ModelError, OutboxError
from device.delivery.outbox import Outbox
from device.delivery.upkeep import look_after
from device.settings import Settings

DAY_S = 86_400.0
MB = 100.0


def settings(folder: Path, *more: str) -> Settings:
    return load_settings(None, [f"outbox.path={folder / 'outbox.db'}", *more], {})


def records(count: int, first: int = 1, text: str = "x") -> list[tuple[str, bytes]]:
    return [(f"records/box/boot/s{n:09d}", json.dumps({"text": text}).encode()) for n in range(first, first + count)]


def waiting(path: Path) -> list[str]:
    with Outbox(path, MB) as outbox:
        return sorted(entry.path for entry in outbox.lease(10_000, now=1e12))


def test_what_waited_too_long_goes_and_the_rest_stays(tmp_path: Path) -> None:
    path, clock = tmp_path / "outbox.db", FakeClock()
    note = ("telemetry/box", b"{}")
    for day in range(0, 12, 2):
        with Outbox(path, MB) as outbox:
            outbox.append([*records(5, first=1 + 5 * day), note])
        assert look_after(path, 7, clock).dropped == (5 if day >= 8 else 0)
        clock.advance(2 * DAY_S)
    left = [name for name, _ in [*records(5, 21), *records(5, 31), *records(5, 41), *records(5, 51)]]
    assert waiting(path) == sorted([*left, "telemetry/box"])
    with Outbox(path, MB) as outbox:
        assert outbox.counts().dropped_by["record"] == 10


def test_a_clock_that_nobody_has_set_drops_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "outbox.db", FakeClock()
    with Outbox(path, MB) as outbox:
        outbox.append(records(5))
    look_after(path, 7, clock)
    clock.set_wall(clock.wall() + 1000 * DAY_S, trusted=False)
    assert look_after(path, 7, clock).dropped == 0
    clock.set_wall(0.0, trusted=True)  # it was ahead when the outbox was looked after
    assert look_after(path, 7, clock).dropped == 0
    assert len(waiting(path)) == 5


def test_room_that_is_no_longer_used_goes_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path, MB) as outbox:
        outbox.append(records(1000, text="x" * 10_000))
        outbox.done(outbox.lease(990))
    large = path.stat().st_size
    done = look_after(path, 90, FakeClock())
    assert large - path.stat().st_size == done.freed > 5_000_000
    assert len(waiting(path)) == 10
    assert look_after(path, 90, FakeClock()).freed == 0


def test_a_daemon_that_is_at_work_is_left_in_peace_and_the_models_are_checked_all_the_same(tmp_path: Path) -> None:
    out = io.StringIO()
    with (
        Outbox(tmp_path / "outbox.db", MB) as outbox,
        pytest.raises(OutboxError, match="Another daemon is using the outbox"),
    ):
        outbox.append(records(1))
        maintain(settings(tmp_path), FakeClock(), out)
    assert out.getvalue() == "Models: 4 are as they were signed.\n"


def test_an_altered_model_is_told(tmp_path: Path) -> None:
    cache = shutil.copytree(bundle_cache(), tmp_path / "cache", ignore=shutil.ignore_patterns("downloads"))
    network = cache / "face-mesh-1.0.0" / "model.tflite"
    data = bytearray(network.read_bytes())
    data[len(data) // 2] ^= 1
    network.write_bytes(data)
    out = io.StringIO()
    with pytest.raises(ModelError, match=r"face-mesh-1\.0\.0"):
        maintain(settings(tmp_path, f"models.cache={cache}"), FakeClock(), out)
    assert "Models" not in out.getvalue()
