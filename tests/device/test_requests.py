"""Requests to erase somebody are heard, several at a time, and their proofs brought back over whatever network."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from device.clock import SystemClock
from device.contract import erasure
from device.contract.address import DatabaseUrl, parse_url
from device.contract.errors import InterlockError
from device.contract.fields import Json
from device.delivery.control import ControlListener
from device.delivery.database import Database
from device.delivery.tokens import FakeTokens
from device.service import requests
from device.service.requests import Requests
from tests.relay import Relay
from tests.servers import WAIT_S, Server

NAMES = {f"p-{number}": f"k170000000000{number}-abc123" for number in range(5)}
NUMBERS = {str(number): f"k170000000000{number}-abc123" for number in range(5)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("database"))
    yield made
    made.end()


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> DatabaseUrl:
    return parse_url(f"{server.url}?ns={request.node.name[-50:].replace('_', '-').replace('[', '-').replace(']', '')}")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_PAUSE_S", 0.02)
    monkeypatch.setattr(requests, "_LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(requests, "_LEFT_S", 0.05)


def there(url: DatabaseUrl, path: str, method: str = "GET", body: Any = None) -> Any:
    where = f"http://{url.host}:{url.port}/{path}.json"
    answer = httpx.request(method, where, params={"ns": url.namespace}, json=body)
    return answer.raise_for_status().json()


def ask(url: DatabaseUrl, names: dict[str, str]) -> None:
    standing = {patient: {"v": 1, "id": name, "at": 1} for patient, name in names.items()}
    there(url, f"control/box/{erasure.ERASE}", "PUT", standing)


class Host:
    """A host process that is first not there, then erases, then has erased; `left` of some."""

    def __init__(self, left: str = "") -> None:
        self.asked: dict[str, int] = {}
        self.left = left
        self.again = threading.Semaphore(0)

    def __call__(self, patient: str, request: str) -> Json | None:
        self.asked[patient] = self.asked.get(patient, 0) + 1
        self.again.release()
        if self.asked[patient] == 1:
            raise InterlockError("it is not there")
        if self.asked[patient] == 2:
            return None
        proof = {"v": 1, "id": request, "face": True, "consent": False, "outbox": 2, "lines": 3}
        return proof | ({"left": self.left} if self.left else {})


class Ears:
    """Both halves, and when nothing stands any more."""

    def __init__(self, url: DatabaseUrl, host: Host, through: int) -> None:
        self.none = threading.Event()
        way = parse_url(f"http://127.0.0.1:{through}?ns={url.namespace}")
        self.requests = Requests(Database(way, 5.0), "box", host, lambda: None)
        self.control = ControlListener(
            url, "box", FakeTokens(), SystemClock(), WAIT_S, lambda said, left: ("", True), erase=self._hear
        )

    def _hear(self, standing: Any) -> None:
        self.requests.hear(standing)
        if not standing:
            self.none.set()

    def close(self) -> None:
        self.control.close()
        self.requests.close()


@pytest.mark.parametrize("names", [NAMES, NUMBERS], ids=["words", "numbers"])
def test_several_are_brought_to_the_host_until_it_is_done_and_their_proofs_back_over_a_bad_network(
    url: DatabaseUrl, names: dict[str, str]
) -> None:
    """A database makes a list of what stands under numbers."""
    relay, host = Relay(url.port), Host()
    relay.change(hang_up=1.0)
    ask(url, names)
    ears = Ears(url, host, relay.port)
    for _ in range(4 * len(names)):
        assert host.again.acquire(timeout=WAIT_S)
    assert there(url, erasure.ROOT) is None
    relay.change(hang_up=0.0)
    assert ears.none.wait(WAIT_S)
    ears.close()
    relay.close()
    proofs = there(url, f"{erasure.ROOT}/box")
    assert set(proofs) == set(names.values())
    for proof in proofs.values():
        erasure.validate(proof)
    assert there(url, "control") is None


def test_a_request_stands_while_something_is_left_and_is_told_once(url: DatabaseUrl) -> None:
    host = Host(left="The card takes nothing.")
    ask(url, {"p-1": NAMES["p-1"]})
    ears = Ears(url, host, url.port)
    for _ in range(6):
        assert host.again.acquire(timeout=WAIT_S)
    assert there(url, f"{erasure.ROOT}/box/{NAMES['p-1']}/left") == "The card takes nothing."
    writes = ears.requests.traffic[0]
    for _ in range(3):
        assert host.again.acquire(timeout=WAIT_S)
    assert ears.requests.traffic[0] == writes <= 2
    assert there(url, f"control/box/{erasure.ERASE}/p-1/id") == NAMES["p-1"]
    host.left = ""
    assert ears.none.wait(WAIT_S)
    ears.close()
    assert "left" not in there(url, f"{erasure.ROOT}/box/{NAMES['p-1']}")


def test_what_is_no_request_is_passed_over(url: DatabaseUrl) -> None:
    good = {"v": 1, "id": NAMES["p-1"], "at": 1}
    odd = {"p-2": {**good, "id": "p-2"}, "Anna": good, "p-3": "now", "p-4": {**good, "v": 9}}
    assert erasure.requests({"p-1": good, **odd}) == {"p-1": NAMES["p-1"]}
    assert [erasure.requests(nothing) for nothing in (None, "x", 7, [])] == [{}] * 4
    assert erasure.requests([None, good]) == {"1": NAMES["p-1"]}
