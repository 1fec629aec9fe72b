"""What a process that delivers notices of the box around it: the host process, updates, an examination from afar.

All of it stands in small files that the host process and the updater leave (`status.json`, `standing.json`,
`checkup.json`): no process waits for another. A change of them is told at once.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from device.board import board
from device.clock import Clock
from device.contract import checkup, status, telemetry
from device.contract.errors import OutboxError
from device.contract.fields import LONGEST, Json, encode
from device.delivery.outbox import Outbox
from device.host.asking import CHECKUP, runtime_folder
from device.identity import device_id
from device.settings import HostSettings, Settings
from device.update.layout import Layout
from device.update.standing import standing

#: So often it is looked; and after so long at least a change is told: while somebody watches, and else.
_LOOK_S, _WATCHED_S, _ELSE_S = 1.0, 1.0, 10.0
#: The host process writes its status every ten seconds at least; one that is older than this is of one that is gone.
_OLD_S = 30.0
_LONGEST_BYTES = 65_536


def desk(settings: HostSettings, clock: Clock) -> Json:
    """`desk` of telemetry; empty where no host process tells."""
    said = _read(runtime_folder(settings) / status.FILE)
    if said.get("state") not in status.STATES or abs(clock.wall() - _number(said.get("time"))) > _OLD_S:
        return {}
    words = {name: said[name][:LONGEST] for name in ("trouble", "notice") if isinstance(said.get(name), str)}
    return {"state": said["state"], **words}


def update(layout: Layout | None = None) -> Json:
    """`update` of telemetry: the last one since the box was started; empty when there was none."""
    last = standing(layout)
    known = {"version": last.target, "state": last.step.value, "text": last.text[:LONGEST]}
    return {name: value for name, value in known.items() if value} if last.step.value else {}


@cache
def machine() -> Json:
    """With `machine` of telemetry; empty where the system does not name it."""
    model = board().model[:LONGEST]
    return {"machine": {"model": model}} if model else {}


class Noticed:
    """`tell` is for whoever makes telemetry, `look` is called several times a second, in one other thread."""

    def __init__(self, settings: Settings, clock: Clock, layout: Layout | None = None) -> None:
        self._settings, self._clock, self._layout = settings, clock, layout
        self._told: Json | None = None
        self._looked_s = self._hurried_s = -_ELSE_S
        self._examined_ns = 0

    def tell(self) -> Json:
        """`desk` and `update` of telemetry, as they are now; a change is one from this on."""
        self._told = self._seen()
        return self._told

    def look(self, outbox: Outbox | None, hurry: Callable[[], None], watched: bool) -> None:
        """See whether something has changed; then `hurry` lets telemetry go out at once. What the last examination
        found is put into the outbox."""
        now = self._clock.monotonic()
        if outbox is None or now - self._looked_s < _LOOK_S:
            return
        self._looked_s = now
        examined = self._send_checkup(outbox)
        changed = self._told is not None and self._seen() != self._told
        if examined or (changed and now - self._hurried_s >= (_WATCHED_S if watched else _ELSE_S)):
            self._hurried_s = now
            hurry()

    def _seen(self) -> Json:
        seen = {"desk": desk(self._settings.host, self._clock), "update": update(self._layout)}
        return {name: said for name, said in seen.items() if said}

    def _send_checkup(self, outbox: Outbox) -> bool:
        """Hand on what the last examination found, once; whether there was one."""
        path = runtime_folder(self._settings.host) / CHECKUP
        with suppress(OSError, OutboxError):
            written_ns = path.stat().st_mtime_ns
            if written_ns == self._examined_ns:
                return False
            self._examined_ns = written_ns
            found = _read(path)
            if outbox.note(CHECKUP) == str(written_ns) or not found:
                return False
            device = device_id(self._settings)
            document = found | {"device": device, "seen": telemetry.SERVER_TIME}
            outbox.replace(checkup.key(device), encode(document))
            outbox.keep_note(CHECKUP, str(written_ns))
            return True
        return False


def _read(path: Path) -> Json:
    with suppress(OSError, ValueError, RecursionError), path.open("rb") as file:
        said = json.loads(file.read(_LONGEST_BYTES))
        return said if isinstance(said, dict) else {}
    return {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
