"""Simulated boxes: what each says of its state at any time, troubles included. A function of box and time, so that a
day can be written at once as well as lived through."""

import math
import random
from dataclasses import dataclass, replace
from hashlib import sha256

from cloud.demo.people import DAY_S
from device.contract import telemetry
from device.contract.boot import moment
from device.contract.fields import Json
from device.contract.labels import Slower
from device.contract.session import session_id

NEWEST, LAST, OLD = "0.4.0", "0.3.2", "0.2.1"
_GROUPS = ("simulated-north", "simulated-south", "simulated-east", "simulated-west")
_MODELS = ("Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi 5 Model B Rev 1.0", "LattePanda 3 Delta")
#: Number of the box → what is wrong with it.
TROUBLES = {
    7: "silent",
    11: "under_voltage",
    13: "hot",
    17: "disk",
    19: "outage",
    23: "clock",
    29: "old",
    31: "budget",
    37: "refused",
    41: "twins",
    47: "unknown",
    53: "ended",
    61: "camera",
}
SILENT_S = 3 * 3600.0
_BUDGET_MB, _DISK_MB, _CLOCK_BEHIND_S = 400, 29_000, 4 * DAY_S


@dataclass(frozen=True)
class Box:
    """One simulated box.

    Attributes:
        number: from 1.
        device, name, group, model, version: as it tells them.
        trouble: of `TROUBLES`, or "".
        busy: the hours, UTC, in which sessions are held there: some of those around the time of the demo.
        started_s: when its daemon began, seconds since 1970.
    """

    number: int
    device: str
    name: str
    group: str
    model: str
    version: str
    trouble: str
    busy: tuple[int, ...]
    started_s: float
    boot: str

    def session(self, at_s: float) -> bool:
        """Whether a session is held."""
        hour, rest = divmod(self._shifted(at_s) % DAY_S, 3600)
        return int(hour) in self.busy and rest < 2900

    def since(self, at_s: float) -> float:
        """Seconds since the hour began in which a session may be held: not the same for all boxes."""
        return self._shifted(at_s) % 3600

    def _shifted(self, at_s: float) -> float:
        return at_s + 37.0 * self.number


def make_boxes(count: int, seed: int, now_s: float) -> list[Box]:
    """`sim-room-1` to `sim-room-COUNT`."""
    return [_box(number, seed, now_s) for number in range(1, count + 1)]


