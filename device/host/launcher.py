"""The seam to the camera daemon: a launcher makes a process that lives for one connection.

`SocketLauncher` connects to systemd's listening socket, which starts the unit; `ChildLauncher` starts a child, on a
machine without the units. `ScriptedLauncher` (in `device.host.scripted`) plays a daemon without a camera.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from device.contract.control import LONGEST_LINE, Order, Report, line, read_report
from device.contract.errors import AffectboxError

#: How long a child may take to be gone after it hung up, seconds.
_GONE_S = 5.0
#: What delivers between tasks, and ended by itself, is started again after so long.
_REST_AGAIN_S = 10.0


class LaunchError(AffectboxError):
    """The camera's process cannot be started."""


class Connection(Protocol):
    """One process of the daemon, as long as it lives."""

    def say(self, order: Order) -> None:
        """Never waits; what nobody hears is lost, and `hear` tells that the process is gone."""

    def hear(self) -> Report | None:
        """Wait for the next report; None when the process is gone. Raises `DataError`: what it said is no report."""

    def hang_up(self) -> None:
        """The daemon closes its camera and ends; `hear` still gives what it says meanwhile."""

    def kill(self) -> None:
        """End a process that does not listen, where that is in our power; else as `hang_up`."""

    def close(self) -> None:
        """Let go, after `hear` gave None."""


class Launcher(Protocol):
    """Makes processes of the daemon, one at a time."""

    def launch(self) -> Connection:
        """A new process, which waits for its task. Raises `LaunchError`."""

    def rest(self) -> None:
        """No process is wanted now: what delivers between sessions may run until the next `launch`."""

    def close(self) -> None:
        """End what `rest` started."""


class Wire:
    """A connection over a stream socket; `gone`: called once nothing more will come, and returns when the process is
    gone; `kill`: ends it."""

    def __init__(
        self, stream: socket.socket, gone: Callable[[], None] = lambda: None, kill: Callable[[], None] = lambda: None
    ) -> None:
        self._stream = stream
        self._lines = stream.makefile("rb")
        self._gone = gone
        self._kill = kill

    def say(self, order: Order) -> None:
        text = line(order)
        try:
            if self._stream.send(text, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) < len(text):
                self.hang_up()
        except OSError:
            self.hang_up()

    def hear(self) -> Report | None:
        try:
            text = self._lines.readline(LONGEST_LINE)
        except OSError:
            text = b""
        if not text.endswith(b"\n"):
            self._gone()
            return None
        return read_report(text)

    def hang_up(self) -> None:
        with suppress(OSError):
            self._stream.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        self.hang_up()
        self._kill()

    def close(self) -> None:
        self._lines.close()
        self._stream.close()


class SocketLauncher:
    """Connects to the socket by which systemd starts the daemon. Delivery between sessions is the units' affair."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def launch(self) -> Connection:
        stream = socket.socket(socket.AF_UNIX)
        try:
            stream.settimeout(_GONE_S)
            stream.connect(os.fspath(self._path))
            stream.settimeout(None)
        except OSError as error:
            stream.close()
            raise LaunchError(
                f"The camera's service cannot be reached ({error.strerror or error}): see `systemctl status "
                "affectbox-session.socket`."
            ) from None
        return Wire(stream)

    def rest(self) -> None:
        return

    def close(self) -> None:
        return


class ChildLauncher:
    """Starts `command --fd N` for each task, and `between --fd N`, if there is one, between tasks. Both end when this
    side of N is closed, so also when this process is killed."""

    def __init__(self, command: Sequence[str], between: Sequence[str] = ()) -> None:
        self._command = command
        self._between = between
        self._resting: subprocess.Popen[bytes] | None = None
        self._lifeline: socket.socket | None = None
        self._rested_s = -_REST_AGAIN_S
        self._lock = threading.Lock()

    def launch(self) -> Connection:
        with self._lock:
            self._end_resting()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                child = subprocess.Popen(
                    [*self._command, "--fd", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C is for the host, which ends its child in order
                )
        except OSError as error:
            ours.close()
            raise LaunchError(f"The camera's process cannot be started ({error.strerror}).") from None
        return Wire(ours, gone=lambda: _reap(child), kill=child.kill)

    def rest(self) -> None:
        with self._lock:
            runs = self._resting is not None and self._resting.poll() is None
            if not self._between or runs or time.monotonic() - self._rested_s < _REST_AGAIN_S:
                return
            self._rested_s = time.monotonic()
            with suppress(OSError):  # a machine that is short of something; in a while again
                self._start_resting()

    def close(self) -> None:
        with self._lock:
            self._end_resting()

    def _start_resting(self) -> None:
        self._cut()
        self._lifeline, theirs = socket.socketpair()
        with theirs:
            self._resting = subprocess.Popen(
                [*self._between, "--fd", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def _cut(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None

    def _end_resting(self) -> None:
        self._cut()
        if self._resting is not None:
            with suppress(ProcessLookupError):
                self._resting.send_signal(signal.SIGTERM)
            _reap(self._resting)
            self._resting, self._rested_s = None, -_REST_AGAIN_S


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Wait for a child's end, and help it along."""
    try:
        child.wait(_GONE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
