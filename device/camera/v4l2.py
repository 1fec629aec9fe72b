"""A USB camera or any other Video4Linux device, through OpenCV."""

from pathlib import Path

import cv2

from device.camera.source import Picture
from device.closing import Closing
from device.contract.errors import SourceError
from device.settings import CameraSettings


class V4l2Camera(Closing):
    """Captures MJPG, which USB cameras deliver at full rate."""

    live = True
    rate, count = 0.0, 0

    def __init__(self, device: str, settings: CameraSettings) -> None:
        """Raises `SourceError` when there is no such camera."""
        if not Path(device).is_char_device():
            raise SourceError(f"No camera answers at {device}: plug it in, and see `ls /dev/video*` for its name.")
        self._device = device
        self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise SourceError(f"No camera answers at {device}: plug it in, and see `ls /dev/video*` for its name.")
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        self._capture.set(cv2.CAP_PROP_FPS, settings.fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Picture | None:
        good, image = self._capture.read()
        if not good:
            raise SourceError(f"The camera at {self._device} stopped delivering pictures: check its cable.")
        return Picture(image, None)  # type: ignore[arg-type]

    def close(self) -> None:
        self._capture.release()
