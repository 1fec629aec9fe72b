"""The security rules, request by request, in a database that enforces them.

That is Google's emulator where FIREBASE_DATABASE_EMULATOR_HOST names one, else the embedded database with targaryen.
"""

import base64
import itertools
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud import rules
from cloud.cli import main
from cloud.local.evaluator import NODE_MODULES
from tests.cloud import rules_cases
from tests.cloud.conftest import Stream
from tests.cloud.erasing_cases import ERASING_CASES, STANDS
from tests.cloud.rules_cases import BOOT, NEW, OLD, Case, record
from tests.cloud.staff_cases import ERASING, LIVE, MINE, STAFF, STAFF_CASES, WITH_PEOPLE
from tests.cloud.staff_cases import NEW as NEW_KEY
from tests.servers import WAIT_S, Server

FILE = Path(rules.__file__).parents[1] / "database.rules.json"
EMULATOR = os.environ.get("FIREBASE_DATABASE_EMULATOR_HOST")
CASES = [*rules_cases.CASES, *STAFF_CASES, *ERASING_CASES]
PEOPLE = rules_cases.PEOPLE | STAFF
HERS = OLD.rpartition("/")[0]
OWNER = {"Authorization": "Bearer owner"}
needs_node = pytest.mark.skipif(
    not EMULATOR and not shutil.which("node"), reason="no node on this machine: nothing evaluates rules"
)
_numbers = itertools.count()


def token(claims: dict[str, Any] | None, expires_in_s: float = 3600) -> dict[str, str]:
    """The query parameter of a user with these claims; unsigned, as emulators take it."""
    if claims is None:
        return {}
    now_s = int(time.time())
    body = {"user_id": claims["sub"], "iat": now_s, "exp": now_s + expires_in_s, "aud": "demo", **claims}
    parts = [{"alg": "none", "typ": "JWT"}, body]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return {"auth": ".".join([*encoded, ""])}


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database that enforces rules."""
    if EMULATOR:
        yield f"http://{EMULATOR}"
        return
    assert NODE_MODULES.is_dir(), "`make rules-evaluator` has not been run"
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    yield server.url
    code, errors = server.end()
    assert (code, errors) == (0, "")


@contextmanager
def seeded(ruled: str) -> Iterator[httpx.Client]:
    """A client of a namespace that holds the seed, and, in the emulator, the rules."""
    with httpx.Client(base_url=ruled, params={"ns": f"rules-{next(_numbers)}"}, timeout=WAIT_S) as client:
        if EMULATOR:
            client.put("/.settings/rules.json", content=FILE.read_bytes(), headers=OWNER).raise_for_status()
        client.put("/.json", json=WITH_PEOPLE | STANDS, headers=OWNER).raise_for_status()
        yield client


@pytest.fixture
def client(ruled: str) -> Iterator[httpx.Client]:
    """A client of a namespace of the test's own."""
    with seeded(ruled) as client:
        yield client


