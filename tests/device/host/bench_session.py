"""How soon the lamp follows, from a press of the button to the lamp out again, and what the host process weighs.

`make bench-session`. The real host process, in a thread, and the real camera daemon as its child, on a small clip in
the place of a camera; the lamp is a stand-in that notes the moments. A camera's and a lamp's own times come on top.
"""

import io
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from statistics import median

import skimage.data

from device.clock import SystemClock
from device.config import load_settings
from device.host.button import Presses
from device.host.hosting import Hosting, launcher_of
from device.host.view import Light
from tests.daemons import film

_ROUNDS, _WAIT_S = 7, 60.0
_AGAIN_S = 2.5  # a second press sooner than that is the same
_WEIGH = (
    "import threading; from device.cli import main; from device.host.status import resident_mb;"
    "stop = threading.Timer(3.0, lambda: (print(round(resident_mb(), 1), flush=True), __import__('os')._exit(0)));"
    "stop.start(); main(['host', '--set', 'host.folder={folder}', '--set', 'page.address={page}'])"
)


class Noting:
    """A lamp that notes when it showed what."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._light, self._since_s = Light.OFF, time.perf_counter()

    def show(self, light: Light) -> None:
        with self._changed:
            if light is not self._light:
                self._light, self._since_s = light, time.perf_counter()
                self._changed.notify_all()

    def close(self) -> None:
        self.show(Light.OFF)

    def ms_until(self, light: Light, began_s: float) -> float:
        """Milliseconds from a moment until it showed something."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._light is light, _WAIT_S), f"never {light}, but {self._light}"
            return (self._since_s - began_s) * 1000


def main() -> None:
    """Measure and print medians and the slowest, milliseconds; then the weight."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        with redirect_stderr(io.StringIO()):  # what the journal would get
            for _ in range(_ROUNDS):
                for name, ms in _session(Path(folder)):
                    found.setdefault(name, []).append(ms)
        for name, times in found.items():
            print(f"{name:56} {median(times):7.0f} ms, at most {max(times):.0f}")
        for page, name in (("", "without the page"), ("127.0.0.1", "with the page")):
            print(f"{f'resident memory of the host process, {name}':56} {_weight(folder, page):>7} MB")


def _session(folder: Path) -> Iterator[tuple[str, float]]:
    clip = folder / "face.mp4"
    if not clip.exists():
        film(clip, skimage.data.astronaut()[..., ::-1].copy(), frames=900)
    own = [f"host.folder={folder}", "page.address=", "device.id=bench", "run.pace=realtime", f"run.source={clip}"]
    own.append(f"run.sinks=['jsonl:{folder}/records.jsonl']")
    passed = [word for text in own for word in ("--set", text)]
    settings, clock, stop, pause = load_settings(None, own), SystemClock(), threading.Event(), threading.Event()
    with Hosting(settings, clock, launcher_of(settings, passed)) as hosting:
        lamp = hosting.lamp = Noting()
        presses = Presses(hosting.interlock, clock)
        running = threading.Thread(target=hosting.run, args=(stop,))
        running.start()
        hosting.interlock.consent("p-017", ("expressions", "units"), "guardian")
        hosting.interlock.prepare("p-017")
        began_s = time.perf_counter()
        presses.short()
        yield "from the button to the lamp that swells", lamp.ms_until(Light.PULSE, began_s)
        yield "  and to the lamp lit: the first frame was measured", lamp.ms_until(Light.ON, began_s)
        pause.wait(_AGAIN_S)
        began_s = time.perf_counter()
        presses.short()
        yield "from the button to the lamp of a pause: camera closed", lamp.ms_until(Light.SLOW, began_s)
        pause.wait(_AGAIN_S)
        began_s = time.perf_counter()
        presses.short()
        yield "from the button to the lamp lit again", lamp.ms_until(Light.ON, began_s)
        began_s = time.perf_counter()
        hosting.interlock.revoke()
        yield "from the consent withdrawn to the lamp out: camera closed", lamp.ms_until(Light.OFF, began_s)
        stop.set()
        running.join(_WAIT_S)


def _weight(folder: str, page: str) -> str:
    code = _WEIGH.format(folder=folder, page=page)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip()[-200:]


if __name__ == "__main__":
    main()
