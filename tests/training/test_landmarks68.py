"""Measuring the 68 landmarks: on a model made of the digital face itself, which needs no download."""

import json

import numpy as np
import pytest

from cloud.face.mesh import load_face
from device.contract.errors import DataError
from training.cli import main
from training.face.bake.head import PIVOT
from training.face.heads import Heads
from training.face.landmarks68 import MIRRORED, Seen, by_region, chosen, landmark_vertices, look
from training.targets.points import point_set

NETWORK = "face-mesh-1.0.0"


@pytest.fixture
def heads():
    """The digital face as if it were ICT-FaceKit; its one identity is 4 % larger."""
    face = load_face()
    neutral = face.vertices + PIVOT
    still = {name: np.zeros_like(neutral) for name in ("mouthLowerDown", "mouthUpperUp")}
    first, number = face.parts["eyes"]
    eyes = np.arange(first, first + number)
    sides = {"M_ScleraRight": eyes[neutral[eyes, 0] < 0], "M_ScleraLeft": eyes[neutral[eyes, 0] > 0]}
    return Heads(neutral, still, 0.04 * face.vertices[None], {name: [tuple(own)] for name, own in sides.items()})


def test_the_box_finds_the_sixty_eight_of_a_painted_face(heads):
    seen = look(heads, point_set(68).vertices, NETWORK, 3, seed=0)

    assert (len(seen.points), seen.missed) == (3, 0)
    assert list(seen.turned) == [False, True, False]
    assert np.linalg.norm(seen.truth[:, 36] - seen.truth[:, 45], axis=1) == pytest.approx(1)
    errors = by_region(seen.errors())
    assert errors["all 68"] < 0.035
    assert errors["all 68"] < by_region(seen.errors(usual=True))["all 68"]
    assert set(errors) >= {"jaw", "brow", "nose", "eye", "mouth"}


def test_the_map_that_is_chosen_is_the_one_that_the_truth_was_made_of():
    rng = np.random.default_rng(0)
    half = rng.normal(0, 4, (80, 3)) * (1, 1, 0.3)
    half[:, 0] = np.abs(half[:, 0]) + 0.3
    middle = rng.normal(0, 3, (20, 3)) * (0, 1, 1)
    canonical = np.concatenate([half, half * (-1, 1, 1), middle])
    planted = {at: int(point) for at, point in zip([n for n in range(68) if n < MIRRORED[n]], range(80), strict=False)}
    planted |= {MIRRORED[at]: point + 80 for at, point in planted.items()}
    planted |= {at: 160 + n for n, at in enumerate(n for n in range(68) if n == MIRRORED[n])}
    points = canonical[None, :, :2] + rng.normal(0, 0.2, (12, len(canonical), 2))
    truth = points[:, [planted[at] for at in range(68)]]

    found = chosen([Seen(points, truth, np.zeros(12, bool))], canonical)

    assert [place[0][0] for place in found] == [planted[at] for at in range(68)]
    assert {len(place) for place in found} == {1}
    assert [MIRRORED[other] for other in MIRRORED] == list(range(68))


def test_landmarks_are_read_from_a_folder_and_refused_where_there_are_none(tmp_path, capsys):
    path = tmp_path / "FaceXModel" / "vertex_indices.json"
    with pytest.raises(DataError, match="no vertex_indices"):
        landmark_vertices(tmp_path)
    path.parent.mkdir()
    path.write_text(json.dumps({"idx_to_landmark_verts": list(range(68))}))
    assert list(landmark_vertices(tmp_path)) == list(range(68))
    path.write_text(json.dumps({"idx_to_landmark_verts": [1, 2]}))
    with pytest.raises(DataError, match="2 landmarks, not 68"):
        landmark_vertices(tmp_path)
    assert main(["face", "landmarks", "--ict", str(tmp_path), "--faces", "3"]) == 11
    assert "40 or more" in capsys.readouterr().err
