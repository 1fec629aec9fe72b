"""Means over sessions: how sure they are, when there is a trend, how much was seen."""

import numpy as np
import pytest

from cloud.analysis.measures import BLINKS, MEASURES, is_enough, lasted_s, rows, seen_share, unseen
from cloud.analysis.trend import FEWEST, trends
from cloud.analysis.uncertainty import difference, estimate
from cloud.reading.columns import MINUTES
from cloud.reading.gathering import Gathering
from cloud.reading.table import Table
from device.contract.fields import Json
from tests.recordings import table_of

_WEEK_S = 604_800.0


def minutes_of(values: list[float | None], share: float = 1.0, last: int = 600) -> Table:
    """The minutes of a session: the mean of AU12 in each, None where nothing was measured; `last`: its frames."""
    gathering = Gathering(MINUTES)
    gathering.documents(
        [_minute(n, value, share, 600 if n < len(values) - 1 else last) for n, value in enumerate(values)]
    )
    return gathering.table()


def _minute(number: int, value: float | None, share: float, frames: int) -> Json:
    measured = 0 if value is None else round(share * frames)
    minute: Json = {"v": 1, "device": "room-1", "boot": "b-1", "session": "b-2", "number": number, "span": 60}
    minute |= {"time": {"mono": 60.0 * number, "wall": 0.0, "trusted": False}, "frames": frames, "measured": measured}
    minute |= {"share": measured / frames, "mean": {"aus": {"AU12": value}}} if value is not None else {"share": 0.0}
    return minute | ({"reasons": {"too_dark": frames - measured}} if measured < frames else {})


def recorded(seconds: int, rate: int, blinks: set[int]) -> Table:
    """Records whose eyes were seen; a blink ends with each record of these numbers."""
    records = []
    for number in range(seconds * rate):
        eyes = {"open": 1.0} | ({"blink": 0.2} if number in blinks else {})
        record: Json = {
            "v": 1,
            "device": "room-1",
            "boot": "b-1",
            "seq": number + 1,
            "status": "measured",
            "eyes": eyes,
        }
        time = {"mono": number / rate, "wall": 0.0, "trusted": False}
        records.append(record | {"time": time, "frame": {"index": number}})
    return table_of(records)


def alike(chance: np.random.Generator, count: int, correlation: float) -> np.ndarray:
    """Minutes of which each resembles the one before; their true mean is 0."""
    noise = chance.standard_normal(count + 30)
    for at in range(1, len(noise)):
        noise[at] = correlation * noise[at - 1] + (1 - correlation**2) ** 0.5 * noise[at]
    return noise[30:]


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(correlation: float) -> None:
    chance = np.random.default_rng(3)
    found = [estimate(alike(chance, 45, correlation), np.full(45, 60.0)) for _ in range(400)]
    held = sum(one is not None and one.low is not None and one.low <= 0 <= (one.high or 0) for one in found)
    assert 0.86 <= held / 400 <= 0.985


def test_a_mean_weighs_by_what_was_measured_and_ignores_what_was_not() -> None:
    found = estimate(np.array([1.0, 3.0, np.nan, 9.0]), np.array([60.0, 20.0, 60.0, 0.0]))
    assert found is not None
    assert found.mean == pytest.approx(1.5)
    assert found.seen_s == 80
    assert found.low is None, "two values give no interval"
    assert estimate(np.array([np.nan]), np.array([60.0])) is None


def test_no_interval_reaches_beyond_what_there_can_be() -> None:
    values = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 5.0] * 4)
    found = estimate(values, np.full(len(values), 60.0), (0.0, 5.0))
    assert found is not None
    assert found.low == 0.0 or (found.low or -1) >= 0.0


def test_the_difference_of_two_sessions_tells_a_change_and_does_not_make_one_up() -> None:
    chance = np.random.default_rng(5)
    weights = np.full(45, 60.0)
    first, more = (estimate(alike(chance, 45, 0.3) + level, weights) for level in (0.0, 3.0))
    assert first is not None
    assert more is not None
    rise = difference(first, more)
    assert rise.low is not None
    assert rise.low > 1.0
    made_up = 0
    for _ in range(300):
        both = [estimate(alike(chance, 45, 0.3), weights) for _ in range(2)]
        assert both[0] is not None
        assert both[1] is not None
        none = difference(both[0], both[1])
        made_up += (none.low or 0) > 0 or (none.high or 0) < 0
    assert made_up / 300 < 0.12


def test_a_trend_is_told_where_sessions_carry_one() -> None:
    times = np.arange(8) * _WEEK_S
    falling = np.array([0.44, 0.40, 0.40, 0.39, 0.33, 0.35, 0.24, 0.23])
    found = trends({"AU4": (times, falling), "AU12": (times, falling[[3, 6, 0, 7, 2, 5, 1, 4]])})
    assert found["AU4"].found
    assert found["AU4"].a_week == pytest.approx(-0.03, abs=0.005)
    assert not found["AU12"].found


def test_few_sessions_tell_no_trend_however_clear() -> None:
    count = FEWEST - 1
    found = trends({"AU4": (np.arange(count) * _WEEK_S, np.arange(count, dtype=float))})
    assert not found["AU4"].found
    assert found["AU4"].sessions == count


def test_of_measures_that_do_not_change_hardly_ever_one_is_called_a_trend() -> None:
    chance = np.random.default_rng(7)
    times = np.arange(8) * _WEEK_S
    alarms = sum(
        any(one.found for one in trends({str(n): (times, chance.random(8)) for n in range(6)}).values())
        for _ in range(300)
    )
    assert alarms / 300 <= 0.06


def test_the_chance_of_an_order_is_exact_and_goes_on_where_there_are_many() -> None:
    rising = trends({"x": (np.arange(5) * _WEEK_S, np.arange(5.0))})["x"]
    assert rising.chance == pytest.approx(2 / 120)
    many = trends({"x": (np.arange(60) * _WEEK_S, np.sin(np.arange(60.0)))})["x"]
    assert 0.2 < many.chance <= 1.0


def test_what_was_seen_and_why_not_the_rest() -> None:
    table = minutes_of([1.0, None, None, 1.0], share=0.9, last=300)
    assert lasted_s(table) == pytest.approx(210)
    assert seen_share(table) == pytest.approx(81 / 210)
    assert unseen(table) == {"too_dark": pytest.approx(129 / 210)}
    assert not is_enough(table), "less than five minutes"
    assert is_enough(minutes_of([1.0] * 8))
    assert seen_share(minutes_of([])) is None


def test_time_without_rows_was_not_seen_either() -> None:
    table = minutes_of([1.0] * 10)
    gap = table.select(np.isin(np.arange(10), [0, 1, 8, 9]))
    assert seen_share(gap) == pytest.approx(0.4)
    assert unseen(gap)[""] == pytest.approx(0.6)


def test_finer_expressions_and_blinks_are_not_told_from_minutes() -> None:
    table = minutes_of([1.0] * 4)
    for measure in MEASURES.values():
        told = not np.isnan(rows(table, measure)[0]).all()
        assert told == (measure.id == "aus.AU12"), measure.id


def test_blinks_are_counted_a_minute_where_frames_are_enough_to_tell() -> None:
    often = recorded(60, 10, {100, 300, 500})
    found = estimate(*rows(often, MEASURES[f"{BLINKS}.blinks"]))
    assert found is not None
    assert found.mean == pytest.approx(3.0, rel=0.02)
    seldom = recorded(60, 5, {100})
    assert np.isnan(rows(seldom, MEASURES[f"{BLINKS}.blinks"])[0]).all()
