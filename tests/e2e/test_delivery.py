"""From the camera to the database and back: nothing lost, nothing doubled, whatever is killed when."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.contract.pack import unpack
from device.contract.record import decode, encode, key
from tests.recordings import lines_of_records
from tests.servers import WAIT_S, Server

EAGER = ["upload.interval_s=0.02", "upload.batch=7", "recorder.commit_records=3", "device.id=tester"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "database")
    yield server
    server.process.kill()
    server.process.communicate()


def command(server: Server, folder: Path, source: Path, *more: str) -> list[str]:
    """`affectbox run` with a small commit group and an impatient uploader, so that there is always work in flight."""
    sinks = ["--sink", f"jsonl:{folder / 'records.jsonl'}", "--sink", f"rtdb:{server.url}?ns=clinic"]
    settings = [f"--set={text}" for text in (*EAGER, f"outbox.path={folder / 'outbox.db'}", *more)]
    return [sys.executable, "-m", "device", "run", "--source", str(source), *sinks, *settings]


def held(server: Server) -> dict[str, Any]:
    """Every record in the database, by path, whether it stands alone or in a pack."""
    alone = [record for boot in node(server, "records/tester").values() for record in boot.values()]
    packs = [document for boot in node(server, "packs/tester").values() for document in boot.values()]
    packed = [record for document in packs for record in unpack(document)]
    assert len({key(record) for record in alone + packed}) == len(alone + packed), "a record is there twice"
    return {key(record): record for record in alone + packed}


def node(server: Server, path: str) -> dict[str, Any]:
    """What the database holds at a path."""
    with urllib.request.urlopen(f"{server.url}/{path}.json?ns=clinic", timeout=WAIT_S) as response:
        return json.load(response) or {}


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=pytest.mark.chaos)])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(
    server: Server, tmp_path: Path, clip: Path, kills: int
) -> None:
    began = time.monotonic()
    subprocess.run(command(server, tmp_path, clip, "run.max_frames=1"), check=True, stdout=subprocess.DEVNULL)
    startup_s = time.monotonic() - began
    moments = random.Random(20)
    killed_while_recording = 0
    for _ in range(kills):
        before = (tmp_path / "records.jsonl").stat().st_size
        process = subprocess.Popen(command(server, tmp_path, clip), stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=moments.uniform(0.7 * startup_s, startup_s + 1.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait(WAIT_S)
            killed_while_recording += (tmp_path / "records.jsonl").stat().st_size > before
    assert killed_while_recording >= kills / 4, "most kills came too early to prove anything"

    arguments = command(server, tmp_path, clip, "run.max_frames=1")
    last = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert "waiting for the next start" not in last.stdout

    database = held(server)
    accepted = [decode(line) for line in (tmp_path / "records.jsonl").read_bytes().splitlines() if is_whole(line)]
    assert len(accepted) > 5 * kills
    lost = [key(record) for record in accepted if encode(database.get(key(record), {})) != encode(record)]
    assert lost == []
    frames: dict[str, list[int]] = defaultdict(list)
    for record in database.values():
        frames[record["session"]].append(record["frame"]["index"])
        assert record["seq"] == record["frame"]["index"] + 1
    assert all(sorted(indices) == list(range(len(indices))) for indices in frames.values()), "a hole or a double"
    ends = [list(events.values())[-1] for events in node(server, "visits/unnamed").values()]
    assert [event["event"] for event in ends] == ["ended"] * len(ends)
    assert [event["why"] for event in ends].count("interrupted") >= kills / 4


def is_whole(line: bytes) -> bool:
    """Whether it is a record. A kill can cut the last line of a run short; the record itself is in the outbox."""
    return line.endswith(b"}") and line.startswith(b"{") and line.count(b'"v":1') == 1 and b'"event"' not in line


def test_firebase_admin_reads_back_what_the_box_wrote(
    server: Server, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firebase_admin = pytest.importorskip("firebase_admin")
    from firebase_admin import credentials, db  # noqa: PLC0415

    arguments = command(server, tmp_path, clip, "run.max_frames=60", "delivery.packed=false")
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    lines = lines_of_records(tmp_path / "records.jsonl")
    monkeypatch.setenv("FIREBASE_DATABASE_EMULATOR_HOST", server.url.removeprefix("http://"))

    class Owner(credentials.Base):  # type: ignore[misc]
        def get_credential(self) -> Any:
            from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415

            return AnonymousCredentials()

    app = firebase_admin.initialize_app(Owner(), {"databaseURL": "https://clinic.firebaseio.com"}, name="reader")
    try:
        session = decode(lines[0])["session"]
        node = db.reference(f"records/tester/{session}", app)
        assert [encode(record) for record in node.get().values()] == lines
        newest = node.order_by_child("seq").limit_to_last(1).get()
        assert [encode(record) for record in newest.values()] == lines[-1:]
    finally:
        firebase_admin.delete_app(app)


def test_a_database_that_dies_and_comes_back_has_everything(tmp_path: Path, clip: Path) -> None:
    server = Server(tmp_path / "database")
    subprocess.run(command(server, tmp_path, clip, "run.max_frames=20"), check=True, stdout=subprocess.DEVNULL)
    server.end(signal.SIGKILL)
    without = subprocess.run(
        command(server, tmp_path, clip, "run.max_frames=20"), check=True, capture_output=True, text=True
    )
    assert "20 waiting for the next start" in without.stdout
    server = Server(tmp_path / "database")
    try:
        subprocess.run(command(server, tmp_path, clip, "run.max_frames=1"), check=True, stdout=subprocess.DEVNULL)
        lines = lines_of_records(tmp_path / "records.jsonl")
        assert sorted(encode(record) for record in held(server).values()) == sorted(lines)
        assert len(lines) == 41
    finally:
        server.process.kill()
        server.process.communicate()


def test_an_orderly_end_by_signal_sends_what_was_recorded(server: Server, tmp_path: Path, clip: Path) -> None:
    arguments = [*command(server, tmp_path, clip), "--realtime"]
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    while "frames" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    lines = lines_of_records(tmp_path / "records.jsonl")
    assert sorted(encode(record) for record in held(server).values()) == sorted(lines)
    assert f"{len(lines)} recorded" in printed


def test_sent_again_records_stand_alone_and_make_no_aggregates(server: Server, tmp_path: Path, clip: Path) -> None:
    run = command(server, tmp_path, clip, "run.max_frames=20")
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    sink, outbox = f"--sink=rtdb:{server.url}?ns=again", f"--set=outbox.path={tmp_path / 'again.db'}"
    for _ in range(2):
        again = [sys.executable, "-m", "device", "replay", str(tmp_path / "records.jsonl"), sink, outbox]
        done = subprocess.run(again, check=True, capture_output=True, text=True)
        assert done.stdout == "20 records and 3 events sent again\n"
    with urllib.request.urlopen(f"{server.url}/.json?ns=again", timeout=WAIT_S) as response:
        everything = json.load(response)
    assert set(everything) == {"records", "patients", "visits"}
    (boot,) = everything["records"]["tester"].values()
    assert [encode(record) for record in boot.values()] == lines_of_records(tmp_path / "records.jsonl")


@pytest.mark.parametrize(("mode", "roots"), [("seconds", {"packs", "minutes"}), ("minutes", {"minutes"})])
def test_coarser_modes_send_aggregates_and_no_record(
    server: Server, tmp_path: Path, clip: Path, mode: str, roots: set[str]
) -> None:
    arguments = command(server, tmp_path, clip, f"delivery.mode={mode}", "upload.batch=500", "run.max_frames=150")
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    with urllib.request.urlopen(f"{server.url}/.json?ns=clinic", timeout=WAIT_S) as response:
        everything = json.load(response)
    assert set(everything) == roots | {"telemetry", "patients", "visits"}
    recorded = len(lines_of_records(tmp_path / "records.jsonl"))
    (minutes,) = everything["minutes"]["tester"].values()
    assert sum(minute["frames"] for minute in minutes.values()) == recorded
    if mode == "seconds":
        (spans,) = everything["packs"]["tester"].values()
        assert sum(second["frames"] for span in spans.values() for second in unpack(span)) == recorded
