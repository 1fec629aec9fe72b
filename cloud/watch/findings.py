"""What an engineer should see to, in words: each finding says what is and what to do.

Bounds are stated here once; those of alerts, which are told to people far away, stand in `alerts.toml`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cloud.watch.fields import Memory, Value, number, seen_ms, value, words
from device.contract import telemetry
from device.contract.address import printable
from device.contract.choices import MODES

CLOCK_OFF_S = 120.0
HOT_C = 80.0
DISK_PERCENT, DISK_MB = 10.0, 1000.0
BUDGET_PERCENT = 90.0
MEMORY_PERCENT = 90.0
_LEVELS = ("trouble", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """`level`: trouble (it does not do its work), warning (it soon may not), note; `what` is a word."""

    level: str
    what: str
    text: str
    do: str


@dataclass(frozen=True)
class _Said:
    """What is known of a box."""

    document: Any
    memory: Memory
    values: dict[str, Value]

    def number(self, path: str) -> float:
        """A number, 0 where it is not told."""
        return number(self.document, path) or 0.0

    def derived(self, name: str) -> float:
        """A derived number, 0 where it is not told."""
        found = self.values[name]
        return found if isinstance(found, float) else 0.0


def found(document: Any, memory: Memory, values: dict[str, Value]) -> tuple[Finding, ...]:
    """Everything that is to be seen to, the worst first."""
    if document is None:
        text = "The database holds no word of this box."
        return (Finding("note", "silent", text, "Is it enrolled, switched on, and does its network reach out?"),)
    said = _Said(document, memory, values)
    findings = [finding for look in _LOOKS for finding in look(said)]
    return tuple(sorted(findings, key=lambda one: _LEVELS.index(one.level)))


def minutes(seconds: float) -> str:
    """How long, as people say it."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and size == 60):
            count = int(seconds // size)
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{int(seconds)} seconds"


def _silence(said: _Said) -> Iterator[Finding]:
    silent = said.values["silent_s"]
    if not isinstance(silent, float):
        if not seen_ms(said.document):
            text = "Its telemetry does not say when the database took it, so nobody can tell whether it is there."
            yield Finding("trouble", "silent", text, "Update the box; if it is new, somebody else writes there.")
    elif silent > said.memory.silent_after_s:
        text = f"No word for {minutes(silent)}: its power or network is gone."
        yield Finding("trouble", "silent", text, "Call the clinic: is the box lit, is the network up?")


def _twins(said: _Said) -> Iterator[Finding]:
    if said.values["twins"]:
        text = "Two boxes report under this name in turn, and overwrite each other."
        yield Finding("trouble", "name", text, "Enrol one of them anew under a name of its own.")


def _troubles(said: _Said) -> Iterator[Finding]:
    if trouble := words(said.document, "desk.trouble"):
        yield Finding("trouble", "box", _sentence(trouble), "Run the doctor on it, then ask who is in the room.")
    if trouble := words(said.document, "trouble"):
        todo = "What it recorded is kept and goes out later; if it lasts, check its network and its account."
        yield Finding("trouble", "delivery", _sentence(trouble), todo)


def _machine(said: _Said) -> Iterator[Finding]:
    if said.values["under_voltage"] is True:
        text = "Its power supply gives too little, so it slows down and may switch off."
        yield Finding("warning", "power", text, "Replace supply and cable by the Raspberry Pi's own.")
    if value(said.document, "host.throttled") is True and said.values["under_voltage"] is not True:
        text = "It is throttled: too hot, or too little power."
        yield Finding("warning", "throttled", text, "Look at its temperature; if it is not hot, replace its supply.")
    if (degrees := said.number("host.temperature")) >= HOT_C:
        text = f"It is {degrees:.0f} °C hot, and slows down."
        yield Finding("warning", "hot", text, "Give it air, shade or a fan.")
    if (used := said.number("host.memory")) >= MEMORY_PERCENT:
        text = f"{used:.0f} % of its memory are in use."
        yield Finding("warning", "memory", text, "Restart it after the session; if it comes back, report it.")


def _disk(said: _Said) -> Iterator[Finding]:
    free, percent = number(said.document, "disk.free"), said.values["disk_free_percent"]
    scarce = percent < DISK_PERCENT if isinstance(percent, float) else free is not None and free < DISK_MB
    if scarce and free is not None:
        share = f" ({percent:.0f} %)" if isinstance(percent, float) else ""
        todo = "Bring its network back, so that what waits goes out; or give it a larger card."
        yield Finding("warning", "disk", f"Its disk is nearly full: {free:.0f} MB{share} are free.", todo)


def _delivery(said: _Said) -> Iterator[Finding]:
    waiting = said.derived("queue")
    if said.values["queue_grows"]:
        text = f"{waiting:.0f} documents wait, and more with every report."
        yield Finding(
            "warning", "queue", text, "Its network is too slow or away: nothing is lost while its disk lasts."
        )
    if (lag := said.number("lag")) >= 300:
        text = f"Nothing has gone out for {minutes(lag)}, though it was due."
        yield Finding("warning", "lag", text, "Look at what it says of its delivery.")
    used, projected = said.derived("budget_percent"), said.derived("budget_projected_percent")
    if used >= BUDGET_PERCENT:
        text = f"It has sent {used:.0f} % of this month's data budget."
        yield Finding("warning", "budget", text, "Raise `budget.monthly_mb`, or let it send seconds for records.")
    elif projected > 100:
        text = f"If it goes on so, it sends {projected:.0f} % of this month's data budget."
        yield Finding("note", "budget", text, "Raise `budget.monthly_mb`, or let it send seconds for records.")
    sent, wanted = words(said.document, "mode"), words(said.document, "wanted")
    if sent in MODES and wanted in MODES and sent != wanted:
        told = f"To keep its budget it sends {sent}, where {wanted} are wanted."
        yield Finding("note", "budget", told, "Raise `budget.monthly_mb` if the finer ones are needed.")


#: Counter → how much it matters, what happened, what to do.
_LOST = {
    "refused": ("warning", "{} of its documents were refused by the database.", "Deploy the rules of its version."),
    "damaged": ("warning", "{} of its outboxes were found damaged.", "Its card is failing: replace it."),
    "unkept": ("trouble", "{} records of this run were not kept, for its disk is full.", "Make room on its disk."),
}


def _losses(said: _Said) -> Iterator[Finding]:
    for counter, (level, told, todo) in _LOST.items():
        if count := said.number(counter):
            yield Finding(level, counter, told.format(f"{count:.0f}"), todo)
    if dropped := sum(said.number(f"dropped.{kind}") for kind in ("record", "second", "minute")):
        told = f"{dropped:.0f} documents were dropped, ever, because they waited too long or there was no room."
        yield Finding("note", "dropped", told, "Bring its network back sooner, or raise `outbox.max_mb`.")


def _clock(said: _Said) -> Iterator[Finding]:
    off = said.derived("clock_off_s")
    if off > CLOCK_OFF_S:
        text = f"Its clock is wrong by {minutes(off)}."
        yield Finding("trouble", "clock", text, "Let its network reach a time server (NTP, port 123).")
    elif value(said.document, "time.trusted") is False:
        text = "Its clock is not synchronized."
        yield Finding("warning", "clock", text, "Let its network reach a time server (NTP, port 123).")


def _versions(said: _Said) -> Iterator[Finding]:
    if said.values["telemetry_unknown"]:
        version = number(said.document, "v")
        name = "no version" if version is None else f"version {version:g}"
        text = f"Its telemetry is of {name}, and known here are 1 to {telemetry.VERSION}: fields may be missing."
        yield Finding("note", "version", text, "Update the dashboard.")
    if said.values["update_failed"] is True:
        why = words(said.document, "update.text")
        told = f"Its last update did not succeed{f': {_sentence(why)}' if why else '.'}"
        yield Finding("warning", "update", told, "It runs the version before; read why, then try again.")
    if (behind := said.derived("versions_behind")) >= 2:
        text = f"Other boxes run {behind:.0f} newer versions."
        yield Finding("note", "version", text, "Update it when nobody is watched.")


_LOOKS: tuple[Callable[[_Said], Iterator[Finding]], ...] = (
    _silence,
    _twins,
    _troubles,
    _machine,
    _disk,
    _delivery,
    _losses,
    _clock,
    _versions,
)


def _sentence(told: str) -> str:
    return printable(told).strip().rstrip(".") + "."
