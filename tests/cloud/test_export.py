"""`affectbox-cloud export`: sessions as files that other programs read, each whole or not at all."""

import itertools
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import pytest

from cloud.cli import main
from cloud.erasing import known
from cloud.export import folder
from cloud.export.folder import Kind
from cloud.reading.table import Table
from cloud.reports import source
from device.contract.atypicality import OF
from device.contract.record import encode
from device.contract.session import REVOKED_LATER
from tests.cloud.exports import BOOT, CONSENT, FIRST, SECOND, THIRD, WALL, event, held, keep, record, written
from tests.cloud.test_reading import anything

Said = Callable[..., str]
MONTH = "device=box-1/month=2026-11"
_numbers = itertools.count()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str | Path, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def data(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out / "data")) for path in (out / "data").rglob("*") if path.is_file())


def content(table: Table) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"time": table.time.tolist()}
    for path in table.paths:
        kind = table.form.fields[path].kind
        if kind == "names":
            numbers, lists = table.lists(path)
            found[path] = [lists[number] if number >= 0 else () for number in numbers]
        else:
            values = table.texts(path) if kind == "string" else np.nan_to_num(table.values(path), nan=-999)
            found[path] = values.tolist()
    return found


def test_a_session_becomes_a_file_of_its_own_that_our_reader_reads_back(said: Said, tmp_path: Path, out: Path) -> None:
    rows = [one | {"session": FIRST, "device": "box-1", "boot": BOOT} for one in anything(3, 60)]
    consent = CONSENT | {"covers": ["expressions", "units", "personal", "atypicality"], "age": "6-12"}
    about = {"bundle": "b-1", "seconds": 3, "supported": True, "population": "children", "ages": ["6-12"], "n": 40}
    events = [
        event(1, "began", FIRST, 0.1, consent=consent),
        *(event(2 + at, "comparison", FIRST, 0.2, comparison=about | {"of": of}) for at, of in enumerate(OF)),
        event(4, "ended", FIRST, 9.0, why="limit"),
    ]
    recording = written(tmp_path / "a.jsonl", *rows, *events)
    printed = said("export", recording, "--out", out)
    assert "Written      1 session: 60 records" in printed
    (path,) = (out / "data").rglob("*.parquet")
    before, after = source.read_file(recording), source.read_file(path)
    assert content(after) == content(before)
    assert np.allclose(after.wall, before.wall, rtol=0, atol=1e-6)
    assert after.sessions == before.sessions
    assert not [*after.faults.sentences()]


def test_every_row_stands_for_itself_in_any_other_program(said: Said, tmp_path: Path, out: Path) -> None:
    said("export", written(tmp_path / "a.jsonl", *held(FIRST)), "--out", out)
    found = duckdb.sql(f"""
        SELECT device, month, patient, session, phase, stimulus,
            round(session_time, 3), round(lasts, 3), wall_time, "aus.AU12", status
        FROM read_parquet('{out}/data/*/*/*.parquet', hive_partitioning = true) ORDER BY seq
    """).fetchall()
    assert len(found) == 20
    first, last = found[0], found[-1]
    assert first[:7] == ("box-1", "2026-11", "p-0042", FIRST, None, None, 0.0)
    assert last[4:8] == ("rest", "photograph", 1.9, 0.1)
    assert last[8].timestamp() == pytest.approx(WALL + 1.0 + 2.0)
    assert last[9:] == (2.5, "measured")


def test_all_sessions_of_all_files_are_written_each_once(said: Said, tmp_path: Path, out: Path) -> None:
    one = written(tmp_path / "a.jsonl", *held(FIRST), *held(SECOND, "p-0043"))
    other = written(tmp_path / "b.jsonl", *held(SECOND, "p-0043"), *held(THIRD, "p-0044"))
    printed = said("export", one, other, "--out", out)
    assert "Written      3 sessions: 60 records" in printed
    assert data(out) == [f"{MONTH}/{name}.parquet" for name in (FIRST, SECOND, THIRD)]
    assert "Written      1 session: 20 records" in said("export", one, "--patient", "p-0043", "--out", tmp_path / "p")
    assert data(tmp_path / "p") == [f"{MONTH}/{SECOND}.parquet"]


@pytest.fixture
def database(server) -> str:
    """Two sessions of one patient and one of another, in packs, whose clock was set only later."""
    url = f"{server.url}/?ns=export-{next(_numbers)}"
    keep(url, *held(FIRST), *held(SECOND, "p-0043"), *held(THIRD))
    return url


