"""What the stand-in for Picamera2 shows, and what goes wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.arrays import ByteImage
from device.camera.video import VideoFile
from device.contract.errors import SourceError

#: Modes of an IMX219 as Picamera2 lists them, of which the first shows a third of the view.
_IMX219 = (
    ((640, 480), 206.65, (1000, 752, 1280, 960)),
    ((1640, 1232), 83.70, (0, 0, 3280, 2464)),
    ((1920, 1080), 47.57, (680, 692, 1920, 1080)),
    ((3280, 2464), 21.19, (0, 0, 3280, 2464)),
)
IMX219_MODES: tuple[dict[str, Any], ...] = tuple(
    {"format": f"SRGGB{bits}", "bit_depth": bits, "size": size, "fps": fps, "crop_limits": view}
    for bits in (8, 10)
    for size, fps, view in _IMX219
)
IMX219_CONTROLS: dict[str, tuple[Any, Any, Any]] = {
    "AeEnable": (False, True, None),
    "AeFlickerMode": (0, 1, 0),
    "AeFlickerPeriod": (100, 1_000_000, None),
    "AnalogueGain": (1.0, 10.667, None),
    "ExposureTime": (75, 11_766_829, None),
    "FrameDurationLimits": (4_166, 11_767_556, None),
}
IMX219 = {"Model": "imx219", "Location": 2, "Rotation": 180, "Id": "/base/soc/i2c0mux/i2c@1/imx219@10", "Num": 0}


@dataclass(frozen=True)
class StandInTransform:
    """In place of libcamera's `Transform`."""

    hflip: bool = False
    vflip: bool = False


@dataclass(frozen=True)
class Script:
    """What the stand-in shows, and what goes wrong.

    Attributes:
        scene: the number of a picture, from 0 → all that the sensor could see, BGR of any size.
        cameras: what `global_camera_info` tells.
        modes: of the sensor.
        controls: that it has, with lowest, highest and default.
        flips: whether the sensor can flip what it sees.
        freeze_after: so many pictures are given, and then no more, as of a loose cable; None: it does not freeze.
        refusal: what is wrong when it is opened, such as "Device or resource busy".
        hangs: the name of a call that never returns.
    """

    scene: Callable[[int], ByteImage]
    cameras: tuple[dict[str, Any], ...] = (IMX219,)
    modes: tuple[dict[str, Any], ...] = IMX219_MODES
    controls: Mapping[str, tuple[Any, Any, Any]] = field(default_factory=lambda: IMX219_CONTROLS)
    flips: bool = True
    freeze_after: int | None = None
    refusal: str = ""
    hangs: str = ""


def seen(script: Script, number: int, configuration: Mapping[str, Any]) -> ByteImage:
    """What a camera sees of a scene: in the mode nearest in size, as Picamera2 chooses, flipped as configured."""
    size = configuration["sensor"].get("output_size", configuration["main"]["size"])
    mode = min(script.modes, key=lambda mode: abs(mode["size"][0] - size[0]))
    whole_w, whole_h = (max(mode["crop_limits"][axis] for mode in script.modes) for axis in (2, 3))
    left, top, width, height = mode["crop_limits"]
    scene, transform = script.scene(number), configuration["transform"]
    rows, columns = scene.shape[:2]
    view = scene[
        top * rows // whole_h : (top + height) * rows // whole_h,
        left * columns // whole_w : (left + width) * columns // whole_w,
    ]
    return view[:: -1 if transform.vflip else 1, :: -1 if transform.hflip else 1]


def clip_scene(path: Path) -> Callable[[int], ByteImage]:
    """A clip as a scene that goes on for ever: after its end it begins again. Raises `SourceError`: it is no video."""
    clip = VideoFile(path, warn=lambda sentence: None)

    def show(number: int) -> ByteImage:
        nonlocal clip
        if (picture := clip.read()) is None:
            clip.close()
            clip = VideoFile(path, warn=lambda sentence: None)
            picture = clip.read()
        if picture is None:
            raise SourceError(f"{path} cannot be read any more: check the disk.")
        return picture.image

    return show
