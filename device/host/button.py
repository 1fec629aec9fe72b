"""The button: a short press begins, pauses or resumes; one of three seconds ends. A second press at once is the same.

Whom it begins is prepared beforehand, on the page or by `affectbox session prepare`.
"""

import threading
from pathlib import Path
from typing import Any, Protocol

from device.clock import Clock
from device.contract.errors import AffectboxError
from device.host.gpio import opened
from device.host.interlock import Interlock
from device.host.refusals import RefusedError
from device.host.view import Matter, Notice, Refusal, State

HOLD_S = 3.0
#: Presses closer together than this are one: somebody pressed twice to be sure.
ONE_PRESS_S = 2.0
_BOUNCE_S = 0.05
_BY = "button"


class Button(Protocol):
    """Tells `Presses`, from a thread of its own."""

    def close(self) -> None:
        """Let go of it."""


class Presses:
    """What presses do. Safe to use from several threads; what is refused is shown by lamp and page."""

    def __init__(self, interlock: Interlock, clock: Clock) -> None:
        self._interlock = interlock
        self._clock = clock
        self._lock = threading.Lock()
        self._pressed_s: float | None = None

    def short(self) -> None:
        """Begin, pause or resume."""
        with self._lock:
            now_s = self._clock.monotonic()
            again = self._pressed_s is not None and now_s - self._pressed_s < ONE_PRESS_S
            self._pressed_s = now_s
        if not again:
            self._do(self._toggle)

    def long(self) -> None:
        """End the session, or the view for setting up."""
        with self._lock:
            self._pressed_s = self._clock.monotonic()
        self._do(lambda: self._interlock.end(by=_BY))

    def _toggle(self) -> None:
        now = self._interlock.snapshot()
        if now.state is State.STOPPING:
            raise RefusedError(Refusal.STOPPING)
        if not now.patient:
            self._interlock.begin(by=_BY)
        elif now.state is State.PAUSED:
            self._interlock.resume(by=_BY)
        else:
            self._interlock.pause(by=_BY)

    def _do(self, command: Any) -> None:
        try:
            command()
        except AffectboxError as error:
            self._interlock.notice(Notice(Matter.REFUSED, str(error)), flash=True)


class GpioButton:
    """A push button between a pin and ground."""

    def __init__(self, pin: int, folder: Path, presses: Presses) -> None:
        """`folder`: where lgpio may write. Raises `GpioError`."""
        self._presses = presses
        self._held = False
        self._button: Any = opened(
            "button",
            pin,
            folder,
            lambda gpiozero: gpiozero.Button(pin, bounce_time=_BOUNCE_S, hold_time=HOLD_S),
        )
        self._button.when_pressed = self._press
        self._button.when_held = self._hold
        self._button.when_released = self._release

    def close(self) -> None:
        self._button.close()

    def _press(self) -> None:
        self._held = False

    def _hold(self) -> None:
        self._held = True
        self._presses.long()

    def _release(self) -> None:
        if not self._held:
            self._presses.short()


class NoButton:
    """Where no button is fitted."""

    def close(self) -> None:
        return


def open_button(pin: int, folder: Path, presses: Presses) -> Button:
    """The button at a pin; none where the pin is negative. Raises `GpioError`."""
    return NoButton() if pin < 0 else GpioButton(pin, folder, presses)
