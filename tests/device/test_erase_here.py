"""A person is erased from all that is the box's own: what fails is told and the rest goes, also after a power cut."""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from device.config import load_settings
from device.contract.errors import StorageError
from device.delivery.outbox import Outbox
from device.delivery.store import StoreInUseError
from device.erasure import Erasure, erase_here, own_files
from device.settings import Settings
from tests.device.test_forget import HERS, HIS, OTHER, SECRET, bytes_in, line, named, of

WHO = b"p-017"


@dataclass
class Card:
    """A box's card with a person on it, and another one; files outside the state folder are read from there, too."""

    folder: Path
    more: list[str] = field(default_factory=list)

    @property
    def records(self) -> Path:
        return self.folder / "records.jsonl"

    @property
    def settings(self) -> Settings:
        sinks = f"run.sinks=['jsonl:{self.records}', 'jsonl:/dev/null', 'jsonl:{self.folder}/none.jsonl']"
        return load_settings(None, [sinks, f"outbox.path={self.folder}/outbox.db", *self.more])

    def fill(self) -> None:
        """With both, everywhere."""
        with Outbox(self.folder / "outbox.db", 1.0) as outbox:
            outbox.append([*of(HERS, SECRET), *of(HIS, OTHER), *named(HERS, "p-017"), *named(HIS, "p-018")])
            outbox.keep_note("session", json.dumps({"patient": "p-017", "session": HERS}))
            outbox.keep_note("revoking", json.dumps({HERS: "p-017", HIS: "p-018"}))
            outbox.keep_note("continues", json.dumps({HERS: "9f1c446a-0000000001", HIS: HERS[:-1] + "9"}))
        (self.folder / "outbox.db.damaged-1").write_bytes((self.folder / "outbox.db").read_bytes())
        torn = b'{"boot":"b","device":"box","event":"began","patient":"p-017","ses\n'
        began = [line(HIS, b"", event="began", patient="p-018"), line(HERS, b"", event="began", patient="p-017")]
        self.records.write_bytes(b"".join([*began, line(HERS, SECRET), line(HIS, OTHER), torn, line(HIS, OTHER)]))
        neutrals = self.folder / "state" / "affectbox" / "neutrals"
        neutrals.mkdir(parents=True, exist_ok=True)
        for name in ("p-017.json", "p-017.damaged", "p-018.json"):
            (neutrals / name).write_text("{}")
        for name, session in (("p-017", HERS), ("p-018", HIS)):
            own = self.folder / "state" / "affectbox" / "personal" / name
            (own / "own-1.0.0").mkdir(parents=True, exist_ok=True)
            (own / "own-1.0.0" / "personal.json").write_text(json.dumps({"person": name}))
            (own / "history.json").write_text(json.dumps({"v": 1, "sessions": [{"session": session}]}))

    def erase(self, *sessions: str, quick: bool = False) -> Erasure:
        return erase_here("p-017", self.settings, sessions, quick)

    def names(self) -> list[str]:
        return [str(path.relative_to(self.folder)) for path in self.folder.rglob("*")]

    def is_clean(self) -> None:
        """Nothing of her is left in a byte or a name, everything of him is."""
        held = bytes_in(self.folder)
        assert [WHO in held, SECRET in held, HERS.encode() in held] == [False] * 3
        assert not [name for name in self.names() if "p-017" in name]
        assert self.records.read_bytes().count(OTHER) == 2
        with Outbox(self.folder / "outbox.db", 1.0) as outbox:
            assert len([entry for entry in outbox.lease(9999) if HIS in entry.path]) == 64 + 2
            assert outbox.note("revoking") == json.dumps({HIS: "p-018"}), "his is still to be marked"


@pytest.fixture
def card(tmp_path: Path) -> Card:
    made = Card(tmp_path)
    made.fill()
    return made


def test_no_byte_of_a_person_is_left_and_everybody_elses_is(card: Card) -> None:
    erasure = card.erase()
    assert (erasure.face, erasure.personal, erasure.left) == (True, True, ())
    assert erasure.outbox.documents >= 66
    assert [file.erased for file in erasure.files] == [3]
    card.is_clean()
    again = card.erase()
    assert (again.face, again.personal) == (False, False)
    assert (again.outbox.documents, again.files[0].erased, again.left) == (0, 0, ())


