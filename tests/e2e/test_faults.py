"""Bad power and bad networks, for real: whatever was acknowledged is in the database once, byte for byte."""

import json
import random
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.clock import SystemClock
from device.contract.address import parse_url
from device.contract.fields import encode
from device.delivery.database import Database
from device.delivery.outbox import Outbox
from device.delivery.uploader import Uploader
from device.settings import UploadSettings
from tests.disk import Disk, why_not
from tests.relay import Relay, Weather
from tests.servers import WAIT_S, Server

ENOUGH = 10_000  # steps; a test that needs more is stuck
EAGER = UploadSettings(
    batch=7, interval_s=0.0, timeout_s=5.0, backoff_base_s=0.001, backoff_cap_s=0.01, drain_s=WAIT_S
)
chaos = pytest.mark.chaos


class Box:
    """An outbox with records, and an uploader that reaches the database through a relay."""

    def __init__(self, folder: Path, server: Server, weather: Weather, timeout_s: float = 5.0) -> None:
        self.relay = Relay(port(server), weather)
        self.outbox = Outbox(folder / "outbox.db", 10.0)
        self.database = Database(parse_url(f"http://127.0.0.1:{self.relay.port}?ns=clinic"), timeout_s)
        self.uploader = Uploader(self.outbox, self.database, EAGER, SystemClock())
        self.bodies: dict[str, bytes] = {}

    def record(self, count: int) -> None:
        """Commit so many records to the outbox."""
        first = len(self.bodies) + 1
        for n in range(first, first + count):
            self.bodies[f"records/tester/boot/s{n:09d}"] = encode({"seq": n, "text": "x" * 200})
        self.outbox.append(list(self.bodies.items())[first - 1 :])

    def send_all(self) -> None:
        """Step as the worker does, until nothing is left; gives up after too many steps."""
        for _ in range(ENOUGH):
            self.uploader.step()
            counts = self.outbox.counts()
            if not counts.pending + counts.inflight:
                return
        raise AssertionError(f"stuck: {self.uploader.trouble}, {self.outbox.counts()}")

    def close(self) -> None:
        self.database.close()
        self.outbox.close()
        self.relay.close()


def port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def stored(server: Server) -> dict[str, bytes]:
    """What the database holds, by path, as bytes."""
    with urllib.request.urlopen(f"{server.url}/records/tester/boot.json?ns=clinic", timeout=WAIT_S) as response:
        records = json.load(response) or {}
    return {f"records/tester/boot/{name}": encode(record) for name, record in records.items()}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "database")
    yield server
    server.process.kill()
    server.process.communicate()


WEATHERS = {
    "30-per-cent-loss": Weather(delay_s=0.005, loss=0.3, again_s=0.005),
    "connections-reset": Weather(hang_up=0.1),
    "30-per-cent-loss-and-half-a-second": Weather(delay_s=0.5, loss=0.3),
}


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("30-per-cent-loss", 100),
        ("connections-reset", 100),
        pytest.param("30-per-cent-loss-and-half-a-second", 100, marks=chaos),
    ],
)
def test_bad_weather_loses_and_doubles_nothing(tmp_path: Path, server: Server, name: str, count: int) -> None:
    box = Box(tmp_path, server, WEATHERS[name], timeout_s=20.0)
    box.record(count)
    box.send_all()
    box.close()
    assert stored(server) == box.bodies
    assert box.uploader.sent == count


