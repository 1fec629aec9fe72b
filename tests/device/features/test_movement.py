"""Windows of movement: what a network is given of a session's records, on the box as in training."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from device.contract.errors import ModelError
from device.contract.movement import COLUMNS, MovementFile
from device.contract.tasks import ATYPICALITY, TYPICAL_MOVEMENT
from device.features import movement
from device.features.movement import Windower
from tests.movement_bundles import EVIDENCE, FILE, OF_SURPRISE


def record(time_s: float, measured: bool = True, **groups: Any) -> dict[str, Any]:
    """A record `time_s` after the machine's start, with what is looked at."""
    clinical = {"aus": {"AU12": 1.5, "AU1": 0.25}, **groups} if measured else {"reasons": ["no_face"]}
    return {"status": "measured" if measured else "gated", "time": {"mono": time_s}, "frame": {"index": 0}} | clinical


class Windows:
    """The windows of a session, as far as enough of them was measured."""

    def __init__(self, file: MovementFile) -> None:
        self._windower = Windower(file)

    def add(self, one: dict[str, Any]) -> Any:
        ended = self._windower.add(one)
        return ended.values() if ended else None


def smiles(lasts_s: float, every_s: float = 0.1, **groups: Any) -> list[dict[str, Any]]:
    """Records of one face, from second 100 on."""
    return [record(100 + time_s, **groups) for time_s in np.arange(0, lasts_s, every_s)]


def test_columns_are_units_their_sides_and_emotions() -> None:
    assert len(COLUMNS) == 22 + 13 + 8
    one = record(0, left={"AU12": 2.0}, right={"AU12": 0.5}, emotions={"happiness": 0.75})
    columns = ("sides.AU12", "sides.AU1", "sides.AU4", "aus.AU12", "emotions.happiness")
    assert movement.row(one, columns) == pytest.approx([1.5, 0.0, np.nan, 1.5, 0.75], nan_ok=True)
    assert np.isnan(movement.row(record(0, measured=False), columns)).all()


def test_columns_of_arrays_are_those_of_records() -> None:
    chance = np.random.default_rng(3)
    paths = {
        path: np.where(chance.random(50) < 0.3, np.nan, chance.random(50))
        for path in ("aus.AU12", "left.AU12", "aus.AU4", "emotions.fear")
    }
    paths["right.AU12"] = np.where(np.isnan(paths["left.AU12"]), np.nan, 0.25)
    measured = chance.random(50) < 0.8
    columns = ("sides.AU12", "aus.AU4", "emotions.fear", "sides.AU9")
    rows = []
    for number in range(50):
        one: dict[str, Any] = record(0, bool(measured[number]))
        one["aus"] = {}
        for path, values in paths.items():
            group, key = path.split(".")
            if not np.isnan(values[number]):
                one.setdefault(group, {})[key] = values[number]
        rows.append(movement.row(one, columns))
    np.testing.assert_array_equal(movement.columns_of(paths, measured, columns), rows)


def test_a_window_is_told_with_the_first_measured_record_after_it() -> None:
    windower = Windows(FILE)
    told = [windower.add(one) for one in smiles(5.0)]
    at = [number for number, window in enumerate(told) if window is not None]
    assert at == [19, 39], "from the 1.9 seconds on, that lie nearest to the step after the window"
    assert told[19] is not None
    assert told[19].shape == (10, 2)
    np.testing.assert_array_equal(told[19], [[1.5, 0.0]] * 10)


def test_gated_records_end_no_window_and_count_as_not_measured() -> None:
    windower = Windows(FILE)
    seen = smiles(1.7)
    away = [record(101.7 + 0.1 * number, measured=False) for number in range(6)]
    told = [windower.add(one) for one in (*seen, *away, *smiles(0.1))]
    assert all(window is None for window in told)
    back = windower.add(record(102.3))
    assert back is not None
    assert np.isnan(back[-1]).all()
    assert movement.coverage(back) == pytest.approx(0.9)


def test_a_window_of_which_too_little_was_measured_is_not_told() -> None:
    windower = Windows(FILE)
    mixed = [record(100 + 0.1 * number, measured=number % 20 > 8) for number in range(60)]
    assert all(windower.add(one) is None for one in mixed)


def test_who_comes_back_after_the_next_window_hears_nothing_of_the_one_before() -> None:
    windower = Windows(FILE)
    assert all(windower.add(one) is None for one in smiles(1.8))
    assert windower.add(record(104.5)) is None


def test_a_record_stands_for_half_a_second_where_the_next_one_is_missing() -> None:
    step, values = np.array([0, 1, 6]), np.array([[1.0], [2.0], [3.0]])
    grid = movement.on_grid(step, values, 0, 8, 0.2)
    np.testing.assert_array_equal(grid[:, 0], [1, 2, 2, 2, np.nan, np.nan, 3, 3])
    assert np.isnan(movement.on_grid(np.array([], int), np.empty((0, 1)), 0, 3, 0.2)).all()