class Table:
    """The namespace of the table: sown again only after a request that changed it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.before = self.now()

    def now(self) -> Any:
        return self.client.get("/.json", headers=OWNER).json()

    def sow(self) -> None:
        self.client.put("/.json", json=WITH_PEOPLE | STANDS, headers=OWNER).raise_for_status()
        self.before = self.now()


@pytest.fixture(scope="module")
def table(ruled: str) -> Iterator[Table]:
    with seeded(ruled) as client:
        yield Table(client)


def ask(client: httpx.Client, case: Case) -> httpx.Response:
    body = {} if case.method in ("GET", "DELETE") else {"json": case.sent()}
    return client.request(case.method, f"/{case.path}.json", params=token(PEOPLE[case.who]), **body)


@needs_node
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_is_allowed_or_denied(table: Table, case: Case) -> None:
    answer = ask(table.client, case)
    changed = case.method != "GET" and (case.allowed or table.now() != table.before)
    if changed:
        table.sow()
    if case.allowed:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()) == (401, {"error": "Permission denied"})
        assert not changed


def test_the_table_is_long_enough_and_says_each_thing_once() -> None:
    assert len(CASES) >= 400
    assert len({str(case) for case in CASES}) == len(CASES)


@needs_node
def test_nothing_is_left_of_a_person_who_was_erased(client: httpx.Client) -> None:
    answer = client.patch("/.json", params=token(PEOPLE["clara"]), json=ERASING)
    assert answer.status_code == 200
    held = client.get("/.json", headers=OWNER).json()
    assert "p-0042" not in held["people"]
    assert "Cannot sleep" not in json.dumps(held)
    assert held["audit"][held["erased"]["p-0042"][:7]][held["erased"]["p-0042"][8:]]["patient"] == "p-0042"
    assert client.get(f"/{MINE}.json", params=token(PEOPLE["clara"])).json() is None


@needs_node
def test_what_was_sent_twice_is_there_once(client: httpx.Client) -> None:
    for _ in range(2):
        answer = client.patch("/.json", params=token(PEOPLE["box-1"]), json={OLD: record(1), NEW: record()})
        assert answer.status_code == 200
    held = client.get(f"/records/box-1/{BOOT}.json", headers=OWNER).json()
    assert held == {"s000000001": record(1), "s000000002": record()}


@needs_node
def test_a_change_past_the_rules_is_known_to_them(client: httpx.Client) -> None:
    ask(client, Case("box-1", "PUT", NEW, record(), True, ""))
    client.delete(f"/{NEW}.json", headers=OWNER).raise_for_status()
    assert ask(client, Case("box-1", "PUT", NEW, record(pain=1), True, "")).status_code == 200


@needs_node
@pytest.mark.parametrize(
    "query",
    [
        token({"sub": "ada"}, expires_in_s=-1),
        token({"sub": "ada"}, expires_in_s=float("nan")),
        {"auth": "nonsense"},
        {"auth": "a.b.c"},
        {"auth": f"a.{base64.b64encode(b'[' * 3000).decode()}."},
    ],
)
def test_a_token_that_is_none_or_has_expired_is_refused(client: httpx.Client, query: dict[str, str]) -> None:
    assert client.get("/.json", params=query).status_code == 401


@needs_node
@pytest.mark.skipif(bool(EMULATOR), reason="what Google's emulator says to nonsense is its own affair")
def test_a_person_that_is_nested_without_end_is_none(client: httpx.Client) -> None:
    assert client.get("/.json", params={"auth_variable_override": "[" * 3000}, headers=OWNER).status_code == 400


@needs_node
def test_a_stream_is_denied_like_a_read(client: httpx.Client) -> None:
    headers = {"Accept": "text/event-stream"}
    assert client.get("/.json", params=token(PEOPLE["enno"]), headers=headers).status_code == 401


@contextmanager
def streaming(client: httpx.Client, path: str, who: str, lasts_s: float = 3600, **query: str) -> Iterator[Stream]:
    """An open stream of somebody's; its first event was taken."""
    params, headers = token(PEOPLE[who], lasts_s) | query, {"Accept": "text/event-stream"}
    with client.stream("GET", f"/{path}.json", params=params, headers=headers) as response:
        assert response.status_code == 200
        stream = Stream(response.iter_lines())
        first = stream.next()
        assert first is not None
        assert first[0] == "put"
        yield stream


def owner(client: httpx.Client, method: str, path: str, body: Any) -> None:
    client.request(method, f"/{path}.json", json=body, headers=OWNER).raise_for_status()


@needs_node
def test_who_may_not_read_any_more_hears_nothing_more(client: httpx.Client) -> None:
    with streaming(client, HERS, "clara") as hers, streaming(client, "telemetry/box-1", "enno") as state:
        client.delete("/staff/clara/patients/p-0042.json", headers=OWNER).raise_for_status()
        assert hers.next() == ("cancel", None)
        ask(client, Case("box-1", "PUT", NEW, record(), True, "")).raise_for_status()
        assert hers.next() is None
        client.put("/telemetry/box-1/sent.json", json=7, headers=OWNER).raise_for_status()
        assert state.next() == ("put", {"path": "/sent", "data": 7})


@needs_node
def test_streams_end_with_the_token_that_opened_them(client: httpx.Client) -> None:
    newest = {"orderBy": '"$key"', "limitToLast": "1"}
    with (
        streaming(client, HERS, "clara", 2) as records,
        streaming(client, MINE, "clara", 2) as person,
        streaming(client, f"{MINE}/notes", "clara", 2, **newest) as notes,
        streaming(client, "live/box-1", "clara", 2) as live,
        streaming(client, "telemetry", "enno", 2) as state,
    ):
        for stream in (records, person, notes, live, state):
            assert stream.next() == ("auth_revoked", "credential is no longer valid")
            assert stream.next() is None


@needs_node
@pytest.mark.parametrize("end", ["staff/clara", "staff/clara/role", "staff/clara/patients/p-0042"])
def test_whose_part_is_taken_away_hears_nothing_more_of_the_person(client: httpx.Client, end: str) -> None:
    newest = {"orderBy": '"$key"', "limitToLast": "1"}
    with (
        streaming(client, MINE, "clara") as person,
        streaming(client, f"{MINE}/notes", "clara", **newest) as notes,
        streaming(client, "live/box-1", "clara") as live,
        streaming(client, f"{MINE}/notes", "dora", **newest) as others,
    ):
        owner(client, "PATCH", "", {end: None, f"{MINE}/notes/{NEW_KEY}": {"text": "secret"}, "live/box-1/count": 2})
        for stream in (person, notes, live):
            assert stream.next() == ("cancel", None)
            assert stream.next() is None
        assert others.next() == ("put", {"path": "/", "data": {NEW_KEY: {"text": "secret"}}})


