"""Frames of videos are exact, wherever one steps; what cannot be shown is said."""

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.contract.errors import SourceError
from training.annotation.acts import ActError
from training.annotation.media.cache import Cache
from training.annotation.media.pictures import Picture, encoded
from training.annotation.project import Kind, Project, create, open_project

FRAMES, WIDTH, HEIGHT, BITS = 150, 96, 64, 8
#: Seconds of each frame: every third comes late.
TIMES = [number / 25 + (0.02 if number % 3 == 2 else 0) for number in range(FRAMES)]


def drawn(number: int) -> NDArray[np.uint8]:
    """A picture that says its number: a bright column for each bit."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for bit in range(BITS):
        picture[:, bit * WIDTH // BITS : (bit + 1) * WIDTH // BITS] = 255 if number >> bit & 1 else 0
    return picture


def read(picture: NDArray[np.uint8]) -> int:
    """The number that a picture says."""
    row = picture[picture.shape[0] // 2].mean(axis=1)
    return sum(int(row[int((bit + 0.5) * len(row) / BITS)] > 128) << bit for bit in range(BITS))


def write_video(path: Path, codec: str = "libx264", frames: int = FRAMES) -> None:
    """A video with pictures that lean on later ones, as cameras' and phones' do, and frames at odd times."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000 if codec == "libx264" else 25)
        if codec == "libx264":
            stream.options = {"g": "40", "bf": "3", "preset": "ultrafast", "x264-params": "b-adapt=0:scenecut=0"}
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(drawn(number), format="rgb24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(TIMES[number] * 1000) if codec == "libx264" else number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    write_video(folder / "p-01" / "a.mp4")
    return folder


@pytest.fixture
def project(source: Path, tmp_path: Path) -> Iterator[Project]:
    with create(tmp_path / "project", source, actions=("AU1",)) as made:
        yield made


def shown(picture: Picture) -> int:
    image = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return read(np.asarray(image, np.uint8))


def test_every_frame_of_a_video_is_at_its_place_and_time(project: Project) -> None:
    assert project.kind is Kind.VIDEOS and project.entries()[0].count is None
    sequence = project.sequence("p-01/a.mp4")
    assert (sequence.participant, sequence.frames.tolist()) == ("p-01", [*range(FRAMES)])
    assert sequence.times_s is not None
    assert np.allclose(sequence.times_s, TIMES, atol=0.001)
    places = [*range(FRAMES), *range(FRAMES - 1, -1, -1), *random.Random(1).choices(range(FRAMES), k=60)]
    assert [shown(project.picture("p-01/a.mp4", place)) for place in places] == places
    assert [read(project.pixels("p-01/a.mp4", place)) for place in (149, 0, 40, 39, 81)] == [149, 0, 40, 39, 81]
    assert project.order("p-01/a.mp4").tolist() == [*range(FRAMES)]


def test_a_video_is_looked_through_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.sequence("p-01/a.mp4")
    project.close()
    monkeypatch.setattr("training.annotation.media.index.look_through", None)
    with open_project(project.folder) as again:
        assert again.entries()[0].count == FRAMES
        assert shown(again.picture("p-01/a.mp4", 77)) == 77


@pytest.mark.parametrize(("suffix", "codec"), [(".avi", "mpeg4"), (".mkv", "libx264"), (".webm", "libvpx")])
def test_other_containers_are_as_exact(suffix: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / "source" / f"film{suffix}"
    write_video(path, codec, frames=60)
    with create(tmp_path / "project", path, actions=("AU1",)) as project:
        (entry,) = project.entries()
        assert (entry.name, entry.participant) == (path.name, "film")
        assert len(project.sequence(path.name).frames) == 60
        places = [59, 0, 13, 12, 11, 47, 3]
        assert [shown(project.picture(path.name, place)) for place in places] == places


def test_frames_are_as_small_as_asked_for(project: Project) -> None:
    picture = project.picture("p-01/a.mp4", 3, longest=48)
    image = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape == (32, 48, 3)
    assert shown(picture) == 3


def test_a_phone_that_was_turned_is_upright(source: Path, tmp_path: Path) -> None:
    content = (source / "p-01" / "a.mp4").read_bytes()
    one, upright = (0x10000).to_bytes(4, "big"), bytes(4)
    straight = one + upright * 3 + one
    turned = upright + one + upright + (-0x10000 & 0xFFFFFFFF).to_bytes(4, "big") + upright
    at = content.index(straight, content.index(b"tkhd"))
    (tmp_path / "source" / "p-01").mkdir(parents=True)
    path = tmp_path / "source" / "p-01" / "turned.mp4"
    path.write_bytes(content[:at] + turned + content[at + len(straight) :])
    with create(tmp_path / "project", tmp_path / "source", actions=("AU1",)) as project:
        pixels = project.pixels("p-01/turned.mp4", 1)
    assert pixels.shape == (WIDTH, HEIGHT, 3)
    assert read(np.rot90(pixels)) == 1  # clockwise, as such a matrix says: back again it reads as it was drawn


def test_videos_are_looked_through_before_anybody_opens_them(source: Path, tmp_path: Path) -> None:
    good = (source / "p-01" / "a.mp4").read_bytes()
    for name, content in (("p-1", b"bad"), ("p-2", good), ("p-3", good)):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / "source" / name / "a.mp4").write_bytes(content)
    with create(tmp_path / "project", tmp_path / "source", actions=("AU1",)) as project:
        project.prepare()
        project._helper.shutdown()  # all of it was done
        assert [entry.count for entry in project.entries()] == [None, FRAMES, FRAMES]


@pytest.mark.parametrize("content", [b"", b"no video at all" * 50, None])
def test_a_video_that_cannot_be_decoded_is_said_and_others_are_coded(
    content: bytes | None, source: Path, tmp_path: Path
) -> None:
    good = (source / "p-01" / "a.mp4").read_bytes()
    for name, bytes_ in (("good", good), ("bad", good[:400] if content is None else content)):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / "source" / name / "a.mp4").write_bytes(bytes_)
    with create(tmp_path / "project", tmp_path / "source", actions=("AU1",)) as project:
        assert len(project.entries()) == 2
        with pytest.raises(SourceError, match=r"bad/a\.mp4 cannot be decoded .*: copy it again"):
            project.sequence("bad/a.mp4")
        assert shown(project.picture("good/a.mp4", 9)) == 9
        (tmp_path / "source" / "good" / "a.mp4").unlink()
    with open_project(tmp_path / "project") as project, pytest.raises(SourceError, match="not there any more"):
        project.picture("good/a.mp4", 10)


