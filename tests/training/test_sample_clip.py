"""The sample clip: what it promises in its script is there to be seen. No model is needed."""

import argparse
import base64
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.arrays import ByteImage, FloatArray
from device.contract.errors import DataError, StorageError
from device.contract.labels import ACTION_UNIT_KEYS
from training.sample_clip import clip as sample_clip
from training.sample_clip.clip import FPS, Scene, make_clip, script_file
from training.sample_clip.face import JAW_DROP, LOWER_LIDS, LOWER_LIP, UPPER_LIDS, UPPER_LIP, Face
from training.sample_clip.picture import HEIGHT, WIDTH, Person
from training.sample_clip.script import DIM, Pose, Segment, moment, script

pytest.importorskip("skimage", reason="the portrait comes with scikit-image")

#: The portrait's landmarks 0-467 as the box's stages see them: x, y in 1/64 pixel, little-endian uint16.
LANDMARKS_64 = (
    "5jczI+o38CDmN4MhPjc+HfQ35x8GOG4eOzjEGk8xihlVOBEYZji3Fp44tRHlN3sj5je0I+A33CO9N3clujfgJbY3aCapN/UmmjcfKOY3ZSHZNh0h"
    "ui0gFSU0mhojM50aJTKBGucwzRn5NHsagDKpF7Qz3xduMckXwzAkGBIwShp5Mx0p8jA2GT8tXhnxLnYZuzKZHmA26SJoNoQj/jTcIgQ00yI6NU4j"
    "TzQqI3QyZCQJN9og+zbMH2cvLhcoNWgcrjS9H6o0Gh+xL/odGzdxHqgxcRZPMJ4WrS6eEw02uRe5NGgYpTH4IqIt0CJeNW0gLTbUIKky3CLwMvEi"
    "zS/lFZQ0+B+FM7wWXjPkFa4y0RE/L8sUIDPaE9sumhZLLv0VXzY8Ix81GSMsNPoiljWVIM4y5iJlM9QjEjMCI+01fyBzNEgjWzVuI302qyPyNdgn"
    "JDavJjM2ISZNNqUlbjZCJX40YCRNNHskFDS2JOwzACUEM/IhCi2EHeQ3hCHdM9IjnzPSI3g2OiHSNHEgUzYOIQ80xxxCMi4dbjRoHzswehLFMAwU"
    "UzGbFUozvSXCNWYWoTX9E2M1mhFbMT0aBS/LGn81SxrjL3kY5TXwG1U1tB/lLWMboi+IG9MwBRy+Mh0cMDTlGzY1nxtBN/Eayy1ZHR8vNxhbN1Ah"
    "HzV1HfcsBRn9NT0bTTRPH3swMRldNeoeOC0KIHo1+hk3NpkeVi+3JW0v+SYbLYkdOi4iJMEtghc8M2Qqdzd1IR40+h0oLnoZRTIAGiAzHRo7M/Uj"
    "ty1mHxM1RiwMMg0q1DC4KIM4LBRVN64s+DMTGsQ0AxpINQQacy7dF4E0FxmfM6oYwDKJGO0xoBhtMdYYNS3XFrMxyRnjNxciNTS5IWg1YiBTNugh"
    "SjhiGaQwZCfeMdooFzVzK2wuJiUrNaUZhjaEHGA39StjM00rOC3QH1415iQsNR0lADWBJeA0BCZnNP0mijMHI2Iz7SJCM9EiGDJQIr0uESCXNmUb"
    "JjZKGZQ1VhmvMyMjey6PIv02bRnvM+0nGjguHT83IxwmOAgcuDX3HW83vCqIN08ppTXqKMMx5yRfM+0fuDKRJugwjx8/MsEg9S/xIEg1QyoQNUse"
    "8TD6JTEyoSfpME4jxy01Ia0vtSOFLQwiQzGbIds1/RygNUgg9TQtIBo2wB9UNUwYqDOGFzAyRBf/MGEXNzDGF9gvVRkVLXAbnzDCGp4xKRvzMkob"
    "NjQzGyg1/hrJNcsa/SwzG/Q0SSB1NosdUzaRIM42CSFNNqogKjWFIAA3MyEbN0ohzzUNGkg2UxqSNpQaJjEIGWkwlxjzOFQdiz9HGvg4NiFdQ0cW"
    "izwFG4o9JxuQPiQb5D+VGrI7zBp5PjcYNj1OGJA/exg5QO0Ys0AoG6c7iynvP/sZkkOMGutBeBp3PSwfdDkCI2I5nCPbOgsj4TsTI5k6gCOQO2Ij"
    "MT3oJMc47yDvOOofoEEXGDY7uBxUOxIgZTtzH6NA4B7uOIMeYD8NF8FAaReGQqgUvzrfFyM8uxgrPosjbEL3I4Q6ryCzOfsgND0zI+48RCNQQcEW"
    "aztNIG49IxepPVYWnz5vEtJBvBX8PWEUMUKWF7VCDhdxOVgjujpHI7o7PCNTOssgGT06I2I8KiTQPFQj9DmxIGY7fSN6OpsjTTnHI045/SdBOdMm"
    "QDlHJjM5wCUTOWYlLjueJF87vySSOwUluDtSJeA8ayKEQ8Ie6zsZJCM8HSRiOVghHjvCIIc5MyFNPC8dGz7OHZ87wh8PQVgTW0DPFMY/SRY0PDAm"
    "JTuWFnE7RhTiO+0RaT/xGrlBzBs2O5UaDkFfGX46KhyiOvwfy0J/HAVBdBy8P84cyT2rHFE8SxxFO+QbMDkGG7RCfx7PQTEZcDhZISU7xB3iQz0a"
    "iDptG8M7rh9mQAYatjoxHyFDRCFAO0Ia2DnIHkhApyYWQOQnckO+HpdBMiUrQ6MYwzvWKlM4eSEfPGMetEKQGn0+mxqgPaEajjxCJJtCiiCnOYcs"
    "BT2nKm8+dim+PIMa9zthGnk7UBqGQuoYTDxyGTo9GhknPhUZ+D5HGXs/khnHQwcYGj95Gqw7EiJ9OqMghDkMIrk+IyhRPXspvTm3K1pBNSaaO+8Z"
    "xjmwHH47viscQwohPToTJWU6WiWPOsglnzpCJvY6USdaPFcjfjw3I6M8IiPMPeUic0EUIdE5ixuUOnsZMzuXGSw8aSN1QZojoDmHGVc7TSgSOTsc"
    "djoxHns5IinhPYglqjxlILk8DidBP1YgyD1XIRlAyiG0OYEqGjuZHo0+syYjPTAo3z7+I1dCUyIcQJokk0I4I64+TSJuOjcdPjqCIPc6fiDVOe8f"
    "gTuPGEY97RfNPt4XA0AhGMVAnRgEQUAamEOlHBxAlBsFP9gbpj3WG188mRtyO0obyToHG75DbRz7OpMgujmxHYc5uCAEOSIhiTnVIMU6yyDKOEMh"
    "sjhiIeU6SRpVOoAaADq6GsE/zBmQQG4Z"
)
NEUTRAL, SMILE = Pose(), Pose(smile=1.0)
CORNERS, CHIN, NOSE_TIP, BROWS = [61, 291], 152, 4, [105, 334]