def test_sessions_that_the_host_knows_to_be_theirs_go_too(card: Card) -> None:
    with Outbox(card.folder / "outbox.db", 1.0) as outbox:
        outbox.append(of("third", SECRET))
    card.erase("box/third")
    card.is_clean()


def test_who_has_the_outbox_is_waited_for(card: Card) -> None:
    with Outbox(card.folder / "outbox.db", 1.0), pytest.raises(StoreInUseError):
        card.erase()
    assert WHO in card.records.read_bytes()


def test_a_file_that_cannot_be_erased_is_told_and_the_rest_goes(card: Card) -> None:
    whole = card.records.read_bytes()
    card.records.write_bytes(b"notes on p-017")
    newer = card.folder / "outbox.db.version-99-1"
    newer.write_bytes((card.folder / "outbox.db").read_bytes())
    erasure = card.erase()
    assert [word in " ".join(erasure.left) for word in (card.records.name, newer.name, "newer")] == [True] * 3
    assert "p-017" not in "".join(erasure.left)
    assert (erasure.face, erasure.outbox.documents >= 66) == (True, True)
    card.records.write_bytes(whole.replace(b'"event"', b'"what"'))  # only the outbox knows whose these are
    newer.unlink()
    assert card.erase().left == ()
    assert SECRET not in card.records.read_bytes()


def test_a_configuration_that_names_them_is_told(card: Card) -> None:
    card.more.append("session.patient=p-017")
    (told,) = card.erase().left
    assert "session.patient" in told
    card.more.clear()
    assert card.erase().left == ()
    card.is_clean()


def test_a_large_outbox_is_not_written_anew_while_somebody_waits(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.delivery.outbox._AT_ONCE_BYTES", 1000.0)
    (told,) = card.erase(quick=True).left
    assert "when no session is open" in told
    assert card.erase().left == ()
    card.is_clean()


def test_writing_it_anew_is_given_up_for_somebody_who_comes(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.delivery.store._STEPS", 1)
    (told,) = erase_here("p-017", card.settings, stop=lambda: True).left
    assert "when no session is open" in told
    assert card.erase().left == ()
    card.is_clean()


def test_a_disk_that_takes_nothing_is_told(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        (told,) = card.erase().left
        assert "free the disk" in told
    assert card.erase().left == ()
    card.is_clean()


@pytest.mark.parametrize("person", ["42", "0042"])
def test_a_number_in_a_record_is_not_the_person_whose_pseudonym_is_one(card: Card, person: str) -> None:
    """Else nobody whose pseudonym is a number is ever erased as a whole."""
    named = {"device": "box", "boot": "b", "model": "face-1.42", "AU42": 0.0042, "pain": [42, 0.5]}
    card.records.write_text(json.dumps(named, separators=(",", ":")) + "\n")
    assert erase_here(person, card.settings).left == ()
    card.records.write_text(json.dumps(named | {"name": person}) + "\n")
    (told,) = erase_here(person, card.settings).left
    assert "still stands in 1 lines" in told


def test_nobody_and_names_are_refused(card: Card) -> None:
    with pytest.raises(StorageError):
        erase_here("unnamed", card.settings)
    assert own_files(card.settings)[0] == card.records


def _cut(after: int) -> Callable[[FrameType, str, Any], Any]:
    """Kills the process after so many lines of ours."""
    count = 0

    def trace(frame: FrameType, event: str, about: Any) -> Any:
        nonlocal count
        if f"{os.sep}device{os.sep}" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        if count > after:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def _killed(card: Card, after: int) -> bool:
    """Erase in a process that is killed after so many lines; whether it was."""
    child = os.fork()
    if not child:
        sys.settrace(_cut(after))
        card.erase()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _cut_everywhere(folder: Path, step: int) -> int:
    """Fill, kill, erase again, from the first line to the last; how often it was killed."""
    lines = cuts = 0
    while True:
        card = Card(folder / str(lines))
        card.folder.mkdir()
        os.environ["XDG_STATE_HOME"] = str(card.folder / "state")
        card.fill()
        killed = _killed(card, lines)
        assert card.erase().left == ()
        card.is_clean()
        if not killed:
            return cuts
        cuts += 1
        lines += step


def test_a_power_cut_in_between_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert _cut_everywhere(tmp_path, 3203) > 1


@pytest.mark.chaos
def test_a_power_cut_at_any_line_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert _cut_everywhere(tmp_path, 41) > 100
