"""What can be coded, and how it is named: pictures, frames, rows of FER2013, faces of a study; and what is refused."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from cloud.cli import main as cloud
from cloud.erasing import known
from device.contract.errors import ConfigError, DataError, SourceError
from training.annotation.acts import ActError, SetMark, Submit, Undo
from training.annotation.coding import Mark
from training.annotation.project import Kind, Project, create, open_project, take_up

ACTIONS = ("AU1", "AU12")


def write(folder: Path, *names: str) -> Path:
    """Small pictures, each grey as its place."""
    for place, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / name), np.full((4, 4), place, np.uint8))
    return folder


def made(tmp_path: Path, source: Path, **more: Path | float | int) -> Project:
    return create(tmp_path / f"project {len([*tmp_path.iterdir()])}", source, actions=ACTIONS, **more)  # type: ignore[arg-type]


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


def test_single_pictures_are_one_sequence_in_an_order_that_is_drawn_and_the_same_for_all(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(40)]
    source = write(tmp_path / "faces", *names)
    with made(tmp_path, source) as project, made(tmp_path, source) as again, made(tmp_path, source, seed=1) as other:
        (entry,) = project.entries()
        assert (entry.name, entry.participant, entry.kind, entry.ordered) == ("faces", "", Kind.PICTURES, False)
        sequence = project.sequence("faces")
        assert sequence.labels == tuple(sorted(names)) and sequence.times_s is None
        order = project.order("faces").tolist()
        assert sorted(order) == [*range(40)] != order
        assert order == again.order("faces").tolist() != other.order("faces").tolist()


def test_frames_of_a_participant_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = [f"p-01/cam/frame_{number}.png" for number in (10, 9, 100, 2)]
    source = write(tmp_path / "faces", *names, "p-02/a.png", "p-02/b.png")
    with made(tmp_path, source, frame_rate=5) as project:
        first, second = project.entries()
        assert (first.name, first.participant, first.kind, first.ordered) == ("p-01/cam", "p-01", Kind.FRAMES, True)
        sequence = project.sequence("p-01/cam")
        assert sequence.frames.tolist() == [2, 9, 10, 100]
        assert sequence.times_s is not None and sequence.times_s.tolist() == [0, 1.4, 1.6, 19.6]
        assert [int(project.pixels("p-01/cam", place)[0, 0, 0]) for place in range(4)] == [3, 1, 0, 2]
        assert (second.participant, second.kind, second.ordered) == ("p-02", Kind.PICTURES, False)
    with made(tmp_path, source) as project:
        assert project.sequence("p-01/cam").times_s is None


def test_the_published_layout_names_frames_and_the_natural_face(tmp_path: Path) -> None:
    origin = [f"origin/S{child}/{number}_0.jpg" for child in (1, 2) for number in (12, 7)]
    source = write(tmp_path / "children", *origin, "natural/S1.jpg")
    with made(tmp_path, source) as project:
        assert [entry.name for entry in project.entries()] == ["S1", "S2"]
        assert project.sequence("S1").frames.tolist() == [7, 12]
        assert project.title("S1", 0) == "origin/S1/7_0.jpg"
        assert project.sequence("S1").labels == ("origin/S1/7_0.jpg", "origin/S1/12_0.jpg")
        project.enter("ana", "tab")
        natural = project.neutral("ana", "S1")
        assert natural is not None and natural.content == (source / "natural" / "S1.jpg").read_bytes()
        assert project.neutral("ana", "S2") is None


def test_a_table_says_whose_single_pictures_are(tmp_path: Path) -> None:
    source = write(tmp_path / "faces", "1.png", "2.png", "3.png", "more/4.png")
    rows = ("image,participant", "1.png,p-01", "2.png,p-02", "3.png,p-01", "more,p-03")
    with made(tmp_path, source, participants=table(tmp_path / "who.csv", *rows)) as project:
        assert [(entry.name, entry.participant) for entry in project.entries()] == [
            (f"p-0{n}",) * 2 for n in (1, 2, 3)
        ]
        assert project.sequence("p-01").labels == ("1.png", "3.png")
    for wrong, said in [
        (("picture,who", "1.png,p"), "instead of 'image,participant'"),
        (("image,participant", "5.png,p"), "row 2: '5.png,p' is no 'image,participant' of these pictures"),
        (("image,participant", "1.png,"), "row 2"),
        (("image,participant", "1.png,p", "1.png,q"), "row 3: 1.png has two participants"),
        (("image,participant", "1.png,Ana", "2.png,ana", "3.png,b", "more,c"), "differ in case or spaces only"),
        (("image,participant", *rows[1:4]), "more/4.png has no participant in the table --participants"),
        (("image,participant",), "who.csv has no row"),
    ]:
        with pytest.raises(DataError, match=said):
            made(tmp_path, source, participants=table(tmp_path / "who.csv", *wrong))


def test_a_table_names_folders_of_the_published_layout_as_they_lie(tmp_path: Path) -> None:
    source = write(tmp_path / "hrm", "origin/S1/1_0.jpg", "origin/S1/2_0.jpg", "natural/S1.jpg")
    rows = ("image,participant", "origin/S1,p-07")
    with made(tmp_path, source, participants=table(tmp_path / "who.csv", *rows)) as project:
        assert [(entry.name, entry.participant) for entry in project.entries()] == [("p-07", "p-07")]
        project.enter("ana", "window")
        natural = project.neutral("ana", "p-07")
        assert natural is not None and natural.content == (source / "natural" / "S1.jpg").read_bytes()


def test_a_table_of_participants_is_refused_where_it_would_do_nothing(tmp_path: Path) -> None:
    film = tmp_path / "autism.mp4"
    film.write_bytes(b"")
    with pytest.raises(DataError, match=r"autism.mp4 names its participants itself: leave --participants out"):
        made(tmp_path, film, participants=table(tmp_path / "who.csv", "video,participant", "autism.mp4,p-1"))


def test_a_coder_never_reads_the_group(tmp_path: Path) -> None:
    source = write(tmp_path / "hrm", "ASD/origin/S1/1_0.jpg", "TD/origin/S1/1_0.jpg", "TD/natural/S1.jpg")
    with pytest.raises(DataError, match="coders would read the group ASD: give the folder of one group, or name"):
        made(tmp_path, source)
    rows = ("image,participant", "ASD/origin/S1,p-07", "TD/origin/S1,p-03")
    with made(tmp_path, source, participants=table(tmp_path / "who.csv", *rows)) as project:
        assert [(entry.name, entry.participant) for entry in project.entries()] == [("p-03",) * 2, ("p-07",) * 2]
        assert project.sequence("p-07").labels == ("ASD/origin/S1/1_0.jpg",)
        assert project.title("p-07", 0) == ""
    videos = write(tmp_path / "videos", "unused.png")
    for name in ("autism-1.mp4", "autism-2.mp4", "typical.mp4"):
        (videos / name).write_bytes(b"")
    rows = ("video,participant", "autism-1.mp4,p-1", "autism-2.mp4,p-1", "typical.mp4,p-2")
    with made(tmp_path, videos, participants=table(tmp_path / "who.csv", *rows)) as project:
        assert [entry.name for entry in project.entries()] == ["p-1/1", "p-1/2", "p-2"]


def test_rows_of_fer2013_are_pictures_with_their_numbers_and_splits(tmp_path: Path) -> None:
    pixels = [" ".join([str(grey)] * 2304) for grey in (9, 0, 30)]
    uses = ("Training", "Training", "PrivateTest")
    rows = [f"3,{grey},{use}" for grey, use in zip(pixels, uses, strict=True)]
    source = table(tmp_path / "fer2013.csv", "emotion,pixels,Usage", *rows)
    with made(tmp_path, source) as project:
        (entry,) = project.entries()
        assert (entry.name, entry.kind, entry.ordered) == ("fer2013.csv", Kind.ROWS, False)
        assert project.sequence("fer2013.csv").frames.tolist() == [0, 2]  # row 1 has no picture
        assert project.splits("fer2013.csv") == ("Training", "PrivateTest")
        source.unlink()  # the pictures are in the project
        assert project.pixels("fer2013.csv", 1).tolist() == [[[30] * 3] * 48] * 48
        assert project.picture("fer2013.csv", 0).media_type == "image/png"
        assert (project.folder / "rows.npy").stat().st_mode & 0o777 == 0o600


def test_faces_of_a_study_have_its_participants_and_times(tmp_path: Path) -> None:
    study = tmp_path / "study"
    (study / "faces" / "p-01").mkdir(parents=True)
    crops = np.arange(3 * 48 * 48).reshape(3, 48, 48).astype(np.uint8)
    np.savez_compressed(study / "faces" / "p-01" / "a.mp4.npz", crops=crops, times=np.array([0.0, 1.0, 2.5]))
    (study / "split.json").write_text(json.dumps({"participants": {"p-01": "training"}}))
    rows = ["video,participant,faces,file", "p-01/a.mp4,p-01,3,faces/p-01/a.mp4.npz", "p-02/b.mp4,p-02,0,faces/b.npz"]
    table(study / "index.csv", *rows)
    with made(tmp_path, study) as project:
        (entry,) = project.entries()
        assert (entry.name, entry.participant, entry.kind, entry.ordered) == ("p-01/a.mp4", "p-01", Kind.FACES, True)
        times = project.sequence(entry.name).times_s
        assert times is not None and times.tolist() == [0, 1, 2.5]
        assert (project.pixels(entry.name, 2)[..., 1] == crops[2]).all()
    np.savez_compressed(study / "faces" / "p-01" / "a.mp4.npz", crops=crops[:2], times=np.array([0.0, 1.0]))
    with open_project(project.folder) as project, pytest.raises(SourceError, match="other pictures than those"):
        project.picture("p-01/a.mp4", 0)
    (study / "faces" / "p-01" / "a.mp4.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"a\.mp4\.npz cannot be read .*make it anew"):
        made(tmp_path, study)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("p/12.png", "p/012.png"), r"Frame 12 is there twice, as p/012\.png and p/12\.png: remove one"),
        (("p/12_0.png", "p/0012_0.jpg"), "Frame 12 is there twice"),
        (("P-01/1.png", "p-01/1.png"), "differ in case or spaces only"),
        ((".hidden/1.png",), "holds no picture"),
    ],
)
def test_folders_that_would_be_misread_are_refused(names: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        made(tmp_path, write(tmp_path / "faces", *names))


def test_missing_frames_stay_missing_and_odd_numbers_are_no_frames(tmp_path: Path) -> None:
    digits = "9" * 30
    source = write(tmp_path / "faces", "p/1.png", "p/5.png", f"q/{digits}.png", "q/2.png", "r/a1b2.png", "r/c1b3.png")
    with made(tmp_path, source) as project:
        assert project.sequence("p").frames.tolist() == [1, 5]
        assert [entry.ordered for entry in project.entries()] == [True, False, False]


def test_a_natural_face_that_fits_nobody_and_a_rate_that_is_none_are_said(tmp_path: Path) -> None:
    source = write(tmp_path / "faces", "p-01/1.png")
    write(tmp_path / "rest", "somebody.png")
    with pytest.raises(DataError, match="no natural picture of any participant"):
        made(tmp_path, source, neutral=tmp_path / "rest")
    with pytest.raises(DataError, match="is not a folder"):
        made(tmp_path, source, neutral=tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no number of frames a second"):
        made(tmp_path, source, frame_rate=float("nan"))


def test_a_study_that_grows_is_taken_up_and_what_was_coded_stays(tmp_path: Path) -> None:
    source = write(tmp_path / "faces", "p-02/1.png", "p-02/2.png")
    with made(tmp_path, source) as project:
        project.enter("ana", "tab")
        project.apply("ana", "tab", Submit("p-02", 1), ("tab", 1))
        coded = project.coded("ana", "p-02")
    assert take_up(project.folder) == ([], 0)
    write(source, "p-01/1.png", "p-02/0.png", "p-02/more/1.png")
    assert take_up(project.folder) == (["p-01", "p-02/more"], 1)
    with open_project(project.folder) as project:
        assert [entry.name for entry in project.entries()] == ["p-02", "p-01", "p-02/more"]
        assert project.sequence("p-02").frames.tolist() == [1, 2]
        assert project.coded("ana", "p-02") == coded
        project.apply("ana", "tab", Submit("p-01", 0), ("tab", 2))
    assert known.written()[0].patients == {"p-01", "p-02"}
    shutil.rmtree(source)
    with pytest.raises(DataError, match="is not there"):
        take_up(project.folder)


def test_a_participant_of_whom_there_is_more_keeps_the_names_that_coders_know(tmp_path: Path) -> None:
    videos, who, folder = tmp_path / "videos", tmp_path / "who.csv", tmp_path / "project"
    videos.mkdir()
    (videos / "other.mp4").write_bytes(b"")
    for count in (1, 2, 3):
        (videos / f"{9 - count}.mp4").write_bytes(b"")  # before the others
        rows = [f"{9 - number}.mp4,p-1" for number in range(1, count + 1)]
        table(who, "video,participant", "other.mp4,p-2", *rows)
        if count == 1:
            create(folder, videos, actions=ACTIONS, participants=who).close()
        else:
            take_up(folder)
    with open_project(folder) as project:
        assert [(entry.name, entry.path.name) for entry in project.entries()] == [
            ("p-1", "8.mp4"),
            ("p-2", "other.mp4"),
            ("p-1/1", "7.mp4"),
            ("p-1/1/2", "6.mp4"),
        ]


def test_a_participant_is_erased_from_a_project_and_what_others_were_coded_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "faces", *(f"{whom}/{number}.png" for whom in ("p-01", "p-010") for number in range(3)))
    with made(tmp_path, source) as project:
        folder = project.folder
        project.enter("ana", "tab")
        for number, name in enumerate(("p-01", "p-010", "p-01", "p-010"), 1):
            project.apply("ana", "tab", SetMark(name, number % 3, "AU12", Mark(1)), ("tab", number))
        project.apply("ana", "tab", Undo(), ("tab", 5))
        project.apply("ana", "tab", Submit("p-01", 0), ("tab", 6))
        project.set_position("ana", "p-01", 2)
        kept = project.coded("ana", "p-010")
        assert [one.patients for one in known.written()] == [frozenset({"p-01", "p-010"})]
        assert cloud(["erase", "p-01", "--files", "--yes"]) == 0  # while somebody codes
        assert "project.db (coding of a study): written anew without them" in capsys.readouterr().out
        with pytest.raises(ActError, match=r"erased from .* meanwhile"):
            project.apply("ana", "tab", Submit("p-01", 1), ("tab", 8))
    with open_project(folder) as project:
        assert [entry.name for entry in project.entries()] == ["p-010"]
        assert project.coded("ana", "p-010") == kept
        assert {line.sequence for line in project.history()} == {"p-010"}
        assert project.position("ana") is None
        assert project.apply("ana", "tab", Undo(), ("tab", 7)).sequence == "p-010"
    content = b"".join(path.read_bytes() for path in folder.iterdir()).replace(b"p-010", b"")
    assert b"p-01" not in content
    assert cloud(["erase", "p-010", "--files", "--yes"]) == 0
    assert not (folder / "project.db").exists() and known.written() == []
    assert not [path for path in folder.iterdir() if path.name.startswith("project.db")]


def test_undo_passes_over_what_was_erased_while_somebody_codes(tmp_path: Path) -> None:
    source = write(tmp_path / "faces", *(f"{whom}/{number}.png" for whom in ("p-01", "p-010") for number in range(3)))
    with made(tmp_path, source) as project:
        project.enter("ana", "tab")
        for number, name in enumerate(("p-010", "p-01", "p-010"), 1):
            project.apply("ana", "tab", SetMark(name, number % 3, "AU12", Mark(1)), ("tab", number))
        assert cloud(["erase", "p-01", "--files", "--yes"]) == 0
        assert project.apply("ana", "tab", Undo(), ("tab", 4)).undo == "AU12 present"
        project.apply("ana", "tab", Undo(), ("tab", 5))
        assert project.coded("ana", "p-010") == {}
        assert project.undoable("ana") == ("", "AU12 present")
