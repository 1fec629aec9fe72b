"""A camera daemon that has no camera: it plays a script, over the same connection and with the same words.

For the page's development, for tests, and to show a box to somebody. `ScriptedLauncher` plays it in a thread;
`python -m device.host.scripted --fd N` in a process of its own.
"""

import argparse
import os
import select
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from msgspec import UNSET, UnsetType

from device.contract.control import LONGEST_LINE, Do, Doing, ErasedSaid, Glimpse, Order, Report, line, read_order
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.finding import Finding, Level
from device.contract.session import Why, session_id
from device.host.drawn import HEIGHT, WIDTH, drawn
from device.host.launcher import Connection, LaunchError, Wire

_BOOT = "5c219ed0-0000000000"
_WHY = {Do.PAUSE: Why.PAUSED, Do.LIMIT: Why.LIMIT, Do.REVOKE: Why.REVOKED}
_PROOF = 4  # reports of frames that prove a release
_EVENTS = (Do.MARK, Do.PHASE, Do.STIMULUS, Do.CONSENT)


@dataclass(frozen=True)
class Script:
    """What the daemon plays.

    Attributes:
        opening_s: from the task to the first frame.
        closing_s: from the end to the camera being closed.
        every_s: between two reports.
        lasts: so many reports of frames until the source has no more; 0 for ever.
        fails: sentence with which it ends instead of opening the camera; "" for none.
        deaf: it hangs up before it has said a word.
        refused: sentence of a launcher that cannot start it; "" for none.
        findings: of `examine`.
        erased: of `erase`.
        erasing_s: how long that takes, unless it is asked to end.
    """

    opening_s: float = 0.4
    closing_s: float = 0.1
    every_s: float = 0.25
    lasts: int = 0
    fails: str = ""
    deaf: bool = False
    refused: str = ""
    findings: tuple[Finding, ...] = (Finding(Level.OK, "camera", "1640 × 1232 at 10 a second"),)
    erased: ErasedSaid = field(default_factory=ErasedSaid)
    erasing_s: float = 0.0


