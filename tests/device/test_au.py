"""`affectbox au`: pictures and videos to action units, as a researcher uses it."""

import csv
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.cli import main
from device.commands.au import COLUMNS
from device.contract.errors import DataError, SourceError, StorageError
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, LOWER, UPPER
from device.stages.neutral import relative
from device.stages.reader import Reading
from tests.people import actions


@pytest.fixture
def pictures(tmp_path, clip_frames):
    """The clip's calm and smiling face as a data set would hold them: 48 × 48, grey, filled by the face."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, frame in clip_frames.items():
        cv2.imwrite(str(folder / f"{name}.png"), frame)
    return folder


@pytest.fixture(scope="session")
def clip_frames(clip, clip_sights):
    """The face in the clip's calm and smiling frames."""
    wanted = {"calm": 25, "smile": 80}
    video = cv2.VideoCapture(str(clip))
    frames = [video.read()[1] for _ in range(max(wanted.values()) + 1)]
    return {name: _small(frames[at], clip_sights[at].face.box) for name, at in wanted.items()}


def _small(frame, box):
    side = max(box.w, box.h)
    (x, y), half = box.centre, side / 2
    cut = frame[round(y - half) : round(y + half), round(x - half) : round(x + half)]
    return cv2.cvtColor(cv2.resize(cut, (48, 48), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_a_small_face_that_fills_its_picture_is_read(pictures, tmp_path, capsys):
    out = tmp_path / "au.csv"

    assert main(["au", "--folder", str(pictures), "--csv", str(out)]) == 0

    found = rows(out)
    assert list(found) == ["calm.png", "smile.png"]
    assert tuple(found["calm.png"]) == COLUMNS
    assert all(0 <= float(row[unit] or 0) <= 5 for row in found.values() for unit in ACTION_UNIT_KEYS)
    smile, calm = found["smile.png"], found["calm.png"]
    assert float(smile["AU12"]) > max(2, float(calm["AU12"]) + 0.5)
    assert abs(float(smile["AU12_left"]) - float(smile["AU12_right"])) < 2
    assert (smile["emotion"], smile["expression"]) == ("happiness", "happy")
    assert (smile["disagree"], smile["hidden"]) == ("0", "")
    assert {row["neutral"] for row in found.values()} == {"none"}
    printed = capsys.readouterr().out
    assert "AU12" in next(line for line in printed.splitlines() if line.startswith("smile.png"))
    assert not list(tmp_path.glob("*.part"))


def test_a_face_in_which_no_landmarks_are_found_is_read_as_it_is_and_doubted(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("device.portraits.still_faces", lambda *looked: [])
    out = tmp_path / "au.csv"

    assert main(["au", "--folder", str(pictures), "--csv", str(out)]) == 0

    found = rows(out)
    assert {(row["face"], row["doubts"], row["yaw"]) for row in found.values()} == {("1", "low_presence", "")}
    assert float(found["smile.png"]["AU12"]) > float(found["calm.png"]["AU12"])
    assert found["smile.png"]["emotion"] == "happiness"


def covered(part):
    """An eye that sees a crying face with a part hidden, whatever it is shown."""
    units = actions({"AU4": 3.0, "AU6": 3.0, "AU15": 3.0, "AU25": 3.0}, hidden=(part,) if part else ())
    emotions = np.eye(len(EMOTIONS), dtype=np.float32)[EMOTIONS.index("happiness")]
    return lambda models: lambda crop, at_side: Reading(emotions, units, (part,) if part else ())


def test_what_is_hidden_has_empty_cells_and_is_named(pictures, tmp_path, monkeypatch, capsys):
    out = tmp_path / "au.csv"
    monkeypatch.setattr("device.portraits.Eye", covered(LOWER))

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", str(out)]) == 0

    row = rows(out)["calm.png"]
    assert (row["hidden"], row["AU15"], row["AU15_left"], row["pain"], row["AU4"]) == (LOWER, "", "", "", "3.000")
    assert "hidden: lower" in capsys.readouterr().out


def test_a_face_of_which_two_things_are_said_is_marked(pictures, tmp_path, monkeypatch, capsys):
    out = tmp_path / "au.csv"
    monkeypatch.setattr("device.portraits.Eye", covered(""))

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", str(out)]) == 0

    row = rows(out)["calm.png"]
    assert (row["emotion"], row["expression"], row["disagree"]) == ("happiness", "crying", "1")
    assert "happiness, but crying by its units" in capsys.readouterr().out


def test_a_face_that_is_partly_hidden_is_no_face_at_rest(pictures, monkeypatch, capsys):
    monkeypatch.setattr("device.portraits.Eye", covered(UPPER))
    calm = str(pictures / "calm.png")

    assert main(["au", "--image", calm, "--neutral", calm]) == DataError.exit_code

    assert "calm.png hides a part of the face" in capsys.readouterr().err


def test_the_persons_own_relaxed_face_is_subtracted(pictures, tmp_path, monkeypatch):
    """Where that helps; here everywhere."""
    monkeypatch.setattr("device.portraits.relative", partial(relative, helped=np.ones(len(ACTION_UNIT_KEYS), bool)))
    out = tmp_path / "au.csv"

    calm = pictures / "calm.png"
    assert main(["au", "--folder", str(pictures), "--neutral", str(calm), "--csv", str(out)]) == 0

    found = rows(out)
    assert max(float(found["calm.png"][unit] or 0) for unit in ACTION_UNIT_KEYS) < 0.01
    assert float(found["smile.png"]["AU12"]) > 0.5
    assert found["smile.png"]["neutral"] == "calm.png"


def test_a_video_has_a_row_for_each_frame(tmp_path, clip):
    out = tmp_path / "au.csv"

    argv = ["au", "--video", str(clip), "--csv", str(out), "--set", "run.max_frames=60"]
    assert main(argv) == 0

    with out.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [float(row["time"]) for row in found] == pytest.approx(np.arange(60) / 25, abs=0.001)
    assert float(found[-1]["AU12"]) > float(found[20]["AU12"])
    assert -10 < float(found[0]["yaw"]) < 10


def test_one_picture_is_enough_and_needs_no_file(pictures, capsys):
    assert main(["au", "--image", str(pictures / "smile.png")]) == 0

    assert "AU12" in capsys.readouterr().out


def test_a_picture_without_a_face_has_an_empty_row_that_says_so(tmp_path):
    picture, out = tmp_path / "wall.png", tmp_path / "au.csv"
    cv2.imwrite(str(picture), np.full((300, 300, 3), 128, np.uint8))

    assert main(["au", "--image", str(picture), "--csv", str(out)]) == 0

    row = rows(out)["wall.png"]
    assert (row["face"], row["AU12"], row["doubts"]) == ("0", "", "no_face")


def test_of_several_faces_the_largest_is_read_and_told(tmp_path, clip, capsys):
    frame = cv2.VideoCapture(str(clip)).read()[1]
    smaller = cv2.copyMakeBorder(cv2.resize(frame, None, fx=0.6, fy=0.6), 0, 192, 0, 0, cv2.BORDER_CONSTANT)
    picture, out = tmp_path / "two.png", tmp_path / "au.csv"
    cv2.imwrite(str(picture), np.hstack([smaller, frame]))

    assert main(["au", "--image", str(picture), "--csv", str(out)]) == 0

    row = rows(out)["two.png"]
    assert row["faces"] == "2"
    assert smaller.shape[1] < int(row["x"]) < smaller.shape[1] + frame.shape[1]
    assert f"one of 2 faces, at {row['x']}, {row['y']}" in capsys.readouterr().out

    assert main(["au", "--image", str(picture), "--neutral", str(picture)]) == DataError.exit_code
    assert "two.png shows 2 faces" in capsys.readouterr().err


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 6000, 3), (6000, 1, 3), (15, 48, 3)])
def test_in_a_sliver_there_is_no_face(tmp_path, shape):
    picture, out = tmp_path / "sliver.png", tmp_path / "au.csv"
    cv2.imwrite(str(picture), np.full(shape, 128, np.uint8))

    assert main(["au", "--image", str(picture), "--csv", str(out)]) == 0

    assert (rows(out)["sliver.png"]["face"], rows(out)["sliver.png"]["doubts"]) == ("0", "no_face")


def test_a_broken_picture_does_not_stop_the_others(pictures, tmp_path, capsys):
    (pictures / "broken.png").write_bytes(b"no picture")
    out = tmp_path / "au.csv"

    assert main(["au", "--folder", str(pictures), "--csv", str(out)]) == DataError.exit_code

    assert list(rows(out)) == ["calm.png", "smile.png"]
    assert "1 of 3 pictures cannot be read (first: broken.png)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (["--image", "nothing.png"], SourceError, "nothing.png is missing"),
        (["--video", "nothing.mp4"], SourceError, "nothing.mp4 does not exist"),
        (["--folder", "."], SourceError, "holds no picture"),
        (["--image", "wall.png", "--neutral", "wall.png"], DataError, "wall.png shows no face"),
        (["--image", "wall.png", "--csv", "missing/au.csv"], StorageError, "cannot be written"),
        (["--image", "wall.png", "--csv", "empty"], StorageError, "empty cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, monkeypatch, capsys, options, error, says):
    (tmp_path / "empty").mkdir()
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 128, np.uint8))
    monkeypatch.chdir(tmp_path / "empty" if "--folder" in options else tmp_path)

    assert main(["au", *options]) == error.exit_code

    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""
    assert not list(tmp_path.glob("*.part"))
