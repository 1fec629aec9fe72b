"""`rest`: action units that are planted in real faces are found again, and what a face at rest brings is said."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow")
from device.bundle_folders import bundle_cache, find_bundle
from device.contract.errors import DataError
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS
from device.stages.reader import NOTHING, Actions, Reading
from training.cli import main
from training.data.faces import Answers, Codings, Faces, save_faces
from training.data.recrop import LANDMARKS
from training.face import rest
from training.face.facekit import FaceKit
from training.face.rest import SHAPES, Helped, measure

INNER_BROWS = [65, 55, 66, 107, 105, 295, 285, 296, 336, 334]
PEOPLE = 8


@pytest.fixture(scope="module")
def kit():
    """A face of which only the brows can be raised, a centimetre and a half; all other shapes move nothing."""
    mesh = find_bundle(LANDMARKS, [bundle_cache()]) / "canonical_face.json"
    neutral = np.array(json.loads(mesh.read_text())["points"], np.float32) * [1, -1, -1]
    still = np.zeros((468, 3), np.float32)
    names = {name for row in SHAPES.values() for name in row}
    shapes = {f"{name}{side}": still for name in names for side in ("_L", "_R")}
    raised = still.copy()
    raised[INNER_BROWS, 1] = -1.5
    del shapes["browInnerUp_L"], shapes["browInnerUp_R"]
    return FaceKit(neutral.astype(np.float32), still[None], shapes | {"browInnerUp": raised})


@pytest.fixture(scope="module")
def faces(portrait):
    """The portrait, a little otherwise lit for each person, called neutral by all but by one in ten."""
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)[70:180, 165:275]
    small = cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA)
    images = np.stack([np.clip(small.astype(float) + 3 * person, 0, 255).astype(np.uint8) for person in range(PEOPLE)])
    target = np.full((PEOPLE, len(EMOTIONS)), 0.1 / 7, np.float32)
    target[:, EMOTIONS.index("neutral")] = 0.9
    answers = {"ferplus": Answers(EMOTIONS, target, np.zeros(PEOPLE, np.int64))}
    found = np.ones(PEOPLE, bool)
    return Faces(images, np.full(PEOPLE, "Training"), answers, np.full(PEOPLE, ""), box=images, found=found)


@pytest.fixture
def brow_reader(monkeypatch):
    """In place of the network: brows that go up take skin to where hair was, so how bright it is there, compared with
    the cheeks, is AU1; nothing else is ever seen."""

    class Reader:
        def __init__(self, model):
            pass

        def __call__(self, crop):
            both = np.zeros_like(NOTHING.both)
            brighter = crop[2:7, 14:34].mean() / crop[18:30, 10:38].mean()
            both[ACTION_UNIT_KEYS.index("AU1")] = 3 * brighter
            return Reading(np.zeros(8, np.float32), Actions(both, NOTHING.left, NOTHING.right), ())

    monkeypatch.setattr(rest, "FaceReader", Reader)


@pytest.fixture
def bundle():
    [folder] = (rest.Path(__file__).parents[2] / "device" / "bundles").glob("face-*")
    return folder


def test_a_planted_move_is_found_and_no_other(faces, kit, bundle, brow_reader):
    brow, *others = measure(faces, kit, bundle, PEOPLE, 8)

    assert [brow.unit, *(one.unit for one in others)] == list(SHAPES)
    assert brow.raw > 0.75 and brow.relative > 0.75 and brow.at_rest > 1
    assert {(one.raw, one.relative, one.at_rest) for one in others} == {(0.5, 0.5, 0.0)}


def test_the_points_that_move_take_the_picture_with_them():
    image = np.zeros((48, 48), np.uint8)
    image[20:23, 20:23] = 255
    points = np.mgrid[14:29:3, 14:29:3].reshape(2, -1).T.astype(np.float32)

    moved, same = (rest._warped(image, points, np.tile(by, (len(points), 1))) for by in ([3.0, -4.0], [0.0, 0.0]))

    y, x = np.argwhere(moved > 100).mean(0)
    assert (x, y) == (pytest.approx(24, abs=0.7), pytest.approx(17, abs=0.7))
    assert np.abs(same.astype(int) - image).mean() < 1.5


def test_people_whom_somebody_coded_or_the_box_does_not_find_do_not_rest(faces, kit, bundle):
    units, hidden = np.zeros((3, 22), np.float32), np.zeros((3, 2), np.float32)
    coded = Codings(np.arange(3), np.full(3, "a"), units, hidden, np.zeros(3, bool))
    fewer = replace(faces.with_codings(coded), found=np.arange(PEOPLE) != 5)

    with pytest.raises(DataError, match=f"Only {PEOPLE - 4} faces are neutral .*--faces"):
        measure(fewer, kit, bundle, PEOPLE, 1)
    with pytest.raises(DataError, match="prepare them with --ferplus and --recrop"):
        measure(replace(faces, answers={}), kit, bundle, 1, 1)


def test_a_shape_that_the_model_lacks_is_named(faces, kit, bundle):
    shapes = {name: shape for name, shape in kit.shapes.items() if name != "mouthSmile_L"}

    with pytest.raises(DataError, match="lacks the shape 'mouthSmile_L'"):
        measure(faces, replace(kit, shapes=shapes), bundle, 1, 1)


def test_the_command_marks_what_is_helped(faces, bundle, tmp_path, monkeypatch, capsys):
    rows = [Helped("AU4", 1.25, 0.8, 0.85), Helped("AU12", 0.25, 0.9, 0.89), Helped("AU9", 0.0, None, None)]
    asked = []
    monkeypatch.setattr(rest, "load_facekit", lambda path: path)
    monkeypatch.setattr(rest, "measure", lambda *given: asked.append(given[2:]) or rows)
    save_faces(tmp_path / "data.npz", faces)
    argv = ["rest", "--ict", "FaceXModel", "--data", str(tmp_path / "data.npz"), "--bundle", str(bundle)]

    assert main([*argv, "--faces", "5", "--pictures", "2"]) == 0

    title, *lines = capsys.readouterr().out.splitlines()
    assert asked == [(bundle, 5, 2)] and "without rest" in title
    assert lines[0].split() == ["AU4", "1.25", "0.800", "0.850", "helps"]
    assert "helps" not in lines[1] and lines[2].split() == ["AU9", "0.00", "-", "-"]
