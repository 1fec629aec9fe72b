"""How long somebody waits who typed a wrong password: longer each time, for their account and for their address.

    wrong ones in a row               1  2  3  4  5  6   7   8 …       forgotten after an hour without one
    seconds until the next, address   0  0  0  2  4  8  16  32 … 300
    seconds until the next, account   0  0  0  2  4  8  16  32 …  60

Whether there is such an account makes no difference: what was typed is counted. An account waits a minute at most, so
that nobody can keep its owner out for long. Names are kept as hashes, 2048 of them at most, the latest ones.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from device.contract.address import network

_FREE = 3
_LONGEST_S = {"address": 300.0, "account": 60.0}
_FORGET_S = 3600.0
_MOST = 2048


@dataclass
class _Tries:
    failures: int = 0
    last_s: float = 0.0
    until_s: float = 0.0
    before_s: float = 0.0


class Attempts:
    """See the module; for one thread."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._of: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def wait_s(self, address: str, account: str) -> float:
        """Seconds until they may try again; 0 if they may now."""
        until = (self._of[name].until_s for name in _names(address, account) if name in self._of)
        return max(0.0, max(until, default=0.0) - self._now_s())

    def begin(self, address: str, account: str) -> None:
        """They try: it counts as wrong until it is known, so that many at once are no way round."""
        now = self._now_s()
        for name in _names(address, account):
            tries = self._of.setdefault(name, _Tries())
            if now - tries.last_s > _FORGET_S:
                tries.failures = 0
            tries.failures, tries.last_s, tries.before_s = tries.failures + 1, now, tries.until_s
            over = min(tries.failures - _FREE, 10)
            tries.until_s = now + min(2.0**over, _LONGEST_S[name[0]]) if over > 0 else now
            self._of.move_to_end(name)
        while len(self._of) > _MOST:
            self._of.popitem(last=False)

    def undo(self, address: str, account: str, right: bool) -> None:
        """It was not wrong. Where it was `right` the account's earlier ones are forgotten, but not the address's: one
        right password does not make good many wrong ones."""
        for name in _names(address, account):
            if tries := self._of.get(name):
                tries.failures, tries.until_s = max(0, tries.failures - 1), tries.before_s
        if right:
            self._of.pop(_names(address, account)[1], None)


def _names(address: str, account: str) -> tuple[tuple[str, str], tuple[str, str]]:
    typed = hashlib.sha256(account.strip().lower().encode(errors="replace")).hexdigest()
    return ("address", network(address)), ("account", typed)
