"""How long it takes from a word of the host until the camera is open, a frame is recorded, and the camera is closed.

`make bench-daemon`. Real processes over real connections, on a small clip in the place of a camera, which opens and
closes at once: a camera's own time comes on top.
"""

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import skimage.data

from device.contract.control import Do
from device.delivery.outbox import Outbox
from device.delivery.store import StoreInUseError
from tests.daemons import Process, end_of, film, start

_ROUNDS = 7


def main() -> None:
    """Measure and print medians and the slowest, milliseconds."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        clip = film(Path(folder) / "face.mp4", skimage.data.astronaut()[..., ::-1].copy(), frames=600)
        own = ["run.pace=realtime", "device.id=bench", 'run.sinks=["rtdb:http://127.0.0.1:9?ns=bench"]']
        settings = [f"run.source={clip}", f"outbox.path={folder}/outbox.db", *own]
        for _ in range(_ROUNDS):
            for name, ms in (*_session(settings), *_delivery(settings, Path(folder) / "outbox.db")):
                found.setdefault(name, []).append(ms)
    for name, times in found.items():
        print(f"{name:48} {median(times):7.0f} ms, at most {max(times):.0f}")


def _session(settings: list[str]) -> Iterator[tuple[str, float]]:
    began_s = time.perf_counter()
    with Process(*settings) as host:
        host.say(Do.WATCH, patient="p-017")
        host.until(lambda report: report.camera_open)
        yield "from the start of the process to the camera open", _since(began_s)
        host.watching()
        yield "  and to the first record on the card", _since(began_s)
        host.watching(20)
        revoked_s = time.perf_counter()
        host.say(Do.REVOKE)
        host.until(lambda report: not report.camera_open)
        yield "from 'revoke' to the camera closed", _since(revoked_s)
        assert host.last().why == "revoked"
        yield "  and to all of it purged and marked", _since(revoked_s)
        host.ended()
        yield "  and to the process gone", _since(revoked_s)


def _delivery(settings: list[str], outbox: Path) -> Iterator[tuple[str, float]]:
    delivery = start("deliver", *settings)
    until_s, pause = time.perf_counter() + 30.0, threading.Event()
    while time.perf_counter() < until_s and not _is_held(outbox):
        pause.wait(0.2)  # it is asked for by opening it, which keeps it from the delivery meanwhile
    began_s = time.perf_counter()
    delivery.send_signal(signal.SIGTERM)
    assert end_of(delivery)[0] == 0
    yield "from a signal to delivery that let go of the outbox", _since(began_s)


def _is_held(outbox: Path) -> bool:
    try:
        Outbox(outbox, 500).close()
    except StoreInUseError:
        return True
    return False


def _since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000


if __name__ == "__main__":
    main()
