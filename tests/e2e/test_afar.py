"""A clinician and an engineer, far away, and a box as it is: host process, camera daemon, delivery, rules."""

import json
import shutil
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from device.clock import SystemClock
from device.config import load_settings
from device.contract import checkup, live
from device.contract.session import is_event
from device.host.hosting import Hosting, launcher_of
from tests.e2e.enrolled import DEVICE, held, put, stream
from tests.servers import WAIT_S, Server

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine: nothing evaluates rules")
CONSENT = {"covers": ["expressions", "units", "live"], "by": "patient"}


@pytest.fixture
def box(
    server: Server, clip: Path, identity_file: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A box that runs, with the clip in the place of a camera; its file of records."""
    records = tmp_path / "records.jsonl"
    assignments = [
        f"host.folder={tmp_path_factory.mktemp('h')}",
        f"outbox.path={tmp_path / 'outbox.db'}",
        f"identity.file={identity_file}",
        "page.address=",
        "metrics.listen=",
        f"device.id={DEVICE}",
        f"run.source=standin:{clip}",
        f"run.sinks=['jsonl:{records}', 'rtdb:{server.url}?ns=clinic']",
    ]
    settings, stop = load_settings(None, assignments), threading.Event()
    passed = [word for text in assignments for word in ("--set", text)]
    with Hosting(settings, SystemClock(), launcher_of(settings, passed)) as hosting, ExitStack() as stack:
        running = threading.Thread(target=hosting.run, args=(stop,))
        running.start()
        stack.callback(running.join, WAIT_S)
        stack.callback(stop.set)
        yield records


class Desk:
    """Somebody at a desk far away."""

    def __init__(self, server: Server, who: str) -> None:
        self._server, self._who, self._given = server, who, 0

    def command(self, do: str, **more: Any) -> str:
        """Command the box; its id."""
        self._given += 1
        said = {"v": 1, "id": f"{self._who}-{self._given}", "do": do, "by": self._who, **more}
        until = int(1000 * time.time()) + 60_000
        put(self._server, f"control/{DEVICE}/command", said | {"until": until}, self._who)
        return str(said["id"])

    def watch(self) -> None:
        """Look for a minute."""
        said = {"v": 1, "until": int(1000 * time.time()) + 60_000, "by": self._who}
        put(self._server, f"control/{DEVICE}/watch", said, self._who)

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What stands at a path, as soon as something holds of it."""
        for line in stream(self._server, path, self._who):
            if line.startswith(b"data: ") and (told := json.loads(line[6:])) and holds(told["data"]):
                return told["data"]
        raise AssertionError(f"{path} did not become so")

    def answered(self, command: str) -> Any:
        """What became of a command."""
        return self.until(f"telemetry/{DEVICE}/control", lambda said: bool(said) and said.get("id") == command)


def test_a_session_is_begun_watched_and_paused_from_afar(server: Server, box: Path) -> None:
    put(server, "staff/cleo", {"role": "clinician", "patients": {"p-0042": True}, "devices": {DEVICE: True}})
    put(server, "staff/enno", {"role": "engineer"})
    cleo, enno = Desk(server, "cleo"), Desk(server, "enno")
    cleo.watch()
    said = cleo.answered(cleo.command("consent", patient="p-0042", consent=CONSENT))
    assert (said["answer"], said["done"]) == ("The consent is recorded.", True)
    assert cleo.answered(cleo.command("begin", patient="p-0042"))["done"]

    second = cleo.until(f"live/{DEVICE}", lambda there: bool(there) and there["count"] > 4)
    frames = live.records(second)
    assert any(frame["status"] == "measured" and frame["aus"] for frame in frames)
    assert second["seen"] == pytest.approx(1000 * time.time(), abs=20_000)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        next(stream(server, f"live/{DEVICE}", "enno"))
    assert cleo.answered(cleo.command("mark", name="laughs"))["answer"] == "Marked."
    refused = enno.command("doctor")
    assert not enno.until(f"telemetry/{DEVICE}", lambda said: _control(said).get("id") == refused)["control"]["done"]

    assert cleo.answered(cleo.command("pause"))["done"]
    assert cleo.until(f"live/{DEVICE}", lambda there: there is None) is None
    assert cleo.until(f"telemetry/{DEVICE}/desk/state", lambda said: said == "paused")
    assert cleo.answered(cleo.command("end"))["done"]
    assert "p-0042" not in json.dumps(held(server, f"telemetry/{DEVICE}"))
    events = [json.loads(line) for line in box.read_bytes().splitlines() if is_event(json.loads(line))]
    assert ("mark", "laughs") in {(event["event"], event.get("name")) for event in events}


@pytest.mark.chaos
def test_a_box_examines_itself_for_an_engineer_who_is_far_away(server: Server, box: Path) -> None:
    put(server, "staff/enno", {"role": "engineer"})
    enno = Desk(server, "enno")
    examined = enno.command("doctor")
    told = enno.until(f"telemetry/{DEVICE}", lambda said: _control(said).get("id") == examined)["control"]
    assert told["done"], told
    assert "attention" in told["answer"] or "well" in told["answer"]
    found = enno.until(f"checkup/{DEVICE}", lambda said: said is not None)
    checkup.validate(found)
    assert {"models", "face", "card"} <= {one["name"] for one in found["findings"].values()}


def _control(said: Any) -> Any:
    return said.get("control", {}) if isinstance(said, dict) else {}
