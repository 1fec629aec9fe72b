"""What the outbox does when its file is corrupt or its disk is full, on real files and real full disks."""

import ctypes
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from device.contract.errors import OutboxError
from device.delivery.outbox import Outbox
from device.delivery.outbox_sink import OutboxSink
from device.delivery.sink import Line

MB = 1.0
LINES = [Line(f"records/box/boot/s{n:09d}", random.Random(n).randbytes(300).hex().encode()) for n in range(400)]
PAGE = 4096


def append(outbox: Outbox, lines: list[Line]) -> None:
    outbox.append((line.path, line.body) for line in lines)


def emptied(outbox: Outbox) -> list[Line]:
    """Everything that can be sent, acknowledged batch by batch."""
    found: list[Line] = []
    while entries := outbox.lease(50):
        found += [Line(entry.path, entry.body) for entry in entries]
        outbox.done(entries)
    return found


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An outbox as a power cut leaves it: the first half in the file, the second half in the log."""
    folder, left = tmp_path_factory.mktemp("running"), tmp_path_factory.mktemp("cut")
    with Outbox(folder / "outbox.db", MB) as outbox:
        append(outbox, LINES[:200])
        outbox._store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        append(outbox, LINES[200:399])
        for name in ("outbox.db", "outbox.db-wal"):
            shutil.copy(folder / name, left / name)
    return left


@pytest.fixture
def damaged(cut: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return shutil.copytree(cut, tmp_path / "state") / "outbox.db"


def open_and_use(path: Path) -> tuple[list[Line], int]:
    """What an outbox still gives, after one more record was appended, and how many files it set aside."""
    with Outbox(path, MB) as outbox:
        append(outbox, LINES[399:])
        found = emptied(outbox)
        assert len({line.path for line in found}) == len(found), "doubled"
        assert set(found) <= set(LINES), "a record was altered"
        assert LINES[399] in found, "what came after the damage is lost"
        append(outbox, LINES[:1])
        assert emptied(outbox) == LINES[:1], "it does not work as before"
        return found, outbox.counts().damaged


def test_a_power_cut_alone_loses_nothing(damaged: Path) -> None:
    found, aside = open_and_use(damaged)
    assert (set(found), aside) == (set(LINES), 0)


@pytest.mark.parametrize("at", [0, 16, 100, 1000, *range(PAGE, 45 * PAGE, 3 * PAGE)])
def test_garbage_in_the_file_is_never_sent_and_stops_nothing(damaged: Path, at: int) -> None:
    with damaged.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(200))
    found, aside = open_and_use(damaged)
    if aside:
        (kept,) = damaged.parent.glob("*.damaged-1")
        assert kept.stat().st_size >= 40 * PAGE
    else:
        assert len(found) > 300, "one bad spot costs one page"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.99])
def test_a_truncated_file_is_set_aside_or_read_as_far_as_it_goes(damaged: Path, share: float) -> None:
    os.truncate(damaged, int(damaged.stat().st_size * share))
    open_and_use(damaged)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.999])
def test_a_truncated_log_costs_its_end_and_nothing_else(damaged: Path, share: float) -> None:
    log = damaged.with_name("outbox.db-wal")
    os.truncate(log, int(log.stat().st_size * share))
    found, aside = open_and_use(damaged)
    assert aside == 0
    assert set(LINES[:200]) <= set(found)


def test_a_file_that_goes_bad_while_it_is_used_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path, MB) as outbox:
        append(outbox, LINES[:200])
        stale = outbox.lease(3)
        outbox._store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        outbox._store._db.execute("PRAGMA cache_size = 1")  # type: ignore[union-attr]
        path.write_bytes(b"\xff" * path.stat().st_size)
        append(outbox, LINES[200:203])
        outbox.done(stale)  # of the old file: its numbers mean other documents now
        assert emptied(outbox) == LINES[200:203]
        assert outbox.counts().damaged == 1


def test_a_file_of_another_format_is_set_aside_not_misread(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE documents (something INTEGER)")
    db.close()
    with Outbox(path, MB) as outbox:
        assert outbox.counts().damaged == 1


def test_every_damaged_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    for number in range(1, 4):
        path.write_bytes(b"no database" * 1000)
        with Outbox(path, MB) as outbox:
            assert outbox.counts().damaged == number


class Disk(Protocol):
    path: Path

    def fill(self, outbox: Outbox) -> None:
        """Take all the room there is."""

    def free(self, outbox: Outbox) -> None:
        """Give it back."""


class Tmpfs:
    """A file system of its own that is really full."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "outbox.db"
        self._filler = folder / "filler"

    def fill(self, outbox: Outbox) -> None:
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(PAGE))
            except OSError:
                pass

    def free(self, outbox: Outbox) -> None:
        self._filler.unlink()


class PageCount:
    """SQLite's own 'database or disk is full'."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "outbox.db"

    def fill(self, outbox: Outbox) -> None:
        outbox._store._db.execute("PRAGMA max_page_count = 1")  # type: ignore[union-attr]  # rounds up to what is used

    def free(self, outbox: Outbox) -> None:
        outbox._store._db.execute("PRAGMA max_page_count = 1000000")  # type: ignore[union-attr]


@pytest.fixture(params=["tmpfs", "page count"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "page count":
        yield PageCount(tmp_path)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", str(tmp_path).encode(), b"tmpfs", 0, b"size=3m"):
        pytest.skip(f"a file system cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield Tmpfs(tmp_path)
    finally:
        libc.umount2(str(tmp_path).encode(), 2)


def test_recording_goes_on_over_a_full_disk_and_recovers(disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    outbox = Outbox(disk.path, MB)
    with OutboxSink(outbox) as sink:
        sink.write(LINES[:10])
        disk.fill(outbox)
        for line in LINES[10:390]:
            sink.write([line])
        lost = sink.unkept
        assert 0 < lost <= 380
        disk.free(outbox)
        sink.write(LINES[390:])
        assert sink.unkept == lost
        found = emptied(outbox)
    assert len(found) == len(set(found)) == 400 - lost
    assert set(LINES[:10] + LINES[390:]) <= set(found) <= set(LINES)
    said = capsys.readouterr().err.splitlines()
    assert [("no room" in line, "room again" in line) for line in said] == [(True, False), (False, True)]


def test_sending_goes_on_over_a_full_disk_and_nothing_is_sent_twice(disk: Disk) -> None:
    with Outbox(disk.path, MB) as outbox:
        append(outbox, LINES[:300])
        disk.fill(outbox)
        with pytest.raises(OutboxError, match="no room"):
            append(outbox, LINES[300:])
            append(outbox, [Line(f"records/box/boot/more{n}", b"x" * PAGE) for n in range(400)])
        before = outbox.counts().pending
        assert len(emptied(outbox)) == before >= 300
        assert outbox.counts().pending == 0
        disk.free(outbox)
        append(outbox, LINES[:20])
        assert emptied(outbox) == LINES[:20]


def test_packing_that_finds_no_room_does_not_stop_what_needs_none(disk: Disk) -> None:
    def bulky(bodies: object) -> tuple[str, bytes]:
        return "packs/box/boot/s1", bytes(4_000_000)

    with Outbox(disk.path, 10.0, bulky) as outbox:
        append(outbox, [*LINES[:2], Line("minutes/box/boot/n000001", b"{}")])
        disk.fill(outbox)
        assert [entry.path for entry in outbox.lease(9)] == ["minutes/box/boot/n000001"]
        assert outbox.counts().waiting["record"] == 2
