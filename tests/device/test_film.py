"""A film is what browsers play, keeps the times and colours of its pictures, and is whole or not there."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from device.arrays import ByteImage
from device.contract.errors import RuntimeMissingError, StorageError
from device.film import Film, require_library

SIZE = (64, 48)


def picture(*colour: int, size: tuple[int, int] = SIZE) -> ByteImage:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def noise(seed: int) -> ByteImage:
    return np.random.default_rng(seed).integers(0, 256, (240, 320, 3), np.uint8)


def test_it_is_what_every_browser_plays_from_its_beginning_on(tmp_path: Path) -> None:
    out = tmp_path / "film.mp4"
    with Film(out, SIZE, 25.0) as film:
        film.write(picture(0, 0, 0), 7.0)
    data = out.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat"), "what says what it is stands first"
    with av.open(str(out)) as read:
        stream = read.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(stream.duration * stream.time_base) == pytest.approx(0.04)
    assert out.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["film.mp4"]


@pytest.mark.parametrize("order", ["bgr24", "rgb24"])
def test_colours_come_back(tmp_path: Path, order: str) -> None:
    orange = (230, 159, 0)
    with Film(tmp_path / "film.mp4", SIZE, 25.0, order) as film:
        film.write(picture(*(orange if order == "rgb24" else orange[::-1])), 0.0)
    with av.open(str(tmp_path / "film.mp4")) as read:
        (frame,) = read.decode(video=0)
    assert np.abs(frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(0) - orange).max() < 6


def test_odd_sizes_are_filled_up(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", (65, 47), 25.0) as film:
        film.write(picture(200, 200, 200, size=(65, 47)), 0.0)
    with av.open(str(tmp_path / "film.mp4")) as read:
        (frame,) = read.decode(video=0)
    assert (frame.width, frame.height) == (66, 48)
    assert frame.to_ndarray(format="gray").min() > 190


def test_a_time_that_does_not_go_on_loses_no_picture(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", SIZE, 25.0) as film:
        for at_s in (1.0, 1.0, 0.9, 2.0):
            film.write(picture(0, 0, 0), at_s)
    with av.open(str(tmp_path / "film.mp4")) as read:
        times = [float(frame.time) for frame in read.decode(video=0)]
    assert times == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-3) and times == sorted(set(times))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_fails_on_the_way_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "film.mp4"
    out.write_bytes(b"before")
    with pytest.raises(error), Film(out, SIZE, 25.0) as film:
        film.write(picture(0, 0, 0), 0.0)
        raise error
    assert out.read_bytes() == b"before" and names(tmp_path) == ["film.mp4"]


def test_of_no_picture_there_is_no_film(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", SIZE, 25.0):
        pass
    assert names(tmp_path) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file can become larger, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 40_000, 300_000])
def test_a_disk_that_fills_leaves_nothing_half_written(tmp_path: Path, size: int) -> None:
    out = tmp_path / "film.mp4"
    with (
        pytest.raises(StorageError, match=r"film.mp4 cannot be written \(.+\): check the folder and the space"),
        files_of_at_most(size),
        Film(out, (320, 240), 25.0) as film,
    ):
        for number in range(12):  # 50 kB each
            film.write(noise(number), number / 25)
    assert names(tmp_path) == []


def small(out: Path) -> None:
    """Small films are written when they are closed, and lose their index first."""
    with Film(out, (96, 96), 25.0) as film:
        for number in range(4):
            film.write(np.ascontiguousarray(noise(number)[:96, :96]), number / 25)


def test_a_disk_that_fills_at_the_very_end_does_neither(tmp_path: Path) -> None:
    small(tmp_path / "whole.mp4")
    size = (tmp_path / "whole.mp4").stat().st_size
    for less in (1, 10, 100, 400, 800, 1600):
        with pytest.raises(StorageError), files_of_at_most(size - less):
            small(tmp_path / "film.mp4")
    assert names(tmp_path) == ["whole.mp4"]
    with files_of_at_most(size):
        small(tmp_path / "film.mp4")


def test_where_nothing_can_be_written_it_is_said_at_once(tmp_path: Path) -> None:
    for out in (tmp_path / "none" / "film.mp4", tmp_path):
        with pytest.raises(StorageError, match=r"name|cannot be written"):
            Film(out, SIZE, 25.0)
    assert names(tmp_path) == []


def test_names_that_are_no_utf8_are_names(tmp_path: Path) -> None:
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    with Film(folder / "film\udce9.mp4", SIZE, 25.0) as film:
        film.write(picture(0, 0, 0), 0.0)
    assert names(folder) == ["film\udce9.mp4"]


def test_without_the_library_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(RuntimeMissingError, match=r"pip install 'affectbox\[video\]'"):
        require_library()
