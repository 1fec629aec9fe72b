"""The interlock where things come at a bad moment: a full card, a clock that falls back, commands that cross."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.contract.control import Do, Doing
from device.contract.errors import InterlockError
from device.contract.session import UNNAMED, Beginning, Consent, Why
from device.host.refusals import RefusedError
from device.host.view import Light, Matter, Notice, Refusal, State
from device.settings import HostSettings
from tests.device.host.box import COVERS, QUICK, WAIT_S, Box

DAY_S = 86_400.0


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    assert made.interlock.close(WAIT_S)


def heard(box: Box) -> list[list[Do]]:
    """What each daemon was told."""
    return [[order.do for order in daemon.orders] for daemon in box.launcher.daemons]


def refusal_of(box: Box, patient: str = "p-017") -> Refusal:
    with pytest.raises(RefusedError) as caught:
        box.interlock.begin(patient)
    return caught.value.refusal


def fill(card: Path) -> None:
    """The card takes neither file."""
    for file in ("consents", "host"):
        (card / f"{file}.part").mkdir()
        (card / f"{file}.part" / "in the way").touch()


def free(card: Path) -> None:
    for file in ("consents", "host"):
        (card / f"{file}.part" / "in the way").unlink()
        (card / f"{file}.part").rmdir()


def test_a_consent_that_ended_while_the_box_ran_does_not_hold_by_a_clock_that_falls_back(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.interlock.consent("p-017", COVERS, "guardian", "2027-01-31")
    box.clock.advance(30 * DAY_S)
    box.interlock.tick()  # nobody asked for anything
    box.interlock.close(WAIT_S)
    box = Box(tmp_path)
    box.clock.set_wall(1000.0, trusted=False)
    assert refusal_of(box) is Refusal.EXPIRED
    assert box.launcher.daemons == []


def test_a_clock_that_is_not_trusted_ends_no_consent_for_good(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.interlock.consent("p-017", COVERS, "guardian", "2027-01-31")
    box.clock.set_wall(4e9, trusted=False)
    box.interlock.tick()
    box.clock.set_wall(1_800_000_100.0, trusted=True)
    box.interlock.begin("p-017")
    assert box.until_state(State.WATCHING).camera_open
    box.interlock.close(WAIT_S)


def test_a_withdrawal_that_a_full_card_did_not_take_is_told_and_kept_once_there_is_room(tmp_path: Path) -> None:
    card = tmp_path / "card"
    box = Box(card)
    box.watching()
    fill(card)
    box.interlock.revoke()
    now = box.until_state(State.IDLE)
    assert (now.trouble.matter, now.light) == (Matter.DAMAGED, Light.TROUBLE)
    assert "withdrawn cannot be written: free the card" in now.trouble.text
    assert now.trouble.text in box.journal
    free(card)
    box.clock.advance(10.0)
    box.interlock.tick()
    assert (box.now.trouble, box.now.light) == (None, Light.OFF)
    box.interlock.close(WAIT_S)
    box = Box(card)
    assert refusal_of(box) is Refusal.REVOKED
    assert [past.why for past in box.now.past] == [Why.REVOKED]


@pytest.mark.parametrize("patient", ["p-017", UNNAMED])
def test_unattended_watches_nobody_where_the_consents_cannot_be_read(tmp_path: Path, patient: str) -> None:
    (tmp_path / "consents.json").write_text("{")
    box = Box(tmp_path, settings=HostSettings(unattended=True))
    box.interlock.begin_unattended(Beginning(patient, Consent(COVERS, "guardian", 1.0)))
    box.interlock.tick()
    assert (box.launcher.daemons, box.now.notice.matter) == ([], Matter.REFUSED)
    assert "nobody is watched" in box.now.trouble.text
    assert (tmp_path / "consents.json").read_text() == "{"


@pytest.mark.parametrize(("covers", "ends_s"), [(COVERS, 30.0), (("live",), None)])
def test_unattended_begins_with_no_consent_that_ended_or_covers_nothing(
    box: Box, covers: tuple[str, ...], ends_s: float | None
) -> None:
    until = None if ends_s is None else box.clock.wall() + ends_s
    box.clock.advance(31.0)
    box.interlock.begin_unattended(Beginning("p-017", Consent(covers, "guardian", 1.0, until)))
    assert (box.launcher.daemons, box.now.notice.matter) == ([], Matter.REFUSED)


@pytest.mark.parametrize("paused", [False, True])
def test_who_withdraws_while_another_is_watched_is_erased_at_once(box: Box, paused: bool) -> None:
    theirs = box.watching("p-001").session
    box.interlock.end()
    box.until_state(State.IDLE)
    first = box.watching("p-002").session
    if paused:
        box.interlock.pause()
        box.until_state(State.PAUSED)
    box.interlock.revoke("p-001")
    box.until(lambda now: not box.memory.now.revoking and now.state is (State.PAUSED if paused else State.WATCHING))
    assert box.now.patient == "p-002"
    purge = box.launcher.daemons[2].orders[0]
    assert (purge.do, purge.patient, purge.sessions) == (Do.REVOKE, "p-001", (theirs,))
    again = [] if paused else [[Do.WATCH]]
    assert heard(box)[1:] == [[Do.WATCH, Do.PAUSE], [Do.REVOKE], *again]
    assert paused or box.daemon.orders[0].continues == first


def test_a_purge_that_fails_keeps_nobody_from_their_session_nor_from_setting_up(box: Box) -> None:
    box.watching("p-001")
    box.interlock.end()
    box.until_state(State.IDLE)
    box.launcher.script = replace(QUICK, fails="The outbox has no room.")
    box.interlock.revoke("p-001")
    purge = box.interlock._core.running.revocation
    box.until(lambda now: purge.failures == 2 and now.trouble is not None)  # the next try is in a second
    box.launcher.script = QUICK
    assert [report.state for report in box.interlock.examine()] == [Doing.ENDED]
    box.interlock.frame()
    box.until(lambda now: now.state is State.FRAMING and now.glimpse is not None)
    assert box.watching("p-002").light is Light.ON
    assert box.memory.now.revoking
    box.interlock.end()
    box.clock.advance(31.0)
    box.until(lambda now: now.state is State.IDLE and not box.memory.now.revoking)


def test_what_is_learnt_of_a_session_after_its_consent_was_withdrawn_is_purged_too(tmp_path: Path) -> None:
    box = Box(tmp_path, replace(QUICK, closing_s=WAIT_S))
    box.watching()
    box.launcher.script = QUICK
    session, core = box.daemon._session, box.interlock._core
    with core.changed:  # withdrawn just before the first report was heard
        core.running.session.parts = ()
        box.memory.keep(open=(replace(box.memory.now.open[0], sessions=()),))
        box.interlock.revoke()
        assert box.memory.now.revoking == {}
        assert box.daemon.wait_for(Do.REVOKE, WAIT_S)
        box.daemon.crash()
    box.until(lambda now: now.state is State.IDLE and len(box.launcher.daemons) == 2)
    task = box.daemon.orders[0]
    assert (task.do, task.patient, task.sessions) == (Do.REVOKE, "p-017", (session,))
    box.interlock.close(WAIT_S)


def test_thousands_of_sessions_are_purged_in_orders_that_fit_a_line(box: Box) -> None:
    sessions = tuple(f"5c219ed0-{number:010x}" for number in range(4000))
    box.agreed()
    box.memory.keep(revoking={"p-017": sessions})
    box.interlock.revoke("p-017")
    box.until(lambda now: now.state is State.IDLE and not box.memory.now.revoking)
    assert sum((daemon.orders[0].sessions for daemon in box.launcher.daemons), ()) == sessions


def test_a_consent_that_is_changed_before_the_daemon_is_there_is_the_one_it_hears(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, launch = threading.Event(), box.launcher.launch

    def slow() -> object:
        assert ready.wait(WAIT_S)
        return launch()

    monkeypatch.setattr(box.launcher, "launch", slow)
    box.agreed()
    box.interlock.begin("p-017")
    box.interlock.consent("p-017", ("units",), "patient")
    ready.set()
    box.until_state(State.WATCHING)
    assert (box.daemon.orders[-1].consent.covers, box.now.consent.covers) == (("units",), ("units",))


def test_a_consent_that_is_changed_to_cover_nothing_recordable_closes_the_camera(box: Box) -> None:
    box.watching()
    box.interlock.consent("p-017", ("live",), "patient")
    now = box.until_state(State.IDLE)
    assert (now.camera_open, now.past[0].why, now.notice.matter) == (False, Why.EXPIRED, Matter.EXPIRED)
    assert refusal_of(box) is Refusal.COVERS_NOTHING


@pytest.mark.parametrize("closing_s", [0.0, 0.3])
def test_who_asked_for_the_doctor_is_told_when_a_session_comes_between(tmp_path: Path, closing_s: float) -> None:
    """Before its process is there, for the last one's camera is still being closed, and in the middle of it."""
    box = Box(tmp_path, replace(QUICK, closing_s=closing_s, opening_s=WAIT_S))
    box.agreed()
    if closing_s:
        box.interlock.frame()
        box.until(lambda now: now.report is not None)
        box.interlock.end()
    ended = []

    def ask() -> None:
        try:
            ended.extend(box.interlock.probe())
        except InterlockError as error:
            ended.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    box.until(lambda now: now.state is State.STOPPING if closing_s else now.report is not None)
    box.until(lambda now: box.interlock._core.running.check is not None)
    box.interlock.begin("p-017")
    asking.join(WAIT_S)
    assert not asking.is_alive()
    assert ended[-1].startswith("It was broken off")
    box.interlock.close(WAIT_S)


def test_the_lamp_is_lit_while_the_camera_watches_whatever_else_is_wrong(box: Box) -> None:
    box.interlock.fitted(lamp=True, odd=Notice(Matter.BUTTON, "The button is broken."))
    assert box.now.light is Light.TROUBLE
    now = box.watching()
    assert (now.light, now.trouble.matter) == (Light.ON, Matter.BUTTON)
    box.daemon.freeze()
    box.clock.advance(6.0)
    assert box.until(lambda now: now.trouble.matter is Matter.SILENT).light is Light.TROUBLE
    box.daemon.crash()


def test_a_camera_that_hangs_is_not_waited_for_long_when_a_consent_is_withdrawn(box: Box) -> None:
    box.watching()
    box.daemon.freeze()
    box.interlock.revoke()
    box.clock.advance(4.0)
    assert not box.until_state(State.IDLE).camera_open
