"""As much of libcamera, and of what else Picamera2 imports, as it takes to run Picamera2 itself without a camera.

An IMX219 whose pictures are black YUV420 with the number of the picture as luminance; buffers are anonymous memory
instead of a DMA heap's. Source: what picamera2 0.3.38 asks of libcamera's Python bindings.
"""

import enum
import importlib.abc
import importlib.machinery
import os
import sys
import threading
import time
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

from tests.libcamera_values import ColorSpace, ControlId, FrameBuffer, Limits, Names, Rectangle, Size, Transform

#: Packages that Picamera2 imports for what is not used: encoders, previews, accelerators.
UNUSED = (
    "Imath OpenEXR PyQt5 av hailo_platform jsonschema kms libarchive pidng piexif prctl simplejpeg tqdm v4l2 videodev2"
).split()
MODES = {"SRGGB10_CSI2P": ((640, 480), (1640, 1232), (3280, 2464)), "SRGGB8": ((640, 480), (1640, 1232), (3280, 2464))}
VIEWS = {(640, 480): (1000, 752, 1280, 960), (1640, 1232): (0, 0, 3280, 2464), (3280, 2464): (0, 0, 3280, 2464)}
SHORTEST_US = {(640, 480): 4_839, (1640, 1232): 11_947, (3280, 2464): 47_192}


