"""The Raspberry Pi's camera over the stand-in for Picamera2, and the stand-in against Picamera2 itself."""

import inspect
import json
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from msgspec.structs import replace

from device.camera import picamera_api
from device.camera.picamera import PiCamera, import_picamera2
from device.camera.sensor import controls, full_view
from device.camera.standin import StandIn, StandInCamera, StandInJob, StandInRequest
from device.camera.standin_script import IMX219, IMX219_CONTROLS, IMX219_MODES, Script
from device.contract.errors import SourceError
from device.settings import CameraSettings
from tests.picamera2_signatures import Signatures, of_installed, of_wheel

WAIT_S = 20.0
QUICK = CameraSettings(fps=200, silence_s=60.0)
IMPATIENT = CameraSettings(fps=200, silence_s=2.5)
_PINNED = json.loads((Path(__file__).parent / "picamera2-0.3.38.json").read_text())
KNOWN: Signatures = _PINNED["signatures"]
WHEEL = Path("build/picamera2") / f"picamera2-{_PINNED['version']}-py3-none-any.whl"


def scene(number: int) -> np.ndarray:
    """Grey that tells the number, with a bright frame around it, which only the full view shows."""
    picture = np.full((616, 820, 3), 60 + 10 * (number % 10), np.uint8)
    picture[:60], picture[-60:], picture[:, :80], picture[:, -80:] = 250, 250, 250, 250
    return picture


def opened(which="0", settings=QUICK, **script):
    stand_in = StandIn(Script(scene, **script))
    return PiCamera(which, settings, stand_in), stand_in


def why_not(which="0", settings=QUICK, **script) -> str:
    """The sentence with which it refuses to open."""
    with pytest.raises(SourceError) as caught:
        opened(which, settings, **script)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("pixels", ["yuv420", "bgr"])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (322, 242), (641, 481)])
