"""The steward: keeps the budget and reports the state of the box, beside the uploader and in its thread."""

from collections.abc import Callable
from contextlib import suppress

from device.clock import Clock
from device.contract import telemetry
from device.contract.boot import moment
from device.contract.errors import OutboxError
from device.contract.fields import LONGEST, Json, encode
from device.delivery.budget import PRICES_OF, Budget
from device.delivery.condenser import RECORDS, SECONDS, Condenser
from device.delivery.database import Traffic
from device.delivery.kinds import Kind
from device.delivery.outbox_sink import OutboxSink
from device.delivery.standing import Teller
from device.delivery.uploader import Uploader

NOTE = "budget"
#: What waits until next month when the budget allows nothing finer than the mode.
_HELD = {RECORDS: (), SECONDS: (Kind.PACKED_RECORDS, Kind.RECORD)}
_ALL_BUT_MINUTES = (Kind.PACKED_SECONDS, Kind.SECOND, Kind.PACKED_RECORDS, Kind.RECORD)


_NO_LIVE = "This month's data budget ({mb:g} MB) leaves nothing for a live view: raise budget.monthly_mb, or wait."


class Steward:
    """`tick` is called often; about once in `every_s` it writes.

    Attributes:
        live_traffic: requests, and bytes of their bodies, that went to whoever watches.
        live_refused: why nothing more may go there, in a sentence; "" while it may.
    """

    def __init__(
        self,
        identity: Json,
        sink: OutboxSink,
        condenser: Condenser,
        budget: Budget,
        clock: Clock,
        traffic: Traffic,
        uploader: Uploader,
        every_s: float,
        about: Callable[[], Json] = dict,
    ) -> None:
        """`identity`: `device` and `boot`; `about` gives what telemetry says beside what is known here."""
        self._identity = identity
        self._about = about
        self._sink = sink
        self._condenser = condenser
        self._budget = budget
        self._clock = clock
        self._traffic = traffic
        self._uploader = uploader
        self._every_s = every_s
        self._wanted = condenser.mode
        self.live_traffic: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self.live_refused = ""
        self._booked = self._booked_live = (0, 0)
        self._reported_s: float | None = None
        self._teller = Teller(clock)
        self._obey()

    @property
    def unkept(self) -> int:
        """Records that a full disk did not take."""
        return self._sink.unkept

    def tick(self) -> None:
        """Book the traffic since the last call, keep to the mode that the budget allows, report when it is time."""
        self._book()
        self._obey()
        now = self._clock.monotonic()
        if self._reported_s is None or now - self._reported_s >= self._every_s:
            self._reported_s = now
            self.report()
        if self._teller.is_due(self._uploader.trouble, self._uploader.sent):
            with suppress(OutboxError):
                self._teller.tell(self._uploader.trouble, sum(self._sink.outbox.counts().waiting.values()))

    def hurry(self) -> None:
        """Report at the next `tick`; may be called from any thread."""
        self._reported_s = None

    def finish(self) -> None:
        """No records come after: keep what still waits in memory, so that it can be sent."""
        self._book()
        self._sink.end()

    def report(self) -> None:
        """Keep the budget's books and put the telemetry into the outbox; on a full disk, next time."""
        with suppress(OutboxError):
            self._sink.outbox.keep_note(NOTE, self._budget.text())
            self._sink.outbox.replace(telemetry.key(self._identity["device"]), encode(self.telemetry()))

    def telemetry(self) -> Json:
        """The state of the box, as `device.contract.telemetry` describes it."""
        return {
            "v": telemetry.VERSION,
            **self._identity,
            "seen": telemetry.SERVER_TIME,
            "time": moment(self._clock.monotonic(), self._clock.wall(), self._clock.trusted()),
            **self.delivery(),
            **self._about(),
        }

    def delivery(self) -> Json:
        """What of that is of delivery; may be called from any thread."""
        counts, month = self._sink.outbox.counts(), self._budget.estimate()
        return {
            "mode": self._condenser.mode,
            "wanted": self._wanted,
            "lag": round(self._uploader.behind_s, 1),
            **({"trouble": trouble[:LONGEST]} if (trouble := self._uploader.trouble) else {}),
            "waiting": counts.waiting | {"bytes": counts.bytes},
            "dropped": counts.dropped_by,
            "refused": counts.dead,
            "unkept": self._sink.unkept,
            "damaged": counts.damaged,
            "sent": self._uploader.sent,
            "budget": {"mb": self._budget.monthly_mb},
            "month": {
                "bytes": month.bytes,
                "writes": month.writes,
                "projected": month.projected_bytes,
                "dollars": month.dollars,
                "prices": PRICES_OF,
            },
        }

    def _book(self) -> None:
        live = self.live_traffic()
        if live[0] > self._booked_live[0]:
            self._budget.book_live(live[0] - self._booked_live[0], live[1] - self._booked_live[1])
            self._booked_live = live
        requests, body_bytes = self._traffic.requests, self._traffic.body_bytes
        if requests > self._booked[0]:
            self._budget.book(requests - self._booked[0], body_bytes - self._booked[1])
            self._booked = requests, body_bytes
        self.live_refused = "" if self._budget.spares_live() else _NO_LIVE.format(mb=self._budget.monthly_mb)

    def _obey(self) -> None:
        mode = self._condenser.mode = self._budget.mode
        self._sink.outbox.hold(() if mode == self._wanted else _HELD.get(mode, _ALL_BUT_MINUTES))
