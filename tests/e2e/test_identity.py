"""An enrolled box and a database that enforces the rules: what it writes is accepted, and what it may not is kept."""

import json
import shutil
import threading
import time
from pathlib import Path

import pytest

from device.clock import SystemClock
from device.commands.doctor import findings
from device.config import load_settings
from device.contract.session import is_event
from device.host.desk import Desk
from device.host.view import State
from device.service.beginning import beginning_of
from device.service.service import Service
from device.settings import Settings
from tests.device.host.box import Box
from tests.e2e.enrolled import DEVICE, held, put, stream
from tests.identity_service import API_KEY, REFRESH_TOKEN, IdentityService
from tests.servers import WAIT_S, Server

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine: nothing evaluates rules")
FRAMES = 40


def settings(server: Server, tmp_path: Path, clip: Path, *more: str) -> Settings:
    sinks = [f"jsonl:{tmp_path / 'records.jsonl'}", f"rtdb:{server.url}?ns=clinic"]
    run = {"source": str(clip), "sinks": sinks, "max_frames": FRAMES}
    assignments = [
        f"device.id={DEVICE}",
        f"outbox.path={tmp_path / 'outbox.db'}",
        "upload.interval_s=0.05",
        "session.patient=p-0042",
        *more,
    ]
    return load_settings(None, assignments, {"run": run})


def watched(settings: Settings) -> Service:
    """A service that has held one session and ended."""
    with Service(settings, SystemClock()) as service:
        service.watch(beginning_of(settings.session, SystemClock()))
    return service


def test_an_enrolled_box_delivers_everything(
    server: Server, tmp_path: Path, clip: Path, identity_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = (f"identity.file={identity_file}", "delivery.packed=false", "upload.interval_s=60")  # sent at the end
    enrolled = settings(server, tmp_path, clip, *given)
    app = watched(enrolled)
    assert app.outbox is not None
    counts = app.outbox.counts()
    assert (counts.pending, counts.inflight, counts.dead) == (0, 0, 0)
    (session,) = held(server, f"records/{DEVICE}").values()
    lines = [json.loads(line) for line in (tmp_path / "records.jsonl").read_bytes().splitlines()]
    assert list(session.values()) == [line for line in lines if not is_event(line)]
    (events,) = held(server, "visits/p-0042").values()
    assert list(events.values()) == [line for line in lines if is_event(line)]
    assert held(server, f"telemetry/{DEVICE}")["state"] == "ended"
    assert held(server, f"telemetry/{DEVICE}")["waiting"]["record"] == 0
    assert [finding.text for finding in findings(enrolled) if finding.what == "sink"][1].endswith("takes writes")
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != identity_file]
    shown = b"".join(path.read_bytes() for path in files) + "".join(capfd.readouterr()).encode()
    assert b"eyJ" not in shown, "a token was written down or shown"
    assert REFRESH_TOKEN.encode() not in shown
    assert API_KEY.encode() not in shown


def test_a_box_that_is_not_enrolled_is_not_let_in_and_loses_nothing(
    server: Server, tmp_path: Path, clip: Path
) -> None:
    app = watched(settings(server, tmp_path, clip))
    assert app.outbox is not None
    assert app.uploader is not None
    assert app.outbox.counts().pending >= FRAMES
    assert app.outbox.counts().dead == 0
    assert "401" in app.uploader.trouble
    assert held(server, "") is None


def test_a_revoked_box_says_so_and_loses_nothing(
    server: Server, tmp_path: Path, clip: Path, identity_file: Path, identity_service: IdentityService
) -> None:
    identity_service.refuse = "USER_DISABLED"
    app = watched(settings(server, tmp_path, clip, f"identity.file={identity_file}"))
    assert app.outbox is not None
    assert app.uploader is not None
    assert app.outbox.counts().pending >= FRAMES
    assert "the account of this box was disabled" in app.uploader.trouble
    assert held(server, "") is None


def test_a_clinician_begins_a_session_from_afar_and_reads_what_became_of_it(
    server: Server, tmp_path: Path, clip: Path, identity_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, stopping = tmp_path_factory.mktemp("h"), threading.Event()
    enrolled = settings(server, tmp_path, clip, f"identity.file={identity_file}", f"host.folder={folder}")
    box = Box(tmp_path / "host")
    box.agreed("p-0042")
    put(server, "staff/cleo", {"role": "clinician", "patients": {"p-0042": True}, "devices": {DEVICE: True}})
    until = int(1000 * time.time()) + 300_000
    command = {"v": 1, "id": "c-1", "do": "begin", "patient": "p-0042", "until": until, "by": "cleo"}
    with Desk(folder, box.interlock), Service(enrolled, SystemClock(), drains=False) as service:
        delivering = threading.Thread(target=service.deliver, args=(stopping,))
        delivering.start()
        put(server, f"control/{DEVICE}/command", command, "cleo")
        assert box.until_state(State.WATCHING).patient == "p-0042"
        told = next(line for line in stream(server, f"telemetry/{DEVICE}/control", "cleo") if b"c-1" in line)
        stopping.set()
        delivering.join(WAIT_S)
    assert b"The session begins." in told
    assert b"p-0042" not in told
    assert box.interlock.close(WAIT_S)
