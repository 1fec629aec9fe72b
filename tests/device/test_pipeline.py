"""The stages together on a real face, of which a pretended network says what the test wants."""

import numpy as np
import pytest

from device.contract.labels import EMOTIONS, LOWER, UPPER, Reason
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.reader import Reading
from tests.people import actions

FPS = 25
RESTING = "neutral", {}
SMILING = "happiness", {"AU6": 3.0, "AU12": 3.0}
CRYING = "sadness", {"AU4": 3.0, "AU6": 3.0, "AU15": 3.0, "AU17": 2.0, "AU25": 2.0}


def reading(emotion, units, *hidden):
    return Reading(np.eye(8, dtype=np.float32)[EMOTIONS.index(emotion)], actions(units, hidden), hidden)


@pytest.fixture
def watch(models, portrait, monkeypatch):
    """Called with readings, one a frame: what the pipeline says of the portrait."""

    def observe(*readings):
        said = iter(readings)
        monkeypatch.setattr("device.pipeline.Eye", lambda models: lambda crop, at_side: next(said))
        pipeline = Pipeline(models, Settings())
        return [pipeline(Frame(portrait, index, index / FPS)) for index in range(len(readings))]

    return observe


@pytest.mark.parametrize(("before", "after"), [(RESTING, SMILING), (SMILING, CRYING), (CRYING, SMILING)])
def test_a_change_of_expression_is_no_contradiction_though_emotions_are_smoothed_longer(watch, before, after):
    seen = watch(*[reading(*before)] * 10, *[reading(*after)] * 20)
    assert not any(observation.disagree for observation in seen)


def test_a_crying_face_that_the_network_calls_happy_is_a_contradiction(watch):
    seen = watch(*[reading("happiness", CRYING[1])] * 3)
    assert all(next(iter(observation.expressions)) == "crying" and observation.disagree for observation in seen)


def test_a_face_at_peace_looks_neutral_and_does_not_move(watch):
    assert watch(reading(*RESTING))[0].expressions == {"peaceful": 1.0}
    assert watch(reading("sadness", {}))[0].expressions == {}


def test_a_hand_before_the_mouth_hides_its_units_while_it_is_there(watch):
    seen = watch(*[reading(*SMILING)] * 5, *[reading(*SMILING, LOWER)] * 5, *[reading(*SMILING)] * 5)
    assert [observation.hidden for observation in seen] == [()] * 5 + [(LOWER,)] * 5 + [()] * 5
    assert ["AU12" in observation.actions.known() for observation in seen] == [True] * 5 + [False] * 5 + [True] * 5
    assert all(observation.actions.of("AU6") == pytest.approx(3.0) for observation in seen)
    assert {next(iter(observation.expressions), "") for observation in seen[5:10]} == {""}
    assert all(observation.pain is None for observation in seen[5:10])


def test_eyes_that_are_hidden_are_not_known(watch):
    seen = watch(*[reading(*RESTING)] * 40, *[reading(*RESTING, UPPER)] * 2)
    assert seen[39].eyes.open == pytest.approx(1, abs=0.1)
    assert seen[40].eyes.open is None


def test_of_a_face_that_is_wholly_hidden_nothing_is_said(watch):
    seen = watch(reading(*RESTING), reading("sadness", {}, UPPER, LOWER), reading(*RESTING))
    assert [observation.reasons for observation in seen] == [(), (Reason.HIDDEN,), ()]
    assert not len(seen[1].emotions) and not seen[1].actions.known() and seen[1].measured is None


@pytest.mark.parametrize("unmeasured", ["hidden", "dark", "away"])
def test_nothing_is_carried_over_a_frame_that_was_not_measured(models, portrait, monkeypatch, unmeasured):
    """A blink under way is given up too, and what was smoothed begins anew."""
    hidden = reading("sadness", {}, UPPER, LOWER)
    shut = reading("happiness", {"AU12": 3.0, "AU43": 5.0})
    said = iter(
        [*[reading(*RESTING)] * 40, *[shut] * 4, *[hidden] * (unmeasured == "hidden"), *[reading(*RESTING)] * 9]
    )
    monkeypatch.setattr("device.pipeline.Eye", lambda models: lambda crop, at_side: next(said))
    pictures = {"hidden": portrait, "dark": (portrait * 0.05).astype(np.uint8), "away": np.full_like(portrait, 99)}
    pipeline, shown = Pipeline(models, Settings()), [*[portrait] * 44, pictures[unmeasured], *[portrait] * 9]

    seen = [pipeline(Frame(picture, index, index / FPS)) for index, picture in enumerate(shown)]

    before, between, after = seen[43], seen[44], seen[45]
    assert before.actions.of("AU12") > 2 and before.emotions[EMOTIONS.index("happiness")] > 0.3
    assert between.reasons and between.measured is None
    assert (after.actions.of("AU12"), after.emotions[EMOTIONS.index("neutral")]) == (0, 1)
    assert after.expressions == {"peaceful": 1.0}
    assert [observation.eyes.blink_s for observation in seen[45:]] == [None] * 9