def test_another_video_in_the_place_of_one_is_not_taken_for_it(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes((source / "p-01" / "a.mp4").read_bytes())
    with create(tmp_path / "project", path, actions=("AU1",)) as project:
        project.sequence("film.mp4")
        write_video(path, frames=FRAMES - 1)
        with pytest.raises(SourceError, match="another video than the one that was coded"):
            project.picture("film.mp4", 5)


@pytest.mark.parametrize("content", [b"", b"no video at all" * 50])
def test_no_project_is_made_of_one_video_that_cannot_be_decoded(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(SourceError, match=r"film\.mp4 cannot be decoded .*: copy it again"):
        create(tmp_path / "project", tmp_path / "film.mp4", actions=("AU1",))
    assert not (tmp_path / "project").exists()


def test_a_video_that_breaks_off_says_which_frame_it_lacks(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mkv"
    write_video(path)
    with create(tmp_path / "project", path, actions=("AU1",)) as project:
        project.sequence("cut.mkv")
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
        assert shown(project.picture("cut.mkv", 5)) == 5
        with pytest.raises(SourceError, match=r"Frame 149 of cut\.mkv cannot be decoded"):
            project.picture("cut.mkv", 149)
        assert shown(project.picture("cut.mkv", 6)) == 6


def test_pictures_in_memory_are_bounded_and_those_not_used_for_longest_go_first() -> None:
    cache = Cache(1000)
    for number in range(10):
        cache.put(number, Picture(bytes(300), "image/png"))
        cache.get(0)
    assert [number for number in range(10) if cache.get(number)] == [0, 8, 9]
    cache.put(9, Picture(bytes(700), "image/png"))
    assert [number for number in range(10) if cache.get(number)] == [8, 9]


def test_grey_crops_are_shown_without_loss_and_large_pictures_as_jpeg() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    picture = encoded(grey)
    assert picture.media_type == "image/png"
    back = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert back is not None and (back == grey).all()
    assert encoded(np.zeros((400, 300, 3), np.uint8)).media_type == "image/jpeg"


def test_what_a_page_asks_of_a_frame_that_is_none_is_refused(project: Project) -> None:
    for place in (-1, FRAMES):
        with pytest.raises(ActError, match=f"no frame {place}"):
            project.picture("p-01/a.mp4", place)
