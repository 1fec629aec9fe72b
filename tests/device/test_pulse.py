"""What systemd hears of a session: silence unless new frames were processed."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.clock import FakeClock
from device.service.pulse import FRESH_S, Pulse
from device.stages.frame import Frame


class Systemd:
    """Its end of the socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """What was sent since it was last asked."""
        said = []
        while True:
            try:
                said.append(self._socket.recv(1000).decode())
            except BlockingIOError:
                return said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    listener = Systemd(tmp_path / "notify")
    yield listener
    listener.close()


def frame(captured_s: float) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), 0, captured_s)


def test_it_is_ready_with_the_first_frame_and_not_before(systemd: Systemd) -> None:
    pulse = Pulse(FakeClock())
    pulse.beat()
    assert systemd.heard() == []
    pulse.seen(frame(1.0))
    assert systemd.heard() == ["READY=1"]
    pulse.seen(frame(1.1))
    assert systemd.heard() == []


def test_it_is_alive_while_new_frames_are_processed(systemd: Systemd) -> None:
    clock = FakeClock()
    pulse = Pulse(clock)
    for _ in range(3):
        clock.advance(FRESH_S)
        pulse.seen(frame(clock.monotonic()))
        systemd.heard()
        pulse.beat()
        assert "WATCHDOG=1" in systemd.heard()


def test_a_camera_that_froze_is_not_alive(systemd: Systemd) -> None:
    clock = FakeClock()
    pulse = Pulse(clock)
    pulse.seen(frame(1.0))
    for _ in range(int(FRESH_S) + 1):  # the last picture, again and again
        clock.advance(1.0)
        pulse.seen(frame(1.0))
    systemd.heard()
    pulse.beat()
    assert systemd.heard() == []
    pulse.seen(frame(clock.monotonic()))
    pulse.beat()
    assert "WATCHDOG=1" in systemd.heard()


def test_status_says_how_the_box_does_and_nothing_of_the_person(systemd: Systemd) -> None:
    pulse = Pulse(FakeClock())
    pulse.seen(frame(1.0))
    pulse.beat()
    pulse.beat()
    assert [said for said in systemd.heard() if said.startswith("STATUS=")] == ["STATUS=watching; frames so far: 1"]
