"""USB cameras by what stays when they are unplugged."""

import errno
import fcntl
import struct
import threading

import cv2
import numpy as np
import pytest

import device.camera.listing
import device.camera.opening
import device.camera.usb
from device.camera.opening import open_source
from device.camera.stamps import taken_s
from device.camera.standin import StandIn
from device.camera.standin_script import Script
from device.camera.usb import the_one, usb_cameras
from device.camera.v4l2 import V4l2Camera
from device.contract.errors import SourceError
from device.settings import CameraSettings

WAIT_S = 20.0
LOGITECH = {"port": "1-1.3", "maker": "Logitech", "product": "HD Pro Webcam C920", "serial": "A1B2C3"}
CHEAP = {"port": "1-1.4", "maker": "", "product": "USB_2.0 Camera", "serial": ""}


class Bus:
    """The kernel's view of what is plugged in, in files as under /sys."""

    def __init__(self, folder):
        self.nodes, self._devices = folder / "class", folder / "devices"
        self.nodes.mkdir()

    def plug(self, number, port, maker, product, serial):
        """Plug a camera in: it gets two nodes, of which the second carries no pictures."""
        usb = self._devices / "usb1" / port
        usb.mkdir(parents=True, exist_ok=True)
        for file, text in (("idVendor", "046d"), ("manufacturer", maker), ("product", product), ("serial", serial)):
            if text:
                (usb / file).write_text(f"{text}\n")
        for index in (0, 1):
            node = usb / f"{port}:1.0" / "video4linux" / f"video{number + index}"
            node.mkdir(parents=True)
            (node / "index").write_text(f"{index}\n")
            (node / "name").write_text(f"{product}\n")
            (self.nodes / node.name).symlink_to(node)

    def unplug(self):
        for link in self.nodes.iterdir():
            link.unlink()

    def chip(self, number):
        """A node that is no USB camera: a Pi has a dozen of them."""
        node = self._devices / "platform" / "codec" / "video4linux" / f"video{number}"
        node.mkdir(parents=True)
        (self.nodes / node.name).symlink_to(node)


@pytest.fixture
def bus(tmp_path, monkeypatch):
    bus = Bus(tmp_path)
    monkeypatch.setattr(device.camera.usb.usb_cameras, "__defaults__", (bus.nodes, device.camera.usb._DEVICES))
    return bus


@pytest.fixture
def openings(monkeypatch):
    """The devices that were opened."""
    opened = []
    monkeypatch.setattr("device.camera.v4l2.V4l2Camera", lambda name, settings: opened.append(name))
    return opened


def test_a_camera_is_found_again_under_another_number(bus, openings):
    bus.chip(10)
    bus.plug(0, **LOGITECH)
    open_source("usb:C920", CameraSettings())
    bus.unplug()
    with pytest.raises(SourceError, match="plug it in; there is none"):
        open_source("usb:C920", CameraSettings())
    bus.chip(0)
    bus.plug(4, **LOGITECH | {"port": "1-1.2"})
    for name in ("usb:C920", "usb:hd pro_webcam", "usb:A1B2C3", "usb:a1b2c3", "usb:1-1.2", "auto"):
        open_source(name, CameraSettings())
    assert openings == ["/dev/video0"] + ["/dev/video4"] * 6


def test_a_name_must_be_of_one_camera(bus, openings):
    bus.plug(0, **LOGITECH)
    bus.plug(2, **CHEAP)
    for name in ("usb:cam", "usb:", "auto"):
        with pytest.raises(SourceError) as caught:
            open_source(name, CameraSettings())
        assert "usb:A1B2C3 (Logitech HD Pro Webcam C920, /dev/video0), usb:1-1.4 (USB_2.0 Camera, /dev/video2)" in str(
            caught.value
        )
    assert the_one("usb 2.0", usb_cameras()).device == "/dev/video2"
    bus.plug(6, **CHEAP | {"port": "1-1.5"})
    assert the_one("1-1.5", usb_cameras()).device == "/dev/video6"
    assert openings == []


