"""Watches the wall clock, and tells the readers of this boot's records what time it was, as soon as it is known."""

from contextlib import suppress

from device.clock import Clock
from device.contract.boot import VERSION, key
from device.contract.fields import encode
from device.delivery.outbox import Outbox
from device.delivery.store import StoreFullError


class BootTime:
    """Commits the boot's offset to the outbox once, when the clock is first trusted; see `device.contract.boot`."""

    def __init__(self, device: str, outbox: Outbox, clock: Clock) -> None:
        self._identity = {"v": VERSION, "device": device, "boot": clock.boot()}
        self._outbox = outbox
        self._clock = clock
        self._told = False

    def look(self) -> None:
        """Look at the clock; call this now and then. What a full disk does not take is tried again next time."""
        if self._told or not self._clock.trusted():
            return
        before, wall, after = self._clock.monotonic(), self._clock.wall(), self._clock.monotonic()
        mono = (before + after) / 2
        document = {"offset": round(wall - mono, 3), "mono": round(mono, 3), "trusted": True}
        with suppress(StoreFullError):
            self._outbox.append([(key(self._identity), encode(self._identity | document))])
            self._told = True
