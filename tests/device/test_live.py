"""The newest second, for whoever watches: to a real database, beside the outbox, and gone when it is over."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import device.delivery.live
from device.clock import FakeClock, SystemClock
from device.contract import live as contract
from device.contract.address import DatabaseUrl, parse_url
from device.contract.fields import Json
from device.delivery.budget import LIVE_SHARE, OVERHEAD_BYTES, Budget
from device.delivery.database import Database
from device.delivery.live import Live, take_away_later
from device.delivery.outbox import Outbox
from device.settings import BudgetSettings
from tests.cloud.conftest import Stream
from tests.servers import WAIT_S, Server

SESSION = {"device": "room-3", "boot": "5c219ed0-0000000000", "session": "5c219ed0-00000003e8"}
_spaces = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("database"))
    yield made
    made.end()


@pytest.fixture
def url(server: Server) -> DatabaseUrl:
    return parse_url(f"{server.url}?ns=live-{next(_spaces)}")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes out each second goes ten times as often."""
    monkeypatch.setattr(device.delivery.live, "_EVERY_S", 0.1)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.db", 1.0) as made:
        yield made


class Watch:
    """Who watches, and what keeps the box from sending."""

    def __init__(self) -> None:
        self.on = True
        self.refusal = ""


def live_of(url: DatabaseUrl, outbox: Outbox, watch: Watch) -> Live:
    database = Database(url, 1.0)
    return Live(database, "room-3", outbox, SystemClock(), lambda: watch.on, lambda: watch.refusal)


@contextmanager
def shown(url: DatabaseUrl) -> Iterator[Stream]:
    """What somebody sees who listens at the node; first that nothing is there."""
    where = f"http://{url.host}:{url.port}/live/room-3.json"
    headers = {"Accept": "text/event-stream"}
    with httpx.stream("GET", where, params={"ns": url.namespace}, headers=headers, timeout=WAIT_S) as lines:
        stream = Stream(lines.iter_lines())
        assert data(stream) is None
        yield stream


def data(stream: Stream) -> Any:
    """What stands there now."""
    event = stream.next()
    assert event is not None
    return event[1]["data"]


def record(number: int) -> Json:
    return {
        "v": 1,
        **SESSION,
        "seq": number,
        "status": "gated",
        "reasons": ["no_face"],
        "time": {"mono": number / 10, "wall": 1e9 + number / 10, "trusted": True},
        "frame": {"index": number},
        "faces": 0,
    }


def test_who_watches_sees_the_newest_second_and_nothing_when_it_is_over(url: DatabaseUrl, outbox: Outbox) -> None:
    with shown(url) as stream, live_of(url, outbox, Watch()) as live:
        live.look(lambda: ["no_face", "more_light"])
        live.hear(record(1))
        first = data(stream)
        contract.validate(first)
        assert contract.records(first) == [record(1)]
        assert first["hints"] == ["no_face", "more_light"]
        assert first["seen"] == pytest.approx(1000 * time.time(), abs=60_000)
        for number in range(2, 62):  # six seconds that could not go out in time
            live.hear(record(number))
        assert contract.records(data(stream)) == [record(number) for number in range(42, 62)], "what is old is left"
        live.end()
        assert data(stream) is None
    assert outbox.counts().pending == 0
    assert outbox.lease(9) == [], "nothing of it is ever in the outbox"


def test_nobody_watches_and_nothing_is_done(url: DatabaseUrl, outbox: Outbox) -> None:
    watch = Watch()
    watch.on = False
    with live_of(url, outbox, watch) as live:
        live.hear(record(1))
        live.look(lambda: pytest.fail("nobody needs hints"))
        assert not any(thread.name == "live" for thread in threading.enumerate())
    assert live.traffic == (0, 0)


