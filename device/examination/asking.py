"""Asks the host process for an examination from where the camera daemon runs: its account, folders and sandbox."""

import json
import os
import socket
from pathlib import Path

from device.contract.errors import DataError, InterlockError
from device.contract.finding import Finding, read_findings

_MAX_BYTES = 1_000_000
_TIMEOUT_S = 120.0  # the daemon starts, opens the camera, waits for a database that does not answer


def control_socket() -> Path:
    """Where the host process listens."""
    return Path(os.environ.get("RUNTIME_DIRECTORY") or "/run/affectbox") / "control.sock"


def ask(path: Path, timeout_s: float = _TIMEOUT_S) -> list[Finding] | None:
    """What the daemon finds; None where no host process listens.

    Raises:
        InterlockError: the host process refuses, because a session is open or it is updated, in its own sentence; or
            the caller may not talk to it.
        DataError: what it says is no examination.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(path))
            connection.sendall(b'{"do":"examine"}\n')
            with connection.makefile("rb") as answers:
                answer = answers.readline(_MAX_BYTES)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError:
        raise InterlockError(f"{path} is not open to you: use sudo, or join the group affectbox.") from None
    except OSError as error:
        raise InterlockError(f"The host process does not answer ({error}): restart the box.") from error
    return _findings(answer)


def _findings(answer: bytes) -> list[Finding]:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise DataError("The host process hung up in the middle of the examination: try again.")
    if "findings" not in said:
        raise InterlockError(str(said.get("text") or said.get("error") or "The host process refuses to be examined."))
    return read_findings(said["findings"])
