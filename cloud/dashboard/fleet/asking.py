"""What an engineer asks for, and what is to be known before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cloud.dashboard.fleet.feed import Feed
from cloud.watch.fields import words
from cloud.watch.health import State
from device.contract.fields import KEY

_MOST = 1000
DO = ("update", "doctor", "group", "silence", "unsilence")
_IN_SESSION = (State.WATCHING.value, State.PAUSED.value)
_DEAF = (State.SILENT.value, State.ENDED.value, State.NEVER_SEEN.value)


@dataclass(frozen=True)
class Asked:
    """A wish of a page: `do` something with boxes; `rule` and `number` of a silence."""

    do: str
    devices: tuple[str, ...]
    rule: str = ""
    number: int = 0


def asked(wish: Any) -> Asked | None:
    """What a page's script wrote; None for nothing that is known."""
    if not isinstance(wish, dict) or wish.get("do") not in DO:
        return None
    found = wish.get("devices")
    devices = found if isinstance(found, list) else []
    known = tuple(one for one in devices[:_MOST] if isinstance(one, str) and KEY.fullmatch(one))
    number = wish.get("number")
    rule = wish.get("rule")
    return Asked(wish["do"], known, rule if isinstance(rule, str) else "", number if isinstance(number, int) else 0)


def names_of(devices: Sequence[str], feed: Feed) -> str:
    """One box by what people call it, several by their number."""
    if len(devices) != 1:
        return f"{len(devices)} boxes"
    name = feed.fleet.name(devices[0])
    return f"{name} ({devices[0]})" if name and name != devices[0] else devices[0]


def lines(do: str, devices: Sequence[str], feed: Feed) -> list[tuple[str, str]]:
    """What will become of it, as far as it can be told: (sentence, tone)."""
    states = [
        str(feed.rows[device]["state"][1]) if device in feed.rows else State.NEVER_SEEN.value for device in devices
    ]
    busy, deaf = sum(state in _IN_SESSION for state in states), sum(state in _DEAF for state in states)
    ready = len(devices) - busy - deaf
    found: list[tuple[str, str]] = []
    one = len(devices) == 1
    if ready:
        found.append(("It can begin at once." if one else f"{_are(ready)} free, and can begin at once.", ""))
    if busy:
        text = "It is in a session, and will refuse." if one else f"{_are(busy)} in a session, and will refuse."
        found.append((text, "todo"))
    if deaf:
        text = "not heard from now, and will not hear it unless back within five minutes."
        found.append((f"It is {text}" if one else f"{_are(deaf)} {text}", "todo"))
    found.append((_WHAT[do], ""))
    if do == "update":
        found += _versions(devices, feed)
    return found


_WHAT = {
    "update": "Each fetches the newest release, tries it, and goes back by itself where it does not prove itself.",
    "doctor": "Each examines itself for about a minute; meanwhile it delivers nothing. What it found is on its page.",
}


def _versions(devices: Sequence[str], feed: Feed) -> list[tuple[str, str]]:
    counted: dict[str, int] = {}
    for device in devices:
        version = words(feed.fleet.document(device), "version") or "a version unknown here"
        counted[version] = counted.get(version, 0) + 1
    told = ", ".join(f"{version} on {count}" for version, count in sorted(counted.items()))
    return [(f"They run now: {told}." if len(devices) > 1 else f"It runs {next(iter(counted))} now.", "")]


def _are(count: int) -> str:
    return f"{count} is" if count == 1 else f"{count} are"
