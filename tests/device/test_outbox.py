"""The outbox: its states, what outlives a restart, its limits, and its errors."""

import itertools
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from device.contract.errors import OutboxError
from device.delivery.kinds import Kind
from device.delivery.outbox import Outbox

MB = 1.0
WAIT_S = 10.0


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
        assert [len(outbox.lease(9)) for _ in range(2)] == [1, 0]
    assert path.with_name("outbox.db.damaged-1.read").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutboxError, match=r"outbox\.path"):
        Outbox(tmp_path / "file" / "outbox.db", MB)


def documents(root: str, *numbers: int, size: int = 20) -> list[tuple[str, bytes]]:
    letter = {"records": "s", "seconds": "t", "minutes": "n"}[root]
    return [(f"{root}/box/boot/{letter}{n:09d}", f"{n:0{size}d}".encode()) for n in numbers]


def taken(outbox: Outbox, limit: int) -> list[str]:
    """Lease and acknowledge: what a batch held, as `root number`."""
    entries = outbox.lease(limit)
    outbox.done(entries)
    return [f"{entry.path.partition('/')[0]} {int(entry.path[-9:])}" for entry in entries]


def test_live_goes_before_history_and_history_newest_minutes_first(path: Path) -> None:
    with Outbox(path, MB, history=2) as outbox:
        outbox.append(documents("records", 1, 2, 3) + documents("minutes", 1, 2, 3) + documents("seconds", 1))
        outbox.retry(outbox.lease(1))  # sending fails: all of this is history now
        outbox.append(documents("records", 8, 9))
        assert taken(outbox, 9) == ["minutes 2", "minutes 3", "records 8", "records 9"]
        outbox.append(documents("records", 10))
        assert taken(outbox, 9) == ["minutes 1", "seconds 1", "records 10"]
        assert taken(outbox, 9) == ["records 2", "records 3"]
        assert taken(outbox, 9) == ["records 1"]
        assert taken(outbox, 9) == []


