"""People who never were: they move as their idiolect says, the truth says what is seen, and the box sees a face."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from device.arrays import ByteImage
from device.contract.errors import ConfigError, DataError
from device.contract.labels import ACTION_UNIT_KEYS
from device.stages.frame import Frame
from tests import facekit
from training.cli import main
from training.face_finder import FaceFinder
from training.personal.simulate.course import Course, draw_course
from training.personal.simulate.idiolect import PLAIN, Idiolect, draw_idiolect
from training.personal.simulate.mold import Mold, made_up_mold, mold_of
from training.personal.simulate.person import draw_head
from training.personal.simulate.plan import Plan
from training.personal.simulate.recording import People
from training.personal.simulate.scene import Scene, draw_room

SMALL = ("people=2", "recordings=1", "seconds=1.6", "fps=5", "size=96")
AU12, AU43 = ACTION_UNIT_KEYS.index("AU12"), ACTION_UNIT_KEYS.index("AU43")


@pytest.fixture(scope="module")
def mold() -> Mold:
    return made_up_mold()


def simulate(out: Path, *settings: str, seed: int = 3, ict: Path | None = None) -> int:
    """The command, in this process."""
    chosen = [word for one in settings for word in ("--set", one)]
    model = ["--ict", str(ict)] if ict else []
    where = ["--out", str(out), "--seed", str(seed), "--workers", "0"]
    return main(["personal", "simulate", *where, *model, *chosen])


def truth_of(out: Path, person: str) -> list[dict[str, str]]:
    with (out / "truth" / person / "visit-01.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def chance(number: int = 0) -> np.random.Generator:
    return np.random.default_rng(number)


def still(count: int = 1) -> Course:
    """A face at rest that looks ahead."""
    sides, nothing = np.zeros((2, count, len(ACTION_UNIT_KEYS))), np.zeros((count, 3))
    light = np.tile([1.0, -20.0, 30.0], (count, 1))
    talking, ahead = np.zeros(count, bool), nothing + np.array([0, 0, 1])
    return Course(sides, np.zeros(count, np.intp), talking, talking, nothing[:, :2], nothing, ahead, light)


def test_a_study_has_videos_their_truth_and_says_that_it_is_simulated(tmp_path, capsys):
    assert simulate(tmp_path / "study", *SMALL) == 0

    said = capsys.readouterr().out
    assert "2 people who never were" in said and "16 frames" in said
    people = json.loads((tmp_path / "study" / "people.json").read_text())
    assert sorted(people) == ["person-001", "person-002"]
    assert people["person-001"]["movements"] != people["person-002"]["movements"]
    told = json.loads((tmp_path / "study" / "simulated.json").read_text())
    assert told["simulated"] is True and told["seed"] == 3 and told["plan"]["people"] == 2
    assert told["heads"] == "the digital face, reshaped at random"
    for person in people:
        rows = truth_of(tmp_path / "study", person)
        assert list(rows[0])[:4] == ["frame", "time_s", "movement", "AU1"]
        with av.open(str(tmp_path / "study" / "videos" / person / "visit-01.mp4")) as film:
            times = [float(frame.time) for frame in film.decode(video=0)]
        assert [float(row["time_s"]) for row in rows] == pytest.approx(times, abs=0.01)


def test_heads_have_the_identities_of_the_face_model_where_there_is_one(tmp_path):
    ict = facekit.write(tmp_path / "ict" / "FaceXModel")

    assert simulate(tmp_path / "study", *SMALL, "people=1", "seconds=1", ict=ict.parent) == 0

    told = json.loads((tmp_path / "study" / "simulated.json").read_text())
    assert told["heads"] == "identities of ICT-FaceKit"
    assert len(truth_of(tmp_path / "study", "person-001")) == 5


def test_people_look_unlike_each_other_and_their_eyes_stay_round(mold):
    heads = [draw_head(mold, 0.3, chance(number)).vertices for number in range(4)]
    first, number = mold.face.parts["eyes"]
    eyes = mold.face.vertices[first : first + number]
    left = eyes[:, 0] > 0
    size = np.linalg.norm(eyes[left] - eyes[left].mean(0), axis=1)

    for at, head in enumerate(heads):
        own = head[first : first + number][left]
        assert np.linalg.norm(own - own.mean(0), axis=1) == pytest.approx(size, abs=1e-3)
        for other in heads[:at]:
            assert np.linalg.norm(head - other, axis=1).mean() > 0.1


def test_the_same_seed_makes_the_same_people_whoever_else_there_is(tmp_path):
    simulate(tmp_path / "two", *SMALL)
    simulate(tmp_path / "one", *SMALL, "people=1")
    simulate(tmp_path / "other", *SMALL, "people=1", seed=4)

    one, two, other = (truth_of(tmp_path / name, "person-001") for name in ("one", "two", "other"))
    assert one == two != other
    first, second = ((tmp_path / name / "videos/person-001/visit-01.mp4").read_bytes() for name in ("one", "two"))
    assert first == second


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("people=0", "'people' in --set people is 0"),
        ("movements=[5, 2]", "'movements' has more fewest than most"),
        ("peple=2", "people"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(tmp_path, capsys, setting, told):
    assert simulate(tmp_path / "study", setting) == ConfigError.exit_code

    message = capsys.readouterr().err
    assert told in message and "Traceback" not in message
    assert not (tmp_path / "study").exists()


def test_a_folder_that_is_there_and_a_model_that_is_not_are_refused(tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "thesis.txt").write_text("mine")

    assert simulate(tmp_path / "there", *SMALL) == ConfigError.exit_code
    assert simulate(tmp_path / "study", *SMALL, ict=tmp_path / "nowhere") == DataError.exit_code

    message = capsys.readouterr().err
    assert "is there already" in message and "https://github.com/ICT-VGL/ICT-FaceKit" in message
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["thesis.txt"]


def test_a_model_that_the_digital_face_was_not_made_from_is_refused():
    model = facekit.heads()

    with pytest.raises(DataError, match="not the face model that the digital face was made from"):
        mold_of(replace(model, neutral=model.neutral * np.float32(1.1)))
    with pytest.raises(DataError, match="one face only"):
        mold_of(replace(model, identities=model.identities[:0]))
    with pytest.raises(DataError, match="M_ScleraRight"):
        mold_of(replace(model, polygons={"M_ScleraLeft": model.polygons["M_ScleraLeft"]}))


def test_own_movements_are_unlike_each_other_and_unlike_plain_ones():
    for number in range(30):
        drawn = draw_idiolect(Plan(), chance(number))
        own = [set(one.units) for one in drawn.movements if one.own]
        assert 4 <= len(own) <= 6
        assert [one.number for one in drawn.movements] == list(range(1, len(drawn.movements) + 1))
        for at, units in enumerate(own):
            for other in (*own[:at], *map(set, PLAIN)):
                assert len(units & other) <= 0.34 * len(units | other)


def only(idiolect: Idiolect, number: int) -> Idiolect:
    """Somebody who makes one movement, and neither blinks nor has a face of their own at rest."""
    kept = replace(idiolect.movements[number], rate=6.0, balance=0.8)
    return replace(idiolect, movements=(kept,), resting={}, blinks=1e-6)


def test_a_movement_shows_its_units_as_strongly_and_on_the_side_that_it_is_of():
    plan = Plan(seconds=120, talk=0, loose=0, subtle=0)
    whole = draw_idiolect(plan, chance(5))
    someone = only(whole, 0)
    [movement] = someone.movements

    course = draw_course(plan, someone, chance(1))

    acting = course.movement == movement.number
    assert 0.02 < acting.mean() < 0.9
    for at, key in enumerate(ACTION_UNIT_KEYS):
        shown = course.units[:, at]
        if key in movement.units:
            assert shown.max() == pytest.approx(movement.units[key], rel=0.5)
            assert shown[acting].mean() > 4 * shown[~acting].mean()
        else:
            assert not shown.any()
    sided = [ACTION_UNIT_KEYS.index(key) for key in movement.units if key in ("AU1", "AU2", "AU6", "AU9", "AU12")]
    left, right = course.sides[:, acting][:, :, sided].sum((1, 2))
    assert left > 2 * right or not sided


def test_a_face_at_rest_is_never_quite_nobodys():
    plan = Plan(seconds=20, movements=(0, 0), plain=0, talk=0, loose=0)
    someone = draw_idiolect(plan, chance(2))

    course = draw_course(plan, someone, chance(3))

    assert not course.movement.any()
    for key, (level, _) in someone.resting.items():
        assert course.units[:, ACTION_UNIT_KEYS.index(key)].min() == pytest.approx(level)


def test_own_movements_come_as_often_as_planned():
    plan = Plan(seconds=900, plain=0, loose=0)
    someone = draw_idiolect(plan, chance(4))

    course = draw_course(plan, someone, chance(5))

    begins = np.flatnonzero(np.diff(course.movement, prepend=0) > 0)
    for movement in someone.movements:
        a_minute = (course.movement[begins] == movement.number).sum() / 15
        assert a_minute == pytest.approx(movement.rate, rel=0.5)


def test_units_act_by_themselves_too_and_the_truth_says_when():
    plan = Plan(seconds=300, movements=(0, 0), plain=0, talk=0, loose=12, resting=0)
    someone = replace(draw_idiolect(plan, chance(2)), blinks=1e-6)

    course = draw_course(plan, someone, chance(3))

    assert not course.movement.any() and 0.1 < course.loose.mean() < 0.6
    assert (course.units[course.loose].max(1) > 0.3).all()
    assert course.units[~course.loose].max() < 0.36 * 4


@pytest.mark.parametrize("tone", [0.05, 0.95])
def test_the_box_sees_the_face_and_reads_a_planted_smile(mold, tone):
    head = draw_head(mold, tone, chance(6))
    scene = Scene(mold, head, draw_room(1.5, chance(7)), 192)
    course = still(12)
    course.sides[:, 8:, AU12] = 4.0
    with FaceFinder() as finder:
        sights = [finder(Frame(bgr(scene, course, at), at, at / 10)) for at in range(12)]

    assert all(sight.face is not None for sight in sights)
    mouths = [mouth_width(sight.face.points) for sight in sights]
    assert min(mouths[9:]) > 1.08 * max(mouths[:8])


def bgr(scene: Scene, course: Course, at: int) -> ByteImage:
    """A frame as a camera gives it."""
    return np.ascontiguousarray(scene.picture(course, at, chance(at))[..., ::-1])


def mouth_width(points: np.ndarray) -> float:
    """By the distance of the outer corners of the eyes."""
    return float(np.linalg.norm(points[61, :2] - points[291, :2]) / np.linalg.norm(points[33, :2] - points[263, :2]))


def test_light_pose_and_noise_are_seen_in_the_picture(mold):
    scene = Scene(mold, draw_head(mold, 0.2, chance(6)), draw_room(1.5, chance(7)), 128)
    course = still(4)
    course.light[1, 0] = 0.5
    course.light[2, 1] = 70.0
    course.pose[3, 0] = 30.0

    usual, dark, lit_from_the_right, turned = (
        scene.picture(course, at, chance(1)).astype(float)[44:100, 34:94].mean(2) for at in range(4)
    )

    assert dark.mean() < 0.8 * usual.mean()
    assert lit_from_the_right[:, 30:].mean() > lit_from_the_right[:, :30].mean() + 10
    assert np.abs(turned - usual).mean() > 8
    again = scene.picture(course, 0, chance(2)).astype(float)[44:100, 34:94].mean(2)
    assert 0 < np.abs(again - usual).mean() < 3


def test_two_studies_may_be_of_people_with_other_names():
    assert People(Plan(name="stranger"), 0).name(2) == "stranger-003"
