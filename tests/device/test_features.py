"""Features: a face's regions on the canonical face, whatever its size, place and pose, each side by itself."""

import json

import numpy as np
import pytest

from device.contract.labels import BLENDSHAPES
from device.stages.features import GEOMETRIC, MIDLINE, NAMES, PAIRED, FaceFeatures
from device.stages.geometry import Box
from device.stages.landmarks import Face
from device.stages.pose import PoseEstimator

NO_BLENDSHAPES = dict.fromkeys(BLENDSHAPES, 0.0)


@pytest.fixture(scope="module")
def features(models):
    return FaceFeatures(models.landmarks.bundle)


@pytest.fixture(scope="module")
def canonical(models):
    """The canonical mesh in the picture's axes, centimetres (468, 3)."""
    mesh = json.loads(models.landmarks.bundle.contents["canonical_face.json"])
    return (np.array(mesh["points"]) * [1, -1, -1]).astype(np.float32)


def seen(points):
    return Face(points.astype(np.float32), 1.0, Box.around(points))


def named(vector):
    return dict(zip(NAMES, vector, strict=True))


def moved(points, indices, dx=0.0, dy=0.0):
    changed = points.copy()
    changed[list(indices)] += [dx, dy, 0]
    return changed


def test_the_layout_is_the_documented_one(features, canonical):
    vector = features(seen(canonical), NO_BLENDSHAPES)
    assert vector.shape == (len(NAMES),) and vector.dtype == np.float32
    assert len(NAMES) == 4 * len(PAIRED) + len(MIDLINE) + len(BLENDSHAPES)
    assert NAMES[:4] == ("inner_brow.right.x", "inner_brow.right.y", "inner_brow.left.x", "inner_brow.left.y")
    assert NAMES[GEOMETRIC:] == BLENDSHAPES


def test_the_canonical_face_keeps_its_centimetres(features, canonical):
    found = named(features(seen(canonical), NO_BLENDSHAPES))
    right, left = PAIRED["lip_corner"]
    assert found["lip_corner.right.x"] == pytest.approx(canonical[list(right), 0].mean(), abs=1e-4)
    assert found["lip_corner.left.y"] == pytest.approx(canonical[list(left), 1].mean(), abs=1e-4)
    assert found["chin.y"] == pytest.approx(canonical[list(MIDLINE["chin"]), 1].mean(), abs=1e-4)


def test_right_is_the_persons_right_on_the_left_of_the_picture(features, canonical):
    found = named(features(seen(canonical), NO_BLENDSHAPES))
    assert found["lip_corner.right.x"] < 0 < found["lip_corner.left.x"]
    assert found["inner_brow.left.y"] < found["chin.y"], "y grows downwards"


def test_neither_size_place_nor_pose_changes_them(features, canonical):
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    tilt = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    elsewhere = canonical @ (tilt @ turn).T * 9 + [320, 240, 5]
    assert features.geometry(elsewhere.astype(np.float32)) == pytest.approx(features.geometry(canonical), abs=1e-3)


def test_a_side_that_moves_is_seen_on_that_side_alone(features, canonical):
    before = features.geometry(canonical)
    after = features.geometry(moved(canonical, PAIRED["lip_corner"][1], dy=-0.5))
    change = dict(zip(NAMES[:GEOMETRIC], after - before, strict=True))
    assert change["lip_corner.left.y"] == pytest.approx(-0.5, abs=1e-3)
    assert change["lip_corner.right.y"] == pytest.approx(0, abs=1e-3)
    assert change["jaw.left.y"] == pytest.approx(0, abs=1e-3)


def test_an_open_jaw_does_not_move_the_brows(models, features, canonical):
    """Only points that hardly move with expressions say where the head is."""
    lower = np.flatnonzero(canonical[:, 1] > canonical[14, 1])
    resting = [point for point in lower if point not in PoseEstimator(models.landmarks.bundle)._indices]
    before, after = features.geometry(canonical), features.geometry(moved(canonical, resting, dy=1.5))
    change = dict(zip(NAMES[:GEOMETRIC], after - before, strict=True))
    assert change["chin.y"] == pytest.approx(1.5, abs=0.05)
    assert abs(change["inner_brow.left.y"]) < 0.05


def test_blendshapes_pass_unchanged_in_their_order(features, canonical):
    blendshapes = {name: number / 100 for number, name in enumerate(reversed(BLENDSHAPES))}
    vector = features(seen(canonical), blendshapes)
    assert named(vector)["jawOpen"] == pytest.approx(blendshapes["jawOpen"])
    assert vector[GEOMETRIC:] == pytest.approx([blendshapes[name] for name in BLENDSHAPES])


def test_the_portraits_mouth_is_below_its_nose(features, face):
    found = named(features(face, NO_BLENDSHAPES))
    assert found["inner_brow.left.y"] < found["nose_tip.y"] < found["upper_lip_edge.y"] < found["chin.y"]
