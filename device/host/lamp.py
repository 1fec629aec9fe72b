"""The lamp beside the camera: whoever is in the room sees by it whether they are being watched."""

from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

from device.host.gpio import opened
from device.host.view import Light

#: Two flashes and a rest; steps of `_STEP_S`.
_DOUBLE = (1, 0, 1, 0, 0, 0, 0, 0, 0, 0)
_STEP_S = 0.1
_SLOW_S = 1.0
_FADE_S = 0.8


class Lamp(Protocol):
    """Shows one thing at a time."""

    def show(self, light: Light) -> None:
        """Show it from now on; the same again changes nothing."""

    def close(self) -> None:
        """Put it out, and let go of it."""


class NoLamp:
    """Where no lamp is fitted.

    Attributes:
        shown: what a lamp would have shown, the last one last.
    """

    def __init__(self) -> None:
        self.shown: list[Light] = [Light.OFF]

    def show(self, light: Light) -> None:
        if light is not self.shown[-1]:
            self.shown = [*self.shown[-99:], light]

    def close(self) -> None:
        self.show(Light.OFF)


class GpioLamp:
    """An LED, or a lamp behind a transistor, at a pin; blinked by gpiozero's own threads."""

    def __init__(self, pin: int, folder: Path) -> None:
        """`folder`: where lgpio may write. Raises `GpioError`."""
        self._led: Any = opened("lamp", pin, folder, lambda gpiozero: gpiozero.PWMLED(pin))
        self._led.source_delay = _STEP_S
        self._shown = Light.OFF

    def show(self, light: Light) -> None:
        if light is self._shown:
            return
        self._shown = light
        self._led.source = None
        match light:
            case Light.OFF:
                self._led.off()
            case Light.ON:
                self._led.on()
            case Light.SLOW:
                self._led.blink(_SLOW_S, _SLOW_S)
            case Light.PULSE:
                self._led.pulse(_FADE_S, _FADE_S)
            case Light.TROUBLE:
                self._led.source = cycle(_DOUBLE)

    def close(self) -> None:
        self.show(Light.OFF)
        self._led.close()


def open_lamp(pin: int, folder: Path) -> Lamp:
    """The lamp at a pin; none where the pin is negative. Raises `GpioError`."""
    return NoLamp() if pin < 0 else GpioLamp(pin, folder)