@needs_node
def test_whose_box_or_role_is_taken_away_hears_nothing_more_of_boxes(client: httpx.Client) -> None:
    with (
        streaming(client, "telemetry/box-1", "dora") as hers,
        streaming(client, "control/box-1/command", "dora") as said,
        streaming(client, "telemetry", "enno", orderBy='"$key"', limitToLast="100") as fleet,
        streaming(client, "boxes", "enno") as boxes,
        streaming(client, "telemetry", "ada") as all_boxes,
    ):
        owner(client, "PATCH", "staff", {"dora/devices": None, "enno/role": None})
        for stream in (hers, said, fleet, boxes):
            assert stream.next() == ("cancel", None)
        owner(client, "PUT", "telemetry/box-1/sent", 7)
        assert all_boxes.next() == ("put", {"path": "/box-1/sent", "data": 7})


@needs_node
@pytest.mark.parametrize("at", ["live/box-1", "live", "live/box-1/session"])
def test_the_newest_second_is_shown_to_nobody_whose_patient_it_is_not(client: httpx.Client, at: str) -> None:
    """The box goes on with another person: what was listened to is somebody else's now."""
    other = WITH_PEOPLE["live"]["box-1"] | {"session": "next", "boot": "theirs"}
    body = {"live/box-1": other, "live": {"box-1": other}, "live/box-1/session": "next"}[at]
    owner(client, "PUT", "patients/box-1/next", "p-0007")
    with streaming(client, "live/box-1", "clara") as hers, streaming(client, "live/box-1", "dora") as of_the_box:
        owner(client, "PUT", "live/box-1/count", 3)
        assert hers.next() == ("put", {"path": "/count", "data": 3})
        owner(client, "PUT", at, body)
        assert hers.next() == ("cancel", None)
        assert hers.next() is None
        of_the_box.next()
        assert "next" in json.dumps(of_the_box.next())


@needs_node
def test_who_watches_goes_on_while_the_session_does(client: httpx.Client) -> None:
    with streaming(client, "live/box-1", "clara") as hers:
        for count in range(1, 4):
            box = Case("box-1", "PUT", "live/box-1", LIVE | {"count": 2, "first": 10 + count, "last": 20}, True, "")
            ask(client, box).raise_for_status()
            event = hers.next()
            assert event is not None
            assert event[1]["data"]["first"] == 10 + count


@needs_node
@pytest.mark.skipif(bool(EMULATOR), reason="its rules are of one namespace")
def test_other_rules_end_the_streams_that_they_do_not_allow(client: httpx.Client) -> None:
    source = json.loads(FILE.read_text())
    with streaming(client, HERS, "clara") as hers, streaming(client, "staff", "ada") as all_staff:
        try:
            closed = {"rules": {"staff": {".read": "auth.uid === 'ada'"}}}
            client.put("/.settings/rules.json", json=closed, headers=OWNER).raise_for_status()
            assert hers.next() == ("cancel", None)
        finally:
            client.put("/.settings/rules.json", json=source, headers=OWNER).raise_for_status()
        client.put("/staff/new/role.json", json="admin", headers=OWNER).raise_for_status()
        assert all_staff.next() == ("put", {"path": "/new/role", "data": "admin"})


@needs_node
def test_a_condition_reveals_nothing_to_who_may_not_read(client: httpx.Client) -> None:
    headers = {"if-match": "some other tag"}
    answer = client.put(f"/{OLD}.json", params=token(PEOPLE["box-1"]), json=record(1), headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "Permission denied"})


def test_generated_equals_committed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert capsys.readouterr().out == FILE.read_text(), "run `make rules`"


@needs_node
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ('{"a":' * 20_000, "nested too deeply"),
        ('{"rules": {".read": "x +"}}', "holds no"),
    ],
)
def test_rules_that_are_none_are_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, sentence: str
) -> None:
    file = tmp_path / "rules.json"
    if content:
        file.write_text(content)
    assert main(["local", "--port", "0", "--data", str(tmp_path), "--rules", str(file)]) == 11
    assert sentence in capsys.readouterr().err


def test_without_node_the_database_says_that_it_enforces_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["local", "--port", "0", "--data", str(tmp_path), "--rules", str(FILE)]) == 11
    assert "cannot be evaluated without Node" in capsys.readouterr().err
