"""Eyes: made-up sequences whose every blink is known, and the sample clip's scripted one."""

import numpy as np
import pytest

from device.stages.eyes import MAX_BLINK_S, EyeMeter, Eyes, aspect_ratio
from device.stages.geometry import Box
from device.stages.landmarks import Face
from training.sample_clip.script import script

WIDTH = 40.0
RATES = [10, 15, 25, 30]


def face(ratio):
    """A face whose eyes have this aspect ratio."""
    points = np.zeros((468, 3), np.float32)
    half = ratio * WIDTH / 2
    for corners, upper, lower, x in (((33, 133), (160, 158), (144, 153), 0), ((362, 263), (385, 387), (380, 373), 90)):
        points[corners[0], :2], points[corners[1], :2] = (x, 0), (x + WIDTH, 0)
        for place, (up, down) in zip((0.3, 0.7), zip(upper, lower, strict=True), strict=True):
            points[up, :2], points[down, :2] = (x + place * WIDTH, -half), (x + place * WIDTH, half)
    return Face(points, 1.0, Box.around(points))


def watched(opening, seconds, fps=25, usual=0.3, meter=None, start_s=0.0, track=1):
    """The eyes over time; `opening` says how far they are open (0 to 1) at a time, None where nothing was measured,
    NaN where something hides them."""
    meter = meter or EyeMeter()
    seen = []
    for index in range(round(seconds * fps)):
        time_s = start_s + index / fps
        share = opening(time_s)
        if share is None:
            meter.reset()
            continue
        ratio = usual * (0.15 + 0.85 * np.nan_to_num(share, nan=1.0))
        seen.append((time_s, meter(face(ratio), 3 * (1 - share), track, time_s)))
    return seen


def closing(*closures, ramp_s=0.06):
    """Eyes that are half shut or more in each (start, end) and wide open elsewhere."""

    def opening(time_s):
        inside = max(min(time_s - start, end - time_s) for start, end in closures)
        return float(np.clip(0.5 - inside / ramp_s, 0.0, 1.0))

    return opening


def every(period_s, lasting_s, first_s=2.0):
    return closing(*((start, start + lasting_s) for start in np.arange(first_s, 100, period_s)))


def blinks(seen):
    return [(time_s, eyes.blink_s) for time_s, eyes in seen if eyes.blink_s is not None]


def test_the_aspect_ratio_is_height_over_width():
    assert aspect_ratio(face(0.31).points) == pytest.approx(0.31)


@pytest.mark.parametrize("usual", [0.2, 0.3, 0.42])
def test_opening_is_a_share_of_the_persons_own(usual):
    seen = watched(every(5, 0.2), 30, usual=usual)
    assert np.median([eyes.open for _, eyes in seen[25:]]) == pytest.approx(1.0, abs=0.03)
    assert min(eyes.open for _, eyes in seen[30:]) < 0.1


def test_nothing_is_said_before_the_usual_is_known():
    early = [eyes for time_s, eyes in watched(closing((0.3, 0.5)), 1.0)]
    assert set(early) == {Eyes()}


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("lasting_s", [0.15, 0.25, 0.4])
def test_a_blink_is_found_once_with_its_duration_when_the_eyes_reopen(fps, lasting_s):
    for phase in (0.0, 0.013, 0.029):
        ((time_s, duration_s),) = blinks(watched(closing((3.0 + phase, 3.0 + phase + lasting_s)), 5, fps))
        assert duration_s == pytest.approx(lasting_s, abs=max(0.03, 0.5 / fps))
        assert 0 < time_s - (3.0 + phase + lasting_s) < 2.5 / fps


@pytest.mark.parametrize("fps", RATES)
def test_a_long_closure_is_no_blink_but_lasts(fps):
    seen = watched(closing((3.0, 4.2)), 6, fps)
    assert blinks(seen) == []
    longest_s = max(eyes.closed_s for _, eyes in seen)
    assert longest_s == pytest.approx(1.2, abs=1.5 / fps)
    assert longest_s > MAX_BLINK_S
    assert seen[-1][1].closed_s == 0


def test_a_squint_is_no_blink():
    seen = watched(lambda t: 0.45 if 3 <= t < 3.3 else 1.0, 6)
    assert blinks(seen) == []
    assert max(eyes.closed_s for _, eyes in seen) == 0


def test_lids_that_tremble_at_the_threshold_blink_once():
    tremble = iter(np.tile([0.52, 0.47, 0.55, 0.44], 100))
    seen = watched(lambda t: 1.0 if t < 3 or t > 3.4 else 0.1 if t < 3.12 else next(tremble), 6)
    assert len(blinks(seen)) == 1


def test_a_closure_that_a_gap_interrupts_is_not_reported():
    lids = closing((3.0, 3.3))
    assert blinks(watched(lambda t: None if 3.1 < t < 3.2 else lids(t), 6)) == []
    assert len(blinks(watched(lids, 6))) == 1


@pytest.mark.parametrize("fps", RATES)
def test_blinks_a_minute(fps):
    seen = watched(every(4, 0.2), 80, fps)
    assert all(eyes.blinks is None for time_s, eyes in seen if time_s < 20)
    assert seen[-1][1].blinks == pytest.approx(15, abs=1)


