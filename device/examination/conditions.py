"""What surrounds the box: time, heat, power."""

import time
from collections.abc import Iterator

from device.clock import Clock
from device.contract.finding import Finding, Level
from device.sensors import Limit, Throttling

#: Before it nothing of this box was written: a clock that says less was never set.
FIRST_YEAR = 2025
_HOT_C = 80.0
_WORDS = {
    Limit.UNDER_VOLTAGE: "too little voltage",
    Limit.CAPPED: "frequency capped",
    Limit.THROTTLED: "throttled",
    Limit.SOFT_LIMIT: "slowed by warmth",
}
_SUPPLY = "use the official power supply and a short cable; low voltage damages cards"
_COOLING = "more air round the box, a heat sink or a fan"


def year(clock: Clock) -> int:
    """The year by this machine's clock."""
    return time.gmtime(clock.wall()).tm_year


def examine(clock: Clock, temperature: float | None, throttling: Throttling | None) -> Iterator[Finding]:
    """Clock, heat and power, as far as the machine tells."""
    yield _time(clock)
    if temperature is not None:
        hot = temperature >= _HOT_C
        advice = f": {_COOLING}; it works slower until then" if hot else ""
        yield Finding(Level.WARNING if hot else Level.OK, "heat", f"{temperature:.0f} °C{advice}")
    if throttling is not None:
        yield _power(throttling)


def in_words(limits: Limit) -> str:
    """The limits, as people say them."""
    return ", ".join(text for limit, text in _WORDS.items() if limit in limits)


def _power(throttling: Throttling) -> Finding:
    """What slows the processor; low voltage also if it has passed, for it damages cards."""
    past = throttling.past or Limit(0)
    if throttling.now:
        advice = _SUPPLY if Limit.UNDER_VOLTAGE in throttling.now else _COOLING
        return Finding(Level.WARNING, "power", f"now {in_words(throttling.now)}: {advice}")
    if Limit.UNDER_VOLTAGE in past:
        return Finding(Level.WARNING, "power", f"since it was switched on: {in_words(past)}; {_SUPPLY}")
    told = f"since it was switched on: {in_words(past)}" if past else "enough, and nothing slows the processor"
    return Finding(Level.OK, "power", told)


def _time(clock: Clock) -> Finding:
    if year(clock) < FIRST_YEAR:
        text = f"it says {year(clock)}: connect to the network for the right time; until then no database is trusted"
        return Finding(Level.WARNING, "clock", text)
    if not clock.trusted():
        text = "not synchronized: records say so; connect to the network for right times"
        return Finding(Level.WARNING, "clock", text)
    return Finding(Level.OK, "clock", "synchronized")