class Unused(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module of the packages that are not used."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in UNUSED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__, module.__all__ = [], []
        return module

    def exec_module(self, module):
        pass


class StreamConfiguration:
    def __init__(self, role, modes):
        self.role, self.stream = role, object()
        self.size, self.pixel_format, self.stride, self.buffer_count = Size(640, 480), "YUV420", 0, 4
        self.color_space = None
        self.formats = SimpleNamespace(pixel_formats=list(modes), sizes=lambda p: [Size(*s) for s in modes[p]])

    @property
    def frame_size(self):
        return self.stride * self.size.height * 3 // 2


class Configuration(list):
    def __init__(self, roles):
        super().__init__(StreamConfiguration(role, MODES) for role in roles)
        self.orientation, self.sensor_config = None, None

    def at(self, index):
        return self[index]

    def validate(self):
        for stream in self:
            stream.stride = stream.size.width + -stream.size.width % 64
        return "Valid"


class Request:
    def __init__(self, cookie):
        self.cookie, self.buffers, self.controls, self.metadata = cookie, {}, {}, {}
        self.status = "Complete"

    def add_buffer(self, stream, buffer):
        self.buffers[stream] = buffer

    def reuse(self):
        self.metadata = {}

    def set_control(self, control, value):
        self.controls[control.name] = value


class Camera:
    """An IMX219. `freeze_after` pictures no more come."""

    id = "/base/soc/i2c0mux/i2c@1/imx219@10"

    def __init__(self, libcamera, freeze_after=None):
        self._names, self._freeze_after = libcamera.controls, freeze_after
        self.properties = {
            libcamera.properties.Model: "imx219",
            libcamera.properties.ColorFilterArrangement: 0,
        }
        self.configured, self.started_with, self.queued, self.ready = [], {}, [], []
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._running, self._lock = threading.Event(), threading.Lock()
        self._set(MODES["SRGGB8"][0])

    def _set(self, size):
        named = {
            "ExposureTime": (75, 11_766_829, None),
            "AnalogueGain": (1.0, 10.667, None),
            "AeEnable": (False, True, None),
            "AeFlickerMode": (0, 1, 0),
            "AeFlickerPeriod": (100, 1_000_000, None),
            "NoiseReductionMode": (0, 4, 0),
        }
        self.controls = {getattr(self._names, name): Limits(*limits) for name, limits in named.items()}
        self.controls[self._names.FrameDurationLimits] = Limits(SHORTEST_US[size], 11_767_556, None)
        self.controls[self._names.ScalerCrop] = Limits(
            Rectangle(0, 0, 64, 64), Rectangle(*VIEWS[size]), Rectangle(*VIEWS[size])
        )

    def generate_configuration(self, roles):
        return Configuration(roles)

    def configure(self, configuration):
        self.configured.append(configuration)
        size = configuration.sensor_config.output_size
        self._set((size.width, size.height))
        return 0

    def acquire(self):
        pass

    def release(self):
        pass

    def create_request(self, cookie):
        return Request(cookie)

    def start(self, controls):
        self.started_with = {control.name: value for control, value in controls.items()}
        self._running.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._running.clear()
        self._thread.join()
        self.ready = []

    def queue_request(self, request):
        with self._lock:
            self.queued.append(request)

    def get_ready_requests(self):
        with self._lock:
            ready, self.ready = self.ready, []
        with suppress(BlockingIOError):
            os.eventfd_read(self.event_fd)
        return ready

    def _run(self):
        number, tick = 0, threading.Event()
        while self._running.is_set() and number != self._freeze_after:
            tick.wait(self.started_with["FrameDurationLimits"][0] / 1e6)
            with self._lock:
                if not self.queued:
                    continue
                request = self.queued.pop(0)
                for buffer in request.buffers.values():
                    os.pwrite(buffer.planes[0].fd, bytes([16 + number % 200]) * buffer.planes[0].length, 0)
                request.metadata = {
                    ControlId("SensorTimestamp"): time.monotonic_ns(),
                    ControlId("ExposureTime"): 9_987,
                }
                self.ready.append(request)
            os.eventfd_write(self.event_fd, 1)
            number += 1


class Heap:
    """In place of `DmaHeap`."""

    def alloc(self, name, size):
        handle = os.memfd_create(name)
        os.ftruncate(handle, size)
        return SimpleNamespace(get=lambda: handle, isValid=lambda: True)

    def close(self):
        pass


def make_libcamera(freeze_after=None):
    """The module, and its camera."""
    module = ModuleType("libcamera")
    module.controls, module.properties = Names(), Names()
    for kind in (Transform, ColorSpace, Size, Rectangle, FrameBuffer):
        setattr(module, kind.__name__, kind)
    module._libcamera = module
    module.StreamRole = enum.Enum("StreamRole", "StillCapture Raw VideoRecording Viewfinder")
    turns = "Rotate0 Rotate0Mirror Rotate180 Rotate180Mirror Rotate90 Rotate90Mirror Rotate270 Rotate270Mirror"
    module.Orientation = enum.Enum("Orientation", turns)
    module.ControlType = enum.Enum("ControlType", "Rectangle Size")
    module.PixelFormat = str
    module.SensorConfiguration = SimpleNamespace
    module.CameraConfiguration = SimpleNamespace(Status=SimpleNamespace(Invalid="Invalid", Adjusted="Adjusted"))
    module.Request = SimpleNamespace(Status=SimpleNamespace(Complete="Complete"))
    module.FrameMetadata = SimpleNamespace(Status=SimpleNamespace(Success="Success"))
    camera = Camera(module, freeze_after)
    manager = SimpleNamespace(
        cameras=[camera],
        get_ready_requests=camera.get_ready_requests,
        event_fd=camera.event_fd,
        get=lambda name: camera,
    )
    module.CameraManager = SimpleNamespace(singleton=lambda: manager)
    return module, camera


def import_picamera2(wheel, monkeypatch, freeze_after=None):
    """Picamera2 out of its wheel, over this; and the camera. Everything is forgotten when `monkeypatch` ends."""
    libcamera, camera = make_libcamera(freeze_after)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("picamera2", *UNUSED)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    monkeypatch.setattr(sys, "meta_path", [Unused(), *sys.meta_path])
    monkeypatch.syspath_prepend(wheel)
    import picamera2  # noqa: PLC0415
    from picamera2.allocators import dmaallocator  # noqa: PLC0415

    for name in [name for name in sys.modules if name.partition(".")[0] in ("picamera2", *UNUSED)]:
        monkeypatch.setitem(sys.modules, name, sys.modules.pop(name))
    monkeypatch.setattr(dmaallocator, "DmaHeap", Heap)
    monkeypatch.setattr(dmaallocator, "fcntl", SimpleNamespace(ioctl=lambda *_: 0))
    return picamera2, camera
