"""A person is erased: in real databases, in files, and as far as they answer on boxes."""

import json
import os
import pty
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.cli import main
from cloud.erasing import known, shard
from cloud.erasing.naming import Naming
from cloud.erasing.proof import _text
from cloud.erasing.shard import Unserved
from cloud.local.store import Store
from device.contract import erasure
from device.contract.errors import CheckFailedError, ConfigError, DataError, StorageError
from tests.cloud.erasing.persons import (
    ENTRY_KEY,
    MONTH,
    OTHER,
    OTHERS,
    THEIRS,
    WHOM,
    documents,
    everything,
    fill,
    first,
    second,
    session_id,
)
from tests.servers import WAIT_S, Server

EVENTS = {"Accept": "text/event-stream"}
LOST = ("--lost", "box-1", "--lost", "box-3")


def bytes_of(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def erase(*words: object) -> int:
    return main(["erase", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A local database that nobody serves, of two namespaces."""
    fill(tmp_path / "database", clinic=first(), moved=second())
    return tmp_path / "database"


def done_by_boxes(folder: Path, left: str = "") -> list[str]:
    """What boxes do: erase, prove it, and take the request away; which did."""
    boxes = []
    with closing(Store(folder)) as store:
        for name in store.namespaces():
            shard = Unserved(store, name)
            for device in shard.keys("control"):
                for whom, request in erasure.requests(shard.get(f"control/{device}/erase")).items():
                    proof: dict[str, Any] = {"v": 1, "id": request, "done": {".sv": "timestamp"}, "face": True}
                    proof |= {"personal": True} if device == "box-1" else {}
                    proof |= {"consent": True, "outbox": 12, "lines": 0} | ({"left": left} if left else {})
                    gone = {} if left else {erasure.request_key(device, whom): None}
                    shard.patch({erasure.key(device, request): proof, **gone})
                    boxes.append(device)
    return boxes


def test_without_yes_it_counts_and_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(folder)
    assert erase(WHOM, "--local", folder) == 0
    out = capsys.readouterr().out
    assert "4 sessions, on box-1 (3), box-3 (1)" in out
    counts = {"sessions in packs": 2, "sessions in frames": 2, "consents on paper": 1, "visits": 2}
    counts["sessions of which diagnosis support said something"] = 2
    for what, count in counts.items():
        assert re.search(rf"clinic +{what} +{count}$", out, re.MULTILINE), what
    assert "will be asked to erase what they hold: box-1, box-3" in out
    assert "Nothing was changed" in out
    assert everything(folder) == before


def test_no_byte_is_left_of_a_person_and_everybody_else_is_as_before(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(folder)
    table = folder.parent / "all.csv"
    table.write_text(f"device,session,seq\nbox-1,{session_id(1)},7\nbox-1,{session_id(2)},8\n")
    known.note(table, [WHOM, OTHER], [f"box-1~{session_id(number)}" for number in (1, 2)], "export")
    assert erase(WHOM, "--local", folder, "--yes") == 0
    out = capsys.readouterr().out
    assert table.read_text() == f"device,session,seq\nbox-1,{session_id(2)},8\n"
    assert "Waiting for  box-1" in out
    assert "Waiting for  box-3" in out
    assert sorted(done_by_boxes(folder)) == ["box-1", "box-3"]

    assert erase(WHOM, "--local", folder, "--yes") == 0
    out = capsys.readouterr().out
    assert (
        "box-1 erased the face at rest, bundles of their own movement, consent and memory of sessions, 12 doc" in out
    )
    assert "box-3 erased the face at rest, consent and memory of sessions, 12 documents of the outbox" in out
    assert "They are erased." in out
    left = bytes_of(folder)
    for name in (WHOM, *THEIRS):
        assert not any(is_word(left, name.encode())), name
    for name in (OTHER, *OTHERS):
        assert name.encode() in left, name
    after = everything(folder)
    journal = after["clinic"]["audit"].pop(MONTH)
    assert {key: one for key, one in journal.items() if "patient" in one or "visit" in one} == {
        "k1795817973491-d4e5f6": before["clinic"]["audit"][MONTH]["k1795817973491-d4e5f6"]
    }
    assert journal[ENTRY_KEY] == {"v": 1, "at": 1795817973489, "by": "clara", "did": "opened"}
    said = [one for month in (journal, *after["clinic"]["audit"].values()) for one in month.values()]
    assert [one["by"] for one in said if one["did"] == "erased"] == ["affectbox-cloud"]
    for root in ("packs", "records", "seconds", "minutes", "frames", "visits", "support", "patients", "people"):
        kept = json.dumps(after["clinic"][root])
        assert OTHER in kept or session_id(2) in kept
    assert after["moved"] == without(before["moved"], WHOM, THEIRS)
    assert set(after["clinic"]) == set(before["clinic"]) - {"live"}


def without(node: Any, whom: str, sessions: set[str]) -> Any:
    """A tree without keys and values that name somebody."""
    names = {whom, *sessions}
    if not isinstance(node, dict):
        return node
    kept = {
        key: without(child, whom, sessions)
        for key, child in node.items()
        if key not in names and key.partition("~")[2] not in sessions and child != whom
    }
    return {key: child for key, child in kept.items() if child != {}}


def is_word(content: bytes, word: bytes) -> list[int]:
    """Where a word stands that is no part of a longer one."""
    places, at = [], content.find(word)
    while at >= 0:
        around = content[at - 1 : at] + content[at + len(word) : at + len(word) + 1]
        if not any(chr(one).isalnum() or one == ord("-") for one in around):
            places.append(at)
        at = content.find(word, at + 1)
    return places


def test_who_never_was_and_who_is_erased_are_told_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = bytes_of(folder)
    assert erase("p-0999", "--local", folder, "--yes") == DataError.exit_code
    assert "Nothing is held of p-0999 in clinic, moved" in capsys.readouterr().err
    assert bytes_of(folder) == before
    assert erase("Anna Example", "--local", folder, "--yes") == ConfigError.exit_code
    assert "Anna" not in capsys.readouterr().err
    both = ("--local", folder, "--database", "http://127.0.0.1:1?ns=x")
    assert erase("p-0999", *both) == ConfigError.exit_code
    assert "and not both" in capsys.readouterr().err


def test_what_a_box_cannot_erase_is_told_until_it_can(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(WHOM, "--local", folder, "--yes") == 0
    done_by_boxes(folder, left="a file is being written")
    capsys.readouterr()
    assert erase("--waiting", "--local", folder) == 0
    out = capsys.readouterr().out
    assert "Waiting for  box-1, asked" in out
    assert "it says: a file is being written" in out
    assert "Nothing was changed" in out
    assert erase("--waiting", "--yes", "--local", folder) == 0
    out = capsys.readouterr().out
    assert "it says: a file is being written" in out
    assert "box-1 erased" not in out
    assert everything(folder)["clinic"]["control"]["box-1"]["erase"].keys() == {WHOM}


def test_what_arrives_of_a_box_that_was_away_goes_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(WHOM, "--local", folder, "--yes") == 0
    late = {f"packs/box-3/{session_id(5)}/s000000009": first()[f"packs/box-1/{session_id(1)}/s000000005"]}
    fill(folder, moved=late)  # of a session whose other documents are gone
    done_by_boxes(folder)
    capsys.readouterr()
    assert erase("--waiting", "--yes", "--local", folder) == 0
    out = capsys.readouterr().out
    assert "They are erased" in out
    assert WHOM not in out  # it may go to a journal
    assert erase("--waiting", "--local", folder) == 0
    assert "Nobody is waiting" in capsys.readouterr().out
    assert not is_word(bytes_of(folder), session_id(5).encode())


def test_a_box_that_never_returns_is_waited_for_no_longer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(WHOM, "--local", folder, "--wait", "nan") == ConfigError.exit_code
    assert erase(WHOM, "--local", folder, "--yes", *LOST, "--lost", "box-99") == 0
    out = capsys.readouterr().out
    assert "Waiting" not in out
    assert "Not theirs   box-99: no session of theirs" in out
    assert not is_word(bytes_of(folder), WHOM.encode())


def test_a_visit_of_somebody_elses_session_takes_no_session_away(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = first()
    began = told[f"visits/{OTHER}/box-1~{session_id(2)}/e000001"]
    fill(folder, clinic={f"visits/{WHOM}/box-1~{session_id(2)}/e000001": began | {"patient": WHOM}})
    assert erase(WHOM, "--local", folder, "--yes", *LOST) == 0
    assert "1 visit of theirs is of a session that a box noted as somebody else's" in capsys.readouterr().out
    assert everything(folder)["clinic"]["packs"]["box-1"].keys() == {session_id(2)}


def test_where_somebody_else_wrote_their_pseudonym_it_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = first()[f"people/{OTHER}/notes/k1795817973489-a1b2c3"] | {"text": f"sits beside {WHOM} at lunch"}
    fill(folder, clinic={f"people/{OTHER}/notes/k1795817973489-a1b2c3": said})
    words = (WHOM, "--local", folder, "--yes", *LOST)
    assert erase(*words) == CheckFailedError.exit_code
    told = capsys.readouterr()
    assert f"still named at people/{OTHER}/notes" in told.out
    assert "database.sqlite: 1 mention found" in told.out
    assert "They are still named" in told.err


def test_whom_a_clinician_erased_is_waiting_and_is_erased_wholly(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {f"audit/{MONTH}/k1795817973499-zzzzz9": first()[f"audit/{MONTH}/{ENTRY_KEY}"] | {"did": "erased"}}
    fill(folder, clinic={**told, f"erased/{WHOM}": f"{MONTH}/k1795817973499-zzzzz9", f"people/{WHOM}": None})
    assert erase("--waiting", "--local", folder) == 0
    assert f"Person       {WHOM}" in capsys.readouterr().out
    assert erase("--waiting", "--yes", "--local", folder, *LOST) == 0
    assert not is_word(bytes_of(folder), WHOM.encode())


def test_a_database_that_is_served_is_erased_through_its_server_and_waits_for_the_box_that_is_there(
    folder: Path,
    start: Callable[[Path], Server],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(folder, clinic={"telemetry/box-1/seen": int(time.time() * 1000)})
    server = start(folder)
    urls = f"{server.url}?ns=moved,{server.url}?ns=clinic"
    assert erase(WHOM, "--database", urls, "--yes") == ConfigError.exit_code
    assert "--service-account" in capsys.readouterr().err
    assert erase(WHOM, "--database", urls, "--owner") == 0
    assert "4 sessions, on box-1 (3), box-3 (1)" in capsys.readouterr().out
    with answering(server.url, "clinic", "box-1"):
        assert erase(WHOM, "--local", folder, "--yes", "--lost", "box-3", "--wait", WAIT_S) == 0
    out = capsys.readouterr().out
    assert "box-1 erased the face at rest" in out
    assert "They are erased." in out
    left = bytes_of(folder)
    assert not [name for name in (WHOM, *THEIRS, session_id(9)) if is_word(left, name.encode())]
    assert is_word(left, session_id(2).encode())
    assert server.end() == (0, "")
    assert not (folder / "address").exists()


def test_another_server_at_the_address_that_a_killed_one_left_is_not_asked(folder: Path, server: Server) -> None:
    told = {path: {"ns": "clinic", "value": value} for path, value in first().items() if path.startswith("visits/")}
    for path, one in told.items():
        httpx.put(f"{server.url}/{path}.json", params={"ns": one["ns"]}, json=one["value"]).raise_for_status()
    (folder / "address").write_text(f"{server.url}\n")
    assert erase(WHOM, "--local", folder, "--yes", *LOST) == 0
    assert not is_word(bytes_of(folder), WHOM.encode())
    assert WHOM in httpx.get(f"{server.url}/visits.json", params={"ns": "clinic"}).json()
    httpx.delete(f"{server.url}/.json", params={"ns": "clinic"}).raise_for_status()


@contextmanager
def answering(url: str, namespace: str, device: str) -> Iterator[None]:
    """A box that hears what it is to erase, and does it after it has sent one more session of that person."""
    late = documents(device, 9, WHOM)

    def hear() -> None:
        with httpx.Client(base_url=url, params={"ns": namespace}, timeout=WAIT_S) as client:
            with client.stream(
                "GET", f"/control/{device}/erase.json", headers={"Accept": "text/event-stream"}
            ) as told:
                next(line for line in told.iter_lines() if '"id"' in line)
            for whom, request in erasure.requests(client.get(f"/control/{device}/erase.json").json()).items():
                client.patch("/.json", json=late).raise_for_status()
                proof = {"v": 1, "id": request, "done": {".sv": "timestamp"}, "face": True, "consent": False}
                done = {erasure.key(device, request): proof | {"outbox": 1, "lines": 0}}
                done |= {erasure.request_key(device, whom): None}
                client.patch("/.json", json=done).raise_for_status()

    thread = threading.Thread(target=hear)
    thread.start()
    yield
    thread.join(WAIT_S)
    assert not thread.is_alive()


def test_a_folder_that_an_unknown_program_has_open_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(folder)):
        assert erase(WHOM, "--local", folder, "--yes") == StorageError.exit_code
    assert "or name the server's address with --database and --owner" in capsys.readouterr().err
    assert erase(WHOM, "--local", folder / "other", "--yes") == StorageError.exit_code
    assert "holds no local database" in capsys.readouterr().err


_OF_ALL = 46  # writes of an erasure, when each takes away one thing


def check_that_the_next_finishes(folder: Path, after: int, tmp_path: Path) -> None:
    """Erase, killed after so many writes, and again."""
    report = tmp_path / f"report-{after}.html"
    report.write_text(f"a report of {WHOM}")
    known.note(report, [WHOM], [], "report")
    words = [WHOM, "--local", str(folder), "--yes", *LOST]
    assert killed(after, words) == signal.SIGKILL
    assert erase(*words) in (0, DataError.exit_code)
    left = bytes_of(folder) + known.registry().read_bytes()
    assert not [name for name in (WHOM, *THEIRS) if is_word(left, name.encode())]
    assert is_word(left, session_id(2).encode())
    assert not report.exists()


@pytest.mark.parametrize("after", [1, 4, 23, _OF_ALL - 4, _OF_ALL - 1, _OF_ALL])
def test_an_erasure_that_was_killed_is_finished_by_the_next(folder: Path, after: int, tmp_path: Path) -> None:
    check_that_the_next_finishes(folder, after, tmp_path)


@pytest.mark.files
def test_an_erasure_that_was_killed_after_any_write_is_finished_by_the_next(folder: Path, tmp_path: Path) -> None:
    for after in range(1, _OF_ALL + 1):
        copy = tmp_path / f"database-{after}"
        shutil.copytree(folder, copy)
        check_that_the_next_finishes(copy, after, tmp_path)


def killed(after: int, words: list[str]) -> int:
    """Run the command in a process of its own, with one path in a request, and kill it after so many writes; the
    number of the signal that ended it, 0 if none did."""
    if child := os.fork():
        return os.WTERMSIG(os.waitpid(child, 0)[1])
    try:
        real, left = Unserved.patch, [after]

        def patch(self: Unserved, changes: dict[str, Any]) -> None:
            real(self, changes)
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        Unserved.patch, shard.AT_ONCE = patch, 1  # type: ignore[method-assign, assignment]
        erase(*words)
        print(f"{after - left[0]} writes in all")
    finally:
        os._exit(0)


def test_boxes_without_a_session_of_theirs_are_asked_too_if_that_is_wished(folder: Path) -> None:
    fill(folder, clinic={"telemetry/box-7/seen": 7})
    assert erase(WHOM, "--local", folder, "--yes", "--every-box", "--lost", "box-1", "--lost", "box-3") == 0
    assert sorted(done_by_boxes(folder)) == ["box-7"]
    assert erase(WHOM, "--local", folder, "--yes") == 0
    assert not is_word(bytes_of(folder), WHOM.encode())


def test_in_a_terminal_the_pseudonym_is_typed_once_more(folder: Path) -> None:
    before = everything(folder)
    child, terminal = pty.fork()
    if not child:
        try:
            with open(0) as sys.stdin, open(1, "w") as sys.stdout, open(2, "w") as sys.stderr:
                code = erase(WHOM, "--local", folder, "--yes", *LOST)
            os._exit(code)
        finally:
            os._exit(1)
    said = b""
    while b"Type p-017 to erase them" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"p-071\n")
    with suppress(OSError):  # Linux: of a terminal that its last user has left
        while more := os.read(terminal, 1000):
            said += more
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == ConfigError.exit_code
    assert b"That is another pseudonym; nothing was erased." in said
    assert everything(folder) == before


def test_a_disk_that_is_full_is_told_and_the_next_run_finishes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as full:
        full.setattr(Store, "compact", lambda store: store._db.execute("PRAGMA max_page_count = 1") and fail(store))
        assert erase(WHOM, "--local", folder, "--yes", *LOST) == StorageError.exit_code
    assert "free its disk, and run this again" in capsys.readouterr().err
    capsys.readouterr()
    assert erase(WHOM, "--local", folder) == 0
    assert re.search(r"Remains +\d+ mentions? in the file", capsys.readouterr().out)
    assert erase(WHOM, "--local", folder, "--yes") in (0, DataError.exit_code)  # SQLite folds its log in by itself
    assert not is_word(bytes_of(folder), WHOM.encode())


def fail(store: Store) -> None:
    """What SQLite says where nothing can be added."""
    store._db.execute("CREATE TABLE other AS SELECT hex(zeroblob(10000000))")


def test_no_number_is_the_person_whose_pseudonym_is_one() -> None:
    naming = Naming("42", ())
    found = [naming.within(_text(one)) for one in ({"waiting": [42, 0.42], "version": "1.42.0"}, {"42": 1}, ["of 42"])]
    assert found == [False, True, True]
