"""What tabs hear of the fleet: topics `fleet` (all boxes, and rollouts), `box` (one of them) and `alerts`.

Each first tells how things are, and then what changes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

from cloud.dashboard.base import Change, apply
from cloud.dashboard.fleet import detail
from cloud.dashboard.fleet.delta import Row, told
from cloud.dashboard.fleet.feed import Feed, Feeds
from cloud.dashboard.fleet.orders import shown
from cloud.dashboard.means import Means
from cloud.dashboard.person import ADMIN, ENGINEER, Visit
from cloud.dashboard.topics import Topic
from cloud.watch.history import FIELDS
from device.contract import checkup
from device.contract.errors import DataError, IdentityError, StorageError
from device.contract.fields import KEY, Json

ROLES = (ENGINEER, ADMIN)
_SPARKS_TURNS, _DAY_TURNS, _ALERTS_S = 60, 60, 3.0


def topics(feeds: Feeds, alerts: Callable[[Visit], AsyncIterator[Json]]) -> tuple[Topic, ...]:
    """All of them."""

    def fleet(means: Means, visit: Visit, of: str) -> AsyncIterator[Json]:
        return _fleet(feeds, visit)

    def box(means: Means, visit: Visit, of: str) -> AsyncIterator[Json]:
        return _box(feeds, visit, of)

    def alerting(means: Means, visit: Visit, of: str) -> AsyncIterator[Json]:
        return alerts(visit)

    return Topic("fleet", ROLES, fleet), Topic("box", ROLES, box), Topic("alerts", ROLES, alerting)


async def _fleet(feeds: Feeds, visit: Visit) -> AsyncIterator[Json]:
    feed = feeds.of(visit)
    sent: dict[str, Row] = {}
    last: dict[str, object] = {}
    turn = 0
    async with aclosing(feed.turns()) as turns:
        async for _ in turns:
            news = told(sent, feed.rows)
            news |= _new(last, "away", away(feed))
            if _new(last, "orders_version", feeds.orders.version):
                news["orders"] = [shown(one) for one in feeds.orders.all()]
            if turn % _SPARKS_TURNS == 0:
                news |= _new(last, "sparks", await _sparks(feeds))
            if turn == 0:
                news["whole"] = True
            turn += 1
            if news:
                yield news


async def _sparks(feeds: Feeds) -> Json:
    with suppress(StorageError):
        return await feeds.standings.sparks(feeds.base.now_ms())
    return {}


def away(feed: Feed) -> Json | None:
    """That the database cannot be read, as the page shows it; None while it can."""
    return {"since": feed.away.since_ms, "why": feed.away.why} if feed.away else None


def _new(last: dict[str, object], name: str, now: object) -> Json:
    """What is told of a thing: nothing where it is as it was last."""
    before = last.get(name)
    if name in last and (before is now or before == now):
        return {}
    last[name] = now
    return {name: now}


async def _box(feeds: Feeds, visit: Visit, device: str) -> AsyncIterator[Json]:
    if not KEY.fullmatch(device):
        raise DataError("No box has such a name.")
    feed = feeds.of(visit)
    examined = _Checkup(feeds, visit, device)
    last: dict[str, object] = {}
    turn = 0
    following = asyncio.create_task(examined.follow())
    try:
        async with aclosing(feed.turns()) as turns:
            async for _ in turns:
                news: Json = {}
                for name, now in _known(feeds, feed, device).items():
                    news |= _new(last, name, now)
                news |= _new(last, "checkup", detail.checkup(examined.document))
                if turn % _DAY_TURNS == 0:
                    news |= _new(last, "day", await _day(feeds, device))
                turn += 1
                if news:
                    yield news
    finally:
        following.cancel()


class _Checkup:
    """What stands at `checkup/DEVICE`, followed."""

    def __init__(self, feeds: Feeds, visit: Visit, device: str) -> None:
        self.document: Json | None = None
        self._feeds, self._visit, self._device = feeds, visit, device

    async def follow(self) -> None:
        with suppress(IdentityError):
            async for change in self._feeds.base.follow(self._visit, checkup.key(self._device)):
                if isinstance(change, Change):
                    self.document = apply(self.document, change)


def _known(feeds: Feeds, feed: Feed, device: str) -> Json:
    now_ms = feeds.base.now_ms()
    seen = feed.seen(device, now_ms)
    silences = [one for one in feed.silences if one.device == device]
    return {
        "row": feed.rows.get(device),
        "away": away(feed),
        "findings": detail.findings(seen),
        "sections": detail.detail(seen),
        "command": detail.command(seen.document),
        "alerts": [[one.rule, one.state, one.since_s * 1000, one.words, one.do] for one in seen.stood],
        "silences": [[one.id, one.rule, one.until_ms, one.by, one.why] for one in silences],
        "orders": [shown(one) for one in feeds.orders.all() if any(step.device == device for step in one.steps)][:3],
    }


async def _day(feeds: Feeds, device: str) -> Json:
    with suppress(StorageError):
        return {
            field: [
                [bucket.at_s, bucket.low, bucket.mean, bucket.high]
                for bucket in await feeds.standings.day(device, field)
            ]
            for field in FIELDS
        }
    return {}
