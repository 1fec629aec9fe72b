"""The newest second, sent to `live/DEVICE` while somebody watches a session: best effort, beside the outbox.

    nobody watches ── a record, and somebody watches ─► each second: what came since, at most two seconds of it
          ▲                                                  │ nobody watches any more, the session is paused or over,
          └────────── taken away (`null`) ◄──────────────────┘ it is refused

What could not be sent is forgotten, and while the network is away nothing is tried but now and then. On a slow network
a third of the time at most is taken, for records go first. It has a connection and a thread of its own, which is there
from the first record that somebody watches. What stood there when a box lost its power is taken away by its next
start, through the outbox.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from device.clock import Clock
from device.closing import Closing
from device.contract import live, telemetry
from device.contract.errors import DataError, OutboxError
from device.contract.fields import Json, encode
from device.delivery.database import Database
from device.delivery.outbox import Outbox
from device.delivery.verdict import Verdict, judge

#: A note of the outbox: whether something stands there, or might.
_NOTE, _STANDS, _GONE = "live", "true", "false"
_EVERY_S = 1.0
#: What is older is not newest.
_NEWEST_S = 2.0
#: Between two writes at least so many times what the last one took.
_SHARE = 3.0
_FAILED_S, _LONGEST_FAILED_S = 2.0, 30.0
#: For taking away what stands there, when the session or the process ends.
_END_S = 1.5
TIMEOUT_S = 5.0


class Live(Closing):
    """Takes records and hints from the pipeline's thread, and never makes it wait."""

    def __init__(
        self,
        database: Database,
        device: str,
        outbox: Outbox,
        clock: Clock,
        watched: Callable[[], bool],
        refusal: Callable[[], str],
    ) -> None:
        """
        Args:
            database: of its own; see `TIMEOUT_S`.
            watched: whether somebody watches.
            refusal: why nothing may be sent, in a sentence; "" when it may.
        """
        self._database, self._outbox, self._clock = database, outbox, clock
        self._key = live.key(device)
        self._watched, self._refusal = watched, refusal
        self._records: deque[Json] = deque(maxlen=live.MOST)
        self._hints: list[str] = []
        self._hinted_s = -_EVERY_S
        self._stands = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def traffic(self) -> tuple[int, int]:
        """Requests tried, and bytes of their bodies."""
        return self._database.traffic.requests, self._database.traffic.body_bytes

    @property
    def refused(self) -> str:
        """Why nothing is sent though somebody watches; "" when something is, or nobody does."""
        return self._refusal() if self._watched() else ""

    def hear(self, record: Json) -> None:
        """Take a record; costs nothing while nobody watches. What may not be sent now is not sent later either."""
        if not self._watched() or self._over.is_set() or self._refusal():
            return
        self._records.append(record)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="live", daemon=True)
            self._thread.start()

    def forget(self) -> None:
        """Send nothing that was taken until now: the person agreed to something else."""
        self._records.clear()

    def look(self, hints: Callable[[], list[str]]) -> None:
        """Ask for what would help, once a second while somebody watches."""
        now = self._clock.monotonic()
        if self._watched() and now - self._hinted_s >= _EVERY_S:
            self._hinted_s, self._hints = now, hints()

    def end(self) -> None:
        """Send nothing more, and take away what stands there; does not wait for it."""
        self._over.set()

    def close(self) -> None:
        """End, and give it a moment for that; then the next start takes it away."""
        self.end()
        if self._thread is not None:
            self._thread.join(_END_S)

    def _run(self) -> None:
        wait_s, failed_s = 0.0, _FAILED_S
        while not self._over.wait(wait_s):
            began_s = self._clock.monotonic()
            if not self._watched() or self._refusal():
                self._records.clear()
                wait_s = _EVERY_S if not self._stands or self._took_away() else failed_s
                continue
            sent = self._send()
            took_s = self._clock.monotonic() - began_s
            wait_s = max(_EVERY_S - took_s, (_SHARE - 1) * took_s) if sent else failed_s
            failed_s = _FAILED_S if sent else min(2 * failed_s, _LONGEST_FAILED_S)
        if self._stands:
            self._took_away()
        with suppress(OSError):
            self._database.close()

    def _send(self) -> bool:
        """Send the newest second; whether that went well, or there was nothing."""
        records: list[Json] = []
        with suppress(IndexError):  # all of them: whoever forgets them does so in another thread
            while True:
                records.append(self._records.popleft())
        if not records:
            return True
        newest_s = records[-1]["time"]["mono"]
        fresh = [record for record in records if record["time"]["mono"] > newest_s - _NEWEST_S]
        if not self._stands:
            self._stands = True
            with suppress(OutboxError):
                self._outbox.keep_note(_NOTE, _STANDS)
        try:
            document = live.live(fresh, telemetry.SERVER_TIME, self._hints)
        except (DataError, KeyError, TypeError, AttributeError):  # no records of ours: the next ones may be
            return True
        return judge(self._database.patch([(self._key, encode(document))])) is Verdict.ACCEPTED

    def _took_away(self) -> bool:
        """Take away what stands there; whether it is gone."""
        if judge(self._database.patch([(self._key, b"null")])) is not Verdict.ACCEPTED:
            return False
        self._stands = False
        with suppress(OutboxError):
            self._outbox.keep_note(_NOTE, _GONE)
        return True


def take_away_later(outbox: Outbox, device: str) -> None:
    """At a start: let the outbox take away what an earlier one left there."""
    with suppress(OutboxError):
        if outbox.note(_NOTE) == _STANDS:
            outbox.append([(live.key(device), b"null")], {_NOTE: _GONE})
