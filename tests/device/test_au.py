"""`affectbox au`: pictures and videos to action units, as a researcher uses it."""

import csv
import os
import threading
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.cli import main
from device.clock import SystemClock
from device.commands.au import COLUMNS
from device.contract.errors import ConfigError, DataError, SourceError, StorageError
from device.contract.fields import Json
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, LOWER, UPPER
from device.neutrals import NeutralStore
from device.settings import ModelSettings, NeutralSettings
from device.stages.neutral import named, relative
from device.stages.reader import Reading
from tests.people import actions
from tests.recordings import records_in


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


def covered(part):
    """An eye that sees a crying face with a part hidden, whatever it is shown."""
    units = actions({"AU4": 3.0, "AU6": 3.0, "AU15": 3.0, "AU25": 3.0}, hidden=(part,) if part else ())
    emotions = np.eye(len(EMOTIONS), dtype=np.float32)[EMOTIONS.index("happiness")]
    return lambda models: lambda crop, at_side: Reading(emotions, units, (part,) if part else ())


def test_what_is_hidden_has_empty_cells_and_is_named(pictures, tmp_path, monkeypatch, capsys):
    out = tmp_path / "au.csv"
    monkeypatch.setattr("device.pipeline.Eye", covered(LOWER))

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", str(out)]) == 0

    row = rows(out)["calm.png"]
    assert (row["hidden"], row["AU15"], row["AU15_left"], row["pain"], row["AU4"]) == (LOWER, "", "", "", "3.000")
    assert "hidden: lower" in capsys.readouterr().out


def test_a_face_of_which_two_things_are_said_is_marked(pictures, tmp_path, monkeypatch, capsys):
    out = tmp_path / "au.csv"
    monkeypatch.setattr("device.pipeline.Eye", covered(""))

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", str(out)]) == 0

    row = rows(out)["calm.png"]
    assert (row["emotion"], row["expression"], row["disagree"]) == ("happiness", "crying", "1")
    assert "happiness, but crying by its units" in capsys.readouterr().out


def test_a_face_that_is_partly_hidden_is_no_face_at_rest(pictures, monkeypatch, capsys):
    monkeypatch.setattr("device.pipeline.Eye", covered(UPPER))
    calm = str(pictures / "calm.png")

    assert main(["au", "--image", calm, "--neutral", calm]) == DataError.exit_code

    assert "calm.png hides a part of the face" in capsys.readouterr().err


def test_the_persons_own_relaxed_face_is_subtracted(pictures, tmp_path, monkeypatch):
    """Where that helps; here everywhere."""
    monkeypatch.setattr("device.pipeline.relative", partial(relative, helped=np.ones(len(ACTION_UNIT_KEYS), bool)))
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
    assert smaller.shape[1] < int(row["left"]) < int(row["right"]) < smaller.shape[1] + frame.shape[1]
    assert f"one of 2 faces, at {row['left']}, {row['top']}" in capsys.readouterr().out

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
    assert "1 of 3 pictures were left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (["--image", "nothing.png"], SourceError, "nothing.png does not exist"),
        (["--video", "nothing.mp4"], SourceError, "nothing.mp4 does not exist"),
        (["--folder", "."], SourceError, "holds no image"),
        (["--image", "clip.mp4"], SourceError, "clip.mp4 is a video: give it with --video"),
        (["--image", "empty"], SourceError, "empty is a folder: give it with --folder"),
        (["--image", "wall.png", "--neutral", "nothing.png"], SourceError, "nothing.png does not exist"),
        (["--image", "wall.png", "--neutral", "wall.png"], DataError, "wall.png shows no face"),
        (["--image", "wall.png", "--csv", "missing/au.csv"], StorageError, "cannot be written"),
        (["--image", "wall.png", "--csv", "empty"], StorageError, "empty cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, monkeypatch, capsys, options, error, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "clip.mp4").write_bytes(b"of no matter")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 128, np.uint8))
    monkeypatch.chdir(tmp_path / "empty" if "--folder" in options else tmp_path)

    assert main(["au", *options]) == error.exit_code

    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""
    assert not list(tmp_path.glob("*.part"))


def record_of(path: Path, *options: str) -> Json:
    """What a session records of the picture."""
    out = path.with_suffix(".jsonl")
    assert main(["run", "--source", str(path), "--sink", f"jsonl:{out}", *options]) == 0
    (record,) = records_in(out)
    return record


@pytest.mark.parametrize("scale", [1.0, 0.3, 0.11])
def test_au_and_a_session_say_the_same_of_one_picture(tmp_path, portrait, scale):
    picture, out = tmp_path / "picture.png", tmp_path / "au.csv"
    cv2.imwrite(str(picture), cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))

    assert main(["au", "--image", str(picture), "--csv", str(out)]) == 0

    row, record = rows(out)["picture.png"], record_of(picture)
    assert row["doubts"].split() == record.get("reasons", [])
    assert row["measured"] == str(int(record["status"] == "measured"))
    told = {key: float(row[key]) for key in ACTION_UNIT_KEYS if row[key]}
    assert told == pytest.approx(record.get("aus", {}), abs=0.006)
    told = {name: float(row[f"emotion_{name}"]) for name in EMOTIONS if row[f"emotion_{name}"]}
    assert told == pytest.approx(record.get("emotions", {}), abs=0.002)


