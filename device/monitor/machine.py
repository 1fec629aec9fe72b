"""The machine and this process, as the kernel tells. Source: proc_pid_stat(5), proc_meminfo(5), statvfs(3)."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from device.monitor.text import Sample
from device.sensors import Limit, Sensors

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_KB = 1024


def process() -> Iterator[Sample]:
    """This process."""
    times = os.times()
    yield Sample("process_cpu_seconds_total", round(times.user + times.system, 2))
    with suppress(OSError, ValueError, IndexError):
        resident = int(Path("/proc/self/statm").read_text().split()[1])
        yield Sample("process_resident_memory_bytes", resident * _PAGE_BYTES)
        since_boot_s = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / _TICKS
        booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
        yield Sample("process_start_time_seconds", round(int(booted.split()[1]) + since_boot_s, 2))


def memory() -> Iterator[Sample]:
    """Memory of the machine."""
    with suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        free = kilobytes["MemAvailable"] * _KB
        yield Sample("system_memory_usage_bytes", kilobytes["MemTotal"] * _KB - free, {"state": "used"})
        yield Sample("system_memory_usage_bytes", free, {"state": "free"})


def card(folder: Path) -> Iterator[Sample]:
    """Room on the card that holds a folder."""
    with suppress(OSError):
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        told = os.statvfs(there)
        free = told.f_bavail * told.f_frsize
        yield Sample(
            "system_filesystem_usage_bytes", (told.f_blocks - told.f_bfree) * told.f_frsize, {"state": "used"}
        )
        yield Sample("system_filesystem_usage_bytes", free, {"state": "free"})


def board(sensors: Sensors) -> Iterator[Sample]:
    """Heat and what limits the processor, as far as the board tells."""
    if (temperature := sensors.temperature()) is not None:
        yield Sample("hw_temperature_celsius", round(temperature, 1))
    if (throttling := sensors.throttling()) is not None:
        yield Sample("hw_throttled", bool(throttling.now))
        yield Sample("hw_under_voltage", Limit.UNDER_VOLTAGE in throttling.now)
