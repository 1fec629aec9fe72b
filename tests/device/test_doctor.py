"""`affectbox doctor` beside camera and database: who is asked, card, network, clock, units."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device.cli import main
from device.clock import FakeClock
from device.config import load_settings
from device.contract.address import DatabaseUrl
from device.contract.control import Do
from device.contract.errors import CheckFailedError
from device.contract.finding import Finding, Level
from device.contract.release import MANIFEST
from device.delivery.opening import open_outbox
from device.examination import card, conditions, network, releases, units
from device.examination.account import stand_in
from device.examination.findings import no_sink
from device.host.desk import Desk
from device.host.scripted import Script
from device.host.view import State
from device.sensors import Limit, Throttling
from device.update.layout import Layout
from device.update.standing import Standing, Step, tell
from tests.device.host.box import QUICK, Box
from tests.peers import Peer, Raw
from tests.releases import Box as ReleaseBox

YEAR = 2026
ROOT = Path(__file__).parents[2]


# --- where records go


def test_a_box_that_keeps_nothing_is_a_fault_and_a_command_without_a_sink_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = ReleaseBox(tmp_path / "box", tmp_path)
    box.begin_with("1.0")
    assert no_sink(box.layout).level is Level.FAIL
    arguments = ["--set", f"host.folder={tmp_path}", "--set", f"outbox.path={tmp_path / 'outbox.db'}"]
    main(["doctor", *arguments])
    assert re.search(r"^warning  sink .*nothing of a session would be kept", capsys.readouterr().out, re.M)


# --- while the service runs


def test_a_service_that_holds_the_outbox_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peer = Peer()
    place = [f"outbox.path={tmp_path / 'outbox.db'}", "device.id=box-1"]
    sink = f"rtdb:http://127.0.0.1:{peer.server.server_port}?ns=clinic"
    with open_outbox(load_settings(None, place)):
        assert main(["doctor", "--sink", sink, "--set", place[0], "--set", place[1]]) == 0
    peer.close()
    printed = capsys.readouterr().out
    assert "FAIL" not in printed
    assert "in use by the running service" in printed
    assert peer.held == {}, "what the service tells of itself is not overwritten"


COVERED = Finding(Level.WARNING, "face", "too dark: more light on the face")
SILENT = Finding(Level.FAIL, "source", "The camera gives no pictures: plug it in again.")


@contextmanager
def host(folder: Path, script: Script) -> Iterator[Box]:
    """A host process, of which the daemon is scripted, and its control socket."""
    box = Box(folder, script)
    with Desk(folder, box.interlock):
        yield box


@pytest.mark.parametrize("found", [(COVERED,), (COVERED, SILENT)])
def test_the_host_process_is_asked_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: tuple[Finding, ...]
) -> None:
    with host(tmp_path, replace(QUICK, findings=found)) as box:
        code = main(["doctor", "--set", f"host.folder={tmp_path}", "--set", "run.source=v4l2:/dev/video99"])
    assert code == (CheckFailedError.exit_code if SILENT in found else 0)
    assert box.daemon.orders[0].do is Do.EXAMINE
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(found)] == [finding.line() for finding in found]
    assert " units " in lines[len(found)]
    assert "/dev/video99" not in str(lines)


def test_a_daemon_that_cannot_be_started_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with host(tmp_path, replace(QUICK, fails="No model is here.")):
        assert main(["doctor", "--set", f"host.folder={tmp_path}"]) == CheckFailedError.exit_code
    assert "No model is here." in capsys.readouterr().out


def test_during_a_session_the_rest_is_examined_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with host(tmp_path, QUICK) as box:
        box.watching()
        box.until(lambda now: now.report is not None and now.report.recorded > 0)
        arguments = ["--set", f"host.folder={tmp_path}", "--set", "run.source=v4l2:/dev/video99"]
        assert main(["doctor", *arguments]) == 0
        assert box.now.state is State.WATCHING
    printed = capsys.readouterr().out
    assert "A session is open: end it first. Camera and face are not looked at." in printed
    assert re.search(r"^ok       session    \d+ frames recorded", printed, re.M)
    assert "ok       models" in printed
    assert "/dev/video99" not in printed


def test_where_no_host_process_runs_this_one_looks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--set", f"host.folder={tmp_path}", "--set", "run.source=v4l2:/dev/video99"]
    assert main(["doctor", *arguments]) == CheckFailedError.exit_code
    printed = capsys.readouterr().out
    assert "/dev/video99" in printed
    assert " host " not in printed


@pytest.mark.parametrize("answer", [b"", b'{"report": {"findings": [{"level": "odd"}]}}\n', b"[1]\n", b"nonsense\n"])
def test_a_host_process_that_says_nothing_sensible_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: bytes
) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "control.sock"))
    server.listen()

    def serve() -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as lines:
            lines.readline()
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    with server:
        assert main(["doctor", "--set", f"host.folder={tmp_path}"]) == CheckFailedError.exit_code
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("FAIL")] == [line for line in lines if " host " in line]
    assert any(line.startswith("ok       models") for line in lines)


def test_nothing_is_installed_here_so_the_doctor_stays_who_it_is(tmp_path: Path) -> None:
    before = os.environ.get("STATE_DIRECTORY"), os.geteuid()
    assert stand_in(tmp_path / "config.toml", tmp_path) is None
    assert (os.environ.get("STATE_DIRECTORY"), os.geteuid()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another account needs root")
def test_on_an_installed_box_root_looks_as_the_box_and_leaves_nothing_of_its_own() -> None:
    script = """if True:
        import sys
        from pathlib import Path
        from device.config import load_settings
        from device.examination.account import stand_in
        from device.examination.findings import _outbox
        stand_in(*map(Path, sys.argv[1:]))
        print(_outbox(load_settings(None, [])))"""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        state, config = Path(folder) / "state", Path(folder) / "config.toml"
        Path(folder).chmod(0o755)
        state.mkdir(mode=0o700)
        config.touch()
        os.chown(state, 65534, 65534)
        command = [sys.executable, "-c", script, config, state]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert f"{state}/outbox.db: 0 waiting" in done.stdout
        assert {path.stat().st_uid for path in state.iterdir()} == {65534}


def test_a_fleet_reads_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--here", "--json", "--set", "models.face=gone-1.0.0", "--set", "device.id=room-3"]
    assert main(["doctor", *arguments]) == CheckFailedError.exit_code
    said = json.loads(capsys.readouterr().out)
    assert (said["device"], said["ok"]) == ("room-3", False)
    by_name = {finding["what"]: finding for finding in said["findings"]}
    assert by_name["models"]["level"] == "fail"
    assert "affectbox-converter fetch" in by_name["models"]["text"]
    assert {"account", "outbox", "room", "card", "clock"} <= by_name.keys()


def test_unsigned_models_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--here", "--set", "models.allow_unsigned=true"]) == 0
    assert "warning  models" in capsys.readouterr().out


# --- the card

SD = {"type": "SD", "name": "SC32G", "date": "03/2024"}
EMMC = {"type": "MMC", "name": "BJTD4R", "date": "01/2023", "life_time": "0x02 0x04", "pre_eol_info": "0x01"}


def kernel(folder: Path, disk: dict[str, str], system: dict[str, str]) -> Path:
    """A folder as the kernel's /sys, in which `folder` is on the second part of a card."""
    sys, number = folder / "sys", folder.stat().st_dev
    part = sys / "devices" / "mmc0" / "block" / "mmcblk0" / "mmcblk0p2"
    part.mkdir(parents=True)
    (part / "partition").write_text("2\n")
    (sys / "dev" / "block").mkdir(parents=True)
    (sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").symlink_to(part)
    for place, files in ((part.parent / "device", disk), (sys / "fs" / "ext4" / "mmcblk0p2", system)):
        place.mkdir(parents=True)
        for name, text in files.items():
            (place / name).write_text(text + "\n")
    return sys


@pytest.mark.parametrize(
    ("disk", "system", "level", "says"),
    [
        (SD, {"errors_count": "0", "lifetime_write_kbytes": "7000000"}, "ok", "SD SC32G of 03/2024: it does not tell"),
        (SD, {"errors_count": "0", "lifetime_write_kbytes": "7000000"}, "ok", "no errors so far; 7 GB written"),
        (SD, {"errors_count": "3"}, "fail", "3 errors of its file system were found"),
        (SD, {}, "ok", "it does not tell how worn it is"),
        (EMMC, {"errors_count": "0"}, "ok", "MMC BJTD4R of 01/2023: up to 40 % of its life is used"),
        (EMMC | {"life_time": "0x0a 0x01"}, {}, "warning", "up to 100 %"),
        (EMMC | {"life_time": "0x0b 0x01"}, {}, "warning", "past the life"),
        (EMMC | {"pre_eol_info": "0x02"}, {}, "warning", "replace it soon"),
        (EMMC | {"pre_eol_info": "0x03"}, {}, "fail", "replace it now"),
        (EMMC | {"life_time": "0x00 0x00"}, {}, "ok", "it does not tell"),
        (EMMC | {"life_time": "garbled"}, {"errors_count": "many"}, "ok", "it does not tell"),
    ],
)
def test_the_card_tells_its_wear_or_that_it_does_not(
    tmp_path: Path, disk: dict[str, str], system: dict[str, str], level: str, says: str
) -> None:
    found = card.wear(card.disk_of(tmp_path, kernel(tmp_path, disk, system)))
    assert (found.level, says in found.text) == (level, True), found


def test_a_folder_in_memory_is_on_no_card(tmp_path: Path) -> None:
    assert "does not tell" in card.wear(card.disk_of(tmp_path, tmp_path)).text


def test_the_disk_of_this_machine_is_examined(tmp_path: Path) -> None:
    assert [finding.what for finding in card.examine(tmp_path)] == ["room", "card"]


# --- the network


def linked(folder: Path, **states: str) -> Path:
    for name, state in states.items():
        (folder / "net" / name).mkdir(parents=True)
        (folder / "net" / name / "operstate").write_text(state + "\n")
    return folder / "net"


@pytest.mark.parametrize(
    ("states", "there"),
    [
        ({"lo": "unknown", "eth0": "down", "wlan0": "dormant"}, False),
        ({"lo": "unknown", "wlan0": "up"}, True),
        ({"lo": "unknown", "usb0": "unknown"}, True),
    ],
)
def test_without_a_link_the_cable_is_named_and_nobody_waits(
    tmp_path: Path, states: dict[str, str], there: bool
) -> None:
    asked: list[str] = []

    def reach(url: DatabaseUrl, timeout_s: float) -> Any:
        asked.append(url.host)
        raise network.SilentError("timed out")

    url = DatabaseUrl(True, "clinic.example", 443, "")
    found = network.examine(url, 1, YEAR, linked(tmp_path, **states), reach)
    assert ("plug in the cable" in found.text, bool(asked)) == (not there, there)


def test_a_name_that_nobody_knows_is_said() -> None:
    found = network.examine(DatabaseUrl(True, "nowhere.invalid", 443, ""), 5, YEAR, Path("/nowhere"))
    assert found.level == "warning"
    assert "nowhere.invalid cannot be looked up" in found.text


def test_a_closed_port_is_said() -> None:
    found = network.examine(DatabaseUrl(False, "127.0.0.1", 9, ""), 5, YEAR)
    assert "127.0.0.1 does not answer at port 9" in found.text


def test_every_step_to_a_database_that_answers_is_timed() -> None:
    peer = Peer()
    found = network.examine(peer.url(), 5, YEAR)
    peer.close()
    assert (found.level, "name" in found.text, "connection" in found.text) == ("ok", True, True)


@pytest.fixture
def impostor(tmp_path: Path) -> DatabaseUrl:
    """Answers with a certificate that it made itself."""
    key, made = tmp_path / "key.pem", tmp_path / "made.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"]
    subprocess.run([*make, "/CN=localhost", "-keyout", key, "-out", made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)

    def treat(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True)

    return DatabaseUrl(True, "127.0.0.1", int(Raw(treat).host.partition(":")[2]), "")


def test_who_only_claims_to_be_the_database_is_not_trusted_and_the_clock_is_named(impostor: DatabaseUrl) -> None:
    found = network.examine(impostor, 5, 1970)
    assert found.level == "warning"
    assert "does not prove to be it" in found.text
    assert "clock says 1970" in found.text


# --- clock, heat, power


@pytest.mark.parametrize(
    ("clock", "says"),
    [
        (FakeClock(wall=60.0, trusted=False), "it says 1970"),
        (FakeClock(wall=1_790_000_000.0, trusted=False), "not synchronized"),
        (FakeClock(wall=1_790_000_000.0), "synchronized"),
    ],
)
def test_the_clock_is_judged(clock: FakeClock, says: str) -> None:
    time, heat = conditions.examine(clock, 84.2, None)
    assert says in time.text
    assert (time.level == "ok") == (says == "synchronized")
    assert (heat.level, "84 °C" in heat.text) == ("warning", True)


@pytest.mark.parametrize(
    ("now", "past", "level", "says"),
    [
        (Limit(0), Limit(0), "ok", "nothing slows"),
        (Limit(0), None, "ok", "nothing slows"),
        (Limit(0), Limit.CAPPED, "ok", "since it was switched on: frequency capped"),
        (
            Limit(0),
            Limit.UNDER_VOLTAGE | Limit.THROTTLED,
            "warning",
            "too little voltage, throttled; use the official",
        ),
        (Limit.UNDER_VOLTAGE, Limit.UNDER_VOLTAGE, "warning", "now too little voltage: use the official power supply"),
        (Limit.THROTTLED, Limit(0), "warning", "now throttled: more air"),
    ],
)
def test_power_is_told_now_and_since_the_start(now: Limit, past: Limit | None, level: str, says: str) -> None:
    *_, power = conditions.examine(FakeClock(), None, Throttling(now, past))
    assert (power.what, power.level, says in power.text) == ("power", level, True), power


# --- units

GOOD = dict.fromkeys(units.ALWAYS, ("loaded", "active", "success", "0"))
GOOD |= dict.fromkeys(units.NOW_AND_THEN, ("loaded", "inactive", "success", "0"))


def shown(**changes: tuple[str, str, str, str]) -> str:
    """What systemctl prints, with some units otherwise than well."""
    rows = GOOD | {f"affectbox-{name.replace('_', '.')}": state for name, state in changes.items()}
    form = "NRestarts={3}\nResult={2}\nId={name}\nLoadState={0}\nActiveState={1}\n"
    return "\n".join(form.format(*state, name=name) for name, state in rows.items())


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        ({}, "ok", "9 of the box are as they should be"),
        ({"host_service": ("loaded", "failed", "exit-code", "0")}, "fail", "journalctl -u affectbox-host.service"),
        ({"host_service": ("loaded", "inactive", "success", "0")}, "fail", "systemctl enable --now affectbox-host"),
        ({"host_service": ("loaded", "active", "success", "4")}, "warning", "was started again 4 times"),
        ({"host_service": ("loaded", "active", "success", "1")}, "warning", "was started again once"),
        ({"session_socket": ("not-found", "inactive", "success", "0")}, "fail", "install the box again"),
        ({"session_service": ("loaded", "failed", "watchdog", "0")}, "warning", "failed (watchdog)"),
        ({"maintenance_timer": ("loaded", "inactive", "success", "0")}, "warning", "maintenance.timer does not run"),
        ({"host_service": ("not-found", "inactive", "success", "0")}, "ok", "not installed as a service"),
    ],
)
def test_units_are_judged_by_what_systemd_says(
    changes: dict[str, tuple[str, str, str, str]], level: str, says: str
) -> None:
    (found,) = units.judge(shown(**changes))
    assert (found.level, says in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("controllers", "limits"),
    [("cpuset cpu io pids\n", False), ("cpuset cpu io memory pids\n", True), ("\n", False), (None, True)],
    ids=["a Raspberry Pi", "with memory", "none", "version 1"],
)
def test_a_kernel_that_limits_no_memory_is_told_of(tmp_path: Path, controllers: str | None, limits: bool) -> None:
    file = tmp_path / "cgroup.controllers"
    if controllers is not None:
        file.write_text(controllers)
    (found,) = units.judge(shown(), units.limits_memory(file))
    assert (found.level, "cgroup_enable=memory" in found.text) == (Level.OK if limits else Level.WARNING, not limits)


