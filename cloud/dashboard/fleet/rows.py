"""A box as the table of the fleet shows it: of each column a short list, the first entry of which sorts.

A column that did not change is the same list as before, so that only what changed is sent and drawn. Numbers are
rounded to what is shown. What a box does not tell is None: nothing is made up for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cloud.watch.board import Stood
from cloud.watch.fields import Value, number, seen_ms, value, words
from cloud.watch.findings import minutes
from cloud.watch.fleet import Fleet
from cloud.watch.health import Health, State
from device.contract.fields import Json

#: Before this no box can have been: a clock there was never set.
_BUILT_S = 1_577_836_800.0  # 2020
_NEED = {"trouble": 3, "warning": 2, "note": 1}
_RANK = {
    State.TROUBLE: 0,
    State.SILENT: 1,
    State.CLOCK_WRONG: 2,
    State.WATCHING: 3,
    State.PAUSED: 4,
    State.IDLE: 5,
    State.ENDED: 6,
    State.NEVER_SEEN: 7,
}
FAILED = ("back", "refused", "rolled_back", "failed")
GOES_ON = ("asked", "fetching", "checking", "unpacking", "trying")
_SAID = {
    "asked": "asked for",
    "fetching": "fetching",
    "checking": "checking",
    "unpacking": "installing",
    "trying": "proving itself",
    "done": "proven",
    "back": "rolled back",
    "refused": "refused",
}


@dataclass(frozen=True)
class Seen:
    """What is known of one box at a moment.

    Attributes:
        values: by `cloud.watch.fields.derive`.
        stood: its alerts.
        namesakes: other boxes that people call by the same name.
        silent_after_s: after how long without word it counts as silent.
        since_ms: since when it is in its state; None where nobody saw it come into it.
    """

    device: str
    name: str
    group: str
    document: Json
    health: Health
    values: dict[str, Value]
    silent_after_s: float
    stood: tuple[Stood, ...] = ()
    namesakes: tuple[str, ...] = ()
    since_ms: int | None = None


def seen_of(
    fleet: Fleet,
    device: str,
    now_ms: int,
    stood: Sequence[Stood] = (),
    namesakes: Sequence[str] = (),
    since_ms: int | None = None,
) -> Seen:
    """What the fleet knows of a box at `now_ms`."""
    return Seen(
        device,
        fleet.name(device),
        fleet.group(device),
        fleet.document(device),
        fleet.health(device, now_ms),
        fleet.values(device, now_ms),
        fleet.memory(device).silent_after_s,
        tuple(stood),
        tuple(namesakes),
        since_ms,
    )


def row(seen: Seen) -> Json:
    """The row; `id` is the box."""
    document, values = seen.document, seen.values
    return {
        "id": seen.device,
        "box": [seen.name or seen.device, seen.device, seen.group, _namesakes(seen)],
        "state": [_RANK[seen.health.state], seen.health.state.value, _since_ms(seen)],
        "see": _to_see_to(seen),
        "what": sorted({finding.what for finding in seen.health.findings} | ({"name"} if seen.namesakes else set())),
        "alerts": [[one.rule, one.state, one.severity, one.words] for one in seen.stood],
        "seen": [seen_ms(document) or None],
        "rate": [_of(document, "frames.rate", 1), pace(document)],
        "ms": [_of(document, f"ms.{stage}", 1) for stage in ("total", "detect", "align", "read", "interpret")],
        "cpu": [_of(document, "host.cpu")],
        "memory": [_of(document, "host.memory"), _of(document, "host.rss")],
        "temperature": [_of(document, "host.temperature", 1), is_throttled(document), values["under_voltage"] is True],
        "disk": [_percent(values["disk_free_percent"]), _of(document, "disk.free")],
        "queue": [_percent(values["queue"]), _of(document, "lag"), values["queue_grows"] is True],
        "clock": clock(seen),
        "budget": [
            _percent(values["budget_percent"]),
            _percent(values["budget_projected_percent"]),
            _mb(document, "month.bytes"),
            _of(document, "budget.mb"),
        ],
        "version": [words(document, "version"), _percent(values["versions_behind"])],
        "bundles": [words(document, "models.emotions"), words(document, "models.aus")],
        "update": _update(document),
        "machine": [words(document, "machine.model")],
        "mode": [words(document, "mode"), words(document, "wanted")],
        "lost": [lost(document)],
    }


def _since_ms(seen: Seen) -> int | None:
    """A box that is silent, or was stopped, is so since its last word."""
    if seen.health.state in (State.SILENT, State.ENDED):
        return seen_ms(seen.document) or None
    return seen.since_ms


def need(seen: Seen) -> int:
    """How much the box needs somebody: 0 not at all, 1 a note, 2 a warning, 3 it does not do its work, 4 an alert
    says so too."""
    most = max((_NEED[finding.level] for finding in seen.health.findings), default=1 if seen.namesakes else 0)
    alerting = any(one.state == "Alerting" and one.severity == "critical" for one in seen.stood)
    return 4 if alerting and most >= 3 else most


def pace(document: Json) -> str:
    """Why a box looks at fewer frames than it aims at; "" where it does not."""
    why = document.get("pace", {}).get("why") if isinstance(document.get("pace"), dict) else None
    kept = number(document, "pace.rate")
    if not isinstance(why, list) or kept is None:
        return ""
    return f"kept at {kept:g}/s: {', '.join(str(reason)[:40] for reason in why[:4])}"


def is_throttled(document: Json) -> bool:
    """Whether the processor is slowed down."""
    return value(document, "host.throttled") is True


def clock(seen: Seen) -> list[Any]:
    """How far the box's clock is off, how bad that is (2, 1, 0; None: it does not say), and in words."""
    wall, off = number(seen.document, "time.wall"), seen.values["clock_off_s"]
    trusted = value(seen.document, "time.trusted")
    if wall is None or not isinstance(off, float):
        return [None, None, ""]
    rounded = round(off)
    if wall < _BUILT_S:
        return [rounded, 2, "never set: it stands in " + ("1970" if wall < 31_536_000 else "the past")]
    if any(finding.what == "clock" and finding.level == "trouble" for finding in seen.health.findings):
        return [rounded, 2, f"wrong by {minutes(off)}"]
    return [0, 0, "synchronized"] if trusted is True else [1, 1, "not synchronized"]


