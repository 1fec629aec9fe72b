"""One box, everything of it in words: sections of (label, text, tone), where a tone is "", "good", "todo" or "bad"."""

from collections.abc import Callable
from typing import Any

from cloud.dashboard.fleet.rows import Seen, clock, is_throttled, pace, update_words
from cloud.watch.fields import number, value, words
from cloud.watch.findings import HOT_C, MEMORY_PERCENT, minutes
from device.contract import telemetry
from device.contract.fields import Json
from device.contract.finding import Level

Line = tuple[str, str, str]
_UNSAID = "it does not say"
_STAGES = {"detect": "finding the face", "align": "aligning it", "read": "reading it", "interpret": "interpreting"}
_LOST = {
    "refused": "refused by the database",
    "dropped.record": "records dropped, ever",
    "dropped.second": "seconds dropped, ever",
    "dropped.minute": "minutes dropped, ever",
    "damaged": "outboxes found damaged, ever",
    "unkept": "not kept, for a full disk",
}


def detail(seen: Seen) -> list[tuple[str, list[Line]]]:
    """The sections, by title."""
    if not seen.document:
        return []
    sections: tuple[tuple[str, Callable[[Seen], list[Line]]], ...] = (
        ("Session", _session),
        ("Machine", _machine),
        ("Delivery", _delivery),
        ("Software and clock", _software),
    )
    return [(title, lines(seen)) for title, lines in sections]


def findings(seen: Seen) -> list[Json]:
    """What is to be seen to, the worst first."""
    return [{"level": one.level, "what": one.what, "text": one.text, "do": one.do} for one in seen.health.findings]


def command(document: Json) -> Json | None:
    """The last command from afar that the box heard; None for none."""
    answer = words(document, "control.answer")
    if not words(document, "control.id"):
        return None
    return {"id": words(document, "control.id"), "answer": answer, "done": value(document, "control.done")}


def checkup(document: Any) -> Json | None:
    """The last doctor run, what is wrong first; None for none. One of another version is shown as far as it goes."""
    if not isinstance(document, dict):
        return None
    held = document.get("findings")
    found = [one for _, one in sorted(held.items())] if isinstance(held, dict) else []
    levels = [level.value for level in (Level.FAIL, Level.WARNING, Level.OK)]
    told = [
        {name: words(one, name) for name in ("name", "state", "text", "remedy")}
        for one in found
        if isinstance(one, dict)
    ]
    told.sort(key=lambda one: levels.index(one["state"]) if one["state"] in levels else 0)
    return {"seen": number(document, "seen"), "id": words(document, "id"), "findings": told}


def _session(seen: Seen) -> list[Line]:
    document = seen.document
    running = value(document, "state") == telemetry.State.SESSION
    lines: list[Line] = [
        ("Now", _doing(document), ""),
        ("Frames a second", _number(document, "frames.rate", "{:.1f}") if running else "no session", ""),
    ]
    if why := pace(document):
        lines.append(("Pace", why, "todo"))
    if number(document, "ms.total") is not None:
        stages = [f"{text} {_number(document, f'ms.{name}', '{:.0f}')}" for name, text in _STAGES.items()]
        told = f"{_number(document, 'ms.total', '{:.0f} ms')}: {', '.join(stages)}"
        lines.append(("A frame costs", told, ""))
    counts = [
        f"{count:,.0f} {name}"
        for name in ("recorded", "measured", "skipped", "spared")
        if (count := number(document, f"frames.{name}")) is not None
    ]
    lines.append(("Frames in this run", ", ".join(counts) or _UNSAID, ""))
    if notice := words(document, "desk.notice"):
        lines.append(("It last said", notice, ""))
    return lines


def _doing(document: Json) -> str:
    desk, state = words(document, "desk.state"), words(document, "state")
    return desk or {"session": "in a session", "idle": "idle: no session", "ended": "it was stopped"}.get(state, state)


