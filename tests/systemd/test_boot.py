"""The units as they ship, in a systemd that really runs: a session begins, measures, fails, and is held again.

Some tests take the host process's place: they connect to the socket of sessions, and say what a person wants.
"""

import json
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
#: While this is there, maintenance takes long.
SLOW = "/run/affectbox/slow"
STATUS = "/run/affectbox/status.json"
FOLDER = Path(__file__).parents[2] / "systemd" / "units"
PERSON = "p-0042"
OF_THE_PERSON = {*EMOTIONS, *(unit.key for unit in ACTION_UNITS), *(unit.name for unit in ACTION_UNITS), PERSON}
#: Opens the page, presses 'Set up the camera', waits until a face is drawn, and ends it.
PRESS = """
import json, urllib.request as u
PAGE = "http://127.0.0.1:8080"
def press(do):
    headers = {"Origin": PAGE, "Content-Type": "application/json"}
    u.urlopen(u.Request(PAGE + "/do", json.dumps({"do": do}).encode(), headers), timeout=30).read()
assert b'id="session"' in u.urlopen(PAGE, timeout=30).read()
press("frame")
for line in u.urlopen(PAGE + "/events", timeout=30):
    if line.startswith(b'data: {"life"') and (json.loads(line[6:])["view"] or {}).get("outline"):
        break
press("end")
print("a face is drawn")
"""
#: What Prometheus reads, as soon as the daemon's figures are in it.
SCRAPE = """
import time, urllib.request as u
until_s, said = time.monotonic() + 60, ""
while "affectbox_frames_processed_total" not in said and time.monotonic() < until_s:
    said = u.urlopen("http://127.0.0.1:9464/metrics", timeout=30).read().decode()
    time.sleep(0.2)
print(said)
"""
#: Asks for a person's erasure until there is the proof, as whoever brings a request does.
ERASE = f"""
import json, socket, time
question, answer = {{"do": "erase", "patient": "{PERSON}", "name": "k1700000000000-abc123"}}, {{}}
until_s = time.monotonic() + 60
while not answer.get("erased") and time.monotonic() < until_s:
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect("/run/affectbox/control.sock")
        stream.sendall(json.dumps(question).encode() + b"\\n")
        answer = json.loads(stream.makefile("rb").readline())
    time.sleep(0.2)
print(json.dumps(answer["erased"]))
"""
WATCH = Order(Do.WATCH, 1, patient=PERSON)


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Box]:
    """A box that has booted, with a database of its own."""
    with container_of(tmp_path_factory.mktemp("box")) as container:
        box = Box(container, clip)
        box.drop_in("affectbox-maintenance.timer", "[Timer]\nOnBootSec=\nOnBootSec=1h\n")
        run = "/opt/affectbox/current/bin/affectbox maintain --config /etc/affectbox/config.toml"
        slowly = f"sh -c '{run}; while [ -e {SLOW} ]; do sleep 0.1; done'"
        box.drop_in(MAINTENANCE, f"[Service]\nExecStart=\nExecStart={slowly}\n")
        box.drop_in(SESSION, "[Service]\nWatchdogSec=5\nTimeoutAbortSec=1\n")
        container.path("/etc/credstore").mkdir(mode=0o700, exist_ok=True)
        container.path("/etc/credstore/affectbox-page").write_text("the hash of a pass-phrase")
        container.boot()
        yield box


@pytest.fixture
def box(booted: Box) -> Box:
    """The same, once nothing is left of the test before."""
    booted.until_active(DELIVER)
    return booted


def test_the_camera_process_is_there_only_for_a_connection_of_the_host_process(box: Box) -> None:
    assert box.container.try_("systemctl", "start", SESSION).returncode, "nobody starts it by hand"
    assert box.container.show(SESSION, "ActiveState") == "inactive"
    with box.session(Order(Do.FRAME, 1)) as session:
        session.until(lambda report: report.camera_open)
        box.container.run("systemctl", "kill", "--signal=KILL", HOST)
        assert session.is_gone(), "though this connection, of the test, stands"
    box.until_gone()
    assert box.container.show(SESSION, "Result") == "success", "in order"
    box.until_active(HOST)


def test_a_release_that_does_not_run_closes_no_door(box: Box) -> None:
    with box.broken_release():
        for _ in range(5):
            with box.session(WATCH) as session:
                assert session.is_gone()
        box.until_gone()
    assert box.container.show(SOCKET, "SubState") == "listening"


def test_a_daemon_that_is_killed_leaves_the_door_open(box: Box) -> None:
    """The next test goes through it."""
    with box.session(WATCH) as session:
        session.until(lambda report: report.recorded >= 1)
        box.container.run("systemctl", "kill", "--signal=KILL", SESSION)
        assert session.is_gone()
    box.until_gone()
    assert box.container.show(SESSION, "Result") == "signal"
    assert box.container.show(SOCKET, "SubState") == "listening"


