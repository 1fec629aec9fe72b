"""A project keeps what coders do: marks, submissions, sheets, episodes; takes it back and does it again; once each."""

import itertools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.contract.errors import ConfigError, DataError, SourceError, StorageError
from training.annotation.acts import (
    Act,
    ActError,
    Ask,
    Clear,
    Judge,
    PutEpisode,
    Redo,
    RemoveEpisode,
    SetCodable,
    SetHidden,
    SetMark,
    SetNeutral,
    Submit,
    SubmitMany,
    SubmittedError,
    Undo,
    decode,
)
from training.annotation.coders import SeatTakenError
from training.annotation.coding import Coded, Episode, Mark, Scale, Side, parse_actions
from training.annotation.project import Outcome, Project, create, open_project

ACTIONS = ("AU1", "AU4", "AU12", "AD19")
ABSENT = dict.fromkeys(ACTIONS, Mark(0))
NAME = "p-01"


def write_pictures(folder: Path, numbers: range) -> None:
    """Grey squares, each of its number."""
    folder.mkdir(parents=True)
    for number in numbers:
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full((8, 8), number, np.uint8))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Frames of two participants."""
    for name in (NAME, "p-02"):
        write_pictures(tmp_path / "source" / name, range(8, 14))
    return tmp_path / "source"


@pytest.fixture
def project(source: Path, tmp_path: Path) -> Iterator[Project]:
    """A project of intensities, in which ana has her place in the window `tab`."""
    with create(tmp_path / "project", source, scale=Scale.INTENSITY, actions=ACTIONS) as made:
        made.enter("ana", "tab")
        yield made


numbers = itertools.count(1)


def do(project: Project, *acts: Act, coder: str = "ana", client: str = "tab") -> Outcome:
    """Do acts, each under a number of its own."""
    for act in acts:
        outcome = project.apply(coder, client, act, (client, next(numbers)))
    return outcome


def mark(action: str = "AU12", value: int | None = 3, place: int = 0, overwrite: bool = False) -> SetMark:
    return SetMark(NAME, place, action, None if value is None else Mark(value), overwrite)


def test_marks_stand_in_the_frame_and_a_submitted_one_has_all_actions(project: Project) -> None:
    do(project, mark(), SetMark(NAME, 0, "AU4", Mark(1, Side.LEFT)), mark("AU1"), mark("AU1", None))
    draft = project.frame("ana", NAME, 0)
    assert draft == Coded({"AU12": Mark(3), "AU4": Mark(1, Side.LEFT)})
    assert draft.final == {}
    outcome = do(project, Submit(NAME, 0))
    expected = ABSENT | draft.marks
    assert outcome.coded[0].marks == outcome.coded[0].final == expected and outcome.coded[0].submitted
    assert project.frame("ana", NAME, 1) == Coded()
    (annotations,) = project.annotations("ana")
    assert annotations.frames == {0: outcome.coded[0]}
    assert annotations.sequence.frames.tolist() == [8, 9, 10, 11, 12, 13]
    assert project.progress("ana")[NAME].submitted == 1
    do(project, mark(place=4))
    assert project.standing("ana", NAME) == {0: True, 4: False}


def test_actions_of_a_hidden_part_are_not_coded_unless_they_were_marked(project: Project) -> None:
    do(project, SetHidden(NAME, 0, "lower", True), mark("AD19", 2), Submit(NAME, 0))
    assert project.frame("ana", NAME, 0).final == {"AU1": Mark(0), "AU4": Mark(0), "AD19": Mark(2)}
    do(project, SetHidden(NAME, 0, "lower", False, overwrite=True))
    assert project.frame("ana", NAME, 0).final == ABSENT | {"AD19": Mark(2)}


def test_a_frame_that_is_not_codable_has_nothing_final(project: Project) -> None:
    do(project, mark(), SetCodable(NAME, 0, False), Submit(NAME, 0))
    coded = project.frame("ana", NAME, 0)
    assert (coded.submitted, coded.codable, coded.final) == (True, False, {})


def test_what_was_submitted_is_changed_only_by_an_act_that_says_so(project: Project) -> None:
    do(project, mark(), Submit(NAME, 0))
    before = project.frame("ana", NAME, 0)
    for act in (mark(value=1), Clear(NAME, 0), Judge(NAME, "AU1", {0: Mark(2)}), SubmitMany(NAME, {0: {}})):
        with pytest.raises(SubmittedError, match="overwritten"):
            do(project, act)
    assert project.frame("ana", NAME, 0) == before
    do(project, Submit(NAME, 0))  # changes nothing
    assert do(project, mark(value=None, overwrite=True)).coded[0] == Coded(ABSENT, submitted=True)
    assert do(project, Clear(NAME, 0, overwrite=True)).coded[0] == Coded()


def test_undo_and_redo_go_through_all_that_a_coder_did(project: Project) -> None:
    acts: list[Act] = [
        mark(),
        SetHidden(NAME, 1, "upper", True),
        Submit(NAME, 0),
        SubmitMany(NAME, {2: {"AU1": Mark(5)}, 3: {}}),
        PutEpisode(NAME, "e", Episode("AU12", 1, None)),
        PutEpisode(NAME, "e", Episode("AU12", 1, 4, 2, 3)),
        RemoveEpisode(NAME, "e"),
        SetNeutral(NAME, 5),
        Clear(NAME, 0, overwrite=True),
    ]

    def now() -> object:
        return project.coded("ana", NAME), project.episodes("ana", NAME), project.neutral_place("ana", NAME)

    stood = [now()]
    for act in acts:
        do(project, act)
        stood.append(now())
    assert all(before != after for before, after in itertools.pairwise(stood))
    for expected in stood[-2::-1]:
        do(project, Undo())
        assert now() == expected
    assert project.undoable("ana") == ("", "AU12 C")
    for expected in stood[1:]:
        do(project, Redo())
        assert now() == expected
    assert len(project.history("ana")) == 3 * len(acts)
    assert project.undoable("ana") == ("cleared", "")


def test_a_new_act_leaves_nothing_to_be_done_again_and_undo_says_where(project: Project) -> None:
    do(project, mark(place=2), SetMark("p-02", 4, "AU1", Mark(1)))
    outcome = do(project, Undo())
    assert (outcome.sequence, outcome.places, outcome.coded, outcome.redo) == ("p-02", (4,), {4: Coded()}, "AU1 A")
    assert do(project, mark(place=3)).redo == ""
    assert do(project, Redo()).sequence == ""
    assert do(project, Undo()).places == (3,)
    assert do(project, Undo()).places == (2,)
    assert do(project, Undo()).sequence == ""


def test_undo_is_of_one_coder_and_nobody_sees_what_others_coded(project: Project) -> None:
    project.enter("ben", "other")
    do(project, mark())
    do(project, mark("AU1"), coder="ben", client="other")
    do(project, Undo())
    assert project.coded("ana", NAME) == {}
    assert project.coded("ben", NAME) == {0: Coded({"AU1": Mark(3)})}
    assert project.coders() == ("ana", "ben")


def test_an_act_that_comes_twice_is_done_once_whatever_came_between(project: Project) -> None:
    first = project.apply("ana", "tab", mark(), ("old tab", 7))
    do(project, mark(value=5))
    again = project.apply("ana", "tab", mark(), ("old tab", 7))
    assert (first.fresh, again.fresh) == (True, False)
    assert again.coded == {0: Coded({"AU12": Mark(5)})}
    undone = project.apply("ana", "tab", Undo(), ("old tab", 8))
    assert not project.apply("ana", "tab", Undo(), ("old tab", 8)).fresh
    assert undone.coded == {0: Coded({"AU12": Mark(3)})} == project.coded("ana", NAME)
    assert (project.last_number("old tab"), project.last_number("nobody")) == (8, 0)


def test_a_sheet_of_one_action_codes_that_action_and_all_sheets_submit_the_frame(project: Project) -> None:
    do(project, Judge(NAME, "AU1", {0: Mark(2), 1: Mark(0)}))
    assert project.frame("ana", NAME, 1).final == {"AU1": Mark(0)}
    assert project.progress("ana")[NAME].judged == {"AU1": 2}
    for action in ACTIONS[1:]:
        do(project, Judge(NAME, action, {0: Mark(0)}))
    coded = project.frame("ana", NAME, 0)
    assert coded.submitted and coded.final == ABSENT | {"AU1": Mark(2)}
    progress = project.progress("ana")[NAME]
    assert (progress.submitted, progress.judged) == (1, {"AU1": 1})
    do(project, Undo())
    assert not project.frame("ana", NAME, 0).submitted


def test_asking_the_network_is_recorded_for_what_is_coded_after(project: Project) -> None:
    do(project, mark(), Ask(NAME, 0), Submit(NAME, 1), Ask(NAME, 1))
    assert (project.frame("ana", NAME, 0).asked, project.frame("ana", NAME, 1).asked) == (True, False)
    do(project, Submit(NAME, 0), mark(place=1, overwrite=True))
    assert project.frame("ana", NAME, 0).asked and project.frame("ana", NAME, 1).asked
    do(project, Undo())
    assert not project.frame("ana", NAME, 1).asked
    do(project, Undo(), Undo(), Undo())
    assert project.coded("ana", NAME) == {}
    assert project.frame("ana", NAME, 0).asked  # what was seen stays seen


def test_what_was_coded_stands_in_a_project_that_is_opened_again(project: Project) -> None:
    do(project, mark(), PutEpisode(NAME, "e", Episode("AU1", 0, 3)))
    project.set_position("ana", NAME, 4)
    project.set_keys("ana", {"AU12": "w"})
    stood = project.coded("ana", NAME), project.episodes("ana", NAME)
    project.close()
    with open_project(project.folder) as again:
        assert (again.coded("ana", NAME), again.episodes("ana", NAME)) == stood
        assert (again.position("ana"), again.keys("ana")) == ((NAME, 4), {"AU12": "w"})
        assert (again.scale, again.actions) == (Scale.INTENSITY, ACTIONS)
        assert again.undoable("ana") == ("episode of AU1", "")
        assert again.apply("ana", "tab", Undo(), ("tab", 10**6)).episodes == {"e": None}


def test_two_processes_act_for_one_coder_and_undo_knows_of_both(project: Project) -> None:
    do(project, mark(value=1))
    with open_project(project.folder) as other:
        other.apply("ana", "tab", mark(value=2), ("other process", 1))
    assert do(project, Undo()).coded == {0: Coded({"AU12": Mark(1)})}


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (mark("AU2"), "does not code 'AU2'"),
        (mark(value=6), "AU12 is marked 6: give 0 to 5"),
        (mark(place=6), "no frame 6: the sequence has 6"),
        (SetMark("p-03", 0, "AU1", None), "no sequence 'p-03'"),
        (SetHidden(NAME, 0, "left", True), "no part 'left'"),
        (PutEpisode(NAME, "e", Episode("AU1", 3, 2)), "its onset comes first"),
        (PutEpisode(NAME, "e", Episode("AU1", 3, 5, 2)), "its apex is inside"),
        (PutEpisode(NAME, "e", Episode("AU1", 3, 6)), "none in 6 frames"),
        (PutEpisode(NAME, "e", Episode("AU1", 3, 5, value=0)), "give 1 to 5"),
        (SubmitMany(NAME, {0: {"AU1": Mark(1)}, 6: {}}), "no frame 6"),
    ],
)
def test_an_act_that_does_not_fit_is_refused_and_leaves_nothing(project: Project, act: Act, said: str) -> None:
    with pytest.raises(ActError, match=said):
        do(project, act)
    assert (project.history(), project.annotations("ana")) == ([], [])


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b'{"type":"put","sequence":"p-01","frames":{}}', b'{"type":"undo","x":1}']
)
def test_what_is_no_act_of_a_page_is_refused(sent: bytes) -> None:
    with pytest.raises(ActError, match="no act of a coder"):
        decode(sent)


def test_to_add_a_coder_leaves_their_window_alone(project: Project) -> None:
    assert (project.add("ana"), project.add("ben"), project.coders()) == ("ana", "ben", ("ana", "ben"))
    with pytest.raises(SeatTakenError):
        project.enter("ana", "second")
    with pytest.raises(ConfigError, match="There is a coder 'ben'"):
        project.add("Ben")


AS_NOBODY = """
import os, sys
from pathlib import Path
from device.contract.errors import AffectboxError
from training.annotation.project import create, open_project
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
folder = Path(sys.argv[1])
for work in (
    lambda: create(folder / "new", folder / "source", actions=["AU1"]),
    lambda: create(folder / "empty", folder / "source", actions=["AU1"]),
    lambda: open_project(folder / "made"),
    lambda: open_project(folder / "closed"),
):
    try:
        work()
    except AffectboxError as error:
        print(error.exit_code, error)
