"""The face at rest: every safeguard that keeps an expression from becoming one, on people who do just that."""

import re

import numpy as np
import pytest
from device.stages.action_units import Actions, ActionUnitEstimator
from device.stages.features import FaceFeatures

from device.contract.labels import Tier
from device.stages.calm import CalmMeter, Measured, Unrest, blendshapes_of
from device.stages.neutral import CALIBRATED, Baseline, Neutral, NeutralSettings, at_rest, bounded, named
from device.stages.pose import Pose
from device.stages.quality import Quality
from tests.people import (
    ANATOMY,
    FPS,
    GOOD,
    POPULATION,
    RELAXED,
    SHAPES,
    STRAIGHT,
    blinking,
    doing,
    estimate,
    measured,
    place,
    relaxed,
    talking,
)

WARM_UP_S = 70.0


def baseline(calibrated=None, **settings):
    return Baseline(NeutralSettings(**settings), "stand-in", calibrated)


def watch(person, seconds=WARM_UP_S, kept=None, start_s=0.0):
    """A baseline that has watched a person; `person` gives the frame at a time, or None where none is measured."""
    kept = kept or baseline()
    for index in range(round(seconds * FPS)):
        seen = person(start_s + index / FPS)
        if seen is None:
            kept.reset()
        else:
            kept.watch(seen)
    return kept


def test_a_relaxed_face_is_adopted_after_the_stated_warm_up():
    settings = NeutralSettings()
    earliest_s = (settings.stretches - 1) * settings.apart_s + settings.stretch_s
    kept = watch(relaxed, earliest_s)
    assert (kept.of(1), kept.label(1)) == (None, "none")
    watch(relaxed, 3, kept, start_s=earliest_s)
    assert re.fullmatch(r"automatic:[0-9a-f]{8}", kept.label(1))
    assert kept.of(1).version == kept.label(1)
    assert kept.of(1).features[:3] == pytest.approx(ANATOMY, abs=0.01)
    assert kept.of(1).automatic


def test_it_comes_from_separate_stretches():
    kept = watch(lambda t: relaxed(t) if t % 60 < 8 else doing(jawOpen=0.3)(t), 240)
    assert kept.label(1) == "none"
    assert watch(lambda t: relaxed(t) if t % 30 < 8 else doing(jawOpen=0.3)(t), 240).of(1) is not None


def test_two_odd_stretches_of_six_do_not_move_it():
    kept = watch(lambda t: doing(browInnerUp=0.15)(t) if t < 14 else relaxed(t))
    assert kept.of(1).features[place("browInnerUp")] == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    "person",
    [
        doing(mouthSmileLeft=0.5, mouthSmileRight=0.5),
        doing(mouthSmileLeft=0.25, mouthSmileRight=0.25),
        lambda t: measured(t, emotions={"neutral": 0.3, "happiness": 0.6}),
        doing(browInnerUp=0.3),
        doing(browDownLeft=0.5),
        doing(mouthFrownLeft=0.5),
        *(
            lambda t, name=name: measured(t, emotions={"neutral": 0.4, name: 0.55})
            for name in ("sadness", "anger", "fear", "disgust", "contempt", "surprise")
        ),
    ],
)
def test_an_expression_that_lasts_ten_minutes_never_becomes_a_face_at_rest(person):
    kept = watch(person, 600)
    assert (kept.of(1), kept.label(1)) == (None, "none")


@pytest.mark.parametrize("shape", ["noseSneerLeft", "mouthSmileRight", "mouthUpperUpLeft", "mouthFunnel"])
def test_one_that_no_action_unit_shows_is_refused_and_reported_until_the_person_relaxes(shape):
    kept = watch(doing(**{shape: 0.35}))
    assert (kept.of(1), kept.label(1)) == (None, "refused")
    watch(relaxed, WARM_UP_S, kept, start_s=WARM_UP_S)
    assert kept.label(1).startswith("automatic:")


@pytest.mark.parametrize("strength", [0.5, 1.0, 1.5, 1.9])
@pytest.mark.parametrize("unit", ["AU4", "AU15"])
def test_a_brow_or_mouth_corner_that_is_always_lowered_stays_visible(unit, strength):
    flat = doing(**{SHAPES[unit]: strength / 5})
    kept = watch(flat)
    if kept.of(1) is None:  # beyond what is believed at all
        assert kept.label(1) == "refused"
        return
    raw, relative = (estimate(flat(200.0).features, neutral) for neutral in (None, kept.of(1)))
    left = bounded(raw, relative).both[unit]
    assert relative.both[unit] < 0.1
    assert left >= 0.25 * strength - 0.1
    assert left >= strength - 1.1


def test_an_automatic_baseline_moves_no_intensity_by_more_than_a_step_and_three_quarters_of_the_way():
    raw = Actions({"AU4": 3.0, "AU1": 0.0, "AU12": 0.4}, {"AU4": 2.0}, {"AU4": 4.0})
    relative = Actions({"AU4": 0.0, "AU1": 5.0, "AU12": 0.0}, {"AU4": 2.0}, {"AU4": 3.0})
    assert bounded(raw, relative) == Actions(
        {"AU4": 2.0, "AU1": 1.0, "AU12": pytest.approx(0.1)}, {"AU4": 2.0}, {"AU4": 3.25}
    )


def test_a_face_that_grows_flat_afterwards_does_not_change_it():
    kept = watch(relaxed)
    before = kept.of(1)
    watch(doing(browDownLeft=0.3), 2 * WARM_UP_S, kept, start_s=WARM_UP_S)
    assert kept.of(1) is before


def test_speech_is_no_rest():
    assert watch(talking, 300).of(1) is None