@pytest.mark.parametrize("fps", RATES)
def test_perclos_is_the_share_of_time_with_shut_eyes(fps):
    seen = watched(every(4, 1.0), 90, fps)
    assert all(eyes.perclos is None for time_s, eyes in seen if time_s < 20)
    assert seen[-1][1].perclos == pytest.approx(0.25, abs=0.03)


def test_time_without_a_face_is_neither_open_nor_closed():
    lids = every(4, 1.0)
    seen = watched(lambda t: None if int(t) % 8 >= 4 else lids(t), 90)
    assert seen[-1][1].perclos == pytest.approx(0.25, abs=0.03)
    assert all(eyes.perclos is None for time_s, eyes in seen if time_s < 39)


def test_of_hidden_eyes_nothing_is_known():
    lids = every(4, 1.0)
    seen = watched(lambda t: np.nan if int(t) % 8 >= 4 else lids(t), 90)
    hidden = [eyes for time_s, eyes in seen if int(time_s) % 8 >= 4]
    assert set(hidden) == {Eyes()}
    assert [eyes for _, eyes in seen if eyes.perclos is not None][-1].perclos == pytest.approx(0.25, abs=0.03)


def test_a_closure_that_is_hidden_in_between_is_not_reported():
    lids = closing((3.0, 3.3))
    assert blinks(watched(lambda t: np.nan if 3.1 < t < 3.2 else lids(t), 6)) == []


@pytest.mark.parametrize(("ratio", "closed"), [(0.3, 1.6), (0.12, 0.0)])
def test_landmarks_and_the_picture_both_tell_how_far_the_eyes_are_open(ratio, closed):
    meter = EyeMeter()
    for index in range(50):
        wide = meter(face(0.3), 0.0, 1, index / 25)
    narrow = meter(face(ratio), closed, 1, 2.0)
    assert wide.open == pytest.approx(1.0, abs=0.03)
    assert 0.4 < narrow.open < 0.8


def test_only_the_last_minute_counts():
    seen = watched(lambda t: 0.0 if 5 <= t < 20 else 1.0, 90)
    assert seen[25 * 40][1].perclos > 0.3
    assert seen[-1][1].perclos == pytest.approx(0)


def test_eyes_that_are_shut_from_the_start_are_not_taken_for_open():
    seen = watched(lambda t: 0.0, 30)
    assert max(eyes.open for _, eyes in seen[30:]) < 0.2
    assert seen[-1][1].perclos == 1


def test_a_new_track_begins_anew():
    meter = EyeMeter()
    watched(every(4, 0.2), 60, usual=0.42, meter=meter)
    seen = watched(every(4, 0.2), 30, usual=0.2, meter=meter, start_s=60.0, track=2)
    assert seen[0][1] == Eyes()
    assert all(eyes.blinks is None for time_s, eyes in seen if time_s < 80)
    assert np.median([eyes.open for _, eyes in seen[30:]]) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("step", [1, 2], ids=["25 fps", "12.5 fps"])
def test_the_clips_one_blink_is_found_with_its_scripted_duration(clip_sights, step):
    meter = EyeMeter()
    seen = [(s.time_s, meter(s.face, s.reading.actions.of("AU43"), 1, s.time_s)) for s in clip_sights[::step]]
    blink = next(segment for segment in script() if segment.name == "blink")
    half_shut_s = blink.end_s - blink.start_s - blink.ramp_s
    ((time_s, duration_s),) = blinks(seen)
    assert duration_s == pytest.approx(half_shut_s, abs=0.08)
    assert blink.end_s - blink.ramp_s < time_s < blink.end_s + 0.05
    elsewhere = [eyes.open for t, eyes in seen if t > 1 and not blink.start_s < t < blink.end_s]
    assert min(elsewhere) > 0.6


@pytest.mark.parametrize("fps", [5, 6])
def test_where_frames_are_too_few_no_blink_is_told_and_perclos_still_is(fps):
    seen = watched(every(4, 0.3), 90, fps)
    assert blinks(seen) == []
    assert {eyes.blinks for _, eyes in seen} == {None}
    seen = watched(every(4.07, 1.0), 90, fps)
    assert seen[-1][1].perclos == pytest.approx(0.25, abs=0.03)


def test_blinks_a_minute_are_of_the_time_in_which_they_could_be_told():
    meter, lids = EyeMeter(), every(4, 0.2)
    watched(lids, 30, 10, meter=meter)
    seen = watched(lids, 25, 5, meter=meter, start_s=30.0)
    assert seen[-1][1].blinks == pytest.approx(15, abs=2)
    seen = watched(lids, 25, 5, meter=meter, start_s=55.0)
    assert seen[-1][1].blinks is None, "of the last minute, ten seconds could tell"


def test_a_blink_that_one_long_step_cuts_through_is_not_told():
    lids = closing((3.0, 3.3))
    meter, seen = EyeMeter(), []
    for time_s in [*np.arange(0, 3.05, 0.1), *np.arange(3.25, 5, 0.1)]:
        share = lids(time_s)
        seen.append((time_s, meter(face(0.3 * (0.15 + 0.85 * share)), 3 * (1 - share), 1, time_s)))
    assert min(eyes.open for _, eyes in seen if eyes.open is not None) < 0.2
    assert blinks(seen) == []
