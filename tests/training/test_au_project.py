"""What coders did in a project is what is learnt: their means, what they agreed on, and nothing that nobody judged."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from device.contract.errors import ConfigError, DataError
from training.action_units.crops import frames_of
from training.action_units.data import load_annotated
from training.action_units.layouts import Options, read_recordings
from training.annotation.acts import Ask, SetMark, Submit
from training.annotation.coding import AGREED, Annotations, Coded, Episode, Mark, Scale
from training.annotation.project import Kind, create, open_project
from training.cli import main

ACTIONS = ("AU1", "AU12", "AD33")


def marks(*values):
    """A submitted frame; None: not coded."""
    pairs = zip(ACTIONS, values, strict=True)
    return Coded({key: Mark(value) for key, value in pairs if value is not None}, submitted=True)


def put(project, coder, name, frames, episodes=()):
    sequence = project.sequence(name)
    project.put(coder, Annotations(sequence, coder, project.scale, project.actions, frames, episodes))


def films(folder: Path) -> Path:
    """Twelve frames of each of two people, from number 8."""
    for who in ("p-01", "p-02"):
        (folder / who).mkdir(parents=True)
        for number in range(8, 20):
            assert cv2.imwrite(str(folder / who / f"{number}.png"), np.full((8, 8), number, np.uint8))
    return folder


@pytest.fixture
def film(tmp_path):
    with create(tmp_path / "project", films(tmp_path / "films"), scale=Scale.INTENSITY, actions=ACTIONS) as made:
        yield made


def read(project, *coders):
    return read_recordings(project.folder, "project", Options(coders=coders))


def test_the_mean_of_the_coders_is_learnt_and_what_they_agreed_on_alone(film):
    put(film, "ana", "p-01", {0: marks(2, 4, 0), 1: marks(0, 0, 0), 3: Coded({"AU1": Mark(5)})})
    put(film, "ben", "p-01", {0: marks(3, 0, 0), 2: marks(1, None, 0)})
    put(film, AGREED, "p-01", {0: Coded({"AU12": Mark(5)}, judged=frozenset({"AU12"}))})

    (recording,) = read(film)

    assert (recording.participant, recording.frames.tolist()) == ("p-01", [8, 9, 10]), "3 is a draft"
    assert [path.name for path in recording.pictures] == ["8.png", "9.png", "10.png"] and recording.continuous
    assert recording.intensity["AU1"].tolist() == [2.5, 0, 1] and recording.presence["AU1"].tolist() == [1, 0, 0]
    assert recording.intensity["AU12"].tolist()[:2] == [5, 0] and np.isnan(recording.intensity["AU12"][2])
    assert recording.intensity["AD33"].tolist() == [0, 0, 0]
    assert read(film, "ben")[0].intensity["AU1"].tolist() == [3, 1]


def test_what_is_hidden_or_no_face_is_unknown(film):
    hidden = Coded({"AU1": Mark(1), "AU12": Mark(2)}, hidden=frozenset({"lower"}), submitted=True)
    put(film, "ana", "p-02", {0: hidden, 1: Coded(codable=False, submitted=True), 2: marks(0, 0, 0)})

    (recording,) = read(film)

    assert recording.participant == "p-02" and recording.frames.tolist() == [8, 10]
    assert np.isnan(recording.intensity["AD33"]).tolist() == [True, False]
    assert recording.intensity["AU12"].tolist() == [2, 0], "what is marked was seen"


def test_episodes_say_what_is_there_and_what_is_not_as_far_as_somebody_looked(film):
    episodes = (Episode("AU12", 2, 4, value=3), Episode("AU12", 4, 5, value=1), Episode("AD33", 8, 9, value=2))
    put(film, "ana", "p-01", {5: Coded(codable=False, submitted=True)}, (*episodes, Episode("AU1", 3, None)))

    (recording,) = read(film)

    assert (recording.frames - 8).tolist() == [2, 3, 4, 6, 7, 8, 9]
    assert recording.intensity["AU12"].tolist() == [3, 3, 3, 0, 0, 0, 0]
    assert recording.intensity["AD33"].tolist() == [0, 0, 0, 0, 0, 2, 2]
    assert "AU1" not in recording.intensity, "an episode that nobody ended says nothing"


def test_coders_of_presence_who_differ_make_it_unknown(tmp_path):
    with create(tmp_path / "project", films(tmp_path / "films"), actions=ACTIONS) as project:
        for coder, values in (("ana", (1, 1, 0)), ("ben", (1, 0, 0)), ("eva", (0, None, 0))):
            put(project, coder, "p-01", {0: marks(*values)})

        (recording,) = read(project)

    assert recording.intensity == {} and recording.presence["AU1"].tolist() == [1]
    assert np.isnan(recording.presence["AU12"]).all() and recording.presence["AD33"].tolist() == [0]


def test_who_asked_the_network_is_no_yardstick_for_networks(film):
    put(film, "ben", "p-01", {0: marks(1, 1, 1)})
    client = "tab"
    film.enter("ana", client)
    for number, act in enumerate((Ask("p-01", 0), Ask("p-01", 1)), start=1):
        film.apply("ana", client, act, (client, number))
    film.apply("ana", client, SetMark("p-01", 0, "AU1", Mark(5)), (client, 3))
    for number, act in enumerate((SetMark("p-01", 1, "AU1", Mark(5)), Submit("p-01", 1), Submit("p-01", 2)), start=4):
        film.apply("ana", client, act, (client, number))

    (recording,) = read(film)

    assert recording.intensity["AU1"].tolist() == [1, 0] and recording.frames.tolist() == [8, 10]
    assert recording.passed_over == 1, "the first is known by the other coder"


def test_rows_of_fer2013_are_crops_already_and_become_data(make_fer_files, tmp_path, capsys):
    csv_file, _ = make_fer_files(6, 0).write()
    with create(tmp_path / "project", csv_file, actions=("AU12", "AU1")) as project:
        (entry,) = project.entries()
        frames = {place: Coded({"AU12": Mark(place % 2), "AU1": Mark(0)}, submitted=True) for place in (1, 2, 5)}
        put(project, "ana", entry.name, frames)
        pixels = [project.pixels(entry.name, place)[..., 0] for place in (1, 2, 5)]
    assert entry.kind is Kind.ROWS

    argv = ["prepare", "--data", str(tmp_path / "project"), "--layout", "project", "--out", str(tmp_path / "data.npz")]
    assert main([*argv, "--jobs", "1", "--coder", "ana"]) == 0

    data = load_annotated(tmp_path / "data.npz")
    assert (data.images == np.stack(pixels)).all() and data.labels == {"presence": ("AU1", "AU12")}
    assert data.values["presence"].tolist() == [[0, 1], [0, 0], [0, 1]] and len(set(data.participants)) == 3
    assert "3 faces of 3 participants" in capsys.readouterr().out
    assert "ana" not in data.about["command"] and "--coder NAME" in data.about["command"]

    assert main([*argv, "--coder", "bo"]) == ConfigError.exit_code
    assert "Nobody coded as 'bo' here: known are ana" in capsys.readouterr().err


def test_frames_of_a_video_are_those_that_were_coded(tmp_path):
    (tmp_path / "films" / "p-07").mkdir(parents=True)
    writer = cv2.VideoWriter(str(tmp_path / "films" / "p-07" / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 20, (64, 64))
    for number in range(8):
        writer.write(np.full((64, 64, 3), 30 * number, np.uint8))
    writer.release()
    with create(tmp_path / "project", tmp_path / "films", actions=ACTIONS) as project:
        (entry,) = project.entries()
        put(project, "ana", entry.name, {place: marks(1, 0, 0) for place in (1, 2, 6)})
        shown = [project.pixels(entry.name, place).mean() for place in (1, 2, 6)]
        (recording,) = read(project)

    assert recording.is_video and recording.participant == "p-07" and recording.frames.tolist() == [2, 3, 7]
    assert [frame.image.mean() for _, frame in frames_of(recording, 1)] == pytest.approx(shown, abs=2)
    assert shown == pytest.approx([30, 60, 180], abs=3)


def test_what_is_no_project_or_an_empty_one_is_said(film, tmp_path):
    with pytest.raises(DataError, match="is no project: give the folder that `affectbox-training annotate` made"):
        read_recordings(tmp_path, "project", Options())
    with pytest.raises(DataError, match="holds no picture that a coder is done with"):
        read(film)
    assert open_project(film.folder).close() is None
