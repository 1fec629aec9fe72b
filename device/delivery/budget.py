"""The monthly budget of a box: what goes over the wire, what it will come to, and which mode that allows.

*Counted* is what the daemon knows: requests and the bytes of their bodies. What comes on top was measured with TLS 1.3
on a kept connection: `OVERHEAD_BYTES` a request (request line with an ID token of 1 000 characters, headers both ways,
TLS records), and `SEGMENT_SHARE` of the body (TCP and IP headers of its segments and of their acknowledgements).

*Projected* for the end of the month: what was used, and for each day left the mean of the last seven days in the
present mode (days without use count, for a practice has weekends; in a box's first week this errs to the low side).

*Fallback*: when the projection, or the use, exceeds the budget, the mode becomes one step coarser for the rest of the
month; in the new mode the projection begins anew. In `minutes` nothing is left to save: it goes on, a few MB a month.
A clock that cannot be trusted moves no month: what is used then counts for the last day that was known.

*Live*: what goes to `live/DEVICE` while somebody watches counts like everything else, but is not projected, for nobody
knows who will watch tomorrow. It ends at `LIVE_SHARE` of the budget, before records would have to become coarser.
"""

import calendar
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from device.clock import Clock
from device.contract.choices import MODES
from device.settings import BudgetSettings

OVERHEAD_BYTES, SEGMENT_SHARE = 1_850, 0.07
#: Of the budget: where the projection comes to that, there is no live view until the next month.
LIVE_SHARE = 0.9
_ANSWER_BYTES = 450  # of these, what the server sends: headers of a 204, TLS record, TCP and IP
#: Realtime Database, Blaze plan: dollars per GB stored and month, and per GB sent by the server, which includes its
#: answers to writes; what is sent to it is free. The first is confirmed by the page on billing, the second is that of
#: the price list as last known: https://firebase.google.com/docs/database/usage/billing and /pricing
STORED_DOLLARS, DOWNLOADED_DOLLARS = 5.0, 1.0
PRICES_OF = "2026-11-21"
_WEEK = 7
_NO_DAY = "0001-01-01"
_LIVE = "live"  # stands among the modes of a day
_KEPT_DAYS = 31 + _WEEK


@dataclass(frozen=True)
class Estimate:
    """Of a month: bytes on the wire and writes so far, at its end, and dollars for what was written so far."""

    bytes: int
    writes: int
    projected_bytes: int
    projected_writes: int
    dollars: float


class Budget:
    """Books traffic by day and mode, and says which mode may be used."""

    def __init__(self, settings: BudgetSettings, clock: Clock, wanted: str, kept: str = "") -> None:
        """`wanted` is the configured mode, `kept` what `text` gave in an earlier run."""
        self._settings = settings
        self._clock = clock
        self._wanted = MODES.index(wanted)
        state = json.loads(kept) if kept else {}
        self._days: dict[str, dict[str, list[int]]] = state.get("days", {})
        self._floor: dict[str, int] = state.get("floor", {})

    @property
    def mode(self) -> str:
        """What may be sent now: the wanted mode, or a coarser one."""
        return MODES[self._index()]

    def book(self, requests: int, body_bytes: int) -> None:
        """Count traffic, and fall back if it has become too much."""
        self._count(self.mode, requests, body_bytes)
        today, estimate, at = self._today(), self.estimate(), self._index()
        much = estimate.projected_bytes > self._settings.monthly_mb * 1e6
        if at < len(MODES) - 1 and (much or estimate.projected_writes > self._settings.monthly_writes):
            self._floor = {today[:7]: at + 1}

    def book_live(self, requests: int, body_bytes: int) -> None:
        """Count what went to whoever watches."""
        self._count(_LIVE, requests, body_bytes)

    @property
    def monthly_mb(self) -> float:
        """What a month may take."""
        return self._settings.monthly_mb

    def spares_live(self) -> bool:
        """Whether there is something left for who watches."""
        month, settings = self.estimate(), self._settings
        fits = month.projected_bytes <= LIVE_SHARE * settings.monthly_mb * 1e6
        return fits and month.projected_writes <= LIVE_SHARE * settings.monthly_writes

    def estimate(self) -> Estimate:
        """Where this month stands."""
        today = date.fromisoformat(self._today())
        month = today.isoformat()[:7]
        used = _sum(use for day, modes in self._days.items() if day[:7] == month for use in modes.values())
        since = (today - timedelta(days=_WEEK - 1)).isoformat() if today.year > 1 else _NO_DAY
        week = _sum(modes[self.mode] for day, modes in self._days.items() if day >= since and self.mode in modes)
        left = calendar.monthrange(today.year, today.month)[1] - today.day
        live = _sum(modes[_LIVE] for day, modes in self._days.items() if day[:7] == month and _LIVE in modes)
        kept, writes = used[0] - live[0], used[1] - live[1]  # what is live is overwritten, not stored
        stored_gb = max(kept - OVERHEAD_BYTES * writes, 0) / (1 + SEGMENT_SHARE) / 1e9
        dollars = stored_gb * STORED_DOLLARS + _ANSWER_BYTES * used[1] / 1e9 * DOWNLOADED_DOLLARS
        return Estimate(*used, used[0] + week[0] * left // _WEEK, used[1] + week[1] * left // _WEEK, round(dollars, 4))

    def text(self) -> str:
        """Everything to be kept over a restart."""
        return json.dumps({"days": self._days, "floor": self._floor})

    def _count(self, what: str, requests: int, body_bytes: int) -> None:
        counted = self._days.setdefault(self._today(), {}).setdefault(what, [0, 0])
        counted[0] += round(body_bytes * (1 + SEGMENT_SHARE)) + OVERHEAD_BYTES * requests
        counted[1] += requests
        for day in sorted(self._days)[:-_KEPT_DAYS]:
            del self._days[day]

    def _index(self) -> int:
        return max(self._wanted, self._floor.get(self._today()[:7], 0))

    def _today(self) -> str:
        known = max(self._days, default=_NO_DAY)
        if not self._clock.trusted():
            return known
        return max(known, datetime.fromtimestamp(self._clock.wall(), UTC).date().isoformat())


def describe(budget: Budget, settings: BudgetSettings) -> str:
    """One line: use, projection, budget, and what the data cost."""
    month = budget.estimate()
    return (
        f"mode '{budget.mode}': {month.bytes / 1e6:.1f} MB in {month.writes} writes this month, about "
        f"{month.projected_bytes / 1e6:.0f} of {settings.monthly_mb:.0f} MB at its end; "
        f"${month.dollars:.2f} at the prices of {PRICES_OF}"
    )


def _sum(uses: Iterable[list[int]]) -> tuple[int, int]:
    """Bytes and writes in all."""
    pairs = list(uses)
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
