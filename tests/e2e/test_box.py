"""The host process and the real camera daemon, as a box has them: two processes, one session."""

import json
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from device.cli import main
from device.clock import SystemClock
from device.config import load_settings
from device.contract.session import Why
from device.host.hosting import Hosting, launcher_of
from device.host.interlock import Interlock
from device.host.view import Light, Snapshot, State
from device.settings import Settings
from tests.recordings import events_in, records_in

WAIT_S = 60.0


@pytest.fixture
def settings(clip: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[str]]:
    assignments = [
        f"host.folder={tmp_path_factory.mktemp('h')}",
        "page.address=",
        "metrics.listen=127.0.0.1:0",
        "device.id=room-3",
        f"run.source={clip}",
        f"run.sinks=['jsonl:{tmp_path / 'records.jsonl'}']",
        "run.pace=realtime",
    ]
    passed = [word for text in assignments for word in ("--set", text)]
    return load_settings(None, assignments), passed


@pytest.fixture
def hosting(settings: tuple[Settings, list[str]]) -> Iterator[Hosting]:
    stop = threading.Event()
    with Hosting(settings[0], SystemClock(), launcher_of(*settings)) as made:
        running = threading.Thread(target=made.run, args=(stop,))
        running.start()
        yield made
        stop.set()
        running.join(WAIT_S)


def until(interlock: Interlock, holds: Callable[[Snapshot], bool]) -> Snapshot:
    deadline_s, now = time.monotonic() + WAIT_S, interlock.snapshot()
    while not holds(now):
        assert time.monotonic() < deadline_s, f"still {now}"
        now = interlock.wait(now.number, 1.0)
    return now


def scraped(hosting: Hosting) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What Prometheus reads: name and labels → value."""
    assert hosting.metrics is not None
    with urllib.request.urlopen(f"http://{hosting.metrics.address}/metrics", timeout=WAIT_S) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {(one.name, tuple(one.labels.items())): one.value for family in families for one in family.samples}


def test_a_session_outlives_its_daemon_and_ends_with_the_consent(hosting: Hosting, tmp_path: Path) -> None:
    interlock = hosting.interlock
    others = psutil.Process().children()  # of other tests
    interlock.consent("p-017", ("expressions", "units"), "guardian")
    interlock.begin("p-017")
    first = until(interlock, lambda now: now.report is not None and now.report.recorded > 3)
    assert (first.state, first.light, first.camera_open) == (State.WATCHING, Light.ON, True)
    assert first.glimpse is not None
    until(interlock, lambda now: ("affectbox_frames_processed_total", ()) in scraped(hosting))
    told = scraped(hosting)
    assert told["affectbox_state", (("state", "watching"),)] == told["affectbox_camera_open", ()] == 1.0

    (daemon,) = set(psutil.Process().children()) - set(others)
    daemon.send_signal(signal.SIGKILL)
    second = until(interlock, lambda now: now.session not in ("", first.session) and now.state is State.WATCHING)
    assert (second.restarts, second.trouble) == (1, None)

    interlock.revoke()
    until(interlock, lambda now: now.state is State.IDLE and now.light is Light.OFF)
    assert not set(psutil.Process().children()) - set(others)
    events = events_in(tmp_path / "records.jsonl")
    began = [event for event in events if event["event"] == "began"]
    assert [event["session"] for event in began] == [first.session, second.session]
    assert (began[1]["continues"], events[-1]["why"]) == (first.session, Why.REVOKED)
    assert {record["session"] for record in records_in(tmp_path / "records.jsonl")} <= {first.session, second.session}


def test_doctor_is_told_by_the_daemon_what_it_sees(
    hosting: Hosting, settings: tuple[Settings, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", *settings[1], "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    found = {finding["what"]: finding for finding in said["findings"]}
    assert found["face"]["level"] == "ok"
    assert {"models", "outbox", "card", "units"} <= found.keys()
    assert "host" not in found
    assert hosting.interlock.snapshot().state is State.IDLE
