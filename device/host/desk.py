"""The control socket: programs of this box ask, and the interlock answers. See `device.host.asking` for the form.

Whoever may open the socket (root, and the group `affectbox`) may command: it is what the button is.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert, to_builtins

from device.closing import Closing
from device.contract.control import LONGEST_LINE, Report
from device.contract.errors import AffectboxError, InterlockError
from device.contract.fields import Json
from device.host.afar import Afar
from device.host.answering import COMMANDS, Question
from device.host.asking import SOCKET
from device.host.interlock import Interlock
from device.host.view import Snapshot

#: Connections at once; further ones wait.
_MOST = 8
_ASKS_S = 5.0


class Desk(Closing):
    """Listens from when it is made; a thread for each connection."""

    def __init__(self, folder: Path, interlock: Interlock, person: str = "") -> None:
        """`person`: the pseudonym in the configuration, which what goes afar does not tell.

        Raises:
            InterlockError: another host process is there, or the folder does not take a socket.
        """
        self._interlock = interlock
        self._afar = Afar(interlock, folder, person)
        self._path = folder / SOCKET
        self._seats = threading.BoundedSemaphore(_MOST)
        self._listening = _listen(self._path)
        threading.Thread(target=self._accept, name="desk", daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone does not wake `accept`
        self._listening.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            self._seats.acquire()
            try:
                stream, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(stream,), name="desk-seat", daemon=True).start()

    def _serve(self, stream: socket.socket) -> None:
        try:
            with stream, suppress(OSError):
                stream.settimeout(_ASKS_S)
                for said in self._answers(stream):
                    stream.sendall(json.dumps(said).encode() + b"\n")
        finally:
            self._seats.release()

    def _answers(self, stream: socket.socket) -> Iterator[Json]:
        try:
            with stream.makefile("rb") as lines:
                asked = convert(json.loads(lines.readline(LONGEST_LINE)), Question)
        except (ValueError, RecursionError, ValidationError):
            yield {"ok": False, "text": "What was asked is no question of this version: restart the box.", "code": ""}
            return
        try:
            if asked.do in ("examine", "probe"):
                yield from self._watched(getattr(self._interlock, asked.do)())
                return
            if asked.do == "afar":
                outcome = self._afar(asked)
                yield self._well(outcome.text) | {"done": outcome.done, "goes_on": outcome.goes_on}
                return
            if asked.do == "erase":
                yield self._well("") | {"erased": self._interlock.erase(asked.patient, asked.name)}
                return
            yield self._well(self._do(asked))
        except AffectboxError as error:
            yield {"ok": False, "text": str(error), "code": getattr(error, "code", "")}

    def _watched(self, reports: Iterator[Report]) -> Iterator[Json]:
        """Every report as it comes, then the answer with all findings."""
        findings: list[Json] = []
        for report in reports:
            findings += report.findings or []
            yield {"report": to_builtins(report)}
        yield self._well("") | {"findings": findings}

    def _well(self, text: str) -> Json:
        now = shown(self._interlock.snapshot())
        return {"ok": True, "text": text, "state": now["state"], "now": now}

    def _do(self, asked: Question) -> str:
        if asked.do not in COMMANDS:
            raise InterlockError(f"The host process knows no '{asked.do[:20]}': restart the box.")
        return COMMANDS[asked.do](self._interlock, asked)


def shown(now: Snapshot) -> Json:
    """The snapshot as JSON, without what the camera glimpses."""
    found: Any = to_builtins(now)
    found.pop("glimpse")
    return dict(found)


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(os.fspath(path)) == 0:
                raise InterlockError("A host process is running on this machine already: stop that one first.")
        path.unlink(missing_ok=True)
        listening.bind(os.fspath(path))
        path.chmod(0o660)
        listening.listen(_MOST)
    except OSError as error:
        listening.close()
        raise InterlockError(
            f"The control socket {path} cannot be made ({error.strerror or error}): set host.folder to a folder of "
            "your own with a short path."
        ) from None
    except InterlockError:
        listening.close()
        raise
    return listening