def test_of_a_database_all_is_written_or_one_patient_or_one_session(said: Said, database: str, tmp_path: Path) -> None:
    whole, of_one, alone = (tmp_path / name for name in ("whole", "one", "alone"))
    assert "Written      3 sessions: 60 records" in said("export", "--database", database, "--out", whole)
    assert "Written      2 sessions" in said("export", "--database", database, "--patient", "p-0042", "--out", of_one)
    said("export", "--database", database, "--session", f"box-1~{SECOND}", "--out", alone)
    assert data(whole) == [f"{MONTH}/{name}.parquet" for name in (FIRST, SECOND, THIRD)]
    assert data(of_one) == [f"{MONTH}/{name}.parquet" for name in (FIRST, THIRD)]
    assert data(alone) == [f"{MONTH}/{SECOND}.parquet"]
    assert {one.sessions for one in known.written() if alone in one.path.parents} == {frozenset({f"box-1~{SECOND}"})}


def test_files_are_for_their_owners_eyes_and_known_to_erasure(said: Said, tmp_path: Path, out: Path) -> None:
    said("export", written(tmp_path / "a.jsonl", *held(FIRST), *held(SECOND, "p-0043")), "--out", out)
    assert {oct(path.stat().st_mode & 0o777) for path in out.rglob("*") if path.is_file()} == {"0o600"}
    assert {oct(path.stat().st_mode & 0o777) for path in (out, *out.rglob("*")) if path.is_dir()} == {"0o700"}
    noted = {one.path: (one.patients, one.sessions) for one in known.written()}
    data_of = {FIRST: "p-0042", SECOND: "p-0043"}
    for session_id, whom in data_of.items():
        place = out / "data" / MONTH / f"{session_id}.parquet"
        assert noted[place] == (frozenset({whom}), frozenset({f"box-1~{session_id}"}))
    beside = [path for path in out.iterdir() if path.is_file()]
    assert not [path for path in beside if b"p-004" in path.read_bytes() or FIRST.encode() in path.read_bytes()]


def test_a_file_has_no_name_before_it_is_whole(tmp_path: Path, out: Path) -> None:
    """So that nothing is left of it when the program is killed meanwhile."""
    table = source.read_file(written(tmp_path / "a.jsonl", *held(FIRST)))
    with folder.opened(out, Kind("affectbox", "parquet")) as opened:

        def content(_: Table, file: IO[bytes]) -> None:
            file.write(b"half")
            assert data(out) == []

        opened.write(table, content)
        assert data(out) == [f"{MONTH}/{FIRST}.parquet"]


def test_erasing_a_person_finds_what_was_exported(said: Said, database: str, out: Path) -> None:
    said("export", "--database", database, "--out", out)
    said("erase", "p-0042", "--files", "--yes")
    assert data(out) == [f"{MONTH}/{SECOND}.parquet"]


def test_given_again_it_writes_what_is_missing_and_what_was_not_over(said: Said, tmp_path: Path, out: Path) -> None:
    recording = written(tmp_path / "a.jsonl", *held(FIRST), *held(SECOND, why=""))
    said("export", recording, "--out", out)
    assert data(out) == [f"{MONTH}/{FIRST}.parquet", f"{MONTH}/{SECOND}.open.parquet"]
    untouched = (out / "data" / MONTH / f"{FIRST}.parquet").stat().st_mtime_ns
    written(recording, *held(FIRST), *held(SECOND, count=30), *held(THIRD))
    printed = said("export", recording, "--out", out)
    assert "Written      2 sessions: 50 records" in printed
    assert "Replaced     1 session of these stood there before, now written anew" in printed
    assert "Stood there  1 session, left as they are (--again writes them anew)" in printed
    assert data(out) == [f"{MONTH}/{name}.parquet" for name in (FIRST, SECOND, THIRD)]
    assert (out / "data" / MONTH / f"{FIRST}.parquet").stat().st_mtime_ns == untouched
    assert "Replaced     3 sessions" in said("export", recording, "--out", out, "--again")


