"""Which documents are sent next: what is live, in the order of `Kind`; then history, newest first, within bounds."""

from collections.abc import Collection
from dataclasses import dataclass

from device.delivery.documents import Row, pending
from device.delivery.kinds import Kind
from device.delivery.sqlite import Connection


@dataclass(frozen=True)
class Choice:
    """`history` records of what is history are chosen at most, None for any number: what has ids up to
    `newest_history`. Documents with ids that are `busy`, and of kinds that are `held`, are left."""

    history: int | None
    newest_history: int
    busy: Collection[int]
    held: Collection[Kind]

    def __call__(self, db: Connection, limit: int) -> list[Row]:
        """Documents that stand for up to `limit` records."""
        rows = self._by_kind(db, limit, live=True)
        room = limit - sum(row.records for row in rows)
        return rows + self._by_kind(db, room if self.history is None else min(room, self.history), live=False)

    def _by_kind(self, db: Connection, limit: int, live: bool) -> list[Row]:
        chosen: list[Row] = []
        for kind in Kind:
            room = limit - sum(row.records for row in chosen)
            if room > 0 and kind not in self.held:
                chosen += pending(db, kind, room, self.newest_history, live, self.busy)
        return chosen
