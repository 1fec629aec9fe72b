"""Video4Linux controls that OpenCV does not know, or scales. Source: the kernel's `v4l2-controls.h`, `videodev2.h`."""

import fcntl
import os
import struct

from device.contract.errors import SourceError
from device.settings import CameraSettings

_SET_CONTROL = 0xC008561C  # VIDIOC_S_CTRL: _IOWR('V', 28, struct v4l2_control), which is id and value
_CONTROL = struct.Struct("=Ii")
POWER_LINE_FREQUENCY = 0x00980918
EXPOSURE_AUTO = 0x009A0901
EXPOSURE_ABSOLUTE = 0x009A0902
EXPOSURE_AUTO_PRIORITY = 0x009A0903
_LINE = {0: 0, 50: 1, 60: 2}
_MANUAL, _APERTURE_PRIORITY = 1, 3
#: What follows from the camera's own choice may be missing; what a person fixed may not.
Wanted = tuple[str, int, int]


def wanted_controls(settings: CameraSettings) -> list[Wanted]:
    """(setting, control, value) in the order in which they are set; a setting of "" may be refused."""
    fixed = settings.exposure_ms > 0
    wanted: list[Wanted] = [
        ("", POWER_LINE_FREQUENCY, _LINE[settings.mains_hz]),
        ("exposure_ms" if fixed else "", EXPOSURE_AUTO, _MANUAL if fixed else _APERTURE_PRIORITY),
        ("", EXPOSURE_AUTO_PRIORITY, 0),  # else the camera halves its rate in the dark
    ]
    if fixed:
        wanted.append(("exposure_ms", EXPOSURE_ABSOLUTE, round(settings.exposure_ms * 10)))
    return wanted


def set_controls(device: str, settings: CameraSettings) -> None:
    """Set exposure and lamps. Raises `SourceError`: the camera refuses what was fixed in the settings."""
    handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        for key, control, value in wanted_controls(settings):
            try:
                fcntl.ioctl(handle, _SET_CONTROL, _CONTROL.pack(control, value))
            except OSError as error:
                if key:
                    raise SourceError(f"This camera does not let 'camera.{key}' be fixed: set it to 0.") from error
    finally:
        os.close(handle)
