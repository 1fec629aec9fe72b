"""From the text after `--source` to an open source."""

import re
from collections.abc import Callable
from pathlib import Path

from device.camera.source import Source
from device.contract.command import warn
from device.contract.errors import SourceError
from device.settings import CameraSettings

FORMS = "auto, picamera2:0, usb:NAME, v4l2:/dev/video0, a video file, an image, or a folder of images"
#: A number, or a model, which has digits: imx708_wide, ov5647; or nothing, where there is only one.
_CAMERA_OF_PI = re.compile(r"([\w-]*\d[\w-]*)?", re.ASCII)
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def open_source(text: str, settings: CameraSettings, quiet: bool = False) -> Source:
    """Open a source.

    Args:
        text: one of `FORMS`.
        settings: size and rate, for cameras.
        quiet: of a file, do not tell what is missing in it: it was told already.

    Raises:
        SourceError: there is no such thing, or it cannot be read.
    """
    if not text:
        raise SourceError(f"No source: give --source with {FORMS}.")
    if _URL.match(text):
        raise SourceError(f"{text} is an address: pictures do not cross a network. Connect a camera to this machine.")
    scheme, _, rest = text.partition(":")
    if text == "auto":
        return open_source(_only_camera(), settings)
    if scheme == "picamera2":
        return _open_pi_camera(rest, settings)
    if scheme == "usb":
        return _open_usb_camera(rest, settings)
    if scheme == "standin":
        return _open_stand_in(rest, settings)
    if camera := _video_device(text):
        from device.camera.v4l2 import V4l2Camera  # noqa: PLC0415

        return V4l2Camera(camera, settings)
    return _open_file(Path(text), _untold if quiet else warn)


def _video_device(text: str) -> str:
    """The device of a camera that is named as Linux, OpenCV or we name it; empty if it is none of these."""
    name = text.removeprefix("v4l2:")
    if name.isdecimal():
        return f"/dev/video{name}"
    return name if name != text or name.startswith("/dev/") else ""


def _open_file(path: Path, warn: Callable[[str], None]) -> Source:
    from device.camera.pictures import IMAGE_SUFFIXES, ImageFiles, is_folder  # noqa: PLC0415
    from device.camera.video import VideoFile  # noqa: PLC0415

    if is_folder(path) or path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFiles(path, warn)
    return VideoFile(path, warn)


def _untold(sentence: str) -> None:
    """Nobody has to hear it again."""


def _only_camera() -> str:
    """The one camera of this machine. Raises `SourceError`: there is none, or more than one."""
    from device.camera.listing import cameras  # noqa: PLC0415

    found, why = cameras()
    if not found:
        raise SourceError(f"There is no camera: none on USB, and none on the ribbon cable ({why}): connect one.")
    if len(found) > 1:
        raise SourceError(f"There are {len(found)} cameras: write which is meant, of {', '.join(map(str, found))}.")
    return found[0].source


def _open_pi_camera(which: str, settings: CameraSettings) -> Source:
    from device.camera.picamera import PiCamera  # noqa: PLC0415

    if not _CAMERA_OF_PI.fullmatch(which):
        raise SourceError(
            f"'picamera2:{which}' names no camera: write picamera2:0 for the first one, or its model, such as "
            "picamera2:imx219."
        )
    return PiCamera(which, settings)


def _open_usb_camera(meant: str, settings: CameraSettings) -> Source:
    from device.camera.usb import the_one, usb_cameras  # noqa: PLC0415
    from device.camera.v4l2 import V4l2Camera  # noqa: PLC0415

    return V4l2Camera(the_one(meant, usb_cameras()).device, settings)


def _open_stand_in(text: str, settings: CameraSettings) -> Source:
    """A clip as the view of a Pi camera, to try what a camera does without one: CLIP, or CLIP?freeze=PICTURES."""
    from device.camera.picamera import PiCamera  # noqa: PLC0415
    from device.camera.standin import StandIn  # noqa: PLC0415
    from device.camera.standin_script import Script, clip_scene  # noqa: PLC0415

    path, _, after = text.partition("?freeze=")
    if after and not after.isdecimal():
        raise SourceError(f"'standin:{text}': write ?freeze= and after how many pictures, such as ?freeze=100.")
    script = Script(clip_scene(Path(path)), freeze_after=int(after) if after else None)
    return PiCamera("0", settings, StandIn(script))
