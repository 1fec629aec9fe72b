"""The daemon's memory over hours of a session; see `tests/soak.py` for what is compressed, and how."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.servers import Server

MOST_MB = 150
MOST_MB_AN_HOUR = 1.0
HOURS, RATE = 1.0, 10.0
SETTLED_H = 0.2  # caches and buffers are full by then


@pytest.mark.chaos
def test_an_hour_of_frames_takes_no_more_memory_than_its_first_minutes(clip: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "database")
    try:
        command = [sys.executable, "-m", "tests.soak", str(clip), server.url, str(tmp_path), str(HOURS), str(RATE)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    finally:
        server.end()
    assert done.returncode == 0, done.stderr
    *samples, counted = done.stdout.strip().splitlines()
    assert counted.split()[1] == f"{HOURS * 3600 * RATE:.0f}"
    hours, resident = np.array([line.split() for line in samples], float).T
    settled = hours >= SETTLED_H
    slope, _ = np.polyfit(hours[settled], resident[settled], 1)
    assert resident.max() <= MOST_MB
    assert slope < MOST_MB_AN_HOUR, f"{slope:.2f} MB an hour: {resident.tolist()}"
