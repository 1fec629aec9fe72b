"""Clusters of a person's movements are those that were planted, and say how sure they are."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract.labels import ACTION_UNIT_KEYS
from tests.training.personal.moving import PLANTED, Moving, moving
from training.personal.blocks import Parts
from training.personal.movements import MovementsFound, found, named
from training.personal.novelty import KNOWN_FROM, known_movements, nearest
from training.personal.stability import agreement, over_blocks


def find(of: Moving, draws: int = 2) -> MovementsFound:
    read = of.units + np.random.default_rng(0).normal(0, 0.2, of.units.shape)
    return found(of.embeddings, of.units, of.movements, of.blocks, of.parts, seed=1, draws=draws, guide=read)


@pytest.fixture(scope="module")
def anna() -> MovementsFound:
    return find(moving(7))


def test_the_planted_movements_are_found_and_no_others(anna: MovementsFound) -> None:
    assert {frozenset(one.units) for one in anna.movements} == {frozenset(one) for one in PLANTED}
    assert anna.truth is not None
    assert anna.truth.planted == 3
    assert anna.truth.learnt.value > 0.9
    assert anna.truth.held_out.value > 0.8
    assert anna.truth.held_out.low <= anna.truth.held_out.value <= anna.truth.held_out.high
    assert 0.5 < anna.truth.covered <= 1


def test_a_movement_is_told_by_what_moves_beyond_rest_the_strongest_first(anna: MovementsFound) -> None:
    (smile,) = [one for one in anna.movements if "AU12" in one.units]
    assert list(smile.units) == ["AU12", "AU6"]
    assert smile.units["AU12"] == pytest.approx(2.75, abs=0.25)
    assert 0 < smile.share == smile.faces / anna.faces < 0.5


def test_a_smile_is_known_and_what_nobody_has_written_down_is_novel(anna: MovementsFound) -> None:
    novel = {frozenset(one.units): one.novel for one in anna.movements}
    assert novel == {frozenset(units): at > 0 for at, units in enumerate(PLANTED)}
    (smile,) = [one for one in anna.movements if not one.novel]
    assert smile.known == "AU6+AU12"


def test_they_are_found_again_when_other_stretches_of_time_were_seen(anna: MovementsFound) -> None:
    assert anna.rand.low > 0.8
    assert all(one.stable > 0.75 for one in anna.movements)
    assert anna.held_out is not None
    assert anna.held_out > 0.7


def test_what_is_next_to_learnt_time_is_neither_learnt_from_nor_held_out(anna: MovementsFound) -> None:
    of = moving(7)
    beside = np.isin(of.blocks, (1, 5, 9, 13))
    parts = Parts(of.parts.learnt & ~beside, of.parts.held_out)
    wrong = np.where(beside, 1, of.movements)  # whoever counted them would find the planted ones badly
    told = [find(replace(of, parts=parts, movements=movements)).truth for movements in (of.movements, wrong)]
    assert told[0] is not None
    assert told[1] is not None
    assert (told[0].learnt, told[0].held_out) == (told[1].learnt, told[1].held_out)
    assert told[0].whole > told[1].whole


def test_a_face_that_only_trembles_has_no_movements_that_last() -> None:
    still = moving(4, drift=0.0)
    rng = np.random.default_rng(0)
    shape = still.embeddings.shape
    of = replace(still, embeddings=rng.normal(0, 1, shape).astype(np.float32), movements=np.full(shape[0], -1))
    nothing = find(of)
    assert nothing.truth is None
    assert not [one for one in nothing.movements if one.stable > 0.75]


def test_a_face_that_is_always_the_same_has_none() -> None:
    still = moving(4)
    nothing = find(replace(still, embeddings=np.zeros_like(still.embeddings)))
    assert nothing.movements == ()
    assert nothing.active == 0
    assert nothing.held_out is None
    assert np.isnan(nothing.rand.value)


def test_without_units_nothing_is_called_novel_and_movements_are_found_all_the_same() -> None:
    of = moving(7)
    unknown = np.full_like(of.units, np.nan)
    alone = found(of.embeddings, unknown, of.movements, of.blocks, of.parts, seed=1, draws=2)
    assert alone.truth is not None
    assert alone.truth.learnt.value > 0.8
    for one in alone.movements:
        assert (one.units, one.known, one.novel) == ({}, "", False)


def test_two_models_that_see_the_same_agree_and_one_that_sees_something_else_does_not() -> None:
    of, other = moving(3), moving(5)
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    same = agreement(of.embeddings, of.embeddings @ turned * 3, of.blocks, of.parts, seed=0)
    different = agreement(of.embeddings, other.embeddings, of.blocks, of.parts, seed=0)
    assert same.value > 0.9
    assert different.value < 0.4


def test_the_order_of_what_is_drawn_is_that_of_the_seed() -> None:
    assert find(moving(7)) == find(moving(7))


@pytest.mark.parametrize(
    ("units", "name", "known"),
    [
        ({"AU12": 3.5, "AU6": 1.5}, "AU6+AU12", True),
        ({"AU4": 2.0}, "AU4", True),
        ({"AU1": 2.0, "AU2": 2.0, "AU26": 2.0}, "AU1+AU2+AU26", True),
        ({"AU2": 3.0, "AU18": 2.0, "AU28": 2.0}, None, False),
        ({}, "", False),
    ],
)
def test_known_movements_are_named(units: dict[str, float], name: str | None, known: bool) -> None:
    found_name, score = nearest(np.array([units.get(key, 0.0) for key in ACTION_UNIT_KEYS]))
    assert name in (None, found_name)
    assert (score > KNOWN_FROM) == known


def test_no_known_movement_bears_the_name_of_a_feeling() -> None:
    names, _ = known_movements()
    assert {part for name in names for part in name.split("+")} == {*ACTION_UNIT_KEYS}


def test_the_same_movement_stronger_is_the_same() -> None:
    profile = np.array([{"AU1": 1.0, "AU4": 2.0}.get(key, 0.0) for key in ACTION_UNIT_KEYS])
    (name, score), (same_name, same_score) = nearest(profile), nearest(2 * profile)
    assert (same_name, same_score) == (name, pytest.approx(score))


def test_no_more_units_are_named_than_a_record_holds_and_none_that_hardly_moves() -> None:
    profile = np.linspace(0.1, 2.2, len(ACTION_UNIT_KEYS))
    profile[-1] = np.nan
    assert [*named(profile)] == [*reversed(ACTION_UNIT_KEYS[-7:-1])]
    assert named(np.full(len(ACTION_UNIT_KEYS), 0.2)) == {}


def test_an_interval_is_over_whole_blocks() -> None:
    """Faces of one block are no evidence of their own: however many there are, two blocks are two."""
    values = np.repeat([0.0, 1.0], 1000)
    found_interval = over_blocks(lambda rows: float(values[rows].mean()), np.repeat([0, 1], 1000), seed=0)
    assert (found_interval.low, found_interval.value, found_interval.high) == (0.0, 0.5, 1.0)
