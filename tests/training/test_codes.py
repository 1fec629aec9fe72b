"""Tables of action units: what is read, what is refused by row, and what several coders say together."""

import cv2
import numpy as np
import pytest

from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS
from training.cli import main
from training.data.codes import with_codes
from training.data.faces import Codings, Faces, load_faces, save_faces

AU1, AU12 = ACTION_UNIT_KEYS.index("AU1"), ACTION_UNIT_KEYS.index("AU12")
NAN = float("nan")


@pytest.fixture
def faces():
    """Rows 0, 1 and 3 of a file: row 2 had no picture."""
    images = np.arange(3 * 48 * 48, dtype=np.uint32).reshape(3, 48, 48).astype(np.uint8)
    splits = np.array(["Training", "Training", "PublicTest"])
    return Faces(images, splits, {}, np.full(3, ""), rows=np.array([0, 1, 3]))


@pytest.fixture
def write(tmp_path):
    """Called with lines: the table's path."""

    def call(*lines):
        path = tmp_path / "codes.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return call


def coded(face, coder, au1, bad=False):
    """One coding of AU1 alone."""
    units = np.full((1, len(ACTION_UNIT_KEYS)), NAN, np.float32)
    units[0, AU1] = au1
    return Codings(np.array([face]), np.array([coder]), units, np.zeros((1, 2), np.float32), np.array([bad]))


def several(*codings):
    whole = Codings()
    for one in codings:
        whole = whole.joined(one)
    return whole


def test_rows_are_coded_and_those_without_a_picture_passed_over(faces, write):
    path = write(
        "row,usage,coder,AU1,AU12,up,low,bad",
        "0,Training,a,2,,0,1,0",
        "2,Training,a,5,5,0,0,0",
        "3,PublicTest,a,0,1.5,0,0,0",
        "3,PublicTest,b,1,0,1,0,1",
    )

    codings = with_codes(faces, path).codings

    assert codings.face.tolist() == [0, 2, 2] and codings.coder.tolist() == ["a", "a", "b"]
    assert codings.units[0, AU1] == 2 and np.isnan(codings.units[0, AU12])
    assert np.isnan(np.delete(codings.units, [AU1, AU12], axis=1)).all()
    assert codings.hidden.tolist() == [[0, 1], [0, 0], [1, 0]]
    assert codings.bad.tolist() == [False, False, True]


def test_pictures_beside_the_table_join_the_training_faces(faces, write, tmp_path):
    (tmp_path / "anna").mkdir()
    cv2.imwrite(str(tmp_path / "anna" / "1.png"), np.full((96, 96, 3), 200, np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), np.full((48, 48), 10, np.uint8))
    path = write("image,coder,AU1", "anna/1.png,a,2", "2.png,a,0", "anna/1.png,b,3")

    found = with_codes(faces, path)

    assert len(found) == 5 and found.splits[3:].tolist() == ["Training"] * 2 and found.rows[3:].tolist() == [-1, -1]
    assert (found.images[3] == 200).all() and (found.images[4] == 10).all()
    assert found.codings.face.tolist() == [3, 4, 3]