def _box(number: int, seed: int, now_s: float) -> Box:
    chance = random.Random(f"{seed}/box/{number}")
    trouble = TROUBLES.get(number, "")
    now = int(now_s % DAY_S // 3600)
    hours = tuple(sorted((now + at) % 24 for at in chance.sample(range(-6, 6), chance.randint(3, 7))))
    started_s = now_s - chance.uniform(1.2, 9) * DAY_S
    boot = session_id(sha256(f"{seed}/{number}".encode()).hexdigest()[:8], chance.uniform(20, 60))
    version = OLD if trouble == "old" else LAST if number % 9 == 5 else NEWEST
    model = _MODELS[chance.choices((0, 1, 2), (6, 3, 1))[0]]
    return Box(
        number,
        f"sim-room-{number}",
        f"Simulated room {number}",
        _GROUPS[number % len(_GROUPS)],
        model,
        version,
        trouble,
        hours,
        started_s,
        boot,
    )


def twin(box: Box) -> Box:
    """The other box of that name: another machine, another start."""
    other = sha256(box.boot.encode()).hexdigest()[:8]
    return replace(box, boot=session_id(other, 33.0), started_s=box.started_s - 7200, version=LAST)


def state(box: Box, at_s: float) -> Json:
    """The box's telemetry at a time, seconds since 1970; `seen` is left to the database."""
    chance = random.Random(f"{box.boot}/{int(at_s)}")
    busy = box.session(at_s)
    mono_s = at_s - box.started_s + 30.0
    rate = round(chance.gauss(9.8, 0.15), 1) if busy else 0.0
    frames = int(mono_s * 2.1)
    found: Json = {
        "v": telemetry.VERSION,
        "device": box.device,
        "boot": box.boot,
        "seen": telemetry.SERVER_TIME,
        "time": moment(max(mono_s, 0.0), at_s, True),
        "version": box.version,
        "state": (telemetry.State.SESSION if busy else telemetry.State.IDLE).value,
        "models": {"emotions": "face-1.0.0", "aus": "face-1.0.0"},
        "frames": {"recorded": frames, "measured": int(frames * 0.83), "skipped": int(frames * 0.01)},
        "host": _host(box, at_s, busy, chance),
        "machine": {"model": box.model},
        "desk": {"state": "watching" if busy else "idle"},
        "disk": {"free": int(21_000 - mono_s / 900), "size": _DISK_MB},
        "budget": {"mb": _BUDGET_MB},
        "mode": "records",
        "wanted": "records",
        "waiting": {"minute": 0, "second": 0, "record": chance.randint(5, 40) if busy else 0, "bytes": 40_960},
        "lag": round(chance.uniform(0, 9), 1) if busy else 0,
        "dropped": {"minute": 0, "second": 0, "record": 0},
        "refused": 0,
        "unkept": 0,
        "damaged": 0,
        "sent": int(frames * 0.99),
        "month": _month(0.35 * _BUDGET_MB * 1e6),
    }
    if busy:
        found |= _session(box, at_s, rate, chance)
    return _troubled(box, at_s, found)


def _session(box: Box, at_s: float, rate: float, chance: random.Random) -> Json:
    """What a box says only while it holds a session."""
    since_s = box.since(at_s)
    began_s = at_s - since_s - box.started_s + 30.0
    parts = {"detect": 21.4, "align": 3.1, "read": 14.8, "interpret": 3.9}
    ms = {name: round(usual * chance.gauss(1, 0.04), 2) for name, usual in parts.items()}
    session = session_id(box.boot.partition("-")[0], max(began_s, 0.0))
    return {
        "session": session,
        "ms": ms | {"total": round(sum(ms.values()), 2)},
        "pace": {"rate": 10},
        "frames": {"recorded": int(since_s * 10), "measured": int(since_s * 8.6), "skipped": 12, "rate": rate},
    }


def _host(box: Box, at_s: float, busy: bool, chance: random.Random) -> Json:
    """A day's curve: warmest in the afternoon, warmer in a session."""
    day = math.sin((at_s % DAY_S / DAY_S - 0.375) * 2 * math.pi)
    warm = 44 + 4 * day + (11 if busy else 0) + box.number % 5 + chance.gauss(0, 0.4)
    return {
        "cpu": round((61 if busy else 2.5) * chance.gauss(1, 0.05), 1),
        "rss": round((131 if busy else 38) + chance.gauss(0, 0.5), 1),
        "memory": round(24 + (6 if busy else 0) + chance.gauss(0, 0.3), 1),
        "temperature": round(warm, 1),
        "throttled": False,
        "under_voltage": False,
    }


def _month(bytes_sent: float) -> Json:
    sent = int(bytes_sent)
    count = {"bytes": sent, "writes": sent // 900, "projected": int(sent * 1.9)}
    return count | {"dollars": round(sent * 1.9 / 1e9 * 5, 2), "prices": "2026-11-01"}


def _troubled(box: Box, at_s: float, found: Json) -> Json:
    """The same with what is wrong with this box."""
    host = found["host"]
    match box.trouble:
        case "under_voltage":
            found["host"] = host | {"under_voltage": at_s % 60 < 40, "throttled": True}
            found["pace"] = {"rate": 6, "why": [Slower.THROTTLED.value]}
        case "hot":
            found["host"] = host | {"temperature": round(81 + 2 * math.sin(at_s / 40), 1), "throttled": True}
            found["pace"] = {"rate": 4, "why": [Slower.HEAT.value]}
        case "disk":
            found["disk"] = found["disk"] | {"free": 310}
        case "outage":
            minutes = int(at_s % DAY_S // 60)
            found["waiting"] = {"minute": minutes, "second": 0, "record": minutes * 300, "bytes": minutes * 30_000}
            found |= {"lag": float(minutes * 60), "trouble": "The database answers 503: it is tried again."}
        case "clock":
            wrong = moment(found["time"]["mono"], found["time"]["wall"] - _CLOCK_BEHIND_S, False)
            found["time"] = wrong
        case "budget":
            found |= {"mode": "minutes", "month": _month(0.94 * _BUDGET_MB * 1e6)}
        case "refused":
            found |= {"refused": 14, "trouble": "14 documents are kept apart: the database refuses them."}
        case "camera":
            found["desk"] = {"state": "idle", "trouble": "The camera cannot be opened: is its cable in?"}
        case "ended":
            found |= {"state": telemetry.State.ENDED.value}
        case "unknown":
            found |= {"v": telemetry.VERSION + 1, "mood": "of a later version"}
    return found
