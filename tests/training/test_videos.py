"""`affectbox-training faces` on tiny videos of the portrait: inline, over processes, over a cluster."""

import csv
import io
import json
import os
import shutil
import socketserver
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import dask
import numpy as np
import pytest

from device.arrays import ByteImage
from device.contract.errors import ConfigError, DataError, ModelError, StorageError
from device.settings import DetectorSettings, TrackerSettings
from device.stages.aligner import align
from device.stages.detector import Detector
from device.stages.frame import Frame
from device.stages.landmarks import Landmarker
from device.stages.tracker import Tracker
from tests.cluster import WAIT_S, Cluster
from training import cluster as dask_cluster
from training.cli import main
from training.face_finder import FaceFinder
from training.videos import spread
from training.videos.progress import Bar
from training.videos.store import Outcome, face_file, read_faces

FPS, SIDE = 10, 320
FACE, WALL, NIGHT = "face", "wall", "night"
TAKES = {  # a letter is half a second
    "anna/one.avi": [FACE, WALL, FACE],
    "ben/one.mp4": [FACE, NIGHT],
    "cleo/one.avi": [WALL, WALL],
}


def film(path: Path, takes: list[str], portrait: ByteImage) -> None:
    """A video of half a second for each take."""
    pictures = {
        FACE: cv2.resize(portrait, (SIDE, SIDE), interpolation=cv2.INTER_AREA),
        WALL: np.full((SIDE, SIDE, 3), 128, np.uint8),
        NIGHT: np.full((SIDE, SIDE, 3), 2, np.uint8),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = {".avi": "MJPG", ".mp4": "mp4v"}[path.suffix]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), FPS, (SIDE, SIDE))
    for take in takes:
        for _ in range(FPS // 2):
            writer.write(pictures[take])
    writer.release()


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory, portrait: ByteImage) -> Path:
    folder = tmp_path_factory.mktemp("study")
    for name, takes in TAKES.items():
        film(folder / name, takes, portrait)
    return folder


@pytest.fixture
def study(filmed: Path, tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(filmed, tmp_path / "study"))


def faces(study: Path, out: Path, *more: str) -> int:
    return main(["faces", "--videos", str(study), "--out", str(out), "--fps", "10", "--workers", "0", *more])


def index(out: Path) -> dict[str, dict[str, str]]:
    with (out / "index.csv").open(newline="") as file:
        return {row["video"]: row for row in csv.DictReader(file)}


def crops(out: Path, video: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with np.load(out / "faces" / f"{video}.npz") as content:
        return content["crops"], content["times"], content["presence"]


def test_faces_are_kept_and_the_rest_is_counted_by_reason(filmed, tmp_path, capsys):
    assert faces(filmed, tmp_path / "out") == 0

    rows = index(tmp_path / "out")
    counts = {name: (row["frames"], row["faces"], row["no_face"], row["too_dark"]) for name, row in rows.items()}
    assert counts == {
        "anna/one.avi": ("15", "10", "5", "0"),
        "ben/one.mp4": ("10", "5", "0", "5"),
        "cleo/one.avi": ("10", "0", "10", "0"),
    }
    images, times, presence = crops(tmp_path / "out", "anna/one.avi")
    assert (images.shape, images.dtype) == ((10, 48, 48), np.uint8)
    assert np.allclose(times, [0.0, 0.1, 0.2, 0.3, 0.4, 1.0, 1.1, 1.2, 1.3, 1.4], atol=0.002)
    assert presence.min() > 0.9
    assert crops(tmp_path / "out", "cleo/one.avi")[0].shape == (0, 48, 48)
    assert "15 faces in 35 frames of 3 videos" in capsys.readouterr().out


def test_the_split_names_every_participant_once(filmed, tmp_path):
    faces(filmed, tmp_path / "out")

    content = json.loads((tmp_path / "out" / "split.json").read_text())
    assert content["sizes"] == {"train": 1, "validation": 1, "test": 1}
    assert sorted(content["participants"]) == ["anna", "ben", "cleo"]
    assert {r["participant"]: r["part"] for r in index(tmp_path / "out").values()} == content["participants"]


def test_the_folder_is_closed_to_others(filmed, tmp_path):
    (tmp_path / "out").mkdir(mode=0o755)

    faces(filmed, tmp_path / "out")

    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "out" / "faces").rglob("*.npz"))


