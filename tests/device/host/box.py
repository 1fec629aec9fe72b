"""An interlock on a scripted daemon, a clock that stands still, and what waits for it to become so."""

import time
from collections.abc import Callable
from pathlib import Path

from device.clock import FakeClock
from device.host.consents import Consents
from device.host.interlock import Interlock
from device.host.memory import Memory
from device.host.scripted import Script, ScriptedDaemon, ScriptedLauncher
from device.host.view import Snapshot, State
from device.settings import HostSettings

WAIT_S = 20.0
QUICK = Script(opening_s=0.01, closing_s=0.0, every_s=0.01)
COVERS = ("expressions", "units")


class Box:
    """The host's interlock with its files in `folder`; made again on the same folder, it is the box restarted."""

    def __init__(self, folder: Path, script: Script = QUICK, settings: HostSettings | None = None) -> None:
        self.clock = FakeClock(monotonic=1000.0, wall=1_800_000_000.0)
        self.launcher = ScriptedLauncher(script)
        self.journal: list[str] = []
        self.updating = False
        self.asked: list[str] = []
        self.consents = Consents(folder / "consents.json", self.clock)
        self.memory = Memory(folder / "host.json")
        self.interlock = Interlock(
            self.launcher,
            self.consents,
            self.memory,
            self.clock,
            settings or HostSettings(),
            tell=self.journal.append,
            updating=lambda: self.updating,
            ask_update=self.asked.append,
        )

    @property
    def now(self) -> Snapshot:
        return self.interlock.snapshot()

    @property
    def daemon(self) -> ScriptedDaemon:
        return self.launcher.daemons[-1]

    def agreed(self, patient: str = "p-017") -> None:
        self.interlock.consent(patient, COVERS, "guardian")

    def watching(self, patient: str = "p-017") -> Snapshot:
        """A session under way."""
        self.agreed(patient)
        self.interlock.begin(patient)
        return self.until(lambda now: now.state is State.WATCHING)

    def until(self, holds: Callable[[Snapshot], bool]) -> Snapshot:
        """Let the box do what it does until something holds of its snapshot."""
        deadline_s = time.monotonic() + WAIT_S
        now = self.now
        while not holds(now):
            assert time.monotonic() < deadline_s, f"still {now}"
            self.interlock.tick()
            now = self.interlock.wait(now.number, 0.05)
        return now

    def until_state(self, state: State) -> Snapshot:
        return self.until(lambda now: now.state is state)