def test_history_never_takes_the_place_of_what_is_live(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(items(*range(100)))
    with Outbox(path, MB) as outbox:  # what an earlier run left is history
        outbox.append(items(*range(100, 105)))
        assert [int(entry.path[-9:]) for entry in outbox.lease(5)] == [100, 101, 102, 103, 104]


def test_among_the_live_minutes_go_before_seconds_before_records(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(documents("records", 1) + documents("seconds", 1) + documents("minutes", 1))
        assert [taken(outbox, 1) for _ in range(3)] == [["minutes 1"], ["seconds 1"], ["records 1"]]


def test_kinds_that_are_held_wait(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.append(documents("records", 1) + documents("seconds", 1))
        outbox.hold([Kind.RECORD, Kind.PACKED_RECORDS])
        assert taken(outbox, 9) == ["seconds 1"]
        outbox.hold([])
        assert taken(outbox, 9) == ["records 1"]


def test_a_note_is_replaced_and_an_old_acknowledgement_does_not_remove_the_new_one(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        outbox.replace("telemetry/box", b"1")
        old = outbox.lease(9)
        outbox.replace("telemetry/box", b"2")
        outbox.done(old)
        assert [(entry.path, entry.body) for entry in outbox.lease(9)] == [("telemetry/box", b"2")]


def joined(bodies: Sequence[bytes]) -> tuple[str, bytes]:
    return f"packs/box/boot/s{int(bodies[0]):09d}", b"+".join(bodies)


def test_records_leased_together_become_one_document_once_and_for_all(path: Path) -> None:
    with Outbox(path, MB, joined) as outbox:
        outbox.append(items(1, 2, 3, size=1))
        (first,) = outbox.lease(9)
        assert (first.path, first.body, first.records) == ("packs/box/boot/s000000001", b"1+2+3", 3)
        outbox.append(items(4, size=1))
    with Outbox(path, MB, joined) as outbox:  # killed before the answer came: the same document, not another one
        assert outbox.counts().waiting["record"] == 4
        bodies = [entry.body for _ in range(3) for entry in outbox.lease(1)]
        assert bodies == [b"1+2+3", b"4"]


def test_recording_does_not_wait_for_packing(path: Path) -> None:
    def pack(bodies: Sequence[bytes]) -> tuple[str, bytes]:
        recording = threading.Thread(target=outbox.append, args=(items(9, size=1),))
        recording.start()
        recording.join(WAIT_S)
        assert not recording.is_alive()
        return joined(bodies)

    with Outbox(path, MB, pack) as outbox:
        outbox.append(items(1, 2, size=1))
        assert [entry.body for entry in outbox.lease(9)] == [b"1+2"]
        assert outbox.counts().pending == 1


def test_records_of_two_boots_are_packed_apart(path: Path) -> None:
    with Outbox(path, MB, joined) as outbox:
        outbox.append([("records/box/one/s1", b"1"), ("records/box/one/s2", b"2"), ("records/box/two/s1", b"3")])
        assert [entry.body for entry in outbox.lease(9)] == [b"1+2", b"3"]


def test_what_cannot_be_packed_goes_as_it_is(path: Path) -> None:
    with Outbox(path, MB, lambda bodies: None) as outbox:
        outbox.append(items(1, 2))
        assert [(entry.path, entry.body) for entry in outbox.lease(9)] == items(1, 2)


def test_records_thin_out_before_seconds_go_and_minutes_stay(path: Path) -> None:
    with Outbox(path, max_mb=0.02) as outbox:
        outbox.append(documents("minutes", *range(5), size=100))
        outbox.append(documents("seconds", *range(50), size=100))
        for start in range(0, 3000, 10):
            outbox.append(items(*range(start, start + 10), size=100))
            assert outbox.counts().bytes <= 20_000
        counts = outbox.counts()
        assert (counts.waiting["minute"], counts.waiting["second"]) == (5, 50)
        assert counts.dropped_by == {"minute": 0, "second": 0, "record": 3000 - counts.waiting["record"]}
        kept = [int(entry.path[-9:]) for entry in outbox.lease(9999) if entry.path.startswith("records")]
        gaps = [after - before for before, after in itertools.pairwise(kept)]
        assert gaps == sorted(gaps, reverse=True), "the oldest are the sparsest"
        assert gaps[0] <= 64 and gaps[-1] == 1


def test_without_records_seconds_go_before_minutes_the_oldest_first(path: Path) -> None:
    with Outbox(path, max_mb=0.001) as outbox:
        outbox.append(documents("minutes", *range(4), size=100) + documents("seconds", *range(10), size=100))
        assert outbox.counts().waiting["second"] == 6
        outbox.append(documents("minutes", *range(4, 14), size=100))
        counts = outbox.counts()
        assert (counts.waiting["second"], counts.waiting["minute"]) == (0, 10)
        assert counts.dropped_by == {"minute": 4, "second": 10, "record": 0}
        assert [int(entry.path[-9:]) for entry in outbox.lease(99)] == list(range(4, 14))


def test_refused_documents_go_before_aggregates(path: Path) -> None:
    with Outbox(path, max_mb=0.001) as outbox:
        outbox.append(documents("minutes", *range(9), size=100))
        outbox.bury(outbox.lease(4), "400")
        outbox.append(documents("minutes", *range(9, 13), size=100))
        assert (outbox.counts().dead, outbox.counts().pending) == (1, 9)


def test_after_an_emptied_outbox_thinning_begins_gently_again(path: Path) -> None:
    with Outbox(path, max_mb=0.002) as outbox:
        outbox.append(items(*range(500), size=100))
        outbox.done(outbox.lease(9999))
        outbox.append(items(1000, size=100))
        outbox.append(items(*range(1001, 1022), size=100))
        assert [int(entry.path[-9:]) for entry in outbox.lease(9999)] == [1000, 1002, *range(1004, 1022)]


@pytest.mark.parametrize("altered", ["", "{", '{"days": {"2026\x00-06": 1}}', "[" * 100_000])
def test_a_note_that_the_disk_has_altered_is_none(path: Path, altered: str) -> None:
    with Outbox(path, MB) as outbox:
        outbox.keep_note("budget", '{"days": {}}')
        assert outbox.note("budget") == '{"days": {}}'
        outbox._run(lambda db: db.execute("UPDATE notes SET value = ?", (altered,)))
        assert outbox.note("budget") == ""