def test_whoever_names_none_is_told_which_there_are(bus):
    bus.plug(2, **LOGITECH)
    with pytest.raises(SourceError, match=r"No camera answers at /dev/video99: .* there is usb:A1B2C3 \(Logitech"):
        open_source("99", CameraSettings())
    with pytest.raises(SourceError, match=r"No camera on USB is 'C930': .* there is usb:A1B2C3"):
        open_source("usb:C930", CameraSettings())


def test_the_only_camera_may_be_on_the_ribbon_cable(bus, monkeypatch):
    with pytest.raises(SourceError, match="There is no camera: none on USB, and none on the ribbon cable"):
        open_source("auto", CameraSettings())
    library = StandIn(Script(lambda number: np.zeros((48, 64, 3), np.uint8)))
    for module in (device.camera.listing, device.camera.picamera):
        monkeypatch.setattr(module, "import_picamera2", lambda: library)
    with open_source("auto", CameraSettings()) as source:
        assert source.name == "camera 0"
    bus.plug(0, **LOGITECH)
    with pytest.raises(SourceError, match=r"2 cameras: write which is meant, of picamera2:0 \(imx219\), usb:A1B2C3"):
        open_source("auto", CameraSettings())


class Obedient:
    """In place of `cv2.VideoCapture`."""

    held = 0

    def __init__(self, *_):
        Obedient.held += 1

    def isOpened(self):
        return True

    def set(self, *_):
        return True

    def release(self):
        Obedient.held -= 1


def test_exposure_and_lamps_are_told_to_the_camera(monkeypatch):
    told, refused = {}, set()

    def ioctl(_, request, argument):
        control, value = struct.unpack("=Ii", argument)
        if request != 0xC008561C or control in refused:
            raise OSError(errno.EINVAL, "Invalid argument")
        told[control] = value

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(cv2, "VideoCapture", Obedient)
    V4l2Camera("/dev/null", CameraSettings(exposure_ms=16.7, mains_hz=60)).close()
    assert told == {0x00980918: 2, 0x009A0901: 1, 0x009A0903: 0, 0x009A0902: 167}

    refused.add(0x009A0902)
    with pytest.raises(SourceError, match=r"'camera\.exposure_ms' be fixed: set it to 0"):
        V4l2Camera("/dev/null", CameraSettings(exposure_ms=16.7))
    assert Obedient.held == 0, "else nobody could open it again"
    refused |= {0x00980918, 0x009A0901, 0x009A0903}
    V4l2Camera("/dev/null", CameraSettings()).close()  # what nobody asked for may be refused


class Stuck(Obedient):
    """A camera whose driver waits until it is let go on."""

    go_on, waits = threading.Event(), threading.Event()

    def grab(self):
        self.waits.set()
        self.go_on.wait(WAIT_S)
        return False


def test_a_camera_whose_driver_hangs_is_left_behind_and_not_released_under_it(monkeypatch):
    monkeypatch.setattr("device.camera.v4l2.CLOSE_S", 0.05)
    monkeypatch.setattr(cv2, "VideoCapture", Stuck)
    camera = V4l2Camera("/dev/null", CameraSettings())
    said = []

    def read():
        with pytest.raises(SourceError) as caught:
            camera.read()
        said.append(caught.value)

    reader = threading.Thread(target=read)
    reader.start()
    assert Stuck.waits.wait(WAIT_S)
    held = Obedient.held
    camera.close()
    assert Obedient.held == held
    Stuck.go_on.set()
    reader.join(WAIT_S)
    camera.close()
    assert len(said) == 1 and Obedient.held == held - 1


@pytest.mark.parametrize("suspended_s", [0.0, 3600.0])
def test_a_stamp_is_a_time_of_the_monotonic_clock_whichever_clock_it_is_of(monkeypatch, suspended_s):
    monkeypatch.setattr("time.monotonic", lambda: 500.0)
    monkeypatch.setattr("time.clock_gettime", lambda clock: 500.0 + suspended_s)
    assert taken_s(499.96) == pytest.approx(499.96)
    assert taken_s(499.96 + suspended_s) == pytest.approx(499.96)
    assert taken_s(500.02 + suspended_s) == 500.0
    for nonsense in (None, 0.0, 120.0, 500.5 + suspended_s, 1.7e9):
        assert taken_s(nonsense) is None
