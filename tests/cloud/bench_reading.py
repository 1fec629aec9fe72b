"""What reading costs: `make bench-reading`. Two hours of records, by each way, in a process of its own.

Processor time and memory are those of reading alone, without starting Python; the last row is how it was done before
there was a table. Ratios mean more than seconds, which are of this machine.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cloud.load.records import simulated
from cloud.reading import lines
from cloud.reading.gathering import Gathering
from device.contract.pack import pack, unpack
from device.contract.record import encode

RECORDS, RATE, PACKED = 72_000, 10, 150


def _write(folder: Path) -> None:
    with (folder / "records").open("wb") as alone, (folder / "packs").open("w") as packs:
        for first in range(1, RECORDS + 1, PACKED):
            some = [simulated("bench", "boot", seq, RATE) for seq in range(first, first + PACKED)]
            alone.writelines(encode(one) + b"\n" for one in some)
            packs.write(json.dumps(pack(some)) + "\n")


def _packs(folder: Path) -> int:
    gathering = Gathering()
    with (folder / "packs").open() as file:
        gathering.packs(map(json.loads, file))
    return len(gathering.table())


def _dictionaries(folder: Path) -> int:
    with (folder / "packs").open() as file:
        return len([record for line in file for record in unpack(json.loads(line))])


def _lines(folder: Path) -> int:
    return len(lines.read(folder / "records"))


WAYS: dict[str, Callable[[Path], int]] = {
    "packs as columns": _packs,
    "JSON lines": _lines,
    "packs as dictionaries": _dictionaries,
}


def _measure(way: str, folder: Path) -> None:
    before_s, before_kb = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = WAYS[way](folder)
    assert found == RECORDS
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{way:22} {time.process_time() - before_s:6.2f} s {peak_kb / 1e3:6.0f} MB ({before_kb / 1e3:.0f} before)")


def main() -> None:
    """Measure every way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        print(f"{RECORDS} records; {'':8} processor  peak of memory")
        for way in WAYS:
            subprocess.run([sys.executable, "-m", "tests.cloud.bench_reading", way, name], check=True)


if __name__ == "__main__":
    _measure(sys.argv[1], Path(sys.argv[2])) if len(sys.argv) > 1 else main()
