"""The published tool's layout: written exactly, read back, and read with the mistakes that people make in it."""

from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import DataError
from tests.training.annotation.coders import everything, film, pictures, said
from training.action_units.hrm import read_hrm
from training.annotation.coding import Coded, Mark, Scale, Side
from training.annotation.files import published
from training.annotation.files.exchange import Into

COLUMNS = (
    "frame,AU1,AU2,AU4,AU5,AU6,AU7,AU43,AU8,AU9,AU10,AU12,AU13,AU14,AU15,AU16,AU17,AU18,AD19,AU20,AU21,AU22,AU23,AU24,"
    "AU25,AU2X,AU28,AD29,AD30,AU31,AD32,AD33,AD34,AD35,AD36,AD37,AU0,ASD"
)
ACTIONS = ("AU1", "AU12", "AU26", "AD19")


@pytest.fixture
def clip():
    return film(8, "S1", "S1")


@pytest.fixture
def into(clip):
    return Into((clip,), Scale.PRESENCE, ACTIONS, "anna")


def table(folder: Path, text: str, name: str = "S1.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def marks(found, place):
    return {action: (mark.value, mark.side.value) for action, mark in found.annotations[0].frames[place].marks.items()}


def test_it_is_written_as_the_tool_writes_it(tmp_path, clip):
    done = published.write([everything(clip)], tmp_path, {"S1": "1"})

    lines = (tmp_path / "S1.csv").read_text().splitlines()
    cells = [dict(zip(COLUMNS.split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert lines[0] == COLUMNS and len(cells) == 6
    assert [one["AU2X"] for one in cells] == ["0", "4", "5", "1", "", "0"]  # top and bottom of AU26
    assert [one["AU12"] for one in cells] == ["0", "2", "0", "0", "1", "0"]
    assert [one["AD19"] for one in cells] == ["0", "0", "3", "0", "", "0"]
    assert [one["AU0"] for one in cells] == ["1", "0", "0", "0", "0", "0"]
    assert {one["ASD"] for one in cells} == {"1"} and {one["AU2"] for one in cells} == {""}
    assert len(done.lost) == 4 and done.files == (tmp_path / "S1.csv",)


def test_it_is_read_back(tmp_path, clip):
    mine = everything(clip)
    published.write([mine], tmp_path)

    found = published.read(tmp_path, Into((clip,), Scale.PRESENCE, mine.actions, "anna"))

    assert found.annotations[0].coder == "anna"
    for place, coded in found.annotations[0].frames.items():
        assert coded.final == mine.frames[place].final
    assert set(found.annotations[0].frames) == {0, 1, 2, 3, 6, 7}


def test_our_trainer_reads_it(tmp_path, clip):
    published.write([everything(clip)], tmp_path)
    (tmp_path / "S1").mkdir()
    for frame in range(8):
        (tmp_path / "S1" / f"{frame}_0.jpg").touch()

    (child,) = read_hrm(tmp_path)

    assert child.frames.tolist() == [0, 1, 2, 3, 6, 7]
    np.testing.assert_array_equal(child.presence["AU12"], [0, 1, 0, 0, 1, 0])
    np.testing.assert_array_equal(child.presence["AU26"], [0, 1, 1, 1, np.nan, 0])


def test_intensities_are_present_from_a_on(tmp_path):
    faces = pictures(3)

    done = published.write([said("anna", faces, Scale.INTENSITY, AU12="015")], tmp_path)

    rows = [line.split(",") for line in done.files[0].read_text().splitlines()[1:]]
    assert [row[COLUMNS.split(",").index("AU12")] for row in rows] == ["0", "1", "1"]
    assert done.lost == ("Intensities are written as present (2): this layout has presence only.",)


def test_two_coders_and_two_films_of_one_child_do_not_overwrite_each_other(tmp_path):
    films = [film(1, "S1/a.mp4", "S1"), film(1, "S1/b.mp4", "S1")]
    coded = [said(coder, one, AU1="1") for coder in ("anna", "con") for one in films]

    files = published.write(coded, tmp_path).files

    assert [path.relative_to(tmp_path).as_posix() for path in files] == [
        "anna/S1-a.csv",
        "anna/S1-b.csv",
        "con_/S1-a.csv",
        "con_/S1-b.csv",
    ]
    found = published.read(tmp_path / "anna", Into(tuple(films), Scale.PRESENCE, ("AU1",), "anna"))
    assert [one.sequence.name for one in found.annotations] == ["S1/a.mp4", "S1/b.mp4"]


@pytest.mark.parametrize(
    "text",
    [
        "frame,AU1,AU12,AU2X,AD19\n3,1,2,0,3\n",
        "\ufeffframe;AU1;AU12;AU2X;AD19\n3;1;2;0;3\n",
        "frame;AU1;AU12;AU2X;AD19\n3;1,0;2,0;0,0;3,0\n",
        "frame\tAU1\tAU12\tAU26\tAU19\n3.0\t1.0\t2.0\t0.0\t3.0\n",
        "FRAME, au1, au12, au27, ad19,,\n\n 3 , 1, 2, 0, 3,,\n,,,,,,\n",
        "AD19,AU2X,AU12,AU1,frame\r\n3,0,2,1,3\r\n",
        "frame,AU1,AU12,AU2X,AD19,AU8,AU0,ASD\n3,1,2,0,3,0,0,1\n",
    ],
)
def test_what_spreadsheets_and_people_make_of_it_is_read(tmp_path, into, text):
    found = published.read(table(tmp_path, text), into)

    assert marks(found, 3) == {"AU1": (1, ""), "AU12": (1, "left"), "AU26": (0, ""), "AD19": (1, "right")}
    assert found.annotations[0].frames[3].submitted


def test_a_table_in_utf16_is_read(tmp_path, into):
    (tmp_path / "S1.csv").write_bytes("frame\tAU1\n3\t1\n".encode("utf-16"))

    assert marks(published.read(tmp_path / "S1.csv", into), 3) == {"AU1": (1, "")}


def test_rows_out_of_order_backups_and_contradictions_are_put_right_and_said(tmp_path, into):
    table(tmp_path, "frame,AU1,AU12,AU2X,AD19,AU0,mood\n5,1,0,0,0,1,x\n2,0,0,0,0,1,x\n2,0,0,0,0,1,x\n6,,,,,,\n")
    table(tmp_path, "frame,AU1\n0,1\n", "S1-backup.csv")

    found = published.read(tmp_path, into)

    assert list(found.annotations[0].frames) == [2, 5]
    assert found.notes == (
        "S1-backup.csv is a backup of the tool: it is passed over.",
        "S1.csv: the column 'mood' is passed over: the layout has none of that name.",
        "S1.csv, row 2: AU0 says that nothing is active, and AU1 is: the actions are taken.",
        "S1.csv, row 4: frame 2 is there twice, coded alike: it is read once.",
        "S1.csv, row 5: it codes nothing, and is passed over.",
        "S1.csv: its rows are not in the order of frames; they are put in order.",
    )


def test_what_a_row_leaves_empty_is_not_coded(tmp_path, into):
    found = published.read(table(tmp_path, "frame,AU1,AU12\n3,1,\n"), into)

    assert found.annotations[0].frames[3] == Coded({"AU1": Mark(1, Side.BOTH)}, judged=frozenset({"AU1"}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "S1.csv is empty: give a table of the published layout"),
        ("picture,AU1\n3,1\n", "begins with 'picture,AU1'"),
        ("frame,AU1\n3,7\n", "S1.csv, row 2: AU1 is '7': give 0 absent, 1 present, 2 left"),
        ("frame,AU1\n3,x\n", "row 2: AU1 is 'x'"),
        ("frame,AU1\nthree,1\n", "row 2: frame: 'three' is no number of a frame"),
        ("frame,AU1\n2.5,1\n", "row 2: frame: '2.5' is no number"),
        ("frame,AU1\n3,1\n3,0\n", "row 3: frame 3 was coded differently in row 2"),
        ("frame,AU1\n80,1\n", r"row 2: frame 80 is not in S1 \(frames 0 to 7\)"),
        ("frame,AU1,AU1\n3,1,1\n", "the column 'AU1' is there twice"),
        ("frame,AU26,AU2X\n3,1,1\n", "AU26 and AU2X are one column"),
        ("frame,AU1\n3,1,1\n", "row 2: it has 3 cells, and the header"),
        ("frame,AU1\n3\n", "row 2: it has 1 cells"),
        ("frame,AU1,AU9\n3,1,1\n", "it codes AU9, and this project does not"),
    ],
)
def test_mistakes_are_one_clear_sentence(tmp_path, into, text, sentence):
    with pytest.raises(DataError, match=sentence):
        published.read(table(tmp_path, text), into)


def test_a_table_that_was_begun_and_no_more(tmp_path, into):
    found = published.read(table(tmp_path, COLUMNS + "\n"), into)

    assert not found.annotations and found.notes == ("S1.csv codes no frame.",)


def test_a_name_of_two_films_is_no_name(tmp_path):
    films = (film(4, "S1/a.mp4", "S1"), film(4, "S1/b.mp4", "S1"))

    with pytest.raises(DataError, match=r"'S1' stands for several sequences \(S1/a\.mp4, S1/b\.mp4\)"):
        published.read(table(tmp_path, "frame,AU1\n3,1\n"), Into(films, Scale.PRESENCE, ACTIONS, "anna"))


def test_a_table_of_nobody_known(tmp_path, into):
    with pytest.raises(DataError, match=r"S9.csv: 'S9' stands for no sequence of the project \(S1\)"):
        published.read(table(tmp_path, "frame,AU1\n3,1\n", "S9.csv"), into)


@pytest.mark.parametrize("content", [b"\xff\x00\x01", b"frame,AU1\n3,\xe9\n"])
def test_what_is_no_text(tmp_path, into, content):
    (tmp_path / "S1.csv").write_bytes(content)

    with pytest.raises(DataError, match=r"S1\.csv"):
        published.read(tmp_path / "S1.csv", into)
