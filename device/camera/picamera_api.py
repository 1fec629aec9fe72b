"""The part of Picamera2 that is used, as Protocols: the library and `device.camera.standin` both have it.

Signatures are those of picamera2 0.3.38; `tests/device/picamera2-0.3.38.json` holds all of them as the package has
them. Source: *The Picamera2 Library*, Raspberry Pi Ltd, 2025.
"""

from collections.abc import Callable
from typing import Any, Protocol

from device.arrays import ByteImage


class Transform(Protocol):
    """How pictures are flipped before anybody sees them."""

    @property
    def hflip(self) -> bool: ...

    @property
    def vflip(self) -> bool: ...


class LibCamera(Protocol):
    """The module `libcamera`."""

    @property
    def Transform(self) -> Callable[..., Transform]: ...  # as it is called there


class Request(Protocol):
    """A picture that is still the camera's; it has few, and wants each back by `release`."""

    def make_array(self, name: str) -> ByteImage:
        """A copy of the pixels of a stream; of YUV420 (height × 3/2, stride) with the planes one below the other."""

    def get_metadata(self) -> dict[str, Any]:
        """What is known of it: `SensorTimestamp` in nanoseconds, `ExposureTime` in microseconds and more."""

    def release(self) -> None: ...


class Job(Protocol):
    """Something that the camera's own thread was asked to do."""

    def get_result(self, timeout: float | None = None) -> Any:
        """What came of it; waits for it."""


class PiLibraryCamera(Protocol):
    """A `Picamera2`."""

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        """The modes, read by configuring the camera for each of them."""

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        """control → (lowest, highest, default), as it is configured."""

    def create_video_configuration(
        self,
        main: dict[str, Any],
        *,
        raw: dict[str, Any] | None,
        buffer_count: int,
        display: str | None,
        encode: str | None,
        sensor: dict[str, Any],
    ) -> dict[str, Any]: ...

    def configure(self, camera_config: dict[str, Any]) -> None: ...

    def camera_configuration(self) -> dict[str, Any]:
        """What the configuration came to be: `transform` and more; a camera that cannot flip has not."""

    def stream_configuration(self, name: str = "main") -> dict[str, Any]:
        """What a stream came to be: `format`, `size` and `stride` may differ from what was asked for."""

    def set_controls(self, controls: dict[str, Any]) -> None: ...

    def start(self) -> None: ...

    def capture_request(self, wait: bool, signal_function: Callable[[Any], None]) -> Job: ...

    def cancel_all_and_flush(self) -> None: ...

    def close(self) -> None: ...


class PiCameraClass(Protocol):
    """The class `Picamera2`."""

    def __call__(self, camera_num: int) -> PiLibraryCamera: ...

    def global_camera_info(self) -> list[dict[str, Any]]:
        """Of each camera its `Model`, `Id` and more, in the order of their numbers; USB cameras last."""


class PiLibrary(Protocol):
    """The module `picamera2`."""

    @property
    def Picamera2(self) -> PiCameraClass: ...  # as it is called there

    @property
    def libcamera(self) -> LibCamera: ...
