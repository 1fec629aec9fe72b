"""`affectbox-cloud export`: sessions as files that other programs read, each whole or not at all."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import numpy as np
import pytest

from cloud.cli import main
from cloud.erasing import known
from cloud.reading.table import Table
from cloud.reports import source
from device.contract import session
from device.contract.fields import Json
from device.contract.pack import key as pack_key
from device.contract.pack import pack
from device.contract.record import encode
from tests.cloud.test_reading import anything

BOOT = "0123abcd-0000000001"
FIRST, SECOND, THIRD = "0123abcd-00000003e8", "0123abcd-0000001388", "0123abcd-0000002710"
WALL = 1_795_000_000.0  # in November 2026
CONSENT = {"covers": ["expressions", "units"], "by": "patient", "given": 1.6e9}
Said = Callable[..., str]
_numbers = itertools.count()


def record(seq: int, session_id: str = FIRST, **changes: Any) -> Json:
    """A measured record at 10 a second."""
    start = int(session_id[9:], 16) / 1000
    time = {"mono": start + seq / 10, "wall": WALL + start + seq / 10, "trusted": True}
    own = {"v": 1, "device": "box-1", "boot": BOOT, "session": session_id, "seq": seq, "status": "measured"}
    return own | {"time": time, "frame": {"index": seq - 1}, "aus": {"AU12": 2.5}} | changes


def event(number: int, kind: str, session_id: str, after_s: float, whom: str = "p-0042", **changes: Any) -> Json:
    start = int(session_id[9:], 16) / 1000 + after_s
    time = {"mono": start, "wall": WALL + start, "trusted": True}
    own = {"v": 1, "device": "box-1", "boot": BOOT, "session": session_id, "number": number, "event": kind}
    found = own | {"patient": whom, "time": time} | changes
    session.validate(found)
    return found


def held(session_id: str, whom: str = "p-0042", why: str = "stopped", count: int = 20) -> list[Json]:
    """A session of two seconds with a phase and a stimulus."""
    return [
        event(1, "began", session_id, 0.1, whom, consent=CONSENT),
        event(2, "phase", session_id, 0.5, whom, name="rest"),
        event(3, "stimulus", session_id, 1.0, whom, name="photograph"),
        *(record(seq, session_id) for seq in range(1, count + 1)),
        *([event(4, "ended", session_id, 2.1, whom, why=why)] if why else []),
    ]


def written(path: Path, *documents: Json) -> Path:
    path.write_bytes(b"\n".join(map(encode, documents)))
    return path


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
    events = [event(1, "began", FIRST, 0.1, consent=CONSENT), event(2, "ended", FIRST, 9.0, why="limit")]
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
        SELECT device, month, patient, session, phase, stimulus, round(session_time, 3), wall_time, "aus.AU12", status
        FROM read_parquet('{out}/data/*/*/*.parquet', hive_partitioning = true) ORDER BY seq
    """).fetchall()
    assert len(found) == 20
    first, last = found[0], found[-1]
    assert first[:7] == ("box-1", "2026-11", "p-0042", FIRST, None, None, 0.0)
    assert last[4:7] == ("rest", "photograph", 1.9)
    assert last[7].timestamp() == pytest.approx(WALL + 1.0 + 2.0)
    assert last[8:] == (2.5, "measured")


def test_all_sessions_of_all_files_are_written_each_once(said: Said, tmp_path: Path, out: Path) -> None:
    one = written(tmp_path / "a.jsonl", *held(FIRST), *held(SECOND, "p-0043"))
    other = written(tmp_path / "b.jsonl", *held(SECOND, "p-0043"), *held(THIRD, "p-0044"))
    printed = said("export", one, other, "--out", out)
    assert "Written      3 sessions: 60 records" in printed
    assert data(out) == [f"device=box-1/month=2026-11/{name}.parquet" for name in (FIRST, SECOND, THIRD)]
    assert "Written      1 session: 20 records" in said("export", one, "--patient", "p-0043", "--out", tmp_path / "p")
    assert data(tmp_path / "p") == [f"device=box-1/month=2026-11/{SECOND}.parquet"]


@pytest.fixture
def database(server) -> str:
    """Two sessions of one patient and one of another, in packs, whose clock was set only later."""
    url = f"{server.url}/?ns=export-{next(_numbers)}"
    keep(url, *held(FIRST), *held(SECOND, "p-0043"), *held(THIRD))
    return url


def keep(url: str, *documents: Json) -> None:
    """Put what boxes would have sent into a database."""
    found: dict[str, Any] = {}
    for session_id in {one["session"] for one in documents}:
        rows = [one for one in documents if one["session"] == session_id and "event" not in one]
        found |= {pack_key(one): one for one in (pack(rows[:15]), pack(rows[15:])) if rows}
    for one in (one for one in documents if "event" in one):
        found |= {path: json.loads(body) for path, body in session.documents(one)}
    httpx.patch(url.replace("/?", "/.json?"), json=found).raise_for_status()


def test_of_a_database_all_is_written_or_one_patient_or_one_session(said: Said, database: str, tmp_path: Path) -> None:
    whole, of_one, alone = (tmp_path / name for name in ("whole", "one", "alone"))
    assert "Written      3 sessions: 60 records" in said("export", "--database", database, "--out", whole)
    assert "Written      2 sessions" in said("export", "--database", database, "--patient", "p-0042", "--out", of_one)
    said("export", "--database", database, "--session", f"box-1~{SECOND}", "--out", alone)
    month = "device=box-1/month=2026-11"
    assert data(whole) == [f"{month}/{name}.parquet" for name in (FIRST, SECOND, THIRD)]
    assert data(of_one) == [f"{month}/{name}.parquet" for name in (FIRST, THIRD)]
    assert data(alone) == [f"{month}/{SECOND}.parquet"]
    assert {one.sessions for one in known.written() if alone in one.path.parents} == {frozenset({f"box-1~{SECOND}"})}
