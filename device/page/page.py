"""The page's server, in a thread of the host process."""

import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Self

import uvicorn

from device.clock import Clock
from device.contract.address import is_loopback, printable
from device.contract.errors import AddressInUseError
from device.host.view import Host
from device.page.app import App
from device.page.doing import Doing
from device.page.door import Door
from device.page.guard import Seats, guarded
from device.page.passphrases import kept_hash
from device.page.showing import Showing
from device.settings import Settings
from device.update.layout import Layout

_HERE = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::")
_START_S, _STOP_S = 20.0, 3.0
_KEEP_ALIVE_S = 30
_HEAD_BYTES = 16_384
_BACKLOG = 32


class Page:
    """The page of a host, from `with` to the end of its block.

    Attributes:
        url: where this machine's own browser finds it.
    """

    def __init__(self, settings: Settings, clock: Clock, host: Host, layout: Layout | None = None) -> None:
        """`layout`: where releases lie."""
        self._settings = settings
        self._clock = clock
        self._host = host
        self._layout = layout
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Raises `AddressInUseError`: the port is taken or not allowed, or the address is not this machine's."""
        sockets = _listen(self._settings.page.address, self._settings.page.port)
        port = sockets[0].getsockname()[1]
        self.url = f"http://{_HERE}:{port}/"
        self._thread = threading.Thread(target=self._serve, args=(sockets, port), name="page", daemon=True)
        self._thread.start()
        self._ready.wait(_START_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_START_S)

    def _serve(self, sockets: list[socket.socket], port: int) -> None:
        told = 0 if is_loopback(self._settings.page.address) else port
        showing = Showing(self._settings, self._clock, told, self._layout)
        door = Door(lambda: kept_hash(self._settings.identity), self._clock)
        app = App(door, Doing(self._host, showing, self._layout))
        config = uvicorn.Config(
            app,
            http=guarded(Seats()),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # what strangers send is no news
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=int(_STOP_S),
            h11_max_incomplete_event_size=_HEAD_BYTES,
        )
        self._server = _Server(config, self._ready, app.close)
        try:
            self._server.run(sockets=sockets)
        finally:
            self._ready.set()  # nobody waits for one that failed


class _Server(uvicorn.Server):
    """uvicorn, with a word for 'requests are answered now', and with the signals left to the host process."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event, closing: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._ready = ready
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._closing()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _listen(address: str, port: int) -> list[socket.socket]:
    """Sockets on the address, and on this machine's own; the second on the same port. Raises `AddressInUseError`."""
    if address in (*_EVERYWHERE, _HERE, "localhost"):
        return [_bound(address, port)]
    here = _bound(_HERE, port)
    try:
        return [here, _bound(address, here.getsockname()[1])]
    except AddressInUseError:
        here.close()
        raise


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address == "::":
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind((address, port))
        listening.listen(_BACKLOG)
    except (OSError, TypeError, UnicodeError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "it is no address"
        raise AddressInUseError(
            f"The page cannot be served on {printable(address)} port {port} ({why}): set page.address and page.port."
        ) from None
    return listening