@pytest.mark.parametrize(("step_s", "steps", "hop"), [(0.2, 10, 10), (0.1, 15, 5), (0.04, 30, 7)])
def test_the_box_and_training_make_the_same_windows(step_s: float, steps: int, hop: int) -> None:
    file = replace(FILE, step_s=step_s, steps=steps, hop=hop, least_coverage=0.5)
    chance = np.random.default_rng(7)
    times = 100 + np.cumsum(chance.choice([0.03, 0.1, 0.17, 0.6], 400, p=[0.3, 0.4, 0.28, 0.02]))
    records = [
        record(time_s, bool(chance.random() < 0.9), aus={"AU12": chance.random()}, left={"AU12": chance.random()})
        for time_s in times
    ]
    windower = Windows(file)
    told = [(one["time"]["mono"], window) for one in records if (window := windower.add(one)) is not None]
    values = np.array([movement.row(one, file.columns) for one in records])
    step = movement.steps_of(times - times[0], step_s)
    grid = movement.on_grid(step, values, 0, int(step[-1]) + 1, step_s)
    all_windows = movement.windows(grid, steps, hop)
    assert len(told) > 10
    for time_s, window in told:
        number = (movement.steps_of(np.array([time_s - times[0]]), step_s)[0] - steps) // hop
        np.testing.assert_array_equal(window, all_windows[number])


def test_what_was_not_measured_is_nought_to_the_network() -> None:
    window = np.array([[np.nan, 0.5], [9.0, np.nan]])
    np.testing.assert_array_equal(movement.standardized(FILE, window), np.float32([[0.0, 0.5], [4.0, 0.0]]))


def test_too_short_a_session_has_no_windows() -> None:
    assert movement.windows(np.zeros((9, 2)), 10, 10).shape == (0, 10, 2)


def test_the_file_is_read_as_it_was_written() -> None:
    for file, task in ((FILE, ATYPICALITY), (OF_SURPRISE, TYPICAL_MOVEMENT)):
        assert MovementFile.read(file.to_bytes(), "b", task) == file
    assert FILE.seconds == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("task", "changes", "why"),
    [
        (ATYPICALITY, {"column_version": 2}, "for columns of version 2"),
        (ATYPICALITY, {"step_s": 0.6}, "'step_s' is 0.6"),
        (ATYPICALITY, {"steps": 1}, "'steps' is 1"),
        (ATYPICALITY, {"hop": 11}, "'hop' is 11"),
        (ATYPICALITY, {"columns": ("aus.AU12", "aus.AU99")}, "a column is 'aus.AU99'"),
        (ATYPICALITY, {"columns": ("aus.AU12", "aus.AU12")}, "the number of different columns is 1"),
        (ATYPICALITY, {"centre": (1.0,)}, "values in 'centre', of 2 columns, is 1"),
        (ATYPICALITY, {"scale": (1.0, 0.0)}, "the least of 'scale' is 0.0"),
        (ATYPICALITY, {"clip": 0.0}, "'clip' is 0.0"),
        (ATYPICALITY, {"least_coverage": 0.0}, "'least_coverage' is 0.0"),
        (ATYPICALITY, {"half_width": 4.5}, "'half_width' is 4.5"),
        (ATYPICALITY, {"typical": 0.5}, "'typical' is 0.5"),
        (ATYPICALITY, {"percentiles": OF_SURPRISE.percentiles}, "percentiles of a rating is 11"),
        (TYPICAL_MOVEMENT, {}, "the number of 'percentiles' is 0"),
        (TYPICAL_MOVEMENT, {"percentiles": (1.0, 0.5) * 6}, "what follows in 'percentiles'"),
    ],
)
def test_a_file_that_no_box_would_take_is_refused_in_a_sentence(task: str, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        MovementFile.read(replace(FILE, **changes).to_bytes(), "moves-1.0.0", task)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"supported": False}, "'supported', beside the reasons against it,"),
        ({"population": ""}, "'population'"),
        ({"ages": ()}, "'ages'"),
        ({"ages": ("6-12", "6-12")}, "'ages'"),
        ({"ages": ("7-8",)}, "'ages'"),
        ({"n": 0}, "'n'"),
        ({"windows": 3}, "'windows'"),
        ({"raters": -1}, "'raters'"),
        ({"typical_people": 0}, "'typical_people'"),
        ({"typical_people": 34}, "'typical_people'"),
        ({"figures": {"Pearson r": EVIDENCE.figures["pearson"]}}, "a figure's name"),
        ({"figures": {"mae": replace(EVIDENCE.figures["mae"], low=1.0)}}, "'mae'"),
    ],
)
def test_evidence_that_no_box_would_take_is_refused_in_a_sentence(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        replace(EVIDENCE, **changes).check("moves-1.0.0")


def test_evidence_is_read_as_it_was_written() -> None:
    assert type(EVIDENCE).from_receipt({"evidence": EVIDENCE.to_json()}, "b") == EVIDENCE
