"""The camera's adapter over Picamera2 itself, of which only libcamera, below it, is made up."""

import time
from pathlib import Path

import pytest

from device.camera.picamera import PiCamera
from device.contract.errors import SourceError
from device.settings import CameraSettings
from tests.libcamera_standin import import_picamera2

WHEEL = Path("build/picamera2/picamera2-0.3.38-py3-none-any.whl").resolve()
QUICK = {"fps": 60, "silence_s": 60.0}
pytestmark = pytest.mark.skipif(not WHEEL.exists(), reason="`make picamera2` fetches the package")


@pytest.fixture
def opened(monkeypatch):
    """Called with settings: the camera over Picamera2, and libcamera's."""

    def open_camera(freeze_after=None, **settings):
        library, below = import_picamera2(str(WHEEL), monkeypatch, freeze_after)
        return PiCamera("0", CameraSettings(**QUICK | settings), library), below

    return open_camera


def test_pictures_of_the_whole_view_come_at_the_rate_that_was_set(opened):
    camera, below = opened()
    with camera:
        times = []
        for _ in range(12):  # three times as many as there are buffers
            picture = camera.read()
            times.append(picture.taken_s)
            assert picture.image.shape == (480, 640, 3)
            assert camera.skip()
    assert times == sorted(set(times)) and 0 < time.monotonic() - times[-1] < 20
    last = below.configured[-1]
    assert (last.sensor_config.output_size.width, last.sensor_config.output_size.height) == (1640, 1232)
    assert last.sensor_config.bit_depth == 10
    assert [(stream.pixel_format, stream.buffer_count) for stream in last] == [("YUV420", 4)]
    assert below.started_with["FrameDurationLimits"] == (16_667, 16_667)
    assert below.started_with["AeFlickerPeriod"] == 10_000
    assert last.orientation.name == "Rotate0"


def test_a_camera_that_is_mounted_upside_down_is_told_so(opened):
    camera, below = opened(turned=180)
    with camera:
        assert camera.read().image.shape == (480, 640, 3)
    assert below.configured[-1].orientation.name == "Rotate180"


def test_exposure_is_fixed_from_the_first_picture_on(opened):
    camera, below = opened(exposure_ms=10, gain=2)
    camera.close()
    wanted = {
        "ExposureTime": 10_000,
        "ExposureTimeMode": 1,
        "AnalogueGain": 2,
        "AnalogueGainMode": 1,
        "AeEnable": False,
    }
    assert below.started_with.items() >= wanted.items()


def test_when_no_more_pictures_come_it_is_given_up_and_closed(opened):
    camera, _ = opened(freeze_after=3, silence_s=2.5)
    with pytest.raises(SourceError, match="no picture for 2 s"):
        while True:
            camera.read()
    library = camera._camera
    began_s = time.monotonic()
    camera.close()
    assert time.monotonic() - began_s < 2, "the limit for a camera that hangs"
    assert not library.is_open
