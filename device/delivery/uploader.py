"""The uploader: takes due records from the outbox in batches and writes them to the database.

What an answer means:

    204                       done: what the database says to print=silent, and what no captive portal says
    400, 413 to a batch       sent again one by one, so that one bad record does not hold up the rest
    400, 413 to one record    buried with the database's words
    anything else, nothing    retried after a delay: 401 and 403 too, for a refused upload is not a sent one

The delay is drawn between 0 and min(cap, base × 2^failures) seconds ('full jitter', Brooker 2015).
"""

import random
from dataclasses import dataclass

from device.clock import Clock
from device.delivery.database import Database
from device.delivery.outbox import Entry, Outbox

_SENT = 204
_REFUSED = (400, 413)


@dataclass(frozen=True)
class UploadSettings:
    """See `config.toml` for each."""

    batch: int = 500
    interval_s: float = 15.0
    timeout_s: float = 10.0
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 300.0
    drain_s: float = 5.0


class Uploader:
    """One step sends one batch; the caller owns the thread and the waiting."""

    def __init__(self, outbox: Outbox, database: Database, settings: UploadSettings, clock: Clock) -> None:
        self._outbox = outbox
        self._database = database
        self._settings = settings
        self._clock = clock
        self._failures = 0
        self.sent = 0
        self.trouble = ""

    def step(self) -> float:
        """Send one batch if any record is due; returns the seconds to wait before the next step."""
        entries = self._outbox.lease(self._settings.batch, self._clock.monotonic())
        if not entries or not self._send(entries):
            return self._settings.interval_s
        return 0.0 if sum(entry.records for entry in entries) >= self._settings.batch else self._settings.interval_s

    def drain(self) -> None:
        """Send what is due, until nothing is left, sending fails, or `drain_s` seconds have passed."""
        until = self._clock.monotonic() + self._settings.drain_s
        while self.step() == 0.0 and self._clock.monotonic() < until:
            pass

    def _send(self, entries: list[Entry]) -> bool:
        answer = self._database.patch((entry.path, entry.body) for entry in entries)
        if answer.status == _SENT:
            self._outbox.done(entries)
            self.sent += sum(entry.records for entry in entries)
            self._failures, self.trouble = 0, ""
            return True
        if answer.status in _REFUSED:
            return self._refused(entries, f"{answer.status} {answer.text}")
        self._failures += 1
        self.trouble = f"{answer.status or 'no answer'}: {answer.text}".strip()[:200]
        self._outbox.retry(entries, self._clock.monotonic() + self._delay())
        return False

    def _refused(self, entries: list[Entry], reason: str) -> bool:
        if len(entries) == 1:
            self._outbox.bury(entries, reason)
            self.trouble = f"the database refused a record: {reason}"[:200]
            return True
        for at, entry in enumerate(entries):
            if not self._send([entry]):
                self._outbox.retry(entries[at + 1 :], self._clock.monotonic())
                return False
        return True

    def _delay(self) -> float:
        ceiling = self._settings.backoff_base_s * 2.0 ** min(self._failures, 30)
        return random.uniform(0.0, min(self._settings.backoff_cap_s, ceiling))
