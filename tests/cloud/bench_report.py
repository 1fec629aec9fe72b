"""What a report costs: `make bench-report`. Fifty simulated minutes, 30 000 records of a file, as HTML and as PDF, in
a process of its own.

Processor time and memory are those of the whole command, starting Python included, of a program that ran before: what
Python compiles at its first start is there. They are to stay within 10 s and 300 MB on a machine that has nothing else
to do.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cloud.reported import LONG, session_lines

WAYS = {"words alone": ["--text"], "HTML": ["--html", "a.html"], "PDF": ["--pdf", "a.pdf"], "both": []}
MOST_S, MOST_MB = 10.0, 300.0
_COMPILED = {"PYTHONPYCACHEPREFIX": str(Path("build/compiled").absolute())}


def _measure(recording: Path, folder: Path, options: list[str]) -> tuple[float, float, int]:
    """Seconds of processor, MB of memory at most, and bytes written."""
    words = [sys.executable, "-m", "cloud", "report", str(recording), *options]
    environment = os.environ | {"XDG_DATA_HOME": str(folder), "PYTHONPATH": str(Path.cwd()), **_COMPILED}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    running = subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(running.pid, 0)
    assert status == 0, f"{' '.join(words)} failed"
    written = sum(path.stat().st_size for path in folder.glob("*.*") if path != recording)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3, written


def main() -> int:
    """Measure every way; 1 if one takes more than it may."""
    over = False
    print(f"{'30 000 records':16} processor  memory  written")
    for name, options in {"": [], **WAYS}.items():  # the first run is not told
        with tempfile.TemporaryDirectory() as place:
            recording = Path(place) / "long.jsonl"
            recording.write_bytes(session_lines(LONG))
            spent, peak, written = _measure(recording, Path(place), options)
        if not name:
            continue
        over = over or spent > MOST_S or peak > MOST_MB
        print(f"{name:16} {spent:7.2f} s {peak:5.0f} MB {written / 1e6:6.2f} MB")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
