"""The interlock: who may begin what, and that no camera is open outside of it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.contract.control import Do, Doing
from device.contract.errors import ConfigError, InterlockError
from device.contract.session import UNNAMED, Beginning, Consent, Why
from device.host.refusals import RefusedError
from device.host.view import Light, Matter, Refusal, State
from device.settings import HostSettings
from tests.device.host.box import COVERS, QUICK, WAIT_S, Box

DAY_S = 86_400.0


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    assert made.interlock.close(WAIT_S)


def refused(refusal: Refusal, command: Callable[[], object]) -> None:
    """The command is refused for this reason, in one sentence that names nobody."""
    with pytest.raises(RefusedError) as caught:
        command()
    assert caught.value.refusal is refusal
    assert "p-0" not in str(caught.value)
    assert str(caught.value).endswith(".")


def orders(box: Box) -> list[Do]:
    return [order.do for order in box.daemon.orders]


def test_nothing_runs_and_the_lamp_is_off_until_a_person_begins(box: Box) -> None:
    assert (box.now.state, box.now.camera_open, box.now.light) == (State.IDLE, False, Light.OFF)
    assert box.launcher.daemons == []
    assert box.launcher.resting


def test_a_session_begins_with_the_consent_of_that_person_and_ends(box: Box) -> None:
    now = box.watching()
    assert (now.camera_open, now.light, now.patient) == (True, Light.ON, "p-017")
    task = box.daemon.orders[0]
    assert (task.do, task.patient, task.consent.covers, task.consent.by) == (Do.WATCH, "p-017", COVERS, "guardian")
    box.interlock.end()
    now = box.until_state(State.IDLE)
    assert (now.camera_open, now.light) == (False, Light.OFF)
    assert orders(box) == [Do.WATCH, Do.END]
    assert [(past.patient, past.why) for past in now.past] == [("p-017", Why.STOPPED)]
    assert now.past[0].sessions == (box.daemon._session,)


def test_no_consent_no_camera(box: Box) -> None:
    refused(Refusal.NO_CONSENT, lambda: box.interlock.begin("p-017"))
    box.agreed("p-018")
    refused(Refusal.NO_CONSENT, lambda: box.interlock.begin("p-017"))
    assert box.launcher.daemons == []


def test_a_consent_of_another_person_does_not_count(box: Box) -> None:
    box.agreed("p-017")
    theirs = box.interlock.consent("p-018", COVERS, "patient")
    refused(Refusal.OTHER_PATIENT, lambda: box.interlock.begin("p-017", theirs))
    assert box.now.state is State.IDLE


def test_a_consent_that_has_ended_does_not_count(box: Box) -> None:
    box.interlock.consent("p-017", COVERS, "guardian", "2027-01-31")
    box.clock.advance(30 * DAY_S)
    refused(Refusal.EXPIRED, lambda: box.interlock.begin("p-017"))
    refused(Refusal.EXPIRED, lambda: box.interlock.consent("p-017", COVERS, "guardian", "2027-01-31"))


def test_a_clock_in_1970_does_not_bring_a_consent_back(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.interlock.consent("p-017", COVERS, "guardian", "2027-01-31")
    box.clock.advance(30 * DAY_S)
    box.agreed("p-018")  # the clock was trusted, and it was written down when that was
    box.interlock.close(WAIT_S)
    box = Box(tmp_path)
    box.clock.set_wall(1000.0, trusted=False)
    refused(Refusal.EXPIRED, lambda: box.interlock.begin("p-017"))


def test_a_consent_that_covers_nothing_recordable_is_refused(box: Box) -> None:
    box.interlock.consent("p-017", ("diagnosis",), "patient")
    refused(Refusal.COVERS_NOTHING, lambda: box.interlock.begin("p-017"))


@pytest.mark.parametrize(("covers", "by"), [((), "patient"), (("thoughts",), "patient"), (COVERS, "me")])
def test_a_consent_says_what_it_covers_and_who_gave_it(box: Box, covers: tuple[str, ...], by: str) -> None:
    with pytest.raises(InterlockError):
        box.interlock.consent("p-017", covers, by)
    assert box.now.people == ()


def test_an_age_is_kept_with_a_consent_to_be_compared_and_after_a_restart(tmp_path: Path) -> None:
    box, covers = Box(tmp_path), (*COVERS, "atypicality")
    box.interlock.consent("p-017", covers, "guardian", age="6-12")
    box.interlock.consent("p-018", COVERS, "guardian", age="6-12")
    box.interlock.consent("p-019", covers, "guardian")
    box.interlock.close(WAIT_S)
    box = Box(tmp_path)
    assert {one.patient: one.consent.age for one in box.now.people} == {"p-017": "6-12", "p-018": "", "p-019": ""}
    box.interlock.begin("p-017")
    box.until_state(State.WATCHING)
    told = box.daemon.orders[0].consent
    assert told and told.age == "6-12"
    with pytest.raises(InterlockError, match="How old a person is, is one of under-6, 6-12, 13-17, 18-64, 65-up"):
        box.interlock.consent("p-017", covers, "guardian", age="7")


def test_a_file_without_ages_is_read_by_who_knows_them_and_is_written_as_it_was(tmp_path: Path) -> None:
    """By boxes of before, and after one of them is put back in its place."""
    box = Box(tmp_path)
    box.interlock.consent("p-017", COVERS, "guardian")
    assert "age" not in (tmp_path / "consents.json").read_text()
    box.interlock.close(WAIT_S)
    assert [one.consent.age for one in Box(tmp_path).now.people] == [""]


def test_a_name_is_no_pseudonym(box: Box) -> None:
    for command in (lambda: box.interlock.consent("Maria", COVERS, "patient"), lambda: box.interlock.begin("Maria")):
        with pytest.raises(ConfigError) as caught:
            command()
        assert "Maria" not in str(caught.value)


def test_nobody_is_begun_when_nobody_is_named_or_prepared(box: Box) -> None:
    refused(Refusal.NOBODY, box.interlock.begin)
    box.agreed()
    box.interlock.prepare("p-017")
    box.interlock.begin()
    assert box.now.patient == "p-017"


def test_whoever_is_prepared_is_so_for_one_session(box: Box) -> None:
    """The next patient presses the same button."""
    box.agreed()
    box.interlock.prepare("p-017")
    box.interlock.begin()
    box.until_state(State.WATCHING)
    box.interlock.end()
    box.until_state(State.IDLE)
    assert box.now.prepared == ""
    refused(Refusal.NOBODY, box.interlock.begin)


def test_only_who_has_agreed_is_prepared(box: Box) -> None:
    refused(Refusal.NO_CONSENT, lambda: box.interlock.prepare("p-017"))


def test_pressing_twice_neither_doubles_nor_ends_a_session(box: Box) -> None:
    box.agreed()
    box.interlock.begin("p-017")
    refused(Refusal.ALREADY, lambda: box.interlock.begin("p-017"))
    box.until_state(State.WATCHING)
    refused(Refusal.ALREADY, lambda: box.interlock.begin("p-017"))
    box.agreed("p-018")
    refused(Refusal.OTHER_SESSION, lambda: box.interlock.begin("p-018"))
    assert (len(box.launcher.daemons), orders(box)) == (1, [Do.WATCH])
    box.interlock.pause()
    refused(Refusal.ALREADY, box.interlock.pause)
    box.until_state(State.PAUSED)
    box.interlock.resume()
    refused(Refusal.ALREADY, box.interlock.resume)
    box.until_state(State.WATCHING)
    assert len(box.launcher.daemons) == 2


def test_commands_without_a_session_are_refused(box: Box) -> None:
    for command in (box.interlock.pause, box.interlock.resume, box.interlock.end, box.interlock.revoke):
        refused(Refusal.IDLE, command)
    refused(Refusal.IDLE, lambda: box.interlock.mark("here-1"))
    assert box.launcher.daemons == []


def test_a_pause_closes_the_camera_and_the_next_part_goes_on_from_the_last(box: Box) -> None:
    first = box.watching().session
    box.interlock.phase("baseline")
    box.interlock.pause()
    now = box.until_state(State.PAUSED)
    assert (now.camera_open, now.light, now.patient) == (False, Light.SLOW, "p-017")
    assert orders(box) == [Do.WATCH, Do.PHASE, Do.PAUSE]
    refused(Refusal.PAUSED, lambda: box.interlock.mark("here-1"))
    refused(Refusal.PAUSED, box.interlock.frame)
    assert box.launcher.resting  # what waits is sent meanwhile
    box.interlock.resume()
    now = box.until(lambda now: now.state is State.WATCHING and now.session not in ("", first))
    assert box.daemon.orders[0].continues == first
    assert box.daemon.wait_for(Do.PHASE, WAIT_S)  # the part of the session is that of before
    assert (box.daemon.orders[1].name, now.phase) == ("baseline", "baseline")
    box.interlock.end()
    assert box.until_state(State.IDLE).past[0].sessions == (first, now.session)


def test_going_on_while_the_camera_still_closes_makes_one_process_after_the_other(tmp_path: Path) -> None:
    box = Box(tmp_path, replace(QUICK, closing_s=0.1))
    first = box.watching().session
    box.interlock.pause()
    box.interlock.resume()
    box.until(lambda now: now.state is State.WATCHING and now.session not in ("", first))
    assert len(box.launcher.daemons) == 2
    assert box.now.past == ()
    box.interlock.close(WAIT_S)


def test_a_paused_session_is_ended_without_a_camera(box: Box) -> None:
    box.watching()
    box.interlock.pause()
    box.until_state(State.PAUSED)
    box.interlock.end()
    assert (box.now.state, len(box.launcher.daemons)) == (State.IDLE, 1)


def test_the_lamp_is_on_until_the_daemon_says_that_the_camera_is_closed(tmp_path: Path) -> None:
    box = Box(tmp_path, replace(QUICK, closing_s=30.0))
    box.watching()
    box.interlock.end()
    now = box.until(lambda now: now.report is not None and now.report.state is Doing.CLOSING)
    assert (now.state, now.camera_open, now.light) == (State.STOPPING, True, Light.PULSE)
    refused(Refusal.STOPPING, lambda: box.interlock.begin("p-017"))
    refused(Refusal.STOPPING, box.interlock.end)
    box.daemon.crash()
    assert box.until_state(State.IDLE).light is Light.OFF


def test_a_session_ends_by_its_limit(tmp_path: Path) -> None:
    box = Box(tmp_path, settings=HostSettings(limit_min=1))
    box.watching()
    for _ in range(14):
        box.clock.advance(4.0)
        box.until(lambda now: now.report_age_s < 1)
    assert box.now.limit_left_s == pytest.approx(4.0)
    box.clock.advance(4.0)
    now = box.until_state(State.IDLE)
    assert (now.past[0].why, now.past[0].seconds, now.notice.matter) == (Why.LIMIT, 60.0, Matter.LIMIT)
    assert orders(box)[-1] is Do.LIMIT
    box.interlock.close(WAIT_S)


def test_a_pause_that_is_forgotten_ends_by_the_limit(box: Box) -> None:
    box.watching()
    box.interlock.pause()
    box.until_state(State.PAUSED)
    box.clock.advance(91 * 60.0)
    assert box.until_state(State.IDLE).past[0].why == Why.LIMIT


def test_a_consent_that_ends_in_a_pause_ends_the_session(box: Box) -> None:
    box.interlock.consent("p-017", COVERS, "guardian", "2027-01-15")
    box.clock.set_wall(1_800_000_000.0 - 10.0, trusted=True)
    box.interlock.begin("p-017")
    box.until_state(State.WATCHING)
    box.interlock.pause()
    box.until_state(State.PAUSED)
    box.clock.set_wall(1_800_000_000.0 + DAY_S, trusted=True)
    refused(Refusal.EXPIRED, box.interlock.resume)
    assert box.until_state(State.IDLE).past[0].why == Why.EXPIRED


def test_the_view_for_setting_up_records_nothing_and_closes_by_itself(box: Box) -> None:
    box.interlock.frame()
    refused(Refusal.ALREADY, box.interlock.frame)
    now = box.until(lambda now: now.glimpse is not None)
    assert (now.state, now.camera_open, now.light, orders(box)) == (State.FRAMING, True, Light.PULSE, [Do.FRAME])
    box.clock.advance(301.0)
    now = box.until_state(State.IDLE)
    assert (now.notice.matter, now.light, now.past) == (Matter.FRAMED, Light.OFF, ())


def test_a_session_takes_the_place_of_the_view_for_setting_up(box: Box) -> None:
    box.interlock.frame()
    box.until(lambda now: now.glimpse is not None)
    box.watching()
    assert [daemon.orders[0].do for daemon in box.launcher.daemons] == [Do.FRAME, Do.WATCH]
    assert [order.do for order in box.launcher.daemons[0].orders] == [Do.FRAME, Do.END]
    refused(Refusal.BUSY, box.interlock.frame)


def test_a_daemon_that_dies_is_started_again_after_growing_pauses_until_somebody_ends_the_session(box: Box) -> None:
    first = box.watching().session
    box.launcher.script = replace(QUICK, fails="No camera answers at picamera2:0: check its cable.")
    box.daemon.crash()
    pauses = []
    for count in range(2, 10):
        now = box.until(lambda now, n=count: now.restarts == n)
        due = box.interlock._core.running.session.due_s
        pauses.append(due - box.clock.monotonic())
        box.clock.advance(pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert (now.light, now.trouble.matter) == (Light.TROUBLE, Matter.FAILED)
    assert "check its cable" in now.trouble.text
    box.launcher.script = QUICK
    box.until(lambda now: now.state is State.WATCHING and now.session != first)
    assert box.daemon.orders[0].continues == first
    assert (box.now.trouble, box.now.light) == (None, Light.ON)


def test_a_camera_that_cannot_be_started_is_told_in_a_sentence_and_the_session_can_be_ended(tmp_path: Path) -> None:
    box = Box(tmp_path, replace(QUICK, refused="The camera's service cannot be reached."))
    box.agreed()
    box.interlock.begin("p-017")
    now = box.until(lambda now: now.restarts > 1)
    assert (now.state, now.light, now.camera_open) == (State.STARTING, Light.TROUBLE, False)
    assert now.trouble.text.startswith("The camera's service cannot be reached.")
    box.interlock.end()
    assert box.now.state is State.IDLE


def test_a_daemon_that_hangs_keeps_the_lamp_lit_and_is_killed(box: Box) -> None:
    box.watching()
    box.daemon.freeze()
    box.clock.advance(6.0)
    now = box.until(lambda now: now.trouble is not None)
    assert (now.trouble.matter, now.light, now.camera_open) == (Matter.SILENT, Light.TROUBLE, True)
    box.clock.advance(20.0)
    box.until(lambda now: now.state is State.WATCHING and len(box.launcher.daemons) == 2)


def test_a_daemon_that_answers_after_it_was_given_up_ends_no_session(box: Box) -> None:
    first = box.watching().session
    with box.interlock._core.changed:  # it says nothing that is heard, and then that it was stopped: by us
        box.clock.advance(16.0)
        box.interlock.tick()
    box.until(lambda now: now.state is State.WATCHING and now.session not in ("", first))
    assert box.now.past == ()


def test_a_source_without_more_frames_ends_the_session(tmp_path: Path) -> None:
    box = Box(tmp_path, replace(QUICK, lasts=3))
    box.agreed()
    box.interlock.begin("p-017")
    assert box.until_state(State.IDLE).past[0].why == Why.FINISHED


def test_a_withdrawn_consent_closes_the_camera_and_watches_nobody_again(box: Box) -> None:
    session = box.watching().session
    box.interlock.revoke()
    now = box.until_state(State.IDLE)
    assert orders(box) == [Do.WATCH, Do.REVOKE]
    assert (now.past[0].why, now.notice.matter, now.past[0].sessions) == (Why.REVOKED, Matter.REVOKED, (session,))
    assert box.memory.now.revoking == {}
    assert now.people[0].revoked is not None
    refused(Refusal.REVOKED, lambda: box.interlock.begin("p-017"))
    refused(Refusal.NO_CONSENT, lambda: box.interlock.revoke("p-099"))


def test_a_consent_withdrawn_in_a_pause_purges_without_a_camera(box: Box) -> None:
    session = box.watching().session
    box.interlock.pause()
    box.until_state(State.PAUSED)
    box.interlock.revoke()
    box.until(lambda now: len(box.launcher.daemons) == 2 and now.state is State.IDLE)
    task = box.daemon.orders[0]
    assert (task.do, task.patient, task.sessions) == (Do.REVOKE, "p-017", (session,))
    assert not box.now.camera_open


def test_a_purge_that_fails_is_tried_again_and_after_a_restart_too(tmp_path: Path) -> None:
    box = Box(tmp_path)
    session = box.watching().session
    box.interlock.end()
    box.until_state(State.IDLE)
    box.launcher.script = replace(QUICK, fails="The outbox is held by another process.")
    box.interlock.revoke("p-017")
    box.until(lambda now: len(box.launcher.daemons) >= 3)
    assert box.interlock.close(WAIT_S)
    box = Box(tmp_path)
    box.until(lambda now: now.state is State.IDLE and bool(box.launcher.daemons))
    assert [(order.do, order.sessions) for order in box.launcher.daemons[0].orders] == [(Do.REVOKE, (session,))]
    assert box.memory.now.revoking == {}
    box.interlock.close(WAIT_S)


def test_an_update_waits_for_the_session_and_a_session_for_the_update(box: Box) -> None:
    box.watching()
    refused(Refusal.BUSY, lambda: box.interlock.update("stick"))
    box.interlock.end()
    box.until_state(State.IDLE)
    box.interlock.update("stick")
    assert box.asked == ["stick"]
    box.updating = True
    box.interlock.tick()
    assert box.now.state is State.UPDATING
    for command in (lambda: box.interlock.begin("p-017"), box.interlock.frame, lambda: box.interlock.update("stick")):
        refused(Refusal.UPDATING, command)
    assert [report.state for report in box.interlock.probe()][-1] is Doing.ENDED
    box.updating = False
    box.interlock.begin("p-017")


def test_doctor_asks_the_daemon_and_a_session_goes_first(box: Box) -> None:
    found = [report.findings for report in box.interlock.examine() if report.findings]
    assert found == [[{"level": "ok", "what": "camera", "text": "1640 × 1232 at 10 a second"}]]
    assert box.now.state is State.IDLE
    box.watching()
    refused(Refusal.BUSY, box.interlock.examine)


def test_a_restarted_box_does_not_go_on_by_itself(tmp_path: Path) -> None:
    box = Box(tmp_path)
    session = box.watching().session
    box.interlock.close(WAIT_S)
    box = Box(tmp_path)
    now = box.now
    assert (now.state, now.camera_open, box.launcher.daemons) == (State.IDLE, False, [])
    assert (now.notice.matter, now.light) == (Matter.RESTARTED, Light.TROUBLE)
    assert [(past.why, past.sessions) for past in now.past] == [(Why.INTERRUPTED, (session,))]
    box.interlock.begin("p-017")
    assert box.until_state(State.WATCHING).light is Light.ON
    box.interlock.close(WAIT_S)


def test_closing_the_host_closes_the_camera(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.watching()
    assert box.interlock.close(WAIT_S)
    assert not box.now.camera_open
    assert len(box.launcher.daemons) == 1


def test_unattended_begins_without_a_person_and_again_after_the_limit(tmp_path: Path) -> None:
    box = Box(tmp_path, settings=HostSettings(unattended=True))
    box.updating = True
    box.interlock.begin_unattended(Beginning(UNNAMED, Consent(COVERS, "guardian", 1.0)))
    assert box.launcher.daemons == []
    box.updating = False  # a release has proved itself, and the host was started in the middle of that
    assert box.until_state(State.WATCHING).unattended
    box.clock.advance(91 * 60.0)
    box.until(lambda now: now.state is State.WATCHING and len(box.launcher.daemons) == 2)
    box.interlock.end()
    box.until_state(State.IDLE)
    box.interlock.tick()
    assert (box.now.state, len(box.launcher.daemons)) == (State.IDLE, 2)


def test_unattended_does_not_watch_who_has_withdrawn(box: Box) -> None:
    box.agreed()
    box.interlock.revoke("p-017")
    box.interlock.begin_unattended(Beginning("p-017"))
    assert (box.launcher.daemons, box.now.notice.matter) == ([], Matter.REFUSED)
    assert "withdrawn" in box.journal[-1]


def test_who_withdraws_in_an_unattended_session_is_not_watched_at_the_next_start(tmp_path: Path) -> None:
    beginning = Beginning("p-017", Consent(COVERS, "guardian", 1.0))
    box = Box(tmp_path)
    box.interlock.begin_unattended(beginning)
    box.until_state(State.WATCHING)
    box.interlock.revoke()
    box.until_state(State.IDLE)
    box.interlock.close(WAIT_S)
    box = Box(tmp_path)
    box.interlock.begin_unattended(beginning)
    assert (box.now.state, box.now.notice.matter, box.launcher.daemons) == (State.IDLE, Matter.REFUSED, [])


def test_a_doctor_may_think_for_longer_than_a_camera(box: Box) -> None:
    box.launcher.script = replace(QUICK, opening_s=60.0)
    reports = box.interlock.probe()
    assert next(reports).state is Doing.STARTING
    box.clock.advance(30.0)
    box.interlock.tick()
    assert (box.now.trouble, box.now.state) == (None, State.CHECKING)


def test_a_fault_that_nobody_foresaw_closes_the_camera_and_is_told(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.watching()
    look = box.interlock._core.showing.look
    broken = iter([True])

    def odd(*args: object) -> bool:
        if threading.current_thread().name == "camera-daemon" and next(broken, False):
            raise ZeroDivisionError
        return look(*args)

    monkeypatch.setattr(box.interlock._core.showing, "look", odd)
    box.until(lambda now: now.restarts == 1)
    assert "ZeroDivisionError" in " ".join(box.journal)
    box.until_state(State.WATCHING)


def test_systemd_that_has_not_noticed_the_last_end_is_asked_again_without_trouble(box: Box) -> None:
    box.launcher.script = replace(QUICK, deaf=True)
    box.agreed()
    box.interlock.begin("p-017")
    for script in (box.launcher.script, QUICK):
        box.until(lambda now: box.interlock._core.running.process is None)
        assert (box.now.trouble, box.now.restarts) == (None, 0)
        box.launcher.script = script
        box.clock.advance(0.25)
        box.interlock.tick()
    box.until_state(State.WATCHING)
    assert len(box.launcher.daemons) == 3


def test_who_is_always_turned_away_is_told(box: Box) -> None:
    box.launcher.script = replace(QUICK, deaf=True)
    box.agreed()
    box.interlock.begin("p-017")
    for _ in range(4):
        box.until(lambda now: box.interlock._core.running.process is None)
        box.clock.advance(0.25)
        box.interlock.tick()
    assert box.until(lambda now: now.trouble is not None).light is Light.TROUBLE
    assert any("ended without a word" in line for line in box.journal)


def test_marks_need_a_camera_that_watches_and_names_that_are_some(box: Box) -> None:
    box.watching()
    box.interlock.mark("here-1")
    box.interlock.stimulus("film-2")
    for name in ("Über", "a b", "x" * 41):
        refused(Refusal.NAME, lambda n=name: box.interlock.mark(n))
    refused(Refusal.NAME, lambda: box.interlock.stimulus(""))
    box.interlock.mark("")
    box.interlock.phase("")
    assert box.daemon.wait_for(Do.PHASE, WAIT_S)
    assert [(order.do, order.name) for order in box.daemon.orders[1:]] == [
        (Do.MARK, "here-1"),
        (Do.STIMULUS, "film-2"),
        (Do.MARK, ""),
        (Do.PHASE, ""),
    ]


def test_a_consent_that_is_changed_reaches_the_session(box: Box) -> None:
    box.watching()
    box.interlock.consent("p-017", ("expressions",), "guardian")
    assert box.daemon.wait_for(Do.CONSENT, WAIT_S)
    assert box.daemon.orders[-1].consent.covers == ("expressions",)
    assert box.now.consent.covers == ("expressions",)


def test_who_is_forgotten_leaves_nothing_here(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.watching()
    refused(Refusal.BUSY, lambda: box.interlock.forget("p-017"))
    box.interlock.prepare("p-017")
    box.interlock.end()
    box.until_state(State.IDLE)
    assert box.interlock.forget("p-017")
    assert not any(b"p-017" in file.read_bytes() for file in tmp_path.iterdir())
    assert not box.interlock.forget("p-017")
    box.interlock.close(WAIT_S)


def test_a_card_that_takes_nothing_refuses_consents_and_still_ends_sessions(tmp_path: Path) -> None:
    box = Box(tmp_path / "card")
    box.watching()
    for file in ("consents", "host"):
        (tmp_path / "card" / f"{file}.part").mkdir()
        (tmp_path / "card" / f"{file}.part" / "in the way").touch()
    refused(Refusal.NOT_KEPT, lambda: box.interlock.consent("p-018", COVERS, "patient"))
    box.interlock.revoke()
    now = box.until_state(State.IDLE)
    assert (now.camera_open, orders(box)[-1]) == (False, Do.REVOKE)
    assert now.light is Light.TROUBLE
    refused(Refusal.REVOKED, lambda: box.interlock.begin("p-017"))
    box.interlock.close(WAIT_S)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nobody is watched"),
        ("{", "nobody is watched"),
        ('{"consents": {"p-1": {}}}', "nobody is watched"),
        (
            '{"consents": {"p-1": {"covers": [], "by": "patient", "given": 1, "revoked": NaN}}}',
            "nobody is watched",
        ),
        ('{"consents": {}, "format": 2}', "another version"),
    ],
)
def test_consents_that_cannot_be_read_are_not_guessed(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "consents.json").write_text(text)
    box = Box(tmp_path)
    now = box.now
    assert (now.trouble.matter, now.light, now.people) == (Matter.DAMAGED, Light.TROUBLE, ())
    assert says in now.trouble.text
    for command in (lambda: box.interlock.begin("p-017"), box.agreed):
        with pytest.raises(InterlockError, match=says):
            command()
    assert (tmp_path / "consents.json").read_text() == text
    assert box.launcher.daemons == []


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9}', '{"open": 3}'])
def test_what_was_remembered_and_cannot_be_read_is_set_aside_and_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)
    box = Box(tmp_path)
    box.interlock.tick()
    assert (box.now.trouble.matter, box.now.light) == (Matter.DAMAGED, Light.TROUBLE)
    assert (tmp_path / "host.damaged").read_text() == text


def test_the_files_are_private_and_the_journal_names_nobody(tmp_path: Path) -> None:
    box = Box(tmp_path / "state")
    box.watching()
    box.interlock.end()
    box.until_state(State.IDLE)
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "state").iterdir()} == {0o600}
    assert json.loads((tmp_path / "state" / "consents.json").read_text())["consents"].keys() == {"p-017"}
    assert box.journal
    assert "p-017" not in " ".join(box.journal)
    box.interlock.close(WAIT_S)
