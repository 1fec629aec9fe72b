"""The unit files as systemd itself reads them, without starting anything."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd" / "units"
UNITS = sorted(FOLDER.iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service" and "User=affectbox" in unit.read_text()]
PROGRAM = re.compile(r"/opt/affectbox/(current|proven)/bin/affectbox(-update)?\b")
analysed = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")


class Sections(configparser.RawConfigParser):
    """A unit file; of keys that stand several times the last one is seen."""

    def __init__(self, unit: Path) -> None:
        super().__init__(strict=False, delimiters="=", comment_prefixes="#", interpolation=None)
        self.read(unit)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@analysed
def test_systemd_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    daemon = tmp_path / "affectbox"
    daemon.write_text("#!/bin/sh\n")
    daemon.chmod(0o755)
    for unit in UNITS:
        (tmp_path / unit.name).write_text(PROGRAM.sub(str(daemon), unit.read_text()))
    files = [tmp_path / unit.name for unit in UNITS if "@." not in unit.name]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@analysed
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_may_do_little(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=18", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_is_bounded_and_dumps_nothing(unit: Path) -> None:
    service = Sections(unit)["Service"]
    assert service["LimitCORE"] == "0", "a core file would hold a picture"
    assert service["MemorySwapMax"] == "0", "and so would swap"
    assert {"MemoryMax", "CPUQuota", "TasksMax", "LogRateLimitBurst"} <= set(service)


@pytest.mark.parametrize("name", ["host", "deliver"])
def test_what_must_always_be_there_is_started_again_for_ever(name: str) -> None:
    unit = Sections(FOLDER / f"affectbox-{name}.service")
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


def test_no_number_of_failed_sessions_closes_the_door() -> None:
    assert Sections(FOLDER / "affectbox-session.service")["Unit"]["StartLimitIntervalSec"] == "0"
    door = Sections(FOLDER / "affectbox-session.socket")["Socket"]
    assert (door["TriggerLimitIntervalSec"], door["FlushPending"]) == ("0", "yes")