def test_tables_can_follow_each_other(faces, write, tmp_path):
    cv2.imwrite(str(tmp_path / "2.png"), np.full((48, 48), 10, np.uint8))
    once = with_codes(faces, write("row,AU1", "1,4"))

    codings = with_codes(once, write("image,AU1", "2.png,3")).codings

    assert codings.face.tolist() == [1, 3] and codings.units[:, AU1].tolist() == [4, 3]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([""], "codes.csv begins with ''"),
        (["row,coder", "0,a"], "its columns are row or image, coder, AU1"),
        (["picture,AU1", "0,1"], "codes.csv begins with 'picture,AU1'"),
        (["row,AU1,AU3", "0,1,1"], "codes.csv, row 1: there is no column 'AU3'; perhaps you meant AU"),
        (["row,AU1,AU1", "0,1,1"], "codes.csv, row 1: the column AU1 is there twice"),
        (["row,AU1"], "codes.csv holds no codings"),
        (["row,AU1", "0,1,2"], "codes.csv, row 2: it has 3 columns instead of 2"),
        (["row,AU1", "0,1", "", "1,6"], "codes.csv, row 4: AU1 is '6': give a number from 0 to 5, or nothing"),
        (["row,AU1", "0,-1"], "codes.csv, row 2: AU1 is '-1'"),
        (["row,AU1", "0,much"], "codes.csv, row 2: AU1 is 'much'"),
        (["row,AU1", "0,nan"], "codes.csv, row 2: AU1 is 'nan'"),
        (["row,AU1,up", "0,1,2"], "codes.csv, row 2: up is '2': give a number from 0 to 1"),
        (["row,AU1", "first,1"], "codes.csv, row 2: row is 'first': give the number of a row"),
        (["row,AU1", "70,1"], "codes.csv codes no row of these data"),
        (["row,usage,AU1", "0,Training,1", "3,Training,1"], "codes.csv, row 3: it codes a row of Training, and row 3"),
        (["image,AU1", ",1"], "codes.csv, row 2: image is '': give the path of a picture"),
        (["image,AU1", "gone.png,1"], r"codes.csv, row 2: .*gone\.png is not a picture that can be read"),
        (["image,AU1", "codes.csv,1"], r"codes.csv, row 2: .*codes\.csv is not a picture that can be read"),
    ],
)
def test_broken_tables_are_one_sentence(faces, write, lines, complaint):
    with pytest.raises(DataError, match=complaint) as caught:
        with_codes(faces, write(*lines))

    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_or_no_text_is_one_sentence(faces, tmp_path):
    with pytest.raises(DataError, match=r"Cannot read .*none\.csv"):
        with_codes(faces, tmp_path / "none.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\x81" * 9)
    with pytest.raises(DataError, match=r"Cannot read .*picture\.csv"):
        with_codes(faces, tmp_path / "picture.csv")


def test_coders_are_averaged_and_bad_codings_say_nothing():
    codings = several(coded(0, "a", 1), coded(0, "b", 4), coded(1, "a", 2), coded(1, "b", 5, bad=True))

    intensities, hidden = codings.means(3)

    assert intensities[:2, AU1].tolist() == [2.5, 2.0] and np.isnan(intensities[2]).all()
    assert np.isnan(intensities[:, AU12]).all()
    assert hidden[:2].tolist() == [[0, 0], [0, 0]] and np.isnan(hidden[2]).all()


def test_coders_agree_on_presence_only_where_two_coded_it():
    agree = several(coded(0, "a", 1), coded(0, "b", 4), coded(1, "a", 0), coded(1, "b", 0.5))
    alone = several(coded(2, "a", 3), coded(3, "a", 0), coded(3, "b", 1), coded(4, "a", 3), coded(4, "b", NAN))

    agreed = several(agree, alone).agreed(5)[:, AU1]

    assert agreed[:2].tolist() == [1, 0] and np.isnan(agreed[2:]).all()


def test_codings_follow_their_faces():
    codings = several(coded(0, "a", 1), coded(4, "a", 2), coded(2, "b", 3)).at(np.array([2, 4, 1]))

    assert sorted(zip(codings.face.tolist(), codings.units[:, AU1].tolist(), strict=True)) == [(0, 3), (1, 2)]
    assert len(Codings().at(np.array([0, 1]))) == 0


def test_codes_are_kept_in_the_file_and_change_what_a_training_is_of(coded_faces, tmp_path):
    save_faces(tmp_path / "data.npz", coded_faces)

    again = load_faces(tmp_path / "data.npz")

    assert again.digest() == coded_faces.digest() and np.array_equal(again.codings.units, coded_faces.codings.units)
    assert np.array_equal(again.copies, coded_faces.copies)
    assert again.with_codings(coded(0, "c", 5)).digest() != coded_faces.digest()


def test_the_command_tells_what_was_coded_and_a_changed_picture_is_another_source(
    write, tmp_path, make_fer_files, capsys
):
    csv_path, _ = make_fer_files(5, 2).write()
    cv2.imwrite(str(tmp_path / "2.png"), np.full((48, 48), 10, np.uint8))
    table, out = write("image,AU1", "2.png,3", "2.png,4"), tmp_path / "data.npz"
    argv = ["prepare", "--csv", str(csv_path), "--codes", str(table), "--out", str(out)]

    assert main(argv) == 0
    assert "6 Training, 2 PublicTest; 2 codings of 1 faces" in capsys.readouterr().out
    assert "--codes codes.csv" in load_faces(out).about["command"]

    cv2.imwrite(str(tmp_path / "2.png"), np.full((48, 48), 90, np.uint8))
    assert main(argv) != 0
    assert "holds data from other files" in capsys.readouterr().err