def test_who_blinks_too_often_has_none_and_who_blinks_seldom_one_with_open_eyes():
    assert watch(blinking(2.0), 300).of(1) is None
    neutral = watch(blinking(5.0), 120).of(1)
    assert neutral.features[place("eyeBlinkLeft")] == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    "person",
    [
        lambda t: measured(t, pose=Pose(20.0, 0.0, 0.0)),
        lambda t: measured(t, pose=Pose(10 * np.sin(4 * t), 0.0, 0.0)),
        lambda t: measured(t, quality=Quality(0.99, 120.0, 0.15, 0.5, ())),
        lambda t: measured(t, quality=Quality(0.8, 120.0, 0.4, 0.5, ())),
        lambda t: None if t % 2 < 0.15 else relaxed(t),
    ],
    ids=["turned", "nodding", "blurred", "doubtful", "often gated"],
)
def test_poor_frames_are_no_rest(person):
    assert watch(person, 200).of(1) is None


def test_a_new_track_inherits_nothing():
    kept = watch(relaxed)
    assert kept.of(1) is not None
    assert (kept.of(2), kept.label(2)) == (None, "none")
    watch(lambda t: measured(t, track=2), 5, kept, start_s=WARM_UP_S)
    assert (kept.of(1), kept.of(2)) == (None, None)


def test_a_refusal_is_not_told_of_another_track():
    kept = watch(doing(noseSneerLeft=0.35))
    assert (kept.label(1), kept.label(2)) == ("refused", "none")


def test_a_calibrated_face_is_used_and_nothing_is_collected():
    calibrated = named(POPULATION, CALIBRATED, "stand-in")
    kept = watch(relaxed, kept=baseline(calibrated))
    assert kept.of(1) is calibrated
    assert kept.of(7) is calibrated
    assert re.fullmatch(r"calibrated:[0-9a-f]{8}", kept.label(7))
    assert not calibrated.automatic


def test_collecting_can_be_switched_off():
    assert watch(relaxed, kept=baseline(automatic=False)).label(1) == "none"


def test_a_version_tells_faces_and_estimators_apart():
    other = POPULATION.copy()
    other[0] += 1e-3
    versions = {named(f, CALIBRATED, e).version for f in (POPULATION, other) for e in ("first-1", "second-1")}
    assert len(versions) == 4
    assert named(POPULATION, CALIBRATED, "first-1").version in versions


def test_what_anatomy_shifts_may_differ_more():
    def shifted(shape, by):
        face = POPULATION.copy()
        face[place(shape)] += by
        return at_rest(face)

    assert shifted("browDownLeft", 0.6)
    assert not shifted("browDownLeft", 0.8)
    assert not shifted("mouthSmileLeft", 0.4)
    assert shifted("eyeLookDownLeft", 0.9), "where somebody looks is no expression"


def unrest(person, seconds=2.0, max_emotion=0.5):
    """Why the last frame of a person's is not calm."""
    calm = CalmMeter({Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 2.0}, max_emotion)
    return [calm(person(index / FPS)) for index in range(round(seconds * FPS))][-1]


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (relaxed, None),
        (lambda t: measured(t, pose=Pose(0.0, 25.0, 0.0)), Unrest.TURNED),
        (lambda t: measured(t, quality=Quality(0.99, 99.0, 0.1, 0.5, ())), Unrest.PICTURE),
        (doing(mouthSmileLeft=0.4), Unrest.SMILE),
        (lambda t: measured(t, emotions={"happiness": 0.7}), Unrest.SMILE),
        (doing(browInnerUp=0.4), Unrest.EXPRESSION),
        (doing(jawOpen=0.4), Unrest.MOUTH),
        (doing(eyeBlinkLeft=0.6), Unrest.EYES),
        (lambda t: measured(t, {"jawOpen": 0.1} if t > 1.8 else {}), Unrest.MOUTH),
        (lambda t: measured(t, {"eyeBlinkRight": 0.4} if t > 1.8 else {}), Unrest.EYES),
        (lambda t: measured(t, {"browDownRight": 0.2} if t > 1.8 else {}), Unrest.EXPRESSION),
        (lambda t: measured(t, pose=Pose(8.0 if t > 1.8 else 0.0, 0.0, 0.0)), Unrest.MOVEMENT),
        (lambda t: measured(t, track=2 if t > 1.7 else 1), Unrest.SETTLING),
        (lambda t: measured(t, emotions={"anger": 0.8} if t < 1.7 else RELAXED), Unrest.SETTLING),
    ],
)
def test_unrest_is_named(person, why):
    assert unrest(person) is why


def test_one_side_is_enough():
    crooked = Measured(0.0, 1, POPULATION, Actions({"AU12": 0.8}, {"AU12": 1.6}, {}), {}, STRAIGHT, GOOD)
    assert CalmMeter({Tier.REPORTED: 1.0, Tier.LOW_CONFIDENCE: 2.0}, 0.5)(crooked) is Unrest.SMILE


def test_the_clips_smile_that_a_warp_closes_is_still_a_smile(models, clip_sights):
    features_of, estimate_units = FaceFeatures(models.landmarks.bundle), ActionUnitEstimator(models.action_units)

    def person(with_emotions):
        def at(time_s):
            sight = clip_sights[round(time_s * 25)]
            features = features_of(sight.face, sight.blendshapes)
            actions = estimate_units(features)
            emotions = sight.emotions if with_emotions else {}
            return Measured(sight.time_s, 1, features, actions, emotions, sight.pose, sight.quality)

        return at

    assert unrest(person(with_emotions=True), 1.8) is Unrest.SMILE
    assert unrest(person(with_emotions=False), 1.8) is None


def test_blendshapes_are_the_last_features():
    assert blendshapes_of(POPULATION).size == 52
    assert isinstance(named(POPULATION, CALIBRATED, "x"), Neutral)
