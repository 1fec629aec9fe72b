"""The machine that is updated, as far as the updater needs it."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from device.contract.errors import UpdateError
from device.contract.release import ARCHITECTURES

_OS_RELEASE = Path("/etc/os-release")
_BOOTED = Path("/run/systemd/system")
_HOST = "affectbox-host.service"
_UDEV = Path("/run/udev/control")
_WAIT_S = 120.0
_COMPILE_S = 900.0


class Machine(Protocol):
    """What is asked of it, and done to it."""

    suite: str
    architecture: str

    def room(self, folder: Path) -> int:
        """Free bytes on the file system of a folder."""

    def compile(self, folder: Path) -> None:
        """Let the Python files of a release start fast. Raises `UpdateError`."""

    def start(self, units: Sequence[str], wait: bool = True) -> None:
        """Let the system read its units anew, and start these anew.

        Args:
            units: what starts at boot.
            wait: for the host process. At boot it would wait for whoever waits.

        Raises:
            UpdateError: the host process does not start.
        """


class Debian:
    """Debian or Raspberry Pi OS, this very machine."""

    def __init__(self) -> None:
        self.suite = _os_release().get("VERSION_CODENAME", "")
        names = {kernel: name for name, kernel in ARCHITECTURES.items()}
        self.architecture = names.get(platform.machine(), platform.machine())

    def room(self, folder: Path) -> int:
        """See `Machine`."""
        return shutil.disk_usage(folder).free

    def compile(self, folder: Path) -> None:
        """See `Machine`."""
        _run(sys.executable, "-m", "compileall", "-q", "-j", "0", str(folder), wait_s=_COMPILE_S)

    def start(self, units: Sequence[str], wait: bool = True) -> None:
        """See `Machine`."""
        if not _BOOTED.is_dir():  # the image of a machine
            return
        _run("systemd-sysusers", "affectbox.conf")
        _run("systemd-tmpfiles", "--create", "affectbox.conf")
        if _UDEV.exists():  # not in a container
            _run("udevadm", "control", "--reload")
        _run("systemctl", "daemon-reload")
        awaited = {_HOST} if wait and _HOST in units else set()
        if others := set(units) - awaited:
            _run("systemctl", "restart", "--no-block", *sorted(others))
        if awaited and not _run("systemctl", "restart", _HOST):
            raise UpdateError("its host process does not start")


def _os_release() -> dict[str, str]:
    try:
        lines = _OS_RELEASE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name: value.strip("\"'") for name, _, value in pairs}


def _run(*command: str, wait_s: float = _WAIT_S) -> bool:
    try:
        done = subprocess.run(command, check=False, timeout=wait_s, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
