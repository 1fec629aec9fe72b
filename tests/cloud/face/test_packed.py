"""The track as a browser gets it: the same numbers, small, and nobody's name."""

import base64
import json
import zlib

import numpy as np
import pytest

from cloud.analysis.whole import analyse
from cloud.face.packed import MOST, to_json
from cloud.face.track import Track, track
from device.contract.fields import Json
from device.contract.labels import ACTION_UNITS, EMOTIONS
from tests.cloud.face.test_track import BEGAN, smile
from tests.cloud.test_analysis import recording
from tests.recordings import table_of


def unpacked(told: Json) -> dict[str, np.ndarray]:
    """Column → (n,) values, NaN where unknown, as the player decodes them; `time` in seconds."""
    data, rows = zlib.decompress(base64.b64decode(told["data"])), told["rows"]
    found = {"time": np.cumsum(np.frombuffer(data, "<u4", rows)) / 1000}
    for at, (name, low, step) in enumerate(told["columns"]):
        column = np.frombuffer(data, np.uint8, rows, 4 * rows + at * rows)
        numbers = np.cumsum(column, dtype=np.uint8).astype(float)
        found[name] = np.where(numbers == 255, np.nan, numbers * step + low)
    return found


@pytest.fixture(scope="module")
def told() -> Json:
    table = table_of(recording(8, smile), [BEGAN | {"patient": "secret-name"}])
    return json.loads(to_json(track(table), analyse(table).episodes))


def test_the_browser_gets_what_was_measured_ten_times_a_second(told: Json) -> None:
    found, whole = unpacked(told), track(table_of(recording(8, smile)))
    assert told["rows"] == 80 and np.diff(found["time"]).max() < 0.15
    rows = [whole.row(at) for at in found["time"]]
    for name, step in (("AU12", 0.05), ("AU26", 0.05), ("yaw", 1.0)):
        here = whole.units[name][rows] if name in whole.units else whole.pose[rows, 0]
        np.testing.assert_allclose(found[name], here, atol=step * 0.51)
    np.testing.assert_allclose(found["AU12_L"] / 5, whole.weights["AU12_L"][rows], atol=0.0051)
    assert "AU6_L" not in found  # as the whole
    assert [told["words"][int(why)] for why in found["why"][[0, 30, 79]]] == ["", "", "nobody in view"]
    assert told["hidden"][int(found["hidden"][45]).bit_length() - 1] == "mouth hidden"
    assert told["leading"][int(found["leading"][20])] == "happiness"


def test_nobody_is_named_in_it(told: Json) -> None:
    assert "secret-name" not in json.dumps(told) and "tester" not in json.dumps(told)


def test_episodes_can_be_jumped_to_and_what_moved_most_has_a_row(told: Json) -> None:
    assert told["rowsShown"] == ["AU1", "AU12", "AU26"]
    names = [name for name, *_ in told["episodes"]]
    assert names == sorted(names, key=names.index) and "AU12 Lip Corner Puller" in names
    _, onset, apex, offset, value = next(one for one in told["episodes"] if one[0].startswith("AU12"))
    assert 1 <= onset < apex < offset <= 3 and value == 4.0


def fifty_minutes(rate: float = 25.0) -> Track:
    """The worst that a session can be: every unit and side moves all the time, with noise, and gaps."""
    chance, count = np.random.default_rng(5), int(3000 * rate)
    times = np.arange(count) / rate
    times[count // 2 :] += 40.0

    def moving() -> np.ndarray:
        slow = np.interp(times, np.arange(0, 3100, 2.0), chance.uniform(0, 3, 1550))
        return np.clip(slow + chance.normal(0, 0.12, count), 0, 5).astype(np.float32)

    units = {unit.key: moving() for unit in ACTION_UNITS}
    weights = {f"{unit.key}_{side}": moving() / 5 for unit in ACTION_UNITS if unit.sided for side in "LR"}
    pose = np.stack([10 * moving() for _ in range(3)], 1)
    nothing = np.zeros(count, np.int16)
    session = table_of([], [BEGAN]).sessions[0]
    leading = chance.integers(0, len(EMOTIONS), count).astype(np.int16)
    ends = times + 1 / rate
    return Track(session, times, ends, times + 1.7e9, units, weights, pose, nothing, ("",), nothing, leading)


def test_fifty_minutes_of_the_worst_are_less_than_a_megabyte() -> None:
    told = to_json(fifty_minutes())
    assert len(told.encode()) <= MOST
    found = unpacked(json.loads(told))
    assert found["time"][-1] == pytest.approx(3040, abs=1) and np.diff(found["time"]).max() > 39


def test_the_time_of_day_is_told_with_its_jumps_and_not_where_nobody_knows() -> None:
    records = recording(4, smile)
    assert json.loads(to_json(track(table_of(records))))["wall"] == []
    for one in records:
        ahead = 1.7e9 + (3600.0 if one["time"]["mono"] >= 2 else 0.0)
        one["time"] |= {"wall": one["time"]["mono"] + ahead, "trusted": True}
    told = json.loads(to_json(track(table_of(records)), zone=(7200.0, "CEST")))
    assert told["wall"] == [[0.0, 1.7e9], [2.0, 1.7e9 + 3602.0]] and told["zone"] == [7200.0, "CEST"]


def test_an_empty_session_is_told_as_such() -> None:
    told = json.loads(to_json(track(table_of([], [BEGAN]))))
    assert (told["rows"], told["lasted"], told["rowsShown"], told["episodes"]) == (0, 0.0, [], [])