@pytest.mark.parametrize("why", ["nobody watches", "the consent was changed"])
def test_what_may_not_be_shown_any_more_is_taken_away(url: DatabaseUrl, outbox: Outbox, why: str) -> None:
    watch = Watch()
    with shown(url) as stream, live_of(url, outbox, watch) as live:
        live.hear(record(1))
        assert data(stream) is not None
        watch.on, watch.refusal = why != "nobody watches", "" if why == "nobody watches" else why
        live.hear(record(2))
        assert data(stream) is None
        assert live.refused == watch.refusal
        watch.on, watch.refusal = True, ""
        live.hear(record(3))
        assert contract.records(data(stream)) == [record(3)], "and what came meanwhile is not told later"


def test_what_came_before_it_was_allowed_is_not_shown_when_it_is(url: DatabaseUrl, outbox: Outbox) -> None:
    watch = Watch()
    watch.refusal = "The consent does not cover a live view."
    with shown(url) as stream, live_of(url, outbox, watch) as live:
        live.hear(record(1))
        live.hear(record(2))
        watch.refusal = ""
        live.hear(record(3))
        assert contract.records(data(stream)) == [record(3)]


def test_what_waits_when_the_consent_changes_is_not_shown(url: DatabaseUrl, outbox: Outbox) -> None:
    with shown(url) as stream, live_of(url, outbox, Watch()) as live:
        live.hear(record(1))
        assert contract.records(data(stream)) == [record(1)]
        live.hear(record(2))
        live.forget()
        live.hear(record(3))
        assert contract.records(data(stream)) == [record(3)]


def test_after_a_power_cut_the_next_start_takes_it_away(url: DatabaseUrl, outbox: Outbox) -> None:
    with shown(url) as stream:
        live = live_of(url, outbox, Watch())
        live.hear(record(1))
        assert data(stream) is not None
        take_away_later(outbox, "room-3")  # as a process does that comes after, which did not see the end
        take_away_later(outbox, "room-3")
        (entry,) = outbox.lease(9)
        assert (entry.path, entry.body, entry.records) == ("live/room-3", b"null", 0)
        Database(url, WAIT_S).patch([(entry.path, entry.body)])
        assert data(stream) is None
        live.close()


def test_without_a_network_nobody_waits_and_nothing_is_kept(outbox: Outbox) -> None:
    live = live_of(parse_url("http://127.0.0.1:9?ns=away"), outbox, Watch())
    began_s = time.monotonic()
    for number in range(1, 500):
        live.hear(record(number))
    assert time.monotonic() - began_s < 0.5
    live.close()
    assert outbox.lease(9) == []
    assert live.traffic[0] <= 4, "it asks now and then"


def test_it_counts_in_the_budget_and_ends_before_records_become_coarser() -> None:
    budget = Budget(BudgetSettings(monthly_mb=10.0), FakeClock(wall=1_782_777_600.0), "records")  # 30 June 2026
    budget.book(1, 0)
    dollars = budget.estimate().dollars
    while budget.spares_live():
        budget.book_live(1, 100_000)
    month = budget.estimate()
    assert month.bytes == pytest.approx(LIVE_SHARE * 10e6, abs=200_000)
    assert month.writes == 1 + (month.bytes - OVERHEAD_BYTES) // (107_000 + OVERHEAD_BYTES)
    assert month.dollars == pytest.approx(dollars, abs=0.001), "what is overwritten is not stored"
    budget.book(1, 0)
    assert budget.mode == "records"
    kept = Budget(BudgetSettings(monthly_mb=10.0), FakeClock(wall=1_782_777_600.0), "records", budget.text())
    assert not kept.spares_live()


def test_what_was_watched_is_not_projected() -> None:
    clock = FakeClock(wall=1_780_272_000.0)  # 1 June 2026
    budget = Budget(BudgetSettings(monthly_mb=10.0), clock, "records")
    budget.book_live(1, 1_000_000)
    assert budget.estimate().projected_bytes == budget.estimate().bytes
    assert budget.spares_live()
