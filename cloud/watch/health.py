"""How one box is, from its newest telemetry: a word, since when, and what an engineer should see to.

Times are the database's: `seen` says when it took the document. A box's own clock decides nothing here; that it is
wrong is a state of its own.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from cloud.watch.fields import Memory, Value, derive, seen_ms, value, words
from cloud.watch.findings import CLOCK_OFF_S, Finding, found
from device.contract import telemetry


class State(str, Enum):
    """The box in one word; of several that hold, the first in `_ORDER` of `_state`."""

    WATCHING = "watching"
    PAUSED = "paused"
    IDLE = "idle"
    SILENT = "silent"
    ENDED = "ended"
    CLOCK_WRONG = "clock wrong"
    TROUBLE = "trouble"
    NEVER_SEEN = "never seen"


@dataclass(frozen=True)
class Health:
    """How a box is. `since_ms`: since when it is in this state, as far as it was followed; None where nothing is
    known."""

    device: str
    state: State
    since_ms: int | None
    silent_s: float | None
    findings: tuple[Finding, ...]


def health(
    device: str,
    document: Any,
    memory: Memory,
    now_ms: int,
    versions: frozenset[str] = frozenset(),
    before: Health | None = None,
) -> Health:
    """How the box is at `now_ms`. `document`: what stands at `telemetry/DEVICE`, None for nothing; `before`: how it
    was last found."""
    values = derive(document, memory, now_ms, versions)
    findings = found(document, memory, values)
    state = _state(document, memory, values, findings)
    seen = memory.seen_ms or seen_ms(document) or None
    since = before.since_ms if before is not None and before.state is state else seen
    silent = values["silent_s"]
    return Health(device, state, since, silent if isinstance(silent, float) else None, findings)


def is_silent(memory: Memory, values: dict[str, Value]) -> bool:
    """Whether reports are missing."""
    silent = values["silent_s"]
    return isinstance(silent, float) and silent > memory.silent_after_s


def _state(document: Any, memory: Memory, values: dict[str, Value], findings: tuple[Finding, ...]) -> State:
    if document is None:
        return State.NEVER_SEEN
    if words(document, "state") == telemetry.State.ENDED:
        return State.ENDED
    if is_silent(memory, values):
        return State.SILENT
    if any(finding.level == "trouble" for finding in findings if finding.what != "clock"):
        return State.TROUBLE
    off = values["clock_off_s"]
    if isinstance(off, float) and off > CLOCK_OFF_S:
        return State.CLOCK_WRONG
    return _doing(document)


def _doing(document: Any) -> State:
    desk = words(document, "desk.state")
    if desk == "paused":
        return State.PAUSED
    if desk == "watching" or (not desk and value(document, "state") == telemetry.State.SESSION):
        return State.WATCHING
    return State.IDLE
