"""The boxes, followed for a visit: one stream however many tabs, and nothing made up while the database is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.dashboard.base import Base, Change
from cloud.dashboard.fleet.asking import asked, lines
from cloud.dashboard.fleet.erasing import to_erase
from cloud.dashboard.fleet.feed import Feeds
from cloud.dashboard.fleet.news import topics
from cloud.dashboard.fleet.orders import Orders
from cloud.dashboard.fleet.rollout import At
from cloud.dashboard.fleet.standing import PIECES, Standings, pieces
from cloud.dashboard.means import Means
from cloud.dashboard.person import ENGINEER, Person
from cloud.demo.boxes import make_boxes, state
from device.contract.errors import ConfigError, DataError, IdentityError
from device.contract.fields import Json
from tests.servers import WAIT_S, Server

NOW_S = 1_795_800_000.0


class Visit:
    """An engineer's."""

    def __init__(self, name: str = "visit") -> None:
        self.id = name
        self.person = Person("erin", "erin@clinic.example", ENGINEER, "Erin")
        self.closed = asyncio.Event()

    async def token(self) -> str:
        return ""

    def touch(self) -> None: ...


class Counted(Base):
    """Counts the streams that were opened."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.opened: list[str] = []

    async def stream(self, who: Any, path: str, **query: str) -> AsyncIterator[Change]:
        self.opened.append(path)
        async with aclosing(super().stream(who, path, **query)) as changes:  # type: ignore[type-var]
            async for change in changes:
                yield change


def put(server: Server, namespace: str, path: str, value: Any) -> None:
    httpx.put(f"{server.url}/{path}.json", params={"ns": namespace}, json=value).raise_for_status()


def said(number: int = 1, **changes: Any) -> Json:
    box = make_boxes(number, 1, NOW_S)[-1]
    return state(box, NOW_S) | changes


def run(
    test: Callable[[Feeds, Counted], Awaitable[None]], server: Server, name: str, folder: Path | None = None
) -> None:
    """A test on a loop of its own."""

    async def running() -> None:
        base = Counted(f"{server.url}?ns={name}")
        feeds = Feeds(base, Standings(folder), Orders(folder))
        try:
            async with asyncio.timeout(WAIT_S):
                await test(feeds, base)
        finally:
            await base.close()

    asyncio.run(running())


async def news(feeds: Feeds, visit: Visit, name: str = "fleet", of: str = "") -> AsyncIterator[Json]:
    """A topic, as a tab hears it."""
    topic = next(one for one in topics(feeds, lambda visit: nothing()) if one.name == name)
    means: Means = None  # type: ignore[assignment]  # these topics have their own
    async for one in topic.source(means, visit, of):
        yield one


async def nothing() -> AsyncIterator[Json]:
    return
    yield


async def until(tab: AsyncIterator[Json], holds: Callable[[Json], bool]) -> Json:
    """The first news of which it holds."""
    async for one in tab:
        if holds(one):
            return one
    raise AssertionError("the news ended")


def test_eight_tabs_of_one_engineer_are_one_stream(server: Server) -> None:
    async def look(feeds: Feeds, base: Counted) -> None:
        visit = Visit()
        tabs = [news(feeds, visit) for _ in range(8)]
        told = await asyncio.gather(*(until(tab, lambda one: "rows" in one) for tab in tabs))
        assert all([row["id"] for row in one["rows"]] == ["sim-room-1"] for one in told)
        put(server, "eight", "telemetry/sim-room-1/host/temperature", 71.5)
        told = await asyncio.gather(*(until(tab, lambda one: "rows" in one) for tab in tabs))
        assert all(one["rows"] == [{"id": "sim-room-1", "temperature": [71.5, False, False]}] for one in told)
        assert sorted(base.opened) == ["boxes", "telemetry"]
        other = news(feeds, Visit("another"))
        await until(other, lambda one: "rows" in one)
        assert base.opened.count("telemetry") == 2, "another visit has a stream of its own, with its own token"
        visit.closed.set()
        while len(feeds) > 1:
            await asyncio.wait([asyncio.create_task(anext(other, None))], timeout=1.5)

    put(server, "eight", "telemetry/sim-room-1", said())
    run(look, server, "eight")


def test_while_the_database_is_away_nothing_is_judged(start: Callable[[Path], Server], tmp_path: Path) -> None:
    server = start(tmp_path)
    put(server, "away", "telemetry/sim-room-1", said())
    namespace = f"{server.url}?ns=away"

    async def look(feeds: Feeds, base: Counted) -> None:
        tab = news(feeds, Visit())
        first = await until(tab, lambda one: "rows" in one)
        await asyncio.to_thread(server.end)
        away = (await until(tab, lambda one: one.get("away")))["away"]
        assert away["why"].startswith("The database at 127.0.0.1") and away["since"] > 0
        assert first["rows"][0]["state"][1] != "silent"
        with pytest.raises(DataError, match="cannot be read now"):
            await feeds.ready(Visit("late"))

    assert namespace
    run(look, server, "away")


def test_a_command_is_written_with_its_entry_and_followed_to_its_end(server: Server, tmp_path: Path) -> None:
    async def look(feeds: Feeds, base: Counted) -> None:
        visit = Visit()
        feed = await feeds.ready(visit)
        await feeds.orders.begin(visit, "doctor", ["sim-room-1"], False, 1, base.now_ms())
        tab = news(feeds, visit)
        order = (await until(tab, lambda one: one.get("orders", [{}])[0].get("steps", [["", ""]])[0][1] == "sent"))[
            "orders"
        ][0]
        command = await base.get(visit, "control/sim-room-1/command")
        assert command["do"] == "doctor" and command["by"] == "erin" and command["id"]
        entries = [one for month in (await base.get(visit, "audit")).values() for one in month.values()]
        assert [(one["did"], one["device"], one["by"]) for one in entries] == [
            ("fleet_commanded", "sim-room-1", "erin")
        ]
        answer = {"id": command["id"], "answer": "All is well.", "done": True}
        put(server, "order", "telemetry/sim-room-1/control", answer)
        done = await until(tab, lambda one: bool(one.get("orders")) and one["orders"][0]["over"])
        assert done["orders"][0]["steps"][0][1:3] == ["done", "All is well."]
        assert order["id"] == done["orders"][0]["id"] and feed.tabs >= 1
        again = Orders(tmp_path).all()
        assert [(one.id, one.steps[0].at, one.visit) for one in again] == [(order["id"], At.DONE, "")]
        await feeds.orders.forget(order["id"])
        assert feeds.orders.all() == [] == Orders(tmp_path).all()

    put(server, "order", "telemetry/sim-room-1", said())
    run(look, server, "order", tmp_path)


def test_when_the_visit_ends_nothing_more_is_sent_until_somebody_goes_on(server: Server) -> None:
    async def look(feeds: Feeds, base: Counted) -> None:
        visit, other = Visit(), Visit("other")
        await feeds.ready(visit)
        devices = ["sim-room-1", "sim-room-2"]
        one = await feeds.orders.begin(visit, "update", devices, True, 1, base.now_ms())
        tab = news(feeds, other)
        await until(tab, lambda one: bool(one.get("orders")) and one["orders"][0]["steps"][0][1] == "sent")
        visit.closed.set()
        left = await until(tab, lambda one: bool(one.get("orders")) and not one["orders"][0]["driven"])
        assert left["orders"][0]["steps"][1][1] == "waiting"
        await feeds.orders.go_on(other, one.id)
        assert feeds.orders.drives(other)
        await feeds.orders.stop(other, one.id, base.now_ms())
        stopped = await until(tab, lambda one: bool(one.get("orders")) and bool(one["orders"][0]["stopped"]))
        assert stopped["orders"][0]["stopped"] == "Erin stopped it."

    for number in (1, 2):
        put(server, "left", f"telemetry/sim-room-{number}", said(number))
    run(look, server, "left")


def test_what_a_box_has_still_to_erase_is_counted_without_saying_whom(server: Server) -> None:
    async def look(feeds: Feeds, base: Counted) -> None:
        assert await to_erase(base, Visit(), "box-1") == (
            "This box has still to erase what it holds of 2 people. It says: A file is being written."
        )
        put(server, "erasing", "erased_on/box-1/k2", {"v": 1, "done": 7})
        assert await to_erase(base, Visit(), "box-1") == (
            "This box has still to erase what it holds of 1 person. It does so as soon as it is heard."
        )
        put(server, "erasing", "erased_on/box-1/k1", {"v": 1, "done": 7})
        assert await to_erase(base, Visit(), "box-1") == ""
        assert await to_erase(base, Visit(), "box-2") == ""

    put(server, "erasing", "erasing/box-1", {"k1": 1, "k2": 2, "k3": 3})
    for name, proof in {"k2": {"v": 1, "left": "A file is being written."}, "k3": {"v": 1, "done": 7}}.items():
        put(server, "erasing", f"erased_on/box-1/{name}", proof)
    run(look, server, "erasing")


def test_one_box_is_told_in_words_with_its_examination(server: Server) -> None:
    async def look(feeds: Feeds, base: Counted) -> None:
        tab = news(feeds, Visit(), "box", "sim-room-1")
        first = await until(tab, lambda one: bool(one.get("sections")))
        assert [title for title, _ in first["sections"]] == ["Session", "Machine", "Delivery", "Software and clock"]
        found = {"c01": {"name": "disk", "state": "fail", "text": "Full."}}
        put(server, "one", "checkup/sim-room-1", {"v": 1, "device": "sim-room-1", "seen": 1, "findings": found})
        told = await until(tab, lambda one: bool(one.get("checkup")))
        assert told["checkup"]["findings"][0]["text"] == "Full."
        with pytest.raises(DataError, match="No box"):
            await anext(news(feeds, Visit(), "box", "../staff"))

    put(server, "one", "telemetry/sim-room-1", said())
    run(look, server, "one")


def test_who_may_not_read_is_told_so(server: Server) -> None:
    class Refused(Visit):
        async def token(self) -> str:
            raise IdentityError("Your account may not read telemetry any more.")

    async def look(feeds: Feeds, base: Counted) -> None:
        feed = feeds.of(Refused())
        with pytest.raises(IdentityError, match="may not read telemetry"):
            async for _ in feed.turns():
                pass

    run(look, server, "refused")


def test_whom_a_command_reaches_is_said_before(server: Server) -> None:
    async def look(feeds: Feeds, base: Counted) -> None:
        feed = await feeds.ready(Visit())
        while len(feed.rows) < 2:
            await feed._turn.wait()
        told = [text for text, _ in lines("update", ["busy", "free", "gone"], feed)]
        assert told[:3] == [
            "1 is free, and can begin at once.",
            "1 is in a session, and will refuse.",
            "1 is not heard from now, and will not hear it unless back within five minutes.",
        ]
        assert told[-1].startswith("They run now: 0.4.0 on 2")

    busy = {"state": "session", "desk": {"state": "watching"}}
    clock = {".sv": "timestamp"}
    put(server, "whom", "telemetry/busy", said(1, seen=clock) | busy)
    put(server, "whom", "telemetry/free", said(2, seen=clock))
    httpx.patch(f"{server.url}/telemetry.json", params={"ns": "whom"}, json={}).raise_for_status()

    async def with_clock(feeds: Feeds, base: Counted) -> None:
        wall = base.now_ms() / 1000
        for device in ("busy", "free"):
            put(server, "whom", f"telemetry/{device}/time", {"mono": 1, "wall": wall, "trusted": True})
        await look(feeds, base)

    run(with_clock, server, "whom")


def test_wishes_that_no_page_has_are_none() -> None:
    assert asked({"do": "update", "devices": ["a", 3, "../b", "c"]}) is not None
    assert asked({"do": "update", "devices": ["a", 3, "../b"]}).devices == ("a",)  # type: ignore[union-attr]
    assert asked({"do": "begin", "devices": ["a"]}) is None and asked(None) is None


def test_a_day_in_pieces_has_gaps_where_nothing_was_measured() -> None:
    drawn = pieces([(0, 10.0), (900, 20.0), (1800 * 3, 50.0), (10**9, 1.0)], 0)
    assert len(drawn) == PIECES and drawn[:4] == [15.0, None, None, 50.0]
    with pytest.raises(ConfigError):
        asyncio.run(Standings(None).silence("a", "", 1, "Erin", "", 0))
