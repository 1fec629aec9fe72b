"""From the text after `--source` to an open source."""

import re
from pathlib import Path

from device.camera.source import Source
from device.contract.errors import SourceError
from device.settings import CameraSettings

FORMS = "picamera2:0, v4l2:/dev/video0, a video file, an image, or a folder of images"
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def open_source(text: str, settings: CameraSettings) -> Source:
    """Open a source.

    Args:
        text: one of `FORMS`.
        settings: size and rate, for cameras.

    Raises:
        SourceError: there is no such thing, or it cannot be read.
    """
    if not text:
        raise SourceError(f"No source: give --source with {FORMS}.")
    if _URL.match(text):
        raise SourceError(f"{text} is an address: pictures do not cross a network. Connect a camera to this machine.")
    scheme, _, rest = text.partition(":")
    if scheme == "picamera2":
        return _open_pi_camera(rest, settings)
    if camera := _video_device(text):
        from device.camera.v4l2 import V4l2Camera  # noqa: PLC0415

        return V4l2Camera(camera, settings)
    return _open_file(Path(text))


def _video_device(text: str) -> str:
    """The device of a camera that is named as Linux, OpenCV or we name it; empty if it is none of these."""
    name = text.removeprefix("v4l2:")
    if name.isdecimal():
        return f"/dev/video{name}"
    return name if name != text or name.startswith("/dev/") else ""


def _open_file(path: Path) -> Source:
    from device.camera.pictures import IMAGE_SUFFIXES, ImageFiles, is_folder  # noqa: PLC0415
    from device.camera.video import VideoFile  # noqa: PLC0415

    if is_folder(path) or path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFiles(path)
    return VideoFile(path)


def _open_pi_camera(number: str, settings: CameraSettings) -> Source:
    from device.camera.picamera import PiCamera  # noqa: PLC0415

    if not number.isdecimal():
        raise SourceError(f"'picamera2:{number}' names no camera: write picamera2:0 for the first one.")
    return PiCamera(int(number), settings)