class ScriptedDaemon:
    """One life of it.

    Attributes:
        orders: what it heard, the task first.
    """

    def __init__(self, stream: socket.socket, script: Script) -> None:
        self.orders: list[Order] = []
        self._stream = stream
        self._script = script
        self._lines = stream.makefile("rb", buffering=0)
        self._changed = threading.Condition()
        self._frozen = False
        self._open = False
        self._frames = 0
        self._session = ""

    def serve(self) -> None:
        """Do the task, and return when it is done, the connection broke, or `crash` was called."""
        try:
            task = self._next(None)
            if task is not None:
                self._do(task)
        except (OSError, EOFError, DataError):
            pass
        finally:
            self._lines.close()
            self._stream.close()

    def crash(self) -> None:
        """End without a word, as when the process was killed."""
        with suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        """Say and hear nothing more, as when the process hangs; `crash` ends that."""
        self._frozen = True

    def wait_for(self, do: Do, timeout_s: float) -> bool:
        """Wait until it was told something; whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: any(order.do is do for order in self.orders), timeout_s)

    def _do(self, task: Order) -> None:
        if self._script.deaf:
            return
        if self._script.fails:
            self._say(Doing.ENDED, why=Why.FAILED, text=self._script.fails)
        elif task.do is Do.REVOKE:
            self._say(Doing.ENDED, why=Why.REVOKED)
        elif task.do is Do.ERASE:
            self._next(self._script.erasing_s)
            self._say(Doing.ENDED, why=Why.FINISHED, erased=self._script.erased)
        elif task.do is Do.EXAMINE:
            findings = [finding.to_json() for finding in self._script.findings]
            self._say(Doing.ENDED, why=Why.FINISHED, findings=findings)
        else:
            self._watch(task)

    def _watch(self, task: Order) -> None:
        if task.do is Do.WATCH:
            self._session = session_id(_BOOT, time.monotonic())
        self._open, why = True, Why.STOPPED
        try:
            self._say(Doing.STARTING)
            why = self._frames_until_told(_PROOF if task.do is Do.PROBE else self._script.lasts)
            self._say(Doing.CLOSING)
            told = self._next(self._script.closing_s)
            why = _WHY.get(told.do, why) if told else why
        except EOFError:
            pass
        self._open = False
        self._say(Doing.CLOSING)
        self._say(Doing.ENDED, why=why)

    def _frames_until_told(self, lasts: int) -> Why:
        told = self._next(self._script.opening_s)
        while told is None:
            if lasts and self._frames >= lasts:
                return Why.FINISHED
            self._frames += 1
            self._say(Doing.WATCHING, glimpse=drawn(self._frames * self._script.every_s))
            told = self._next(self._script.every_s)
        return _WHY.get(told.do, Why.STOPPED)

    def _next(self, timeout_s: float | None) -> Order | None:
        """The next order that ends something, or None after the time. Raises `EOFError`: the host hung up."""
        until_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            left_s = None if until_s is None else max(0.0, until_s - time.monotonic())
            ready, _, _ = select.select([self._stream], [], [], left_s)
            if self._frozen:
                self._wait_for_crash()
            if not ready:
                return None
            text = self._lines.readline(LONGEST_LINE)
            if not text:
                raise EOFError
            order = read_order(text)
            with self._changed:
                self.orders.append(order)
                self._changed.notify_all()
            if order.do not in _EVENTS:
                return order

    def _wait_for_crash(self) -> None:
        """Hear nothing and answer nothing until this side of the connection is shut."""
        poll = select.poll()
        poll.register(self._stream, select.POLLHUP)
        poll.poll()
        raise EOFError

    def _say(
        self,
        state: Doing,
        why: str = "",
        text: str = "",
        glimpse: Glimpse | None = None,
        findings: list[Json] | UnsetType = UNSET,
        erased: ErasedSaid | UnsetType = UNSET,
    ) -> None:
        if self._frozen:
            return
        report = Report(
            state,
            session=self._session,
            camera_open=self._open,
            camera="a scripted camera" if self._open else "",
            width=WIDTH,
            height=HEIGHT,
            recorded=self._frames,
            measured=self._frames,
            rate=10.0 if self._frames else 0.0,
            pace=10.0,
            temperature=48.5,
            throttled=False,
            rss=131.0,
            why=why,
            text=text,
            glimpse=glimpse,
            findings=findings,
            erased=erased,
        )
        self._stream.sendall(line(report))


class ScriptedLauncher:
    """Plays `script` in a thread for each task; it may be replaced between two of them.

    Attributes:
        script: what the next daemon plays.
        daemons: all that were launched.
        resting: whether `rest` was called since the last launch.
    """

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.daemons: list[ScriptedDaemon] = []
        self.resting = False
        self._launched = threading.Condition()

    def launch(self) -> Connection:
        self.resting = False
        if self.script.refused:
            raise LaunchError(self.script.refused)
        ours, theirs = socket.socketpair()
        daemon = ScriptedDaemon(theirs, self.script)
        thread = threading.Thread(target=daemon.serve, name="scripted-daemon", daemon=True)
        thread.start()
        with self._launched:
            self.daemons.append(daemon)
            self._launched.notify_all()
        return Wire(ours, gone=thread.join, kill=daemon.crash)

    def rest(self) -> None:
        self.resting = True

    def close(self) -> None:
        self.resting = False

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Wait until so many daemons were launched; whether they were."""
        with self._launched:
            return self._launched.wait_for(lambda: len(self.daemons) >= count, timeout_s)


def main() -> None:
    """A scripted daemon in a process of its own."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--fd", type=int, required=True, help="the connection")
    parser.add_argument("--every", type=float, default=0.25, metavar="S", help="seconds between two reports")
    args = parser.parse_args()
    with socket.socket(fileno=os.dup(args.fd)) as stream:
        ScriptedDaemon(stream, Script(opening_s=args.every, closing_s=0.0, every_s=args.every)).serve()
    sys.exit(0)


if __name__ == "__main__":
    main()
