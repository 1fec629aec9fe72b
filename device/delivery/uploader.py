"""The uploader: takes due records from the outbox in batches and writes them to the database.

`device.delivery.verdict` has the table of answers and what follows from each. One step is one write, and there is at
most one in `interval_s`, so that after an outage the backlog leaves at a bounded rate of `batch` records an interval;
which of them go first is the outbox's matter.

A record that is refused alone is buried only once the database has taken another since the trouble began: a
database, proxy or portal that refuses everything must not bury everything.
"""

from collections.abc import Callable

from device.clock import Clock
from device.delivery.backoff import Backoff
from device.delivery.database import Answer, Database
from device.delivery.isolation import Isolation
from device.delivery.outbox import Entry, Outbox
from device.delivery.verdict import Verdict, explain, judge
from device.settings import UploadSettings

#: So many records refused alone, and none accepted: it is not about the records.
_ENOUGH = 3
#: A record that was refused alone, and may yet be good, is tried again after so many `denied_s`: others go first.
_SUSPECT = 10


class Uploader:
    """One step sends one batch; the caller owns the thread and the waiting.

    Attributes:
        sent: records and aggregates that the database has acknowledged in this run.
        trouble: why nothing goes out at the moment, in one line; "" when all is well.
        taken_s: when the database last took something, by the monotonic clock; None: not in this run.
    """

    def __init__(
        self,
        outbox: Outbox,
        database: Database,
        settings: UploadSettings,
        clock: Clock,
        renew: Callable[[], None] = lambda: None,
    ) -> None:
        """`renew` is called when the database does not accept the token."""
        self._outbox = outbox
        self._database = database
        self._settings = settings
        self._clock = clock
        self._renew = renew
        self._backoff = Backoff(settings.backoff_base_s, settings.backoff_cap_s)
        self._batch = settings.batch
        self._isolation: Isolation | None = None
        self._suspects: dict[int, int] = {}
        self._refused_in_a_row = 0
        self._renewed = False
        self._trouble_since_s: float | None = None
        self.sent = 0
        self.trouble = ""
        self.taken_s: float | None = None

    def step(self) -> float:
        """Send one batch if any record is due; returns the seconds to wait before the next step."""
        moved = self._turn()
        if moved and self._isolation:
            return 0.0
        left_s = self._backoff.left_s(self._clock.monotonic())
        return min(left_s, self._settings.interval_s) if left_s else self._settings.interval_s

    @property
    def behind_s(self) -> float:
        """For how many seconds nothing has gone out, though it was due; 0 when all is well."""
        return 0.0 if self._trouble_since_s is None else self._clock.monotonic() - self._trouble_since_s

    def drain(self) -> None:
        """Send what is due, until nothing is left, sending fails, or `drain_s` seconds have passed."""
        until = self._clock.monotonic() + self._settings.drain_s
        while self._turn() and self._clock.monotonic() < until:
            pass

    def _turn(self) -> bool:
        """Send one batch; whether there was one, and sending may go on."""
        now = self._clock.monotonic()
        if self._backoff.left_s(now) > 0:
            return False
        batch = self._isolation.next() if self._isolation else self._outbox.lease(self._batch, now)
        if not batch:
            return False
        answer = self._database.patch((entry.path, entry.body) for entry in batch)
        match judge(answer):
            case Verdict.ACCEPTED:
                return self._accepted(batch)
            case Verdict.LATER:
                return self._later(batch, answer)
            case Verdict.DENIED if not self._renewed:
                return self._knock_again(batch)
            case _:
                return self._refused(batch, answer)

    def _accepted(self, batch: list[Entry]) -> bool:
        self._outbox.done(batch)
        self.sent += sum(entry.records for entry in batch)
        self.trouble, self._trouble_since_s = "", None
        self.taken_s = self._clock.monotonic()
        self._renewed, self._refused_in_a_row = False, 0
        self._backoff.succeeded()
        self._batch = min(self._settings.batch, 2 * self._batch)
        if self._isolation and self._isolation.over:
            self._conclude(self._isolation)
        return True

    def _later(self, batch: list[Entry], answer: Answer) -> bool:
        self._troubled(answer)
        if answer.status == 0:
            self._batch = max(1, self._batch // 2)
        self._outbox.retry(batch, self._clock.monotonic())
        if self._isolation:
            self._conclude(self._isolation)
        self._backoff.failed(self._clock.monotonic(), answer.retry_after_s)
        return False

    def _knock_again(self, batch: list[Entry]) -> bool:
        """A token may have ended a moment ago: once between two accepted batches, another is tried at once."""
        self._renewed = True
        self._renew()
        self._search().again(batch)
        return True

    def _refused(self, batch: list[Entry], answer: Answer) -> bool:
        self._troubled(answer)
        search = self._search()
        search.refused(batch, self.trouble)
        self._refused_in_a_row += len(batch) == 1
        hopeless = self._refused_in_a_row >= _ENOUGH and self.sent == search.sent_before
        if search.over or hopeless:
            self._conclude(search)
        if hopeless:
            denied = judge(answer) is Verdict.DENIED
            self._renewed, self._refused_in_a_row = False, 0
            self._backoff.failed(self._clock.monotonic(), self._settings.denied_s if denied else answer.retry_after_s)
        return not hopeless

    def _troubled(self, answer: Answer) -> None:
        self.trouble = explain(answer)
        if self._trouble_since_s is None:
            self._trouble_since_s = self._clock.monotonic()

    def _search(self) -> Isolation:
        if self._isolation is None:
            self._isolation = Isolation(self.sent)
        return self._isolation

    def _conclude(self, search: Isolation) -> None:
        """End the search: bury whom the database refuses while it takes others, return the rest to the outbox."""
        self._isolation = None
        now = self._clock.monotonic()
        self._outbox.retry(search.rest(), now)
        for entry, reason in search.culprits:
            if self.sent > self._suspects.pop(entry.id, search.sent_before):
                self._outbox.bury([entry], reason)
            else:
                self._suspects[entry.id] = search.sent_before
                self._outbox.retry([entry], now + _SUSPECT * self._settings.denied_s)
