"""`affectbox-cloud analyse`: what many sessions come to, the same however they are read."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import duckdb
import pytest

from cloud.analysis.whole import analyse
from cloud.cli import main
from cloud.erasing import known
from cloud.reports import source
from cloud.statistics import spread, sums
from tests.cloud.exports import CONSENT, FIRST, SECOND, THIRD, event, held, record, written
from tests.cluster import WAIT_S, Cluster

Said = Callable[..., str]
FOURTH = "0123abcd-0000004e20"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str | Path, code: int = 0) -> str:
        assert main(["analyse", *map(str, words)]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return run


def smiling(session_id: str, whom: str, high: float) -> list[Any]:
    """A minute, of which a tenth is a smile and a tenth nobody is in view."""
    found: list[Any] = [event(1, "began", session_id, 0.1, whom, consent=CONSENT)]
    for seq in range(1, 601):
        one = record(seq, session_id, aus={"AU12": high if seq > 540 else 0.0, "AU4": 0.25})
        if seq <= 60:
            del one["aus"]
            one |= {"status": "gated", "reasons": ["no_face"]}
        found.append(one)
    return [*found, event(2, "ended", session_id, 61.0, whom, why="stopped")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sessions of two patients in two files, one of them in both; and a revoked one."""
    whole = tmp_path / "recordings"
    whole.mkdir()
    first, second, third = smiling(FIRST, "p-0042", 4.0), smiling(SECOND, "p-0042", 2.0), smiling(THIRD, "p-0043", 3.0)
    written(whole / "a.jsonl", *first, *second, *held(FOURTH, why="revoked"))
    written(whole / "b.jsonl", *second[:300], *third)
    return whole


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [*csv.DictReader(file)]


def test_sessions_are_added_up_by_patient_box_and_month(said: Said, folder: Path, tmp_path: Path) -> None:
    printed = said(folder, "--workers", "0", "--csv", tmp_path / "all.csv")
    one, other = rows(tmp_path / "all.csv")
    assert (one["patient"], one["device"], one["month"], one["sessions"]) == ("p-0042", "box-1", "2026-11", "2")
    assert (other["patient"], other["sessions"], other["records"]) == ("p-0043", "1", "600")
    assert float(one["minutes"]) == pytest.approx(2.0)
    assert float(one["measured.share"]) == pytest.approx(0.9)
    assert float(one["unmeasured.no_face.share"]) == pytest.approx(0.1)
    assert float(one["aus.AU12.mean"]) == pytest.approx((4.0 + 2.0) / 2 / 9, abs=1e-4)
    assert (one["aus.AU12.p95"], other["aus.AU12.p95"]) == ("4.0", "3.0")
    assert float(one["aus.AU12.episodes_a_minute"]) == pytest.approx(2 / 1.8)
    assert (one["aus.AU9.mean"], one["blinks_a_minute"]) == ("", "")
    assert f"1 session whose consent was revoked: box-1~{FOURTH}" in printed
    assert f"1 session, of which the longer recording counts: box-1~{SECOND}" in printed
    assert "nobody in view 10 %" in printed


def test_one_session_comes_to_what_its_report_says(folder: Path) -> None:
    table = source.read_file(folder / "a.jsonl").find(FIRST)
    found, told = sums.of_session(table), analyse(table)
    assert found.measured_s == pytest.approx(told.session.measured_s)
    assert found.episodes["AU12"] == sum(one.key == "AU12" for one in told.episodes)


def test_the_figures_are_the_same_in_every_format(said: Said, folder: Path, tmp_path: Path) -> None:
    outs = {name: tmp_path / f"all.{name}" for name in ("csv", "json", "parquet")}
    said(folder, "--workers", "0", *(word for name, out in outs.items() for word in (f"--{name}", out)))
    from_json = json.loads(outs["json"].read_text())["groups"]
    assert json.loads(said(folder, "--workers", "0", "--json", "-"))["groups"] == from_json
    columns = duckdb.sql(f"SELECT * FROM '{outs['parquet']}'")
    assert [dict(zip(columns.columns, row, strict=True)) for row in columns.fetchall()] == from_json
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in from_json] == rows(
        outs["csv"]
    )
    assert all(out.stat().st_mode & 0o777 == 0o600 for out in outs.values())
    assert {one.path: one.patients for one in known.written()} == dict.fromkeys(
        outs.values(), frozenset({"p-0042", "p-0043"})
    )


def test_what_cannot_be_read_is_a_sentence_and_nothing_is_written(said: Said, folder: Path, tmp_path: Path) -> None:
    (folder / "c.parquet").write_text("no Parquet")
    out = tmp_path / "all.csv"
    assert f"{folder / 'c.parquet'} is no Parquet file of ours" in said(
        folder, "--workers", "0", "--csv", out, code=21
    )
    (tmp_path / "empty").mkdir()
    assert "holds no file of records" in said(tmp_path / "empty", code=21)
    revoked = written(tmp_path / "r.jsonl", *held(FIRST, why="revoked"))
    assert "There is no session to count: 1 session whose consent" in said(revoked, "--csv", out, code=21)
    newer = written(tmp_path / "n.jsonl", *({**one, "v": 9} for one in held(FIRST)))
    assert "record of version 9, which this program does not know" in said(newer, "--workers", "0", code=21)
    assert "would write over" in said(revoked, "--csv", revoked, code=11)
    assert "--workers is from 0" in said(revoked, "--workers", "-1", code=11)
    assert not out.exists()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path)
    yield started
    started.close()


@pytest.mark.files
def test_a_cluster_of_two_workers_finds_what_one_process_finds(
    said: Said, folder: Path, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "CONNECT_S", 0.5)
    assert "has no worker" in said(folder, "--cluster", cluster.address, code=11)
    monkeypatch.setattr(spread, "CONNECT_S", WAIT_S)
    cluster.add_worker()
    cluster.add_worker()
    said(folder, "--cluster", cluster.address, "--json", tmp_path / "cluster.json")
    said(folder, "--workers", "0", "--json", tmp_path / "one.json")
    said(folder, "--workers", "2", "--json", tmp_path / "two.json")
    one = (tmp_path / "one.json").read_bytes()
    assert (tmp_path / "cluster.json").read_bytes() == one
    assert (tmp_path / "two.json").read_bytes() == one


@pytest.mark.files
def test_workers_that_die_are_told_of_in_a_sentence(
    said: Said, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "summed", lambda path: os._exit(1))
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        told = said(folder, "--workers", "1", "--csv", tmp_path / "all.csv", code=21)
    assert "died: give workers more memory, or leave the file out" in told
    assert not (tmp_path / "all.csv").exists()


def test_a_scheduler_that_does_not_answer_is_one_sentence(
    said: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "CONNECT_S", 0.5)
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in said(folder, "--cluster", "tcp://127.0.0.1:1", code=11)