"""


def test_a_folder_that_may_not_be_written_is_said(source: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(source, folder / "source")
        create(folder / "made", source, actions=ACTIONS).close()
        for path in (folder / "empty", folder / "closed"):
            path.mkdir()
        for path in (folder / "closed", folder / "empty", folder / "made", folder / "made" / "project.db", folder):
            path.chmod(0o000 if path.name == "closed" else 0o555)
        run = [sys.executable, "-c", AS_NOBODY, folder]
        root = Path(__file__).parents[3]
        done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False, cwd=root)
        folder.chmod(0o700)
    said = done.stdout.splitlines()
    assert [line[:2] for line in said] == ["19"] * 4, done
    assert "new cannot be made (Permission denied): name another folder" in said[0]
    assert "empty cannot be closed to others" in said[1] or "cannot be written" in said[1]
    assert "cannot be written: allow it to be" in said[2]
    assert "closed cannot be read (Permission denied): allow it to be" in said[3]


def test_one_window_for_a_coder_unless_another_takes_over(project: Project) -> None:
    with pytest.raises(SeatTakenError, match="ana codes in another window"):
        project.enter("ana", "second")
    assert project.enter(" ana ", "second", take_over=True) == "ana"
    with pytest.raises(SeatTakenError, match="take over"):
        do(project, mark())
    with pytest.raises(SeatTakenError):
        project.alive("ana", "tab")
    project.leave("ana", "second")
    project.alive("ana", "tab")
    do(project, mark())


@pytest.mark.parametrize("name", ["Ana", "ANA", "", "a/b", "x" * 41, "a\0b", "Agreed"])
def test_names_of_coders_that_would_be_mistaken_are_refused(project: Project, name: str) -> None:
    with pytest.raises(ConfigError):
        project.enter(name, "tab")
    assert project.coders() == ("ana",)


def test_a_file_is_taken_over_as_one_act_and_never_over_what_stands_unless_told(project: Project) -> None:
    do(project, mark(), Submit(NAME, 0), PutEpisode(NAME, "e", Episode("AU1", 0, 1)))
    (theirs,) = project.annotations("ana")
    stood = project.coded("ana", NAME), project.episodes("ana", NAME)
    theirs = replace(
        theirs, frames=theirs.frames | {2: Coded({"AU1": Mark(0)}, judged=frozenset({"AU1"}))}, episodes=()
    )
    other = replace(theirs, frames=theirs.frames | {0: Coded(ABSENT, submitted=True)})
    with pytest.raises(SeatTakenError):
        project.put("ana", theirs)
    project.leave("ana", "tab")
    assert project.put("ana", theirs).places == (2,)
    for refused in (other, replace(theirs, episodes=(Episode("AU4", 0, 1),))):
        with pytest.raises(SubmittedError, match="overwritten"):
            project.put("ana", refused)
    project.put("ana", replace(other, episodes=(Episode("AU4", 0, 1),)), overwrite=True)
    assert project.coded("ana", NAME) == other.frames
    assert [*project.episodes("ana", NAME).values()] == [Episode("AU4", 0, 1)]
    do(project, Undo(), Undo())
    assert (project.coded("ana", NAME), project.episodes("ana", NAME)) == stood
    assert project.put("ben", other).places == (0, 2)


def test_the_natural_face_is_the_one_that_the_coder_set_for_the_participant(project: Project) -> None:
    assert project.neutral("ana", NAME) is None
    do(project, SetNeutral(NAME, 2))
    shown = project.neutral("ana", NAME)
    assert shown == project.picture(NAME, 2)
    assert project.neutral("ana", "p-02") is None
    do(project, SetNeutral(NAME, None))
    assert project.neutral_place("ana", NAME) is None
    do(project, Undo())
    assert project.neutral_place("ana", NAME) == (NAME, 2)


def test_nothing_is_left_of_a_project_that_cannot_be_made(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").write_text("")
    cases: list[tuple[type[Exception], str, Path, Path]] = [
        (DataError, "is not there: give a folder", tmp_path / "made", tmp_path / "nowhere"),
        (DataError, "cannot be coded", tmp_path / "made", tmp_path / "file"),
        (DataError, "holds no picture", tmp_path / "made", tmp_path / "empty"),
        (StorageError, "is a file", tmp_path / "file", source),
        (ConfigError, "holds p-01 and more: name a new folder", source, source),
    ]
    (tmp_path / "empty").mkdir()
    for error, said, folder, what in cases:
        with pytest.raises(error, match=said):
            create(folder, what, actions=ACTIONS)
        assert not (tmp_path / "made").exists()


def test_a_folder_is_a_project_once(project: Project, source: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a project already"):
        create(project.folder, source, actions=ACTIONS)
    with pytest.raises(ConfigError, match="is no project: give --source"):
        open_project(tmp_path)
    assert project.folder.stat().st_mode & 0o777 == 0o700
    assert (project.folder / "project.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_file_that_is_no_project_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "project.db").write_bytes(content)
    with pytest.raises(DataError, match="project"):
        open_project(tmp_path)
    assert (tmp_path / "project.db").read_bytes() == content


@pytest.mark.parametrize("at", [0.001, 0.05, 0.2, 0.5, 0.9])
def test_a_damaged_project_is_said_wherever_the_damage_is(project: Project, at: float) -> None:
    do(project, mark(), Submit(NAME, 0), PutEpisode(NAME, "e", Episode("AU1", 0, 3)))
    project.close()
    path = project.folder / "project.db"
    content = path.read_bytes()
    place = int(len(content) * at)
    damaged = content[:place] + np.random.default_rng(1).bytes(5000) + content[place + 5000 :]
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="damaged"), open_project(project.folder) as again:
        again.annotations("ana")
        again.history()


def test_a_disk_without_room_keeps_nothing_of_the_act_and_all_before_it(project: Project) -> None:
    do(project, mark())
    with project._database.reading() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count={pages}")
    many = SubmitMany(NAME, {place: dict.fromkeys(ACTIONS, Mark(1, Side.BOTTOM)) for place in range(6)})
    with pytest.raises(StorageError, match="disk is full or fails: free some space"):
        for _ in range(100):
            do(project, many, Undo())
    standing = project.coded("ana", NAME)
    assert standing[0].marks["AU12"] in (Mark(3), Mark(1, Side.BOTTOM))
    with project._database.reading() as db:
        db.execute("PRAGMA max_page_count=1000000")
    assert project.coded("ana", NAME) == standing
    do(project, mark("AU1", place=5, overwrite=True))
    assert project.frame("ana", NAME, 5).marks["AU1"] == Mark(3)


def test_named_lists_are_in_the_order_of_all_actions_and_unknown_keys_are_said() -> None:
    assert [len(parse_actions(name)) for name in ("22", "17", "15", "12", "5")] == [22, 17, 15, 12, 5]
    assert parse_actions("ad19, au4") == ("AU4", "AD19")
    assert parse_actions("AU43E,AU2X,AU19") == ("AU26", "AU43", "AD19")  # as published tables name them
    for text, said in (
        ("AU3", "There is no action 'AU3'"),
        ("L AU12", "no action 'L AU12'"),
        ("AU1,AU1", "twice"),
        ("", "no action ''"),
    ):
        with pytest.raises(ConfigError, match=said):
            parse_actions(text)


def test_pictures_that_are_gone_or_broken_are_said(project: Project, source: Path) -> None:
    (source / NAME / "9.png").unlink()
    (source / NAME / "10.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="not there any more"):
        project.picture(NAME, 1)
    with pytest.raises(SourceError, match="not a picture that can be read"):
        project.picture(NAME, 2)
    assert project.pixels(NAME, 0).tolist() == [[[8, 8, 8]] * 8] * 8
