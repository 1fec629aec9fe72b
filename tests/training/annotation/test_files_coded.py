"""Our layout of codes: written, read back, and read by who trains on it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.contract.errors import DataError
from tests.training.annotation.coders import everything, film, pictures, said
from training.action_units.coded import read_coded
from training.annotation.coding import LISTS, Coded, Mark, Scale, Side
from training.annotation.files import coded
from training.annotation.files.exchange import Into
from training.data.codes import read_codes


@pytest.fixture
def faces(tmp_path):
    for number in range(8):
        path = tmp_path / "study" / "faces" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((8, 8), number, np.uint8))
    return replace(pictures(8, person="s1"), source=tmp_path / "study")


def into(sequence, actions, coder=""):
    return Into((sequence,), Scale.INTENSITY, actions, coder)


def table(folder: Path, text: str) -> Path:
    path = folder / "codes.csv"
    path.write_text(text)
    return path


def test_it_is_read_back(tmp_path, faces):
    mine = everything(faces, Scale.INTENSITY)

    done = coded.write([mine], tmp_path / "out")
    (found,) = coded.read(tmp_path / "out", into(faces, mine.actions)).annotations

    assert found.coder == "anna" and set(found.frames) == set(mine.frames)
    for place, frame in found.frames.items():
        assert frame.final == mine.frames[place].final
        assert (frame.hidden, frame.codable) == (mine.frames[place].hidden, mine.frames[place].codable)
    assert [frame.submitted for frame in found.frames.values()] == [True] * 5 + [False, True]
    assert done.lost == ("That the coder had asked for the network's opinion is not written (1 frames).",)


def test_who_trains_on_it_reads_it(tmp_path, faces):
    (path,) = coded.write([everything(faces, Scale.INTENSITY)], tmp_path / "out").files

    (child,) = read_coded(path)

    assert child.participant == "s1" and [one.name for one in child.pictures] == [
        f"{n}.png" for n in (0, 1, 2, 3, 6, 7)
    ]
    np.testing.assert_array_equal(child.intensity["AU12"], [0, 5, 0, 0, 5, 0])
    np.testing.assert_array_equal(child.intensity["AU1"], [0, 0, 0, np.nan, np.nan, 0])


def test_rows_of_a_file(tmp_path):
    rows = replace(pictures(4), source=tmp_path / "fer2013.csv.gz", frames=np.array([2, 5, 9, 11]), labels=())
    mine = said("17", rows, Scale.INTENSITY, **dict.fromkeys(LISTS["22"], "0315"))

    (path,) = coded.write([mine], tmp_path / "mine.csv").files

    assert path.read_text().startswith("row,coder,AU1,AU2,")
    assert [one.place for one in read_codes(path).codings] == ["2", "5", "9", "11"]
    assert coded.read(path, into(rows, LISTS["22"])).annotations[0].frames == mine.frames


def test_sides_and_descriptors(tmp_path, faces):
    mine = said("a", faces, Scale.INTENSITY, AU26="00000000", AD19="00000000")
    mine.frames[2] = Coded({"AU26": Mark(3, Side.TOP), "AD19": Mark(5, Side.LEFT)}, submitted=True)

    (path,) = coded.write([mine], tmp_path / "out").files

    assert path.read_text().splitlines()[0].endswith("up,low,bad,AD19,AU26_side,AD19_side")
    assert coded.read(path, into(faces, ("AU26", "AD19"))).annotations[0].frames == mine.frames


def test_frames_that_do_not_name_their_coder_are_those_of_who_is_named(tmp_path, faces):
    path = table(tmp_path, "image;AU1\nfaces\\3.png;2,0\n")

    (found,) = coded.read(path, into(faces, ("AU1", "AU2"), "ben")).annotations

    assert found.coder == "ben" and found.frames == {3: Coded({"AU1": Mark(2)}, judged=frozenset({"AU1"}))}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("picture,coder,AU1\nfaces/1.png,a,1\n", "begins with 'picture,coder,AU1'"),
        ("image,coder,AU1\nfaces/99.png,a,1\n", "row 2: 'faces/99.png' is nothing that this project codes"),
        ("image,coder,AU1\nfaces/1.png,,1\n", "row 2: it does not say who coded: give --coder"),
        ("image,coder,AU1\nfaces/1.png,a,6\n", "row 2: AU1 is '6': give a whole number from 0 to 5"),
        ("image,coder,AU1\nfaces/1.png,a,2.5\n", "means of several coders are no codes"),
        ("image,coder,AU1\nfaces/1.png,a,2\nfaces/1.png,a,2\n", "row 3: a codes faces/1.png twice"),
        ("image,coder,AU1,AU1_side\nfaces/1.png,a,2,west\n", "the side of AU1 is 'west'"),
        ("image,coder,AU1,bad\nfaces/1.png,a,2,yes\n", "bad is 'yes': give 1, 0 or nothing"),
        ("image,coder,AU9\nfaces/1.png,a,2\n", "AU9 is not coded in this project"),
    ],
)
def test_mistakes_are_one_clear_sentence(tmp_path, faces, text, sentence):
    with pytest.raises(DataError, match=sentence):
        coded.read(table(tmp_path, text), into(faces, ("AU1",)))


def test_presence_and_films_are_refused(tmp_path, faces):
    with pytest.raises(DataError, match="holds intensities, and presence was coded"):
        coded.write([said("a", faces, AU1="00000000")], tmp_path)
    with pytest.raises(DataError, match=r"s1/clip\.mp4 has no pictures"):
        coded.write([said("a", film(2), Scale.INTENSITY, AU1="00")], tmp_path)
    assert not list(tmp_path.glob("*.csv"))
