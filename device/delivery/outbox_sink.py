"""The outbox as a sink; the uploader takes the records from there to the database."""

from collections.abc import Sequence

from device.closing import Closing
from device.delivery.outbox import Outbox
from device.delivery.sink import Line


class OutboxSink(Closing):
    """Commits records to the outbox, which it owns and closes."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    def write(self, lines: Sequence[Line]) -> None:
        self.outbox.append((line.path, line.body) for line in lines)

    def close(self) -> None:
        self.outbox.close()