def _machine(seen: Seen) -> list[Line]:
    document = seen.document
    degrees, used = number(document, "host.temperature"), number(document, "host.memory")
    low = seen.values["under_voltage"]
    percent = seen.values["disk_free_percent"]
    memory, own = _number(document, "host.memory", "{:.0f} %"), _number(document, "host.rss", "{:.0f} MB")
    free = _number(document, "disk.free", "{:,.0f} MB free")
    share = f" ({percent:.0f} %)" if isinstance(percent, float) else ""
    scarce = any(finding.what == "disk" for finding in seen.health.findings)
    return [
        ("Board", words(document, "machine.model") or _UNSAID, ""),
        ("Processor", _number(document, "host.cpu", "{:.0f} % of one core"), ""),
        (
            "Memory",
            f"{memory} of the machine's, {own} the daemon's",
            "todo" if used is not None and used >= MEMORY_PERCENT else "",
        ),
        (
            "Temperature",
            _number(document, "host.temperature", "{:.0f} °C"),
            "todo" if degrees is not None and degrees >= HOT_C else "",
        ),
        ("Throttled", _yes(value(document, "host.throttled")), "todo" if is_throttled(document) else ""),
        ("Under voltage", _yes(low), "todo" if low is True else ""),
        ("Disk", free + share, "todo" if scarce else ""),
    ]


def _delivery(seen: Seen) -> list[Line]:
    document = seen.document
    lag = number(document, "lag")
    sent, wanted = words(document, "mode"), words(document, "wanted")
    lines: list[Line] = [
        ("It sends", f"{sent}, where {wanted} are wanted" if sent != wanted and wanted else sent or _UNSAID, ""),
        (
            "Waiting",
            f"{_number({'n': seen.values['queue']}, 'n', '{:,.0f} documents')}, {_mb(document, 'waiting.bytes')}",
            "todo" if seen.values["queue_grows"] is True else "",
        ),
        ("Nothing has gone out for", minutes(lag) if lag else "up to date" if lag == 0 else _UNSAID, _late(lag)),
        ("Sent in this run", _number(document, "sent", "{:,.0f} documents"), ""),
        ("Data this month", _budget(seen), "todo" if any(f.what == "budget" for f in seen.health.findings) else ""),
    ]
    if number(document, "month.dollars") is not None:
        dollars, prices = _number(document, "month.dollars", "${:.2f}"), words(document, "month.prices")
        lines.append(("That costs about", f"{dollars}, by the prices of {prices}", ""))
    lost = [f"{count:,.0f} {text}" for path, text in _LOST.items() if (count := number(document, path))]
    lines.append(("Lost", "; ".join(lost) or "nothing", "todo" if lost else ""))
    return lines


def _late(lag: float | None) -> str:
    return "todo" if lag is not None and lag >= 300 else ""


def _budget(seen: Seen) -> str:
    document = seen.document
    used, budget = _mb(document, "month.bytes"), number(document, "budget.mb")
    ahead = _mb(document, "month.projected")
    return f"{used} of {budget:,.0f} MB; at its end {ahead}" if budget else f"{used}, no budget; at its end {ahead}"


def _software(seen: Seen) -> list[Line]:
    document = seen.document
    behind = seen.values["versions_behind"]
    late = isinstance(behind, float) and behind > 0
    older = f" ({behind:.0f} newer {'one runs' if behind == 1 else 'ones run'} elsewhere)" if late else ""
    _, rank, text = clock(seen)
    lines: list[Line] = [
        ("Version", (words(document, "version") or _UNSAID) + older, ""),
        ("Emotions by", words(document, "models.emotions") or _UNSAID, ""),
        ("Action units by", words(document, "models.aus") or _UNSAID, ""),
        ("Clock", text or _UNSAID, {2: "bad", 1: "todo"}.get(rank or 0, "")),
        ("Daemon started", words(document, "boot") or _UNSAID, ""),
        ("Telemetry", _number(document, "v", "version {:.0f}"), "todo" if seen.values["telemetry_unknown"] else ""),
    ]
    if state := update_words(document):
        told = f"{words(document, 'update.version')} {state}: {words(document, 'update.text')}".strip()
        lines.append(("Last update", told, "bad" if state == "rolled back" else ""))
    return lines


def _number(document: Json, path: str, form: str) -> str:
    found = number(document, path)
    return _UNSAID if found is None else form.format(found)


def _mb(document: Json, path: str) -> str:
    found = number(document, path)
    return _UNSAID if found is None else f"{found / 1e6:,.1f} MB"


def _yes(said: Any) -> str:
    return {True: "yes", False: "no"}.get(said, _UNSAID) if isinstance(said, bool) else _UNSAID
