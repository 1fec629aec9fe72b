"""The simulated fleet, alive: every box tells its state once a second, hears commands, and obeys some of them.

A box writes as itself, with an unsigned token, so the rules decide; or, where there are many, several are written in
one request as the owner of the local database, above the rules: a real box tells its state once a minute, and rules
for sixty times as many writes would be most of what the machine does. Commands are heard on one stream of all boxes,
which only the owner may open.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from contextlib import suppress

from cloud.demo.boxes import Box, state, twin
from cloud.demo.obeying import Obeying
from cloud.load.connection import Connection
from cloud.local.tokens import OWNER, unsigned
from device.contract import checkup, erasure, remote, telemetry
from device.contract.enrolment import claims, uid
from device.contract.fields import Json

_TIMEOUT_S = 10.0
_AGAIN_S = 2.0
_TOKEN_S = 30 * 86_400  # a simulated box does not ask for new ones
_ACCEPTED = (200, 204)
_TOGETHER = 20  # boxes in one request


class Fleet:
    """Boxes on one event loop.

    Attributes:
        refused: what the database refused last, in words; empty: nothing.
        sent: states that it took.
    """

    def __init__(
        self, url: str, boxes: list[Box], wall: Callable[[], float], step_s: float = 2.0, together: bool = False
    ) -> None:
        """`url` is of the database, with `?ns=`; `wall` gives seconds since 1970; an update takes `step_s` a step;
        `together`: many boxes are written in one request, as the owner."""
        self._url, self._wall, self._together = url, wall, together
        self._boxes = {box.device: box for box in boxes}
        self._obeying = {box.device: Obeying(box, wall, step_s) for box in boxes}
        self._due = {box.device: asyncio.Event() for box in boxes}
        self.refused, self.sent = "", 0

    async def run(self, period_s: float = 1.0) -> None:
        """Live until cancelled; boxes whose database is away try again."""
        talking = [box for box in self._boxes.values() if box.trouble not in ("silent", "ended")]
        talking += [twin(box) for box in talking if box.trouble == "twins"]
        size = _TOGETHER if self._together else 1
        groups = [talking[at : at + size] for at in range(0, len(talking), size)]
        async with asyncio.TaskGroup() as tasks:
            for number, group in enumerate(groups):
                tasks.create_task(self._live(group, period_s * number / len(groups), period_s))
            tasks.create_task(self._hear())

    def document(self, device: str) -> Json:
        """What the box would say now."""
        obeying = self._obeying[device]
        told = obeying.told()  # first: an update that is over changes the box
        return state(obeying.box, self._wall()) | told

    async def _live(self, group: list[Box], first_s: float, period_s: float) -> None:
        """Tell the state of some boxes, of one as itself, again and again."""
        as_owner = self._together or group[0].trouble == "unknown"
        device = group[0].device
        own = "" if as_owner else unsigned(uid(device), self._wall(), claims(device), _TOKEN_S)
        connection = Connection(self._url, _TIMEOUT_S, OWNER if as_owner else "", own)
        due_s = asyncio.get_running_loop().time() + first_s
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due_s):
                    await self._due[device].wait()
            self._due[device].clear()
            due_s = max(due_s, asyncio.get_running_loop().time() - period_s) + period_s
            with suppress(OSError):
                await self._tell(connection, {f"{telemetry.ROOT}/{box.device}": self._said(box) for box in group})
                checkups = {box.device: self._obeying[box.device].checkup() for box in group}
                found = {checkup.key(name): one for name, one in checkups.items() if one}
                if found:
                    await self._tell(connection, found)
                for box in group:
                    if erased := self._obeying[box.device].erased():
                        await self._tell(connection, erased)

    def _said(self, box: Box) -> Json:
        """What this machine says: of two boxes of one name each says its own."""
        document = self.document(box.device)
        return document if box.boot == document["boot"] else state(box, self._wall())

    async def _tell(self, connection: Connection, documents: Mapping[str, Json | None]) -> None:
        """Write documents, one in its place or several at once."""
        if len(documents) == 1:
            ((path, body),) = documents.items()
            status, answer = await connection.ask("PUT", f"/{path}", _encoded(body), print="silent")
        else:
            status, answer = await connection.ask("PATCH", "/", _encoded(documents), print="silent")
        if status in _ACCEPTED:
            self.sent += len(documents)
        else:
            self.refused = f"{', '.join(documents)[:80]}: {status} {answer[:120].decode(errors='replace')}"

    async def _hear(self) -> None:
        """Commands to all boxes, from one stream; opened again when it breaks."""
        while True:
            with suppress(OSError, ValueError, EOFError):
                async for path, data in Connection(self._url, _TIMEOUT_S, OWNER).listen(f"/{remote.ROOT}"):
                    self._heard(path, data)
            await asyncio.sleep(_AGAIN_S * random.uniform(0.5, 1.0))

    def _heard(self, path: str, data: object) -> None:
        """A change below `/control`: of everything, of a box, or of its command or whom it is to erase."""
        _, *keys = path.rstrip("/").split("/")
        if not keys:
            for device, said in data.items() if isinstance(data, dict) else ():
                self._heard(f"/{device}", said)
        elif len(keys) == 1:
            for name in (remote.COMMAND, erasure.ERASE):
                if isinstance(data, dict) and name in data:
                    self._heard(f"/{keys[0]}/{name}", data[name])
        elif keys[1:] == [remote.COMMAND] and isinstance(data, dict):
            obeying = self._obeying.get(keys[0])
            if obeying and obeying.hear(data):
                self._due[keys[0]].set()
        elif keys[1:2] == [erasure.ERASE] and keys[0] in self._obeying:
            standing = data if len(keys) == 2 else {keys[2]: data}
            self._obeying[keys[0]].hear_erase(standing if isinstance(standing, dict) else {})
            self._due[keys[0]].set()


def _encoded(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
