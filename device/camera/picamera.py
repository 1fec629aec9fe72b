"""The Raspberry Pi's own camera. Source: *The Picamera2 Library*, Raspberry Pi Ltd, 2023."""

from typing import Any

from device.camera.source import Picture
from device.closing import Closing
from device.contract.errors import SourceError
from device.settings import CameraSettings


class PiCamera(Closing):
    """Configured once and never again: reconfiguring leaks contiguous memory on the Pi."""

    live = True
    rate, count = 0.0, 0

    def __init__(self, number: int, settings: CameraSettings) -> None:
        """Raises `SourceError` when Picamera2 is not installed or there is no such camera."""
        try:
            from picamera2 import Picamera2  # noqa: PLC0415  # apt only, and heavy: imported when it is wanted
        except ImportError as error:
            raise SourceError(
                "Picamera2 cannot be imported: `sudo apt install python3-picamera2`, and make the virtual environment "
                "with --system-site-packages."
            ) from error
        self._camera: Any = None
        try:
            self._camera = Picamera2(number)
            main = {"size": (settings.width, settings.height), "format": "RGB888"}  # libcamera's name for BGR bytes
            self._camera.configure(
                self._camera.create_video_configuration(main=main, controls={"FrameRate": settings.fps})
            )
            self._camera.start()
        except (RuntimeError, IndexError) as error:
            self.close()
            raise SourceError(f"Camera {number} does not start ({error}): check its ribbon cable.") from error

    def read(self) -> Picture | None:
        try:
            return Picture(self._camera.capture_array("main"), None)
        except (RuntimeError, OSError) as error:
            raise SourceError(f"The camera stopped delivering pictures ({error}): check its cable.") from error

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()
            self._camera = None
