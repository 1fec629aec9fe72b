"""A person is erased on request: their own session ends first, others' go on, and the proof names nobody."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.contract import erasure
from device.contract.control import Do, ErasedSaid
from device.contract.errors import InterlockError
from device.contract.fields import Json
from device.contract.session import Beginning, Why
from device.host.view import State
from tests.device.host.box import QUICK, WAIT_S, Box

REQUEST, SECOND = "k1700000000000-abc123", "k1700000000001-abc123"
SAID = ErasedSaid(face=True, personal=True, outbox=12, lines=34)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path, replace(QUICK, erased=SAID))
    yield made
    assert made.interlock.close(WAIT_S)


def proof_of(box: Box, patient: str = "p-017", request: str = REQUEST) -> Json:
    """Ask until there is the proof, as whoever brings a request does."""
    found: list[Json] = []

    def asked(_: object) -> bool:
        said = box.interlock.erase(patient, request)
        found.extend([said] if said else [])
        return said is not None

    box.until(asked)
    erasure.validate(found[-1] | {"done": 1})
    return found[-1]


def orders(box: Box) -> list[list[Do]]:
    return [[order.do for order in daemon.orders] for daemon in box.launcher.daemons]


def files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_nothing_of_a_person_stays_with_the_host_and_the_proof_does_not_name_them(box: Box, tmp_path: Path) -> None:
    for patient in ("p-018", "p-017"):
        box.watching(patient)
        box.interlock.end()
        box.until_state(State.IDLE)
    box.interlock.prepare("p-017")
    assert b"p-017" in files(tmp_path)
    proof = proof_of(box)
    found = {"face": True, "consent": True, "personal": True, "outbox": 12, "lines": 34}
    assert proof == {"v": 1, "id": REQUEST} | found
    assert orders(box)[-1] == [Do.ERASE]
    assert len(box.daemon.orders[0].sessions) == 1, "what the host knows of their sessions is handed on"
    assert not box.daemon.orders[0].quick
    assert (b"p-017" in files(tmp_path), b"p-018" in files(tmp_path)) == (False, True)
    assert "p-017" not in "".join(box.journal)
    assert (box.now.prepared, [one.patient for one in box.now.people]) == ("", ["p-018"])
    count = len(box.launcher.daemons)
    assert proof_of(box) == proof_of(Box(tmp_path)) == proof, "it is told again, also by a restarted host"
    assert len(box.launcher.daemons) == count


def test_their_own_session_ends_first_as_if_withdrawn_and_none_begins_meanwhile(box: Box, tmp_path: Path) -> None:
    box.watching()
    watching = box.daemon
    assert box.interlock.erase("p-017", REQUEST) is None
    assert watching.wait_for(Do.REVOKE, WAIT_S)
    for begin in (lambda: box.interlock.begin("p-017"), box.agreed):
        with pytest.raises(InterlockError):
            begin()
    assert proof_of(box)["consent"]
    assert orders(box) == [[Do.WATCH, Do.REVOKE], [Do.ERASE]]
    assert (box.now.state, box.now.past) == (State.IDLE, ())
    assert b"p-017" not in files(tmp_path)
    box.watching()  # somebody who comes back, and agrees anew


def test_somebody_elses_session_goes_on_after_it(box: Box) -> None:
    first = box.watching("p-018")
    assert proof_of(box)["outbox"] == 12
    now = box.until_state(State.WATCHING)
    assert orders(box) == [[Do.WATCH, Do.PAUSE], [Do.ERASE], [Do.WATCH]]
    assert box.launcher.daemons[1].orders[0].quick, "somebody waits"
    assert box.daemon.orders[0].continues == first.session
    assert (now.patient, now.consent) == ("p-018", first.consent)


def test_a_session_that_begins_does_not_wait_for_what_is_done_at_leisure(box: Box) -> None:
    box.launcher.script = replace(QUICK, erasing_s=WAIT_S, erased=replace_left("Copies may be left."))
    assert box.interlock.erase("p-017", REQUEST) is None
    assert box.launcher.wait_for(1, WAIT_S)
    erasing = box.daemon
    assert erasing.wait_for(Do.ERASE, WAIT_S)
    box.watching("p-018")
    assert orders(box) == [[Do.ERASE, Do.END], [Do.WATCH]]
    assert proof_of(box)["left"] == "Copies may be left."
    assert box.now.state is State.WATCHING


def test_several_are_erased_one_after_another(box: Box) -> None:
    box.agreed("p-018")
    assert [box.interlock.erase(*asked) for asked in (("p-017", REQUEST), ("p-018", SECOND))] == [None, None]
    assert [proof_of(box)["consent"], proof_of(box, "p-018", SECOND)["consent"]] == [False, True]
    assert [daemon.orders[0].patient for daemon in box.launcher.daemons] == ["p-017", "p-018"]


def test_what_is_left_is_told_and_tried_again_while_no_session_is_open(box: Box, tmp_path: Path) -> None:
    box.watching()
    box.interlock.end()
    box.until_state(State.IDLE)
    box.launcher.script = replace(QUICK, erased=replace_left("/data/p-017.jsonl cannot be changed: check its owner."))
    proof = proof_of(box)
    assert proof["left"] == "/data/….jsonl cannot be changed: check its owner."
    assert b"p-017" in files(tmp_path), "whose the sessions were is known until it succeeds"
    count = len(box.launcher.daemons)
    for wait_s, tries in ((200.0, 0), (60.0, 1), (300.0, 1), (200.0, 2)):  # soon, then seldom
        box.clock.advance(wait_s)
        box.interlock.erase("p-017", REQUEST)
        assert proof_of(box)["left"] == proof["left"]
        assert len(box.launcher.daemons) == count + tries
    proof = proof_of(box)
    box.watching("p-018")
    count = len(box.launcher.daemons)
    box.clock.advance(4000.0)
    assert proof_of(box) == proof
    assert len(box.launcher.daemons) == count
    box.interlock.end()
    box.until_state(State.IDLE)
    box.launcher.script = replace(QUICK, erased=ErasedSaid(lines=2))
    assert box.interlock.erase("p-017", REQUEST) is None
    assert proof_of(box) == {"v": 1, "id": REQUEST, "face": True, "consent": True, "outbox": 36, "lines": 104}
    assert b"p-017" not in files(tmp_path)


def replace_left(*left: str) -> ErasedSaid:
    return ErasedSaid(face=True, outbox=12, lines=34, left=left)


def test_consents_that_cannot_be_read_are_left_and_told(tmp_path: Path) -> None:
    (tmp_path / "consents.json").write_text('{"consents": {"p-017"')
    (tmp_path / "host.json").write_text('{"prepared": "p-017"')
    box = Box(tmp_path, QUICK)
    proof = proof_of(box)
    assert "consents" in proof["left"]
    assert "p-017" not in proof["left"]
    (tmp_path / "consents.json").unlink()
    restarted = Box(tmp_path, QUICK)
    assert "left" not in proof_of(restarted)
    assert b"p-017" not in files(tmp_path), "also not in what was set aside"
    assert box.interlock.close(WAIT_S) and restarted.interlock.close(WAIT_S)


def test_a_daemon_that_fails_is_tried_again(box: Box) -> None:
    box.launcher.script = replace(QUICK, fails="The outbox of p-017 has no room.")
    assert box.interlock.erase("p-017", REQUEST) is None
    trouble = box.until(lambda now: now.trouble is not None).trouble
    assert trouble is not None
    assert "p-017" not in trouble.text + "".join(box.journal)
    box.launcher.script = replace(QUICK, erased=SAID)

    def asked(_: object) -> bool:
        box.clock.advance(1.0)
        return box.interlock.erase("p-017", REQUEST) is not None

    assert box.until(asked).trouble is None
    assert proof_of(box)["outbox"] == 12


def test_a_purge_that_waits_is_not_done_after_them(box: Box) -> None:
    box.watching()
    box.interlock.end()
    box.until_state(State.IDLE)
    box.launcher.script = replace(QUICK, fails="The card is full.")
    box.interlock.revoke("p-017")
    box.until(lambda now: now.trouble is not None)
    box.launcher.script = replace(QUICK, erased=SAID)
    assert proof_of(box)["consent"]
    box.clock.advance(60.0)
    box.interlock.tick()
    done = [daemon.orders[0].do for daemon in box.launcher.daemons]
    assert done[-1] is Do.ERASE, "nothing is marked in their name afterwards"


def test_whom_a_setting_names_is_not_begun_again(box: Box) -> None:
    box.interlock.begin_unattended(Beginning("p-017"))
    box.until_state(State.WATCHING)
    proof_of(box)
    box.clock.advance(100_000.0)
    box.interlock.tick()
    assert box.now.state is State.IDLE
    assert Why.REVOKED not in {past.why for past in box.now.past}


@pytest.mark.parametrize("patient", ["", "unnamed", "Anna Muster", "../p-017"])
def test_nobody_is_not_erased(box: Box, patient: str) -> None:
    with pytest.raises(InterlockError, match="pseudonym"):
        box.interlock.erase(patient, REQUEST)
    assert box.launcher.daemons == []
