"""`affectbox-training coding` on a project, as people type it."""

import csv
import stat

import cv2
import numpy as np
import pytest

from cloud.cli import main as cloud
from cloud.erasing.known import written
from tests.training.annotation.coders import everything, saw
from training.annotation.coding import Annotations, Coded, Episode, Mark, Scale
from training.annotation.files.layouts import layout_of
from training.annotation.project import create, open_project
from training.cli import main

ACTIONS = ("AU1", "AU12", "AU26", "AU43", "AD19")


def made(folder, scale=Scale.PRESENCE):
    """A project of a film of two people, eight frames each, that Anna coded."""
    for person in ("p-1", "p-2"):
        for frame in range(8):
            path = folder / "source" / person / f"{frame:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((6, 6), frame * 9, np.uint8))
    with create(folder / "coding", folder / "source", scale=scale, actions=ACTIONS, frame_rate=10.0) as project:
        for name in ("p-1", "p-2"):
            project.put("anna", everything(project.sequence(name), scale))
    return folder / "coding"


@pytest.fixture
def project(tmp_path):
    return made(tmp_path)


def coded(folder, coder):
    with open_project(folder) as project:
        return {one.sequence.name: (one.frames, set(one.episodes)) for one in project.annotations(coder)}


@pytest.mark.parametrize("layout", ["csv", "elan"])
@pytest.mark.parametrize("scale", Scale)
def test_everything_comes_back_into_another_project(tmp_path, layout, scale, capsys):
    first, second = (made(tmp_path / name, scale) for name in ("first", "second"))
    assert main(["coding", "export", str(first), "--layout", layout, "--out", str(tmp_path / "out")]) == 0

    assert main(["coding", "import", str(second), str(tmp_path / "out"), "--layout", layout, "--coder", " ben"]) == 0

    assert coded(second, "ben") == coded(first, "anna")
    said = capsys.readouterr()
    assert "p-2, ben: 7 frames, 5 episodes" in said.out
    assert ("no video that ELAN could play (2)" in said.err) is (layout == "elan")


@pytest.mark.parametrize("layout", ["csv", "published", "elan", "boris"])
def test_files_say_themselves_of_which_layout_they_are(project, tmp_path, layout, capsys):
    out = tmp_path / "out"
    assert main(["coding", "export", str(project), "--layout", layout, "--out", str(out)]) == 0
    assert {layout_of(one) for one in (out, *out.iterdir())} == {layout}

    assert main(["coding", "import", str(project), str(out), "--coder", "ben"]) == 0
    assert "p-2, ben" in capsys.readouterr().out


@pytest.mark.parametrize("layout", ["published", "boris"])
def test_what_a_layout_cannot_hold_is_said(project, tmp_path, layout, capsys):
    assert main(["coding", "export", str(project), "--layout", layout, "--out", str(tmp_path / "out")]) == 0
    assert main(["coding", "import", str(project), str(tmp_path / "out"), "--layout", layout, "--coder", "ben"]) == 0

    frames, episodes = coded(project, "ben")["p-1"]
    assert ("left out" in capsys.readouterr().err) and bool(frames) is (layout == "published")
    assert bool(episodes) is (layout == "boris")


def test_intensities_go_where_they_are_learnt_from(tmp_path):
    folder = made(tmp_path, Scale.INTENSITY)
    table = tmp_path / "source" / "codes.csv"

    assert main(["coding", "export", str(folder), "--layout", "codes", "--out", str(table)]) == 0

    rows = list(csv.DictReader(table.open()))
    assert [row["image"] for row in rows][:2] == ["p-1/000.png", "p-1/001.png"] and rows[1]["AU12"] == "5"
    assert main(["coding", "import", str(folder), str(table), "--coder", "ben"]) == 0
    assert coded(folder, "ben")["p-1"][0][1] == coded(folder, "anna")["p-1"][0][1]


def test_files_are_their_owners_and_known(project, tmp_path):
    main(["coding", "export", str(project), "--layout", "published", "--out", str(tmp_path / "out")])

    noted = {one.path.name: one.patients for one in written() if one.path.parent == tmp_path / "out"}
    assert noted == {"p-1.csv": {"p-1"}, "p-2.csv": {"p-2"}}
    assert stat.S_IMODE((tmp_path / "out" / "p-1.csv").stat().st_mode) == 0o600


def test_who_is_erased_leaves_the_files(project, tmp_path):
    """Tables of both are written anew, those of one are deleted, and the agreement, which can be made again, too."""
    with open_project(project) as there:
        there.put("ben", everything(there.sequence("p-1"), coder="ben"))
    for layout in ("published", "csv"):
        words = ["--layout", layout, "--out", str(tmp_path / layout), "--coder", "anna"]
        assert main(["coding", "export", str(project), *words]) == 0
    assert main(["coding", "agreement", str(project), "--out", str(tmp_path / "agreement")]) == 0

    cloud(["erase", "p-1", "--files", "--yes"])

    assert [path.name for path in (tmp_path / "published").iterdir()] == ["p-2.csv"]
    assert {row["participant"] for row in csv.DictReader((tmp_path / "csv" / "frames.csv").open())} == {"p-2"}
    assert not list((tmp_path / "agreement").iterdir())