@pytest.fixture(scope="module")
def landmarks() -> FloatArray:
    numbers = np.frombuffer(base64.b64decode(LANDMARKS_64), "<u2")
    return (numbers.reshape(468, 2) / 64).astype(np.float32)


@pytest.fixture(scope="module")
def face(landmarks: FloatArray) -> Face:
    return Face(landmarks.astype(np.float64))


@pytest.fixture(scope="module")
def scene(landmarks: FloatArray) -> Scene:
    return Scene(sample_clip.load_portrait(), landmarks)


def at(name: str) -> float:
    """The middle of a segment, seconds."""
    segment = next(segment for segment in script() if segment.name == name)
    return (segment.start_s + segment.end_s) / 2


def spans(face: Face, pose: Pose, base: Pose = NEUTRAL) -> FloatArray:
    """How far a pose moves each landmark to the right and down, in spans."""
    return np.asarray((face.place(pose) - face.place(base)) @ np.linalg.inv(face.axes), np.float32)


# --- The script ----------------------------------------------------------------------------------------------------


def test_segments_follow_each_other_with_a_neutral_pause() -> None:
    acts = [segment for segment in script() if segment.name not in ("neutral", "second_face")]
    assert script()[0].name == "neutral"
    assert all(later.start_s - earlier.end_s >= 0.699 for earlier, later in pairwise(acts))
    for earlier, later in pairwise(acts):
        between = moment((earlier.end_s + later.start_s) / 2)
        assert (between.pose, between.light, between.shift, between.roll_deg) == (NEUTRAL, 1.0, (0.0, 0.0), 0.0)


