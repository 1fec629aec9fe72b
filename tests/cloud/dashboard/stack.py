"""All that the tests of pages look at: a local database that enforces the rules and holds simulated people, their
sessions and boxes, the dashboard on it as a process of its own, and accounts."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from cloud.dashboard.access.users import Users
from cloud.demo.boxes import Box, state
from cloud.demo.fleet import Fleet
from cloud.demo.scene import NAMESPACE, RULES, furnish
from cloud.demo.staff import Account, accounts
from cloud.local.tokens import OWNER, unsigned
from device.contract import live, telemetry
from device.contract.enrolment import claims, uid
from device.contract.fields import Json
from tests.cloud.dashboard.standing import QUICK
from tests.servers import WAIT_S, Server

BOXES, WEEKS, MINUTES = 2, 3, 6.0
_LINE = "The dashboard is at "


class Dashboard:
    """`affectbox-cloud dashboard` in a process of its own, ready when the constructor returns."""

    def __init__(self, data: Path, database: str, port: int = 0, *options: str) -> None:
        words = ["cloud", "dashboard", "--data", str(data), "--database", database, "--port", str(port), *options]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-m", *words], **pipes)
        watchdog = threading.Timer(WAIT_S, self.process.kill)  # bounds the wait for the line
        watchdog.start()
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        watchdog.cancel()
        if not line.startswith(_LINE):
            raise AssertionError(f"no readiness line: {line!r} {self.process.communicate()[1]}")
        self.url = line.split()[-1]
        self.port = int(self.url.rpartition(":")[2])
        self.said: list[str] = []
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=lambda stream=stream: self.said.extend(stream), daemon=True).start()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)


class DrivenBox:
    """A box of the fleet that says something when a test wants it to; as itself, so the rules decide."""

    def __init__(self, box: Box, database: str) -> None:
        self.box, self.device = box, box.device
        self._database = httpx.URL(database)
        token = unsigned(uid(box.device), time.time(), claims(box.device), 86_400)
        self._query = {"ns": NAMESPACE, "auth": token}
        self._client = httpx.Client(base_url=database.partition("?")[0], timeout=WAIT_S)

    def put(self, path: str, document: Any) -> None:
        """Write as the box; refused: the test fails."""
        answer = self._client.put(f"/{path}.json", params=self._query, content=json.dumps(document))
        assert answer.status_code == 200, (path, answer.text)

    def send(self, at_s: float | None = None, **changes: Any) -> Json:
        """Its telemetry now, or as at another time of a day, with changes of whole groups; returns what was sent."""
        document = state(self.box, time.time() if at_s is None else at_s) | changes
        self.put(telemetry.key(self.device), document)
        return document

    def show(self, records: list[Json], hints: list[str] | None = None) -> None:
        """The newest second for whoever watches."""
        self.put(live.key(self.device), live.live(records, telemetry.SERVER_TIME, hints or []))

    def said_to(self) -> Json:
        """What stands at `control/DEVICE`."""
        found: Json = self._client.get(f"/control/{self.device}.json", params=self._query).json() or {}
        return found


class Stack:
    """See the module.

    Attributes:
        url: of the dashboard.
        database: address of the database, with its namespace.
        accounts: who may sign in, by the part of the e-mail before the `@`: clinician, clinician2, engineer, admin.
        data: folder of database, accounts and alerts.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder
        self.began_s = time.time()
        people = accounts()
        self.accounts: dict[str, Account] = {account.email.partition("@")[0]: account for account in people}
        self._boxes = furnish(folder, people, BOXES, WEEKS, self.began_s, MINUTES)
        users = Users(folder / "users.db", QUICK)
        for account in people:
            users.add(account.email, account.password, uid=account.uid)
        self._server = Server(folder, "--rules", str(RULES), "--sign-in")
        self.database = f"{self._server.url}?ns={NAMESPACE}"
        self.dashboard = Dashboard(folder, self.database)
        self.boxes = {box.device: DrivenBox(box, self.database) for box in self._boxes}
        for box in self.boxes.values():
            box.send()

    @property
    def url(self) -> str:
        return self.dashboard.url

    def box(self, device: str) -> DrivenBox:
        """A box that the test drives."""
        return self.boxes[device]

    def get(self, path: str) -> Any:
        """What stands somewhere in the database, above the rules."""
        return self._ask("GET", path)

    def put(self, path: str, document: Any) -> None:
        """Write somewhere in the database, above the rules; None deletes."""
        self._ask("PUT", path, document)

    def patch(self, changes: dict[str, Any]) -> None:
        """Write in several places at once, above the rules."""
        self._ask("PATCH", "", changes)

    @contextlib.contextmanager
    def alive(self, boxes: list[Box] | None = None, period_s: float = 0.2, step_s: float = 0.3) -> Iterator[Fleet]:
        """The fleet, or another one, tells its state by itself and obeys, for the length of a block."""
        fleet = Fleet(self.database, boxes or self._boxes, time.time, step_s)
        loop = asyncio.new_event_loop()
        running = loop.create_task(fleet.run(period_s))

        def live_on() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(running)

        thread = threading.Thread(target=live_on, daemon=True)
        thread.start()
        try:
            yield fleet
        finally:
            loop.call_soon_threadsafe(running.cancel)
            thread.join(WAIT_S)
            loop.close()

    def restart(self) -> None:
        """Kill the dashboard and start it again at the same address."""
        port = self.dashboard.port
        self.dashboard.end(signal.SIGKILL)
        self.dashboard = Dashboard(self.data, self.database, port)

    def close(self) -> None:
        """End everything."""
        self.dashboard.end()
        self._server.end()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        content = None if method == "GET" else json.dumps(body)
        answer = httpx.request(
            method,
            f"{self._server.url}/{path}.json",
            params={"ns": NAMESPACE},
            headers={"Authorization": OWNER},
            content=content,
            timeout=WAIT_S,
        )
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()