def test_an_outage_of_the_network_in_the_middle_ends_by_itself(tmp_path: Path, server: Server) -> None:
    box = Box(tmp_path, server, Weather(), timeout_s=0.2)
    box.record(20)
    box.uploader.step()
    box.relay.change(deaf=True)
    for _ in range(5):
        box.record(5)
        box.uploader.step()
    assert box.uploader.trouble == "no answer: no answer in time"
    box.relay.change(deaf=False)
    box.database._timeout_s = 5.0
    box.send_all()
    box.close()
    assert stored(server) == box.bodies


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=chaos)])
def test_a_database_killed_in_the_middle_of_a_batch_holds_what_it_acknowledged(tmp_path: Path, kills: int) -> None:
    moments = random.Random(kills)
    server = Server(tmp_path / "database")
    box = Box(tmp_path, server, Weather())
    for _ in range(kills):
        box.record(60)
        sending = threading.Thread(target=box.uploader.drain)
        sending.start()
        sending.join(moments.uniform(0.0, 0.1))
        server.end(signal.SIGKILL)
        sending.join(WAIT_S)
        server = Server(tmp_path / "database")
        box.relay.server_port = port(server)
        kept = box.outbox.lease(ENOUGH, now=1e12)
        box.outbox.retry(kept, 0.0)
        waiting = {entry.path for entry in kept}
        held = stored(server)
        lost = [path for path in box.bodies if path not in waiting and held.get(path) != box.bodies[path]]
        assert lost == []
    box.send_all()
    assert stored(server) == box.bodies
    box.close()
    server.end()


JSONL_WRITER = """
import sys
from pathlib import Path
from device.delivery.jsonl import JsonlSink
from device.delivery.sink import Line
import os
if sys.argv[2]:
    os.fdatasync = lambda file: None
sink = JsonlSink(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    sink.write([Line("", b'{"seq":%d,"text":"%s"}' % (n, b"x" * 300))])
    print(n, flush=True)
"""
WRITER = """
import sys
from pathlib import Path
from device.delivery.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]), 100.0)
if sys.argv[2]:
    outbox._store._db.execute(f"PRAGMA synchronous={sys.argv[2]}")
n = 0
while True:
    n += 1
    outbox.append([(f"records/box/boot/s{n:09d}", b"x" * 300)])
    print(n, flush=True)
"""


def kept_after_a_cut(disk: Disk, synchronous: str, acknowledgements: int) -> int:
    """Cut the power of a disk while an outbox is written to; how many of the acknowledged records are there.

    What is acknowledged while the cut is under way does not count: the kernel needs a moment for it, and nobody hears
    of such a record when the power is really gone.
    """
    outbox = disk.folder / f"outbox{synchronous}.db"
    write_until_a_cut(disk, WRITER, outbox, synchronous, acknowledgements)
    with Outbox(outbox, 100.0) as again:
        kept = {entry.path for entry in again.lease(100_000, now=0.0)}
    return sum(f"records/box/boot/s{n:09d}" in kept for n in range(1, acknowledgements + 1))


def lines_after_a_cut(disk: Disk, lax: str, acknowledgements: int) -> int:
    """The same with a file of JSON lines."""
    file = disk.folder / f"records{lax}.jsonl"
    write_until_a_cut(disk, JSONL_WRITER, file, lax, acknowledgements)
    kept = file.read_bytes().split(b"\n") if file.exists() else []
    return sum(any(line.startswith(b'{"seq":%d,' % n) for line in kept) for n in range(1, acknowledgements + 1))


def write_until_a_cut(disk: Disk, program: str, file: Path, option: str, acknowledgements: int) -> None:
    command = [sys.executable, "-c", program, str(file), option]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert writer.stdout is not None
    for _ in range(acknowledgements):
        writer.stdout.readline()
    disk.cut_the_power()
    writer.kill()
    writer.communicate()
    disk.mount_again()


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.parametrize("cuts", [1, pytest.param(12, marks=chaos)])
def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path: Path, cuts: int) -> None:
    moments = random.Random(cuts)
    for cut in range(cuts):
        with Disk(tmp_path / f"disk{cut}") as disk:
            acknowledged = moments.randint(20, 150)
            assert kept_after_a_cut(disk, "", acknowledged) == acknowledged
            acknowledged = moments.randint(20, 150)
            assert lines_after_a_cut(disk, "", acknowledged) == acknowledged


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.parametrize("synchronous", ["OFF", pytest.param("NORMAL", marks=chaos)])
def test_the_power_cut_is_a_real_one(tmp_path: Path, synchronous: str) -> None:
    with Disk(tmp_path / "disk") as disk:
        kept = kept_after_a_cut(disk, synchronous, 100)
        lines = lines_after_a_cut(disk, "never synced", 100)
    assert kept < 100, "with this setting records must be lost, or the test above shows nothing"
    assert lines < 100, "likewise"
