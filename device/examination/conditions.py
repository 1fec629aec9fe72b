"""What surrounds the box: time, heat, power."""

import time
from collections.abc import Iterator

from device.clock import Clock
from device.contract.finding import Finding, Level
from device.metrics import Host

#: Before it nothing of this box was written: a clock that says less was never set.
FIRST_YEAR = 2025
_HOT_C = 80.0


def year(clock: Clock) -> int:
    """The year by this machine's clock."""
    return time.gmtime(clock.wall()).tm_year


def examine(clock: Clock, host: Host) -> Iterator[Finding]:
    """Clock, heat and power, as far as the machine tells."""
    yield _time(clock)
    if host.temperature is not None:
        hot = host.temperature >= _HOT_C
        advice = ": more air round the box, a heat sink or a fan; it works slower until then" if hot else ""
        yield Finding(Level.WARNING if hot else Level.OK, "heat", f"{host.temperature:.0f} °C{advice}")
    if host.throttled is not None:
        text = "throttled or under voltage: use the official power supply and a heat sink"
        level = Level.WARNING if host.throttled else Level.OK
        yield Finding(level, "power", text if host.throttled else "not throttled")


def _time(clock: Clock) -> Finding:
    if year(clock) < FIRST_YEAR:
        text = f"it says {year(clock)}: connect to the network for the right time; until then no database is trusted"
        return Finding(Level.WARNING, "clock", text)
    if not clock.trusted():
        text = "not synchronized: records say so; connect to the network for right times"
        return Finding(Level.WARNING, "clock", text)
    return Finding(Level.OK, "clock", "synchronized")
