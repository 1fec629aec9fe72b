"""A running box, with its real processes, tells machines everything that the docs list."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from device.clock import SystemClock
from device.config import load_settings
from device.host.hosting import Hosting, launcher_of
from device.monitor.names import METRICS

WAIT_S = 60.0
#: What only a board tells, or a database that took something.
_ELSEWHERE = {"hw_temperature_celsius", "hw_throttled", "hw_under_voltage", "affectbox_upload_age_seconds"}


@pytest.fixture
def hosting(clip: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    assignments = [
        f"host.folder={tmp_path_factory.mktemp('h')}",
        "page.address=",
        "metrics.listen='127.0.0.1:0'",
        "device.id=room-3",
        f"outbox.path={tmp_path / 'outbox.db'}",
        f"run.source=standin:{clip}",
        "run.sinks=['rtdb:http://127.0.0.1:9?ns=clinic']",
    ]
    settings, stop = load_settings(None, assignments), threading.Event()
    passed = [word for text in assignments for word in ("--set", text)]
    with Hosting(settings, SystemClock(), launcher_of(settings, passed)) as made, ExitStack() as stack:
        running = threading.Thread(target=made.run, args=(stop,))
        running.start()
        stack.callback(running.join, WAIT_S)
        stack.callback(stop.set)
        yield made


def asked(hosting: Hosting, path: str) -> str:
    assert hosting.metrics is not None
    try:
        with urllib.request.urlopen(f"http://{hosting.metrics.address}{path}", timeout=WAIT_S) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        assert error.code == 503
        return error.read().decode()


@pytest.mark.chaos
def test_a_running_session_tells_every_metric_that_the_docs_list(hosting: Hosting) -> None:
    interlock = hosting.interlock
    interlock.consent("p-017", ("expressions", "units"), "guardian")
    interlock.begin("p-017")
    deadline_s, now, said = time.monotonic() + WAIT_S, interlock.snapshot(), ""
    while 'affectbox_frame_stage_seconds_count{stage="total"}' not in said:
        assert time.monotonic() < deadline_s, said
        now = interlock.wait(now.number, 1.0)
        said = asked(hosting, "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(said)}
    told = {sample.name for family in families.values() for sample in family.samples}
    bare = {name.removesuffix("_sum").removesuffix("_count") for name in told}
    assert {metric.name for metric in METRICS} - bare <= _ELSEWHERE
    assert bare - {metric.name for metric in METRICS} == set()
    values = {sample.name: sample.value for family in families.values() for sample in family.samples}
    assert values["affectbox_frames_processed_total"] > 0
    assert values["affectbox_frame_rate_target_hertz"] > 0
    assert values["affectbox_daemon_resident_memory_bytes"] > 50e6
    health = json.loads(asked(hosting, "/health"))
    assert {"host", "trouble", "delivery", "card", "clock"} <= {check["name"] for check in health["checks"]}
    assert "p-017" not in said + json.dumps(health)
