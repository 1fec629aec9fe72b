"""What is wrong with the faces of a person is said in a sentence, and nothing is learnt of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.contract.errors import CheckFailedError, DataError
from training.cli import main
from training.personal.blocks import Blocks
from training.personal.check import LEAST_S, findings_of, require, seconds
from training.personal.people import Person
from training.videos.store import SHAPE, Outcome, face_file, write_faces

RATE, SECONDS = 5, 160


def made(name: str = "p-01", length_s: float = SECONDS, recordings: int = 2, amplitude: float = 40.0) -> Person:
    """A person whose face moves to and fro, in recordings of the same length."""
    times = np.tile(np.arange(0, length_s, 1 / RATE), recordings)
    count = len(times)
    rng = np.random.default_rng(int(name[-1]))
    face, movement = rng.uniform(80, 160, (48, 48)), rng.normal(0, 1, (48, 48))
    images = face + amplitude * np.sin(times)[:, None, None] * movement
    return Person(
        name,
        np.clip(images, 0, 255).astype(np.uint8),
        times,
        np.repeat(np.arange(recordings), count // recordings),
        tuple(f"{name}/{number}.mp4" for number in range(recordings)),
        np.ones(count, np.int32),
        (rng.uniform(0.3, 1.5, len(SHAPE)) + rng.normal(0, 0.002, (count, len(SHAPE)))).astype(np.float32),
        np.tile([640, 480], (recordings, 1)).astype(np.int32),
    )


def texts(person: Person) -> str:
    return "\n".join(f"{finding.level.value}: {finding.text}" for finding in findings_of(person))


def test_a_person_of_whom_there_is_enough_is_fine():
    person = made(length_s=400)
    assert texts(person) == "ok: p-01: 800 s of faces in 2 recordings, all of one person."
    assert require([person]) == []


def test_thirty_seconds_are_too_little():
    person = made(length_s=30, recordings=1)
    assert texts(person) == (
        "fail: Of p-01 there are 30 s of faces: record at least 120 s, best 10 minutes over several days."
    )
    with pytest.raises(DataError, match="Of p-01 there are 30 s of faces"):
        require([person])
    assert require([person], little=True) == []  # of many people a few seconds of each are enough


def test_another_person_in_the_recordings_is_found_by_the_face_and_named_by_track():
    person = made(length_s=400)
    other = person.times >= 200

    def with_other(factor: float) -> Person:
        return replace(
            person,
            tracks=np.where(other, 2, 1).astype(np.int32),
            shape=(person.shape * np.where(other, factor, 1.0)[:, None]).astype(np.float32),
        )

    mixed = with_other(1.08)
    assert "fail: The faces of p-01 may be those of two people: p-01/0.mp4 (track 1 from 0 s on) and" in texts(mixed)
    assert "p-01/0.mp4 (track 2 from 200 s on)" in texts(mixed)
    assert "warning: The faces of p-01 may be those of two people" in texts(with_other(1.006))
    assert texts(replace(mixed, shape=person.shape)).startswith("ok")  # found anew, and the same face


def test_a_face_that_never_moves_teaches_nothing():
    assert "fail: The face of p-01 is always the same" in texts(made(amplitude=0.0))


def test_light_that_wanders_is_no_movement():
    person = made(amplitude=0.0)
    lit = np.clip(person.images + 20 * np.sin(person.times)[:, None, None], 0, 255).astype(np.uint8)
    assert "fail: The face of p-01 is always the same" in texts(replace(person, images=lit))


def test_another_camera_and_another_light_are_told():
    person = made(length_s=400)
    sizes = np.array([[640, 480], [1280, 720]], np.int32)
    assert "warning: The recordings of p-01 have pictures of 640×480 and 1280×720" in texts(
        replace(person, pictures=sizes)
    )
    dark = np.where((person.recordings == 1)[:, None, None], person.images // 3, person.images)
    assert "warning: The faces of p-01 are 3.0 times as bright" in texts(replace(person, images=dark))


def test_gaps_are_no_faces():
    person = made(length_s=400)
    kept = (person.times < 100) | (person.times > 390)
    gappy = replace(
        person,
        **{name: getattr(person, name)[kept] for name in ("images", "times", "recordings", "tracks", "shape")},
    )
    assert seconds(gappy) == pytest.approx(219, abs=2)
    assert "warning: For 581 s of the recordings of p-01 no face was found" in texts(gappy)


def test_faces_out_of_order_are_refused():
    person = made()
    assert "fail: The faces of p-01 are not in the order of time" in texts(replace(person, times=person.times[::-1]))


def test_what_is_held_out_is_never_a_neighbour_of_what_is_learnt():
    person = made()
    parts = Blocks().of(person)
    for recording in (0, 1):
        own = person.recordings == recording
        learnt, held_out = person.times[own & parts.learnt], person.times[own & parts.held_out]
        assert np.abs(learnt[:, None] - held_out).min() >= Blocks().margin_s
    assert 0.15 < parts.held_out.mean() < 0.35


@pytest.mark.parametrize("blocks", [Blocks(10.0, 2, 3.0), Blocks(5.0, 6, 8.0), Blocks(20.0, 3, 0.0)])
def test_a_margin_may_be_longer_than_a_block(blocks: Blocks):
    person = made()
    parts, own = blocks.of(person), person.recordings == 0
    learnt, held_out = person.times[own & parts.learnt], person.times[own & parts.held_out]
    assert len(learnt)
    assert np.abs(learnt[:, None] - held_out).min() >= blocks.margin_s
    assert not (parts.learnt & parts.held_out).any()


def test_a_recording_that_is_a_still_picture_is_named_wherever_it_stands():
    person = made(length_s=400, recordings=3)
    still = np.where((person.recordings == 2)[:, None, None], person.images[:1], person.images)
    assert texts(replace(person, images=still)) == (
        "warning: The face of p-01 is always the same in p-01/2.mp4, as in a still picture: leave it out."
    )


def test_of_several_people_the_two_who_differ_most_decide():
    person = made(length_s=400, recordings=3)
    factor = np.array([1.0, 1.006, 1.08])[person.recordings]
    mixed = replace(person, shape=(person.shape * factor[:, None]).astype(np.float32))
    assert "fail: The faces of p-01 may be those of two people: p-01/0.mp4 (track 1 from 0 s on) and p-01/2" in texts(
        mixed
    )


def test_the_command_says_it_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = ["video,participant,label,part,seconds,frames,faces,no_face,file"]
    for person in (made("p-01", LEAST_S / 8), replace(made("p-01", LEAST_S / 8), name="p-02")):
        for number in (0, 1):
            own, video = person.recordings == number, f"{person.name}/{number}.mp4"
            arrays = {
                "crops": person.images[own],
                "times": person.times[own],
                "tracks": person.tracks[own],
                "shape": person.shape[own],
                "picture": person.pictures[number],
            }
            write_faces(face_file(tmp_path, video), arrays, {}, Outcome(video))
            rows.append(f"{video},{person.name},,train,15,75,75,0,faces/{video}.npz")
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n")

    assert main(["personal", "check", "--faces", str(tmp_path), "--json"]) == CheckFailedError.exit_code
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["what"] for one in found] == ["length", "length", "people"]
    assert found[-1]["text"].startswith("p-01 and p-02 have the same faces")
    assert main(["personal", "check", "--faces", str(tmp_path), "--person", "p-03"]) == DataError.exit_code
    assert "holds no faces of p-03: it holds those of p-01, p-02" in capsys.readouterr().err
