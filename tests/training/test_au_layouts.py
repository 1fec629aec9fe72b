"""Annotated data sets, written here in exactly the forms in which they are passed on, are read or refused by row."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.contract.errors import DataError
from training.action_units.bp4d import read_bp4d
from training.action_units.coded import read_coded
from training.action_units.crops import frames_of
from training.action_units.disfa import UNITS, read_disfa
from training.action_units.hrm import read_hrm
from training.action_units.layouts import Options, read_recordings
from training.action_units.recording import LABELS
from training.action_units.table import read_table

PICTURE = np.full((32, 32, 3), 90, np.uint8)


def write_picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), PICTURE)


def write_rows(path: Path, rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def film(path: Path, pictures: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()


@pytest.fixture
def disfa(tmp_path):
    """Two participants, five frames; AU12 rises from 0 to 4, all else is 1."""
    for name in ("SN001", "SN002"):
        film(tmp_path / f"Videos_LeftCamera/LeftVideo{name}_comp.avi", [PICTURE] * 5)
        for unit in UNITS:
            path = tmp_path / f"ActionUnit_Labels/{name}/{name}_au{unit}.txt"
            write_rows(path, [[frame, frame - 1 if unit == 12 else 1] for frame in range(1, 6)])
    return tmp_path


@pytest.fixture
def bp4d(tmp_path):
    """One participant, two tasks of three frames: AU1 is present, AU2 not coded; AU6 has intensities in the first."""
    for task, zeros in (("T1", 4), ("T2", 2)):
        rows = [[frame, *(9 if unit == 2 else int(unit == 1) for unit in range(1, 100))] for frame in (7, 8, 9)]
        write_rows(tmp_path / f"AUCoding/AU_OCC/F001_{task}.csv", [list(range(100)), *rows])
        for frame in (7, 8, 9):
            write_picture(tmp_path / f"2D+3D/F001/{task}/{frame:0{zeros}}.jpg")
    write_rows(tmp_path / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv", [[7, 3], [9, 9]])
    return tmp_path


HRM_HEADER = "frame AU1 AU2 AU4 AU43 AU8 AD19 AU2X AD32 AU0 ASD".split()


@pytest.fixture
def hrm(tmp_path):
    """S1 of ASD and S1 of TD, as the authors' annotation tool writes them: coded on one side, out of order."""
    for group in ("ASD", "TD"):
        write_rows(tmp_path / group / "S1.csv", [HRM_HEADER, [12, 2, 0, 1, 0, 0, 1, 3, 0, 0, 1], [3] + [0] * 10])
        for frame in (3, 12):
            write_picture(tmp_path / group / "origin" / "S1" / f"{frame}_0.jpg")
    return tmp_path


@pytest.fixture
def table(tmp_path):
    header = ["image", "participant", "AU1", "AU12", "AU12_intensity"]
    write_rows(tmp_path / "mine.csv", [header, ["a/1.png", "a", 1, "", 2.5], ["b/1.png", "b", "", 0, ""]])
    for name in "ab":
        write_picture(tmp_path / name / "1.png")
    return tmp_path / "mine.csv"


def change(path: Path, row: int, text: str) -> None:
    lines = path.read_text().splitlines()
    lines[row - 1] = text
    path.write_text("\n".join(lines))


def test_disfa_is_read_and_present_is_from_two_on(disfa):
    first, second = read_disfa(disfa)

    assert (first.participant, second.participant, first.is_video) == ("SN001", "SN002", True)
    assert list(first.presence) == list(first.intensity) == [f"AU{unit}" for unit in UNITS]
    assert first.frames.tolist() == [1, 2, 3, 4, 5]
    assert first.intensity["AU12"].tolist() == [0, 1, 2, 3, 4]
    assert first.presence["AU12"].tolist() == [0, 0, 1, 1, 1]
    assert [place for place, _ in frames_of(first, 2)] == [0, 2, 4]


@pytest.mark.parametrize(
    ("file", "row", "text", "complaint"),
    [
        ("SN002_au4.txt", 3, "3,6", r"SN002_au4\.txt, row 3: the intensity is '6', not one of 0, 1, 2, 3, 4, 5"),
        ("SN002_au4.txt", 3, "3;1", r"SN002_au4\.txt, row 3: '3;1' is not 'FRAME,INTENSITY'"),
        ("SN002_au4.txt", 3, "x,1", r"SN002_au4\.txt, row 3: 'x' is no number of a frame"),
        ("SN002_au4.txt", 3, "2,1", r"SN002_au4\.txt, row 3: frame 2 does not follow"),
        ("SN002_au4.txt", 5, "", "AU4 is coded in 4 frames and AU1 in 5"),
    ],
)
def test_broken_rows_of_disfa_are_named(disfa, file, row, text, complaint):
    change(disfa / "ActionUnit_Labels/SN002" / file, row, text)

    with pytest.raises(DataError, match=complaint):
        read_disfa(disfa)


