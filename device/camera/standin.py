"""A Picamera2 without a Pi: the same calls, the same refusals, a scene instead of a sensor, and a script of faults.

It does what the library does where that decides whether the adapter is right: a picture is cut out of the scene as the
chosen sensor mode would; each is the camera's until it is released, and when none is left no more come; jobs are
answered in a thread of the camera's own, one after another, and one that is never answered keeps the next waiting;
controls that the camera has not are refused. Source: picamera2 0.3.38, whose signatures the tests compare with these.
"""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from device.arrays import ByteImage
from device.camera.standin_script import Script, StandInTransform, seen

_ALIGNMENT = 64  # bytes of a row are a multiple of it
_AGE_NS = 12_000_000  # of a picture when it arrives
_STREAM = {"format", "size", "stride", "preserve_ar"}


class StandIn:
    """In place of the module `picamera2`.

    Attributes:
        Picamera2: the class.
        libcamera: in place of the module below it.
        opened: the cameras that were made of it.
    """

    def __init__(self, script: Script) -> None:
        self.opened: list[StandInCamera] = []
        self.Picamera2: Any = type("Picamera2", (StandInCamera,), {"script": script, "opened": self.opened})
        self.libcamera: Any = SimpleNamespace(Transform=StandInTransform)


class StandInJob:
    """In place of a `Job`."""

    def __init__(self, signal_function: "Callable[[StandInJob], None] | None") -> None:
        self._signal_function = signal_function
        self._done = threading.Event()
        self._result: StandInRequest | None = None

    def finish(self, result: "StandInRequest | None") -> None:
        """Give the result, and tell whoever asked."""
        self._result = result
        self._done.set()
        if self._signal_function and result is not None:
            self._signal_function(self)

    def get_result(self, timeout: float | None = None) -> "StandInRequest":
        if not self._done.wait(timeout):
            raise TimeoutError
        if self._result is None:
            raise RuntimeError("CancelledError")
        return self._result


class StandInRequest:
    """In place of a `CompletedRequest`."""

    def __init__(self, camera: "StandInCamera", number: int) -> None:
        self._camera, self._number = camera, number
        self._held = True
        self._taken_ns = time.monotonic_ns() - _AGE_NS

    def make_array(self, name: str) -> ByteImage:
        assert self._held, "a request was used after its release"
        return self._camera.pixels(self._number, name)

    def get_metadata(self) -> dict[str, Any]:
        assert self._held, "a request was used after its release"
        return {"SensorTimestamp": self._taken_ns, "ExposureTime": 9_987, "AnalogueGain": 2.0}

    def release(self) -> None:
        if not self._held:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self._held = False
        self._camera.take_back()


