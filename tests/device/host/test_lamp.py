"""Lamp and button on gpiozero's own mock pins."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import FakeClock
from device.host.button import GpioButton, NoButton, Presses, open_button
from device.host.gpio import GpioError
from device.host.lamp import GpioLamp, NoLamp, open_lamp
from device.host.view import Light, Matter, State
from tests.device.host.box import WAIT_S, Box

LAMP, BUTTON = 17, 27


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=MockPWMPin)
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    yield factory
    factory.close()


@pytest.fixture
def lamp(pins: MockFactory, tmp_path: Path) -> Iterator[GpioLamp]:
    made = open_lamp(LAMP, tmp_path)
    assert isinstance(made, GpioLamp)
    yield made
    made.close()


def seen(pins: MockFactory, until: Callable[[list[float]], bool]) -> list[float]:
    """The brightnesses that the lamp has shown, each change once, as soon as they are what is waited for."""
    deadline_s = time.monotonic() + WAIT_S
    pin = pins.pin(LAMP)
    while not until(states := [round(float(state.state), 2) for state in pin.states]):
        assert time.monotonic() < deadline_s, states
        threading.Thread(target=lambda: None).start()  # let others run
    return states


def test_the_lamp_is_lit_while_the_camera_watches_and_goes_out(pins: MockFactory, lamp: GpioLamp) -> None:
    lamp.show(Light.ON)
    assert pins.pin(LAMP).state == 1
    lamp.show(Light.OFF)
    assert pins.pin(LAMP).state == 0


def test_paused_blinks_and_a_beginning_swells(pins: MockFactory, lamp: GpioLamp) -> None:
    lamp.show(Light.PULSE)
    states = seen(pins, lambda states: any(0 < state < 1 for state in states))
    assert states == sorted(states)
    lamp.show(Light.SLOW)
    seen(pins, lambda states: states[-1] == 1)


def test_trouble_flashes_twice_and_rests(pins: MockFactory, lamp: GpioLamp) -> None:
    pins.pin(LAMP).clear_states()
    lamp.show(Light.TROUBLE)
    seen(pins, lambda states: states[-4:] == [1, 0, 1, 0])
    lamp.show(Light.OFF)
    assert pins.pin(LAMP).state == 0


def test_showing_the_same_again_does_not_begin_the_blinking_anew(pins: MockFactory, lamp: GpioLamp) -> None:
    lamp.show(Light.TROUBLE)
    source = lamp._led.source
    lamp.show(Light.TROUBLE)
    assert lamp._led.source is source


def test_closing_puts_the_lamp_out(pins: MockFactory, tmp_path: Path) -> None:
    lamp = open_lamp(LAMP, tmp_path)
    lamp.show(Light.ON)
    pin = pins.pin(LAMP)
    lamp.close()
    assert pin.states[-1].state == 0


@pytest.mark.parametrize("pin", [-1, LAMP], ids=["none", "gpio"])
def test_every_lamp_shows_everything_in_any_order_and_is_closed_twice(
    pins: MockFactory, tmp_path: Path, pin: int
) -> None:
    lamp = open_lamp(pin, tmp_path)
    for first in Light:
        for second in Light:
            lamp.show(first)
            lamp.show(second)
    lamp.close()
    lamp.close()


def test_without_a_pin_there_is_neither(tmp_path: Path) -> None:
    assert isinstance(open_lamp(-1, tmp_path), NoLamp)
    box = Box(tmp_path)
    assert isinstance(open_button(-1, tmp_path, Presses(box.interlock, box.clock)), NoButton)
    box.interlock.close(WAIT_S)


def test_a_pin_that_cannot_be_used_is_told_in_a_sentence(pins: MockFactory, lamp: GpioLamp, tmp_path: Path) -> None:
    with pytest.raises(GpioError, match=r"lamp at GPIO 17 cannot be used .*python3-gpiozero"):
        open_lamp(LAMP, tmp_path)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    made.agreed()
    yield made
    assert made.interlock.close(WAIT_S)


def test_a_press_begins_pauses_and_resumes_and_a_long_one_ends(box: Box) -> None:
    presses = Presses(box.interlock, box.clock)
    box.interlock.prepare("p-017")
    presses.short()
    box.until_state(State.WATCHING)
    presses.short()  # somebody pressed twice
    assert box.now.state is State.WATCHING
    for state in (State.PAUSED, State.WATCHING):
        box.clock.advance(3.0)
        presses.short()
        box.until_state(state)
    presses.long()
    box.until_state(State.IDLE)
    presses.short()  # as long fingers do
    assert box.now.state is State.IDLE


def test_a_press_that_is_refused_is_shown_by_lamp_and_page(box: Box) -> None:
    presses = Presses(box.interlock, box.clock)
    presses.short()
    now = box.now
    assert (now.state, now.notice.matter, now.light) == (State.IDLE, Matter.REFUSED, Light.TROUBLE)
    assert "prepare somebody" in now.notice.text
    box.clock.advance(4.0)
    box.interlock.tick()
    assert box.now.light is Light.OFF


def test_a_real_button_tells_short_from_long(pins: MockFactory, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.host.button.HOLD_S", 0.05)
    monkeypatch.setattr("device.host.button._BOUNCE_S", None)
    box.interlock.prepare("p-017")
    button = GpioButton(BUTTON, Path(), Presses(box.interlock, FakeClock()))
    pin = pins.pin(BUTTON)
    pin.drive_low()
    pin.drive_high()
    box.until_state(State.WATCHING)
    pin.drive_low()
    box.until_state(State.IDLE)
    pin.drive_high()
    assert [past.why for past in box.now.past] == ["stopped"]
    button.close()
