"""Features: right where they can be reckoned by hand, the same at every frame rate, and NaN where not measured."""

import numpy as np
import pytest

from device.contract.features import FEATURES, NAMES
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS, SIDED_KEYS
from device.contract.session import Consent
from device.features.features import features_of
from device.features.gatherer import Gatherer
from device.features.series import PATHS, Series
from device.recorder import not_covered
from tests.behaviour import behaviour, watched


def features(records):
    gatherer = Gatherer()
    for record in records:
        gatherer.add(record)
    return dict(zip(NAMES, features_of(gatherer.series()), strict=True))


def of(times, measured=None, **columns):
    """Features of columns, `aus_AU12` for `aus.AU12`."""
    given = {
        name.replace("_", "."): np.broadcast_to(np.array(values, float), times.shape)
        for name, values in columns.items()
    }
    assert given.keys() <= set(PATHS)
    series = Series.of_columns(times, np.ones(len(times), bool) if measured is None else measured, given)
    return dict(zip(NAMES, features_of(series), strict=True))


def every(seconds, rate=10.0):
    return np.arange(round(seconds * rate)) / rate


def test_there_are_155_and_each_says_its_unit():
    assert len(NAMES) == len(set(NAMES)) == 22 * 6 + 13 + 2 + 1 + 2 + 5
    assert all(feature.unit and feature.meaning for feature in FEATURES)


def test_the_same_behaviour_comes_to_the_same_numbers_at_5_and_at_20_frames_a_second():
    seen = behaviour(300, seed=3)
    slow, fast = features(watched(seen, 5)), features(watched(seen, 20, seed=2))
    uneven = watched(seen, 20, seed=4)
    for index in range(0, len(uneven), 400):  # for ten seconds of every twenty, only every fourth frame was looked at
        uneven[index : index + 200] = uneven[index : index + 200 : 4] + [None] * 150
    paced = features([record for record in uneven if record])
    for other in (slow, paced):
        for kind, close in (
            ("mean", 0.02),
            ("sd", 0.02),
            ("p95", 0.06),
            ("episodes", 0.05),
            ("duration", 0.06),
            ("onset", 0.15),
        ):
            ratios = [other[f"aus.{key}.{kind}"] / fast[f"aus.{key}.{kind}"] for key in ACTION_UNIT_KEYS]
            assert ratios == pytest.approx([1.0] * 22, abs=3 * close), kind
            assert np.mean(ratios) == pytest.approx(1.0, abs=close), kind
        for name in ("head.speed", "emotions.entropy", "emotions.transitions"):
            assert other[name] == pytest.approx(fast[name], rel=0.1), name
        assert other["eyes.perclos"] == pytest.approx(0.05, abs=0.012)
        for scale in range(1, 6):
            assert other[f"movement.entropy.{scale}"] == pytest.approx(fast[f"movement.entropy.{scale}"], rel=0.15)
    assert fast["eyes.blinks"] == pytest.approx(15, abs=0.5)
    assert paced["eyes.blinks"] == pytest.approx(15, rel=0.2)
    assert np.isnan(slow["eyes.blinks"]), "blinks cannot be told at five frames a second"


def test_intensities_and_episodes_as_reckoned_by_hand():
    times = every(120)
    values = np.zeros(len(times))
    for begin in (10, 40, 70, 100):  # a smile of a second's rise, two seconds' stay and a second's fall
        values += np.interp(times, [begin, begin + 1, begin + 3, begin + 4], [0, 3, 3, 0], 0, 0)
    found = of(times, aus_AU12=values)
    assert found["aus.AU12.mean"] == pytest.approx(4 * 9 / 120, abs=0.01)
    assert found["aus.AU12.p95"] == pytest.approx(np.percentile(values, 95), abs=0.15)
    assert found["aus.AU12.sd"] == pytest.approx(values.std(), abs=0.02)
    assert found["aus.AU12.episodes"] == pytest.approx(2.0, rel=0.01)
    assert found["aus.AU12.duration"] == pytest.approx(3.6, abs=0.25)
    assert found["aus.AU12.onset"] == pytest.approx(3.0, abs=0.4)


def test_where_there_was_no_episode_there_is_no_duration_of_one():
    found = of(every(60), aus_AU12=0.0)
    assert (found["aus.AU12.mean"], found["aus.AU12.episodes"]) == (0, 0)
    assert np.isnan([found["aus.AU12.duration"], found["aus.AU12.onset"]]).all()


def test_rates_are_a_minute_of_what_was_measured():
    times = every(120)
    values = sum(np.interp(times, [at, at + 1, at + 2], [0, 3, 0], 0, 0) for at in range(5, 60, 10))
    half = times < 60
    whole, measured = of(times[half], aus_AU12=values[half]), of(times, half, aus_AU12=values)
    assert measured["aus.AU12.episodes"] == pytest.approx(whole["aus.AU12.episodes"], rel=0.02)
    assert measured["aus.AU12.mean"] == pytest.approx(whole["aus.AU12.mean"], rel=0.02)


