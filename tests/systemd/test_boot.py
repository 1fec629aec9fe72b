"""The units as they ship, in a systemd that really runs: a session begins, measures, fails, and is held again.

The test is the host process: it connects to the socket of sessions, and says what a person wants.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.contract.control import Do, Doing, Order
from device.contract.labels import ACTION_UNITS, EMOTIONS
from tests.systemd.box import Box, container_of
from tests.systemd.container import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())
HOST, DELIVER, SESSION = "affectbox-host.service", "affectbox-deliver.service", "affectbox-session.service"
SOCKET, MAINTENANCE = "affectbox-session.socket", "affectbox-maintenance.service"
FOLDER = Path(__file__).parents[2] / "systemd" / "units"
PERSON = "p-0042"
OF_THE_PERSON = {*EMOTIONS, *(unit.key for unit in ACTION_UNITS), *(unit.name for unit in ACTION_UNITS), PERSON}
WATCH = Order(Do.WATCH, 1, patient=PERSON)


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Box]:
    """A box that has booted, with a database of its own, and somebody quiet in the host process's place."""
    with container_of(tmp_path_factory.mktemp("box")) as container:
        box = Box(container, clip, 'pace = "realtime"')
        box.drop_in(HOST, "[Service]\nType=simple\nWatchdogSec=0\nExecStart=\nExecStart=sleep infinity\n")
        box.drop_in("affectbox-maintenance.timer", "[Timer]\nOnBootSec=\nOnBootSec=1h\n")
        box.drop_in(SESSION, "[Service]\nWatchdogSec=5\nTimeoutAbortSec=1\n")
        container.boot()
        yield box


@pytest.fixture
def box(booted: Box) -> Box:
    """The same, once nothing is left of the test before."""
    booted.until_active(DELIVER)
    return booted


def test_the_camera_process_is_there_only_for_a_connection(box: Box) -> None:
    assert box.container.try_("systemctl", "start", SESSION).returncode, "nobody starts it by hand"
    assert box.container.show(SESSION, "ActiveState") == "inactive"
    with box.session(Order(Do.FRAME, 1)) as session:
        session.until(lambda report: report.camera_open)
    box.until_gone()


def test_a_release_that_does_not_run_closes_no_door(box: Box) -> None:
    with box.broken_release():
        for _ in range(5):
            with box.session(WATCH) as session:
                assert session.is_gone()
        box.until_gone()
    assert box.container.show(SOCKET, "SubState") == "listening"


def test_whatever_ends_a_daemon_the_next_one_works(box: Box) -> None:
    """It hangs, it is killed, the host process is killed; each session begins where the one before ended so."""
    for signal, unit, result in (
        ("STOP", SESSION, "watchdog"),
        ("KILL", SESSION, "signal"),
        ("KILL", HOST, "success"),
    ):
        with box.session(WATCH) as session:
            session.until(lambda report: report.recorded >= 1)
            box.container.run("systemctl", "kill", f"--signal={signal}", unit)
            assert session.is_gone()
        box.until_gone()
        assert box.container.show(SESSION, "Result") == result
        box.until_active(HOST)
        box.until_active(DELIVER)


def test_a_session_measures_and_its_records_arrive_and_the_journal_says_nothing_of_it(box: Box) -> None:
    with box.session(WATCH) as session:
        session.until(lambda report: report.measured >= 5)
        assert box.is_active(SESSION)
        assert not box.is_active(DELIVER), "two do not hold the outbox"
        assert re.fullmatch(r"watching; frames so far: \d+", box.container.show(SESSION, "StatusText"))
        box.container.run("systemctl", "start", MAINTENANCE)
        assert box.container.show(MAINTENANCE, "Result") == "exec-condition", "not now"
        session.say(Order(Do.END, 1))
        assert session.until(lambda report: report.state is Doing.ENDED).why == "stopped"
    box.until_active(DELIVER)
    box.container.until(lambda: any(record["status"] == "measured" for record in box.records()), "records arrive")
    said = box.container.journal()
    assert "Affectbox: camera and networks" in said, "the units' own lines are there"
    assert [word for word in OF_THE_PERSON if re.search(rf"\b{re.escape(word)}\b", said, re.IGNORECASE)] == []


def test_maintenance_takes_its_turn_between_sessions(box: Box) -> None:
    box.container.run("systemctl", "start", MAINTENANCE)
    assert "Models: 4 are as they were signed." in box.container.journal(MAINTENANCE)
    box.until_active(DELIVER)


def test_the_sandbox_lets_the_clock_be_asked_and_not_set(box: Box) -> None:
    """A question that is not allowed would make every record's time count as not known."""
    lines = (FOLDER / SESSION).read_text().splitlines()
    may = [line for line in lines if line.startswith(("SystemCall", "Capability", "Protect", "Restrict", "NoNew"))]
    ask = "import ctypes; c = ctypes.CDLL(None); t = ctypes.create_string_buffer(256); a = c.adjtimex(t); "
    ask += "b = c.clock_settime(0, (ctypes.c_long * 2)(10**9, 0)); print('asked', a >= 0, 'set', b == 0)"
    command = ["systemd-run", "--quiet", "--wait", "--pipe", *(f"--property={line}" for line in may)]
    assert box.container.run(*command, *box.python, "-c", ask) == "asked True set False\n"
