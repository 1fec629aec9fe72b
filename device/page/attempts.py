"""How long somebody who gave a wrong pass-phrase waits: longer each time, for their address and for all together.

    wrong pass-phrases of one address      1  2  3  4  5  6   7   8   9 …     forgotten after an hour without one
    seconds until it may try again         0  0  2  4  8  16  32  64  128 … 300

All addresses together wait likewise, from the twentieth wrong one on, but never more than ten seconds, so that whoever
tries them all cannot keep out who knows the right one for long. At most 256 addresses are remembered, the latest ones;
of IPv6 the network (/64), for whoever has one address there has them all.
"""

from collections import OrderedDict
from dataclasses import dataclass

from device.clock import Clock
from device.contract.address import network

_FREE, _LONGEST_S = 2, 300.0
_FREE_FOR_ALL, _LONGEST_FOR_ALL_S = 19, 10.0
_FORGET_S = 3600.0
_ADDRESSES = 256


@dataclass
class _Tries:
    failures: int = 0
    last_s: float = 0.0
    until_s: float = 0.0

    def fail(self, now: float, free: int, longest_s: float) -> None:
        if now - self.last_s > _FORGET_S:
            self.failures = 0
        self.failures, self.last_s = self.failures + 1, now
        over = min(self.failures - free, 10)
        self.until_s = now + min(2.0**over, longest_s) if over > 0 else now


class Attempts:
    """See the module; for one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: OrderedDict[str, _Tries] = OrderedDict()
        self._all = _Tries()

    def wait_s(self, address: str) -> float:
        """Seconds until this address may try again; 0 if it may now."""
        known = self._of.get(network(address), _Tries())
        return max(0.0, known.until_s - self._clock.monotonic(), self._all.until_s - self._clock.monotonic())

    def failed(self, address: str) -> None:
        """A wrong pass-phrase came from this address."""
        now, name = self._clock.monotonic(), network(address)
        self._of.setdefault(name, _Tries()).fail(now, _FREE, _LONGEST_S)
        self._of.move_to_end(name)
        while len(self._of) > _ADDRESSES:
            self._of.popitem(last=False)
        self._all.fail(now, _FREE_FOR_ALL, _LONGEST_FOR_ALL_S)

    def succeeded(self, address: str) -> None:
        """The right one came from this address."""
        self._of.pop(network(address), None)
