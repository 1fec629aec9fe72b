"""A USB camera or any other Video4Linux device, through OpenCV."""

import os
import threading
import time
from pathlib import Path

import cv2

from device.camera.patience import CLOSE_S, within
from device.camera.source import Picture
from device.camera.stamps import taken_s
from device.camera.turning import turned
from device.camera.usb import there, usb_cameras
from device.camera.v4l2_controls import set_controls
from device.closing import Closing
from device.contract.errors import SourceError
from device.runtime.quiet import native_chatter_silenced
from device.settings import CameraSettings

_BUFFERS = 2  # one to fill while the other is read
#: Where OpenCV looks up for how many seconds it waits for a picture; 10 if nothing is said.
_PATIENCE = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"


class V4l2Camera(Closing):
    """Captures MJPG, which USB cameras deliver at full rate. A broken picture is passed over."""

    live = True
    rate, count = 0.0, 0

    def __init__(self, device: str, settings: CameraSettings) -> None:
        """Raises `SourceError` when there is no such camera, another program holds it, or it hangs."""
        if not _is_device(device):
            raise SourceError(
                f"No camera answers at {device}: plug it in, and see `ls /dev/video*`; on USB there is "
                f"{there(usb_cameras())}."
            )
        self._device, self._patience_s, self._turns = device, settings.patience_s, bool(settings.turned)
        self._reading = threading.Lock()
        self._closed = False
        os.environ[_PATIENCE] = str(max(int(settings.patience_s), 1))
        try:
            self._capture = within(self._patience_s, lambda: _opened(device, settings))
        except (TimeoutError, OSError) as error:
            raise SourceError(f"The camera at {device} hangs while it is opened: unplug it and plug it in.") from error

    def read(self) -> Picture:
        until_s = time.monotonic() + self._patience_s
        with self._reading:
            while time.monotonic() < until_s and self._grab():
                good, image = self._capture.retrieve()
                if good:
                    stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                    if self._turns:
                        image = turned(image)  # type: ignore[arg-type]
                    return Picture(image, None, taken_s=taken_s(stamp_s))  # type: ignore[arg-type]
        raise SourceError(f"The camera at {self._device} stopped delivering pictures: check its cable.")

    def skip(self) -> bool:
        with self._reading:
            if self._grab():
                return True
        raise SourceError(f"The camera at {self._device} stopped delivering pictures: check its cable.")

    def close(self) -> None:
        self._closed = True
        if self._reading.acquire(timeout=CLOSE_S):  # OpenCV bears no release while it reads
            try:
                self._capture.release()
            finally:
                self._reading.release()

    def _grab(self) -> bool:
        return not self._closed and self._capture.grab()


def _opened(device: str, settings: CameraSettings) -> cv2.VideoCapture:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # what goes wrong is said by us, once
    with native_chatter_silenced():
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise SourceError(f"No camera answers at {device}: another program may hold it, or it is no camera.")
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    capture.set(cv2.CAP_PROP_FPS, settings.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, _BUFFERS)
    try:
        set_controls(device, settings)
    except BaseException:
        capture.release()
        raise
    return capture


def _is_device(name: str) -> bool:
    try:
        return Path(name).is_char_device()
    except (OSError, ValueError):
        return False
