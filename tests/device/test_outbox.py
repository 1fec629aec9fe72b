"""The outbox: its states, what outlives a restart, its limits, and its errors."""

from pathlib import Path

import pytest

from device.contract.errors import OutboxError
from device.delivery.outbox import Outbox

MB = 1.0


def items(*numbers: int, size: int = 20) -> list[tuple[str, bytes]]:
    return [(f"records/box/boot/s{n:09d}", f"{n:0{size}d}".encode()) for n in numbers]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.db"


def test_records_leave_in_the_order_in_which_they_came(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(3, 1, 2))
        assert [(e.path, e.body) for e in outbox.lease(2, now=0)] == items(3, 1)
        assert [(e.path, e.body) for e in outbox.lease(9, now=0)] == items(2)
        assert outbox.lease(9, now=0) == []


def test_a_record_is_never_here_twice(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(1))
        outbox.append(items(1, 2))
        counts = outbox.counts()
        assert (counts.pending, counts.bytes) == (2, 40)


def test_what_was_inflight_is_pending_after_a_restart(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(1, 2, 3))
        first, _ = outbox.lease(2, now=0)
        outbox.done([first])
        assert (outbox.counts().pending, outbox.counts().inflight) == (1, 1)
    with Outbox(path, MB) as outbox:
        assert (outbox.counts().pending, outbox.counts().inflight) == (2, 0)
        assert [(e.path, e.body) for e in outbox.lease(9, now=0)] == items(2, 3)


def test_a_retried_record_waits_until_it_is_due_but_not_over_a_restart(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(1))
        outbox.retry(outbox.lease(1, now=0), due=100.0)
        assert outbox.lease(1, now=99.9) == []
    with Outbox(path, MB) as outbox:  # the monotonic clock may have begun anew
        assert len(outbox.lease(1, now=0)) == 1


def test_refused_records_are_kept_apart_for_good(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(1, 2))
        outbox.bury(outbox.lease(1, now=0), "400 too odd")
    with Outbox(path, MB) as outbox:
        assert outbox.counts().dead == 1
        assert [(e.path, e.body) for e in outbox.lease(9, now=0)] == items(2)


def test_above_its_limit_the_oldest_become_sparse_and_what_goes_is_counted(path: Path) -> None:
    with Outbox(path, max_mb=0.001) as outbox:
        outbox.append(items(*range(15), size=100))
        counts = outbox.counts()
        assert (counts.pending, counts.dropped, counts.bytes) == (10, 5, 1000)
        kept = [int(entry.path[-9:]) for entry in outbox.lease(20)]
        assert kept == [0, 2, 4, 6, 8, 10, 11, 12, 13, 14]
    with Outbox(path, max_mb=0.001) as outbox:
        assert outbox.counts().dropped == 5


def test_counts_are_known_after_closing(path: Path) -> None:
    outbox = Outbox(path, MB)
    outbox.append(items(1))
    outbox.close()
    outbox.close()
    assert outbox.counts().pending == 1


def test_a_second_daemon_is_kept_off(path: Path) -> None:
    with Outbox(path, MB), pytest.raises(OutboxError, match="Another daemon"):
        Outbox(path, MB)
    Outbox(path, MB).close()


@pytest.mark.parametrize("content", [b"this is no database, and long enough to be looked at as one" * 30, b"x" * 4096])
def test_a_file_that_is_no_database_is_kept_aside_and_counted(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with Outbox(path, MB) as outbox:
        outbox.append(items(1))
        assert outbox.counts().damaged == 1
        assert len(outbox.lease(9)) == 1
    assert path.with_name("outbox.db.damaged-1").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutboxError, match=r"outbox\.path"):
        Outbox(tmp_path / "file" / "outbox.db", MB)


def test_a_full_disk_loses_only_what_was_not_accepted(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(1))
        outbox._store._db.execute("PRAGMA max_page_count = 20")  # SQLite's own 'database or disk is full'
        with pytest.raises(OutboxError, match="free the disk"):
            outbox.append(items(*range(2, 2000)))
        assert outbox.counts().pending == 1
        outbox._store._db.execute("PRAGMA max_page_count = 100000")
        outbox.append(items(2))
        assert [(e.path, e.body) for e in outbox.lease(9, now=0)] == items(1, 2)
