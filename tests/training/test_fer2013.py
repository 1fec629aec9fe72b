import gzip

import numpy as np
import pytest

from device.contract.errors import DataError
from device.contract.labels import EMOTIONS
from training.data.fer2013 import read_fer2013


def test_both_splits_are_read_in_order(make_fer_files):
    files = make_fer_files(9, 4)

    data = read_fer2013(*files.write())

    assert data.splits.tolist() == ["Training"] * 9 + ["PublicTest"] * 4
    training = data.split("Training")
    assert training.images.shape == (9, 48, 48) and training.images.dtype == np.uint8
    assert training.images[3].ravel().tolist() == [int(pixel) for pixel in files.rows[3][1].split()]
    assert training.answers["fer2013"].truth.tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert [EMOTIONS[n] for n in training.answers["ferplus"].truth[:3]] == ["anger", "disgust", "fear"]


def test_gzipped_file_reads_the_same(make_fer_files):
    plain, ferplus = make_fer_files(3, 3).write()
    packed = plain.with_name("fer2013.csv.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert np.array_equal(read_fer2013(packed, ferplus).images, read_fer2013(plain).images)


def test_the_order_of_columns_in_the_challenges_own_file_reads_the_same(make_fer_files):
    usual, ferplus = make_fer_files(3, 3).write()
    table = [line.split(",") for line in usual.read_text().splitlines()]
    other = usual.with_name("icml_face_data.csv")
    other.write_text("emotion, Usage, pixels\n" + "".join(f"{e},{u},{p}\n" for e, p, u in table[1:]))

    same = read_fer2013(other, ferplus)

    assert np.array_equal(same.images, read_fer2013(usual, ferplus).images)
    assert same.splits.tolist() == ["Training"] * 3 + ["PublicTest"] * 3


def test_votes_for_no_emotion_do_not_count(make_fer_files):
    files = make_fer_files(2, 1)
    files.votes[0][2:] = "2,6,0,0,0,0,0,0,1,1".split(",")
    files.votes[1][2:] = "2,0,0,0,0,0,0,1,7,0".split(",")

    ferplus = read_fer2013(*files.write()).split("Training").answers["ferplus"]

    assert ferplus.target[0].tolist() == [0.25, 0.75, 0, 0, 0, 0, 0, 0]
    assert ferplus.truth.tolist() == [1, -1]


@pytest.mark.parametrize(
    ("votes", "right"),
    [
        ("5,4,1,0,0,0,0,0,0,0", "neutral"),  # 5 of 9: the single vote does not count
        ("5,3,2,0,0,0,0,0,0,0", None),  # 5 of 10 is no majority
        ("0,0,0,4,3,3,0,0,0,0", None),
        ("1,1,1,1,1,1,1,1,1,1", None),
        ("0,0,0,4,0,0,0,0,6,0", None),  # a majority for 'unknown'
        ("0,0,0,3,0,0,0,0,0,7", None),  # or for no face
    ],
)
def test_the_right_emotion_is_the_majoritys_as_in_the_paper(make_fer_files, votes, right):
    files = make_fer_files(1, 1)
    files.votes[0][2:] = votes.split(",")

    truth = read_fer2013(*files.write()).split("Training").answers["ferplus"].truth[0]

    assert (EMOTIONS[truth] if truth >= 0 else None) == right


def test_rows_without_a_picture_are_dropped_and_counted(make_fer_files):
    files = make_fer_files(4, 2)
    files.rows[1][1] = " ".join(["0"] * 2304)
    files.rows[2][1] = ""

    data = read_fer2013(*files.write())

    assert data.split("Training").answers["fer2013"].truth.tolist() == [0, 3]
    assert data.about["dropped_without_picture"] == 2


def test_a_row_in_which_ferplus_found_no_face_has_a_label_and_no_votes(make_fer_files):
    files = make_fer_files(4, 2)
    files.votes[1][1] = ""

    answers = read_fer2013(*files.write()).split("Training").answers

    assert answers["fer2013"].truth.tolist() == [0, 1, 2, 3]
    assert answers["ferplus"].truth[1] == -1 and not answers["ferplus"].target[1].any()


def test_votes_of_the_whole_data_set_join_a_file_that_holds_one_split_of_any_name(make_fer_files):
    files = make_fer_files(5, 3).add(4, "PrivateTest")
    whole = read_fer2013(*files.write()).split("PrivateTest")
    files.rows = files.rows[8:]
    path, _ = files.write()

    alone = read_fer2013(path, path.with_name("fer2013new.csv")).split("PrivateTest")

    assert np.array_equal(alone.answers["ferplus"].truth, whole.answers["ferplus"].truth)
    assert [EMOTIONS[n] for n in alone.answers["ferplus"].truth] == ["disgust", "fear", "happiness", "sadness"]


def test_a_fourth_column_names_groups_of_people(make_fer_files):
    files = make_fer_files(2, 1)
    files.header += ",group"
    for row, group in zip(files.rows, ("older", "", "younger"), strict=True):
        row.append(group)

    assert read_fer2013(*files.write()).groups.tolist() == ["older", "", "younger"]


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        (0, "7", "emotion is 7"),
        (0, "happy", "happy"),
        (1, "1 2 3", "3 pixels instead of 2304"),
        (1, " ".join(["0"] * 2303 + ["256"]), "outside 0 to 255"),
        (1, " ".join(["0"] * 2303 + ["x"]), "x"),
        (2, "", "Usage is empty"),
    ],
)
def test_broken_row_is_named(make_fer_files, column, value, complaint):
    files = make_fer_files(6, 2)
    files.rows[4][column] = value

    with pytest.raises(DataError, match=rf"^fer2013\.csv, row 5: .*{complaint}.*repair the row"):
        read_fer2013(*files.write())


def test_row_with_a_missing_column_is_named(make_fer_files):
    files = make_fer_files(6, 2)
    del files.rows[2][1]

    with pytest.raises(DataError, match=r"fer2013\.csv, row 3: it has 2 columns instead of 3"):
        read_fer2013(*files.write())


@pytest.mark.parametrize("votes", ["-1", "many", "nan"])
def test_broken_votes_are_named(make_fer_files, votes):
    files = make_fer_files(6, 2)
    files.votes[5][4] = votes

    with pytest.raises(DataError, match=r"fer2013new\.csv, row 6"):
        read_fer2013(*files.write())


def test_wrong_header(make_fer_files):
    files = make_fer_files(2, 1)
    files.header = "label,image,split"

    with pytest.raises(DataError, match="begins with 'label,image,split' instead of 'emotion,pixels,Usage'"):
        read_fer2013(*files.write())


def test_files_of_different_length(make_fer_files):
    files = make_fer_files(5, 2)
    del files.votes[-1]

    with pytest.raises(DataError, match=r"has 1 PublicTest rows and fer2013\.csv has 2: give the FER\+ file"):
        read_fer2013(*files.write())


def test_split_without_faces(make_fer_files):
    with pytest.raises(DataError, match=r"no faces in the split PublicTest \(they have: Training\)"):
        read_fer2013(*make_fer_files(5, 0).write()).split("PublicTest")


@pytest.mark.parametrize("content", [None, b"\x1f\x8b not gzip", b""])
def test_missing_or_damaged_file(make_fer_files, tmp_path, content):
    _, ferplus = make_fer_files(2, 1).write()
    path = tmp_path / "faces.csv.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=r"faces\.csv\.gz"):
        read_fer2013(path, ferplus)
