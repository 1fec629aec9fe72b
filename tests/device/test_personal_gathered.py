"""What a session says of the person's own movement: means by time, and intervals that hold what they promise."""

import math
from typing import Any

import numpy as np
import pytest

from cloud.analysis.uncertainty import estimate
from device.personal.gathered import LEAST_S, Gathered, share_below

RATE = 8


def gathered(
    distances: list[float | None], movements: list[int | None] | None = None, step_s: float = 1 / RATE
) -> Gathered:
    """Of records that follow each other by `step_s`; None: not measured."""
    found = Gathered(3)
    for number, distance in enumerate(distances):
        record: dict[str, Any] = {"time": {"mono": 1000 + number * step_s}, "frame": {}}
        if distance is not None:
            record["personal"] = {"distance": distance}
            if movements and movements[number] is not None:
                record["personal"]["movement"] = movements[number]
        found.add(record)
    return found


def test_the_interval_is_that_which_readers_have_of_everything() -> None:
    distances = np.random.default_rng(1).gamma(4, 0.25, 600 * RATE)
    found = gathered([0.0, *distances]).means()
    assert found is not None
    stretch = np.arange(1, 600 * RATE + 1) // (RATE * 20)
    seconds = np.bincount(stretch) / RATE
    rows = np.bincount(stretch, distances) / np.bincount(stretch)
    known = estimate(rows, seconds)
    assert known is not None and known.low is not None and known.high is not None
    assert (found[0].value, found[0].low, found[0].high) == pytest.approx(
        (known.mean, known.low, known.high), rel=1e-3
    )


def test_shares_are_of_the_time_in_which_it_was_measured() -> None:
    minutes = 4 * 60 * RATE
    turns = [
        1 if number % (10 * RATE) < 3 * RATE else 2 if number % (10 * RATE) < 4 * RATE else None
        for number in range(minutes)
    ]
    found = gathered([None if number % 2 else 1.0 for number in range(minutes)], turns).means()
    assert found is not None
    distance, near, *shares = (one.value for one in found)
    assert (distance, near, *shares) == pytest.approx((1.0, 0.4, 0.3, 0.1, 0.0), abs=0.01)


def test_frames_that_straddle_the_stretches_leave_a_part_empty_and_cost_no_session() -> None:
    """Stretches of 9.8, 20.2, 20.2, 20.0 and 9.85 s: the middles of none fall in the second quarter of the time."""
    runs = ((9.75, 99, 0.1), (20.0, 80, 0.25), (40.2, 80, 0.25), (60.2, 80, 0.25), (80.2, 97, 0.1))
    found = Gathered(1)
    for begin_s, count, step_s in runs:
        for number in range(count):
            time = {"mono": begin_s + number * step_s}
            found.add({"time": time, "frame": {}, "personal": {"distance": 1.0 + begin_s / 100}})
    assert found.seconds == pytest.approx(80.05, abs=0.01)
    means = found.means()
    assert means is not None and 0 < means[0].low < means[0].value < means[0].high


def test_a_movement_that_was_not_seen_may_be_rare_all_the_same() -> None:
    found = gathered([1.0] * (200 * RATE + 1)).means()
    assert found is not None
    unseen = found[-1]
    assert (unseen.value, unseen.low) == (0.0, 0.0)
    assert (1 - unseen.high) ** (200 / 20) == pytest.approx(0.025)


def test_a_movement_that_was_seen_hardly_or_always_is_not_known_better_than_one_that_never_was() -> None:
    count = 200 * RATE + 1
    always = gathered([1.0] * count, [1] * count).means()
    most = gathered([1.0] * count, [2] * 4 + [1] * (count - 4)).means()
    assert always is not None and most is not None
    _, near, first, second, _ = always
    assert (near.high, first.value, first.high) == (1.0, 1.0, 1.0)
    assert near.low == first.low == pytest.approx(1 - second.high)
    assert 0 < most[3].value < 0.01 and most[3].high == second.high and most[3].low == 0


def test_of_too_little_time_nothing_is_said() -> None:
    assert gathered([1.0] * int(LEAST_S * RATE)).means() is None
    assert gathered([1.0] * int(LEAST_S * RATE + 1)).means() is not None
    assert gathered([]).means() is None


def test_gaps_and_records_that_are_not_later_count_for_no_time() -> None:
    assert gathered([1.0] * 11, step_s=10.0).seconds == pytest.approx(5.0), "half a second each, at most"
    assert gathered([1.0] * 11, step_s=-1.0).seconds == 0


@pytest.mark.parametrize("seconds", [81, 100, 133, 300, 1000])
def test_any_length_has_its_parts(seconds: int) -> None:
    rng = np.random.default_rng(seconds)
    distances = [None if rng.random() < 0.3 else float(rng.random()) for _ in range(int(seconds * RATE / 0.6))]
    found = gathered(distances).means()
    assert found is not None
    assert all(math.isfinite(one.low) and one.low <= one.value <= one.high for one in found)


def test_the_share_of_earlier_sessions_has_wilsons_interval() -> None:
    found = share_below(1.0, [0.5] * 8 + [1.5] * 2)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4902, 0.9433), abs=5e-5)
    all_smaller = share_below(1.0, [0.5] * 5)
    assert (all_smaller.value, all_smaller.high) == (1.0, 1.0)
    assert all_smaller.low == pytest.approx(0.5655, abs=5e-5)


def test_in_the_long_run_the_interval_holds_the_truth() -> None:
    """Of sessions of ten minutes in which each half minute resembles the one before."""
    rng, held, tries = np.random.default_rng(7), 0, 150
    for _ in range(tries):
        level, values = 0.0, []
        for _ in range(20):
            level = 0.4 * level + rng.normal(0, 0.2)
            values += [1 + level + 0.1 * rng.normal() for _ in range(60)]
        found = gathered(values, step_s=0.5).means()
        assert found is not None
        held += found[0].low <= 1 <= found[0].high
    assert 0.85 <= held / tries <= 0.99
