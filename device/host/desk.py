"""The control socket: programs of this box ask, and the interlock answers. See `device.host.asking` for the form.

Whoever may open the socket (root, and the group `affectbox`) may command: it is what the button is.
"""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, ValidationError, convert, field, to_builtins

from device.closing import Closing
from device.contract.control import LONGEST_LINE, Report
from device.contract.errors import AffectboxError, InterlockError
from device.contract.fields import Json
from device.host.asking import SOCKET
from device.host.interlock import Interlock
from device.host.refusals import RefusedError
from device.host.view import Refusal, Snapshot
from device.update.request import Source

#: Connections at once; further ones wait.
_MOST = 8
_ASKS_S = 5.0
_WHENCE = ("button", "page", "command", "afar")


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked: `do`, and what belongs to it."""

    do: str
    patient: str = ""
    covers: tuple[str, ...] = ()
    by: str = ""
    until: str = ""
    name: str = ""
    source: str = field(name="from", default="")
    command: str = ""
    left_s: float | None = None

    @property
    def whence(self) -> str:
        """Who commands, for the journal."""
        return self.by if self.by in _WHENCE else "command"


Answer = Callable[[Interlock, Question], str]


def _consent(interlock: Interlock, asked: Question) -> str:
    interlock.consent(asked.patient, asked.covers, asked.by, asked.until)
    return "The consent is recorded."


def _forget(interlock: Interlock, asked: Question) -> str:
    return "erased" if interlock.forget(asked.patient) else ""


def _plain(name: str, text: str) -> Answer:
    """A command without more to say."""

    def answer(interlock: Interlock, asked: Question) -> str:
        getattr(interlock, name)(by=asked.whence)
        return text

    return answer


def _named(name: str, text: str) -> Answer:
    def answer(interlock: Interlock, asked: Question) -> str:
        getattr(interlock, name)(asked.name, by=asked.whence)
        return text

    return answer


def _of_patient(name: str, text: str) -> Answer:
    def answer(interlock: Interlock, asked: Question) -> str:
        getattr(interlock, name)(asked.patient, by=asked.whence)
        return text

    return answer


def _prepare(interlock: Interlock, asked: Question) -> str:
    interlock.prepare(asked.patient)
    return "The button begins with this person now." if asked.patient else "The button begins with nobody now."


def _update(interlock: Interlock, asked: Question) -> str:
    interlock.update(asked.source, by=asked.whence)
    return "The update is asked for: `affectbox update --status` says how it goes."


#: What may be asked from afar.
_AFAR = ("begin", "pause", "resume", "end", "revoke", "update")


def _afar(interlock: Interlock, asked: Question) -> str:
    """A command from afar: `name` is its id, `command` what is to be done, `left_s` for how long it is still meant."""

    def act() -> str:
        if asked.left_s is None:
            raise RefusedError(Refusal.CLOCK)
        if asked.left_s <= 0:
            raise RefusedError(Refusal.LATE)
        if asked.command not in _AFAR:
            raise InterlockError(f"The host process does not do '{asked.command[:20]}' for somebody afar.")
        meant = Question(asked.command, asked.patient, by="afar", source=Source.NETWORK.value)
        return _COMMANDS[asked.command](interlock, meant)

    return interlock.afar(asked.name, act)


_COMMANDS: dict[str, Answer] = {
    "status": lambda interlock, asked: "",
    "consent": _consent,
    "prepare": _prepare,
    "begin": _of_patient("begin", "The session begins."),
    "pause": _plain("pause", "The camera is being closed; the session stays open."),
    "resume": _plain("resume", "The session goes on."),
    "end": _plain("end", "The session is being ended."),
    "revoke": _of_patient("revoke", "The consent is withdrawn; what was not sent is being erased."),
    "frame": _plain("frame", "The view for setting up opens."),
    "mark": _named("mark", "Marked."),
    "phase": _named("phase", "The part of the session is noted."),
    "stimulus": _named("stimulus", "The stimulus is noted."),
    "update": _update,
    "forget": _forget,
    "afar": _afar,
}


class Desk(Closing):
    """Listens from when it is made; a thread for each connection."""

    def __init__(self, folder: Path, interlock: Interlock) -> None:
        """Raises `InterlockError`: another host process is there, or the folder does not take a socket."""
        self._interlock = interlock
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
            text = self._do(asked)
            yield self._well(text)
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
        if asked.do not in _COMMANDS:
            raise InterlockError(f"The host process knows no '{asked.do[:20]}': restart the box.")
        return _COMMANDS[asked.do](self._interlock, asked)


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
