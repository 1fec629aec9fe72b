"""What a box compares a person with: usual is 1, movements are those that were made, and too little is refused."""

from dataclasses import replace

import numpy as np
import pytest

from device.contract.evidence import Interval
from device.contract.personal_file import PersonalFile
from device.stages.personal import Usual
from tests.training.personal.moving import PLANTED, moving
from training.personal.evaluation import Measured, PersonFound
from training.personal.refusal import reasons
from training.personal.usual import OnHeldOut, Seen, usual_of

SURE = Interval(0.8, 0.75, 0.85)
BOX = OnHeldOut(Interval(1.1, 0.9, 1.3), SURE, SURE, SURE, 0)
ARM = Measured("psm", "", False, 30, None, {}, SURE, SURE)
FOUND = PersonFound("p-0007", "", 2, 3000, 2200, 800, 220.0, 80.0, "box", {}, (ARM,), ())


@pytest.fixture(scope="module")
def seen() -> Seen:
    of = moving(7, seconds=480, drift=0.05)
    read = of.units + np.random.default_rng(0).normal(0, 0.2, of.units.shape).astype(np.float32)
    light = np.linspace(0.3, 0.6, len(of.blocks))
    unknown = np.full((len(light), 3), np.nan, np.float32)
    return Seen("p-0007", of.embeddings, light, read, of.blocks, of.parts.learnt, of.parts.held_out, unknown)


@pytest.fixture(scope="module")
def usual(seen: Seen) -> tuple[PersonalFile, OnHeldOut]:
    return usual_of(seen, seed=0, draws=3)


def test_a_box_takes_it_and_what_was_learnt_from_is_as_far_as_usual(
    seen: Seen, usual: tuple[PersonalFile, OnHeldOut]
) -> None:
    file, on_held_out = usual
    read = PersonalFile.read(file.to_bytes(), "own-1.0.0")
    assert read.person == "p-0007"
    box = Usual(read)
    learnt = box.distances(box.places(seen.embeddings[seen.learnt]))
    assert learnt.mean() == pytest.approx(1, abs=0.01)  # what is said of a session is a mean
    held_out = box.distances(box.places(seen.embeddings[seen.held_out]))
    assert on_held_out.distance.value == pytest.approx(held_out.mean(), abs=1e-4)
    assert file.quantiles[10] == pytest.approx(np.median(held_out), abs=1e-3)


def test_the_box_tells_the_movements_that_were_made(seen: Seen, usual: tuple[PersonalFile, OnHeldOut]) -> None:
    file, on_held_out = usual
    assert {frozenset(one.units) for one in file.movements} == {frozenset(one) for one in PLANTED}
    assert on_held_out.same.value > 0.7
    assert 0.1 < on_held_out.share.value < 0.6
    box, truth = Usual(file), moving(7, seconds=480, drift=0.05).movements
    nearest = box.nearest(box.places(seen.embeddings))
    for number, one in enumerate(file.movements, start=1):
        made = PLANTED.index(next(units for units in PLANTED if units.keys() == one.units.keys())) + 1
        assert (truth[nearest == number] == made).mean() > 0.9


def test_light_that_was_never_seen_is_outside(usual: tuple[PersonalFile, OnHeldOut]) -> None:
    low, high = usual[0].light
    assert 0.29 < low < 0.31
    assert 0.59 < high < 0.61


def test_a_face_that_moves_otherwise_is_farther(seen: Seen, usual: tuple[PersonalFile, OnHeldOut]) -> None:
    box = Usual(usual[0])
    other = box.distances(box.places(moving(8, seconds=480).embeddings))
    assert np.median(other) > usual[1].distance.high


def test_enough_is_supported() -> None:
    assert reasons(FOUND, ARM, BOX, ARM.epochs) == ()


@pytest.mark.parametrize(
    ("found", "arm", "box", "says"),
    [
        (replace(FOUND, recordings=1), ARM, BOX, "from one recording"),
        (replace(FOUND, learnt_s=22.0), ARM, BOX, "from 22 s of the face"),
        (replace(FOUND, held_out_s=8.0), ARM, BOX, "on 8 s that were held out"),
        (FOUND, ARM, replace(BOX, distance=Interval(1.4, 1.2, 1.7)), "looks unusual"),
        (FOUND, ARM, replace(BOX, distance=Interval(float("nan"), float("nan"), float("nan"))), "looks unusual"),
        (FOUND, replace(ARM, auc=Interval(0.6, 0.49, 0.7)), BOX, "too little of the action units"),
        (FOUND, replace(ARM, epochs=ARM.epochs - 1), BOX, "Its training was stopped after"),
    ],
)
def test_what_does_not_carry_a_bundle_is_said(found: PersonFound, arm: Measured, box: OnHeldOut, says: str) -> None:
    (reason,) = reasons(found, arm, box, ARM.epochs)
    assert says in reason


def test_turns_of_the_head_are_taken_out_where_they_are_known(seen: Seen) -> None:
    """The face network reads other units in a turned face, and so leads to axes on which turns are seen."""
    rng, count = np.random.default_rng(3), len(seen.blocks)
    pose = np.cumsum(rng.normal(0, 1, (count, 3)), axis=0)
    pose = 12 * (pose - pose.mean(axis=0)) / pose.std(axis=0)
    embeddings = np.concatenate([seen.embeddings, rng.normal(0, 0.05, (count, 24))], axis=1)
    embeddings += 0.1 * pose @ rng.normal(0, 1, (3, embeddings.shape[1]))
    misread = seen.units + 0.1 * pose[:, :1]
    turns, apart = np.hypot(pose[:, 0], pose[:, 1])[seen.held_out], []
    for known in (pose, np.full_like(pose, np.nan)):
        of = replace(
            seen,
            embeddings=embeddings.astype(np.float32),
            units=misread.astype(np.float32),
            pose=known.astype(np.float32),
        )
        box = Usual(usual_of(of, seed=0, draws=1)[0])
        distances = box.distances(box.places(of.embeddings[of.held_out]))
        apart.append(abs(np.corrcoef(distances, turns)[0, 1]))
    assert apart[0] < 0.2 and apart[1] > 0.4
