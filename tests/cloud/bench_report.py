"""What a report costs: `make bench-report`. Fifty simulated minutes, 30 000 records of a file, as HTML and as PDF, in
a process of its own.

Processor time and memory are those of the whole command, starting Python included. They are to stay within 10 s and
300 MB on a machine that has nothing else to do.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cloud.reported import LONG, session_lines

WAYS = {"words alone": ["--text"], "HTML": ["--html", "a.html"], "PDF": ["--pdf", "a.pdf"], "both": []}
MOST_S, MOST_MB = 10.0, 300.0


def _measure(recording: Path, folder: Path, options: list[str]) -> tuple[float, float, int]:
    """Seconds of processor, MB of memory at most, and bytes written."""
    words = [sys.executable, "-m", "cloud", "report", str(recording), *options]
    environment = os.environ | {"XDG_DATA_HOME": str(folder), "PYTHONPATH": str(Path.cwd())}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    written = sum(path.stat().st_size for path in folder.glob("*.*") if path != recording)
    return spent, after.ru_maxrss / 1e3, written


def main() -> int:
    """Measure every way; 1 if one takes more than it may."""
    over = False
    print(f"{'30 000 records':16} processor  memory  written")
    for name, options in WAYS.items():
        with tempfile.TemporaryDirectory() as place:
            recording = Path(place) / "long.jsonl"
            recording.write_bytes(session_lines(LONG))
            spent, peak, written = _measure(recording, Path(place), options)
        over = over or spent > MOST_S or peak > MOST_MB
        print(f"{name:16} {spent:7.2f} s {peak:5.0f} MB {written / 1e6:6.2f} MB")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
