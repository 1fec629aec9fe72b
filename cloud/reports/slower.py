"""Where the box looked at fewer frames a second than it should, and why."""

from collections.abc import Iterator

from cloud.analysis.plain import clock, percent
from cloud.reading.table import Table
from device.contract.fields import Json
from device.contract.labels import BLINK_STEP_S, Slower

_BECAUSE = {
    Slower.HEAT: "the processor was hot",
    Slower.THROTTLED: "the machine was slowed by heat or a weak power supply",
    Slower.BUDGET: "frames took more of the processor than they may",
}


def slower(table: Table) -> Iterator[str]:
    """A sentence where the rate was lowered in a session."""
    told = to_json(table)
    if not told:
        return
    least, most = told["least"], told["most"]
    rates = f"{least:g}" if least == most else f"{least:g} to {most:g}"
    share = percent(told["seconds"] / max(float(table.durations.sum()), 1e-9))
    why = " and ".join(_BECAUSE[Slower(reason)] for reason in told["why"])
    blinks = "; below 7 no blinks were counted" if least * BLINK_STEP_S < 1 else ""
    yield f"Slower       {rates} frames a second for {clock(told['seconds'])} ({share}), because {why}{blinks}"


def to_json(table: Table) -> Json:
    """For how long the rate was lowered, to what, and why; empty where it never was."""
    lowered = table.known("pace.why")
    if not lowered.any():
        return {}
    rates = table.values("pace.rate")[lowered]
    why = [reason.value for reason in Slower if table.has_name("pace.why", reason).any()]
    seconds = round(float(table.durations[lowered].sum()), 3)
    return {"seconds": seconds, "least": float(rates.min()), "most": float(rates.max()), "why": why}
