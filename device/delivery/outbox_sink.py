"""The outbox as a sink; the uploader takes the documents from there to the database.

A full disk does not stop the daemon: records that cannot be kept are counted, said once, and the next group is tried
again. Events of sessions are few and say whose records these are: they wait in memory until the disk takes them, and
no record is kept before them.

Which session is open is kept beside its events, so that the next start can end it if this one cannot.
"""

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from device.closing import Closing
from device.contract.errors import DataError
from device.contract.fields import Json
from device.contract.session import UNNAMED, Event, documents, validate
from device.delivery.condenser import Condenser
from device.delivery.lineage import Lineage
from device.delivery.loss import Loss
from device.delivery.outbox import NO_NOTES, Outbox
from device.delivery.sink import Line
from device.delivery.store import StoreFullError

_OPEN = "session"  # the note that holds the last event of the session that is open; empty when none is


class OutboxSink(Closing):
    """Commits to the outbox, which it owns and closes, what the condenser makes of the records."""

    def __init__(self, outbox: Outbox, condense: Condenser | None = None) -> None:
        """Without a condenser every record is kept as it is."""
        self.outbox = outbox
        self.lineage = Lineage(outbox)
        self._condense = condense
        self._loss = Loss()
        self._events: list[Json] = []
        self._lock = threading.RLock()

    @property
    def unkept(self) -> int:
        """Records that the disk did not take."""
        return self._loss.records

    @property
    def is_full(self) -> bool:
        """Whether the disk did not take the newest."""
        return self._loss.is_now

    def write(self, lines: Sequence[Line]) -> None:
        with self._lock:
            if lines:
                self._append(self._condense(lines) if self._condense else lines, len(lines))

    def tell(self, event: Json) -> None:
        with self._lock:
            self._events.append(event)
            self._append(self._condense.end() if self._condense and event["event"] == Event.ENDED else (), 0)

    def left_open(self) -> Json | None:
        """The last event of a session that an earlier start did not end."""
        kept = self.outbox.note(_OPEN)
        event: Json = json.loads(kept) if kept else {}
        with suppress(DataError):
            validate(event)
            return event
        return None

    def withdraw(self, device: str, sessions: Collection[str], person: str = UNNAMED) -> None:
        """Purge what was not sent of sessions whose consent was revoked; see `Lineage.withdraw`."""
        with self._lock:
            if self._condense:
                self._condense.end()
            self.lineage.withdraw(device, sessions, person)

    def end(self) -> None:
        """Keep what still waits in memory, aggregates of spans in progress too; no records come after."""
        with self._lock:
            self._append(self._condense.end() if self._condense else (), 0)

    def close(self) -> None:
        self.end()
        self.outbox.close()

    def _append(self, lines: Sequence[Line], records: int) -> None:
        items = [document for event in self._events for document in documents(event)]
        items += [(line.path, line.body) for line in lines]
        if not items:
            return
        try:
            self.outbox.append(items, self._notes())
        except StoreFullError as error:
            self._loss.more(records, str(error))
        else:
            self._events.clear()
            self._loss.over("The outbox")

    def _notes(self) -> Mapping[str, str]:
        """What is kept with the events that are told."""
        if not self._events:
            return NO_NOTES
        last, notes = self._events[-1], dict[str, str]()
        for event in self._events:
            notes |= self.lineage.notes_of(event)
        return notes | {_OPEN: "" if last["event"] == Event.ENDED else json.dumps(last)}
