"""The uploader against a real HTTP server that answers as told: what is sent, kept, retried, buried."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from device.clock import FakeClock
from device.contract.errors import SinkError
from device.delivery.database import Database, DatabaseUrl, parse_url
from device.delivery.outbox import Outbox
from device.delivery.uploader import Uploader, UploadSettings

SETTINGS = UploadSettings(batch=10, interval_s=1.0, timeout_s=5.0, backoff_base_s=1.0, backoff_cap_s=60.0)


class Peer:
    """A database that answers each PATCH with the next of `answers`, or accepts it; keeps what it accepted."""

    def __init__(self) -> None:
        peer = self
        self.answers: list[tuple[int, str]] = []
        self.refuse = ""
        self.held: dict[str, object] = {}
        self.requests: list[str] = []
        self.connections: set[tuple[str, int]] = set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PATCH(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.requests.append(self.path)
                peer.connections.add(self.client_address)
                status, text = peer.answers.pop(0) if peer.answers else (204, "")
                if peer.refuse and any(peer.refuse in path for path in body):
                    status, text = 400, '{"error":"Invalid data"}'
                if status == 204:
                    peer.held |= body
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def url(self) -> DatabaseUrl:
        return parse_url(f"http://127.0.0.1:{self.server.server_port}?ns=clinic")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


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
def uploader(peer: Peer, outbox: Outbox, clock: FakeClock) -> Iterator[Uploader]:
    database = Database(peer.url(), SETTINGS.timeout_s)
    yield Uploader(outbox, database, SETTINGS, clock)
    database.close()


def fill(outbox: Outbox, count: int) -> None:
    outbox.append((f"records/box/boot/s{n:09d}", json.dumps({"seq": n}).encode()) for n in range(1, count + 1))


def test_a_backlog_goes_out_in_batches_over_one_connection(peer: Peer, outbox: Outbox, uploader: Uploader) -> None:
    fill(outbox, 25)
    assert [uploader.step() for _ in range(4)] == [0.0, 0.0, SETTINGS.interval_s, SETTINGS.interval_s]
    assert len(peer.held) == uploader.sent == 25
    assert peer.held["records/box/boot/s000000007"] == {"seq": 7}
    assert peer.requests == ["/.json?print=silent&ns=clinic"] * 3
    assert len(peer.connections) == 1
    assert outbox.counts().pending == outbox.counts().inflight == 0


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "<html>Welcome to the hotel</html>"),
        (401, "Permission denied"),
        (403, ""),
        (429, ""),
        (500, ""),
        (503, ""),
        (302, ""),
        (404, ""),
        (423, ""),
    ],
)
def test_anything_but_success_is_kept_and_tried_again(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock, status: int, text: str
) -> None:
    fill(outbox, 3)
    peer.answers = [(status, text)]
    uploader.step()
    assert (len(peer.held), uploader.sent, outbox.counts().pending) == (0, 0, 3)
    assert str(status) in uploader.trouble
    clock.advance(SETTINGS.backoff_base_s * 2)
    uploader.step()
    assert (len(peer.held), uploader.trouble) == (3, "")


def test_one_bad_record_does_not_hold_up_the_rest(peer: Peer, outbox: Outbox, uploader: Uploader) -> None:
    fill(outbox, 5)
    peer.refuse = "s000000003"
    uploader.step()
    assert sorted(path[-1] for path in peer.held) == ["1", "2", "4", "5"]
    assert (outbox.counts().dead, outbox.counts().pending) == (1, 0)


def test_a_failure_among_singles_keeps_what_follows(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 4)
    peer.answers = [(400, "one of these"), (204, ""), (503, "")]
    uploader.step()
    assert (len(peer.held), outbox.counts().pending, outbox.counts().inflight) == (1, 3, 0)
    clock.advance(60)
    uploader.step()
    assert len(peer.held) == 4


def test_a_server_that_is_gone_costs_nothing_but_time(peer: Peer, outbox: Outbox, uploader: Uploader) -> None:
    fill(outbox, 1)
    peer.close()
    assert uploader.step() == SETTINGS.interval_s
    assert outbox.counts().pending == 1
    assert "no answer" in uploader.trouble


def test_a_connection_that_the_server_closed_is_opened_again(
    peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock
) -> None:
    fill(outbox, 1)
    uploader.step()
    uploader._database._connection.sock.shutdown(2)  # type: ignore[union-attr]
    outbox.append([("records/box/boot/later", b"1")])
    for _ in range(2):
        uploader.step()
        clock.advance(60)
    assert "records/box/boot/later" in peer.held


def test_delays_grow_are_capped_and_differ(peer: Peer, outbox: Outbox, uploader: Uploader, clock: FakeClock) -> None:
    fill(outbox, 1)
    peer.answers = [(503, "")] * 40
    delays = []
    for _ in range(40):
        clock.advance(SETTINGS.backoff_cap_s)
        uploader.step()
        delays.append(uploader._delay())
    assert max(delays) <= SETTINGS.backoff_cap_s
    assert max(delays[:2]) <= 4.0
    assert max(delays[10:]) > 10.0
    assert len(set(delays)) > 30


def test_draining_ends_when_the_database_does_not_answer(peer: Peer, outbox: Outbox, uploader: Uploader) -> None:
    fill(outbox, 30)
    peer.answers = [(204, ""), (503, "")]
    uploader.drain()
    assert (len(peer.held), outbox.counts().pending) == (10, 20)


@pytest.mark.parametrize("text", ["", "127.0.0.1:9000", "ftp://x", "http://", "http://x:port", "http://x/records"])
def test_a_wrong_address_is_explained(text: str) -> None:
    with pytest.raises(SinkError, match="write rtdb:http"):
        parse_url(text)


def test_addresses_are_read() -> None:
    assert parse_url("http://127.0.0.1:9000?ns=demo") == DatabaseUrl(False, "127.0.0.1", 9000, "demo")
    assert parse_url("https://clinic.firebaseio.com/") == DatabaseUrl(True, "clinic.firebaseio.com", 443, "")