def test_a_video_of_disfa_may_be_one_frame_short_and_no_more(disfa):
    video = disfa / "Videos_LeftCamera/LeftVideoSN001_comp.avi"
    film(video, [PICTURE] * 4)
    assert len(list(frames_of(read_disfa(disfa)[0], 1))) == 4
    film(video, [PICTURE] * 3)
    with pytest.raises(DataError, match=r"LeftVideoSN001_comp\.avi has 3 frames, and its labels go to frame 5"):
        list(frames_of(read_disfa(disfa)[0], 1))
    video.unlink()
    with pytest.raises(DataError, match=r"LeftVideoSN001_comp\.avi is missing, though ActionUnit_Labels/SN001"):
        read_disfa(disfa)


def test_the_other_camera_and_the_other_spelling_of_its_folder(disfa):
    for name in ("SN001", "SN002"):
        film(disfa / f"Video_RightCamera/RightVideo{name}_comp.avi", [PICTURE])

    assert read_recordings(disfa, "disfa", Options(camera="right"))[0].pictures[0].parent.name == "Video_RightCamera"


def test_bp4d_is_read_with_unknowns_and_any_zeros(bp4d):
    first, second = read_bp4d(bp4d)

    assert (first.participant, first.name, second.name) == ("F001", "F001_T1", "F001_T2")
    assert [path.name for path in first.pictures] == ["0007.jpg", "0008.jpg", "0009.jpg"]
    assert [path.name for path in second.pictures] == ["07.jpg", "08.jpg", "09.jpg"]
    assert len(first.presence) == 12
    assert first.presence["AU1"].tolist() == [1, 1, 1] and first.presence["AU6"].tolist() == [0, 0, 0]
    assert np.isnan(first.presence["AU2"]).all()
    assert first.intensity["AU6"][0] == 3 and np.isnan(first.intensity["AU6"][1:]).all()
    assert second.intensity == {}


def test_bp4d_may_lie_flat(bp4d):
    (bp4d / "AUCoding/AU_OCC").rename(bp4d / "tables")
    for path in (bp4d / "tables").iterdir():
        path.rename(bp4d / "AUCoding" / path.name)
    (bp4d / "2D+3D/F001").rename(bp4d / "F001")

    assert len(read_bp4d(bp4d)) == 2


@pytest.mark.parametrize(
    ("file", "row", "text", "complaint"),
    [
        ("AU_OCC/F001_T1.csv", 2, "7,3" + ",0" * 98, r"F001_T1\.csv, row 2: AU1 is '3', not one of 0, 1, 9"),
        ("AU_OCC/F001_T1.csv", 2, "7,1", r"F001_T1\.csv, row 2: it has 2 cells, and the header 100"),
        ("AU_OCC/F001_T1.csv", 2, "5" + ",0" * 99, r"F001_T1\.csv, row 2: frame 5 has no image"),
        ("AU_OCC/F001_T1.csv", 1, "0,1,2", r"F001_T1\.csv, row 1: it must be"),
        ("AU_INT/AU06/F001_T1_AU06.csv", 2, "9,7", r"F001_T1_AU06\.csv, row 2: the intensity is '7'"),
        ("AU_INT/AU06/F001_T1_AU06.csv", 2, "5,1", "row 2: frame 5 is not in the table of presence"),
    ],
)
def test_broken_rows_of_bp4d_are_named(bp4d, file, row, text, complaint):
    change(bp4d / "AUCoding" / file, row, text)

    with pytest.raises(DataError, match=complaint):
        read_bp4d(bp4d)


def test_hrm_is_read_sides_are_presence_and_groups_are_other_children(hrm):
    first, second = read_hrm(hrm)

    assert (first.participant, second.participant) == ("ASD/S1", "TD/S1")
    assert first.frames.tolist() == [3, 12] and [path.name for path in first.pictures] == ["3_0.jpg", "12_0.jpg"]
    assert {label: values.tolist() for label, values in first.presence.items()} == {
        "AU1": [0, 1],
        "AU2": [0, 0],
        "AU4": [0, 1],
        "AU43": [0, 0],
        "AD19": [0, 1],
        "AU26": [0, 1],
        "AD32": [0, 0],
    }
    assert set(first.presence) <= set(LABELS) and first.intensity == {}


