"""Commands from afar, where this process has the network: heard here, decided by the host process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device.clock import Clock
from device.contract.errors import AffectboxError
from device.contract.fields import LONGEST, Json
from device.delivery.control import ControlListener
from device.delivery.opening import OpenSinks
from device.host.asking import ask
from device.identity import device_id
from device.settings import Settings

_ANSWER_S = 20.0


@contextmanager
def listening(
    settings: Settings, opened: OpenSinks, clock: Clock, tell: Callable[[], None]
) -> Iterator[ControlListener | None]:
    """Hear commands for the length of a `with` block; a box that is not enrolled hears none."""
    if opened.url is None or opened.tokens is None:
        yield None
        return

    def act(command: Json, left_s: float | None) -> str:
        return carried_out(settings, command, left_s)

    timeout_s = settings.upload.timeout_s
    with ControlListener(opened.url, device_id(settings), opened.tokens, clock, timeout_s, act, tell) as listener:
        yield listener


def carried_out(settings: Settings, command: Json, left_s: float | None) -> str:
    """What the host process says to a command, in one sentence, and without the pseudonym."""
    asked = {"do": "afar", "name": command["id"], "command": command["do"], "patient": command.get("patient", "")}
    try:
        answer = str(ask(settings.host, asked | ({} if left_s is None else {"left_s": left_s}), _ANSWER_S)["text"])
    except AffectboxError as error:
        answer = str(error)
    return answer[:LONGEST]
