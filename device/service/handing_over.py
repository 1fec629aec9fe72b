"""From one process that has the outbox to the next."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from device.clock import Clock
from device.delivery.store import StoreInUseError

_T = TypeVar("_T")
#: Whoever delivered until now lets go of the outbox within a second; for so long it is asked for again and again.
_HANDING_OVER_S, _AGAIN_S = 5.0, 0.05


def handed_over(open_it: Callable[[], _T], clock: Clock, stopping: threading.Event) -> _T:
    """What needs the outbox, once whoever delivered until now has let go of it. Raises `StoreInUseError`."""
    until_s = clock.monotonic() + _HANDING_OVER_S
    while clock.monotonic() < until_s:
        with suppress(StoreInUseError):
            return open_it()
        if stopping.wait(_AGAIN_S):
            break
    return open_it()
