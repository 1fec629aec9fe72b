import gzip

import numpy as np
import pytest
from training.datasets import read_fer

from device.contract.errors import DataError
from device.contract.labels import EMOTIONS


def test_both_splits_are_read_in_order(make_fer_files):
    files = make_fer_files(9, 4)

    data = read_fer(*files.write())

    assert {usage: len(faces) for usage, faces in data.items()} == {"Training": 9, "PublicTest": 4}
    training = data["Training"]
    assert training.images.shape == (9, 48, 48) and training.images.dtype == np.uint8
    assert training.images[3].ravel().tolist() == [int(pixel) for pixel in files.rows[3][1].split()]
    assert training.labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert [EMOTIONS[position] for position in training.majority()[:3]] == ["anger", "disgust", "fear"]


def test_gzipped_file_reads_the_same(make_fer_files):
    plain, ferplus = make_fer_files(3, 3).write()
    packed = plain.with_name("fer2013.csv.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert np.array_equal(read_fer(packed, ferplus)["Training"].images, read_fer(plain, ferplus)["Training"].images)


def test_votes_for_no_emotion_do_not_count(make_fer_files):
    files = make_fer_files(2, 1)
    files.votes[0][2:] = "2,6,0,0,0,0,0,0,1,1".split(",")
    files.votes[1][2:] = "2,0,0,0,0,0,0,1,7,0".split(",")

    training = read_fer(*files.write())["Training"]

    assert training.distribution()[0].tolist() == [0.25, 0.75, 0, 0, 0, 0, 0, 0]
    assert training.majority().tolist() == [1, -1]


def test_rows_without_a_face_and_the_held_back_split_are_left_out(make_fer_files):
    files = make_fer_files(4, 2).add(5, "PrivateTest")
    files.votes[1][1] = ""

    data = read_fer(*files.write())

    assert data["Training"].labels.tolist() == [0, 2, 3]
    assert len(data["PublicTest"]) == 2


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        (0, "7", "emotion is 7"),
        (0, "happy", "happy"),
        (1, "1 2 3", "3 pixels instead of 2304"),
        (1, " ".join(["0"] * 2303 + ["256"]), "outside 0 to 255"),
        (1, " ".join(["0"] * 2303 + ["x"]), "x"),
        (2, "Test", "Usage is 'Test'"),
    ],
)
def test_broken_row_is_named(make_fer_files, column, value, complaint):
    files = make_fer_files(6, 2)
    files.rows[4][column] = value

    with pytest.raises(DataError, match=rf"^fer2013\.csv, row 5: .*{complaint}.*repair or remove"):
        read_fer(*files.write())


def test_row_with_a_missing_column_is_named(make_fer_files):
    files = make_fer_files(6, 2)
    del files.rows[2][1]

    with pytest.raises(DataError, match=r"fer2013\.csv, row 3: it has 2 columns instead of 3"):
        read_fer(*files.write())


@pytest.mark.parametrize("votes", ["-1", "many", "nan"])
def test_broken_votes_are_named(make_fer_files, votes):
    files = make_fer_files(6, 2)
    files.votes[5][4] = votes

    with pytest.raises(DataError, match=r"fer2013new\.csv, row 6"):
        read_fer(*files.write())


def test_wrong_header(make_fer_files):
    files = make_fer_files(2, 1)
    files.header = "label,image,split"

    with pytest.raises(DataError, match="begins with 'label,image,split' instead of 'emotion,pixels,Usage'"):
        read_fer(*files.write())


def test_files_of_different_length(make_fer_files):
    files = make_fer_files(5, 2)
    del files.votes[-1]

    with pytest.raises(DataError, match=r"has 6 rows and fer2013\.csv has 7: give the FER\+ file"):
        read_fer(*files.write())


def test_split_without_faces(make_fer_files):
    with pytest.raises(DataError, match="has no PublicTest rows"):
        read_fer(*make_fer_files(5, 0).write())


@pytest.mark.parametrize("content", [None, b"\x1f\x8b not gzip", b""])
def test_missing_or_damaged_file(make_fer_files, tmp_path, content):
    _, ferplus = make_fer_files(2, 1).write()
    path = tmp_path / "faces.csv.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=r"faces\.csv\.gz"):
        read_fer(path, ferplus)