def test_what_the_gate_refuses_is_read_only_when_asked_for(tmp_path, portrait, capsys):
    picture, out = tmp_path / "blurred.png", tmp_path / "au.csv"
    cv2.imwrite(str(picture), cv2.GaussianBlur(portrait, (0, 0), 3))

    assert main(["au", "--image", str(picture), "--csv", str(out)]) == 0
    row = rows(out)["blurred.png"]
    assert (row["face"], row["measured"], row["AU12"], row["doubts"]) == ("1", "0", "", "blurred")
    assert "blurred.png  not measured: blurred" in capsys.readouterr().out

    assert main(["au", "--image", str(picture), "--csv", str(out), "--ungated"]) == 0
    row = rows(out)["blurred.png"]
    assert (row["face"], row["measured"], row["doubts"]) == ("1", "1", "blurred")
    assert float(row["AU12"]) > 2
    assert "(blurred)" in capsys.readouterr().out


def test_a_face_on_its_side_or_head_is_read_as_the_upright_one(tmp_path, portrait):
    for turns in range(4):
        cv2.imwrite(str(tmp_path / f"{turns}.png"), np.rot90(portrait, turns))
    out = tmp_path / "au.csv"

    assert main(["au", "--folder", str(tmp_path), "--csv", str(out)]) == 0

    upright, *turned = rows(out).values()
    for turns, row in enumerate(turned, start=1):
        assert abs(float(row["roll"])) == pytest.approx(90 * min(turns, 4 - turns), abs=15)
        assert {key: float(row[key]) for key in ACTION_UNIT_KEYS} == pytest.approx(
            {key: float(upright[key]) for key in ACTION_UNIT_KEYS}, abs=0.3
        )


def test_the_calibrated_face_at_rest_of_a_named_person_is_used(pictures, tmp_path):
    folder, estimator = tmp_path / "neutrals", ModelSettings().estimators
    neutral = named(actions({"AU12": 2.0}), estimator)
    NeutralStore(NeutralSettings(folder=str(folder))).add("p-01", neutral, estimator, SystemClock().wall())
    out = tmp_path / "au.csv"
    person = ["--patient", "p-01", "--set", f'neutral.folder="{folder}"']

    assert main(["au", "--image", str(pictures / "smile.png"), "--csv", str(out), *person]) == 0

    assert rows(out)["smile.png"]["neutral"] == neutral.version


