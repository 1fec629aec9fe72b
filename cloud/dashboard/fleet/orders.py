"""Commands to boxes: written at `control/DEVICE/command`, each with its entry of the audit, in the name of whoever is
signed in; and the rollouts that they belong to, kept in a file so that a restart forgets none.

Only the visit that began a rollout, or went on with it, sends its commands. When that visit ends, nothing more is sent
until somebody goes on.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from cloud.dashboard.base import Base
from cloud.dashboard.fleet import rollout
from cloud.dashboard.fleet.rollout import At, Rollout
from cloud.dashboard.person import Visit
from cloud.operations.orders import changes
from cloud.watch.sqlite import File
from device.contract import remote
from device.contract.errors import AffectboxError, ConfigError
from device.contract.fields import Json
from device.contract.keys import new_key

FILE = "orders.db"
#: What may be ordered from here → as people say it.
DOING = {"update": "Update", "doctor": "Doctor run"}
#: So many rollouts are remembered.
_KEPT = 20
_SCHEMA = "CREATE TABLE IF NOT EXISTS rollouts (id TEXT PRIMARY KEY, at INTEGER, body TEXT) WITHOUT ROWID;"
_log = logging.getLogger(__name__)


class Orders:
    """All rollouts. For one event loop; what blocks is done in threads."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` keeps them; without one they last as long as this object. Raises `StorageError`."""
        self._file = File(folder / FILE, _SCHEMA, _log.warning) if folder else None
        self._all: dict[str, Rollout] = {one.id: one for one in self._kept()}
        self.version = 0

    def all(self) -> list[Rollout]:
        """The newest first."""
        return sorted(self._all.values(), key=lambda one: one.at_ms, reverse=True)

    def drives(self, visit: Visit) -> bool:
        """Whether commands still have to be sent, or followed, for a visit."""
        return any(one.visit == visit.id and not one.is_over for one in self._all.values())

    async def begin(
        self, visit: Visit, do: str, devices: Sequence[str], staged: bool, at_once: int, now_ms: int
    ) -> Rollout:
        """Order it. Raises `ConfigError`: there is nothing to do; `StorageError`."""
        if do not in DOING or not devices or at_once < 1:
            raise ConfigError("Choose the boxes first, and at least one at once.")
        steps = tuple(rollout.Step(device) for device in dict.fromkeys(devices))
        person = visit.person
        name = person.name or person.email
        new = Rollout(new_key(now_ms), do, person.uid, name, now_ms, at_once, staged, steps, visit.id)
        await self._put(new)
        return new

    async def stop(self, visit: Visit, name: str, now_ms: int) -> None:
        """Begin no more boxes of it."""
        if (one := self._all.get(name)) and not one.stopped:
            person = visit.person
            await self._put(rollout.stop(one, f"{person.name or person.email} stopped it.", now_ms))

    async def go_on(self, visit: Visit, name: str) -> None:
        """From now on the visit sends what is left of it."""
        if (one := self._all.get(name)) and not one.visit:
            await self._put(replace(one, visit=visit.id))

    async def forget(self, name: str) -> None:
        """It is shown no more; one that is under way stays."""
        if (one := self._all.get(name)) and one.is_over:
            del self._all[name]
            self.version += 1
            await asyncio.to_thread(self._delete, [name])

    async def let_go(self, visit: Visit) -> None:
        """The visit is over: it sends nothing more."""
        for one in list(self._all.values()):
            if one.visit == visit.id:
                await self._put(replace(one, visit=""))

    async def step(self, base: Base, visit: Visit, document: Callable[[str], Json]) -> None:
        """See what became of commands, and send those that are due."""
        for name, before in list(self._all.items()):
            now = before if before.is_over else rollout.observed(before, document, base.now_ms())
            if now is not before:
                await self._put(now)
            if now.visit == visit.id:
                for device in rollout.due(now):
                    await self._send(base, visit, name, device, document(device))

    async def _send(self, base: Base, visit: Visit, name: str, device: str, document: Json) -> None:
        now_ms, do = base.now_ms(), self._all[name].do
        command = new_key(now_ms)
        until_ms = now_ms + rollout.HEARD_MS
        order = {"v": remote.VERSION, "id": command, "do": do, "until": until_ms, "by": visit.person.uid}
        try:
            await base.patch(visit, changes(device, order, now_ms, "fleet_commanded"))
        except AffectboxError as error:
            await self._put(rollout.not_sent(self._all[name], device, str(error), now_ms))
            return
        one = self._all[name]
        if any(step.device == device and step.at is At.WAITING for step in one.steps):  # nobody stopped it meanwhile
            await self._put(rollout.sent(one, device, command, document, now_ms))

    async def _put(self, one: Rollout) -> None:
        self._all[one.id] = one
        self.version += 1
        await asyncio.to_thread(self._write, one)

    def _write(self, one: Rollout) -> None:
        if self._file is None:
            return
        with self._file() as db:
            row = (one.id, one.at_ms, json.dumps(rollout.to_json(one)))
            db.execute("INSERT OR REPLACE INTO rollouts VALUES (?, ?, ?)", row)
            newest = "SELECT id FROM rollouts ORDER BY at DESC LIMIT ?"
            db.execute(f"DELETE FROM rollouts WHERE id NOT IN ({newest})", (_KEPT,))

    def _delete(self, names: Sequence[str]) -> None:
        if self._file is None:
            return
        with self._file() as db:
            db.executemany("DELETE FROM rollouts WHERE id = ?", [(name,) for name in names])

    def _kept(self) -> list[Rollout]:
        if self._file is None:
            return []
        with self._file() as db:
            rows = db.execute("SELECT body FROM rollouts").fetchall()
        found = []
        for (body,) in rows:
            try:
                found.append(rollout.of_json(json.loads(body)))
            except (TypeError, KeyError, ValueError):
                _log.warning("a rollout that another version kept is left out")
        return found


def shown(one: Rollout) -> Json:
    """A rollout as the page has it."""
    return {
        "id": one.id,
        "do": one.do,
        "name": one.name,
        "at": one.at_ms,
        "staged": one.staged,
        "at_once": one.at_once,
        "driven": bool(one.visit),
        "stopped": one.stopped,
        "over": one.is_over,
        "steps": [[step.device, step.at.value, step.text, step.since_ms, step.until_ms] for step in one.steps],
    }
