"""The key points of the standard face, and how far action units and landmarks move them."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from device.contract.errors import ConfigError, DataError
from device.contract.landmarks import SIXTY_EIGHT
from device.stages.landmarks import sixty_eight
from training.targets.displacement import implied, lengths, measured, rest_of
from training.targets.points import REGIONS, point_set


@pytest.mark.parametrize("count", [68, 478])
def test_points_lie_where_their_names_say_and_mirror_each_other(count):
    points = point_set(count)
    right = np.array(["right" in region for region in points.regions])
    left = np.array(["left" in region for region in points.regions])

    assert len(set(points.names)) == points.count == count
    assert (points.x[right] < 0).all()
    assert (points.x[left] > 0).all()
    assert right.sum() == left.sum() > 0
    assert set(points.regions) <= set(REGIONS)
    mirrored = points.xyz * (-1, 1, 1)
    nearest = np.linalg.norm(mirrored[:, None] - points.xyz[None], axis=2).min(1)
    assert nearest.max() < 0.02
    assert points.y[points.within("mouth")].min() > points.y[points.within("right eye", "left eye")].max()
    assert points.y[points.within("right brow", "left brow")].max() < 0


@pytest.mark.parametrize("count", [68, 478])
def test_every_point_can_be_reached_over_near_neighbours(count):
    points = point_set(count)
    near = points.adjacency()

    assert connected_components(near)[0] == 1
    assert (near != near.T).nnz == 0
    assert near.diagonal().sum() == 0
    assert 4 < near.sum() / count < 9
    assert np.linalg.norm(points.xyz[points.edges[:, 0], :2] - points.xyz[points.edges[:, 1], :2], axis=1).max() < 0.6


def test_a_set_or_a_region_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="There are no 70 points"):
        point_set(70)
    with pytest.raises(ConfigError, match="no region 'elbow'"):
        point_set(68).within("elbow")


def test_the_sixty_eight_are_means_of_mediapipe_s_points_on_the_standard_face():
    found = sixty_eight(point_set(478).xyz.astype(np.float32))
    apart = np.linalg.norm(found[:, :2] - point_set(68).xyz[:, :2], axis=1)

    assert all(sum(share for _, share in place) == pytest.approx(1) for place in SIXTY_EIGHT)
    assert apart.mean() < 0.05
    assert apart.max() < 0.13
    assert np.linalg.norm(found[:17] * (-1, 1, 1) - found[16::-1], axis=1).max() < 0.02, "the same on both sides"
    assert sixty_eight(np.zeros((5, 468, 2), np.float32)).shape == (5, 68, 2)


def test_a_smile_moves_the_corners_of_the_mouth_up_and_out_and_the_brows_not_at_all():
    points = point_set(68)
    moved = implied({"AU12": np.array([0.0, 2.5, 5.0])})
    left = points.names.index("left mouth corner")

    assert not moved[0].any()
    assert moved[2] == pytest.approx(2 * moved[1])
    assert moved[2, left, 0] > 0.03
    assert moved[2, left, 1] < -0.03
    assert not moved[:, points.within("right brow", "left brow")].any()
    one = implied({"AU12": np.array([5.0]), "AU12_R": np.array([0.0])})
    assert lengths(one)[0, left] > 5 * lengths(one)[0, points.names.index("right mouth corner")]


def test_what_was_not_measured_of_a_unit_is_not_known_of_the_points_that_it_moves():
    points = point_set(68)
    moved = implied({"AU12": np.array([np.nan, 1.0]), "AU1": np.array([3.0, 3.0])})

    unknown = np.isnan(moved[0]).any(1)
    assert unknown[points.names.index("left mouth corner")]
    assert not unknown[points.within("left brow")].any()
    assert not np.isnan(moved[1]).any()


@pytest.mark.parametrize(
    ("units", "said"),
    [({"AU99": [1.0]}, "no action unit 'AU99'"), ({}, "none"), ({"AU1": [1], "AU2": [1, 2]}, "different")],
)
def test_units_that_cannot_be_drawn_are_refused(units, said):
    with pytest.raises(DataError, match=said):
        implied(units)


def posed(faces, rng):
    """Faces in a picture: turned, tilted, nearer or farther; pixels, z smaller nearer."""
    found = []
    for face in faces:
        turn, _ = np.linalg.qr(np.eye(3) + 0.2 * rng.standard_normal((3, 3)))
        turn *= np.sign(np.diag(turn))
        assert np.linalg.det(turn) > 0
        found.append(rng.uniform(80, 160) * (face * (1, 1, -1)) @ turn + rng.uniform(100, 400, 3))
    return np.array(found)


@pytest.mark.parametrize("count", [68, 478])
def test_movement_is_told_from_what_the_head_did(count):
    rng = np.random.default_rng(1)
    points = point_set(count)
    planted = implied({"AU12": np.linspace(0, 5, 12)}, count)
    film = posed(points.xyz + planted, rng)
    rest = 100 * points.xyz * (1, 1, -1)

    found = measured(film, rest)

    assert found == pytest.approx(planted, abs=0.02)
    assert rest_of(posed(np.repeat(points.xyz[None], 9, 0), rng)).shape == (count, 3)


def test_a_moment_without_a_face_stays_unknown_and_a_rest_without_one_is_refused():
    points = point_set(68)
    film = np.stack([points.xyz, np.full((68, 3), np.nan)])

    found = measured(film, points.xyz)
    assert np.isnan(found[1]).all()
    assert not np.isnan(found[0]).any()
    with pytest.raises(DataError, match="No face was found"):
        rest_of(film[1:])
    with pytest.raises(DataError, match="not whole"):
        measured(film, film[1])
    with pytest.raises(DataError, match="68 or 478"):
        measured(film[:, :5], points.xyz[:5])
