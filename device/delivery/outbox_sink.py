"""The outbox as a sink; the uploader takes the documents from there to the database.

A full disk does not stop the daemon: what cannot be kept is counted, said once, and the next group is tried again.
"""

import sys
from collections.abc import Sequence

from device.closing import Closing
from device.delivery.condenser import Condenser
from device.delivery.outbox import Outbox
from device.delivery.sink import Line
from device.delivery.store import StoreFullError


class OutboxSink(Closing):
    """Commits to the outbox, which it owns and closes, what the condenser makes of the records.

    Attributes:
        unkept: records that the disk did not take.
    """

    def __init__(self, outbox: Outbox, condense: Condenser | None = None) -> None:
        """Without a condenser every record is kept as it is."""
        self.outbox = outbox
        self.unkept = 0
        self._condense = condense
        self._full = False

    def write(self, lines: Sequence[Line]) -> None:
        self._append(self._condense(lines) if self._condense else lines, len(lines))

    def end(self) -> None:
        """Keep the aggregates of spans in progress; no records come after."""
        if self._condense:
            self._append(self._condense.end(), 0)

    def close(self) -> None:
        self.end()
        self.outbox.close()

    def _append(self, lines: Sequence[Line], records: int) -> None:
        if not lines:
            return
        try:
            self.outbox.append((line.path, line.body) for line in lines)
        except StoreFullError as error:
            self.unkept += records
            self._say(True, f"{error} Recording goes on; what cannot be kept is counted.")
        else:
            self._say(False, f"The outbox has room again; {self.unkept} records could not be kept.")

    def _say(self, full: bool, sentence: str) -> None:
        if full != self._full:
            self._full = full
            print(f"affectbox: {sentence}", file=sys.stderr)
