"""Every launcher keeps the same promises: a process for a connection, and no process without one."""

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from device.contract.control import VERSION, Do, Doing, Order, Report
from device.contract.errors import DataError
from device.host.launcher import ChildLauncher, Connection, Launcher, LaunchError, SocketLauncher
from device.host.scripted import Script, ScriptedDaemon, ScriptedLauncher

QUICK = Script(opening_s=0.01, closing_s=0.0, every_s=0.01)
SCRIPTED = [sys.executable, "-m", "device.host.scripted", "--every", "0.01"]
Made = Callable[[Path, ExitStack], Launcher]


def scripted(folder: Path, stack: ExitStack) -> Launcher:
    return ScriptedLauncher(QUICK)


def child(folder: Path, stack: ExitStack) -> Launcher:
    return ChildLauncher(SCRIPTED)


def by_socket(folder: Path, stack: ExitStack) -> Launcher:
    """A listening socket as systemd has it: who connects gets a daemon of their own."""
    path = folder / "s"
    listening = stack.enter_context(socket.socket(socket.AF_UNIX))
    listening.bind(os.fspath(path))
    listening.listen()

    def serve() -> None:
        while True:
            try:
                stream, _ = listening.accept()
            except OSError:
                return
            ScriptedDaemon(stream, QUICK).serve()

    threading.Thread(target=serve, daemon=True).start()
    stack.callback(listening.shutdown, socket.SHUT_RDWR)
    return SocketLauncher(path)


@pytest.fixture(params=[scripted, child, by_socket], ids=["scripted", "child", "socket"])
def launcher(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Launcher]:
    with ExitStack() as stack:
        made: Launcher = request.param(tmp_path, stack)
        stack.callback(made.close)
        yield made


def heard(connection: Connection) -> Iterator[Report]:
    while (report := connection.hear()) is not None:
        yield report


def watching(launcher: Launcher) -> Connection:
    """A daemon that watches."""
    connection = launcher.launch()
    connection.say(Order(Do.WATCH, VERSION))
    assert next(report for report in heard(connection) if report.state is Doing.WATCHING).camera_open
    return connection


def test_a_daemon_does_its_task_until_it_is_told_to_end_and_is_gone(launcher: Launcher) -> None:
    connection = watching(launcher)
    connection.say(Order(Do.PAUSE, VERSION))
    *_, last = heard(connection)
    assert (last.state, last.why, last.camera_open) == (Doing.ENDED, "paused", False)
    assert connection.hear() is None
    connection.close()


def test_who_is_hung_up_on_closes_the_camera_and_still_says_so(launcher: Launcher) -> None:
    connection = watching(launcher)
    connection.hang_up()
    *_, last = heard(connection)
    assert (last.state, last.camera_open) == (Doing.ENDED, False)
    connection.say(Order(Do.END, VERSION))  # nobody hears it, and nothing happens
    connection.close()


def test_one_daemon_after_another(launcher: Launcher) -> None:
    sessions = set()
    for _ in range(2):
        connection = watching(launcher)
        connection.say(Order(Do.END, VERSION))
        sessions |= {report.session for report in heard(connection)}
        connection.close()
        launcher.rest()
    assert len(sessions) == 2


def test_a_daemon_without_a_task_ends_when_it_is_hung_up_on(launcher: Launcher) -> None:
    connection = launcher.launch()
    connection.hang_up()
    assert connection.hear() is None
    connection.close()


def test_a_child_that_does_not_listen_is_killed() -> None:
    code = "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"
    launcher = ChildLauncher([sys.executable, "-c", code])
    connection = launcher.launch()
    connection.kill()
    assert connection.hear() is None
    connection.close()


def test_what_delivers_between_tasks_is_gone_before_the_next(tmp_path: Path) -> None:
    code = (
        "import pathlib, signal, sys; note = pathlib.Path(sys.argv[1])\n"
        "signal.signal(15, lambda *_: (note.write_text('gone'), sys.exit()))\n"
        "note.with_suffix('.up').touch(); signal.pause()"
    )
    note = tmp_path / "note"
    os.mkfifo(note.with_suffix(".up"))  # opening it waits for the other side
    between = [sys.executable, "-c", code.replace("touch()", "write_text('up')"), str(note)]
    launcher = ChildLauncher(SCRIPTED, between)
    launcher.rest()
    launcher.rest()
    assert note.with_suffix(".up").read_text() == "up"
    connection = launcher.launch()
    assert note.read_text() == "gone"
    connection.hang_up()
    connection.hear()
    connection.close()
    launcher.close()


@pytest.mark.parametrize(
    ("launcher", "says"),
    [
        (SocketLauncher(Path("/nowhere/s")), "systemctl status affectbox-session.socket"),
        (ChildLauncher(["/nowhere/affectbox"]), "cannot be started"),
        (ScriptedLauncher(Script(refused="No more.")), "No more"),
    ],
    ids=["socket", "child", "scripted"],
)
def test_a_daemon_that_cannot_be_started_is_told_in_a_sentence(launcher: Launcher, says: str) -> None:
    with pytest.raises(LaunchError, match=says):
        launcher.launch()


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    launcher = ChildLauncher(
        [sys.executable, "-c", "import os, sys; os.write(int(sys.argv[-1]), b'hello\\n')"],
    )
    connection = launcher.launch()
    with pytest.raises(DataError):
        connection.hear()
    assert connection.hear() is None
    connection.close()