class StandInCamera:
    """In place of a `Picamera2`.

    Attributes:
        is_open: whether it was opened and not yet closed.
        chosen: the configuration.
        set: the controls that were set.
    """

    script: Script
    opened: "list[StandInCamera]"

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return list(cls.script.cameras)

    def __init__(
        self, camera_num: int = 0, verbose_console: object = None, tuning: object = None, allocator: object = None
    ) -> None:
        if camera_num >= len(self.script.cameras):
            raise RuntimeError(f'No camera number {camera_num} found - use "rpicam-hello --list-cameras"')
        if self.script.refusal:
            raise RuntimeError("Camera __init__ sequence did not complete.") from RuntimeError(self.script.refusal)
        self.opened.append(self)
        self.is_open = True
        self.chosen: dict[str, Any] = {}
        self.set: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
        self._jobs: list[StandInJob] = []
        self._newest: StandInRequest | None = None
        self._free = self._made = self._given = 0
        self._hang("open")

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        return list(self.script.modes)

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        return dict(self.script.controls)

    def create_video_configuration(
        self,
        main: dict[str, Any] = {},  # noqa: B006  # as it is there
        lores: dict[str, Any] | None = None,
        raw: dict[str, Any] | None = {},  # noqa: B006
        transform: object = None,
        colour_space: object = None,
        buffer_count: int = 6,
        controls: dict[str, Any] = {},  # noqa: B006
        display: str | None = "main",
        encode: str | None = "main",
        queue: bool = True,
        sensor: dict[str, Any] = {},  # noqa: B006
        use_case: str = "video",
    ) -> dict[str, Any]:
        stream = {"format": "XBGR8888", "size": (1280, 720)} | {k: v for k, v in main.items() if k in _STREAM}
        stream["size"] = tuple(side - side % 2 for side in stream["size"])
        asked = {"transform": transform, "buffer_count": buffer_count, "controls": controls, "sensor": sensor}
        return {"main": stream} | asked

    def configure(self, camera_config: Any = None) -> None:
        self._hang("configure")
        if unknown := set(camera_config["sensor"]) - {"bit_depth", "output_size"}:
            raise RuntimeError(f"Unexpected keys {unknown} in sensor configuration")
        stream = camera_config["main"]
        bytes_each = {"YUV420": 1, "RGB888": 3}[stream["format"]]
        row = stream["size"][0] * bytes_each
        transform = camera_config["transform"] if self.script.flips else StandInTransform()
        self.chosen = camera_config | {
            "main": stream | {"stride": row + -row % _ALIGNMENT},
            "transform": transform or StandInTransform(),
        }
        self._free = camera_config["buffer_count"]
        self.set_controls(camera_config["controls"])

    def camera_configuration(self) -> dict[str, Any]:
        return dict(self.chosen)

    def stream_configuration(self, name: str = "main") -> dict[str, Any]:
        return dict(self.chosen[name])

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.set |= controls

    def start(self, config: object = None, show_preview: object = False) -> None:
        self._hang("start")
        self._thread.start()

    def capture_request(
        self,
        wait: Any = None,
        signal_function: "Callable[[StandInJob], None] | None" = None,
        flush: object = None,
    ) -> Any:
        if not self.is_open:
            raise RuntimeError("Camera is not open")
        job = StandInJob(signal_function)
        with self._lock:
            self._jobs.append(job)
        self._answer()
        if wait or (wait is None and signal_function is None):
            return job.get_result(None if wait is None or wait is True else wait)
        return job

    def cancel_all_and_flush(self) -> None:
        with self._lock:
            jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.finish(None)

    def close(self) -> None:
        self._hang("close")
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.is_open = False

    def take_back(self) -> None:
        """A request came back: its buffer can be filled again."""
        with self._lock:
            self._free += 1

    def pixels(self, number: int, name: str) -> ByteImage:
        """The scene as the chosen mode sees it, in the stream's size, format and padding."""
        stream = self.chosen[name]
        (width, height), scene = stream["size"], seen(self.script, number, self.chosen)
        picture = cv2.resize(scene, (width, height), interpolation=cv2.INTER_AREA)
        if stream["format"] == "YUV420":
            padded = cv2.copyMakeBorder(picture, 0, 0, 0, stream["stride"] - width, cv2.BORDER_CONSTANT)
            picture = cv2.cvtColor(padded, cv2.COLOR_BGR2YUV_I420)
        return np.asarray(picture, np.uint8)

    def _run(self) -> None:
        frame_s = self.set.get("FrameDurationLimits", (33_333, 33_333))[0] / 1e6
        while not self._stop.wait(frame_s):
            with self._lock:
                if self._newest is None and self._free == 0:
                    continue
                if self._newest is None:
                    self._free -= 1
                self._newest = StandInRequest(self, self._made)
                self._made += 1
            self._answer()

    def _answer(self) -> None:
        """Give the newest picture to whoever waits longest."""
        with self._lock:
            if not self._jobs or self._newest is None or self._given == self.script.freeze_after:
                return
            self._given += 1
            job, request, self._newest = self._jobs.pop(0), self._newest, None
        job.finish(request)

    def _hang(self, call: str) -> None:
        if self.script.hangs == call:
            never = threading.Event()
            never.wait()