def test_the_group_is_written_where_it_is_given(project, tmp_path, capsys):
    table = tmp_path / "groups.csv"
    table.write_text("participant,ASD\np-1,1\np-2,0\n")
    words = ["coding", "export", str(project), "--out", str(tmp_path / "out"), "--participants", str(table)]

    assert main([*words, "--layout", "published"]) == 0
    assert (tmp_path / "out" / "p-1.csv").read_text().splitlines()[1].endswith(",1,1")
    assert main([*words, "--layout", "csv", "--overwrite"]) == 11
    table.write_text("participant,ASD\np-1,yes\n")
    assert main([*words, "--layout", "published", "--overwrite"]) == 21
    assert "groups.csv, row 2: give participant,ASD, and 1 or 0 as ASD" in capsys.readouterr().err
    table.write_text("participant,ASD\np-1,1\np-1,0\n")
    assert main([*words, "--layout", "published", "--overwrite"]) == 21
    assert "groups.csv, row 3: p-1 is in both groups" in capsys.readouterr().err
    table.write_text("participant,ASD\np-1,1\n")
    assert main([*words, "--layout", "published", "--overwrite"]) == 0
    assert "Participants whom the table of groups lacks have an empty ASD (1)." in capsys.readouterr().err


def test_nothing_is_overwritten_unasked(project, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["coding", "export", str(project), "--layout", "csv", "--out", str(out)]
    assert main(words) == 0
    before = (out / "frames.csv").read_bytes()
    with open_project(project) as there:
        sequence = there.sequence("p-1")
        there.put("anna", saw("anna", sequence, Episode("AU1", 0, 0)), overwrite=True)

    assert main(words) == 19 and (out / "frames.csv").read_bytes() == before
    again = ["coding", "import", str(project), str(out), "--layout", "csv"]
    assert main(again) == 11
    assert "anna coded the episodes of p-1 otherwise: give --overwrite" in capsys.readouterr().err
    assert coded(project, "anna")["p-1"][1] == {Episode("AU1", 0, 0)}
    assert main([*again, "--overwrite"]) == 0
    assert len(coded(project, "anna")["p-1"][1]) == 5
    with open_project(project) as there:
        assert there.undoable("anna")[0]  # the import can be taken back


def test_what_holds_no_codes_is_said(project, tmp_path, capsys):
    (tmp_path / "p-1.eaf").write_text('<ANNOTATION_DOCUMENT><TIER TIER_ID="talk"/></ANNOTATION_DOCUMENT>')

    assert main(["coding", "import", str(project), str(tmp_path / "p-1.eaf")]) == 21
    assert "holds no codes of this project's actions: nothing was changed" in capsys.readouterr().err


def test_a_video_that_cannot_be_read_stops_no_import_of_another(tmp_path, capsys):
    films = tmp_path / "films"
    for person in ("a", "b"):
        (films / person).mkdir(parents=True)
    writer = cv2.VideoWriter(str(films / "a" / "1.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 20, (32, 32))
    for _ in range(6):
        writer.write(np.zeros((32, 32, 3), np.uint8))
    writer.release()
    (films / "b" / "1.avi").write_bytes((films / "a" / "1.avi").read_bytes())
    create(tmp_path / "coding", films, actions=ACTIONS).close()
    (films / "b" / "1.avi").unlink()
    (tmp_path / "a.csv").write_text("frame,AU1\n3,1\n")

    words = ["coding", "import", str(tmp_path / "coding"), str(tmp_path / "a.csv"), "--layout", "published"]
    assert main([*words, "--coder", "ben"]) == 0

    assert "b/1.avi is passed over. " in capsys.readouterr().err
    assert list(coded(tmp_path / "coding", "ben")) == ["a/1.avi"]


def test_a_document_in_an_unknown_encoding_is_said(project, tmp_path, capsys):
    (tmp_path / "p-1.eaf").write_text('<?xml version="1.0" encoding="UTF-99"?><ANNOTATION_DOCUMENT/>')

    assert main(["coding", "import", str(project), str(tmp_path / "p-1.eaf")]) == 21
    assert "(unknown encoding: UTF-99): give a document of ELAN's" in capsys.readouterr().err


def test_an_import_is_whole_or_nothing(project, tmp_path, capsys):
    """The second of two tables is broken: the first is not taken over either."""
    for name, text in (("p-1", "frame,AU1\n3,1\n"), ("p-2", "frame,AU1\n3,9\n")):
        (tmp_path / f"{name}.csv").write_text(text)

    assert main(["coding", "import", str(project), str(tmp_path), "--layout", "published", "--coder", "ben"]) == 21
    assert "p-2.csv, row 2: AU1 is '9'" in capsys.readouterr().err
    with open_project(project) as there:
        assert there.coders() == ("anna",)


def test_an_import_of_several_coders_is_whole_or_nothing(project, tmp_path, capsys):
    """Ben is free; Anna is written otherwise than she is known, or is at the page."""
    main(["coding", "export", str(project), "--layout", "csv", "--out", str(tmp_path / "out")])
    table = tmp_path / "out" / "frames.csv"
    anna = table.read_text()
    head, *rows = anna.splitlines()
    ben = "\n".join([head, *(row.replace(",anna,", ",ben,") for row in rows), *rows])
    words = ["coding", "import", str(project), str(table), "--layout", "csv", "--overwrite"]

    table.write_text(ben.replace(",anna,", ",Anna,"))
    assert main(words) == 11
    assert "There is a coder 'anna': if that is you, write the name so" in capsys.readouterr().err
    table.write_text(ben)
    with open_project(project) as there:
        there.enter("anna", "a window")
    assert main(words) == 11
    assert "anna codes in another window" in capsys.readouterr().err
    with open_project(project) as there:
        assert there.coders() == ("anna",)
        there.leave("anna", "a window")
    assert main(words) == 0
    assert coded(project, "ben") == {name: (frames, set()) for name, (frames, _) in coded(project, "anna").items()}


@pytest.mark.parametrize(
    ("layout", "scale"), [("published", Scale.PRESENCE), ("codes", Scale.INTENSITY), ("boris", Scale.INTENSITY)]
)
def test_what_has_no_place_in_a_layout_makes_no_file(tmp_path, layout, scale, capsys):
    """One draft of a frame: no codes yet, and no event."""
    folder = made(tmp_path, scale)
    with open_project(folder) as there:
        sequence = there.sequence("p-1")
        there.put("ben", Annotations(sequence, "ben", scale, ACTIONS, {1: Coded({"AU1": Mark(1)})}))
    out = tmp_path / "out"

    assert main(["coding", "export", str(folder), "--layout", layout, "--out", str(out), "--coder", "ben"]) == 21

    said = capsys.readouterr().err
    assert "left out (1)" in said and f"has a place in the layout {layout}: submit frames first" in said
    assert not out.exists()


def test_agreement_of_two_coders(project, tmp_path, capsys):
    with open_project(project) as there:
        for name in ("p-1", "p-2"):
            one = everything(there.sequence(name), coder="ben")
            one.frames[0] = Coded(one.frames[0].marks | {"AU12": Mark(1)}, submitted=True)
            there.put("ben", one)
        there.put("agreed", everything(there.sequence("p-1"), coder="agreed"))

    assert main(["coding", "agreement", str(project), "--coders", "Anna,BEN"]) == 0
    named = capsys.readouterr().out
    assert main(["coding", "agreement", str(project), "--out", str(tmp_path / "out")]) == 0

    said = capsys.readouterr().out
    assert said.startswith("anna and ben\naction") and said.startswith(named) and "agreed and" not in said
    row = next(line.split() for line in said.splitlines() if line.startswith("AU12*"))
    assert row[:4] == ["AU12*", "12", "4/6/4", "0.83"] and "Episodes whose onsets are within 0.5 s" in said
    rows = {row["action"]: row for row in csv.DictReader((tmp_path / "out" / "agreement.csv").open())}
    assert float(rows["AU1"]["kappa"]) == 1
    disagreements = list(csv.DictReader((tmp_path / "out" / "disagreements.csv").open()))
    assert [(one["sequence"], one["frame"], one["difference"]) for one in disagreements] == [
        ("p-1", "0", "absent against present"),
        ("p-2", "0", "absent against present"),
    ]
    page = (tmp_path / "out" / "agreement.html").read_text()
    assert "<script" not in page and "http:" not in page and "https:" not in page and "Lip Corner Puller" in page
    assert {one.what for one in written() if one.path.parent == tmp_path / "out"} == {"agreement of coders"}


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["agreement", "PROJECT"], 21, "1 of 1 coders coded anything"),
        (["agreement", "PROJECT", "--coders", "anna,bob"], 11, "Nobody coded as 'bob' here: known are anna"),
        (["agreement", "nowhere"], 11, "nowhere is no project"),
        (["export", "PROJECT", "--layout", "codes", "--out", "OUT"], 21, "holds intensities, and presence was coded"),
        (["export", "PROJECT", "--layout", "csv", "--out", "OUT", "--coder", "bob"], 11, "Nobody coded as 'bob'"),
        (["import", "PROJECT", "x.csv"], 11, "x.csv does not say what it is: give --layout"),
        (["import", "PROJECT", "x.eaf"], 21, "Cannot read x.eaf"),
        (["import", "PROJECT", "x", "--layout", "published"], 11, "does not say who coded: give --coder"),
        (["import", "PROJECT", "x", "--layout", "csv", "--coder", "a/b"], 11, "'a/b' is no name of a coder"),
    ],
)
def test_what_goes_wrong_is_one_sentence(project, tmp_path, words, code, sentence, capsys):
    places = {"PROJECT": str(project), "OUT": str(tmp_path / "out")}

    assert main(["coding", *(places.get(word, word) for word in words)]) == code

    assert sentence in capsys.readouterr().err and not (tmp_path / "out").exists()
