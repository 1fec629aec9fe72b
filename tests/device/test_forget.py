"""A person is erased from this box: what is told to be gone is gone to the last byte, and the rest is told."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.cli import main
from device.contract.errors import ConfigError, DataError, OutboxError, StorageError
from device.delivery.jsonl import JsonlSink
from device.delivery.outbox import Outbox
from device.delivery.sink import Line

HERS, HIS = "9f1c446a-0000202347", "9f1c446a-0000909090"
SECRET, OTHER = b"SECRET-of-hers", b"of-somebody-else"
MB = 1.0


def of(session: str, text: bytes, first: int = 1) -> list[tuple[str, bytes]]:
    """Documents of every kind of a session."""
    body = json.dumps({"text": text.decode() * 40}).encode()
    numbers = range(first, first + 60)
    return [
        *((f"records/box/{session}/s{n:09d}", body) for n in numbers),
        (f"packs/box/{session}/s{first:09d}", body),
        (f"packs/box/{session}/t{first:09d}", body),
        (f"seconds/box/{session}/t{first:09d}", body),
        (f"minutes/box/{session}/n{first:06d}", body),
    ]


def named(session: str, person: str) -> list[tuple[str, bytes]]:
    return [
        (f"patients/box/{session}", json.dumps(person).encode()),
        (f"visits/{person}/box~{session}/e000001", b'{"event":"began"}'),
    ]


def line(session: str, text: bytes, **more: str) -> bytes:
    document = {"device": "box", "boot": "9f1c446a-0000000001", "session": session, "text": text.decode(), **more}
    return json.dumps(document, sort_keys=True).encode() + b"\n"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def outbox(state: Path) -> Iterator[Outbox]:
    with Outbox(state / "outbox.db", MB) as opened:
        yield opened


def forget(*more: str, person: str = "p-017") -> int:
    return main(["forget", person, *more])


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def left(state: Path) -> list[str]:
    with Outbox(state / "outbox.db", MB) as opened:
        return [entry.path for entry in opened.lease(10_000)]


def test_no_byte_of_a_person_stays_in_the_outbox_and_everybody_elses_does(
    state: Path, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox._store._db.execute("PRAGMA secure_delete=OFF")  # type: ignore[union-attr]  # some builds have it always on
    for first in range(1, 600, 100):  # in turns, so that pages hold both
        outbox.append([*of(HERS, SECRET, first), *of(HIS, OTHER, first)])
    outbox.append([*named(HERS, "p-017"), *named(HIS, "p-018")])
    refused = [entry for entry in outbox.lease(9) if HERS in entry.path and entry.records]
    outbox.bury(refused, "400")
    sent = [entry for entry in outbox.lease(300) if HERS in entry.path]
    outbox.done(sent)
    for first in range(5000, 5500, 100):  # and whole pages that were sent and freed long ago
        outbox.append(of(HERS, SECRET, first))
    long_ago = [entry for entry in outbox.lease(10_000) if int(entry.path[-6:]) >= 5000]
    outbox.done(long_ago)
    outbox.close()
    assert (SECRET in bytes_in(state), b"p-017" in bytes_in(state)) == (True, True)
    theirs = sum(HERS not in path for path in left(state))
    assert forget() == 0
    assert (SECRET in bytes_in(state), b"p-017" in bytes_in(state)) == (False, False)
    assert b"p-018" in bytes_in(state)
    assert len(left(state)) == theirs == 6 * 64 + 2
    said = capsys.readouterr().out
    documents = 6 * 64 + 2 - len(sent)
    assert f"Outbox: {documents} documents erased" in said
    assert "Left" not in said
    assert "Out of this box's reach: what the database" in said


def test_whose_a_session_is_is_known_after_the_note_that_says_so_was_sent(state: Path, outbox: Outbox) -> None:
    outbox.append(named(HERS, "p-017"))
    outbox.done(outbox.lease(99))
    outbox.append([*of(HERS, SECRET), (f"support/p-017/box~{HERS}/e000002", SECRET)])
    outbox.close()
    assert forget() == 0
    assert left(state) == []


def test_records_of_sessions_that_name_nobody_are_left_and_counted(
    state: Path, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox.append([*named(HERS, "p-017"), *of(HERS, SECRET), *of(HIS, OTHER)])
    outbox.append([("records/box/third/s1", b"{}"), *named("third", "unnamed")])
    outbox.append([("telemetry/box", b"{}"), ("boots/box/b", b"{}")])
    outbox.close()
    assert forget() == 0
    assert "Left in the outbox: 65 records and aggregates of which it is not known whose they are" in (
        capsys.readouterr().out
    )
    assert len([path for path in left(state) if HIS in path]) == 64


def test_what_was_set_aside_is_erased_too(state: Path, outbox: Outbox, capsys: pytest.CaptureFixture[str]) -> None:
    path = state / "outbox.db"
    outbox.append([*named(HERS, "p-017"), *of(HERS, SECRET), *of(HIS, OTHER)])
    outbox.close()
    whole = path.read_bytes()
    path.rename(state / "outbox.db.damaged-1")
    (state / "outbox.db.damaged-2.read").write_bytes(whole)
    newer = state / "outbox.db.version-9-1"
    newer.write_bytes(whole)
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 9")
    assert forget() == 0
    assert f"Left: {newer}, which only a newer Affectbox can read: update, and repeat it." in capsys.readouterr().out
    newer.unlink()
    assert SECRET not in bytes_in(state)
    assert len([where for where in left(state) if HIS in where]) == 64


def test_a_running_daemon_is_to_be_stopped_first_and_nothing_is_erased(
    state: Path, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox.append([*named(HERS, "p-017"), *of(HERS, SECRET)])
    (state / "neutrals").mkdir()
    (state / "neutrals" / "p-017.json").write_text("{}")
    assert forget() == OutboxError.exit_code
    assert (state / "neutrals" / "p-017.json").exists()
    said = capsys.readouterr().err
    assert ("Another daemon is using the outbox" in said, said.count("\n")) == (True, 1)


def test_the_face_at_rest_goes_and_a_box_without_an_outbox_gets_none(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "neutrals").mkdir(parents=True)
    for name in ("p-017.json", "p-017.damaged", "p-018.json"):
        (state / "neutrals" / name).write_text("{}")
    assert forget() == forget() == 0
    assert [path.name for path in state.rglob("*") if path.is_file()] == ["p-018.json"]
    said = capsys.readouterr().out
    assert said.index("'p-017': erased") < said.index("'p-017': none was kept")


def test_bundles_of_their_own_movement_go_with_what_sessions_came_to(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("p-017", "p-018"):
        (state / "personal" / name / "own-1.0.0").mkdir(parents=True)
        (state / "personal" / name / "history.json").write_text("{}")
    assert forget() == forget() == 0
    assert [path.name for path in (state / "personal").iterdir()] == ["p-018"]
    said = capsys.readouterr().out
    assert said.index("what sessions came to: erased") < said.index("what sessions came to: none")


def test_on_an_installed_box_it_erases_what_the_box_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, config, other = (tmp_path / name for name in ("state", "config.toml", "other.toml"))
    (state / "personal" / "p-017" / "own-1.0.0").mkdir(parents=True)
    for file in (config, other):
        file.touch()
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))

    def stood_in() -> Path:
        monkeypatch.setenv("STATE_DIRECTORY", str(state))
        return config

    monkeypatch.setattr("device.examination.account.stand_in", stood_in)
    assert forget("--config", str(other)) == 0
    assert (state / "personal" / "p-017").exists(), "somebody else's configuration, somebody else's state"
    assert forget() == 0
    assert not (state / "personal" / "p-017").exists()


def test_who_may_not_look_is_told_so_and_never_that_there_was_nothing(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(path: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("device.erasure.set_aside", closed)
    assert forget() == StorageError.exit_code
    said = capsys.readouterr()
    assert said.err == (
        f"affectbox: {state} cannot be looked at (Permission denied): erase as root, or as the folder's owner.\n"
    )
    assert said.out == ""


def test_lines_of_a_file_go_by_what_the_file_and_the_outbox_know(
    state: Path, outbox: Outbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = "9f1c446a-0000000777"
    outbox.append(named(earlier, "p-017"))
    outbox.done(outbox.lease(9))
    outbox.close()
    before = json.dumps({"device": "box", "boot": earlier, "seq": 1, "text": SECRET.decode()}).encode() + b"\n"
    other = json.dumps({"device": "box", "boot": "unknown", "seq": 1}).encode() + b"\n"
    his = [line(HIS, b"", event="began", patient="p-018"), line(HIS, OTHER), b'{"torn":\n', line(HIS, OTHER)]
    hers = [line(HERS, b"", event="began", patient="p-017"), line(HERS, SECRET), b'{"text":"SECRET-of-hers\n', before]
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"".join([*his[:2], *hers, *his[2:], line(HERS, SECRET), other]))
    file.chmod(0o640)
    second = tmp_path / "more.jsonl"
    second.write_bytes(line(HERS, SECRET))
    assert forget("--file", str(file), "--file", str(second)) == 0
    assert file.read_bytes() == b"".join([*his[:2], *his[3:], other]), "a torn line goes with the one before it"
    assert second.read_bytes() == b"", "whose a session is may stand in another file"
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["more.jsonl", "records.jsonl", "state"]
    said = capsys.readouterr().out
    assert f"{file}: 6 of 10 lines erased." in said
    assert f"Left in {file}: 1 lines of which it is not known whose they are." in said


def test_a_file_that_holds_nothing_of_them_is_not_touched(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(line(HIS, b"", event="began", patient="p-018"))
    before = file.stat()
    assert forget("--file", str(file)) == 0
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_cannot_be_is_a_sentence_and_erases_nothing(
    state: Path, outbox: Outbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox.append([*named(HERS, "p-017"), *of(HERS, SECRET)])
    outbox.close()
    written = tmp_path / "now.jsonl"
    with JsonlSink(written) as sink:
        sink.write([Line("", b"{}")])
        wrong = [
            forget("--file", str(written)),
            forget("--file", str(tmp_path)),
            forget("--file", str(tmp_path / "none.jsonl")),
            forget(person="unnamed"),
        ]
    assert wrong == [StorageError.exit_code] * 4
    said = capsys.readouterr().err.splitlines()
    assert ["stop the daemon" in said[0], "is no file" in said[1], "check the path" in said[2]] == [True] * 3
    assert len(said) == 4
    assert len(left(state)) == 66


def test_a_name_is_not_repeated(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert forget(person="Jane Doe") == ConfigError.exit_code
    said = capsys.readouterr()
    assert "looks like a name" in said.err
    assert "Jane" not in said.err + said.out


HERS_IN_FULL = [line(HERS, b"", event="began", patient="p-017"), line(HERS, SECRET)]


@pytest.mark.parametrize(
    "held",
    [
        gzip.compress(b"".join(HERS_IN_FULL)),
        b"".join(HERS_IN_FULL).decode().encode("utf-16"),
        b"\0\0\0\x20ftypisom p-017",
        b"[" + b",".join(HERS_IN_FULL).replace(b"\n", b"") + b"]\n",
        b"Notes on p-017\n",
    ],
)
def test_a_file_that_is_none_of_records_is_told_and_nothing_is_erased(
    state: Path, outbox: Outbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], held: bytes
) -> None:
    outbox.append([*named(HERS, "p-017"), *of(HERS, SECRET)])
    outbox.close()
    file = tmp_path / "other"
    file.write_bytes(held)
    assert forget("--file", str(file)) == DataError.exit_code
    said = capsys.readouterr()
    assert (said.out, "other is no file of records" in said.err, said.err.count("\n")) == ("", True, 1)
    assert file.read_bytes() == held
    assert len(left(state)) == 66


def test_lines_in_which_the_pseudonym_still_stands_are_counted_and_no_success(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_on_one = b"".join(HERS_IN_FULL).replace(b"\n", b"") + b"\n"
    other = line(HIS, b"", event="began", patient="p-0171")
    file = tmp_path / "records.jsonl"
    file.write_bytes(other + two_on_one + b"".join(HERS_IN_FULL))
    assert forget("--file", str(file)) == DataError.exit_code
    said = capsys.readouterr()
    assert f"{file}: 2 of 4 lines erased." in said.out
    assert f"The pseudonym still stands in 1 lines of {file}" in said.err
    assert file.read_bytes() == other + two_on_one
    file.write_bytes(b"")
    assert forget("--file", str(file)) == 0


def test_after_a_failure_it_can_be_repeated(
    state: Path, outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox knows whose lines these are, so it goes last."""
    outbox.append(named(HERS, "p-017"))
    outbox.done(outbox.lease(9))
    outbox.close()
    file = tmp_path / "records.jsonl"
    file.write_bytes(line(HERS, SECRET))

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        assert forget("--file", str(file)) == StorageError.exit_code
    assert SECRET in file.read_bytes()
    assert forget("--file", str(file)) == 0
    assert file.read_bytes() == b""


def test_which_session_was_open_is_forgotten_too(state: Path, outbox: Outbox) -> None:
    outbox.keep_note("session", json.dumps({"patient": "p-017", "session": HERS}))
    outbox.keep_note("budget", json.dumps({"days": {}, "floor": {}}))
    outbox.close()
    assert forget() == 0
    assert b"p-017" not in bytes_in(state)
    with Outbox(state / "outbox.db", MB) as opened:
        assert (opened.note("session"), opened.note("budget")) == ("", '{"days": {}, "floor": {}}')