def test_the_whole_view_is_in_the_picture_without_padding(pixels, width, height):
    camera, stand_in = opened(settings=replace(QUICK, width=width, height=height, pixels=pixels))
    with camera:
        image = camera.read().image
    assert image.shape == (height // 2 * 2, width // 2 * 2, 3)
    assert image.flags.c_contiguous
    assert image[2:-2, 2].min() > 235 and image[2:-2, -3].min() > 235, "the frame around the scene is seen"
    assert np.ptp(image[image.shape[0] // 2, image.shape[1] // 2]) <= 4, "grey stays grey"
    assert stand_in.opened[0].chosen["sensor"] == {"output_size": (1640, 1232), "bit_depth": 10}


def test_a_camera_that_flips_its_pictures_itself_is_left_to_do_so(monkeypatch):
    monkeypatch.delattr("device.camera.picamera.turned")
    camera, _ = opened(settings=replace(QUICK, turned=180))
    with camera:
        camera.read()


def test_more_pictures_come_than_the_camera_has_buffers_and_each_is_newer():
    camera, _ = opened()
    with camera:
        times = [camera.read().taken_s if number % 2 else camera.skip() and None for number in range(40)]
    taken = [at for at in times if at is not None]
    assert len(taken) == 20 and taken == sorted(set(taken))
    assert 0.01 <= time.monotonic() - taken[-1] < WAIT_S


def test_rate_exposure_and_lamps_are_set_before_the_start():
    fixed = replace(QUICK, fps=25, exposure_ms=20, gain=2.5, mains_hz=60)
    camera, stand_in = opened(settings=fixed)
    camera.close()
    assert stand_in.opened[0].set == {
        "FrameDurationLimits": (40_000, 40_000),
        "ExposureTime": 20_000,
        "AnalogueGain": 2.5,
        "AeEnable": False,
    }
    free = controls(CameraSettings(mains_hz=60), IMX219_CONTROLS)
    assert free == {"FrameDurationLimits": (40_000, 40_000), "AeFlickerMode": 1, "AeFlickerPeriod": 8333}
    focusing = IMX219_CONTROLS | {"AfMode": (0, 2, 0), "LensPosition": (0.0, 32.0, 1.0)}
    assert controls(CameraSettings(mains_hz=0), focusing)["AfMode"] == 2
    assert controls(CameraSettings(focus_m=0.8), focusing)["LensPosition"] == 1.25


def test_what_a_camera_cannot_do_is_said():
    assert "camera.focus_m" in why_not(settings=replace(QUICK, focus_m=0.8))
    assert "from 1 to 10.667" in why_not(settings=replace(QUICK, gain=30))


def mode(size, fps, view, bits=10):
    return {"format": "x", "bit_depth": bits, "size": size, "fps": fps, "crop_limits": (0, 0, *view)}


@pytest.mark.parametrize(
    ("modes", "size", "fps", "chosen"),
    [
        pytest.param(IMX219_MODES, (640, 480), 25, (1640, 1232), id="imx219"),
        pytest.param(IMX219_MODES, (1920, 1080), 20, (3280, 2464), id="imx219, larger than its middle mode"),
        pytest.param(IMX219_MODES, (1920, 1080), 25, (3280, 2464), id="imx219, the view before the rate"),
        pytest.param(
            [
                mode((1536, 864), 120, (3072, 1728)),
                mode((2304, 1296), 56, (4608, 2592)),
                mode((4608, 2592), 14, (4608, 2592)),
            ],
            (640, 480),
            25,
            (2304, 1296),
            id="imx708",
        ),
        pytest.param(
            [
                mode((640, 480), 58.9, (2560, 1920)),
                mode((1296, 972), 43, (2592, 1944)),
                mode((1920, 1080), 30, (1928, 1080)),
            ],
            (640, 480),
            25,
            (1296, 972),
            id="ov5647",
        ),
        pytest.param([mode((1456, 1088), 60, (1456, 1088))], (2000, 2000), 90, (1456, 1088), id="imx296, only one"),
    ],
)
def test_the_mode_sees_everything(modes, size, fps, chosen):
    assert full_view(modes, size, fps).for_picamera2() == {"output_size": chosen, "bit_depth": 10}


def test_a_sensor_that_tells_nothing_of_its_modes_is_left_to_itself():
    assert full_view([{"format": "MJPEG"}], (640, 480), 25) is None
    camera, stand_in = opened(modes=({"format": "MJPEG", "size": (640, 480), "crop_limits": (0, 0, 640, 480)},))
    camera.close()
    assert stand_in.opened[0].chosen["sensor"] == {}


@pytest.mark.parametrize("reads", ["read", "skip"])
def test_a_camera_that_freezes_is_given_up_in_time_and_let_go(reads):
    camera, stand_in = opened(freeze_after=3, settings=IMPATIENT)
    began_s = time.monotonic()
    with pytest.raises(SourceError, match="no picture for 2 s: check that its ribbon cable"), camera:
        while True:
            getattr(camera, reads)()
    assert time.monotonic() - began_s < WAIT_S
    assert not stand_in.opened[0].is_open


@pytest.mark.parametrize("call", ["open", "configure", "start"])
def test_a_camera_that_hangs_while_it_is_opened_is_given_up(call):
    assert "hangs while it is opened" in why_not(hangs=call, settings=replace(QUICK, silence_s=1.0))


def test_a_camera_that_hangs_when_it_is_closed_is_left_behind(monkeypatch):
    monkeypatch.setattr("device.camera.picamera.CLOSE_S", 0.05)
    camera, _ = opened(hangs="close")
    camera.close()
    with pytest.raises(SourceError, match="is closed"):
        camera.read()


def test_closing_wakes_whoever_waits_for_a_picture():
    camera, _ = opened(freeze_after=0, settings=replace(QUICK, silence_s=600.0))
    said: list[str] = []

    def read() -> None:
        with pytest.raises(SourceError) as caught:
            camera.read()
        said.append(str(caught.value))

    reader = threading.Thread(target=read)
    reader.start()
    camera.close()
    reader.join(WAIT_S)
    assert len(said) == 1 and "closed" in said[0]


def test_who_is_not_there_is_told_in_one_sentence():
    second = IMX219 | {"Model": "imx708", "Id": "/base/soc/i2c0mux/i2c@0/imx708@1a", "Num": 1}
    on_usb = {"Model": "Webcam C920", "Id": "/base/soc/usb@7e980000/usb-port@1-1:1.0-046d:082d", "Num": 2}
    two = (IMX219, second)

    assert "No camera is on the ribbon cable" in why_not(cameras=())
    assert "No camera is on the ribbon cable" in why_not(cameras=(on_usb,))
    assert "'picamera2:7' names no camera: there is picamera2:0 (imx219), picamera2:1 (imx708)" in why_not(
        "7", cameras=two
    )
    assert "either of two cameras: write which" in why_not("", cameras=two)
    assert "either of two cameras" in why_not("imx219", cameras=(IMX219, IMX219))
    assert "(Device or resource busy): another program holds it" in why_not(refusal="Device or resource busy")
    assert "must be in the group video" in why_not(refusal="Could not open any dmaHeap device")
    assert "check that its ribbon cable" in why_not(refusal="Camera frontend has timed out!")
    assert opened("imx708", cameras=two)[0].name == "camera 1"
    assert opened("", cameras=(IMX219, on_usb))[0].name == "camera 0"


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("ModuleNotFoundError(\"No module named 'libcamera'\", name='libcamera')", "--system-site-packages"),
        ("ValueError('numpy.dtype size changed, may indicate binary incompatibility')", "NumPy 1.26"),
        ("AttributeError('_ARRAY_API not found')", "NumPy 1.26"),
        ("SystemError('two\\nlines')", "up to date"),
    ],
)
def test_whatever_keeps_picamera2_from_being_imported_is_one_sentence(monkeypatch, tmp_path, error, remedy):
    (tmp_path / "picamera2").mkdir()
    (tmp_path / "picamera2" / "__init__.py").write_text(f"raise {error}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    with pytest.raises(SourceError, match="Picamera2 cannot be imported") as caught:
        import_picamera2()
    assert remedy in str(caught.value) and "\n" not in str(caught.value)


# The stand-in, and what the adapter calls, against the package.


def said(function: object) -> list[str]:
    """Parameters as the list of signatures has them."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    return [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters]


def calls(kind: type) -> dict[str, object]:
    return {name: member for name, member in vars(kind).items() if not name.startswith("_") and callable(member)}


@pytest.mark.parametrize(
    ("stand_in", "real", "own"),
    [
        (StandInCamera, "Picamera2", {"pixels", "take_back"}),
        (StandInRequest, "CompletedRequest", set()),
        (StandInJob, "Job", {"finish"}),
    ],
)
def test_the_stand_in_has_the_signatures_of_the_package(stand_in, real, own):
    for name in calls(stand_in).keys() - own:
        assert [p.replace("libcamera.Transform()", "None") for p in KNOWN[f"{real}.{name}"]] == said(
            getattr(stand_in, name)
        )
    assert said(StandInCamera) == KNOWN["Picamera2.__init__"]


def used(protocol: type) -> dict[str, list[str]]:
    """What the adapter's Protocol says is called: method → names of parameters."""
    properties = {name: list[str]() for name, member in vars(protocol).items() if isinstance(member, property)}
    return properties | {name: [p.partition("=")[0] for p in said(member)] for name, member in calls(protocol).items()}


def check_calls(signatures: Signatures) -> None:
    """Everything that is called is there, and takes what it is given."""
    for protocol, real in (
        (picamera_api.PiLibraryCamera, "Picamera2"),
        (picamera_api.Request, "CompletedRequest"),
        (picamera_api.Job, "Job"),
        (picamera_api.PiCameraClass, "Picamera2"),
    ):
        for name, given in used(protocol).items():
            takes = [p.partition("=")[0] for p in signatures[f"{real}.{name}"]]
            assert set(given) <= set(takes), f"{real}.{name}"


def test_everything_that_is_called_is_in_the_package():
    check_calls(KNOWN)
    with pytest.raises(AssertionError, match="capture_request"):
        check_calls(KNOWN | {"Picamera2.capture_request": ["wait"]})


@pytest.mark.skipif(not WHEEL.exists(), reason="`make picamera2` fetches the package")
def test_the_list_of_signatures_is_that_of_the_package():
    assert of_wheel(WHEEL) == (_PINNED["version"], KNOWN)


@pytest.mark.skipif(of_installed() is None, reason="Picamera2 is not installed, as on a Raspberry Pi")
def test_the_installed_package_takes_what_it_is_given():
    _, signatures = of_installed()
    check_calls(signatures)


def test_a_package_like_any_other_is_what_is_imported(monkeypatch):
    module = ModuleType("picamera2")
    module.Picamera2 = StandIn(Script(scene)).Picamera2
    monkeypatch.setitem(sys.modules, "picamera2", module)
    with PiCamera("0", QUICK) as camera:
        assert camera.read().image.shape == (480, 640, 3)
