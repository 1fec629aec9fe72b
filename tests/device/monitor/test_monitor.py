"""What machines ask the box: figures as Prometheus reads them, and checks; nobody's pseudonym, and loopback alone."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from device.config import load_settings
from device.contract.errors import AddressInUseError, ConfigError
from device.host.view import Snapshot, State
from device.monitor import told
from device.monitor.figures import Figures
from device.monitor.names import BY_NAME, METRICS, table
from device.monitor.server import Metrics
from device.monitor.text import Sample, text
from device.sensors import Limit, Throttling
from device.settings import Settings
from tests.device.host.box import QUICK, WAIT_S, Box

ROOT = Path(__file__).parents[3]
RULES = ROOT / "systemd" / "prometheus" / "affectbox-alerts.yml"
FIGURES: dict[str, Any] = {
    "frames": {"recorded": 120, "measured": 100, "skipped": 3, "spared": 2, "rate": 9.5, "target": 10.0},
    "host": {"cpu": 52.0, "rss": 131.5, "memory": 40.0},
    "stages": {"count": 120, "ms": {"detect": 600.0, "total": 2400.0}},
    "models": {"emotions": "affectnet-7", "aus": "geometric"},
    "waiting": {"minute": 1, "second": 2, "record": 3, "bytes": 4096},
    "dropped": {"minute": 0, "second": 0, "record": 9},
    "budget": {"mb": 500.0},
    "month": {"bytes": 7_000_000, "projected": 30_000_000},
    **{"refused": 4, "unkept": 5, "damaged": 0, "sent": 77, "lag": 0.0, "age": 12.5},
}


class Board:
    """Sensors of a Pi."""

    def temperature(self) -> float | None:
        return 61.25

    def throttling(self) -> Throttling | None:
        return Throttling(Limit.UNDER_VOLTAGE, Limit.UNDER_VOLTAGE)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    own = [f"host.folder={tmp_path}", "device.id=room-3", "metrics.listen=127.0.0.1:0"]
    return load_settings(None, [*own, f"outbox.path={tmp_path}/outbox.db", "run.sinks=['rtdb:http://127.0.0.1:9']"])


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    assert made.interlock.close(WAIT_S)


@pytest.fixture
def served(settings: Settings, box: Box) -> Iterator[Metrics]:
    with Metrics(settings, box.clock, box.interlock) as made:
        yield made


def get(served: Metrics, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    with httpx.Client(verify=False, trust_env=False, timeout=WAIT_S) as client:  # loopback, plain
        return client.request(method, f"http://{served.address}{path}", headers=headers)


def leave(box: Box, folder: Path, **changes: Any) -> None:
    told.leave(folder, FIGURES | {"mono": box.clock.monotonic()} | changes)


def families(answer: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(answer)}


def value(answer: str, name: str, **labels: str) -> float:
    (found,) = (
        sample.value
        for family in text_string_to_metric_families(answer)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
    return float(found)


def test_every_metric_is_there_and_is_read_by_prometheus_own_parser(
    settings: Settings, box: Box, tmp_path: Path
) -> None:
    leave(box, tmp_path)
    figures = Figures(settings, box.clock, Board())  # type: ignore[arg-type]
    said = text(figures(box.watching(), figures.told()))
    assert {line.split()[2] for line in said.splitlines() if line.startswith("# TYPE")} == set(BY_NAME)
    assert value(said, "affectbox_state", state="watching") == 1.0
    assert value(said, "affectbox_state", state="idle") == 0.0
    assert value(said, "affectbox_frames_processed_total") == 120.0
    assert value(said, "affectbox_frame_stage_seconds_sum", stage="detect") == pytest.approx(0.6)
    assert value(said, "affectbox_frame_stage_seconds_count", stage="detect") == 120.0
    assert value(said, "affectbox_outbox_pending", kind="record") == 3.0
    assert value(said, "affectbox_outbox_dropped_total", kind="record") == 9.0
    assert value(said, "affectbox_network_month_limit_bytes") == 500e6
    assert value(said, "affectbox_daemon_cpu_utilization_ratio") == pytest.approx(0.52)
    assert (value(said, "hw_temperature_celsius"), value(said, "hw_under_voltage")) == (61.2, 1.0)
    assert value(said, "process_start_time_seconds") > 1.7e9
    about = families(said)["target_info"].samples[0].labels
    assert (about["device"], about["emotions"]) == ("room-3", "affectnet-7")
    assert "p-017" not in said


def test_names_tell_the_unit_and_counters_say_so() -> None:
    units = ("_seconds", "_bytes", "_ratio", "_hertz", "_celsius")
    for metric in METRICS:
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        measured = [word for word in ("second", "byte", "celsius") if word in metric.meaning.partition(";")[0]]
        told_in = metric.name.removesuffix("_total").endswith(units) or metric.kind == "counter"
        assert not measured or told_in or "a second" in metric.meaning, metric.name


def test_a_box_that_does_well_is_well(served: Metrics, box: Box, tmp_path: Path) -> None:
    leave(box, tmp_path)
    answer = get(served, "/health")
    found = {check["name"]: check["ok"] for check in answer.json()["checks"]}
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert {"host", "trouble", "delivery", "card", "clock"} <= set(found)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("changes", "check"), [({"mono": 0.0}, "delivery"), ({"lag": 7200.0, "trouble": "no route"}, "delivery")], ids=str
)
def test_what_is_wrong_with_delivery_is_a_check_that_fails(
    served: Metrics, box: Box, tmp_path: Path, changes: dict[str, Any], check: str
) -> None:
    leave(box, tmp_path, **changes)
    answer = get(served, "/health")
    failing = [one for one in answer.json()["checks"] if not one["ok"]]
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert [one["name"] for one in failing] == [check]
    said = get(served, "/metrics")
    assert value(said.text, "affectbox_daemon_up") == (0.0 if "mono" in changes else 1.0)


def test_what_a_process_left_that_is_gone_is_not_told_as_of_now(served: Metrics, box: Box, tmp_path: Path) -> None:
    leave(box, tmp_path, pid=(1 << 22) + 1)  # above any number that Linux gives a process
    assert get(served, "/health").status_code == 200, "another one may be on its way"
    said = get(served, "/metrics").text
    assert value(said, "affectbox_daemon_up") == 0.0
    assert "affectbox_frame" not in said
    leave(box, tmp_path)
    assert "affectbox_frame" in get(served, "/metrics").text


def test_trouble_fails_and_names_nobody(served: Metrics, box: Box, tmp_path: Path) -> None:
    box.launcher.script = replace(QUICK, fails="No camera for p-017.")
    box.agreed()
    box.interlock.begin("p-017")
    box.until(lambda now: now.trouble is not None)
    answers = [get(served, path) for path in ("/health", "/metrics")]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert not [answer for answer in answers if "p-017" in answer.text]
    assert value(answers[1].text, "affectbox_trouble") == 1.0
    assert value(answers[1].text, "affectbox_camera_process_failures_total") >= 1.0


def test_what_is_asked_wrongly_is_refused_and_the_next_one_served(served: Metrics) -> None:
    wrong = [("/nothing", "GET", 404), ("/metrics", "POST", 405), ("/", "GET", 200), ("/metrics?x=1", "GET", 200)]
    for path, method, status in wrong:
        assert get(served, path, method).status_code == status
    head = get(served, "/metrics", "HEAD")
    assert (head.status_code, head.text, int(head.headers["content-length"]) > 100) == (200, "", True)
    host, _, port = served.address.rpartition(":")
    for nonsense in (b"\r\n\r\n", b"GET\r\n\r\n", b"\xff" * 8000, b"GET http://x/ HTTP/1.1\r\n\r\n"):
        with socket.create_connection((host, int(port)), WAIT_S) as stream:
            stream.sendall(nonsense)
            stream.shutdown(socket.SHUT_WR)
            assert stream.recv(100).startswith(b"HTTP/1.1 400")
    for asked, status in (("evil.example", 421), ("localhost:1", 200), ("[::1]", 200)):
        assert get(served, "/metrics", Host=asked).status_code == status
    with socket.create_connection((host, int(port)), WAIT_S) as slow:
        slow.sendall(b"GET /met")
        began_s = time.monotonic()
        assert get(served, "/metrics").status_code == 200
        assert time.monotonic() - began_s < 5.0, "whoever is slow keeps nobody waiting for long"


@pytest.mark.parametrize(
    "left", ['{"frames": 3}', '{"mono": null}', '{"mono": 1000, "models": 1, "pid": 1, "stages": {"ms": 1}}']
)
def test_figures_that_cannot_be_read_cost_nothing_but_themselves(served: Metrics, tmp_path: Path, left: str) -> None:
    (tmp_path / told.FILE).write_text(left)
    for path in ("/metrics", "/health", "/metrics"):
        assert get(served, path).status_code in (200, 503)


def test_a_fault_and_a_machine_without_files_are_got_over(
    served: Metrics, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(served, "_host", None)
        assert get(served, "/metrics").status_code == 500
    assert "AttributeError" in capsys.readouterr().err
    accept, refused = served._listening.accept, threading.Event()

    class Starved:
        def accept(self) -> object:
            if not refused.is_set():
                refused.set()
                raise OSError(24, "Too many open files")
            return accept()

    with monkeypatch.context() as starved:
        starved.setattr(served, "_listening", Starved())
        starved.setattr("device.monitor.server._AGAIN_S", 0.01)
        assert get(served, "/health").status_code == 503  # whoever was waited for already
        assert refused.wait(WAIT_S)
        assert get(served, "/metrics").status_code == 200


def test_a_label_is_escaped() -> None:
    said = text([Sample("target_info", 1, {"board": 'a "b"\\c\nd'})])
    assert families(said)["target_info"].samples[0].labels["board"] == 'a "b"\\c\nd'


def test_a_port_that_is_taken_is_a_sentence(served: Metrics, settings: Settings, box: Box) -> None:
    taken = load_settings(None, [f"metrics.listen={served.address}"])
    with pytest.raises(AddressInUseError, match=r"metrics\.listen"):
        Metrics(taken, box.clock, box.interlock)


def test_a_network_reads_it_only_where_somebody_said_that_it_is_unencrypted(box: Box) -> None:
    for address in ("0.0.0.0:9464", "[::]:9464", "192.0.2.7:9464", "box.local:9464"):
        with pytest.raises(ConfigError, match="without encryption"):
            load_settings(None, [f"metrics.listen={address}"])
        assert load_settings(None, [f"metrics.listen={address}", "metrics.allow_plain=true"]).metrics.place[1] == 9464
    for nothing in (":9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"):
        with pytest.raises(ConfigError, match=r"such as '127\.0\.0\.1:9464'"):
            load_settings(None, [f"metrics.listen={nothing}"])
    with Metrics(load_settings(None, ["metrics.listen=[::1]:0"]), box.clock, box.interlock) as made:
        assert get(made, "/metrics").status_code == 200


def test_the_docs_tell_every_metric() -> None:
    assert table() in (ROOT / "docs" / "pi.md").read_text()


def test_alerts_ask_for_metrics_that_there_are() -> None:
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    asked = {name for rule in rules for name in re.findall(r"\b(?:affectbox|hw|system|process)_[a-z_]+", rule["expr"])}
    assert asked - set(BY_NAME) == set()
    assert len(asked) >= 15


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool on this machine")
def test_promtool_finds_nothing_wrong(settings: Settings, box: Box, tmp_path: Path) -> None:
    leave(box, tmp_path)
    figures = Figures(settings, box.clock, Board())  # type: ignore[arg-type]
    said = text(figures(box.now, figures.told()))
    for arguments, given in ((["check", "metrics"], said), (["check", "rules", str(RULES)], "")):
        done = subprocess.run(
            ["promtool", *arguments], check=False, input=given, capture_output=True, text=True, timeout=WAIT_S
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_host_that_stands_still_is_idle(served: Metrics, box: Box) -> None:
    now: Snapshot = box.now
    assert now.state is State.IDLE
    assert value(get(served, "/metrics").text, "affectbox_state", state="idle") == 1.0
