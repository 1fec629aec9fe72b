"""The database client against everything that a network does: each failure is an answer in words, in bounded time."""

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from device.contract.address import DatabaseUrl, parse_url
from device.contract.errors import SinkError
from device.delivery.database import Answer, Database
from device.delivery.verdict import explain
from tests.peers import Peer, Raw, drip, says
from tests.relay import Relay, Weather

TIMEOUT_S = 0.5
BOUND_S = 30.0  # for a machine that does other things too; without the deadline these tests would take for ever
RECORD = ("records/box/boot/s000000001", b'{"seq":1}')


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def tell(url: DatabaseUrl, compress: bool = False) -> Answer:
    with Database(url, TIMEOUT_S, compress=compress) as database:
        return database.patch([RECORD])


@pytest.mark.parametrize(
    ("treat", "said"),
    [
        (lambda connection: None, "in time"),
        (drip(b"", b"H"), "in time"),
        (drip(b"HTTP/1.1 204 No Content\r\n", b"X-More: 1\r\n"), ""),
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b"."), "in time"),
        (says(b""), "not HTTP"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP"),
        (says(b"HTTP/1.1 two-hundred OK\r\n\r\n"), "not HTTP"),
        (says(b"HTTP/1.1 204 " + b"x" * 100_000 + b"\r\n\r\n"), "not HTTP"),
        (says(b"\x15\x03\x01\x00\x02\x02\x46"), "not HTTP"),
        (says(b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n"), "not HTTP"),
        (says(b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\nhello\r\n"), "not HTTP"),
    ],
    ids=(
        "silence dripping-status endless-headers dripping-body hang-up ssh no-status long-status tls "
        "chunk-of-minus-five chunk-of-nothing"
    ).split(),
)
def test_an_answer_that_is_none_is_said_to_be_none(treat: Callable[[socket.socket], None], said: str) -> None:
    began = time.monotonic()
    answer = tell(Raw(treat).url)
    assert answer.status == 0
    assert said in answer.text
    assert time.monotonic() - began < BOUND_S


def test_of_an_oversized_answer_only_the_beginning_is_read(peer: Peer) -> None:
    peer.replies = [(500, "x" * 1_000_000)]
    with Database(peer.url(), 10.0, compress=False) as database:
        assert len(database.patch([RECORD]).text) == 4096
        assert database.patch([RECORD]).status == 204


def test_a_peer_that_does_not_read_cannot_hold_up_a_large_batch() -> None:
    big = [(f"records/box/boot/s{n:09d}", json.dumps("x" * 1000).encode()) for n in range(20_000)]
    with Database(Raw(lambda connection: None).url, TIMEOUT_S, compress=False) as database:
        answer = database.patch(big)
    assert (answer.status, answer.text) == (0, "no answer in time")


def test_a_port_where_nobody_listens_and_a_name_that_nobody_has() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "refused" in tell(parse_url(f"http://127.0.0.1:{taken.getsockname()[1]}")).text
    assert "cannot be looked up" in tell(parse_url("http://nowhere.invalid")).text


def test_a_name_server_that_hangs_does_not_hang_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(BOUND_S) and [])
    answer = tell(parse_url("http://slow.example"))
    release.set()
    assert (answer.status, answer.text) == (0, "no answer in time")


def certificate(folder: Path, dates: tuple[str, ...] = ()) -> ssl.SSLContext:
    """A server's context with a certificate of its own making."""
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    names = ["/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*make, *names, *files, *dates], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


@pytest.fixture
def secure(peer: Peer, tmp_path: Path) -> DatabaseUrl:
    """The address of a peer with TLS."""
    peer.server.socket = certificate(tmp_path).wrap_socket(peer.server.socket, server_side=True)
    return DatabaseUrl(True, "localhost", peer.server.server_port, "")


def test_with_a_certificate_that_is_known_it_goes_over_tls(
    peer: Peer, secure: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    assert tell(secure).status == 204
    assert list(peer.held) == [RECORD[0]]


def test_a_stranger_with_a_certificate_of_his_own_gets_nothing(peer: Peer, secure: DatabaseUrl) -> None:
    answer = tell(secure)
    assert answer.status == 0
    assert "certificate is not accepted" in answer.text
    assert peer.requests == []


def test_the_name_in_the_certificate_counts(
    peer: Peer, secure: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    assert "not accepted" in tell(DatabaseUrl(True, "127.0.0.1", secure.port, "")).text
    assert peer.requests == []


def test_plain_http_where_tls_should_be(peer: Peer) -> None:
    url = peer.url()
    assert "no secure connection" in tell(DatabaseUrl(True, url.host, url.port, "")).text


def test_a_server_that_shakes_no_hand() -> None:
    url = Raw(lambda connection: None).url
    assert tell(DatabaseUrl(True, url.host, url.port, "")).text == "no answer in time"


def test_a_connection_that_was_closed_while_idle_is_opened_again_at_once(peer: Peer) -> None:
    with Database(peer.url(), 10.0) as database:
        assert database.patch([RECORD]).status == 204
        database._connection.sock.shutdown(socket.SHUT_RDWR)
        assert database.patch([("records/box/boot/later", b"1")]).status == 204
    assert len(peer.connections) == 2


def test_a_half_open_connection_is_given_up_and_the_next_one_works(peer: Peer) -> None:
    relay = Relay(peer.server.server_port)
    with Database(parse_url(f"http://127.0.0.1:{relay.port}"), 10.0) as database:
        assert database.patch([RECORD]).status == 204
        relay.change(silent=True)
        database._timeout_s = TIMEOUT_S
        assert database.patch([RECORD]).text == "no answer in time"
        relay.change(silent=False)
        database._timeout_s = 10.0
        assert database.patch([RECORD]).status == 204
    assert relay.connections == 2
    relay.close()


@pytest.mark.parametrize("cut_after", [0, 5, 12])
def test_an_answer_that_is_cut_short_is_none(peer: Peer, cut_after: int) -> None:
    relay = Relay(peer.server.server_port, Weather(cut_after=cut_after))
    assert tell(parse_url(f"http://127.0.0.1:{relay.port}")).status in ((0,) if cut_after < 12 else (0, 204))
    relay.close()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Sat, 21 Nov 2026 12:02:00 GMT", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_seconds(peer: Peer, headers: dict[str, str], seconds: float | None) -> None:
    peer.replies = [(429, "", headers)]
    if "Date" not in headers:
        assert tell(peer.url()).retry_after_s == seconds


def test_retry_after_as_a_date_counts_by_the_servers_clock() -> None:
    head = b"HTTP/1.1 503 Busy\r\nDate: Sat, 21 Nov 2009 12:00:00 GMT\r\nContent-Length: 0\r\n"
    answer = tell(Raw(says(head + b"Retry-After: Sat, 21 Nov 2009 12:02:00 GMT\r\n\r\n")).url)
    assert (answer.status, answer.retry_after_s) == (503, 120.0)


def test_what_is_sent_is_compressed_where_the_server_takes_it(peer: Peer) -> None:
    records = [(f"records/box/boot/s{n:09d}", RECORD[1]) for n in range(100)]
    with Database(peer.url(), 10.0) as database:
        assert database.patch(records).status == 204
        assert database.traffic.body_bytes < 1000
    assert len(peer.held) == 100


def test_a_server_that_knows_nothing_of_gzip_gets_plain_json_from_then_on(peer: Peer) -> None:
    peer.takes_gzip = False
    with Database(peer.url(), 10.0) as database:
        for _ in range(3):
            assert database.patch([RECORD]).status == 204
    assert ["Content-Encoding" in headers for _, headers in peer.requests] == [True, False, False, False]


def test_a_server_that_hangs_up_on_gzip_gets_plain_json_too() -> None:
    def treat(connection: socket.socket) -> None:
        answer = b"" if b"gzip" in connection.recv(65536) else b"HTTP/1.1 204 No Content\r\n\r\n"
        says_nothing_more = connection.sendall(answer) if answer else connection.close()
        assert says_nothing_more is None

    assert tell(Raw(treat).url, compress=True).status == 204


def test_the_token_goes_into_the_address_and_a_failed_sign_in_is_no_answer(peer: Peer) -> None:
    def refuse() -> str:
        raise ConnectionError("the sign-in service is away")

    with Database(peer.url(), 10.0, lambda: "e30.e30.x") as database:
        database.patch([RECORD])
    assert peer.requests[0][0] == "/.json?print=silent&ns=clinic&auth=e30.e30.x"
    with Database(peer.url(), 10.0, refuse) as database:
        assert database.patch([RECORD]) == Answer(0, "signing in failed: the sign-in service is away")


@pytest.mark.parametrize("location", ["http://[", "http://[::1", "\\\\", "http://x\x1b[31m.example/"])
def test_a_redirect_to_nowhere_is_an_answer_like_any_other(location: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    answer = tell(Raw(says(head.encode())).url)
    assert answer.status == 302
    assert answer.text in ("", "x [31m.example")


def test_what_a_server_says_moves_no_terminal() -> None:
    body = "\x1b]0;owned\x07\x1b[2J\u202ebad\r\n\x9b1mZürich".encode()
    head = f"HTTP/1.1 400 No\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = tell(Raw(says(head + body)).url)
    assert answer.text.isprintable()
    assert "Zürich" in explain(answer)


ODD = "http://[ http://[::1 http://[x]:1 http://x:99999 http://x:0 http://x:-1 http://x:port http://x\x1b[31m".split(
    " "
)


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1:9000", "ftp://x", "http://", "http://x/records", "http://a b", "http://x\x7f", *ODD]
)
def test_a_wrong_address_is_explained(text: str) -> None:
    with pytest.raises(SinkError, match="write rtdb:http") as caught:
        parse_url(text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["http://user:secret@127.0.0.1:9000?ns=x", "http://secret@x", "https://:secret@x"])
def test_an_address_with_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SinkError, match="holds no user and no password") as caught:
        parse_url(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["../x", "a b", "a/b", "a.b", "x\x1b[2J", "ü"])
def test_a_name_that_no_database_has_is_refused(name: str) -> None:
    with pytest.raises(SinkError, match="is no name of a database") as caught:
        parse_url(f"http://127.0.0.1:9000?ns={quote(name)}")
    assert str(caught.value).isprintable()


def test_addresses_are_read() -> None:
    assert parse_url("http://127.0.0.1:9000?ns=demo") == DatabaseUrl(False, "127.0.0.1", 9000, "demo")
    assert parse_url("https://clinic.firebaseio.com/") == DatabaseUrl(True, "clinic.firebaseio.com", 443, "")
