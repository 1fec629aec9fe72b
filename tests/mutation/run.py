"""Put deliberate faults into the code, one at a time, and see which of them the tests notice.

    python tests/mutation/run.py [NAME …]      those whose name holds one of the words; all without

Works on a copy of what git tracks, with this environment and the checkout's `build/`; `make mutation` gives it both.
The exit code is the number of faults that nobody noticed, of which at most one in twenty is borne.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BORNE = 0.05  # share of the faults that may go unnoticed


def main(words: list[str]) -> int:
    """Run the faults that are named, print what came of each, and return the exit code."""
    faults = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))["fault"]
    chosen = [fault for fault in faults if not words or any(word in fault["name"] for word in words)]
    with tempfile.TemporaryDirectory(prefix="affectbox-mutation-") as folder:
        copy = copied(Path(folder) / "checkout")
        survivors = [fault["name"] for fault in chosen if not noticed(fault, copy)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} faults were noticed")
    return len(survivors) if len(survivors) > BORNE * len(chosen) else 0


def copied(to: Path) -> Path:
    """A copy of what git tracks, beside the same `build/`."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    (to / "build").mkdir()
    for part in (ROOT / "build").iterdir():
        (to / "build" / part.name).symlink_to(part.resolve())
    return to


def noticed(fault: dict[str, Any], copy: Path) -> bool:
    """Whether the fault's tests fail with it."""
    file = copy / fault["file"]
    right = file.read_text(encoding="utf-8")
    if right.count(fault["old"]) != 1:
        raise SystemExit(f"'{fault['name']}': its text stands {right.count(fault['old'])} times in {fault['file']}")
    file.write_text(right.replace(fault["old"], fault["new"]), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", *fault["tests"]]
    done = subprocess.run(
        command, cwd=copy, check=False, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(copy)}
    )
    file.write_text(right, encoding="utf-8")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    print(
        f"{'noticed ' if done.returncode == 1 else 'SURVIVED'}  {fault['name']}: {(failed or ['-'])[0][:110]}",
        flush=True,
    )
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