def test_a_revoked_session_is_never_written_and_goes_where_it_stood(said: Said, database: str, out: Path) -> None:
    said("export", "--database", database, "--out", out)
    keep(database, event(REVOKED_LATER, "ended", FIRST, 9.0, why="revoked"))
    printed = said("export", "--database", database, "--out", out)
    assert "whose consent was revoked: box-1~" + FIRST in printed
    assert "the files that stood here were taken away" in printed
    assert data(out) == [f"{MONTH}/{name}.parquet" for name in (SECOND, THIRD)]
    told = said("export", "--database", database, "--session", FIRST, "--out", out.with_name("b"), code=21)
    assert "Nothing was written: 1 session whose consent was revoked" in told
    assert not out.with_name("b").exists()


def test_nothing_is_left_behind_where_there_is_nothing(said: Said, database: str, tmp_path: Path, out: Path) -> None:
    empty = written(tmp_path / "empty.jsonl", *(one for one in held(FIRST) if "event" in one))
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text("a letter\n")
    nobody = said("export", "--database", database, "--patient", "p-9999", "--out", out, code=21)
    assert f"{database} of p-9999 holds no session" in nobody
    assert "1 session with no record" in said("export", empty, "--out", out, code=21)
    assert "holds no session (1 line is no JSON" in said("export", foreign, "--out", out, code=21)
    newer = written(tmp_path / "newer.jsonl", record(1, FIRST, v=2))
    assert "no record (the box may have" in (told := said("export", newer, "--out", out, code=21))
    assert "1 × record of version 2, which this program does not know" in told
    assert "check the path" in said("export", tmp_path / "none.jsonl", "--out", out, code=21)
    assert "is no session of" in said("export", "--database", database, "--session", "zz", "--out", out, code=21)
    assert "several sessions" in said("export", "--database", database, "--session", "0123", "--out", out, code=21)
    assert not out.exists()


def test_it_is_not_mixed_up_with_what_is_there(said: Said, tmp_path: Path, out: Path) -> None:
    recording = written(tmp_path / "a.jsonl", *held(FIRST))
    assert "holds other things than an export" in said("export", recording, "--out", tmp_path, code=11)
    assert "is a file" in said("export", recording, "--out", recording, code=11)
    said("export", recording, "--out", out)
    assert "an export of another kind (affectbox, parquet)" in said(
        "export", recording, "--out", out, "--format", "csv", code=11
    )
    assert "not both" in said("export", recording, "--database", "http://127.0.0.1:1", "--out", out, code=11)
    with folder.opened(out, Kind("affectbox", "parquet")):
        assert "Another export is writing" in said("export", recording, "--out", out, "--again", code=19)


def test_sessions_that_are_cut_or_strange_are_written_as_far_as_they_go(said: Said, tmp_path: Path, out: Path) -> None:
    recording = tmp_path / "a.jsonl"
    lost = {"boot": "ffff0000-0000000001"}
    never = [one | lost | {"time": one["time"] | {"wall": 5.0, "trusted": False}} for one in held(FIRST)]
    whole = b"\n".join(map(encode, [*never, record(1, THIRD, v=2), *held(SECOND)]))
    recording.write_bytes(whole + b"\n" + encode(record(21, SECOND))[:70])
    printed = said("export", recording, "--out", out)
    assert data(out) == [f"{MONTH}/{SECOND}.parquet", f"device=box-1/month=unknown/{FIRST}.parquet"]
    assert "1 line is cut off" in printed
    assert "1 × record of version 2, which this program does not know: install a newer one" in printed
    assert (
        f"1 session with no record (the box may have sent only seconds or minutes, or nothing yet): box-1~{THIRD}"
        in printed
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of a few kilobytes needs root")
def test_a_full_disk_leaves_nothing_half_written_and_the_rest_is_done_later(
    said: Said, database: str, out: Path
) -> None:
    out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=108k", "tmpfs", out], check=True)
    try:
        told = said("export", "--database", database, "--out", out, code=19)
        assert "cannot be written (No space left on device): make room" in told
        assert f"1 of 3 sessions stands whole in {out}; the same command goes on with the rest." in told
        assert data(out) == [f"{MONTH}/{FIRST}.parquet"]
        assert not [path for path in out.rglob("*") if ".part" in path.name]
        subprocess.run(["mount", "-o", "remount,size=9m", out], check=True)
        printed = said("export", "--database", database, "--out", out)
        assert "Written      2 sessions" in printed
        assert len(data(out)) == 3
    finally:
        subprocess.run(["umount", out], check=True)
