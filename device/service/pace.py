"""How many frames a second are looked at: as many as heat, power and the processor's budget allow.

The governor lowers the rate when

- `heat`: the processor is at `pace.hot_c` or above, by a fifth each 20 s, for heat follows slowly;
- `throttled`: the machine itself limits the processor (under-voltage, capped, throttled), likewise. The soft limit of
  a Pi 3B+, reached at 60 °C, is none of these: there the budget tells whether frames have become too dear;
- `budget`: the process took more than `pace.cores` over five seconds: to what that cost of a frame allows.

It never goes below `pace.least`, for below that little of what is measured would still hold (docs/measuring.md). If
that is not enough, it spares what can be spared: in an empty room, most of the looks for far faces, which cost more
than all else there. Networks that read a face are never spared: a record names one estimator, and its values are of
that very frame.

It rises slowly, so that it does not swing: after `pace.calm_s` without a reason, while the processor is five degrees
below `hot_c` and a frame more a second is sure to fit the budget, by one frame a second each 15 s. Until the rate is
again what it should be, the reasons stay with it.

Pure: no clock, no thread; whoever holds it says what time it is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from device.contract.fields import Json
from device.contract.labels import Slower
from device.metrics import Host
from device.sensors import Limit
from device.settings import PaceSettings

_FALL, _FALL_S = 0.8, 20.0
_RISE, _RISE_S = 1.0, 15.0
_COOLER_C = 5.0
_LIMITS = Limit.UNDER_VOLTAGE | Limit.CAPPED | Limit.THROTTLED
_WINDOW = 5  # samples, of a second each
_AIM, _SURE = 0.95, 0.9  # shares of the budget: what it falls to, and below which it rises
_STEPS = 2  # rates are of half frames a second
_SLACK = 0.1  # of a frame's time, by which one may come early


@dataclass(frozen=True)
class Pace:
    """What holds now.

    Attributes:
        rate: frames a second, at most.
        why: it is lower than it should be; () where it is not.
        sparing: whether looks for far faces are spared.
    """

    rate: float
    why: tuple[Slower, ...] = ()
    sparing: bool = False

    def to_json(self) -> Json:
        """As records and telemetry hold it."""
        slower: Json = {"why": [reason.value for reason in self.why]} if self.why else {}
        return {"rate": self.rate, **slower, **({"sparing": True} if self.sparing else {})}


class Governor:
    """Decides the pace from samples of the machine, one a second."""

    def __init__(self, settings: PaceSettings) -> None:
        self._settings = settings
        self._least = min(settings.least, settings.rate)
        self._why: set[Slower] = set()
        self._sparing = False
        self._rate = settings.rate
        self._loads: list[float] = []
        self._fell_s = -_FALL_S
        self._calm_since_s: float | None = None
        self._rose_s = 0.0

    @property
    def pace(self) -> Pace:
        """What holds now."""
        return Pace(self._rate, tuple(reason for reason in Slower if reason in self._why), self._sparing)

    def observe(self, host: Host, now_s: float) -> Pace:
        """Take a new sample of the machine, `host.cpu` being what frames cost; the pace from now on."""
        self._weigh(host)
        reasons = self._reasons(host)
        if reasons:
            self._calm_since_s = None
            if Slower.BUDGET in reasons or now_s - self._fell_s >= _FALL_S:
                self._fall(reasons, now_s)
        elif self._calm_since_s is None:
            self._calm_since_s = now_s
        elif now_s - self._calm_since_s >= self._settings.calm_s and now_s - self._rose_s >= _RISE_S:
            self._rise(host, now_s)
        return self.pace

    def _weigh(self, host: Host) -> None:
        if host.cpu is not None:
            self._loads = [*self._loads[1 - _WINDOW :], host.cpu / 100]

    def _load(self) -> float | None:
        """Cores that the process took since the pace last changed; None while too little is known."""
        return sum(self._loads) / _WINDOW if len(self._loads) == _WINDOW else None

    def _reasons(self, host: Host) -> set[Slower]:
        load = self._load()
        reasons = {
            Slower.HEAT: host.temperature is not None and host.temperature >= self._settings.hot_c,
            Slower.THROTTLED: host.throttling is not None and bool(host.throttling.now & _LIMITS),
            Slower.BUDGET: load is not None and load > self._settings.cores,
        }
        return {reason for reason, there in reasons.items() if there}

    def _fall(self, reasons: set[Slower], now_s: float) -> None:
        load, rate = self._load(), self._rate
        if reasons != {Slower.BUDGET} and now_s - self._fell_s >= _FALL_S:
            rate, self._fell_s = rate * _FALL, now_s
        if Slower.BUDGET in reasons and load is not None:
            rate = min(rate, self._rate * _AIM * self._settings.cores / load)
        lowered = max(self._least, int(rate * _STEPS) / _STEPS)
        self._sparing |= self._rate == self._least
        self._why |= reasons
        self._rate = lowered
        self._loads.clear()

    def _rise(self, host: Host, now_s: float) -> None:
        """A step up, if there is one to take and it is sure to hold."""
        load, cool_c = self._load(), self._settings.hot_c - _COOLER_C
        if not self._why or (host.temperature is not None and host.temperature > cool_c):
            return
        raised = self._rate if self._sparing else min(self._rate + _RISE, self._settings.rate)
        if load is None or load * raised / self._rate > _SURE * self._settings.cores:
            return
        self._rate, self._sparing, self._rose_s = raised, False, now_s
        self._loads.clear()
        if raised == self._settings.rate:
            self._why.clear()


class Gate:
    """Lets at most so many pictures a second through, on average over a few of them.

    Attributes:
        rate: frames a second; may be set from another thread.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._due_s = self._came_s = -math.inf
        self._step_s = 0.0

    def admits(self, time_s: float) -> bool:
        """Whether a picture of this time is to be looked at."""
        self.came(time_s)
        period_s = 1 / self.rate
        if time_s < self._due_s - _SLACK * period_s:
            return False
        self._due_s = period_s + (self._due_s if time_s - self._due_s <= period_s else time_s)
        return True

    def came(self, time_s: float) -> None:
        """A picture of this time came, whether it is looked at or not; where time goes back, all begins anew."""
        if time_s < self._came_s:
            self._due_s = self._came_s = -math.inf
        self._step_s, self._came_s = time_s - self._came_s, time_s

    @property
    def early(self) -> bool:
        """Whether the next picture is too early, if it comes as soon after this one as this did after the one
        before."""
        return self._came_s + self._step_s < self._due_s - _SLACK / self.rate


class Pacer:
    """Keeps the pace of one session, for what lets frames in, looks at them, and records them.

    Attributes:
        gate: lets frames in.
    """

    def __init__(self, settings: PaceSettings, meter: Callable[[], Host], spare: Callable[[bool], None]) -> None:
        """`spare` is told whether looks for far faces are spared."""
        self._governor = Governor(settings)
        self._meter, self._spare = meter, spare
        self._seen = meter()  # of the time in which networks were loaded: it tells nothing of what frames cost
        self.gate = Gate(settings.rate)

    @property
    def pace(self) -> Pace:
        """What holds now."""
        return self._governor.pace

    def tick(self, now_s: float) -> Pace:
        """Look at the machine, if there is news of it; call it with each frame."""
        host = self._meter()
        if host is not self._seen:
            self._seen = host
            pace = self._governor.observe(host, now_s)
            self.gate.rate = pace.rate
            self._spare(pace.sparing)
        return self._governor.pace
