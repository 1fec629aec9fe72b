"""The page's server: on this machine's own address only, until Ctrl-C."""

import contextlib
import signal
import socket
import sys
import threading
import webbrowser
import zlib
from collections.abc import Callable, Generator

import uvicorn

from device.contract.errors import AddressInUseError
from training.annotation.page.access import ENTRY
from training.annotation.page.app import application
from training.annotation.page.desk import Desk

HOST = "127.0.0.1"
_FIRST_PORT, _PORTS = 8400, 500
_STOP_S = 2


def usual_port(desk: Desk) -> int:
    """The same for a coder at a project each time: a browser keeps what it could not yet send under the port."""
    return _FIRST_PORT + zlib.crc32(f"{desk.project.folder.resolve()}\0{desk.coder}".encode()) % _PORTS


def serve(desk: Desk, port: int | None = None, browse: bool = True) -> int:
    """Serve until SIGINT or SIGTERM; returns 0.

    Args:
        port: where to listen; 0: a free one; None: `usual_port`.
        browse: open the browser.

    Raises:
        AddressInUseError: the port is taken or not allowed.
    """
    with contextlib.closing(listen(usual_port(desk) if port is None else port)) as listening:
        number = int(listening.getsockname()[1])
        enter = f"http://{HOST}:{number}{ENTRY}?key="
        once = enter + desk.ticket() if browse else None
        server = Server(application(desk, number), lambda: _say_where(enter + desk.secret, once))
        server.run(sockets=[listening])
    return 0


def listen(port: int) -> socket.socket:
    """A listening socket on this machine's own address. Raises `AddressInUseError`."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two programs have one port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise AddressInUseError(
            f"Port {port} cannot be used ({error.strerror}): the page runs already in another window, which you can "
            "go on with, or another program has it; give another one with --port."
        ) from None
    return listening


class Server(uvicorn.Server):
    """uvicorn, with a word for 'requests are answered now', that ends quietly on a signal."""

    def __init__(self, app: object, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_S,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals stop the server and nothing more; elsewhere than in the main thread they are left alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _say_where(link: str, once: str | None) -> None:
    print(f"The page is at {link}\nCtrl-C stops it; everything is saved at each key.", flush=True)
    if once:
        threading.Thread(target=webbrowser.open, args=(once,), daemon=True).start()