def lost(document: Json) -> int | None:
    """Documents refused, dropped, damaged or not kept."""
    places = ("refused", "damaged", "unkept", "dropped.record", "dropped.second", "dropped.minute")
    found = [count for place in places if (count := number(document, place)) is not None]
    return int(sum(found)) if found else None


def update_words(document: Json) -> str:
    """How far the last update is: `proven`, `rolled back`, …; "" where there was none."""
    state = words(document, "update.state")
    return _SAID.get(state, state)


def _to_see_to(seen: Seen) -> list[Any]:
    findings = seen.health.findings
    if findings:
        worst = findings[0]
        return [need(seen), worst.what, worst.text, worst.do, len(findings) - 1]
    if seen.namesakes:
        text = f"{_and(seen.namesakes)} is called the same."
        return [1, "name", text, "Give each a name of its own.", 0]
    return [0, "", "", "", 0]


def _namesakes(seen: Seen) -> str:
    return f"so is {_and(seen.namesakes)}" if seen.namesakes else ""


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _update(document: Json) -> list[Any]:
    state = words(document, "update.state")
    rank = 2 if state in FAILED else 1 if state in GOES_ON else 0
    return [rank, update_words(document), words(document, "update.version"), words(document, "update.text")]


def _of(document: Json, path: str, digits: int = 0) -> float | int | None:
    found = number(document, path)
    if found is None:
        return None
    return round(found, digits) if digits else round(found)


def _percent(found: Value) -> int | None:
    return round(found) if isinstance(found, float | int) and not isinstance(found, bool) else None


def _mb(document: Json, path: str) -> int | None:
    found = number(document, path)
    return None if found is None else round(found / 1e6)