def test_a_group_of_whom_nobody_can_be_made_out_is_no_empty_room(tmp_path, portrait, capsys):
    room, head = np.full((720, 1280, 3), 150, np.uint8), cv2.resize(portrait[:300, 80:380], (120, 120))
    for x, y in ((200, 200), (500, 220), (800, 180)):
        room[y : y + 120, x : x + 120] = head
    picture, out = tmp_path / "group.png", tmp_path / "au.csv"
    cv2.imwrite(str(picture), cv2.GaussianBlur(room, (0, 0), 2))

    assert main(["au", "--image", str(picture), "--csv", str(out)]) == 0

    row = rows(out)["group.png"]
    assert (row["faces"], row["face"], row["doubts"]) == ("3", "0", "low_presence")
    assert "not measured: low presence  3 faces" in capsys.readouterr().out


def test_a_video_with_a_file_shows_no_line_a_frame(tmp_path, clip, capsys):
    out = tmp_path / "au.csv"

    assert main(["au", "--video", str(clip), "--csv", str(out), "--set", "run.max_frames=20"]) == 0

    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == f"20 rows in {out}"
    assert (len(captured.out.splitlines()), captured.err) == (2, "")
    with out.open(newline="") as file:
        row = next(csv.DictReader(file))
    assert sum(float(row[f"emotion_{name}"]) for name in EMOTIONS) == pytest.approx(1, abs=0.01)
    assert (row["face"], row["measured"], row["faces"], row["track"]) == ("1", "1", "1", "1")
    assert int(row["right"]) - int(row["left"]) == pytest.approx(float(row["width"]), abs=2)


def test_a_device_in_the_place_of_the_file_is_written_to_and_stays(pictures, tmp_path, capsys):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", str(pipe)]) == 0

    reader.join(10)
    assert pipe.is_fifo()
    assert got[0].startswith("file,frame,") and "calm.png" in got[0]
    assert capsys.readouterr().out == ""


def test_a_name_that_is_no_utf8_stands_in_the_file_as_it_is(pictures, tmp_path):
    odd, out = tmp_path / "caf\udce9.png", tmp_path / "au.csv"
    (pictures / "calm.png").rename(odd)

    assert main(["au", "--image", str(odd), "--csv", str(out)]) == 0

    assert b"caf\xe9.png" in out.read_bytes()


@pytest.mark.parametrize("given", ["--image", "--folder", "--neutral"])
def test_a_picture_is_not_written_over(pictures, tmp_path, capsys, given):
    calm, other = pictures / "calm.png", pictures / "smile.png"
    before = calm.read_bytes()
    alias = tmp_path / "alias.csv"
    alias.symlink_to(calm)
    what = {"--image": [calm], "--folder": [pictures], "--neutral": [calm, "--image", other]}[given]

    for out in (calm, alias):
        assert main(["au", given, *map(str, what), "--csv", str(out)]) == ConfigError.exit_code
        assert "give --csv another file" in capsys.readouterr().err

    assert calm.read_bytes() == before


def test_a_video_is_not_written_over(tmp_path, capsys):
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"of no matter")

    assert main(["au", "--video", str(video), "--csv", str(video)]) == ConfigError.exit_code

    assert video.read_bytes() == b"of no matter"


def test_the_file_is_for_its_owners_eyes_also_where_it_was_there(pictures, tmp_path):
    out = tmp_path / "au.csv"
    out.touch(0o644)

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", str(out)]) == 0

    assert out.stat().st_mode & 0o777 == 0o600


def test_a_dash_prints_the_rows_and_nothing_else(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["au", "--image", str(pictures / "calm.png"), "--csv", "-"]) == 0

    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert row["file"] == "calm.png"
    assert not (tmp_path / "-").exists()


def test_that_a_person_was_never_calibrated_is_told(pictures, tmp_path, capsys):
    person = ["--patient", "p-998", "--set", f'neutral.folder="{tmp_path / "neutrals"}"']

    assert main(["au", "--image", str(pictures / "calm.png"), *person]) == 0

    (line,) = capsys.readouterr().err.splitlines()
    assert "No valid face at rest of 'p-998', so none is taken into account" in line


def test_one_face_at_rest_is_named_and_not_two(pictures, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["au", "--image", "x.png", "--patient", "p-01", "--neutral", "y.png"])
    assert "not allowed with" in capsys.readouterr().err
