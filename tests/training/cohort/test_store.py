"""Tables of features in files."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from device.contract.errors import ConfigError, DataError, StorageError
from training.cohort import store
from training.cohort.people import Participant
from training.cohort.plan import Plan
from training.cohort.quick import simulate_table
from training.cohort.store import digest, load, save
from training.cohort.table import FeatureTable


@pytest.fixture
def table() -> FeatureTable:
    made = replace(
        simulate_table(Plan(people={"control": 3, "case": 2}), 1),
        made={"recordings": "5"},
        sessions=2,
        off_box=("talk",),
    )
    return replace(made, people=(*made.people[:4], Participant("p-9", "case")))  # of whom nothing else is known


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_table_comes_back_as_it_was(tmp_path: Path, table: FeatureTable, suffix: str) -> None:
    path = tmp_path / f"features{suffix}"
    save(table, path)
    back = load(path)
    assert repr(back.people) == repr(table.people)
    assert (back.phases, back.names, back.made, back.simulated) == (table.phases, table.names, table.made, True)
    assert (back.sessions, back.off_box) == (2, ("talk",))
    for name in ("values", "coverage", "seconds", "frames"):
        assert np.array_equal(getattr(back, name), getattr(table, name), equal_nan=True)
    assert digest(back) == digest(table)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_parquet_is_read_by_other_programs(tmp_path: Path, table: FeatureTable) -> None:
    save(table, tmp_path / "features.parquet")
    found = duckdb.sql(
        f"""select pseudonym, "images/aus.AU12.mean" from '{tmp_path}/features.parquet' where "group" = 'case'"""
    ).fetchall()
    at = table.columns.index("images/aus.AU12.mean")
    expected = {p.pseudonym: v for p, v in zip(table.people, table.matrix[:, at], strict=True) if p.group == "case"}
    assert dict(found) == pytest.approx(expected)


def test_the_digest_changes_with_a_label_or_a_number(table: FeatureTable) -> None:
    other = replace(table, people=(replace(table.people[0], group="other"), *table.people[1:]))
    values = table.values.copy()
    values[0, 0, 0] += 0.1
    assert len({digest(table), digest(other), digest(replace(table, values=values))}) == 3


def test_a_broken_table_is_told_in_a_sentence(tmp_path: Path, table: FeatureTable) -> None:
    path = tmp_path / "features.npz"
    save(table, path)
    whole, refused = path.read_bytes(), 0
    for at in range(200, len(whole) - 8, len(whole) // 20):  # whichever part of it a disk lost
        path.write_bytes(whole[:at] + bytes(8) + whole[at + 8 :])
        try:
            assert digest(load(path)) == digest(table)  # lengths that stand elsewhere in the file once more
        except DataError as error:
            refused += "is no table of features" in str(error)
    assert refused > 15
    arrays = {name: getattr(table, name) for name in ("values", "coverage", "seconds", "frames")}
    for people in (["p-1"], {"p-1": "case"}):
        np.savez(path, about=np.array(json.dumps({"v": store.FORMAT, "people": people})), **arrays)
        with pytest.raises(DataError, match="is no table of features"):
            load(path)


def test_a_file_that_is_no_table_is_told_in_a_sentence(tmp_path: Path, table: FeatureTable) -> None:
    for name, content in (("a.npz", b"PK"), ("a.parquet", b"PAR1"), ("a.csv", b"x")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="is no table of features"):
            load(tmp_path / name)
    with pytest.raises(DataError, match=r"none\.npz cannot be read"):
        load(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", values=np.zeros(3))
    with pytest.raises(DataError, match="is no table of features"):
        load(tmp_path / "other.npz")


def test_an_older_table_which_does_not_tell_its_sessions_is_to_be_made_again(
    tmp_path: Path, table: FeatureTable, monkeypatch
) -> None:
    for name in ("old.npz", "old.parquet"):
        with monkeypatch.context() as older:
            older.setattr(store, "FORMAT", 1)
            save(table, tmp_path / name)
        with pytest.raises(DataError, match=r"it is of format 1, not 2\): make it again"):
            load(tmp_path / name)
        save(table, tmp_path / name)
        assert load(tmp_path / name).sessions == 2


def test_features_of_another_version_are_refused(tmp_path: Path, table: FeatureTable) -> None:
    save(replace(table, version=99), tmp_path / "old.npz")
    with pytest.raises(DataError, match="features of version 99"):
        load(tmp_path / "old.npz")


def test_a_table_replaces_a_table_of_any_version_and_nothing_else(tmp_path: Path, table: FeatureTable) -> None:
    for suffix in (".npz", ".parquet"):
        path = tmp_path / f"features{suffix}"
        save(replace(table, version=99), path)
        save(table, path)
        assert digest(load(path)) == digest(table)
    recording, arrays = tmp_path / "recording.parquet", tmp_path / "rows.npz"
    parquet.write_table(pyarrow.table({"time": [0.0]}), recording)
    np.savez(arrays, rows=np.zeros(3))
    for path in (recording, arrays):
        held = path.read_bytes()
        with pytest.raises(ConfigError, match="is there already, and is no table of features: name another file"):
            save(table, path)
        assert path.read_bytes() == held


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path, table: FeatureTable) -> None:
    with pytest.raises(ConfigError, match=r"\.npz"):
        save(table, tmp_path / "features.csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be"):
        save(table, tmp_path / "file" / "features.npz")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
