"""Exports of whole sessions: memory does not grow with their number."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cloud.demo.people import plans
from cloud.demo.sessions import documents
from tests.servers import Server

_SESSIONS, _MINUTES = 10, 50.0
_GROWTH = 1.2
_LIMIT_S = 300
_RUN = """
import resource, sys
from cloud.cli import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server(tmp_path_factory.mktemp("large"))
    url = f"{server.url}/?ns=large"
    planned = [one for one in plans(1, _SESSIONS + 3, 1_795_000_000.0, _MINUTES) if one.person.pseudonym == "p-0007"]
    ordinary = [one for one in planned if one.kind == "ordinary"][-_SESSIONS:]
    with httpx.Client(timeout=60.0) as client:
        for plan in ordinary:
            whole = dict(documents(replace(plan, records=True, hz=10, minutes=_MINUTES)))
            client.patch(url.replace("/?", "/.json?"), json=whole).raise_for_status()
    yield url
    server.end()


def exported(*words: str | Path) -> tuple[str, int]:
    """What the command prints, and its peak of memory in kilobytes."""
    told = subprocess.run(
        [sys.executable, "-c", _RUN, "export", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=True,
    )
    *printed, peak = told.stdout.splitlines()
    return "\n".join(printed), int(peak)


@pytest.mark.files
def test_ten_sessions_take_hardly_more_memory_than_one(database: str, tmp_path: Path) -> None:
    whole, of_ten = exported("--database", database, "--out", tmp_path / "ten")
    assert f"Written      {_SESSIONS} sessions: {_SESSIONS * 30_000} records" in whole
    first = sorted((tmp_path / "ten").rglob("*.parquet"))[0]
    one, of_one = exported("--database", database, "--session", first.stem, "--out", tmp_path / "one")
    assert "Written      1 session: 30000 records" in one
    assert first.stat().st_size < 2_000_000
    assert of_ten < _GROWTH * of_one, f"{of_ten} kB for ten sessions, {of_one} kB for one"
