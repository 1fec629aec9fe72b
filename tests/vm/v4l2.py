"""Run inside the emulated machine: the adapter of USB cameras on a real kernel's camera. Prints one line of JSON."""

import fcntl
import json
import os
import struct
import time

from device.camera.opening import open_source
from device.contract.errors import SourceError
from device.settings import CameraSettings

_QUERY, _SET = 0xC0445624, 0xC008561C  # VIDIOC_QUERYCTRL, VIDIOC_S_CTRL
_NEXT = 0x80000000
DEVICE = "/dev/video0"
SETTINGS = CameraSettings(width=320, height=180, fps=15, silence_s=5)


def turn(handle, name, value):
    """Set the control of that name: faults are controls of this camera."""
    query = bytearray(struct.pack("=II32siiiiI2I", _NEXT, 0, b"", *[0] * 7))
    while True:
        fcntl.ioctl(handle, _QUERY, query)
        control, _, found = struct.unpack_from("=II32s", query)
        if found.rstrip(b"\0").decode() == name:
            fcntl.ioctl(handle, _SET, struct.pack("=Ii", control, value))
            return
        query = bytearray(struct.pack("=II32siiiiI2I", control | _NEXT, 0, b"", *[0] * 7))


def read_on(camera):
    """How long it was read until it failed, seconds, and what was said."""
    began_s = time.monotonic()
    while True:
        try:
            camera.read()
        except SourceError as error:
            return time.monotonic() - began_s, str(error)


def refusal(settings):
    try:
        with open_source(DEVICE, settings) as camera:
            camera.read()
    except SourceError as error:
        return str(error)
    return ""


seen, handle = {}, os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK)
with open_source("0", SETTINGS) as camera:
    pictures = [camera.read() for _ in range(20)]
    seen["shape"], seen["taken"] = pictures[0].image.shape, [picture.taken_s for picture in pictures]
    seen["now"], seen["skips"] = time.monotonic(), [camera.skip() for _ in range(5)]
    seen["held"] = refusal(SETTINGS)
    turn(handle, "Percentage of Dropped Buffers", 100)
    seen["frozen"] = read_on(camera)
turn(handle, "Percentage of Dropped Buffers", 0)
seen["fixed"] = refusal(CameraSettings(exposure_ms=10))
with open_source(DEVICE, SETTINGS) as camera:
    camera.read()
    turn(handle, "Disconnect", 1)
    seen["pulled"] = read_on(camera)
print(f"\n{json.dumps(seen)}")  # after whatever the console has on its line