def test_segments_name_known_action_units_and_expectations() -> None:
    assert all(unit in ACTION_UNIT_KEYS for segment in script() for unit in segment.action_units)
    assert all(segment.expect and segment.end_s - segment.start_s >= 2 * segment.ramp_s for segment in script())
    assert len({segment.name for segment in script()}) == len(script())


def test_an_envelope_is_a_raised_cosine() -> None:
    segment = Segment("any", 1.0, 3.0, 0.5, (), "")
    times = (0.0, 1.0, 1.25, 1.5, 2.0, 2.5, 2.75, 3.0, 9.0)
    assert [segment.envelope(t) for t in times] == pytest.approx([0, 0, 0.5, 1, 1, 1, 0.5, 0, 0])


def test_who_stays_does_not_leave_at_the_end() -> None:
    assert Segment("any", 1.0, 3.0, 0.5, (), "", stays=True).envelope(3.0) == 1.0
    assert moment(script()[-1].end_s).second == 1.0


def test_the_head_rolls_fifteen_degrees_each_way() -> None:
    roll = [moment(t / 100).roll_deg for t in range(1000, 1400)]
    assert max(roll) == pytest.approx(15, abs=0.5)
    assert min(roll) == pytest.approx(-15, abs=0.5)


# --- The poses -----------------------------------------------------------------------------------------------------


def test_a_smile_pulls_the_mouth_corners_up_and_out(face: Face) -> None:
    right, left = spans(face, SMILE)[CORNERS]
    assert right[1] < -0.08
    assert left[1] < -0.08
    assert right[0] < -0.06
    assert left[0] > 0.06


def test_at_rest_the_lips_touch(face: Face) -> None:
    rest = face.place(NEUTRAL)
    opening = np.linalg.norm(rest[LOWER_LIP[0]] - rest[UPPER_LIP[0]], axis=1) / face.span
    assert opening.max() < 0.01


def test_a_blink_closes_both_eyes(face: Face) -> None:
    shut = face.place(Pose(blink=1.0))
    opening = np.linalg.norm(shut[LOWER_LIDS] - shut[UPPER_LIDS], axis=2) / face.span
    assert opening.max() < 0.01


def test_brows_rise_and_lids_stay(face: Face) -> None:
    moved = spans(face, Pose(brows=1.0))
    assert (moved[BROWS, 1] < -0.1).all()
    assert np.abs(moved[LOWER_LIDS]).max() < 0.02


def test_the_jaw_takes_the_chin_along_and_not_the_nose(face: Face) -> None:
    moved = spans(face, Pose(jaw=1.0))
    assert moved[CHIN, 1] == pytest.approx(JAW_DROP, rel=0.1)
    assert np.abs(moved[NOSE_TIP]).max() < 0.02
    assert moved[14, 1] - moved[13, 1] == pytest.approx(JAW_DROP, rel=0.05)


@pytest.mark.parametrize("landmark", (199, 200, 175))
def test_the_picture_moves_as_far_as_its_landmark(landmarks: FloatArray, landmark: int) -> None:
    person = Person(sample_clip.load_portrait(), landmarks)
    person.canvas[...] = 0.0
    person.canvas[..., 3] = 1.0
    x, y = person.face.points[landmark]
    cv2.circle(person.canvas, (round(x), round(y)), 3, (255.0, 255.0, 255.0, 1.0), -1)

    before, after = (spot(person.posed(pose)) for pose in (SMILE, Pose(smile=1.0, jaw=1.0)))

    expected = person.face.place(Pose(smile=1.0, jaw=1.0))[landmark] - person.face.place(SMILE)[landmark]
    assert expected[1] > 20
    assert np.array(after) - np.array(before) == pytest.approx(expected, abs=1.5)


def spot(canvas: FloatArray) -> tuple[float, float]:
    """The middle of what is bright and grey, x and y (the dark of the mouth is red)."""
    moments = cv2.moments((canvas[..., 2] > 100).astype(np.uint8))
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


