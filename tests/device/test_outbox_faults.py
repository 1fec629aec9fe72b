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


def open_and_use(path: Path) -> tuple[set[Line], int]:
    """What an outbox still gives, after one more record was appended, and how many damaged files lie beside it.

    A batch that was sent when the damage was met is sent again: its acknowledgement was lost with the file.
    """
    with Outbox(path, MB) as outbox:
        append(outbox, LINES[399:])
        found = emptied(outbox)
        assert len(found) - len(set(found)) <= 50, "doubled"
        assert set(found) <= set(LINES), "a record was altered"
        assert LINES[399] in found, "what came after the damage is lost"
        append(outbox, LINES[:1])
        assert emptied(outbox) == LINES[:1], "it does not work as before"
        return set(found), outbox.counts().damaged


def test_a_power_cut_alone_loses_nothing(damaged: Path) -> None:
    found, aside = open_and_use(damaged)
    assert (found, aside) == (set(LINES), 0)


@pytest.mark.parametrize("at", [0, 16, 100, 1000, *range(PAGE, 45 * PAGE, 3 * PAGE)])
@pytest.mark.parametrize("what", ["garbage", "a sector of zeros"])
def test_a_bad_spot_costs_what_is_on_it(damaged: Path, at: int, what: str) -> None:
    with damaged.open("r+b") as file:
        file.seek(at // 512 * 512 if what == "a sector of zeros" else at)
        file.write(bytes(512) if what == "a sector of zeros" else random.Random(at).randbytes(200))
    found, _ = open_and_use(damaged)
    if at >= PAGE:  # the first page says what the others are, but the log has it too
        assert len(found) >= 400 - 9, "a page holds no more than nine of these records"
    kept = list(damaged.parent.glob("*.damaged-1*"))
    assert all(file.stat().st_size >= 40 * PAGE for file in kept), "nothing that may still be of use was thrown away"


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
    yield request.getfixturevalue("tmpfs")


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


def test_what_cannot_be_packed_for_want_of_room_goes_as_it_is(disk: Disk) -> None:
    def bulky(bodies: object) -> tuple[str, bytes]:
        return "packs/box/boot/s000000000", bytes(4_000_000)

    with Outbox(disk.path, 10.0, bulky) as outbox:
        append(outbox, [*LINES[:2], Line("minutes/box/boot/n000001", b"{}")])
        disk.fill(outbox)
        sent = outbox.lease(9)
        assert {Line(entry.path, entry.body) for entry in sent} == {
            *LINES[:2],
            Line("minutes/box/boot/n000001", b"{}"),
        }
        outbox.done(sent)
        assert outbox.lease(9) == []


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Tmpfs]:
    folder = tmp_path / "small"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", str(folder).encode(), b"tmpfs", 0, b"size=3m"):
        pytest.skip(f"a file system cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield Tmpfs(folder)
    finally:
        libc.umount2(str(folder).encode(), 2)


@pytest.mark.parametrize("ending", ["a clean end", "a power cut"])
@pytest.mark.parametrize("reserve", [True, False])
def test_a_box_starts_on_a_full_disk_and_drains(tmpfs: Tmpfs, ending: str, reserve: bool) -> None:
    outbox = Outbox(tmpfs.path, MB)
    append(outbox, LINES[:300])
    if ending == "a clean end":
        outbox.close()
    else:
        left = {name: (tmpfs.path.parent / name).read_bytes() for name in ("outbox.db", "outbox.db-wal")}
        outbox.close()
        for name, content in left.items():
            (tmpfs.path.parent / name).write_bytes(content)
    if not reserve:
        (tmpfs.path.parent / "outbox.db.reserve").unlink()
    tmpfs.fill(outbox)
    with Outbox(tmpfs.path, MB) as outbox:
        assert set(emptied(outbox)) == set(LINES[:300])
        if reserve:
            append(outbox, LINES[300:])
            assert set(emptied(outbox)) == set(LINES[300:]), "there is room inside it again"
    tmpfs.free(outbox)
    with Outbox(tmpfs.path, MB) as outbox:
        if reserve:
            assert emptied(outbox) == [], "what was sent was written down"
        append(outbox, LINES[:1])
        assert LINES[0] in emptied(outbox)
    assert (tmpfs.path.parent / "outbox.db.reserve").stat().st_size > 0, "and the reserve is there again"


def test_a_sound_file_is_opened_without_writing_to_it(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path, MB) as outbox:
        append(outbox, LINES[:10])
    before = path.read_bytes()
    outbox = Outbox(path, MB)
    assert (path.read_bytes(), path.with_name("outbox.db-wal").stat().st_size) == (before, 0)
    outbox.close()


def test_a_sector_that_the_disk_cannot_read_is_damage_not_want_of_room(tmp_path: Path) -> None:
    class BadSectorError(sqlite3.OperationalError):
        sqlite_errorcode = sqlite3.SQLITE_IOERR_READ

    with Outbox(tmp_path / "outbox.db", MB) as outbox:
        append(outbox, LINES[:10])

        def work(db: sqlite3.Connection) -> None:
            if outbox._store.generation == 0:
                raise BadSectorError("disk I/O error")

        outbox._run(work)
        append(outbox, LINES[10:20])
        assert set(emptied(outbox)) == set(LINES[:20])


def test_no_bad_sector_of_a_file_stops_the_box_or_costs_more_than_its_page(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path, MB) as outbox:
        append(outbox, [Line("patients/box/boot", b'"p-017"'), *LINES[:30]])
        outbox.keep_note("budget", "{}")
    sound = path.read_bytes()
    for sector in range(len(sound) // 512):
        for file in tmp_path.iterdir():
            file.unlink()
        garbage = random.Random(sector).randbytes(512)
        path.write_bytes(sound[: sector * 512] + garbage + sound[(sector + 1) * 512 :])
        for start in range(2):
            with Outbox(path, MB) as outbox:
                outbox.keep_note("budget", outbox.note("budget"))
                append(outbox, [Line(f"records/box/later/s{start:09d}", b"{}")])
                found = emptied(outbox)
                assert Line(f"records/box/later/s{start:09d}", b"{}") in found, f"sector {sector}, start {start}"
                assert start or len({*LINES[:30]} & {*found}) >= 21, f"sector {sector} cost more than its page"
                outbox.counts()


def test_what_was_lost_and_saved_is_said_and_kept(damaged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged.with_name("outbox.db-wal").unlink()
    with damaged.open("r+b") as file:
        file.seek(20 * PAGE)
        file.write(bytes(512))
    with Outbox(damaged, MB) as outbox:
        append(outbox, LINES[399:])
        found = len(set(emptied(outbox)))
        counts = outbox.counts()
    assert 0 < counts.lost <= 9
    assert found == 201 - counts.lost
    said = capsys.readouterr().err
    assert "is damaged; what can be read of it will be taken over" in said
    assert f"{counts.saved} records" in said and f"{counts.lost} are lost" in said
    with Outbox(damaged, MB) as outbox:
        assert (outbox.counts().saved, outbox.counts().lost) == (counts.saved, counts.lost)
        assert emptied(outbox) == []
    assert capsys.readouterr().err == "", "said once"


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_what_is_kept_is_for_the_owner_alone(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "new" / "state" / "outbox.db"
    before = os.umask(umask)
    try:
        with Outbox(path, MB) as outbox:
            append(outbox, LINES[:10])
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) >= {"outbox.db", "outbox.db-wal"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_earlier_versions_let_everybody_read_is_made_private(damaged: Path) -> None:
    aside = damaged.with_name("outbox.db.damaged-1.read")
    aside.touch()
    for file in damaged.parent.iterdir():
        file.chmod(0o644)
    with Outbox(damaged, MB):
        assert {file.stat().st_mode & 0o777 for file in damaged.parent.iterdir()} == {0o600}