def test_a_person_begins_a_session_it_hangs_goes_on_and_its_records_arrive(box: Box) -> None:
    """From consent to database by what ships alone; what is kept and told on the way says nothing of the person."""
    box.ask("consent", PERSON, "--covers", "expressions,units", "--by", "patient")
    box.ask("begin", PERSON)
    box.until_status("watching", camera=True)
    assert not box.is_active(DELIVER), "two do not hold the outbox"
    box.container.run("systemctl", "start", MAINTENANCE)
    assert box.container.show(MAINTENANCE, "ConditionResult") == "no", "not now"
    assert not box.is_active(DELIVER)

    box.container.run("systemctl", "kill", "--signal=STOP", SESSION)
    box.until_status("watching", camera=True, restarts=1)
    assert "watchdog" in box.container.journal(SESSION)
    box.container.until(lambda: any(record["status"] == "measured" for record in box.records()), "records arrive")
    assert re.fullmatch(r"watching; frames so far: \d+", box.container.show(SESSION, "StatusText"))
    told = [box.container.path(STATUS).read_text(), box.container.show(HOST, "StatusText")]
    scraped = box.container.run(*box.python, "-c", SCRAPE)
    assert ('affectbox_state{state="watching"} 1' in scraped, "affectbox_daemon_up 1" in scraped) == (True, True)
    assert "affectbox_frames_processed_total" in scraped, "the sandbox of the session lets figures out"
    told.append(re.sub(r'(emotions|action_units)="[^"]*"', "", scraped))  # the names of the models

    box.ask("end")
    box.until_status("idle", camera=False)
    box.until_active(DELIVER)
    said = box.container.journal()
    assert "Affectbox: camera and networks" in said, "the units' own lines are there"
    for text in (said, *told):
        assert [word for word in OF_THE_PERSON if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)] == []


def test_a_person_is_erased_by_what_ships_alone(box: Box) -> None:
    """After the session of the test before: the sandbox lets the daemon erase all that the units keep."""
    box.ask("consent", PERSON, "--covers", "expressions,units", "--by", "patient")
    kept = box.container.path("/var/lib/affectbox")

    def holds() -> bool:
        return any(PERSON.encode() in file.read_bytes() for file in kept.rglob("*") if file.is_file())

    assert holds()
    proof = json.loads(box.container.run(*box.python, "-c", ERASE))
    assert (proof["consent"], "left" in proof) == (True, False)
    assert not holds()
    box.until_gone()
    box.until_active(DELIVER)


def test_a_person_presses_the_page_which_the_sandbox_lets_serve(box: Box) -> None:
    assert box.container.run(*box.python, "-c", PRESS) == "a face is drawn\n"
    box.until_gone()
    assert box.container.run("cat", f"/run/credentials/{HOST}/affectbox-page") == "the hash of a pass-phrase"
    box.until_active(DELIVER)


def test_doctor_sees_through_the_sandbox_all_that_a_session_needs(box: Box) -> None:
    with box.session(Order(Do.EXAMINE, 1)) as session:
        assert session.until(lambda report: report.state is Doing.ENDED).why == "finished"
    said = [finding for report in session.heard for finding in report.findings or ()]
    found = {finding["what"]: finding for finding in said}
    assert [finding for finding in said if finding["level"] == "fail"] == []
    assert found["face"]["level"] == found["sink"]["level"] == "ok"
    assert {"account", "models", "outbox", "network", "room", "card", "clock"} <= found.keys()
    box.until_gone()


def test_maintenance_takes_its_turn_between_sessions_and_makes_way_for_one(box: Box) -> None:
    box.container.run("systemctl", "start", MAINTENANCE)
    assert "Models: 4 are as they were signed." in box.container.journal(MAINTENANCE)
    box.until_active(DELIVER)

    box.container.path(SLOW).touch()
    box.container.run("systemctl", "start", "--no-block", MAINTENANCE)
    box.container.until(lambda: box.container.show(MAINTENANCE, "SubState") == "start", "it is at work")
    with box.session(WATCH) as session:
        session.until(lambda report: report.recorded >= 1)
        ended = ("inactive", "failed")
        box.container.until(lambda: box.container.show(MAINTENANCE, "ActiveState") in ended, "it has made way", 20.0)
        assert box.container.show(DELIVER, "ActiveState") == "inactive", "nor does this try again and again"


def test_the_sandbox_lets_the_clock_be_asked_and_not_set(box: Box) -> None:
    """A question that is not allowed would make every record's time count as not known."""
    lines = (FOLDER / SESSION).read_text().splitlines()
    may = [line for line in lines if line.startswith(("SystemCall", "Capability", "Protect", "Restrict", "NoNew"))]
    ask = "import ctypes; c = ctypes.CDLL(None); t = ctypes.create_string_buffer(256); a = c.adjtimex(t); "
    ask += "b = c.clock_settime(0, (ctypes.c_long * 2)(10**9, 0)); print('asked', a >= 0, 'set', b == 0)"
    command = ["systemd-run", "--quiet", "--wait", "--pipe", *(f"--property={line}" for line in may)]
    assert box.container.run(*command, *box.python, "-c", ask) == "asked True set False\n"


def test_systemd_has_taken_on_what_the_box_asks_of_it(box: Box) -> None:
    assert box.container.run("systemctl", "show", "--value", "--property=RuntimeWatchdogUSec").strip() == "14s"
    journal = box.container.run("systemd-analyze", "cat-config", "systemd/journald.conf")
    assert "SystemMaxUse=64M" in journal
    members = box.container.run("id", "-nG", "affectbox").split()
    assert {"video", "render", "gpio"} <= set(members)
    assert box.container.run("stat", "-c", "%a %U", "/run/affectbox", "/var/lib/affectbox").split("\n")[:2] == [
        "750 affectbox",
        "700 affectbox",
    ]
    assert box.container.show("affectbox-maintenance.timer", "ActiveState") == "active"
