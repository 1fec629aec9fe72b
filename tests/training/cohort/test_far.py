"""`affectbox-training cohort features` of databases and over several processes, and both ways of simulating."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from device.contract import pack, session
from tests.cluster import Cluster
from tests.recordings import events_in, records_in
from tests.servers import Server
from training import cli
from training.cohort import taking
from training.cohort.plan import Plan
from training.cohort.quick import simulate_table
from training.cohort.simulate import simulate
from training.cohort.store import load
from training.cohort.truth import KEYS, draw

pytestmark = pytest.mark.learning


def features(study: Path, out: Path, *more: str) -> int:
    return cli.main(["cohort", "features", str(study), "--out", str(out), *more])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "database")
    yield server
    assert server.end() == (0, "")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    cluster.add_worker()
    yield cluster
    cluster.close()


def send(url: str, path: Path) -> None:
    """Put a recording into a database, as a box would have sent it."""
    rows, found = records_in(path), dict[str, Any]()
    for at in range(0, len(rows), 150):
        one = pack.pack(rows[at : at + 150])
        found[pack.key(one)] = one
    for event in events_in(path):
        found |= {key: json.loads(body) for key, body in session.documents(event)}
    httpx.patch(f"{url.rstrip('/')}/.json", json=found).raise_for_status()


def test_a_database_comes_to_the_same_as_files(study: Path, tmp_path: Path, database: Server, monkeypatch) -> None:
    for path in (study / "recordings").iterdir():
        send(database.url, path)
    out, other = tmp_path / "files.npz", tmp_path / "database.npz"
    assert features(study, out, "--workers", "0") == 0
    assert features(study, other, "--database", database.url, "--owner") == 0
    assert load(other).people == load(out).people
    assert load(other).values == pytest.approx(load(out).values, nan_ok=True)
    monkeypatch.setattr(taking, "take", lambda *_: pytest.fail("a session that had ended was read again"))
    assert features(study, other, "--database", database.url, "--owner") == 0


def test_processes_here_and_on_a_cluster_come_to_the_same(study: Path, tmp_path: Path, cluster: Cluster) -> None:
    outs = [tmp_path / f"{number}.npz" for number in range(3)]
    ways = (["--workers", "0"], ["--workers", "2"], ["--scheduler", cluster.address])
    for number, (out, way) in enumerate(zip(outs, ways, strict=True)):
        assert features(study, out, "--work", str(tmp_path / f"work-{number}"), *way) == 0
    one, *others = map(load, outs)
    for other in others:
        assert other.people == one.people
        assert np.array_equal(other.values, one.values, equal_nan=True)


def test_recordings_and_the_quick_way_are_alike(tmp_path: Path) -> None:
    """Features follow the activity of the same people as closely, with the same means and spreads."""
    plan = Plan(people={"control": 30, "case": 30}, phases={"talk": 2.0}, site_effect=0.0)
    assert len([*simulate(plan, 7, tmp_path / "study")]) == 60
    assert features(tmp_path / "study", tmp_path / "out.npz", "--workers", "0") == 0
    slow, quick, active = load(tmp_path / "out.npz"), simulate_table(plan, 7), draw(plan, 7).activity(0)[:, 0]
    assert slow.people == quick.people
    for what in ("mean", "sd", "p95", "episodes", "onset"):
        pairs = [_described(table, active, what) for table in (slow, quick)]
        (follows, mean, spread), (as_quick, quick_mean, quick_spread) = pairs
        assert follows == pytest.approx(as_quick, abs=0.08), what
        assert mean == pytest.approx(quick_mean, rel=0.1), what
        assert spread == pytest.approx(quick_spread, rel=0.25), what


def _described(table: Any, active: np.ndarray, what: str) -> tuple[float, float, float]:
    """Correlation with the activity, mean and spread of a feature, over all action units but closing eyes."""
    units = [key for key in KEYS if key.startswith("AU") and key != "AU43"]
    values = [table.values[:, 0, table.names.index(f"aus.{key}.{what}")] for key in units]
    follows = [
        np.ma.corrcoef(np.ma.masked_invalid(of), active[:, KEYS.index(key)])[0, 1]
        for key, of in zip(units, values, strict=True)
    ]
    return float(np.mean(follows)), float(np.nanmean(values)), float(np.nanmean(np.nanstd(values, axis=1)))