# --- The frames ----------------------------------------------------------------------------------------------------


def test_the_mouth_opens_on_darkness(scene: Scene) -> None:
    mouth = scene.person.face.place(Pose(jaw=1.0))[[13, 14]].mean(axis=0) + sample_clip.HOME
    x, y = np.round(mouth).astype(int)
    rest, dropped = (scene.picture(moment(at(name))) for name in ("neutral", "jaw_drop"))
    assert rest[y - 4 : y + 5, x - 4 : x + 5].mean() > 100
    assert dropped[y - 4 : y + 5, x - 4 : x + 5].mean() < 50


def test_the_dimmed_frame_is_dark(scene: Scene) -> None:
    lit, dim = (float(scene.picture(moment(at(name))).mean()) for name in ("neutral", "dim"))
    assert dim == pytest.approx(DIM * lit, abs=1.0)
    assert dim < 0.06 * 255


def test_for_a_second_the_room_is_empty(scene: Scene) -> None:
    middle = at("away")
    empty = np.clip(scene.wall + 0.5, 0, 255).astype(np.uint8)
    for t in (middle - 0.5, middle, middle + 0.5):
        assert np.array_equal(scene.picture(moment(t)), empty)


def test_the_patient_comes_back_to_the_same_place(scene: Scene) -> None:
    assert np.array_equal(scene.picture(moment(19.0)), scene.picture(moment(0.0)))


def test_the_second_face_enters_at_the_right_and_leaves_the_patient_alone(scene: Scene) -> None:
    alone, together = scene.picture(moment(0.0)), scene.picture(moment(22.0))
    changed = np.abs(alone.astype(int) - together).max(axis=2) > 8
    assert np.flatnonzero(changed.any(axis=0)).min() > 400
    assert changed[:, 480:].mean() > 0.4


def test_two_scenes_show_the_same(scene: Scene, landmarks: FloatArray) -> None:
    other = Scene(sample_clip.load_portrait(), landmarks)
    for t in (3.0, 7.3, 9.2, 11.3, 21.0):
        assert np.array_equal(scene.picture(moment(t)), other.picture(moment(t)))


# --- The file ------------------------------------------------------------------------------------------------------


def test_the_clip_is_a_video_with_its_script_beside_it(clip: Path) -> None:
    video = cv2.VideoCapture(str(clip))
    assert video.get(cv2.CAP_PROP_FPS) == FPS
    count = 0
    while video.grab():
        count += 1
        if count == round(at("dim") * FPS):
            _, picture = video.retrieve()
            assert picture.shape == (HEIGHT, WIDTH, 3)
            assert picture.mean() < 0.06 * 255
    assert count == 22 * FPS
    record = json.loads(script_file(clip).read_text())
    assert [segment["name"] for segment in record["segments"]] == [segment.name for segment in script()]
    assert sorted(path.name for path in clip.parent.glob("sample*")) == ["sample.mp4", "sample.script.json"]


def test_a_folder_that_cannot_be_is_a_clear_error(tmp_path: Path, landmarks: FloatArray) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        make_clip(tmp_path / "file" / "sample.mp4", landmarks)


def test_an_unknown_kind_of_video_is_a_clear_error(tmp_path: Path, landmarks: FloatArray) -> None:
    with pytest.raises(StorageError, match=r"\.mp4 or \.avi"):
        make_clip(tmp_path / "sample.gif", landmarks)


def test_what_fails_half_way_leaves_nothing(
    tmp_path: Path, landmarks: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_frames_and_a_full_disk(_scene: Scene) -> Iterator[ByteImage]:
        yield from np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Scene, "film", two_frames_and_a_full_disk)
    with pytest.raises(StorageError, match="No space left"):
        make_clip(tmp_path / "sample.mp4", landmarks)
    assert list(tmp_path.iterdir()) == []


def test_a_detector_that_sees_nobody_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.face_finder.find_landmarks", lambda image: None)
    with pytest.raises(DataError, match="no face"):
        sample_clip.portrait_landmarks()


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sample_clip, "make_clip", lambda out: out)
    parser = argparse.ArgumentParser()
    sample_clip.add_parser(parser.add_subparsers())
    args = parser.parse_args(["clip", "--out", str(tmp_path / "sample.mp4")])
    assert args.run(args) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "sample.mp4")
