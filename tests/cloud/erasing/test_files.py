"""Files that were written about a person: deleted, written anew without them, or named for somebody's hand."""

import csv
import json
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cloud.cli import main
from cloud.erasing import known
from cloud.erasing.naming import Naming
from device.contract.errors import CheckFailedError, DataError
from tests.cloud.erasing.persons import OTHER, WHOM, documents, session_id
from tests.cloud.rules_cases import record

THEIRS, OTHERS = f"box-1~{session_id(1)}", f"box-1~{session_id(2)}"
NAMING = Naming(WHOM, [session_id(1)])
ROWS = [
    {"device": "box-1", "session": session_id(number), "seq": seq, "text": 'she said "yes", and left\nthen'}
    for number in (1, 2)
    for seq in range(3)
]


def erase(*words: str) -> int:
    return main(["erase", WHOM, "--files", *words])


def table(path: Path) -> Path:
    """A table of two sessions."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(ROWS)
    return path


def parquet(path: Path) -> Path:
    """The same as Parquet, in two row groups of both."""
    made = pa.Table.from_pylist(ROWS).replace_schema_metadata({"affectbox": "records"})
    mixed = made.take([0, 3, 1, 4, 2, 5])
    pq.write_table(mixed, path, row_group_size=3, compression="zstd")
    return path


def lines(path: Path) -> Path:
    """Lines of JSON; the resources of two sessions."""
    path.write_text("".join(f'{{"id":"{row["session"]}","n":{row["seq"]}}}\n' for row in ROWS))
    return path


def test_a_file_of_that_person_alone_goes_with_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / f"export of {WHOM}" / "device=box-1" / "month=2026-11"
    place.mkdir(parents=True)
    (place / "one.parquet").write_bytes(b"whatever it is")
    known.note(place / "one.parquet", [WHOM], [THEIRS], "export (Parquet)")
    assert erase() == 0
    out = capsys.readouterr().out
    assert "one.parquet (export (Parquet)): to be deleted" in out
    assert "Nothing was changed" in out
    assert (place / "one.parquet").exists()
    assert erase("--yes") == 0
    assert [*tmp_path.glob("export*")] == []
    assert known.registry().read_bytes() == b""
    assert erase("--yes") == DataError.exit_code


@pytest.mark.parametrize("make", [table, parquet, lines])
def test_a_shared_file_is_written_anew_without_them(make: object, tmp_path: Path) -> None:
    suffix = {table: ".csv", parquet: ".parquet", lines: ".ndjson"}[make]  # type: ignore[index]
    path = make(tmp_path / f"all{suffix}")  # type: ignore[operator]
    path.chmod(0o640)
    known.note(path, ["p-001", WHOM], [THEIRS, OTHERS], "export")
    assert main(["erase", "p-001", "--files", "--yes"]) == 0  # of whom no row is, and nothing is lost
    known.note(path, [OTHER, WHOM], [THEIRS, OTHERS], "export")
    before = rows(path)
    assert len(before) == 6
    # without a database only the list tells their sessions, and it tells no owner: the rows are told by the pseudonym
    named(path)
    assert erase("--yes") == 0
    assert rows(path) == [row for row in before if session_id(2) in str(row)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert WHOM.encode() not in known.registry().read_bytes().replace(OTHER.encode(), b"")
    assert sorted(one.name for one in tmp_path.glob("*all*")) == [path.name]


def named(path: Path) -> None:
    """Give every row its person."""
    whose = {session_id(1): WHOM, session_id(2): OTHER}
    told = [row | {"patient": whose[str(row["session"])]} for row in ROWS]
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, told[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(told)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(told), path, row_group_size=2, compression="none")
    else:
        path.write_text("".join(f'{{"of":"{row["patient"]}","id":"{row["session"]}"}}\n' for row in told))


def rows(path: Path) -> list[object]:
    """What a file holds, by its own reader."""
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [{key: one for key, one in row.items() if key != "patient"} for row in csv.DictReader(file)]
    if path.suffix == ".parquet":
        return [{k: one for k, one in row.items() if k != "patient"} for row in by_session(pq.read_table(path))]
    return [line.rpartition('"id"')[2].partition(",")[0].rstrip("}\n") for line in path.open()]


def by_session(read: pa.Table) -> list[dict[str, object]]:
    return sorted(read.to_pylist(), key=lambda row: (str(row["session"]), row["seq"]))


def test_what_cannot_be_written_anew_is_named_until_somebody_deletes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both, odd, damaged = tmp_path / "both.html", tmp_path / "openface.csv", tmp_path / "torn.parquet"
    both.write_text(f"{WHOM} and {OTHER}")
    odd.write_text("frame,AU12_r\n1,2.5\n")
    damaged.write_bytes(b"PAR1 and nothing more")
    for path in (both, odd, damaged):
        known.note(path, [WHOM, OTHER], [THEIRS], "report")
    assert erase("--yes") == CheckFailedError.exit_code
    out = capsys.readouterr().out
    assert "both.html (report): for your hand, it holds others too" in out
    assert "openface.csv (report): for your hand, no column says whose a row is" in out
    assert "torn.parquet (report): for your hand, it is no Parquet file" in out
    assert odd.read_text() == "frame,AU12_r\n1,2.5\n"

    for path in (both, odd, damaged):
        path.unlink()
    assert erase("--yes") == 0
    assert "not there, deleted or moved before" in capsys.readouterr().out
    assert known.written() == []


def test_what_killed_writers_left_goes_and_files_on_a_drive_that_is_away_stay_known_for_others(tmp_path: Path) -> None:
    never, film = tmp_path / "report [of] room-3.html", tmp_path / "face.mp4"
    left = [tmp_path / f".{never.name}-k3x9.part", tmp_path / f".{never.name}.part", tmp_path / ".film-k3x9.part.mp4"]
    for path in left:
        path.write_text(f"half of a report of {WHOM}")
    for path in (never, film):
        known.note(path, [WHOM], [THEIRS], "report")
    away = tmp_path / "drive" / "all.csv"
    known.note(away, [WHOM, OTHER], [THEIRS, OTHERS], "statistics")
    assert erase("--yes") == 0
    assert [path for path in left if path.exists()] == []
    assert [(one.path, one.patients) for one in known.written()] == [(away, frozenset({OTHER}))]


def test_a_file_that_also_holds_people_whom_nobody_named_is_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "both.json"
    path.write_text("{}")
    known.note(path, [WHOM, ""], [THEIRS], "analysis")
    assert erase("--yes") == CheckFailedError.exit_code
    assert path.exists()


@pytest.mark.files
def test_what_reports_and_exports_really_write_of_a_person_is_found_and_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = documents("box-1", 1, WHOM)
    began = next(one for path, one in told.items() if path.startswith("visits/"))
    records = [{**record(seq), "device": "box-1", "session": session_id(1)} for seq in range(1, 40)]
    for seq, one in enumerate(records):
        one["time"] = {"mono": 10 + seq / 10, "wall": 1_795_817_973 + seq / 10, "trusted": True}
    recording = tmp_path / "session.jsonl"
    recording.write_text("".join(json.dumps(one) + "\n" for one in (began, *records)))
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    assert main(["report", str(recording)]) == 0
    assert main(["report", str(recording), "--picture", "a.png", "--json", "a.json", "--csv", "a.csv"]) == 0
    for columns in ("affectbox", "fhir"):
        assert main(["export", str(recording), "--set", columns, "--out", columns]) == 0
    written = {
        path for path in out.rglob("*") if path.suffix in (".html", ".pdf", ".png", ".json", ".csv", ".parquet")
    }
    assert len(written) >= 8
    capsys.readouterr()
    assert erase("--yes") == 0
    left = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert not [path for path, content in left.items() if NAMING.within(content) or NAMING.within(str(path).encode())]
    assert not {path.suffix for path in left} & {".html", ".pdf", ".png", ".parquet", ".ndjson"}