def test_hrm_is_read_as_spreadsheets_leave_it(hrm):
    before = read_hrm(hrm)
    path = hrm / "TD/S1.csv"
    path.write_text("\ufeff" + path.read_text().replace("AU2X", "AU26").replace("AD19", "AU19").replace(",", ";"))

    after = read_hrm(hrm)

    for one, other in zip(before, after, strict=True):
        assert one.frames.tolist() == other.frames.tolist()
        assert {label: values.tolist() for label, values in one.presence.items()} == {
            label: values.tolist() for label, values in other.presence.items()
        }


@pytest.mark.parametrize(
    ("row", "text", "complaint"),
    [
        (2, "12,6" + ",0" * 9, r"TD/S1\.csv, row 2: AU1 is '6': give 0 absent, 1 present, 2 left"),
        (2, "13" + ",0" * 10, r"S1\.csv, row 2: frame 13 has no picture"),
        (3, "3,0", r"S1\.csv, row 3: it has 2 cells"),
        (1, ",".join(["picture", *HRM_HEADER[1:]]), r"TD/S1\.csv begins with 'picture,AU1,"),
    ],
)
def test_broken_rows_of_hrm_are_named(hrm, row, text, complaint):
    change(hrm / "TD/S1.csv", row, text)

    with pytest.raises(DataError, match=complaint):
        read_hrm(hrm)


def test_a_table_of_ones_own_is_read_and_empty_is_unknown(table):
    anna, ben = read_table(table)

    assert (anna.participant, anna.continuous) == ("a", False)
    assert anna.presence["AU1"][0] == 1 and anna.presence["AU12"][0] == 1  # of an intensity of 2.5
    assert anna.intensity["AU12"][0] == 2.5 and np.isnan(ben.intensity["AU12"][0])
    assert np.isnan(ben.presence["AU1"][0]) and ben.presence["AU12"][0] == 0


def test_a_table_may_name_actions_as_published_tables_do(table):
    change(table, 1, "image,participant,AU43E,AU2X,AU2X_intensity")

    anna, _ = read_table(table)

    assert set(anna.presence) == {"AU43", "AU26"} and anna.intensity["AU26"][0] == 2.5


@pytest.mark.parametrize(
    ("row", "text", "complaint"),
    [
        (1, "image,participant,AU1,AU12,AU12_intensty", "perhaps you meant AU12_intensity"),
        (1, "picture,who,AU1,AU12,AU2", "row 1: it begins with"),
        (1, "sequence,participant,coder,scale,frame", "from a project, give the project itself"),
        (1, "image,participant,AU26,AU27,AU2", "row 1: the column AU26 is there twice"),
        (2, "a/1.png,a,3,,", r"row 2: AU1 \(presence; intensities go into AU1_intensity\) is '3'"),
        (2, "a/1.png,a,1,,5.1", "row 2: AU12_intensity is '5.1', not a number from 0 to 5"),
        (2, "a/1.png,a,1,,much", "'much', not a number"),
        (2, "a/1.png,,1,,", "row 2: 'a/1.png,,1,,' is not"),
        (3, "c/1.png,c,1,,", r"row 3: there is no image .*c/1\.png"),
    ],
)
def test_broken_rows_of_a_table_are_named(table, row, text, complaint):
    change(table, row, text)

    with pytest.raises(DataError, match=complaint):
        read_table(table)


CODES_HEADER = "image,participant,coder,AU1,AU12,up,low,bad".split(",")


@pytest.fixture
def codes(tmp_path):
    """Two people; two coders of the first picture; the second picture's mouth is hidden; Ben's other one is bad."""
    rows = [
        ["a/1.png", "a", "x", 2, 1, 0, 0, 0],
        ["b/1.png", "b", "x", 3, 0, 0, 0, 0],
        ["a/1.png", "a", "y", 3, 0, 0, 0, 0],
        ["a/2.png", "a", "x", "", 4, 0, 1, 0],
        ["a/3.png", "a", "x", 0, "", 1, 0, 0],
        ["a/4.png", "a", "x", 0, 5, 0, 0, 0],
        ["b/2.png", "b", "x", 0, 0, 0, 0, 1],
    ]
    write_rows(tmp_path / "codes.csv", [CODES_HEADER, *rows])
    for row in rows:
        write_picture(tmp_path / row[0])
    return tmp_path / "codes.csv"


def test_a_table_of_codes_is_read_as_means_of_what_is_seen(codes):
    anna, ben = read_recordings(codes, "codes", Options())

    assert (anna.participant, ben.participant, anna.continuous) == ("a", "b", False)
    assert [path.name for path in anna.pictures] == ["1.png", "4.png"], "the others show nothing that was coded"
    assert anna.intensity["AU1"].tolist() == [2.5, 0] and anna.presence["AU1"].tolist() == [1, 0]
    assert anna.intensity["AU12"].tolist() == [0.5, 5] and anna.presence["AU12"].tolist() == [0, 1]
    assert set(anna.intensity) == {"AU1", "AU12"} and [path.name for path in ben.pictures] == ["1.png"]


