"""The uploader against a real HTTP server that answers as told: what is sent, kept, retried, buried."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.delivery.backoff import LONGEST_ASKED_S, Backoff
from device.delivery.database import Database
from device.delivery.outbox import Outbox
from device.delivery.uploader import Uploader
from device.settings import UploadSettings
from tests.peers import Peer

SETTINGS = UploadSettings(
    batch=10, interval_s=1.0, timeout_s=5.0, backoff_base_s=1.0, backoff_cap_s=60.0, denied_s=300.0
)
DENIED = '{"error":"Permission denied"}'


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.db", 1.0) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def renewals() -> list[str]:
    return []


@pytest.fixture
def uploader(peer: Peer, outbox: Outbox, clock: FakeClock, renewals: list[str]) -> Iterator[Uploader]:
    with Database(peer.url(), SETTINGS.timeout_s) as database:
        yield Uploader(outbox, database, SETTINGS, clock, lambda: renewals.append("again"))


def fill(outbox: Outbox, count: int, first: int = 1) -> None:
    numbers = range(first, first + count)
    outbox.append((f"records/box/boot/s{n:09d}", json.dumps({"seq": n}).encode()) for n in numbers)


def run(uploader: Uploader, clock: FakeClock, seconds: float, idle_s: float = 0.0) -> None:
    """Step as the worker does, for so many seconds of the fake clock; waits are at least `idle_s`."""
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        wait_s = uploader.step()
        clock.advance(max(wait_s, idle_s) if wait_s else 0.0)


def numbers(peer: Peer) -> list[int]:
    return sorted(int(path[-9:]) for path in peer.held)


def test_a_backlog_goes_out_in_batches_over_one_connection(peer: Peer, outbox: Outbox, uploader: Uploader) -> None:
    fill(outbox, 25)
    assert [uploader.step() for _ in range(4)] == [SETTINGS.interval_s] * 4
    assert len(peer.held) == uploader.sent == 25
    assert peer.held["records/box/boot/s000000007"] == {"seq": 7}
    assert [target for target, _ in peer.requests] == ["/.json?print=silent&ns=clinic"] * 3
    assert len(peer.connections) == 1
    assert outbox.counts().pending == outbox.counts().inflight == 0


def test_after_days_without_network_the_backlog_leaves_at_a_bounded_rate(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    days, cap_s = 3, 4 * 3600.0
    uploader._backoff = Backoff(SETTINGS.backoff_base_s, cap_s)
    peer.replies = [(503, "")] * 10_000
    for hour in range(24 * days):
        fill(outbox, 10, first=1 + 10 * hour)
        run(uploader, clock, 3600, idle_s=600.0)
    asked = 10_000 - len(peer.replies)
    assert 6 * days < asked < 40 * days
    assert outbox.counts().pending == 240 * days
    peer.replies.clear()
    clock.advance(cap_s)
    run(uploader, clock, 10)
    assert len(peer.held) == 10 * SETTINGS.batch
    run(uploader, clock, 100)
    assert numbers(peer) == list(range(1, 240 * days + 1))


def test_there_is_one_write_in_an_interval_whatever_waits(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 1000)
    run(uploader, clock, 30)
    assert len(peer.requests) == 30


@pytest.mark.parametrize(
    ("status", "text", "shown"),
    [
        (200, "<html>Welcome to the hotel</html>", "log in"),
        (302, "", "portal.example"),
        (307, "", "log in"),
        (404, "Database lives in a different region", "different region"),
        (408, "", "408"),
        (423, "", "423"),
        (429, "", "no more writes"),
        (500, "", "500"),
        (503, "", "503"),
    ],
)
def test_anything_but_success_is_kept_and_tried_again(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, status: int, text: str, shown: str
) -> None:
    fill(outbox, 1)
    uploader.step()
    fill(outbox, 2, first=2)
    peer.replies = [(status, text, {"Location": "http://portal.example/login?to=x"})]
    uploader.step()
    assert (len(peer.held), uploader.sent, outbox.counts().pending) == (1, 1, 2)
    assert shown in uploader.trouble
    assert "<html>" not in uploader.trouble
    clock.advance(SETTINGS.backoff_base_s * 2)
    uploader.step()
    assert (len(peer.held), uploader.trouble) == (3, "")


def test_one_bad_record_does_not_hold_up_the_rest(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 10)
    peer.refuse = "s000000003"
    run(uploader, clock, SETTINGS.interval_s)
    assert numbers(peer) == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert (outbox.counts().dead, outbox.counts().pending) == (1, 0)
    fill(outbox, 1, first=11)
    run(uploader, clock, SETTINGS.interval_s)
    assert numbers(peer)[-1] == 11


@pytest.mark.parametrize("refusal", [(400, "odd"), (413, "too long"), (401, DENIED), (403, DENIED)])
def test_bad_records_are_found_wherever_they_are_and_whatever_the_refusal_is_called(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, refusal: tuple[int, str]
) -> None:
    fill(outbox, 40)
    peer.refuse, peer.refusal = "7", refusal
    run(uploader, clock, 10)
    assert numbers(peer) == [n for n in range(1, 41) if n % 10 != 7]
    assert (outbox.counts().dead, outbox.counts().pending) == (4, 0)


def test_a_row_of_bad_records_at_the_head_holds_up_the_others_for_a_while_only(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 40)
    peer.refuse = "00000001"  # 1 and 10 to 19
    run(uploader, clock, 20 * SETTINGS.denied_s, idle_s=150.0)
    assert numbers(peer) == [*range(2, 10), *range(20, 41)]
    assert (outbox.counts().dead, outbox.counts().pending) == (11, 0)


@pytest.mark.parametrize("status", [400, 413, 401, 403])
def test_a_server_that_refuses_everything_buries_nothing(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, status: int
) -> None:
    fill(outbox, 30)
    peer.refuse, peer.refusal = "records", (status, DENIED)
    run(uploader, clock, 900, idle_s=150.0)
    assert (outbox.counts().pending + outbox.counts().inflight, outbox.counts().dead) == (30, 0)
    assert str(status) in uploader.trouble
    peer.refuse = ""
    run(uploader, clock, 15 * SETTINGS.denied_s, idle_s=150.0)
    assert numbers(peer) == list(range(1, 31))


def test_a_lone_bad_record_is_buried_once_another_has_passed(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 1)
    peer.refuse = "s000000001"
    run(uploader, clock, 20 * SETTINGS.denied_s, idle_s=150.0)
    assert (outbox.counts().pending, outbox.counts().dead) == (1, 0)
    fill(outbox, 1, first=2)
    run(uploader, clock, 15 * SETTINGS.denied_s, idle_s=150.0)
    assert (numbers(peer), outbox.counts().pending, outbox.counts().dead) == ([2], 0, 1)


def test_an_ended_token_is_renewed_and_costs_no_time(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, renewals: list[str]
) -> None:
    fill(outbox, 10)
    peer.replies = [(401, '{"error":"Auth token is expired"}')]
    assert uploader.step() == 0.0
    assert uploader.step() == SETTINGS.interval_s
    assert (len(peer.held), renewals, uploader.trouble) == (10, ["again"], "")


def test_a_box_that_is_not_let_in_says_so_and_asks_seldom(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, renewals: list[str]
) -> None:
    fill(outbox, 10)
    peer.refuse, peer.refusal = "records", (401, DENIED)
    run(uploader, clock, SETTINGS.denied_s)
    assert "does not let this box in" in uploader.trouble
    asked = len(peer.requests)
    assert asked < 10
    run(uploader, clock, 12 * SETTINGS.denied_s, idle_s=150.0)
    assert len(peer.requests) < 12 * asked
    assert len(renewals) <= 13


def test_a_failure_during_the_search_keeps_everything(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 1, first=9)
    uploader.step()
    fill(outbox, 4)
    peer.refuse = "s000000001"
    uploader.step()
    peer.replies = [(503, "")]
    uploader.step()
    assert outbox.counts().pending == 4
    run(uploader, clock, 120)
    assert (numbers(peer), outbox.counts().dead) == ([2, 3, 4, 9], 1)


def test_a_server_that_is_gone_costs_nothing_but_time(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 1)
    peer.close()
    assert 0 < uploader.step() <= SETTINGS.interval_s
    assert outbox.counts().pending == 1
    assert "no answer" in uploader.trouble


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_when_to_come_back(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, status: int
) -> None:
    fill(outbox, 1)
    peer.replies = [(204, ""), (status, "", {"Retry-After": "120"})]
    uploader.step()
    fill(outbox, 1, first=2)
    uploader.step()
    run(uploader, clock, 119)
    assert len(peer.requests) == 2
    run(uploader, clock, 3)
    assert numbers(peer) == [2]


def test_no_server_silences_a_box_for_days(peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock) -> None:
    fill(outbox, 1)
    peer.replies = [(429, "", {"Retry-After": "9999999"})]
    run(uploader, clock, LONGEST_ASKED_S + 3)
    assert len(peer.held) == 1


def test_records_that_are_written_during_an_outage_wait_for_its_end_too(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 1)
    peer.replies = [(429, "", {"Retry-After": "60"})]
    uploader.step()
    for second in range(50):
        fill(outbox, 1, first=2 + second)
        run(uploader, clock, 1)
    assert len(peer.requests) == 1


def test_a_slow_link_gets_smaller_batches_and_larger_ones_when_it_is_better(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 40)
    uploader.step()
    healthy, uploader._database._timeout_s = uploader._database._timeout_s, 0.0
    for _ in range(2):
        clock.advance(SETTINGS.backoff_cap_s)
        uploader.step()
    uploader._database._timeout_s = healthy
    clock.advance(SETTINGS.backoff_cap_s)
    run(uploader, clock, 20)
    assert [len(batch) for batch in peer.batches] == [10, 2, 4, 8, 10, 6]


def test_delays_grow_are_capped_and_differ(peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock) -> None:
    fill(outbox, 1)
    peer.replies = [(503, "")] * 80
    delays = []
    for _ in range(40):
        uploader.step()
        delays.append(uploader._backoff.left_s(clock.monotonic()))
        clock.advance(SETTINGS.backoff_cap_s)
    assert max(delays) <= SETTINGS.backoff_cap_s
    assert max(delays[:2]) <= 4.0
    assert max(delays[10:]) > 10.0
    assert len(set(delays)) > 30


def test_draining_ends_when_the_database_does_not_answer(peer: Peer, outbox: Outbox, uploader: Uploader) -> None:
    fill(outbox, 10)
    uploader.drain()
    fill(outbox, 20, first=11)
    peer.replies = [(503, "")]
    uploader.drain()
    assert (len(peer.held), outbox.counts().pending) == (10, 20)
