"""`prepare --layout`: the box's crops of an annotated data set, whole, again, and after an interruption."""

import stat

import cv2
import numpy as np
import pytest

from cloud.erasing import known
from device.contract.errors import ConfigError, DataError
from training.action_units import prepare as module
from training.action_units.data import load_annotated
from training.action_units.disfa import UNITS
from training.cli import main


@pytest.fixture(scope="module")
def disfa(tmp_path_factory, portrait):
    """Three participants, four frames each: the portrait, but for one frame of a wall; AU12 is 0, 1, 2, 3."""
    folder = tmp_path_factory.mktemp("disfa")
    small = cv2.resize(portrait, (320, 320), interpolation=cv2.INTER_AREA)
    (folder / "Videos_LeftCamera").mkdir()
    for name in ("SN001", "SN002", "SN003"):
        video = folder / "Videos_LeftCamera" / f"LeftVideo{name}_comp.avi"
        writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 20, (320, 320))
        for frame in range(4):
            writer.write(np.full_like(small, 120) if (name, frame) == ("SN002", 1) else small)
        writer.release()
        labels = folder / "ActionUnit_Labels" / name
        labels.mkdir(parents=True)
        for unit in UNITS:
            rows = [f"{frame},{frame - 1 if unit == 12 else 0}\n" for frame in range(1, 5)]
            (labels / f"{name}_au{unit}.txt").write_text("".join(rows))
    return folder


def prepare(disfa, out, *more):
    return main(["prepare", "--data", str(disfa), "--layout", "disfa", "--out", str(out), "--jobs", "1", *more])


def test_faces_are_cropped_and_those_without_are_counted(disfa, tmp_path, capsys):
    out = tmp_path / "data.npz"

    assert prepare(disfa, out) == 0

    data = load_annotated(out)
    assert (
        data.images.shape == (11, 48, 48)
        and data.participants.tolist() == ["SN001"] * 4 + ["SN002"] * 3 + ["SN003"] * 4
    )
    column = data.labels["intensity"].index("AU12")
    assert data.values["intensity"][:, column].tolist() == [0, 1, 2, 3, 0, 2, 3, 0, 1, 2, 3]
    assert data.values["presence"][4:7, column].tolist() == [0, 1, 1]
    assert data.labels["presence"] == tuple(f"AU{unit}" for unit in UNITS)
    assert "11 faces of 3 participants" in capsys.readouterr().out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not (tmp_path / "data.npz.crops").exists()

    assert prepare(disfa, out) == 0
    assert "is prepared already" in capsys.readouterr().out
    assert prepare(disfa, out, "--every", "2") == ConfigError.exit_code
    assert "holds other data" in capsys.readouterr().err


def test_an_interrupted_call_goes_on_after_the_last_whole_recording(disfa, tmp_path, monkeypatch):
    out, cropped = tmp_path / "data.npz", []
    crop_recording = module.crop_recording

    def interrupted(recording, side, every):
        cropped.append(recording.participant)
        if len(cropped) == 2:
            raise KeyboardInterrupt
        return crop_recording(recording, side, every)

    monkeypatch.setattr(module, "crop_recording", interrupted)
    assert prepare(disfa, out, "--every", "3", "--size", "96") == 130
    assert not out.exists()
    whose = {one.path: one.patients for one in known.written()}
    assert [set(whose[path]) for path in (tmp_path / "data.npz.crops").iterdir()] == [{"SN001"}]
    assert whose[out] == {"SN001", "SN002", "SN003"}
    assert prepare(disfa, out, "--every", "3", "--size", "96") == 0

    assert cropped == ["SN001", "SN002", "SN002", "SN003"]
    assert load_annotated(out).images.shape == (6, 96, 96)


def test_data_without_a_face_or_a_label_are_refused(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((64, 64, 3), 120, np.uint8))
    (tmp_path / "mine.csv").write_text("image,participant,AU1\nwall.png,a,1\n")
    argv = ["prepare", "--data", str(tmp_path / "mine.csv"), "--layout", "csv", "--out", str(tmp_path / "d.npz")]

    assert main(argv) == DataError.exit_code
    assert "finds no face in any picture" in capsys.readouterr().err


def test_small_grey_crops_that_a_face_fills_are_prepared_in_any_order(tmp_path, portrait):
    small = cv2.cvtColor(cv2.resize(portrait[30:240, 120:330], (96, 96)), cv2.COLOR_BGR2GRAY)
    for name in ("1.png", "2.png", "wall.png"):
        cv2.imwrite(str(tmp_path / name), np.full_like(small, 120) if name == "wall.png" else small)
    rows = ["1.png,anna,1,", "wall.png,anna,,3", "2.png,anna,0,4.5", "1.png,ben,,"]
    (tmp_path / "mine.csv").write_text("\n".join(["image,participant,AU1,AU12_intensity", *rows]))
    argv = ["prepare", "--data", str(tmp_path / "mine.csv"), "--layout", "csv", "--jobs", "2"]

    assert main([*argv, "--out", str(tmp_path / "data.npz")]) == 0

    data = load_annotated(tmp_path / "data.npz")
    assert data.participants.tolist() == ["anna", "anna", "ben"]
    assert np.array_equal(data.images[0], data.images[1]) and np.array_equal(data.images[0], data.images[2])
    assert data.labels == {"presence": ("AU1", "AU12"), "intensity": ("AU12",)}
    nan = np.nan
    assert np.array_equal(data.values["presence"], [[1, nan], [0, 1], [nan, nan]], equal_nan=True)
    assert np.array_equal(data.values["intensity"], [[nan], [4.5], [nan]], equal_nan=True)


def test_near_copies_of_a_picture_are_of_one_person(make_coded_files, tmp_path, capsys):
    files = make_coded_files(6, 0)
    files.files.rows[4][1] = " ".join(str(min(int(v) + 2, 255)) for v in files.files.rows[0][1].split())
    csv_file, _, codes = files.write()
    argv = ["prepare", "--data", str(codes), "--layout", "codes", "--rows-of", str(csv_file), "--jobs", "1"]

    assert main([*argv, "--size", "96", "--out", str(tmp_path / "data.npz")]) == 0

    data = load_annotated(tmp_path / "data.npz")
    assert data.images.shape == (6, 96, 96) and "6 faces of 5 participants" in capsys.readouterr().out
    assert data.participants[4] == data.participants[0] and len(set(data.participants)) == 5
    assert "--rows-of fer2013.csv --size 96" in data.about["command"]

    assert main(["prepare", "--csv", str(csv_file), "--rows-of", "x", "--out", "y"]) == ConfigError.exit_code
    assert "--rows-of is for --data: leave it out" in capsys.readouterr().err
