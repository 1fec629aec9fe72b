"""Metrics of the machine, sampled at most once a second so that asking costs nothing."""

import threading
from dataclasses import dataclass, replace

import psutil

from device.clock import Clock
from device.contract.fields import Json
from device.sensors import Sensors, Throttling

SAMPLE_S = 1.0


@dataclass(frozen=True)
class Host:
    """One sample.

    Attributes:
        cpu: processor share of this process, per cent of one core; None before there was time to measure it.
        rss: resident memory of this process, MB.
        memory: memory of the machine in use, per cent.
        temperature: degrees Celsius, or None where the machine does not tell.
        throttling: what limits the processor, or None where the machine does not tell.
    """

    cpu: float | None
    rss: float
    memory: float
    temperature: float | None = None
    throttling: Throttling | None = None

    @property
    def throttled(self) -> bool | None:
        """Whether anything limits the processor now, or None where the machine does not tell."""
        return None if self.throttling is None else bool(self.throttling.now)

    def to_json(self) -> Json:
        """As records and telemetry hold it: rounded, without what the machine does not tell."""
        known = {"cpu": self.cpu, "rss": self.rss, "memory": self.memory, "temperature": self.temperature}
        rounded: Json = {name: round(value, 1) for name, value in known.items() if value is not None}
        return rounded if self.throttled is None else rounded | {"throttled": self.throttled}


class HostMeter:
    """Samples this process and the machine; may be asked from any thread."""

    def __init__(self, clock: Clock, sensors: Sensors | None = None) -> None:
        self._clock = clock
        self._sensors = sensors or Sensors()
        self._lock = threading.Lock()
        self._process = psutil.Process()
        self._process.cpu_percent()
        self._sampled_s = clock.monotonic()
        self._host = replace(self._sample(), cpu=None)

    def __call__(self) -> Host:
        """The newest sample, at most `SAMPLE_S` old."""
        with self._lock:
            now = self._clock.monotonic()
            if now - self._sampled_s >= SAMPLE_S:
                self._sampled_s, self._host = now, self._sample()
            return self._host

    def _sample(self) -> Host:
        return Host(
            cpu=self._process.cpu_percent(),
            rss=self._process.memory_info().rss / 1e6,
            memory=psutil.virtual_memory().percent,
            temperature=self._sensors.temperature(),
            throttling=self._sensors.throttling(),
        )
