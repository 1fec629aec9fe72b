"""Metrics of the machine, sampled at most once a second so that asking costs nothing."""

from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from device.clock import Clock
from device.contract.fields import Json

SAMPLE_S = 1.0
_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
#: Raspberry Pi firmware: bits 0–3 are under-voltage, frequency cap, throttling and soft temperature limit *now*.
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_NOW_BITS = 0xF


@dataclass(frozen=True)
class Host:
    """One sample.

    Attributes:
        cpu: processor share of this process, per cent of one core; None before there was time to measure it.
        rss: resident memory of this process, MB.
        memory: memory of the machine in use, per cent.
        temperature: degrees Celsius, or None where the machine does not tell.
        throttled: whether the firmware limits the processor now, or None where the machine does not tell.
    """

    cpu: float | None
    rss: float
    memory: float
    temperature: float | None
    throttled: bool | None

    def to_json(self) -> Json:
        """As records and telemetry hold it: rounded, without what the machine does not tell."""
        known = {"cpu": self.cpu, "rss": self.rss, "memory": self.memory, "temperature": self.temperature}
        rounded: Json = {name: round(value, 1) for name, value in known.items() if value is not None}
        return rounded if self.throttled is None else rounded | {"throttled": self.throttled}


class HostMeter:
    """Samples this process and the machine."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._process = psutil.Process()
        self._process.cpu_percent()
        self._sampled_s = clock.monotonic()
        self._host = replace(self._sample(), cpu=None)

    def __call__(self) -> Host:
        """The newest sample, at most `SAMPLE_S` old."""
        now = self._clock.monotonic()
        if now - self._sampled_s >= SAMPLE_S:
            self._sampled_s, self._host = now, self._sample()
        return self._host

    def _sample(self) -> Host:
        return Host(
            cpu=self._process.cpu_percent(),
            rss=self._process.memory_info().rss / 1e6,
            memory=psutil.virtual_memory().percent,
            temperature=_temperature(),
            throttled=_throttled(),
        )


def _temperature() -> float | None:
    try:
        return int(_THERMAL.read_text()) / 1000
    except (OSError, ValueError):
        return None


def _throttled() -> bool | None:
    try:
        return bool(int(_THROTTLED.read_text(), 16) & _NOW_BITS)
    except (OSError, ValueError):
        return None
