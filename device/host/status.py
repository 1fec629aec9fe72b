"""Tells systemd and `status.json` how things stand: without clinical content, without a pseudonym."""

import os
from contextlib import suppress
from pathlib import Path

from device.clock import Clock
from device.contract.fields import LONGEST, Json, encode
from device.contract.status import FILE, VERSION
from device.contract.version import version
from device.host.view import Snapshot, State
from device.notify import notify

#: It is written once a second at most, and once in so many seconds at least.
_LEAST_S, _MOST_S = 1.0, 10.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Status:
    """`show` is called whenever something may have changed."""

    def __init__(self, folder: Path, device: str, clock: Clock) -> None:
        self._path = folder / FILE
        self._device = device
        self._clock = clock
        self._version = version()
        self._written_s = -_MOST_S
        self._number = -1
        self._told = ""

    def show(self, now: Snapshot) -> None:
        """Write what has changed; a folder that takes nothing is no reason to stop."""
        if (sentence := told(now)) != self._told:
            self._told = sentence
            notify(f"STATUS={sentence}")
        age_s = self._clock.monotonic() - self._written_s
        if age_s >= _MOST_S or (now.number != self._number and age_s >= _LEAST_S):
            self._written_s, self._number = self._clock.monotonic(), now.number
            self._write(encode(self._status(now)))

    def close(self) -> None:
        """There is no host process any more."""
        self._path.unlink(missing_ok=True)

    def _status(self, now: Snapshot) -> Json:
        known: Json = {
            "v": VERSION,
            "device": self._device,
            "version": self._version,
            "time": round(self._clock.wall(), 3),
            "trusted": now.clock_trusted,
            "state": now.state.value,
            "seconds": round(now.state_s, 1),
            "camera": now.camera_open,
            "lamp": now.light.value,
            "fitted": now.lamp,
            "unattended": now.unattended,
            "restarts": now.restarts,
            "rss": {"host": round(resident_mb(), 1)},
        }
        for name, notice in (("trouble", now.trouble), ("notice", now.notice)):
            if notice is not None:
                known[name] = notice.text[:LONGEST]
        return _with_report(known, now)

    def _write(self, body: bytes) -> None:
        part = self._path.with_suffix(".part")
        with suppress(OSError):
            part.write_bytes(body + b"\n")
            part.chmod(0o640)
            part.replace(self._path)


def told(now: Snapshot) -> str:
    """The state in one line, for `systemctl status`; it changes once a minute at most while a state lasts."""
    words = now.state.value
    if now.patient:
        words += f", {now.session_s // 60:.0f} min of the session"
    if now.state is State.WATCHING and now.report is not None:
        words += f", {round(now.report.rate)} frames a second"
    if now.unattended:
        words += ", unattended"
    return f"{words}; {now.trouble.text}" if now.trouble else words


def resident_mb() -> float:
    """Resident memory of this process, MB (10^6 bytes). Source: proc_pid_statm(5)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES / 1e6


def _with_report(known: Json, now: Snapshot) -> Json:
    report = now.report
    if report is None:
        return known
    known |= {"rate": round(report.rate, 1), "recorded": report.recorded, "measured": report.measured}
    known["waiting"] = report.waiting
    if report.temperature is not None:
        known["temperature"] = round(report.temperature, 1)
    if report.throttled is not None:
        known["throttled"] = report.throttled
    if report.rss:
        known["rss"]["daemon"] = round(report.rss, 1)
    return known
