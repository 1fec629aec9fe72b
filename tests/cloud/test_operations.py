"""What is asked from a terminal of a database with rules and of its boxes: rules, how boxes are, commands."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud import rules
from cloud.cli import main
from cloud.local.evaluator import NODE_MODULES
from cloud.rules.promises import kept
from tests.cloud.conftest import Stream
from tests.cloud.rules_cases import PEOPLE
from tests.cloud.staff_cases import STAFF, WITH_PEOPLE
from tests.cloud.test_rules import FILE, OWNER, needs_node, token
from tests.servers import WAIT_S, Server

pytestmark = needs_node
OPEN = {"rules": {".read": True, ".write": True}}
Said = Callable[..., str]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with rules, and the seed in it."""
    assert NODE_MODULES.is_dir(), "`make rules-evaluator` has not been run"
    server = Server(tmp_path_factory.mktemp("ruled"), "--rules", str(FILE))
    yield server.url
    assert server.end() == (0, "")


@pytest.fixture
def client(ruled: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ruled, timeout=WAIT_S, headers=OWNER) as client:
        client.put("/.json", json=WITH_PEOPLE).raise_for_status()
        yield client


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: str | Path, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code, "".join(capsys.readouterr())
        return "".join(capsys.readouterr())

    return run


@pytest.fixture
def as_(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """The options with which somebody of the seed signs in."""

    def options(who: str) -> tuple[str, str]:
        file = tmp_path / f"{who}.token"
        file.write_text(token((PEOPLE | STAFF)[who])["auth"])
        return "--token-file", str(file)

    return options


def test_the_rules_of_the_contract_keep_every_promise(said: Said) -> None:
    printed = said("rules", "test")
    assert "BROKEN" not in printed and "An engineer sees how boxes are, and nothing clinical." in printed


def test_rules_that_let_everybody_in_break_promises_and_each_request_is_named(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "open.json"
    file.write_text(json.dumps(OPEN))
    printed = said("rules", "test", "--rules", file, code=22)
    assert "BROKEN  Who has no account reads nothing and writes nothing." in printed
    assert "stranger may read /people/p-0042" in printed and "promises are not kept" in printed


@pytest.mark.parametrize("place", ["people", "control", "erased_on"])
def test_a_rule_that_is_missing_is_seen(place: str) -> None:
    """Roots have promises that depend on them."""
    without = {"rules": {name: rule for name, rule in rules.rules()["rules"].items() if name != place}}
    assert any(one.broken for one in kept(without))


def test_text_that_is_no_rules_gets_a_sentence(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    for text, sentence in (
        ("{", "holds no rules"),
        ('{"rules": {".read": "auth ==="}}', "no rules that Firebase would take"),
    ):
        file.write_text(text)
        assert sentence in said("rules", "test", "--rules", file, code=11)


def test_rules_are_compared_deployed_only_when_told_and_what_was_in_force_is_kept(
    ruled: str, client: httpx.Client, said: Said, tmp_path: Path
) -> None:
    where = ("--database", ruled, "--owner")
    assert "these rules are in force" in said("rules", "diff", *where)
    client.put("/.settings/rules.json", json=OPEN).raise_for_status()
    assert '- ".read": true' in said("rules", "diff", *where, code=22).replace("-  ", "- ")
    assert "Nothing was changed" in said("rules", "deploy", *where)
    assert client.get("/.settings/rules.json").json() == OPEN
    assert "BROKEN" in said("rules", "test", *where, code=22)
    printed = said("rules", "deploy", *where, "--yes", "--keep", tmp_path)
    assert client.get("/.settings/rules.json").json() == rules.rules()
    (old,) = tmp_path.glob("rules-of-*.json")
    assert str(old) in printed and json.loads(old.read_text()) == OPEN
    assert "BROKEN" not in said("rules", "test", *where)
    said("rules", "deploy", *where, "--yes", "--keep", tmp_path, "--rules", old)
    assert client.get("/.settings/rules.json").json() == OPEN, "what was in force can be put back"
    client.put("/.settings/rules.json", content=FILE.read_bytes()).raise_for_status()


def test_rules_are_for_admins_and_the_owner_is_on_this_machine_alone(
    ruled: str, said: Said, as_: Callable[[str], tuple[str, str]]
) -> None:
    assert "admins alone" in said("rules", "diff", "--database", ruled, code=25)
    assert "admins alone" in said("rules", "deploy", "--yes", "--database", ruled, *as_("clara"), code=25)
    assert "on this machine" in said("rules", "diff", "--database", "https://x.firebaseio.com", "--owner", code=11)


def test_an_engineer_sees_every_box_and_what_needs_somebody_first(
    ruled: str, client: httpx.Client, said: Said, as_: Callable[[str], tuple[str, str]]
) -> None:
    report = client.get("/telemetry/box-1.json").json()
    now_ms = int(time.time() * 1000)
    client.put("/telemetry/box-3.json", json=report | {"device": "box-3", "seen": now_ms - 3_600_000})
    client.put("/telemetry/box-1/seen.json", json=now_ms)
    where = ("--database", ruled)
    lines = said("status", *where, *as_("enno")).splitlines()
    assert lines[0] == "3 boxes: 1 silent, 2 trouble"
    (silent,) = (line for line in lines if line.startswith("box-3"))
    assert "silent" in silent and "1 hour ago" in silent.replace("60 minutes", "1 hour") and "No word for" in silent
    told = json.loads(said("status", *where, "--json", *as_("enno")))
    assert {one["device"]: one["state"] for one in told}["box-3"] == "silent"
    assert "box-3" in said("status", *where, "--check", *as_("enno"), code=22)


def test_one_box_is_told_whole_and_one_that_never_spoke_gets_a_sentence(
    ruled: str, client: httpx.Client, said: Said, as_: Callable[[str], tuple[str, str]]
) -> None:
    printed = said("status", "box-1", "--database", ruled, *as_("enno"))
    assert "host.temperature" in printed and "degrees Celsius" in printed
    assert "holds no word of box-9" in said("status", "box-9", "--database", ruled, *as_("enno"), code=21)
    assert "is a box's id" in said("status", "Room 3", "--database", ruled, *as_("enno"), code=11)


def test_a_clinician_sees_their_own_boxes_alone(
    ruled: str, client: httpx.Client, said: Said, as_: Callable[[str], tuple[str, str]]
) -> None:
    printed = said("status", "--database", ruled, *as_("cleo"))
    assert "box-2" in printed and "box-1" not in printed
    assert "may not read" in said("status", "box-1", "--database", ruled, *as_("cleo"), code=25)


@pytest.mark.parametrize(
    ("done", "answer", "code"),
    [(True, "The session began.", 0), (False, "There is no consent of that person on this box.", 26)],
)
def test_a_command_is_said_in_the_persons_name_and_the_boxs_answer_is_told(
    ruled: str,
    client: httpx.Client,
    said: Said,
    as_: Callable[[str], tuple[str, str]],
    done: bool,
    answer: str,
    code: int,
) -> None:
    heard: list[Any] = []

    def box() -> None:
        accept = {**OWNER, "Accept": "text/event-stream"}
        with httpx.stream("GET", f"{ruled}/control/box-2/command.json", headers=accept, timeout=WAIT_S) as answered:
            stream = Stream(answered.iter_lines())
            stream.next()
            ready.set()
            event = stream.next()
            assert event is not None
            order = event[1]["data"]
            heard.append(order)
            told = {"id": order["id"], "done": done, "answer": answer}
            httpx.put(f"{ruled}/telemetry/box-2/control.json", json=told, headers=OWNER).raise_for_status()

    ready = threading.Event()
    listening = threading.Thread(target=box, daemon=True)
    listening.start()
    assert ready.wait(WAIT_S)
    printed = said("control", "box-2", "begin", "--patient", "p-0007", "--database", ruled, *as_("cleo"), code=code)
    listening.join(WAIT_S)
    assert answer in printed
    assert heard[0]["by"] == "cleo" and heard[0]["patient"] == "p-0007"
    entries = client.get("/audit.json").json()
    assert "commanded" in {one["did"] for month in entries.values() for one in month.values()}


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (("begin",), "add --patient", 11),
        (("consent", "--patient", "p-0007"), "add --covers and --by", 11),
        (("pause", "--covers", "units"), "are of a consent", 11),
        (("pause", "--age", "6-12"), "are of a consent", 11),
        (("stimulus",), "a stimulus always has one", 11),
        (("begin", "--patient", "Anna"), "pseudonym", 11),
        (
            ("consent", "--patient", "p-0007", "--covers", "units", "--by", "patient", "--ends", "soon"),
            "'soon' is none",
            11,
        ),
        (("begin", "--patient", "p-0042"), "may not write", 25),
        (("update",), "may not write", 25),
    ],
)
def test_what_cannot_be_commanded_gets_a_sentence(
    ruled: str,
    client: httpx.Client,
    said: Said,
    as_: Callable[[str], tuple[str, str]],
    words: tuple[str, ...],
    sentence: str,
    code: int,
) -> None:
    assert sentence in said("control", "box-2", *words, "--database", ruled, *as_("cleo"), code=code)
    assert client.get("/control/box-2/command.json").json() == WITH_PEOPLE.get("control", {}).get("box-2", {}).get(
        "command"
    )


def test_nobody_commands_without_a_name(ruled: str, said: Said) -> None:
    assert "in a person's name" in said("control", "box-2", "pause", "--database", ruled, code=25)
    with pytest.raises(SystemExit):  # a service account is nobody in whose name it could be done
        said("control", "box-2", "pause", "--database", ruled, "--service-account", "key.json")
