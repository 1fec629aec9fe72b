"""The Raspberry Pi's own camera, through Picamera2. What it promises, and where it does not keep it:

- `capture_array` and all of its kind wait for ever for a camera that freezes (picamera2 issue 1004): every picture is
  asked for as a job whose end is waited for so long and no longer, in a way that old versions know, too.
- the import fails in many ways besides ImportError (issue 1211).
- whoever closes a hung camera may hang with it.
"""

import logging
import os
import threading
from contextlib import suppress
from typing import Any

import cv2
import numpy as np

from device.arrays import ByteImage
from device.camera.patience import CLOSE_S, within
from device.camera.picamera_api import PiLibrary, PiLibraryCamera, Request
from device.camera.sensor import controls, full_view
from device.camera.source import Picture
from device.camera.stamps import taken_s
from device.camera.turning import turned
from device.closing import Closing
from device.contract.errors import SourceError
from device.settings import CameraSettings

#: `camera.pixels` → libcamera's name; its "RGB888" is BGR in memory.
_FORMATS = {"yuv420": "YUV420", "bgr": "RGB888"}
_BUFFERS = 4  # contiguous memory is scarce on a Pi: Picamera2's six are for recording
_CABLE = "check that its ribbon cable sits straight at both ends, switch the box off and on"
_GROUP = "whoever runs this must be in the group video"
#: What an exception says when a camera does not start → what helps.
_REMEDIES = {"dmaheap": _GROUP, "permission": _GROUP, "busy": "another program holds it: end that first"}
_NS = 1e-9


class PiCamera(Closing):
    """Configured once and never again: reconfiguring leaks contiguous memory on the Pi."""

    live = True
    rate, count = 0.0, 0

    def __init__(self, which: str, settings: CameraSettings, library: PiLibrary | None = None) -> None:
        """Open, configure and start the camera.

        Args:
            which: number or model of the camera, such as "0" or "imx219"; "" where there is only one.
            settings: size, rate, exposure and patience.
            library: the module `picamera2`, or one like it.

        Raises:
            SourceError: Picamera2 cannot be imported, there is no such camera, or it does not start.
        """
        self._patience_s = settings.patience_s
        self._camera: PiLibraryCamera | None = None
        self._turns = False  # what the camera cannot
        self._waiting = threading.Event()
        self._using = threading.Lock()  # the camera's memory, which goes when it is closed
        library = library or import_picamera2()
        number = _numbered(which, pi_cameras(library))
        self.name = f"camera {number}"
        try:
            within(self._patience_s, lambda: self._open(library, number, settings))
        except SourceError:
            self.close()
            raise
        except TimeoutError as error:
            self.close()
            raise SourceError(f"The {self.name} hangs while it is opened: {_CABLE}.") from error
        except Exception as error:  # Picamera2 and libcamera raise whatever they met
            self.close()
            raise SourceError(f"The {self.name} does not start ({_told(error)}): {_remedy(error)}.") from error

    def read(self) -> Picture:
        request = self._next()
        with self._using:
            if self._camera is None:
                raise SourceError(f"The {self.name} was closed while a picture arrived: start again.")
            try:
                pixels, about = request.make_array("main"), request.get_metadata()
            except Exception as error:
                raise SourceError(f"The {self.name} gave a broken picture ({_told(error)}): {_CABLE}.") from error
            finally:
                request.release()
        return Picture(self._bgr(pixels), None, taken_s=taken_s(about.get("SensorTimestamp", 0) * _NS))

    def skip(self) -> bool:
        self._next().release()
        return True

    def close(self) -> None:
        if not self._using.acquire(timeout=CLOSE_S):
            return
        camera, self._camera = self._camera, None
        self._using.release()
        self._waiting.set()
        if camera is not None:
            with suppress(Exception):  # it hangs, or is gone: either way nobody can do more
                within(CLOSE_S, lambda: _shut(camera))

    def _open(self, library: PiLibrary, number: int, settings: CameraSettings) -> None:
        camera = self._camera = library.Picamera2(number)
        size = (settings.width, settings.height)
        mode = full_view(camera.sensor_modes, size, settings.fps)
        configuration = camera.create_video_configuration(
            {"size": size, "format": _FORMATS[settings.pixels]},
            raw=None,
            buffer_count=_BUFFERS,
            display=None,
            encode=None,
            sensor=mode.for_picamera2() if mode else {},
        )
        if settings.turned:
            configuration["transform"] = library.libcamera.Transform(hflip=True, vflip=True)
        camera.configure(configuration)
        camera.set_controls(controls(settings, camera.camera_controls))
        self._stream = camera.stream_configuration("main")
        if settings.turned:
            became = camera.camera_configuration()["transform"]
            self._turns = not (became.hflip and became.vflip)
        camera.start()

    def _next(self) -> Request:
        """The newest picture that was not taken yet, or the next."""
        came = self._waiting = threading.Event()
        if (camera := self._camera) is None:
            raise SourceError(f"The {self.name} is closed: start again.")
        try:
            job = camera.capture_request(wait=False, signal_function=lambda job: came.set())
            if came.wait(self._patience_s) and self._camera is not None:
                request: Request = job.get_result()
                return request
        except Exception as error:
            raise SourceError(f"The {self.name} stopped delivering pictures ({_told(error)}): {_CABLE}.") from error
        if self._camera is None:
            raise SourceError(f"The {self.name} was closed while a picture was waited for: start again.")
        raise SourceError(f"The {self.name} has delivered no picture for {self._patience_s:.0f} s: {_CABLE}.")

    def _bgr(self, pixels: ByteImage) -> ByteImage:
        """The picture without the padding at the end of each row; turned, where the camera did not do so itself."""
        if self._stream["format"] == _FORMATS["yuv420"]:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR_I420)  # type: ignore[assignment]
        width, height = self._stream["size"]
        picture = np.ascontiguousarray(pixels[:height, :width])
        return turned(picture) if self._turns else picture


