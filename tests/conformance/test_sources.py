"""Every source of pictures keeps the same promises."""

import os
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from device.camera.fake import FakeSource
from device.camera.opening import open_source
from device.camera.picamera import PiCamera
from device.camera.pictures import APART_S, ImageFiles
from device.camera.source import Source
from device.camera.standin import StandIn
from device.camera.standin_script import Script
from device.camera.v4l2 import V4l2Camera
from device.camera.video import VideoFile
from device.contract.errors import SourceError
from device.settings import CameraSettings

HEIGHT, WIDTH, FPS = 48, 64, 10


def picture(number):
    """A grey level for each number, far enough apart to outlast compression."""
    return np.full((HEIGHT, WIDTH, 3), (40 + 50 * number) % 256, np.uint8)


def write_video(folder, count):
    path = folder / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
    for number in range(count):
        writer.write(picture(number))
    writer.release()
    return path


def write_images(folder, count):
    images = folder / "images"
    images.mkdir()
    for number in range(count):
        cv2.imwrite(str(images / f"{number}.png"), picture(number))
    (images / "notes.txt").write_text("no picture")
    return images


def write_image(folder, count):
    path = folder / "only.png"
    cv2.imwrite(str(path), picture(0))
    return path


@dataclass
class Case:
    """A source, and how many pictures it should have."""

    open: Callable[[], Source]
    count: int
    interval_s: float


@pytest.fixture(params=["fake", "video", "folder", "image"])
def case(request, tmp_path):
    if request.param == "fake":
        return Case(lambda: FakeSource(picture, 3, fps=FPS), 3, 1 / FPS)
    if request.param == "video":
        path = write_video(tmp_path, 3)
        return Case(lambda: VideoFile(path), 3, 1 / FPS)
    if request.param == "folder":
        path = write_images(tmp_path, 4)
        return Case(lambda: ImageFiles(path), 4, APART_S)
    path = write_image(tmp_path, 1)
    return Case(lambda: ImageFiles(path), 1, APART_S)


def read_all(source):
    return list(iter(source.read, None))


def test_every_picture_comes_once_and_in_order(case):
    with case.open() as source:
        levels = [float(p.image.mean()) for p in read_all(source)]
    assert levels == pytest.approx([40 + 50 * i for i in range(case.count)], abs=4)


def test_pictures_are_bytes_in_three_channels(case):
    with case.open() as source:
        for found in read_all(source):
            assert found.image.shape == (HEIGHT, WIDTH, 3)
            assert found.image.dtype == np.uint8


def test_a_file_has_its_own_time(case):
    with case.open() as source:
        assert not source.live
        times = [p.media_s for p in read_all(source)]
    assert times == pytest.approx([case.interval_s * i for i in range(case.count)], abs=1e-3)


def test_after_the_end_there_is_nothing_ever_after(case):
    with case.open() as source:
        read_all(source)
        assert [source.read() for _ in range(3)] == [None] * 3


def test_close_may_be_called_twice_and_ends_the_stream(case):
    source = case.open()
    assert source.read() is not None
    source.close()
    source.close()
    assert source.read() is None


def test_a_with_block_closes(case):
    with case.open() as source:
        pass
    assert source.read() is None


def test_what_is_skipped_is_not_read(case):
    with case.open() as source:
        assert source.skip()
        assert len(read_all(source)) == case.count - 1
        assert not source.skip()


class Plugged:
    """In place of `cv2.VideoCapture` on a USB camera that is pulled after three pictures, of which the second arrives
    broken. Its stamps are the kernel's, in milliseconds."""

    def __init__(self, *_):
        self.left, self.released = 3, 0

    def isOpened(self):
        return True

    def set(self, *_):
        return True

    def get(self, prop):
        assert prop == cv2.CAP_PROP_POS_MSEC
        return time.monotonic() * 1000 - 5

    def grab(self):
        self.left -= 1
        return self.left >= 0

    def retrieve(self):
        return (False, None) if self.left == 1 else (True, picture(self.left))

    def release(self):
        self.released += 1


QUICK = CameraSettings(width=WIDTH, height=HEIGHT, fps=200, silence_s=2.5)


