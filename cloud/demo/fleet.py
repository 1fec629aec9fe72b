"""The simulated fleet, alive: every box tells its state once a second, hears commands, and obeys some of them.

A box writes as itself, with an unsigned token, so the rules decide. Commands are heard on one stream of all boxes,
which only the owner of a local database may open; and so is the state of a later version written that rules refuse.
"""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress

from cloud.demo.boxes import Box, state, twin
from cloud.demo.obeying import Obeying
from cloud.load.connection import Connection
from cloud.local.tokens import OWNER, unsigned
from device.contract import remote, telemetry
from device.contract.enrolment import claims, uid
from device.contract.fields import Json

_TIMEOUT_S = 10.0
_AGAIN_S = 2.0
_TOKEN_S = 30 * 86_400  # a simulated box does not ask for new ones
_ACCEPTED = (200, 204)


class Fleet:
    """Boxes on one event loop.

    Attributes:
        refused: what the database refused last, in words; empty: nothing.
        sent: states that it took.
    """

    def __init__(self, url: str, boxes: list[Box], wall: Callable[[], float], step_s: float = 2.0) -> None:
        """`url` is of the database, with `?ns=`; `wall` gives seconds since 1970; an update takes `step_s` a step."""
        self._url, self._wall = url, wall
        self._boxes = {box.device: box for box in boxes}
        self._obeying = {box.device: Obeying(box, wall, step_s) for box in boxes}
        self._due = {box.device: asyncio.Event() for box in boxes}
        self.refused, self.sent = "", 0

    async def run(self, period_s: float = 1.0) -> None:
        """Live until cancelled; boxes whose database is away try again."""
        async with asyncio.TaskGroup() as group:
            for number, box in enumerate(self._boxes.values()):
                first_s = period_s * number / len(self._boxes)
                if box.trouble not in ("silent", "ended"):
                    group.create_task(self._live(box, first_s, period_s))
                if box.trouble == "twins":
                    group.create_task(self._live(twin(box), first_s + period_s / 2, period_s))
            group.create_task(self._hear())

    def document(self, device: str) -> Json:
        """What the box would say now."""
        obeying = self._obeying[device]
        return state(obeying.box, self._wall()) | obeying.told()

    async def send(self, device: str, connection: Connection, **changes: object) -> None:
        """Tell a box's state now, with changes."""
        await self._put(device, connection, self.document(device) | changes)

    async def _live(self, box: Box, first_s: float, period_s: float) -> None:
        own = "" if box.trouble == "unknown" else unsigned(uid(box.device), self._wall(), claims(box.device), _TOKEN_S)
        connection = Connection(self._url, _TIMEOUT_S, OWNER if not own else "", own)
        due_s = asyncio.get_running_loop().time() + first_s
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due_s):
                    await self._due[box.device].wait()
            self._due[box.device].clear()
            due_s = max(due_s, asyncio.get_running_loop().time() - period_s) + period_s
            document = self.document(box.device)
            if box.boot != document["boot"]:
                document = state(box, self._wall())
            with suppress(OSError):
                await self._put(box.device, connection, document)
                if checkup := self._obeying[box.device].checkup():
                    await connection.ask("PUT", f"/checkup/{box.device}", _encoded(checkup), print="silent")

    async def _put(self, device: str, connection: Connection, document: Json) -> None:
        status, answer = await connection.ask("PUT", f"/{telemetry.key(device)}", _encoded(document), print="silent")
        if status in _ACCEPTED:
            self.sent += 1
        else:
            self.refused = f"{device}: {status} {answer[:120].decode(errors='replace')}"

    async def _hear(self) -> None:
        """Commands to all boxes, from one stream; opened again when it breaks."""
        while True:
            with suppress(OSError, ValueError, EOFError):
                async for path, data in Connection(self._url, _TIMEOUT_S, OWNER).listen(f"/{remote.ROOT}"):
                    self._heard(path, data)
            await asyncio.sleep(_AGAIN_S * random.uniform(0.5, 1.0))

    def _heard(self, path: str, data: object) -> None:
        """A change below `/control`: of everything, of a box, or of its command."""
        _, *keys = path.rstrip("/").split("/")
        if not keys:
            for device, said in data.items() if isinstance(data, dict) else ():
                self._heard(f"/{device}", said)
        elif len(keys) == 1:
            if isinstance(data, dict) and remote.COMMAND in data:
                self._heard(f"/{keys[0]}/{remote.COMMAND}", data[remote.COMMAND])
        elif keys[1:] == [remote.COMMAND] and isinstance(data, dict):
            obeying = self._obeying.get(keys[0])
            if obeying and obeying.hear(data):
                self._due[keys[0]].set()


def _encoded(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
