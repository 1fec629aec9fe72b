"""Turns of the head and light go out of an embedding, and what the face does stays."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.personal.turns import level

COUNT, SIZE = 2000, 32
LEARNT = np.arange(COUNT) % 400 < 300


@pytest.fixture
def told() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Poses, light, and how much the face moves, in four ways of its own."""
    rng = np.random.default_rng(0)
    pose = rng.normal(0, (12, 8, 4), (COUNT, 3))
    return pose, rng.uniform(0.3, 0.6, COUNT), rng.gamma(1, 1, (COUNT, 4))


def embedded(
    pose: NDArray[np.float64], light: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Embeddings in which turns are ten times what the face does, and the directions of the latter."""
    rng = np.random.default_rng(1)
    turned, own = rng.normal(size=(5, SIZE)), rng.normal(size=(4, SIZE))
    yaw, pitch, roll = pose.T
    told = np.stack([yaw / 12, pitch / 8, roll / 4, (yaw / 12) ** 2, 10 * light], axis=1)
    return 10 * told @ turned + moved @ own + rng.normal(0, 0.01, (COUNT, SIZE)), own


def test_what_goes_with_turns_and_light_goes_and_what_the_face_does_stays(
    told: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    pose, light, moved = told
    embeddings, own = embedded(pose, light, moved)
    projection = level(embeddings, pose, light, LEARNT)
    left = (embeddings @ projection)[~LEARNT]
    turns = np.c_[pose, pose[:, 0] ** 2, light][~LEARNT]
    assert np.abs(np.corrcoef(left.T, turns.T)[:SIZE, SIZE:]).max() < 0.2
    again = moved[~LEARNT] @ own @ projection
    assert ((left - left.mean(0) - (again - again.mean(0))) ** 2).sum() < 0.01 * ((again - again.mean(0)) ** 2).sum()
    assert np.linalg.matrix_rank(projection) == SIZE - 7


def test_it_is_learnt_from_learnt_faces_alone(
    told: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    pose, light, moved = told
    embeddings, _ = embedded(pose, light, moved)
    other = np.where(LEARNT[:, None], pose, np.nan)
    assert np.array_equal(level(embeddings, pose, light, LEARNT), level(embeddings, other, light, LEARNT))


def test_where_turns_are_not_known_or_little_would_be_left_nothing_is_taken_out(
    told: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    pose, light, moved = told
    embeddings, _ = embedded(pose, light, moved)
    unknown = pose.copy()
    unknown[0] = np.nan
    for known in (unknown, pose[:0]):
        assert np.array_equal(level(embeddings, known, light, LEARNT), np.eye(SIZE))
    assert np.array_equal(level(embeddings[:, :13], pose, light, LEARNT), np.eye(13))


def test_a_head_that_never_turns_takes_nothing_but_light(
    told: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    _, light, moved = told
    still = np.zeros((COUNT, 3))
    embeddings, _ = embedded(still, light, moved)
    assert np.linalg.matrix_rank(level(embeddings, still, light, LEARNT)) == SIZE - 1