def test_without_participants_every_picture_is_of_somebody_else(codes):
    text = codes.read_text().replace("participant,", "").replace(",a,", ",").replace(",b,", ",")
    codes.write_text(text)

    (recording,) = read_coded(codes)

    assert recording.participant == "" and not recording.continuous
    assert [path.parent.name + "/" + path.name for path in recording.pictures] == ["a/1.png", "b/1.png", "a/4.png"]


@pytest.mark.parametrize(
    ("row", "text", "complaint"),
    [
        (1, "image,participant,coder,AU1,AU99,up,low,bad", r"codes\.csv, row 1: there is no column 'AU99'"),
        (1, "row,participant,coder,AU1,AU12,up,low,bad", "row is 'a/1.png': give the number of a row"),
        (2, "a/1.png,a,x,6,1,0,0,0", r"codes\.csv, row 2: AU1 is '6'"),
        (3, "b/1.png,,x,3,0,0,0,0", r"codes\.csv, row 3: participant is empty"),
        (3, "c/1.png,c,x,3,0,0,0,0", r"codes\.csv, row 3: there is no image .*c/1\.png"),
        (4, "a/1.png,b,y,3,0,0,0,0", r"codes\.csv, row 4: .*a/1\.png is of 'b', and of 'a' in codes.csv, row 2"),
    ],
)
def test_broken_rows_of_codes_are_named(codes, row, text, complaint):
    change(codes, row, text)

    with pytest.raises(DataError, match=complaint):
        read_coded(codes)


def test_codes_of_rows_or_of_nothing_are_no_pictures_to_learn_from(codes):
    codes.write_text("row,AU1\n0,1\n")
    with pytest.raises(DataError, match="codes rows of a file: give that with --rows-of, or a table of pictures"):
        read_coded(codes)
    codes.write_text("image,AU1,bad\na/1.png,1,1\n")
    with pytest.raises(DataError, match="holds no picture that is coded"):
        read_coded(codes)


def test_coded_rows_of_a_file_are_crops_already(make_fer_files):
    csv_file, _ = make_fer_files(5, 1).write()
    table = csv_file.with_name("rows.csv")
    table.write_text(
        "row,usage,coder,AU1,AU12,up,low,bad\n"
        "3,Training,a,2,4,0,1,0\n1,Training,a,3,0,0,0,0\n1,Training,b,0,0,0,0,0\n5,PublicTest,a,,,0,0,1\n"
    )

    (recording,) = read_recordings(table, "codes", Options(rows_of=csv_file))

    assert (recording.participant, recording.frames.tolist()) == ("", [1, 3]), "the last is bad to all"
    assert recording.crops.shape == (2, 48, 48) and not recording.pictures
    pixels = [[int(v) for v in row[1].split()] for row in list(csv.reader(csv_file.open()))[1:]]
    assert recording.crops[1].ravel().tolist() == pixels[3]
    assert recording.intensity["AU1"].tolist() == [1.5, 2] and recording.presence["AU1"].tolist() == [0, 1]
    assert np.isnan(recording.intensity["AU12"]).tolist() == [False, True], "the mouth of row 3 is hidden"

    table.write_text("row,usage,AU1\n1,PublicTest,0\n")
    with pytest.raises(DataError, match="give the file that belongs to them"):
        read_recordings(table, "codes", Options(rows_of=csv_file))
    table.write_text("row,AU1,bad\n1,1,1\n")
    with pytest.raises(DataError, match="holds no row that is coded"):
        read_recordings(table, "codes", Options(rows_of=csv_file))


@pytest.mark.parametrize("layout", ["disfa", "bp4d", "hrm"])
def test_an_empty_folder_is_said_to_be_empty(tmp_path, layout):
    with pytest.raises(DataError, match=r"holds no .*another --layout"):
        read_recordings(tmp_path, layout, Options())
    with pytest.raises(DataError, match="is not a folder"):
        read_recordings(tmp_path / "nowhere", layout, Options())


def test_a_missing_folder_of_pictures_is_named(bp4d, hrm):
    (bp4d / "2D+3D/F001/T2").rename(bp4d / "elsewhere")
    with pytest.raises(DataError, match=r"F001_T2\.csv has no images: .*T2 is not there"):
        read_bp4d(bp4d)
    (hrm / "TD/origin/S1").rename(hrm / "TD/origin/S2")
    with pytest.raises(DataError, match=r"S1\.csv has no pictures"):
        read_hrm(hrm)
