"""`affectbox au --landmarks`: 68 or 478 landmarks of pictures and videos, in a file and drawn."""

import csv
import stat

import cv2
import numpy as np
import pytest

from device.cli import main
from device.commands.au import COLUMNS
from device.commands.points import Landmarks
from device.contract.errors import ConfigError
from device.contract.landmarks import NAMES_68, REGIONS_68


@pytest.fixture
def face(tmp_path, portrait):
    path = tmp_path / "in" / "face.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), portrait)
    return path


def landmarks_in(path, count):
    with path.open(newline="") as file:
        [row] = csv.DictReader(file)
    assert tuple(row) == (*COLUMNS, *Landmarks(count).columns)
    return row, np.array([[float(row[f"{axis}_{at}"]) for axis in "xyz"] for at in range(count)])


def test_the_sixty_eight_of_a_picture_stand_in_the_file_where_its_face_is(face, tmp_path):
    out = tmp_path / "au.csv"

    assert main(["au", "--image", str(face), "--landmarks", "68", "--csv", str(out)]) == 0

    row, points = landmarks_in(out, 68)
    x, y = points[:, 0], points[:, 1]
    inside = (
        (x > float(row["left"]) - 2)
        & (x < float(row["right"]) + 2)
        & (y > float(row["top"]))
        & (y < float(row["bottom"]) + 2)
    )
    assert inside.all()
    assert x[NAMES_68.index("right mouth corner")] < x[NAMES_68.index("left mouth corner")]
    regions = np.array(REGIONS_68)
    assert y[regions == "right brow"].mean() < y[regions == "right eye"].mean() < y[regions == "mouth"].mean() < y[8]
    assert float(row["AU12"]) > 2


def test_four_hundred_and_seventy_eight_have_the_irises_within_the_eyes(face, tmp_path):
    out = tmp_path / "au.csv"

    assert main(["au", "--image", str(face), "--landmarks", "478", "--csv", str(out)]) == 0

    _, points = landmarks_in(out, 478)
    for iris, outer, inner in ((468, 33, 133), (473, 263, 362)):
        low, high = sorted((points[outer, 0], points[inner, 0]))
        assert low < points[iris, 0] < high


def test_a_video_has_the_landmarks_of_each_frame_and_shows_as_many(clip, tmp_path, monkeypatch):
    out, film, shown = tmp_path / "rows.csv", tmp_path / "seen.mp4", []
    monkeypatch.setattr("device.commands.merged.making.mark_face", lambda *_, dots, **__: shown.append(len(dots)))
    given = ["au", "--video", str(clip), "--landmarks", "68", "--set", "run.max_frames=4"]

    assert main([*given, "--csv", str(out), "--annotate", str(film)]) == 0

    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == ["0", "1", "2", "3"]
    assert all(row["z_67"] and float(row["x_54"]) > float(row["x_48"]) for row in rows)
    assert shown == [68] * 4
    assert film.stat().st_size > 1000


def test_a_picture_of_them_is_for_its_owner_and_has_a_disc_at_each(face, tmp_path, portrait):
    plain, numbered, out = tmp_path / "plain.png", tmp_path / "numbered.png", tmp_path / "au.csv"
    given = ["au", "--image", str(face), "--landmarks", "68", "--csv", str(out)]

    assert main([*given, "--annotate", str(plain)]) == 0
    assert main([*given, "--annotate", str(numbered), "--numbered"]) == 0

    drawn = cv2.imread(str(plain))
    scale = drawn.shape[0] / portrait.shape[0]
    _, points = landmarks_in(out, 68)
    for x, y in np.rint(points[:, :2] * scale).astype(int):
        blue, _, red = drawn[y, x].astype(int)
        assert blue - red > 60, "a light blue disc"
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    assert cv2.imread(str(numbered)).shape[1] > 720


def test_pictures_of_a_folder_are_drawn_into_a_folder(face, tmp_path, portrait):
    cv2.imwrite(str(face.with_name("nobody.png")), np.full((64, 64, 3), 90, np.uint8))
    out = tmp_path / "out"

    assert main(["au", "--folder", str(face.parent), "--landmarks", "68", "--annotate", str(out)]) == 0

    assert sorted(path.name for path in out.iterdir()) == ["face.png", "nobody.png"]
    assert (cv2.imread(str(out / "nobody.png")) == 90).all()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--landmarks", "68"], "give --csv"),
        (["--numbered", "--csv", "-"], "--numbered is of pictures"),
        (["--annotate", "OUT/x.png"], "say which with --landmarks"),
        (["--landmarks", "68", "--annotate", "FACE"], "where the pictures themselves are"),
        (["--landmarks", "68", "--annotate", "OUT/x.mp4"], "give --annotate OUT.png"),
        (["--landmarks", "68", "--neutral", "OUT/n.png", "--annotate", "OUT/n.png"], "where the pictures themselves"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_anything_is_read(face, tmp_path, capsys, more, said):
    given = [part.replace("OUT", str(tmp_path)).replace("FACE", str(face)) for part in more]
    (tmp_path / "n.png").write_bytes(face.read_bytes())

    assert main(["au", "--image", str(face), *given]) == ConfigError.exit_code
    assert said in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {face.parent.name, "n.png"}
    assert (tmp_path / "n.png").read_bytes() == face.read_bytes()


def test_one_picture_for_many_is_refused(face, tmp_path, capsys):
    cv2.imwrite(str(face.with_name("other.png")), np.zeros((64, 64, 3), np.uint8))
    given = ["--landmarks", "68", "--annotate", str(tmp_path / "x.png")]

    assert main(["au", "--folder", str(face.parent), *given]) == ConfigError.exit_code
    assert "there are 2" in capsys.readouterr().err


def test_a_network_without_irises_cannot_give_478():
    with pytest.raises(ConfigError, match="468 points, no irises"):
        Landmarks(478).of(np.zeros((468, 3), np.float32))
