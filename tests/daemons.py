"""The host's end of a real connection to the camera daemon, in a process of its own or in a thread."""

import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import cv2
import numpy as np

from device.arrays import ByteImage
from device.clock import SystemClock
from device.contract.control import VERSION, Do, Doing, Order, Report, line, read_report
from device.contract.errors import AffectboxError
from device.delivery.condenser import pack_bodies
from device.delivery.outbox import Outbox
from device.service.daemon import Daemon
from device.service.wire import Wire
from device.settings import Settings

WAIT_S = 30.0
#: Passes a socket as systemd does. Source: sd_listen_fds(3).
_AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""


class Talk:
    """Says orders and hears reports; nothing is waited for longer than `WAIT_S`."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours
        ours.settimeout(WAIT_S)
        self._lines = ours.makefile("rb")
        self.heard: list[Report] = []
        self.raw = b""

    def say(self, do: Do, **more: Any) -> None:
        self.send(line(Order(do, VERSION, **more)))

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hear(self) -> Report | None:
        """The next report; None when the daemon has gone."""
        text = self._lines.readline()
        if not text:
            return None
        self.raw += text
        self.heard.append(read_report(text))
        return self.heard[-1]

    def until(self, holds: Callable[[Report], bool]) -> Report:
        """The first report of which something holds."""
        while (report := self.hear()) is not None:
            if holds(report):
                return report
        raise AssertionError(f"it ended before: {self.heard[-3:]}")

    def watching(self, frames: int = 1) -> Report:
        return self.until(lambda report: report.state is Doing.WATCHING and report.recorded >= frames)

    def last(self) -> Report:
        """Its last word, after which nothing came."""
        while self.hear() is not None:
            pass
        assert self.heard, "it said nothing"
        return self.heard[-1]

    def hang_up(self) -> None:
        self._lines.close()
        self._socket.close()


class Process(Talk):
    """`affectbox daemon` in a process of its own."""

    def __init__(self, *assignments: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = start("daemon", *assignments, descriptor=theirs.fileno())
        super().__init__(ours)

    def ended(self) -> tuple[int, str]:
        """Exit code, and what it printed."""
        return end_of(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.hang_up()


def start(
    command: str, *assignments: str, descriptor: int | None = None, listening: int | None = None
) -> subprocess.Popen[str]:
    """Start `affectbox COMMAND` with these settings, and let it inherit a connection, or a socket as systemd does."""
    inherited = [] if descriptor is None else ["--fd", str(descriptor)]
    sets = [part for text in assignments for part in ("--set", text)]
    as_systemd = [] if listening is None else [sys.executable, "-c", _AS_SYSTEMD, str(listening)]
    return subprocess.Popen(
        [*as_systemd, sys.executable, "-m", "device", command, *inherited, *sets],
        pass_fds=[number for number in (descriptor, listening) if number is not None],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code, and what it printed."""
    out, errors = process.communicate(timeout=WAIT_S)
    return process.returncode, out + errors


def arrived(url: str, namespace: str, path: str) -> Any:
    """Wait until the database holds something at a path; what."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=WAIT_S)
    connection.request("GET", f"/{path}.json?ns={namespace}", headers={"Accept": "text/event-stream"})
    with closing(connection), connection.getresponse() as stream:
        for text in stream:
            if text.startswith(b"data: ") and (told := json.loads(text[6:])) and told["data"] is not None:
                return told["data"]
    raise AssertionError(f"{path} did not arrive")


class InThread(Talk):
    """The daemon in a thread of this process, over a real connection."""

    def __init__(self, settings: Settings, room: int = 0) -> None:
        """`room`: bytes that the connection holds at least while nobody reads; 0: as usual."""
        ours, theirs = socket.socketpair()
        if room:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
        super().__init__(ours)
        self.error: AffectboxError | None = None
        self._wire = Wire(theirs)
        self.daemon = Daemon(settings, SystemClock(), self._wire)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ended(self) -> AffectboxError | None:
        """Why it failed, when it is over."""
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive(), "it does not end"
        return self.error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._thread.join(WAIT_S)

    def _run(self) -> None:
        try:
            self.daemon.run()
        except AffectboxError as error:
            self.error = error
        finally:
            self._wire.close()


def left_in(outbox: Path) -> dict[str, Any]:
    """What waits in an outbox, by path; records in packs."""
    with Outbox(outbox, 500, pack_bodies) as opened:
        return {entry.path: json.loads(entry.body) for entry in opened.lease(10_000)}


def events_of(waiting: dict[str, Any], session: str) -> list[dict[str, Any]]:
    return [body for path, body in sorted(waiting.items()) if f"~{session}/" in path]


def film(path: Path, portrait: ByteImage, frames: int = 300, rate: int = 10) -> Path:
    """A clip of a face that hardly moves, small and cheap to read."""
    height, width = 240, 320
    small = cv2.resize(portrait, (240, 240), interpolation=cv2.INTER_AREA)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    for number in range(frames):
        image = np.full((height, width, 3), 90, np.uint8)
        at = 40 + number % 7
        image[:, at : at + 240] = small
        writer.write(image)
    writer.release()
    return path
