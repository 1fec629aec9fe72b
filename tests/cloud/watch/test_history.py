"""A day of numbers in a file: what is drawn as sparklines."""

import stat
from pathlib import Path

import pytest

from cloud.watch.history import BUCKET_S, FIELDS, FILE, Bucket, History
from device.contract.errors import StorageError
from tests.cloud.watch.boxes import START_MS, said

START_S = START_MS // 1000 // BUCKET_S * BUCKET_S


def told(second: float, **changes: object) -> dict[str, object]:
    return said(seen_ms=int((START_S + second) * 1000), **changes)


def test_five_minutes_are_their_least_mean_and_most(tmp_path: Path) -> None:
    history = History(tmp_path)
    for second, degrees in ((0, 50.0), (60, 61.0), (299, 60.0), (300, 70.0)):
        history.add("box-1", told(second, host__temperature=degrees))
    history.write()
    assert history.series("box-1", "temperature") == [
        Bucket(START_S, 50.0, 57.0, 61.0),
        Bucket(START_S + 300, 70.0, 70.0, 70.0),
    ]
    assert history.sparks("temperature", START_S + 1) == {"box-1": [(START_S + 300, 70.0)]}


def test_every_number_has_its_place(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add("box-1", told(0, frames__rate=9.5, ms__total=61.0, lag=2.0))
    history.write()
    means = {field: history.series("box-1", field)[0].mean for field in FIELDS}
    assert means == {
        "rate": 9.5,
        "ms": 61.0,
        "cpu": 50.0,
        "memory": 40.0,
        "temperature": 55.0,
        "queue": 3.0,
        "lag": 2.0,
        "disk": 20_000.0,
    }


def test_what_was_not_measured_is_a_gap(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add("box-1", told(0, host__temperature=None))
    history.add("box-1", told(900))
    history.write()
    assert [bucket.at_s for bucket in history.series("box-1", "temperature")] == [START_S + 900]


def test_a_restart_goes_on_with_the_bucket_that_was_begun(tmp_path: Path) -> None:
    for second, degrees in ((0, 50.0), (120, 60.0)):
        history = History(tmp_path)
        history.add("box-1", told(second, host__temperature=degrees))
        history.write()
        history.close()
    assert History.reading(tmp_path).series("box-1", "temperature") == [Bucket(START_S, 50.0, 55.0, 60.0)]


def test_a_page_reads_what_another_process_writes(tmp_path: Path) -> None:
    history, page = History(tmp_path), History.reading(tmp_path)
    history.add("box-1", told(0))
    assert page.sparks("cpu") == {}
    history.write()
    assert page.sparks("cpu") == {"box-1": [(START_S, 50.0)]}


def test_a_day_is_kept_and_no_more(tmp_path: Path) -> None:
    history = History(tmp_path, kept_s=3600)
    for minute in range(0, 181, 5):
        history.add("box-1", told(minute * 60))
    history.add("box-2", told(0))
    history.write()
    assert [bucket.at_s for bucket in history.series("box-1", "cpu")] == list(
        range(START_S + 7200, START_S + 10_801, 300)
    )
    assert history.series("box-2", "cpu") == []


def test_only_its_owner_reads_the_file_and_no_text_of_a_box_is_in_it(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add("box-1", told(0, session="s-secret", trouble="secret", desk__trouble="secret", version="secret"))
    history.write()
    history.close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert b"secret" not in (tmp_path / FILE).read_bytes()


@pytest.mark.parametrize("damage", [b"no database at all" * 500, b"SQLite format 3\0" + b"\xff" * 8000], ids=len)
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    sentences: list[str] = []
    history = History(tmp_path, tell=sentences.append)
    history.add("box-1", told(0))
    history.write()
    assert len(history.series("box-1", "cpu")) == 1
    (aside,) = tmp_path.glob(f"{FILE}.damaged-*")
    assert aside.read_bytes() == damage
    assert aside.name in sentences[0]


def test_a_page_never_sets_aside_what_a_watch_writes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 500)
    with pytest.raises(StorageError, match="cannot be opened"):
        History.reading(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_a_full_disk_does_not_take_is_written_later(tmp_path: Path) -> None:
    history = History(tmp_path)
    with history._file() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    history._file._db.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(200):
        history.add(f"box-{number}", told(0))
    with pytest.raises(StorageError, match="full"):
        history.write()
    history._file._db.execute("PRAGMA max_page_count = 100000")
    history.add("box-1", told(60, host__cpu=70.0))
    history.write()
    assert len(history.sparks("cpu")) == 200
    assert history.series("box-1", "cpu")[0].mean == 60.0


def test_a_field_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        History(tmp_path).series("box-1", "cpu_low FROM buckets; --")
