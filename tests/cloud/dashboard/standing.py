"""A dashboard as it is served: a real server on a real socket, on a local database that enforces the rules."""

import asyncio
import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher

from cloud.dashboard.access.door import Door
from cloud.dashboard.access.founding import owner_found
from cloud.dashboard.access.guard import Guard
from cloud.dashboard.access.identities import Identity
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.place import Place, hosts_of
from cloud.dashboard.access.visits import Limits, Visits
from cloud.dashboard.app import application
from cloud.dashboard.base import Base
from cloud.dashboard.means import Means
from tests.servers import WAIT_S

#: Hashes that take no time; one test holds how long the real ones take.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_numbers = itertools.count()
PROXY = "127.0.0.1"
OWNER = {"Authorization": "Bearer owner"}
PASSWORD = "four plain words here"


class Standing:
    """A server in a thread."""

    def __init__(
        self,
        folder: Path,
        database: str,
        identity: Identity | None = None,
        limits: Limits | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self.identity: Any = identity or LocalIdentity(folder / "users.db", QUICK)
        self._folder, self.database, self._limits = folder, database, limits or Limits()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.place = Place(hosts_of("127.0.0.1", self.port, names, proxied=False), proxies=frozenset({PROXY}))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(WAIT_S)

    async def _serve(self) -> None:
        base = self.base = Base(self.database)
        self.visits = Visits(self.identity, base, self._limits)
        door = Door(self.identity, self.visits, self.place, base, owner_found(self.database))
        guard = lambda app: Guard(app, door, self.visits, self.place)  # noqa: E731
        config = uvicorn.Config(
            application(Means(base, self.identity, self.visits, self._folder / "watch"), guard),
            log_level="error",
            lifespan="on",
            server_header=False,
            proxy_headers=False,
            ws="websockets-sansio",
        )
        self.server = uvicorn.Server(config)
        self.server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self.loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self.server.serve([self._socket]))
        while not self.server.started:
            await asyncio.wait([serving], timeout=0.01)
        self._ready.set()
        await serving
        await base.close()

    def close(self) -> None:
        self.server.should_exit = True
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    def seed(self, path: str, value: Any) -> None:
        """Write above the rules."""
        namespace = self.database.partition("?ns=")[2]
        url = self.database.partition("?")[0]
        httpx.put(
            f"{url}/{path}.json", params={"ns": namespace}, content=json.dumps(value), headers=OWNER
        ).raise_for_status()

    def read(self, path: str) -> Any:
        """Read above the rules."""
        namespace = self.database.partition("?ns=")[2]
        url = self.database.partition("?")[0]
        return httpx.get(f"{url}/{path}.json", params={"ns": namespace}, headers=OWNER).raise_for_status().json()

    def person(self, uid: str, role: str = "clinician", name: str = "", **marks: dict[str, bool]) -> str:
        """An account with a role; its e-mail."""
        email = f"{uid}@clinic.example"
        self.identity.users.add(email, PASSWORD, uid=uid)
        if role:
            self.seed(f"staff/{uid}", {"role": role} | ({"name": name} if name else {}) | marks)
        return email

    def client(self, **more: Any) -> httpx.Client:
        """A browser that is nobody yet, with an address of its own."""
        address = f"192.0.2.{next(_numbers) % 250}"
        headers = {"Origin": self.url, "X-Forwarded-For": address} | more.pop("headers", {})
        return httpx.Client(base_url=self.url, headers=headers, timeout=WAIT_S, **more)

    def sign_in(self, client: httpx.Client, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return client.post("/sign-in", data={"email": email, "password": password, **more})

    def run(self, coroutine: Any) -> Any:
        """The result of a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(WAIT_S)


@contextlib.contextmanager
def standing(*args: Any, **more: Any) -> Iterator[Standing]:
    stood = Standing(*args, **more)
    try:
        yield stood
    finally:
        stood.close()