def test_the_crop_is_the_one_that_the_box_sees(models, portrait):
    """The box follows every frame of a moving face; faces seen rarely must be cut out as if they had been followed."""
    detector = Detector(models.short_range, models.full_range, DetectorSettings())
    follow = Tracker(detector, Landmarker(models.landmarks), TrackerSettings())
    differences = []
    with FaceFinder() as finder:
        for number in range(31):
            frame = moved(portrait, number)
            seen = align(frame, follow(frame).track.face)
            if number % 10 == 0:
                differences.append(np.abs(finder(frame).crop.astype(int) - seen).mean())

    assert max(differences) < 5  # of 255; the landmark network of the box settles within a pixel


def moved(portrait: ByteImage, number: int) -> Frame:
    """The portrait, 4 pixels further to the right and turned by one more degree for each frame of a tenth second."""
    matrix = cv2.getRotationMatrix2D((225, 130), number, 1.0)
    matrix[0, 2] += 4 * number
    image = cv2.warpAffine(portrait, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    return Frame(image, number, number / FPS)


def test_a_larger_crop_shows_the_same(portrait):
    frame = Frame(portrait, 0, 0.0)
    with FaceFinder() as finder, FaceFinder(side=96) as large:
        halved = cv2.resize(large(frame).crop, (48, 48), interpolation=cv2.INTER_AREA)

        assert np.abs(finder(frame).crop.astype(int) - halved).mean() < 4


def test_crops_keep_their_colours_where_that_is_asked_for(study, tmp_path, portrait):
    faces(study, tmp_path / "grey")
    faces(study, tmp_path / "colour", "--colour")

    grey, coloured = (read_faces(face_file(tmp_path / out, "anna/one.avi")).crops for out in ("grey", "colour"))
    assert coloured.shape == (*grey.shape, 3)
    assert coloured[0, ..., 0].mean() > coloured[0, ..., 2].mean() + 10  # red before blue: skin
    seen = np.array([cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in coloured])
    assert np.abs(seen.astype(int) - grey).max() <= 2


def test_whose_track_a_face_is_of_and_its_measures_are_kept(filmed, tmp_path):
    faces(filmed, tmp_path / "out")

    made = read_faces(face_file(tmp_path / "out", "anna/one.avi"))
    assert made.tracks[0] >= 1
    assert len(made.tracks) == len(made.shape) == len(made.crops)
    assert np.allclose(made.shape, np.median(made.shape, axis=0), atol=0.02)
    assert made.pose.shape == (len(made.crops), 3) and (np.abs(made.pose) < 30).all()  # a portrait that looks at us
    assert made.picture.tolist() == [SIDE, SIDE]


def test_of_files_of_before_it_is_not_known_how_heads_were_turned(tmp_path):
    np.savez(tmp_path / "one.npz", crops=np.zeros((2, 48, 48), np.uint8), times=np.zeros(2))
    made = read_faces(tmp_path / "one.npz")
    assert made.pose.shape == (2, 3) and np.isnan(made.pose).all() and made.tracks.tolist() == [0, 0]


def test_the_gate_of_the_box_can_be_asked_for(portrait):
    blurred = Frame(cv2.GaussianBlur(portrait, (0, 0), 4), 0, 0.0)
    with FaceFinder() as lenient, FaceFinder(gate=True) as strict:
        assert lenient(blurred).crop is not None
        assert strict(blurred).crop is None
        assert [reason.value for reason in strict(blurred).reasons] == ["blurred"]
        assert strict(Frame(portrait, 1, 1.0)).crop is not None


@pytest.mark.parametrize(
    ("rate", "times"), [(["--every", "0.5"], [0.0, 0.5, 1.0]), (["--every", "0.35"], [0.0, 0.4, 0.7, 1.1, 1.4])]
)
def test_frames_are_sampled_by_the_files_own_time(filmed, tmp_path, rate, times):
    main(["faces", "--videos", str(filmed), "--out", str(tmp_path / "out"), "--workers", "0", *rate])

    row = index(tmp_path / "out")["anna/one.avi"]
    assert int(row["frames"]) == len(times)
    assert np.allclose(
        crops(tmp_path / "out", "anna/one.avi")[1], [t for t in times if not 0.49 < t < 0.99], atol=0.002
    )


def test_only_what_is_missing_is_done_again(filmed, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    faces(filmed, out)
    whole = index(out), crops(out, "ben/one.mp4")[0]
    (out / "faces" / "ben" / "one.mp4.npz").unlink()
    done = seen_jobs(monkeypatch)

    assert faces(filmed, out) == 0

    assert done == ["ben/one.mp4"]
    assert "2 of 3 videos are done already" in capsys.readouterr().out
    assert (index(out), crops(out, "ben/one.mp4")[0].tolist()) == (whole[0], whole[1].tolist())
    assert [path for path in out.rglob("*") if path.suffix == ".part"] == []


def seen_jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    real = spread.make_faces
    monkeypatch.setattr(spread, "make_faces", lambda job: [done.append(job.video), real(job)][1])
    return done


def test_faces_made_otherwise_or_damaged_are_made_again(study, tmp_path, monkeypatch, portrait):
    out = tmp_path / "out"
    faces(study, out)
    done = seen_jobs(monkeypatch)
    film(study / "ben" / "one.mp4", [WALL], portrait)
    damaged = out / "faces" / "anna" / "one.avi.npz"
    damaged.write_bytes(damaged.read_bytes()[:100])

    faces(study, out)
    assert done == ["anna/one.avi", "ben/one.mp4"]
    faces(study, out, "--size", "64")
    assert done[2:] == sorted(TAKES)
    assert crops(out, "anna/one.avi")[0].shape == (10, 64, 64)


def test_a_run_that_ends_while_writing_leaves_no_half_file(filmed, tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)

    assert faces(filmed, tmp_path / "out") == StorageError.exit_code
    assert [path for path in (tmp_path / "out" / "faces").rglob("*") if path.is_file()] == []


def test_a_stopped_run_says_how_to_go_on(filmed, tmp_path, monkeypatch, capsys):
    def stop(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(spread, "make_faces", stop)

    assert faces(filmed, tmp_path / "out") == 130
    assert "The same command continues" in capsys.readouterr().err
    assert index(tmp_path / "out") == {}


def test_a_broken_video_is_named_and_the_others_are_done(study, tmp_path, capsys):
    (study / "anna" / "two.mp4").write_bytes(b"not a video")

    assert faces(study, tmp_path / "out") == DataError.exit_code

    errors = capsys.readouterr().err
    assert "anna/two.mp4 was left out: it is not a readable video" in errors
    assert "1 of 4 videos could not be read" in errors
    assert sorted(index(tmp_path / "out")) == sorted(TAKES)


def test_a_video_that_breaks_off_is_told_of(study, tmp_path, portrait, capsys):
    long = study / "anna" / "long.avi"
    film(long, [FACE] * 10, portrait)
    long.write_bytes(long.read_bytes()[: long.stat().st_size // 2])

    assert faces(study, tmp_path / "out") == 0

    assert "anna/long.avi breaks off at 2 of 5 s" in capsys.readouterr().err
    assert int(index(tmp_path / "out")["anna/long.avi"]["faces"]) > 20
    assert Outcome("x", seconds=9.5, stated_s=10.0).cut_short is False


def test_faces_of_a_participant_who_withdrew_are_told_of(study, tmp_path, capsys):
    faces(study, tmp_path / "out")
    shutil.rmtree(study / "cleo")

    faces(study, tmp_path / "out")

    errors = capsys.readouterr().err
    assert "cleo/one.avi.npz belongs to no video of this study" in errors
    assert "none for test" in errors


def test_a_changed_split_is_told_of(filmed, tmp_path, capsys):
    faces(filmed, tmp_path / "out")
    before = capsys.readouterr().err

    faces(filmed, tmp_path / "out", "--split", "1:0:0")

    assert "The split has changed" not in before
    assert "The split has changed for 2 participants" in capsys.readouterr().err


def test_a_missing_participant_is_one_sentence(study, tmp_path, capsys):
    shutil.move(study / "ben" / "one.mp4", study / "one.mp4")

    assert faces(study, tmp_path / "out") == DataError.exit_code

    assert "one.mp4 has no participant" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_labels_stand_in_the_index(filmed, tmp_path):
    who = tmp_path / "who.csv"
    who.write_text("video,participant,label\n" + "".join(f"{name},{name[0]},sad\n" for name in TAKES))

    assert faces(filmed, tmp_path / "out", "--participants", str(who)) == 0
    assert {row["label"] for row in index(tmp_path / "out").values()} == {"sad"}


def test_without_models_nothing_is_done(filmed, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AFFECTBOX_CACHE", str(tmp_path / "empty"))

    assert faces(filmed, tmp_path / "out") == ModelError.exit_code
    assert "affectbox-converter fetch" in capsys.readouterr().err


def test_without_dask_one_is_told_what_to_install(filmed, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "training.videos.spread", None)

    assert faces(filmed, tmp_path / "out") == DataError.exit_code
    assert "pip install 'affectbox[training]'" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_that_is_rewritten():
    out = Terminal()
    bar = Bar(2, out)
    bar.step(3)
    bar.step(4)
    bar.end()

    shown = out.getvalue().split("\r\x1b[K")[1:]
    assert [line.split(" ", 1)[1].split(",")[0] for line in shown] == [f"{n} of 2 videos" for n in range(3)]
    assert shown[-1] == f"{'█' * 30} 2 of 2 videos, 7 faces\n"


@pytest.mark.parametrize("wrong", [["--every", "0"], ["--fps", "nan"], ["--size", "8"], ["--workers", "-1"]])
def test_wrong_numbers_are_refused(filmed, tmp_path, wrong):
    with pytest.raises(SystemExit, match="2"):
        main(["faces", "--videos", str(filmed), "--out", str(tmp_path / "out"), *wrong])


def test_two_processes_find_what_one_finds(study, tmp_path, capsys):
    faces(study, tmp_path / "one")
    (study / "cleo" / "broken.mp4").write_bytes(b"not a video")

    code = main(f"faces --videos {study} --out {tmp_path / 'two'} --fps 10 --workers 2".split())

    assert code == DataError.exit_code
    assert "cleo/broken.mp4 was left out" in capsys.readouterr().err
    assert index(tmp_path / "two") == index(tmp_path / "one")
    for name in TAKES:
        assert np.array_equal(crops(tmp_path / "two", name)[0], crops(tmp_path / "one", name)[0])


def test_a_video_that_kills_its_process_is_left_out(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(spread, "make_faces", lambda job: os._exit(1))

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        code = main(
            f"faces --videos {study / 'anna'} --out {tmp_path / 'out'} --workers 1 --participant-pattern (o)".split()
        )

    assert code == DataError.exit_code
    assert "one.avi was left out: every process that read it died" in capsys.readouterr().err


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path)
    yield started
    started.close()


def test_a_cluster_does_the_work(study, tmp_path, cluster, monkeypatch, capsys):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    assert faces(study, tmp_path / "out", "--scheduler", cluster.address) == ConfigError.exit_code
    assert "has no worker" in capsys.readouterr().err

    monkeypatch.setattr(dask_cluster, "CONNECT_S", WAIT_S)
    cluster.add_worker()
    assert faces(study, tmp_path / "out", "--scheduler", cluster.address) == 0
    assert sum(int(row["faces"]) for row in index(tmp_path / "out").values()) == 15


def test_a_scheduler_that_does_not_answer_is_one_sentence(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)

    assert faces(study, tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1") == ConfigError.exit_code
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in capsys.readouterr().err


def test_a_web_server_is_no_scheduler(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), WebServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_address[1]}"

        assert faces(study, tmp_path / "out", "--scheduler", address) == ConfigError.exit_code
        server.shutdown()
    assert f"No Dask scheduler answers at {address}" in capsys.readouterr().err


class WebServer(socketserver.BaseRequestHandler):
    """What is asked in no HTTP is answered in HTTP."""

    def handle(self) -> None:
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
