"""The dashboard's life: take the address, open accounts and database, serve until a signal, close cleanly.

Without a database of its own choice it starts a local one beside it, with the rules enforced, and lives in that one's
`-- COMMAND` (see `cloud.local.serving`); both end together.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from cloud.dashboard.access.door import Door
from cloud.dashboard.access.firebase import FirebaseIdentity
from cloud.dashboard.access.founding import owner_found
from cloud.dashboard.access.guard import Guard
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.place import Place, check_listening, hosts_of
from cloud.dashboard.access.visits import Limits, Visits
from cloud.dashboard.app import application
from cloud.dashboard.base import Base
from cloud.dashboard.means import Means
from cloud.local import serving as local
from cloud.local.listening import bind
from device.contract.errors import ConfigError

USERS = "users.db"
_STOP_S = 3


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Attributes:
        database: its address.
        data: folder of accounts, history and alerts.
        api_key: of a Firebase project; "" for a local database, whose accounts are kept in `data`.
        names: other host names that it is reached by.
        certificate: files of a TLS certificate and its key.
        proxies: addresses of proxies that encrypt.
        alerts: file of thresholds; None for those that ship.
        idle_s, longest_s: after so long without a sign of life a visit is locked, and ended.
    """

    database: str
    data: Path
    host: str = "127.0.0.1"
    port: int = 8060
    api_key: str = ""
    names: tuple[str, ...] = ()
    certificate: tuple[Path, Path] | None = None
    proxies: frozenset[str] = field(default_factory=frozenset)
    alerts: Path | None = None
    idle_s: float = 15 * 60.0
    longest_s: float = 12 * 3600.0


def serve(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM; returns 0.

    Raises:
        ConfigError: an address that others can reach without TLS.
        AddressInUseError: the port is taken or not allowed, or the host is not this machine's.
        SinkError: the database's address is none, or would show tokens to the network.
        StorageError: the folder cannot be used.
    """
    check_listening(settings.host, settings.certificate is not None, bool(settings.proxies))
    listening = bind(settings.host, settings.port)
    with contextlib.closing(listening):
        return asyncio.run(_serve(settings, listening))


def beside_a_database(words: list[str], data: Path, port: int) -> int:
    """Start the local database that stands in `data`, on a port, with the rules enforced, and in it the command
    `affectbox-cloud dashboard` with the same words, which finds it. Raises as `cloud.local.serving.serve`."""
    rules = Path(__file__).parents[1] / "database.rules.json"
    command = [sys.executable, "-m", "cloud", "dashboard", *words]
    return local.serve(local.Settings(data, port=port, command=command, rules=rules))


async def _serve(settings: Settings, listening: socket.socket) -> int:
    base = Base(settings.database)
    visits, place, door = _access(settings, base, listening.getsockname()[1])
    server = _Server(_config(settings, Guard(application(Means(base)), door, visits, place)))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await server.ready.wait()
    print(f"The dashboard is at {place.address}", flush=True)
    if door.first_phrase():
        print(f"First start: make your account at {place.address}/first with the pass-phrase {door.first_phrase()}", flush=True)
    try:
        await stop.wait()
    finally:
        visits.close()
        server.should_exit = True
        await serving
        await base.close()
    return 0