def test_who_hides_their_face_more_often_does_not_smile_more_often():
    times = every(1200)
    smiles = sum(np.interp(times, [at, at + 0.4, at + 2.6, at + 3], [0, 3, 3, 0], 0, 0) for at in range(5, 1190, 10))
    seen = np.random.default_rng(1).random(1200)[times.astype(int)] > 0.3  # every second may be hidden
    whole, hidden = of(times, aus_AU12=smiles), of(times, seen, aus_AU12=smiles)
    assert whole["aus.AU12.episodes"] == pytest.approx(6, abs=0.1)
    assert hidden["aus.AU12.episodes"] == pytest.approx(6, abs=0.9)


def test_a_smile_that_the_end_of_measuring_cuts_has_no_duration():
    times = every(60)
    cut = of(times, aus_AU12=np.where(times > 50, 3.0, 0.0))
    assert cut["aus.AU12.episodes"] == pytest.approx(1.0, rel=0.02)
    assert np.isnan(cut["aus.AU12.duration"])
    assert cut["aus.AU12.onset"] == pytest.approx(3 / 0.2, rel=0.01)


def test_asymmetry_is_that_of_a_head_that_looks_straight_ahead():
    times = every(60)
    turned = times >= 30
    found = of(
        times,
        aus_AU12=2.0,
        aus_AU6=1.0,
        left_AU12=np.where(turned, 4.0, 2.0),
        right_AU12=1.0,
        pose_yaw=np.where(turned, 25.0, 3.0),
        pose_pitch=0.0,
        pose_roll=0.0,
    )
    assert found["aus.AU12.asymmetry"] == pytest.approx(1.0)
    assert found["aus.AU6.asymmetry"] == 0.0
    assert all(np.isnan(found[f"aus.{key}.asymmetry"]) for key in SIDED_KEYS if key not in ("AU6", "AU12"))


def test_eyes_head_and_emotions_as_reckoned_by_hand():
    times = every(60)
    yaw = np.where(times < 30, times, 60 - times)  # one degree a second there and back
    emotions = {f"emotions_{name}": 0.0 for name in EMOTIONS}
    emotions["emotions_neutral"] = np.where(times % 10 < 5, 0.75, 0.25)
    emotions["emotions_happiness"] = np.where(times % 10 < 5, 0.25, 0.75)
    blink = np.full(len(times), np.nan)
    blink[[50, 200, 350, 500]] = 0.2
    opened = np.where(times % 10 < 1, 0.1, 1.0)
    found = of(times, pose_yaw=yaw, pose_pitch=0, pose_roll=0, eyes_open=opened, eyes_blink=blink, **emotions)
    assert found["head.speed"] == pytest.approx(1.0, rel=0.02)
    assert found["eyes.perclos"] == pytest.approx(0.1, abs=0.01)
    assert found["eyes.blinks"] == pytest.approx(4, rel=0.01)
    assert found["emotions.entropy"] == pytest.approx(0.8113, abs=1e-3)
    assert found["emotions.transitions"] == pytest.approx(11, rel=0.01)


def test_a_box_that_looks_seldom_tells_no_changes_from_step_to_step():
    found = features(watched(behaviour(120), 2.5))
    changes = ["head.speed", "emotions.transitions", *(f"movement.entropy.{scale}" for scale in range(1, 6))]
    assert np.isnan([found[name] for name in changes]).all()
    assert found["aus.AU12.mean"] > 0


@pytest.mark.parametrize(
    ("covers", "left"),
    [
        (("units",), ("emotions.entropy", "emotions.transitions")),
        (("expressions",), tuple(name for name in NAMES if not name.startswith(("emotions", "head")))),
    ],
)
def test_what_the_consent_withholds_is_not_measured(covers, left):
    records = watched(behaviour(60), 10)
    for record in records:
        for group in not_covered(Consent(covers, "patient", 0.0)):
            record.pop(group, None)
    found = features(records)
    assert {name for name in NAMES if np.isnan(found[name])} >= set(left)
    assert not np.isnan(found["head.speed"])


def test_what_was_measured_for_too_short_a_time_is_not_told():
    found = of(every(4), aus_AU12=2.0, eyes_open=1.0)
    assert np.isnan([*found.values()]).all()
    assert of(every(15), aus_AU12=2.0, eyes_open=1.0)["aus.AU12.mean"] == 2.0
    assert np.isnan(of(every(15), aus_AU12=2.0, eyes_open=1.0)["eyes.perclos"])


def test_where_no_face_was_measured_nothing_is_a_number():
    times = every(300)
    assert np.isnan([*of(times, np.zeros(len(times), bool), aus_AU12=2.0, pose_yaw=1.0).values()]).all()
