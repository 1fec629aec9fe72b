"""Turns of the head and light go out of an embedding, and what the face does stays."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from training.personal.turns import level

COUNT, SIZE, VALUES = 2000, 32, 7
Floats = NDArray[np.float64]


class Told(NamedTuple):
    """What `level` is given, and the directions (4, D) in which four ways to move are seen, of which it is told."""

    embeddings: Floats
    pose: Floats
    light: Floats
    units: Floats
    own: Floats


def told(turning: float = 1.0, together: float = 0.0) -> Told:
    """Embeddings in which turns count ten times as much as what the face does; `together`: how far that goes with a
    turn to the left."""
    rng = np.random.default_rng(0)
    pose, light = turning * rng.normal(0, (12, 8, 4), (COUNT, 3)), rng.uniform(0.3, 0.6, COUNT)
    units = rng.gamma(1, 1, (COUNT, 4)) + together * pose[:, :1]
    turned, own = rng.normal(size=(5, SIZE)), rng.normal(size=(4, SIZE))
    yaw, pitch, roll = pose.T
    seen = np.stack([yaw / 12, pitch / 8, roll / 4, (yaw / 12) ** 2, 10 * light], axis=1)
    return Told(10 * seen @ turned + units @ own + rng.normal(0, 0.01, (COUNT, SIZE)), pose, light, units, own)


@pytest.mark.parametrize("together", [0.0, 0.2])
def test_turns_and_light_go_and_what_the_face_does_stays(together: float) -> None:
    """Also where the face moves as it turns."""
    of = told(together=together)
    still = level(*of[:4])
    left, moved = (of.embeddings @ still), of.units @ of.own @ still
    left, moved = left - left.mean(axis=0), moved - moved.mean(axis=0)
    assert np.square(left - moved).sum() < 0.01 * np.square(moved).sum()
    whole = of.units @ of.own
    assert np.square(moved).sum() > 0.4 * np.square(whole - whole.mean(axis=0)).sum()
    assert np.linalg.matrix_rank(still) == SIZE - VALUES


def test_where_turns_are_not_known_or_little_would_be_left_nothing_is_taken_out() -> None:
    embeddings, pose, light, units, _ = told()
    unknown = pose.copy()
    unknown[0] = np.nan
    assert np.array_equal(level(embeddings, unknown, light, units), np.eye(SIZE))
    assert np.array_equal(level(embeddings[:, :13], pose, light, units), np.eye(13))


def test_a_head_that_never_turns_takes_nothing_but_light() -> None:
    assert np.linalg.matrix_rank(level(*told(turning=0.0)[:4])) == SIZE - 1


def test_units_that_could_not_be_read_count_as_none() -> None:
    embeddings, pose, light, units, _ = told()
    unread = np.where(units > 4, np.nan, units)
    assert np.array_equal(
        level(embeddings, pose, light, unread), level(embeddings, pose, light, np.nan_to_num(unread))
    )
