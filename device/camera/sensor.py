"""What a Pi camera is told: which of its sensor's modes, and how to expose. Pure functions, for any Picamera2.

Left to itself, Picamera2 takes the mode whose size is nearest to the picture's, which for small pictures is a part cut
out of the middle: a third of the field of view of an IMX219 (picamera2 issues 683 and 1233).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from device.contract.errors import SourceError
from device.settings import CameraSettings

#: A view is full that has this share of the widest mode's width and height.
_FULL = 0.99
#: Bits a pixel beyond these are a packing, not the sensor's.
_MOST_BITS = 14
_US = 1_000_000  # in a second
#: Values of libcamera's enumerations: `AeFlickerModeEnum.Manual`, `AfModeEnum.Manual` and `.Continuous`.
_FLICKER_MANUAL, _FOCUS_MANUAL, _FOCUS_CONTINUOUS = 1, 0, 2
#: control → (lowest, highest, default), as `camera_controls` has them
Advertised = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class SensorMode:
    """A mode of a sensor: size in pixels, bits a pixel, most frames a second, and the size of what it sees of the
    sensor, in the sensor's pixels."""

    size: tuple[int, int]
    bits: int
    fps: float
    view: tuple[int, int]

    def for_picamera2(self) -> dict[str, object]:
        """What `create_video_configuration` takes as `sensor`."""
        return {"output_size": self.size, "bit_depth": self.bits}


def full_view(modes: Sequence[Mapping[str, Any]], size: tuple[int, int], fps: float) -> SensorMode | None:
    """The cheapest mode that sees all, is as large as the picture and fast enough; else the fastest that sees all.

    Args:
        modes: `sensor_modes` of Picamera2.
        size: of the picture, pixels.
        fps: wanted.

    Returns:
        None where the camera does not say what its modes see, as USB cameras.
    """
    known = [_read(mode) for mode in modes if {"size", "bit_depth", "fps", "crop_limits"} <= mode.keys()]
    if not known:
        return None
    widest, highest = (max(mode.view[axis] for mode in known) for axis in (0, 1))
    full = [mode for mode in known if mode.view[0] >= _FULL * widest and mode.view[1] >= _FULL * highest] or known
    large = [mode for mode in full if mode.size[0] >= size[0] and mode.size[1] >= size[1]] or full
    enough = [mode for mode in large if mode.fps >= fps]
    if enough:
        return min(enough, key=lambda mode: (mode.size[0] * mode.size[1], _coarseness(mode)))
    return max(large, key=lambda mode: (mode.fps, -_coarseness(mode)))


def controls(settings: CameraSettings, advertised: Advertised) -> dict[str, object]:
    """What to set before the start.

    Args:
        settings: rate, exposure, gain, lamps and focus.
        advertised: `camera_controls` of Picamera2, once it is configured.

    Raises:
        SourceError: the camera has no such control, or not that value.
    """
    frame_us = round(_limited(_US / settings.fps, advertised.get("FrameDurationLimits")))
    wanted: dict[str, object] = {"FrameDurationLimits": (frame_us, frame_us)}
    if settings.exposure_ms:
        exposure_us = round(settings.exposure_ms * 1000)
        wanted["ExposureTime"] = _within("exposure_ms", settings.exposure_ms, "ExposureTime", exposure_us, advertised)
    if settings.gain:
        wanted["AnalogueGain"] = _within("gain", settings.gain, "AnalogueGain", settings.gain, advertised)
    if settings.exposure_ms and settings.gain:
        wanted["AeEnable"] = False
    if settings.mains_hz and not settings.exposure_ms and "AeFlickerPeriod" in advertised:
        wanted |= {"AeFlickerMode": _FLICKER_MANUAL, "AeFlickerPeriod": round(_US / (2 * settings.mains_hz))}
    if settings.focus_m:
        lens = _within("focus_m", settings.focus_m, "LensPosition", 1 / settings.focus_m, advertised)
        wanted |= {"AfMode": _FOCUS_MANUAL, "LensPosition": lens}
    elif "AfMode" in advertised:
        wanted["AfMode"] = _FOCUS_CONTINUOUS
    return wanted


def _read(mode: Mapping[str, Any]) -> SensorMode:
    return SensorMode(tuple(mode["size"]), mode["bit_depth"], mode["fps"], tuple(mode["crop_limits"][2:4]))


def _coarseness(mode: SensorMode) -> int:
    """Smaller for more bits that are the sensor's own."""
    return -mode.bits if mode.bits <= _MOST_BITS else mode.bits


def _limited(value: float, limits: Sequence[Any] | None) -> float:
    return min(max(value, limits[0]), limits[1]) if limits else value


def _within(key: str, said: float, control: str, value: float, advertised: Advertised) -> float:
    if control not in advertised:
        raise SourceError(f"This camera does not let 'camera.{key}' be fixed: set it to 0.")
    low, high = advertised[control][:2]
    if not low <= value <= high:
        raise SourceError(
            f"'camera.{key}' is {said:g}, which this camera cannot do ({control} is from {low:g} to {high:g} and "
            f"would be {value:g}): set another, or 0."
        )
    return value