def test_the_units_of_this_machine_are_asked_for() -> None:
    assert {finding.what for finding in units.examine()} == {"units"}


def test_every_unit_that_ships_is_examined() -> None:
    names = {path.name for path in (ROOT / "systemd" / "units").glob("affectbox-*.*")}
    known = {*units.ALWAYS, *units.NOW_AND_THEN}
    assert {
        name for name in names if name.endswith((".service", ".socket", ".timer", ".path")) and "@" not in name
    } <= known


# --- releases


@pytest.mark.parametrize(
    ("proven", "step", "level", "says"),
    [
        ("0.3.0", Step.NONE, "ok", "0.3.0 runs and has proven itself"),
        ("0.2.0", Step.TRYING, "warning", "has yet to prove itself"),
        ("0.3.0", Step.BACK, "warning", "came to nothing: It gave no frames."),
    ],
)
def test_the_release_that_runs_is_told(tmp_path: Path, proven: str, step: Step, level: str, says: str) -> None:
    places = Layout(tmp_path)
    for version in ("0.2.0", "0.3.0"):
        places.folder(version).mkdir(parents=True)
        (places.folder(version) / MANIFEST).touch()
    places.run.mkdir(parents=True)
    places.switch("current", "0.3.0")
    places.switch("proven", proven)
    tell(places, Standing(step, "0.3.0", "0.4.0", "It gave no frames."))
    (found,) = releases.examine(places)
    assert (found.level, says in found.text) == (level, True), found


def test_where_nothing_is_installed_no_release_is_told(tmp_path: Path) -> None:
    assert list(releases.examine(Layout(tmp_path))) == []