@pytest.fixture(params=["fake", "pi", "v4l2"])
def camera(request, monkeypatch):
    """A camera that is pulled after two good pictures."""
    if request.param == "fake":
        return FakeSource(picture, 2, live=True)
    if request.param == "pi":
        return PiCamera("0", QUICK, StandIn(Script(picture, freeze_after=2)))
    monkeypatch.setattr(cv2, "VideoCapture", Plugged)
    return V4l2Camera("/dev/null", QUICK)


def test_a_camera_has_no_time_of_a_file_and_fails_when_it_is_pulled(camera):
    with camera:
        assert camera.live
        pictures = [camera.read(), camera.read()]
        assert [p.media_s for p in pictures] == [None, None]
        assert {p.image.shape for p in pictures} == {(HEIGHT, WIDTH, 3)}
        times = [p.taken_s for p in pictures]
        if times != [None, None]:
            assert times[0] < times[1] < time.monotonic() < times[0] + 20
        for ask in (camera.read, camera.skip):
            with pytest.raises(SourceError, match="cable") as caught:
                ask()
            assert "\n" not in str(caught.value)


def half_lit(number):
    """White in the left upper quarter, grey in the left lower one, black on the right."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, : WIDTH // 2] = 100
    image[: HEIGHT // 2, : WIDTH // 2] = 250
    return image


@pytest.mark.parametrize("turned", [0, 180])
@pytest.mark.parametrize("kind", ["pi", "pi that cannot flip", "v4l2"])
def test_a_camera_that_is_mounted_upside_down_shows_an_upright_picture(kind, turned, monkeypatch):
    settings = replace(QUICK, turned=turned)
    if kind == "v4l2":
        monkeypatch.setattr(cv2, "VideoCapture", Plugged)
        monkeypatch.setattr(Plugged, "retrieve", lambda self: (True, half_lit(self.left)))
        camera = V4l2Camera("/dev/null", settings)
    else:
        camera = PiCamera("0", settings, StandIn(Script(half_lit, flips=kind == "pi")))
    with camera:
        image = camera.read().image
    quarters = [[int(part.mean()) for part in np.hsplit(half, 2)] for half in np.vsplit(image, 2)]
    upright = [[250, 0], [100, 0]] if turned == 0 else [[0, 100], [0, 250]]
    assert np.allclose(quarters, upright, atol=12), quarters
    assert image.flags.c_contiguous


def test_a_closed_camera_says_so_at_once(camera):
    assert camera.skip()
    camera.close()
    camera.close()
    for ask in (camera.read, camera.skip):
        with pytest.raises(SourceError):
            ask()


@pytest.mark.parametrize(("write", "kind"), [(write_video, VideoFile), (write_images, ImageFiles)])
def test_a_path_opens_as_what_it_is(tmp_path, write, kind):
    with open_source(str(write(tmp_path, 2)), CameraSettings()) as source:
        assert isinstance(source, kind)
        assert len(read_all(source)) == 2


def test_images_come_in_the_order_of_their_names(tmp_path):
    for name, number in (("b.png", 1), ("a.PNG", 0), ("c.bmp", 2)):
        cv2.imwrite(str(tmp_path / name), picture(number))
    with ImageFiles(tmp_path) as source:
        assert [p.image[0, 0, 0] for p in read_all(source)] == [40, 90, 140]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nowhere.mp4",
        "nowhere.png",
        "nowhere/",
        "no\0where.mp4",
        "x" * 300,
        "x" * 300 + ".png",
        "caf\udce9.mp4",
        "caf\udce9",
        "v4l2:/dev/nowhere",
        "/dev/v4l/by-id/usb-nobody-video-index0",
        "usb:nobody",
        "usb:",
        "picamera2:",
        "picamera2:imx219",
        "standin:nowhere.mp4",
        "standin:nowhere.mp4?freeze=soon",
        "auto",
        "v4l2:caf\udce9",
        "/dev/nowhere",
        "/dev/null",
        "99",
        "picamera2:first",
        "rtsp://camera/1",
        "https://example.org/clip.mp4",
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        open_source(text, CameraSettings())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["clip.mp4", "still.png", "empty"])
def test_what_holds_no_picture_is_refused(tmp_path, name):
    path = tmp_path / name
    if path.suffix:
        path.write_bytes(b"this is not a picture")
    else:
        path.mkdir()
    with pytest.raises(SourceError, match=name), open_source(str(path), CameraSettings()) as source:
        source.read()


def test_a_camera_may_be_named_by_its_number_or_its_device(monkeypatch):
    opened = []
    monkeypatch.setattr("device.camera.v4l2.V4l2Camera", lambda device, settings: opened.append(device))
    for text in ("0", "/dev/video0", "v4l2:0", "v4l2:/dev/video0"):
        open_source(text, CameraSettings())
    assert opened == ["/dev/video0"] * 4


@pytest.mark.parametrize("suffix", [".png", ".mp4", ""])
def test_a_pipe_is_refused_for_nobody_may_ever_write_to_it(tmp_path, suffix):
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    with pytest.raises(SourceError, match="no file but a pipe"):
        open_source(str(path), CameraSettings())


def test_pictures_of_a_folder_keep_their_names(tmp_path):
    with ImageFiles(write_images(tmp_path, 3)) as source:
        assert [p.name for p in read_all(source)] == ["0.png", "1.png", "2.png"]


def test_a_picture_that_cannot_be_read_is_passed_over_and_told(tmp_path):
    images, told = write_images(tmp_path, 3), []
    (images / "1.png").write_bytes(b"no picture")
    with ImageFiles(images, told.append) as source:
        assert [p.name for p in read_all(source)] == ["0.png", "2.png"]
    (sentence,) = told
    assert "1 of 3 pictures were passed over" in sentence and "1.png" in sentence


def test_a_picture_with_more_pixels_than_can_be_read_is_refused(tmp_path):
    path, side = tmp_path / "vast.png", 40_000
    header = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, *[0] * 6)
    path.write_bytes(header)  # a bitmap, whatever it is called
    with pytest.raises(SourceError, match="more pixels than can be read"), ImageFiles(path) as source:
        source.read()


@pytest.mark.parametrize("write", [write_video, write_image, write_images])
def test_names_that_are_no_utf8_are_read(tmp_path, write):
    path = write(tmp_path, 3)
    odd = path.rename(path.with_name(f"caf\udce9{path.suffix}"))
    if odd.is_dir():
        (odd / "0.png").rename(odd / "caf\udce9.png")
    with open_source(str(odd), CameraSettings()) as source:
        assert len(read_all(source)) == (1 if path.suffix == ".png" else 3)


def frames_in(video):
    """Where each frame of a video of JPEG pictures begins."""
    return [found.start() for found in re.finditer(b"\xff\xd8", video)]


def test_damaged_frames_are_passed_over_and_told(tmp_path):
    path, told = write_video(tmp_path, 30), []
    video = bytearray(path.read_bytes())
    starts = frames_in(video)
    for number in (10, 11, 20):
        video[starts[number] : starts[number] + 200] = bytes(200)
    path.write_bytes(video)
    with VideoFile(path, told.append) as source:
        times = [p.media_s for p in read_all(source)]
    assert len(times) == 27
    assert times[-1] == pytest.approx(2.9, abs=0.11)
    assert told == [f"3 damaged frames of {path} were passed over."]


def test_a_video_that_breaks_off_says_how_much_of_it_is_there(tmp_path):
    path, told = write_video(tmp_path, 200), []
    video = path.read_bytes()
    path.write_bytes(video[: frames_in(video)[120]])
    with VideoFile(path, told.append) as source:
        count = len(read_all(source))
    assert 115 <= count <= 121
    (sentence,) = told
    assert f"breaks off: {count} of the 200 frames" in sentence


def test_a_whole_video_is_told_nothing_of_and_neither_is_one_that_was_not_read_to_its_end(tmp_path):
    path, told = write_video(tmp_path, 30), []
    with VideoFile(path, told.append) as source:
        assert source.rate == pytest.approx(FPS)
        read_all(source)
    with VideoFile(path, told.append) as source:
        source.read()
    assert told == []
