"""The dashboard's life: take the address, open accounts and database, serve until a signal, close cleanly.

Without a database of its own choice it starts a local one beside it, with the rules enforced, and lives in that one's
`-- COMMAND` (see `cloud.local.serving`); both end together.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from cloud.dashboard.access.door import Door
from cloud.dashboard.access.firebase import FirebaseIdentity
from cloud.dashboard.access.founding import WATCH, found_watch, owner_found
from cloud.dashboard.access.guard import Guard
from cloud.dashboard.access.identities import Identity
from cloud.dashboard.access.local import LocalIdentity
from cloud.dashboard.access.place import Place, check_listening, hosts_of
from cloud.dashboard.access.visits import Limits, Visits
from cloud.dashboard.app import application
from cloud.dashboard.base import Base
from cloud.dashboard.means import Means
from cloud.dashboard.socket import LONGEST
from cloud.local import serving as local
from cloud.local.accounts import FILE_NAME
from cloud.local.listening import bind
from cloud.local.serving import Server
from cloud.local.tokens import unsigned
from cloud.watch.account import Account
from cloud.watch.rules import load_rules
from cloud.watch.watch import Watch

WATCH_FOLDER = "watch"
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
    said = "The database, for boxes, is at {}; the dashboard follows in some seconds."
    return local.serve(local.Settings(data, port=port, command=command, rules=rules, sign_in=True, announcement=said))


async def _serve(settings: Settings, listening: socket.socket) -> int:
    base = Base(settings.database)
    identity: Identity = FirebaseIdentity(settings.api_key) if settings.api_key else _accounts(settings)
    visits = Visits(identity, base, Limits(idle_s=settings.idle_s, longest_s=settings.longest_s))
    place = _place(settings, listening)
    founded = owner_found(settings.database) if isinstance(identity, LocalIdentity) else None
    door = Door(identity, visits, place, base, found=founded)
    means = Means(base, identity, visits, settings.data / WATCH_FOLDER, settings.alerts)
    app = application(means, lambda pages: Guard(pages, door, visits, place))
    async with _stopping() as stop, _watched(settings, base), _served(settings, app, listening):
        _say_where(settings, place, listening, identity)
        await stop.wait()
        visits.close()
    await base.close()
    return 0


def _accounts(settings: Settings) -> LocalIdentity:
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalIdentity(settings.data / FILE_NAME)


def _place(settings: Settings, listening: socket.socket) -> Place:
    hosts = hosts_of(settings.host, _port(listening), settings.names, proxied=bool(settings.proxies))
    return Place(hosts, settings.certificate is not None or bool(settings.proxies), settings.proxies)


def _port(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def _say_where(settings: Settings, place: Place, listening: socket.socket, identity: Identity) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{'https' if settings.certificate else 'http'}://{host}:{_port(listening)}"
    print(f"The dashboard is at {address}", flush=True)
    if isinstance(identity, LocalIdentity) and (phrase := identity.first_phrase()):
        print(
            f"Nobody has an account yet: make the first one, an administrator's, with the pass-phrase {phrase}",
            flush=True,
        )


@contextlib.asynccontextmanager
async def _stopping() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    yield stop


@contextlib.asynccontextmanager
async def _watched(settings: Settings, base: Base) -> AsyncIterator[None]:
    """With a local database, the watch of the fleet goes along. With another, `affectbox-cloud watch` is its own."""
    if settings.api_key:
        yield
        return
    await found_watch(settings.database)

    async def token() -> str:
        return unsigned(WATCH, time.time())

    folder = settings.data / WATCH_FOLDER
    watch = Watch(load_rules(settings.alerts), folder, base, Account(token), lambda text: print(text, flush=True))
    watching = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})


@contextlib.asynccontextmanager
async def _served(settings: Settings, app: ASGIApp, listening: socket.socket) -> AsyncIterator[None]:
    certificate, key = settings.certificate or (None, None)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=LONGEST,
        lifespan="on",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        timeout_graceful_shutdown=_STOP_S,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await server.ready.wait()
    try:
        yield
    finally:
        server.should_exit = True
        await serving
