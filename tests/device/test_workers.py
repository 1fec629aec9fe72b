"""Mailbox, workers, supervision and the word to systemd."""

import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from device.clock import FakeClock, SystemClock
from device.contract.errors import SourceError, StalledError
from device.mailbox import Mailbox
from device.notify import notify
from device.stages.frame import Frame
from device.worker import Worker

WAIT_S = 20.0


def frame(index: int) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), index, float(index))


def test_in_real_time_the_newest_frame_wins_and_the_loss_is_counted() -> None:
    mailbox = Mailbox(newest_wins=True)
    for index in range(4):
        assert mailbox.put(frame(index), 0)
    taken = mailbox.take(0)
    assert taken is not None
    assert (taken.index, taken.dropped) == (3, 3)
    mailbox.put(frame(4), 0)
    assert mailbox.take(0).dropped == 0  # type: ignore[union-attr]


def test_otherwise_every_frame_is_waited_for() -> None:
    mailbox = Mailbox(newest_wins=False)
    assert mailbox.put(frame(0), 0)
    assert not mailbox.put(frame(1), 0)
    producer = threading.Thread(target=lambda: mailbox.put(frame(1), WAIT_S))
    producer.start()
    assert mailbox.take(0).index == 0  # type: ignore[union-attr]
    assert mailbox.take(WAIT_S).index == 1  # type: ignore[union-attr]
    producer.join(WAIT_S)


def test_the_last_frame_can_be_taken_after_closing() -> None:
    mailbox = Mailbox(newest_wins=True)
    mailbox.put(frame(0), 0)
    mailbox.close()
    assert not mailbox.finished
    assert mailbox.take(0) is not None
    assert mailbox.finished
    assert mailbox.take(WAIT_S) is None


def run_to_end(worker: Worker) -> None:
    worker.start()
    worker._thread.join(WAIT_S)
    assert not worker.alive


def test_a_worker_ends_when_there_is_nothing_more_and_cleans_up() -> None:
    left, done = [3, 2, 1], []
    worker = Worker("test", lambda: 0.0 if left.pop() < 3 else None, SystemClock(), 1, lambda: done.append(True))
    run_to_end(worker)
    worker.check()
    assert (left, done) == ([], [True])


def test_an_error_in_a_worker_reaches_the_supervisor() -> None:
    def fail() -> float:
        raise SourceError("the camera is gone")

    worker = Worker("capture", fail, SystemClock(), 1)
    run_to_end(worker)
    with pytest.raises(SourceError, match="the camera is gone"):
        worker.check()


def test_a_hung_worker_is_noticed_by_its_silence() -> None:
    clock, started, release = FakeClock(), threading.Event(), threading.Event()

    def hang() -> None:
        started.set()
        release.wait(WAIT_S)

    worker = Worker("pipeline", hang, clock, stall_s=30)
    worker.start()
    assert started.wait(WAIT_S)
    worker.check()
    clock.advance(29)
    worker.check()
    clock.advance(2)
    with pytest.raises(StalledError, match="pipeline worker is hung"):
        worker.check()
    release.set()
    worker.stop()


def test_a_jump_of_the_wall_clock_does_not_look_like_a_hang() -> None:
    clock = FakeClock()
    worker = Worker("pipeline", lambda: None, clock, stall_s=30)
    clock.set_wall(clock.wall() + 1e6, trusted=True)
    worker.check()


def test_systemd_hears_it_over_a_real_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(WAIT_S)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")
        assert systemd.recv(100) == b"READY=1"


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody-listens"))
    notify("READY=1")
