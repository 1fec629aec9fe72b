"""The server's life: take the address, open the store, serve until a signal or until COMMAND ends, close cleanly."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from cloud.local import whereabouts
from cloud.local.accounts import FILE_NAME, BoxAccounts
from cloud.local.apart import Apart
from cloud.local.evaluation import EvaluatedRules, NoRules
from cloud.local.identity import WithIdentity
from cloud.local.listening import address_of, bind
from cloud.local.server import RestApi
from cloud.local.store import Store
from device.contract.address import is_loopback
from device.contract.errors import ConfigError

_KEEP_ALIVE_S = 60  # an idle connection; a box that pushes every few seconds keeps its own
_STOP_S = 3  # for answers under way when the server stops


@dataclass(frozen=True)
class Settings:
    """How to serve. Port 0 takes a free one; with a `command` the server lives as long as that; `rules` is a file;
    `sign_in`: boxes may sign in here, with their accounts in the folder `data`; `announcement`: what is printed with
    the address when requests are answered."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 9000
    allow_remote: bool = False
    command: list[str] = field(default_factory=list)
    rules: Path | None = None
    sign_in: bool = False
    announcement: str = "listening on {}"


class Server(uvicorn.Server):
    """uvicorn, with an event for "requests are answered now" and with the signals left to whoever runs it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def serve(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM (returns 0), or while `settings.command` runs (returns its exit code).

    Raises:
        ConfigError: a host that others can reach without `allow_remote`; a command that cannot be started; rules that
            cannot be enforced.
        AddressInUseError: the port is taken or not allowed, or the host is not this machine's.
        StorageError: see `Store` and `BoxAccounts`.
    """
    _refuse_remote(settings)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(contextlib.closing(bind(settings.host, settings.port)))
        store = stack.enter_context(contextlib.closing(Store(settings.data)))
        rules = stack.enter_context(
            contextlib.closing(EvaluatedRules(settings.rules) if settings.rules else NoRules())
        )
        accounts = BoxAccounts(settings.data / FILE_NAME) if settings.sign_in else None
        return asyncio.run(_serve(settings, listening, RestApi(store, rules), accounts))


async def _serve(settings: Settings, listening: socket.socket, api: RestApi, accounts: BoxAccounts | None) -> int:
    server = Server(
        uvicorn.Config(
            Apart(WithIdentity(api, accounts) if accounts else api, _names(settings)),
            lifespan="off",
            ws="none",
            log_level="warning",
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_STOP_S,
        )
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await server.ready.wait()
    address = address_of(listening)
    whereabouts.tell(settings.data, settings.host, address)
    print(settings.announcement.format(f"http://{address}"), flush=True)
    try:
        return await _run(settings, address, stop) if settings.command else await _wait(stop)
    finally:
        whereabouts.untell(settings.data)
        api.hub.close()
        server.should_exit = True
        await serving


def _names(settings: Settings) -> set[str]:
    """The names that other machines have for this one, where they may ask; elsewhere none but numbers."""
    here = socket.gethostname()
    return {settings.host, here, f"{here}.local", socket.getfqdn()} if settings.allow_remote else {settings.host}


async def _wait(stop: asyncio.Event) -> int:
    await stop.wait()
    return 0


async def _run(settings: Settings, address: str, stop: asyncio.Event) -> int:
    """Run the command with the database's address in its environment; a signal to the server is handed on to it."""
    command = settings.command
    environment = {"FIREBASE_DATABASE_EMULATOR_HOST": address, "AFFECTBOX_DATABASE_URL": f"http://{address}"}
    if settings.sign_in:
        environment["FIREBASE_AUTH_EMULATOR_HOST"] = address
    try:
        child = await asyncio.create_subprocess_exec(*command, env=os.environ | environment)
    except OSError as error:
        raise ConfigError(f"cannot run {command[0]}: {error.strerror}; check the command after --") from None
    stopping = asyncio.create_task(stop.wait())
    ended = asyncio.create_task(child.wait())
    await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        child.terminate()
    stopping.cancel()
    code = await ended
    return code if code >= 0 else 128 - code


def _refuse_remote(settings: Settings) -> None:
    if not settings.allow_remote and not is_loopback(settings.host):
        raise ConfigError(
            f"tokens are not verified, so whoever reaches {settings.host} could read and change everything; "
            "keep to 127.0.0.1, or give --allow-remote if every machine on that network may"
        )
