"""The host process, put together: from its start to its end."""

import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from device.clock import Clock
from device.closing import Closing
from device.contract.command import warn
from device.contract.errors import AddressInUseError, AffectboxError
from device.host.asking import runtime_folder
from device.host.button import Presses, open_button
from device.host.consents import Consents
from device.host.desk import Desk
from device.host.forgetting import CONSENTS, MEMORY
from device.host.gpio import GpioError
from device.host.interlock import Interlock
from device.host.lamp import Lamp, NoLamp, open_lamp
from device.host.launcher import ChildLauncher, Launcher, SocketLauncher
from device.host.memory import Memory
from device.host.status import Status
from device.host.updates import ask
from device.host.view import Matter, Notice
from device.identity import device_id
from device.monitor.server import Metrics
from device.notify import notify
from device.service.beginning import beginning_of
from device.settings import Settings
from device.state import state_folder
from device.update.standing import updating

SESSION_SOCKET = "session.sock"
_TICK_S = 0.25
#: For the camera to be closed at the end; the unit allows more.
_CLOSE_S = 8.0
#: Settings with which a child finds the same configuration.
Passed = Iterable[str]


class Hosting(Closing):
    """One start of the host process; use it in a `with` block.

    Attributes:
        interlock: what is commanded.
        lamp: what shows it.
        metrics: what machines ask; None where there is none.
    """

    def __init__(self, settings: Settings, clock: Clock, launcher: Launcher) -> None:
        """Everything is there when this returns, and no camera.

        Raises:
            InterlockError: a host process is there already, or the control socket cannot be made.
        """
        folder = runtime_folder(settings.host)
        memory, consents = Memory(state_folder() / MEMORY), Consents(state_folder() / CONSENTS, clock)
        self._settings, self._clock = settings, clock
        self.lamp: Lamp = NoLamp()
        self.metrics: Metrics | None = None
        with ExitStack() as stack:
            stack.callback(self._put_out)
            stack.callback(launcher.close)
            phases = settings.session.phases
            self.interlock = Interlock(launcher, consents, memory, clock, settings.host, phases, warn, updating, ask)
            stack.callback(self.interlock.close, _CLOSE_S)
            stack.enter_context(Desk(folder, self.interlock, settings.session.patient))
            self._status = Status(folder, device_id(settings), clock)
            stack.callback(self._status.close)
            self._fit(folder, stack)
            if settings.page.address:
                self._open_page(stack)
            if settings.metrics.listen:
                self._open_metrics(stack)
            self._stack = stack.pop_all()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        if self._settings.host.unattended:
            self._begin_unattended()
        notify("READY=1")
        now = self.interlock.snapshot()
        while not stop.is_set():
            self.interlock.tick()
            now = self.interlock.wait(now.number, _TICK_S)
            self.lamp.show(now.light)
            self._status.show(now)
            notify("WATCHDOG=1")

    def close(self) -> None:
        """Close the camera, then everything else; the lamp goes out last. May be called twice."""
        notify("STOPPING=1")
        self._stack.close()

    def _fit(self, folder: Path, stack: ExitStack) -> None:
        """Lamp and button; what cannot be used is shown, and the box goes on without."""
        odd = None
        pins = self._settings.host
        try:
            self.lamp = open_lamp(pins.lamp_pin, folder)
        except GpioError as error:
            odd = Notice(Matter.LAMP, str(error))
        try:
            button = open_button(pins.button_pin, folder, Presses(self.interlock, self._clock))
            stack.callback(button.close)
        except GpioError as error:
            odd = odd or Notice(Matter.BUTTON, str(error))
        if odd is not None:
            warn(odd.text)
        self.interlock.fitted(lamp=not isinstance(self.lamp, NoLamp), odd=odd)

    def _put_out(self) -> None:
        self.lamp.close()

    def _open_page(self, stack: ExitStack) -> None:
        """The box's own page; a box that cannot have one goes on without."""
        try:
            from device.page.page import Page  # noqa: PLC0415  # the half of this process's memory

            page = stack.enter_context(Page(self._settings, self._clock, self.interlock))
            warn(f"The box's page is at {page.url}")
        except ImportError as error:
            warn(f"The box has no page, for '{error.name}' is not installed: pip install 'affectbox[device]'.")
        except AddressInUseError as error:
            warn(str(error))

    def _open_metrics(self, stack: ExitStack) -> None:
        """What machines ask; a box that cannot tell them goes on without."""
        try:
            self.metrics = stack.enter_context(Metrics(self._settings, self._clock, self.interlock))
        except AddressInUseError as error:
            warn(str(error))

    def _begin_unattended(self) -> None:
        try:
            beginning = beginning_of(self._settings.session, self._clock)
            self.interlock.begin_unattended(beginning)
        except AffectboxError as error:
            warn(str(error))
            self.interlock.notice(Notice(Matter.REFUSED, str(error)))


def launcher_of(settings: Settings, passed: Passed = ()) -> Launcher:
    """How the daemon is started; `passed`: options with which a child finds the same configuration."""
    socket = runtime_folder(settings.host) / SESSION_SOCKET
    how = settings.host.launcher
    if how == "socket" or (how == "auto" and socket.exists()):
        return SocketLauncher(socket)
    options = list(passed)
    delivers = any(sink.startswith("rtdb:") for sink in settings.run.sinks)
    between = [*_affectbox("deliver"), *options] if delivers else []
    return ChildLauncher([*_affectbox("daemon"), *options], between)


def host(settings: Settings, clock: Clock, passed: Passed, stopping: Callable[[threading.Event], None]) -> None:
    """`affectbox host`: until somebody sets the event that `stopping` is given. Raises `InterlockError`."""
    stop = threading.Event()
    stopping(stop)
    with Hosting(settings, clock, launcher_of(settings, passed)) as hosting:
        hosting.run(stop)


def _affectbox(command: str) -> list[str]:
    """The command in a process of its own, of the same installation."""
    return [sys.executable, "-m", "device", command]
