"""The host process as a program: `affectbox host`, and `affectbox session` beside it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from device.cli import main
from device.clock import SystemClock
from device.config import load_settings
from device.contract.control import LONGEST_LINE, Do
from device.contract.errors import ConfigError, InterlockError, UpdateError
from device.contract.fields import check
from device.contract.status import FIELDS, FILE, LIGHTS, STATES
from device.host.asking import AnsweredError, answers, ask
from device.host.desk import Desk
from device.host.hosting import Hosting, launcher_of
from device.host.lamp import NoLamp
from device.host.launcher import ChildLauncher, SocketLauncher
from device.host.scripted import ScriptedLauncher
from device.host.status import Status, told
from device.host.updates import ask as ask_update
from device.host.view import Light, Matter, State
from device.settings import HostSettings, Settings
from device.state import state_folder
from tests.device.host.box import QUICK, WAIT_S, Box


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short enough for the name of a socket."""
    return tmp_path_factory.mktemp("h")


@pytest.fixture
def settings(folder: Path) -> Settings:
    return load_settings(None, [f"host.folder={folder}", "device.id=room-3", "page.address=", "metrics.listen="])


@pytest.fixture
def box(tmp_path: Path, folder: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    with Desk(folder, made.interlock):
        yield made
    assert made.interlock.close(WAIT_S)


def command(folder: Path, *words: str) -> int:
    return main(["session", *words, "--set", f"host.folder={folder}"])


def test_a_session_by_the_command_line(box: Box, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agreed = ["consent", "p-017", "--covers", "expressions, units", "--by", "guardian", "--until", "2099-01-31"]
    assert command(folder, *agreed) == 0
    assert command(folder, "prepare", "p-017") == 0
    assert command(folder, "begin") == 0
    box.until_state(State.WATCHING)
    assert command(folder, "mark", "here-1") == 0
    assert command(folder, "phase", "baseline") == 0
    assert box.daemon.wait_for(Do.PHASE, WAIT_S)
    capsys.readouterr()
    assert command(folder, "status") == 0
    out = capsys.readouterr().out
    assert "State        watching, camera OPEN, lamp on" in out
    assert "of p-017" in out
    assert "expressions, units, by guardian" in out
    assert command(folder, "pause") == 0
    box.until_state(State.PAUSED)
    assert command(folder, "resume") == 0
    box.until_state(State.WATCHING)
    assert command(folder, "revoke") == 0
    box.until_state(State.IDLE)
    capsys.readouterr()
    assert command(folder, "status", "--json") == 0
    now = json.loads(capsys.readouterr().out)
    assert (now["state"], now["camera_open"], now["past"][0]["why"]) == ("idle", False, "revoked")


def test_what_is_refused_is_one_sentence_and_an_exit_code(
    box: Box, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(folder, "begin", "p-017") == InterlockError.exit_code
    assert capsys.readouterr().err.startswith("affectbox: No consent of this person")
    assert command(folder, "begin", "Maria") == InterlockError.exit_code
    assert "looks like a name" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["consent"],
        ["consent", "p-017"],
        ["consent", "p-017", "--covers", "units"],
        ["mark"],
        ["pause", "p-017"],
        ["begin", "p-017", "--by", "patient"],
    ],
)
def test_a_wrong_use_is_told_before_anything_is_asked(folder: Path, words: list[str]) -> None:
    assert command(folder, *words) == ConfigError.exit_code


def test_without_a_host_process_it_is_said_how_to_start_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(folder, "status") == InterlockError.exit_code
    assert "systemctl start affectbox-host" in capsys.readouterr().err


def test_the_code_of_a_refusal_comes_with_it(box: Box, settings: Settings) -> None:
    with pytest.raises(AnsweredError) as caught:
        ask(settings.host, {"do": "pause"})
    assert caught.value.code == "idle"


def test_doctor_and_update_are_told_what_goes_on(box: Box, settings: Settings) -> None:
    *reports, last = answers(settings.host, {"do": "probe"}, WAIT_S)
    assert [said["report"]["state"] for said in reports][-1] == "ended"
    assert last["ok"]
    *reports, last = answers(settings.host, {"do": "examine"}, WAIT_S)
    assert last["findings"][0]["what"] == "camera"
    assert ask(settings.host, {"do": "update", "from": "stick"})["state"] == "idle"
    assert box.asked == ["stick"]


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"[]\n", b'{"do": 1}\n', b'{"do": "x", "y": 1}\n', b'{"do": "x"}\n', b"{" * LONGEST_LINE]
)
def test_nonsense_is_answered_and_changes_nothing(box: Box, folder: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(os.fspath(folder / "control.sock"))
        stream.sendall(line)
        stream.shutdown(socket.SHUT_WR)
        answer = json.loads(stream.makefile("rb").readline())
    assert answer["ok"] is False
    assert answer["text"].endswith(".")
    assert box.now.state is State.IDLE


def test_the_journal_says_whence_a_command_came_in_words_of_its_own(box: Box, settings: Settings) -> None:
    box.watching()
    ask(settings.host, {"do": "pause", "by": "p-017\naffectbox: all is well"})
    ask(settings.host, {"do": "end", "by": "afar"})
    assert box.journal[1:3] == ["The session was paused (command).", "The session was ended (afar)."]


def test_many_who_say_nothing_do_not_keep_others_out(
    box: Box, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.host.desk._ASKS_S", 0.1)
    with ExitStack() as stack:
        for _ in range(12):
            stream = stack.enter_context(socket.socket(socket.AF_UNIX))
            stream.connect(os.fspath(folder / "control.sock"))
        assert ask(settings.host, {"do": "status"}, WAIT_S)["ok"]


def test_who_is_forgotten_is_erased_from_the_host_too(
    box: Box, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget = ["forget", "p-017", "--set", f"host.folder={folder}"]
    box.watching()
    assert main(forget) == InterlockError.exit_code
    box.interlock.end()
    box.until_state(State.IDLE)
    assert main(forget) == 0
    assert "Consent and last sessions: erased." in capsys.readouterr().out
    assert not any(b"p-017" in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_who_is_forgotten_is_erased_where_no_host_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = state_folder()
    box = Box(state)
    box.watching()
    box.interlock.close(WAIT_S)
    forget = ["forget", "p-017", "--set", f"host.folder={folder}"]
    assert main(forget) == 0
    assert "Consent and last sessions: erased." in capsys.readouterr().out
    assert not any(b"p-017" in file.read_bytes() for file in state.iterdir() if file.is_file())
    assert main(forget) == 0
    assert "Consent and last sessions: none were kept." in capsys.readouterr().out


def test_the_socket_is_for_the_group_alone_and_there_is_one_host(box: Box, folder: Path) -> None:
    assert (folder / "control.sock").stat().st_mode & 0o777 == 0o660
    with pytest.raises(InterlockError, match="running on this machine already"):
        Desk(folder, box.interlock)


def test_a_socket_left_by_a_power_cut_is_no_host(folder: Path, tmp_path: Path, settings: Settings) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(folder / "control.sock"))
    box = Box(tmp_path)
    with Desk(folder, box.interlock):
        assert ask(settings.host, {"do": "status"})["ok"]


def test_the_status_holds_nothing_clinical_and_no_pseudonym(tmp_path: Path, folder: Path) -> None:
    box = Box(tmp_path)
    status = Status(folder, "room-3", box.clock)
    now = box.watching()
    status.show(now)
    text = (folder / FILE).read_text()
    found = json.loads(text)
    check(found, FIELDS, "status")
    assert (found["state"], found["camera"], found["lamp"]) == ("watching", True, "on")
    for secret in ("p-017", "expressions", "outline", "emotions", now.session):
        assert secret not in text + told(now)
    assert (folder / FILE).stat().st_mode & 0o777 == 0o640
    status.close()
    assert not (folder / FILE).exists()
    box.interlock.close(WAIT_S)


def test_the_status_is_written_once_a_second_at_most(tmp_path: Path, folder: Path) -> None:
    box = Box(tmp_path)
    status = Status(folder, "room-3", box.clock)
    status.show(box.now)
    box.interlock.frame()
    status.show(box.now)
    assert json.loads((folder / FILE).read_text())["state"] == "idle"
    box.clock.advance(1.0)
    status.show(box.now)
    assert json.loads((folder / FILE).read_text())["state"] == "framing"
    box.interlock.close(WAIT_S)


def test_the_status_knows_every_state_and_light() -> None:
    assert (*State,) == STATES
    assert (*Light,) == LIGHTS


def test_the_process_tells_systemd_and_shows_the_lamp(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(WAIT_S)
        systemd.bind(os.fspath(folder / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(folder / "notify"))
        stop = threading.Event()
        with Hosting(settings, SystemClock(), ScriptedLauncher(QUICK)) as hosting:
            running = threading.Thread(target=hosting.run, args=(stop,))
            running.start()
            said = [systemd.recv(4096).decode() for _ in range(3)]
            assert (said[0], sorted(said[1:])) == ("READY=1", ["STATUS=idle", "WATCHDOG=1"])
            ask(settings.host, {"do": "consent", "patient": "p-017", "covers": ["units"], "by": "patient"})
            ask(settings.host, {"do": "begin", "patient": "p-017"})
            while "STATUS=watching" not in (text := systemd.recv(4096).decode()):
                pass
            assert "p-017" not in text
            while hosting.lamp.shown[-1] is not Light.ON:
                systemd.recv(4096)
            stop.set()
            running.join(WAIT_S)
        assert hosting.lamp.shown[-1] is Light.OFF
    assert not (folder / "control.sock").exists()


def test_the_lamp_goes_out_after_the_camera(settings: Settings, folder: Path) -> None:
    class Last(NoLamp):
        def close(self) -> None:
            seen.append(hosting.interlock.snapshot().camera_open)

    seen: list[bool] = []
    with Hosting(settings, SystemClock(), ScriptedLauncher(QUICK)) as hosting:
        hosting.lamp = Last()
        ask(settings.host, {"do": "consent", "patient": "p-017", "covers": ["units"], "by": "patient"})
        ask(settings.host, {"do": "begin", "patient": "p-017"})
        now = hosting.interlock.snapshot()
        while not now.camera_open:
            hosting.interlock.tick()
            now = hosting.interlock.wait(now.number, WAIT_S)
    assert seen == [False]


def test_where_the_page_is_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Hosting(
        load_settings(None, [f"host.folder={folder}", "page.port=0"]), SystemClock(), ScriptedLauncher(QUICK)
    ):
        (address,) = re.findall(r"The box's page is at (http://127\.0\.0\.1:[0-9]+/)\n", capsys.readouterr().err)
        assert httpx.get(address).status_code == 200


def test_a_lamp_that_cannot_be_used_is_shown_and_the_box_goes_on(settings: Settings, folder: Path) -> None:
    pins = load_settings(
        None, [f"host.folder={folder}", "page.address=", "metrics.listen=", "host.lamp_pin=17", "host.button_pin=27"]
    )
    with Hosting(pins, SystemClock(), ScriptedLauncher(QUICK)) as hosting:
        hosting.interlock.tick()
        now = hosting.interlock.snapshot()
        assert (now.trouble.matter, now.lamp) == (Matter.LAMP, False)
        assert now.trouble.text.startswith("The lamp at GPIO 17 cannot be used")


def test_unattended_begins_by_itself_and_shows_it(folder: Path) -> None:
    text = [
        "host.unattended=true",
        f"host.folder={folder}",
        "session.consent=['units']",
        "session.consent_by=guardian",
    ]
    stop = threading.Event()
    with Hosting(load_settings(None, text), SystemClock(), ScriptedLauncher(QUICK)) as hosting:
        running = threading.Thread(target=hosting.run, args=(stop,))
        running.start()
        now = hosting.interlock.snapshot()
        while now.state is not State.WATCHING:
            now = hosting.interlock.wait(now.number, WAIT_S)
        assert now.unattended
        assert "unattended" in told(now)
        stop.set()
        running.join(WAIT_S)


def test_how_the_daemon_is_started(folder: Path, settings: Settings) -> None:
    assert isinstance(launcher_of(settings), ChildLauncher)
    (folder / "session.sock").touch()
    assert isinstance(launcher_of(settings), SocketLauncher)
    child = load_settings(None, [f"host.folder={folder}", "host.launcher=child"])
    assert isinstance(launcher_of(child), ChildLauncher)


def test_the_host_loads_no_network_no_camera_and_is_small() -> None:
    code = (
        "import device.host.hosting, device.host.scripted, gpiozero, sys; from device.host.status import resident_mb;"
        "print(*sys.modules); print(resident_mb())"
    )
    loaded, resident = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert set(loaded.split()) & {"numpy", "cv2", "ai_edge_litert", "PIL", "sqlite3", "ssl", "nacl"} == set()
    assert float(resident) < 40


def test_the_program_runs_until_it_is_told_to_stop(folder: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(WAIT_S)
        systemd.bind(os.fspath(tmp_path / "notify"))
        environment = os.environ | {"NOTIFY_SOCKET": os.fspath(tmp_path / "notify")}
        options = ["--set", f"host.folder={folder}", "--set", "page.address=", "--set", "metrics.listen="]
        process = subprocess.Popen([sys.executable, "-m", "device", "host", *options], env=environment)
        try:
            assert systemd.recv(4096) == b"READY=1"
            assert ask(HostSettings(folder=str(folder)), {"do": "status"})["now"]["state"] == "idle"
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0
            assert list(folder.iterdir()) == []
        finally:
            process.kill()
            process.wait()


def test_an_update_comes_from_where_the_updater_looks() -> None:
    with pytest.raises(UpdateError, match="'stick', 'network'"):
        ask_update("http://example.org/release.tar")
