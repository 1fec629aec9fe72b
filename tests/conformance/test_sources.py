"""Every source of pictures keeps the same promises."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from device.camera.fake import FakeSource
from device.camera.files import APART_S, ImageFiles, VideoFile
from device.camera.opening import open_source
from device.camera.source import Source
from device.contract.errors import SourceError
from device.settings import CameraSettings

HEIGHT, WIDTH, FPS = 48, 64, 10


def picture(number):
    """A grey level for each number, far enough apart to outlast compression."""
    return np.full((HEIGHT, WIDTH, 3), 40 + 50 * number, np.uint8)


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


def test_a_live_source_has_no_time_of_its_own_and_fails_when_it_is_pulled():
    source = FakeSource(picture, 2, live=True)
    assert source.live
    assert [p.media_s for p in (source.read(), source.read())] == [None, None]
    for _ in range(2):
        with pytest.raises(SourceError, match="cable"):
            source.read()


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
    "text", ["", "nowhere.mp4", "nowhere.png", "nowhere/", "v4l2:/dev/nowhere", "picamera2:first"]
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
