"""From the text after `--source` to an open source."""

from pathlib import Path

from device.camera.source import Source
from device.contract.errors import SourceError
from device.settings import CameraSettings

FORMS = "picamera2:0, v4l2:/dev/video0, a video file, an image, or a folder of images"


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
    scheme, _, rest = text.partition(":")
    if scheme == "picamera2":
        return _open_pi_camera(rest, settings)
    if scheme == "v4l2":
        from device.camera.v4l2 import V4l2Camera  # noqa: PLC0415

        return V4l2Camera(rest, settings)
    from device.camera.files import IMAGE_SUFFIXES, ImageFiles, VideoFile  # noqa: PLC0415

    path = Path(text)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFiles(path)
    return VideoFile(path)


def _open_pi_camera(number: str, settings: CameraSettings) -> Source:
    from device.camera.picamera import PiCamera  # noqa: PLC0415

    if not number.isdecimal():
        raise SourceError(f"'picamera2:{number}' names no camera: write picamera2:0 for the first one.")
    return PiCamera(int(number), settings)
