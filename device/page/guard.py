"""uvicorn's HTTP/1.1 with limits on connections: so many in all and of one address, and no waiting for slow ones.

This machine's own browser has its own share, so that nobody on the network can keep it out.
"""

import asyncio
from collections import Counter
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from device.page.access import is_here

MOST, MOST_OF_ONE = 64, 16
#: For a connection to bring the head of its first request, and for each later one from its first byte on.
HEAD_S = 10.0


class Seats:
    """Who has a connection."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Whether there is one left for this address."""
        others = sum(number for name, number in self._taken.items() if not is_here(name))
        if self._taken[address] >= MOST_OF_ONE or (others >= MOST and not is_here(address)):
            return False
        self._taken[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One is given back."""
        self._taken -= Counter({address: 1})


def guarded(seats: Seats) -> type[H11Protocol]:
    """The protocol of a server whose connections take `seats`."""

    class Guarded(H11Protocol):
        """See the module."""

        _address: str | None = None
        _patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            peer = transport.get_extra_info("peername")
            address = str(peer[0]) if peer else ""
            if not seats.take(address):
                self.transport = transport
                transport.abort()
                return
            self._address = address
            super().connection_made(transport)
            self._expect()

        def connection_lost(self, exc: Exception | None) -> None:
            self._expect_no_more()
            if self._address is not None:
                seats.leave(self._address)
                self._address = None
                super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if not self._is_answering():
                self._expect()
            super().data_received(data)
            if self._is_answering():
                self._expect_no_more()

        def _is_answering(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _expect(self) -> None:
            if self._patience is None:
                self._patience = self.loop.call_later(HEAD_S, self.transport.abort)

        def _expect_no_more(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

    return Guarded
