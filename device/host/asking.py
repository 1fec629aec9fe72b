"""How other programs of the box ask the host process: `affectbox session`, `doctor`, `update`, `deliver`.

One line of JSON to the control socket, one or more back: lines with `report` while something goes on, and last
`{"ok": true, "text": …, …}` or `{"ok": false, "text": …, "code": …}`.
"""

import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from device.contract.control import LONGEST_LINE
from device.contract.errors import InterlockError
from device.contract.fields import Json
from device.settings import HostSettings
from device.state import state_folder

_RUN = Path("/run/affectbox")
SOCKET = "control.sock"
#: What the last examination from afar found, for whoever delivers.
CHECKUP = "checkup.json"
_CONNECT = struct.pack("ll", 5, 0)  # five seconds, as `struct timeval` of 64-bit Linux
_NOT_THERE = (
    "The host process does not answer ({}): start it with `systemctl start affectbox-host`, or on a machine without "
    "the units with `affectbox host`."
)


class AnsweredError(InterlockError):
    """The host process refused; `code` says why in one word."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


def runtime_folder(settings: HostSettings) -> Path:
    """Of the host's sockets and its status: as configured, else what the units have, else in the state folder."""
    if settings.folder:
        return Path(settings.folder)
    return _RUN if _RUN.is_dir() else state_folder() / "run"


def ask(settings: HostSettings, question: Json, timeout_s: float = 30.0) -> Json:
    """The host's answer. Raises `InterlockError`: it is not there; `AnsweredError`: it refused."""
    *_, answer = answers(settings, question, timeout_s)
    return answer


def answers(settings: HostSettings, question: Json, timeout_s: float | None = None) -> Iterator[Json]:
    """What the host says while it works, and last its answer; `timeout_s` bounds each wait.

    Raises:
        InterlockError: it is not there, or went away.
        AnsweredError: it refused.
    """
    with socket.socket(socket.AF_UNIX) as stream:
        try:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _CONNECT)  # where many wait, `settimeout` fails
            stream.connect(os.fspath(runtime_folder(settings) / SOCKET))
            stream.settimeout(timeout_s)
            stream.sendall(json.dumps(question).encode() + b"\n")
            with stream.makefile("rb") as lines:
                while text := lines.readline(LONGEST_LINE * 4):
                    said = json.loads(text)
                    if "ok" in said and not said["ok"]:
                        raise AnsweredError(said["text"], said.get("code", ""))
                    yield said
                    if "ok" in said:
                        return
        except (OSError, ValueError) as error:
            raise InterlockError(_NOT_THERE.format(getattr(error, "strerror", None) or "no answer")) from None
    raise InterlockError(_NOT_THERE.format("it hung up"))