def import_picamera2() -> PiLibrary:
    """The library; only apt has all of it. Raises `SourceError` whatever keeps it from being imported."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")  # it is asked much, and says much
    logging.getLogger("picamera2").setLevel(logging.CRITICAL)  # what goes wrong is said by us, once
    try:
        import picamera2  # noqa: PLC0415  # apt only, and heavy: imported when it is wanted
    except ImportError as error:
        raise SourceError(
            f"Picamera2 cannot be imported ({_told(error)}): `sudo apt install python3-picamera2`; a virtual "
            "environment must be made with --system-site-packages to see it."
        ) from error
    except Exception as error:  # of its many dependencies each in its way
        raise SourceError(
            f"Picamera2 cannot be imported ({_told(error)}): its parts do not go together; on Raspberry Pi OS "
            "bookworm the environment needs NumPy 1.26 (requirements/device.txt), and apt's packages must be up "
            "to date."
        ) from error
    return picamera2  # type: ignore[no-any-return]


def pi_cameras(library: PiLibrary) -> list[dict[str, Any]]:
    """The cameras on ribbon cables, in the order of their numbers. Raises `SourceError`: it cannot be asked."""
    try:
        return [camera for camera in library.Picamera2.global_camera_info() if "/usb" not in camera["Id"]]
    except Exception as error:
        raise SourceError(f"Nobody tells which cameras there are ({_told(error)}): restart the box.") from error


def _numbered(which: str, cameras: list[dict[str, Any]]) -> int:
    """The number of the camera that is meant. Raises `SourceError`: none, or more than one."""
    there = ", ".join(f"picamera2:{number} ({camera['Model']})" for number, camera in enumerate(cameras))
    if not cameras:
        raise SourceError(f"No camera is on the ribbon cable: {_CABLE}; one on USB is --source auto or usb:NAME.")
    meant = [
        n for n, camera in enumerate(cameras) if which in ("", str(n)) or which.lower() == camera["Model"].lower()
    ]
    if not meant:
        raise SourceError(f"'picamera2:{which}' names no camera: there is {there}.")
    if len(meant) > 1:
        raise SourceError(f"'picamera2:{which}' may be either of two cameras: write which, of {there}.")
    return meant[0]


def _shut(camera: PiLibraryCamera) -> None:
    with suppress(Exception):  # a picture that was asked for and never came may be waited for
        camera.cancel_all_and_flush()
    camera.close()


def _remedy(error: BaseException) -> str:
    """What may help against what an exception says."""
    said = _told(error).lower()
    return next((remedy for word, remedy in _REMEDIES.items() if word in said), _CABLE)


def _told(error: BaseException) -> str:
    """What an exception says, in one line; Picamera2 hides what happened behind 'did not complete'."""
    while error.__cause__ is not None:
        error = error.__cause__
    return next(iter(str(error).splitlines()), "") or type(error).__name__
