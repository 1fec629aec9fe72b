"""The grid of time that features are made on, and that a box gathers what a reader reads."""

from dataclasses import fields

import numpy as np
import pytest

from device.contract.features import NAMES, SESSION
from device.contract.labels import SIDED_KEYS
from device.contract.record import validate
from device.features.features import features_of
from device.features.gatherer import Gatherer
from device.features.series import COLUMNS, MOST_S, PATHS, SOURCES, Series
from tests.behaviour import ORIGIN_S, behaviour, event, watched
from tests.recordings import table_of
from training.cohort.parts import parts_of


def gathered(records, events=()):
    gatherer = Gatherer()
    for record in records:
        gatherer.add(record)
    for one in events:
        gatherer.tell(one)
    return gatherer


def read(records, events=()):
    """The series of a reader's table, and the table."""
    table = table_of(records, list(events))
    columns = {path: table.values(path) for path in PATHS if path in table.columns}
    sources = {name for path in SOURCES for name in table.texts(path) if name}
    return Series.of_columns(table.time, table.measured, columns, sources), table


def same(one, other):
    arrays = (field.name for field in fields(Series) if field.name != "sources")
    alike = all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in arrays)
    return alike and one.sources == other.sources


def series(times, **columns):
    times = np.array(times, float)
    given = {name.replace("_", "."): np.array(values, float) for name, values in columns.items()}
    return Series.of_columns(times, np.ones(len(times), bool), given)


def test_the_box_gathers_what_a_reader_reads():
    records = watched(behaviour(180), 12)
    for record in records[400:460]:  # five seconds in which the face was turned away
        for group in ("aus", "emotions", "eyes"):
            del record[group]
        record |= {"status": "gated", "reasons": ["turned_away"]}
    for record in records[100:300]:
        record |= {"left": {"AU12": 3.0, "AU4": 1.0}, "right": {"AU12": 2.0, "AU4": 1.75}, "hidden": ["lower"]}
        record["aus"] = {key: value for key, value in record["aus"].items() if key not in ("AU16", "AU25")}
    del records[900:960]
    for record in records:
        validate(record)
    phases = [event(1, "phase", 30, name="rest"), event(2, "phase", 60.0, name="film"), event(3, "phase", 90)]
    phases += [event(4, "phase", 120.5, name="rest"), event(5, "ended", 181, why="stopped")]
    own, table = read(records, phases)
    parts = gathered(records, phases).parts()

    assert same(parts[SESSION], own)
    assert parts.keys() == {SESSION, "rest", "film"}
    for name in ("rest", "film"):
        spans = [(span.begin_s, span.end_s) for span in table.sessions[0].phases if span.name == name]
        assert same(parts[name], own.during(spans))
        assert np.array_equal(features_of(parts[name]), features_of(own.during(spans)), equal_nan=True)
    assert parts["rest"].seconds == pytest.approx(90, abs=1)
    assert parts["film"].seconds == pytest.approx(30 - 5, abs=1)
    assert parts[SESSION].seconds == pytest.approx(180 - 5, abs=1)
    assert parts[SESSION].coverage == pytest.approx(1 - 5 / 175, abs=0.01)
    assert parts[SESSION].frames == len(records)
    assert parts["film"].sources == {"face-1.0.0"}


def test_what_was_recorded_of_a_video_goes_by_the_time_of_the_video(clip_records):
    part = event(1, "phase", 0, name="smile")
    part["time"]["mono"] = clip_records[100]["time"]["mono"]
    own, table = read(clip_records, [part | {name: clip_records[0][name] for name in ("device", "boot", "session")}])
    parts = gathered(clip_records, [part]).parts()
    (span,) = table.sessions[0].phases
    assert same(parts[SESSION], own)
    assert own.seconds == pytest.approx(
        clip_records[-1]["frame"]["media"] - clip_records[0]["frame"]["media"], abs=0.5
    )
    assert 0 < span.begin_s < own.seconds
    assert same(parts["smile"], own.during([(span.begin_s, np.inf)]))


def test_a_real_face_comes_to_the_same_at_25_frames_a_second_and_at_5(clip_records):
    """The sample clip is short, and its face holds still but for what its script does."""
    whole, fifth = (
        dict(zip(NAMES, features_of(gathered(clip_records[::keep]).series()), strict=True)) for keep in (1, 5)
    )
    for found in (whole, fifth):
        assert found["aus.AU12.episodes"] * 22.2 * 0.85 / 60 == pytest.approx(2, abs=0.1), "its script smiles twice"
    for key in ("AU4", "AU12", "AU25", "AU26", "AU43"):
        assert fifth[f"aus.{key}.mean"] == pytest.approx(whole[f"aus.{key}.mean"], abs=0.06)
    assert fifth["head.speed"] == pytest.approx(whole["head.speed"], rel=0.1)
    assert fifth["emotions.entropy"] == pytest.approx(whole["emotions.entropy"], abs=0.03)


def test_a_session_may_be_asked_for_again_and_again_while_it_runs():
    records = watched(behaviour(60), 20)
    gatherer = Gatherer()
    for number, record in enumerate(records, start=1):
        gatherer.add(record)
        if number % 100 == 50:
            assert same(gatherer.series(), gathered(records[:number]).series())
    assert same(gatherer.series(), gathered(records).series())


def test_memory_grows_with_time_and_not_with_frames():
    held = [len(gathered(watched(behaviour(60), rate)).series().time) for rate in (5, 30)]
    assert held[0] == pytest.approx(held[1], abs=2)


def test_of_each_fifth_of_a_second_the_newest_record_stands():
    found = series([0, 0.05, 0.15, 0.2, 0.35, 0.41], aus_AU12=[0, 1, 2, 3, 4, 5])
    assert found.step.tolist() == [0, 1, 2]
    assert found.at_steps("aus.AU12")[:, 0].tolist() == [1, 3, 5]
    assert found.count.tolist() == [2, 2, 2]


def test_a_record_stands_for_two_steps_more_and_then_there_is_a_gap():
    found = series([0, 0.6, 0.8, 2.0], aus_AU12=[1, 2, 3, 4])
    assert found.steps.tolist() == [0, 1, 2, 3, 4, 5, 6, 10]
    assert found.at_steps("aus.AU12")[:, 0].tolist() == [1, 1, 1, 2, 3, 3, 3, 4]
    assert found.seconds == pytest.approx(8 * 0.2)


def test_sides_that_do_not_stand_in_a_record_are_the_same_where_the_unit_was_measured():
    nan = np.nan
    found = series(
        [0, 0.2, 0.4],
        aus_AU12=[2.0, 2.0, nan],
        left_AU12=[2.0, nan, nan],
        right_AU12=[1.25, nan, nan],
        aus_AU6=[1, 1, 1],
    )
    assert found.at_steps("apart.AU12")[:, 0].tolist() == pytest.approx([0.75, 0.0, nan], nan_ok=True)
    assert found.at_steps("apart.AU6")[:, 0].tolist() == [0, 0, 0]
    assert np.isnan(found.at_steps(*(f"apart.{key}" for key in SIDED_KEYS if key not in ("AU6", "AU12")))).all()


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        (
            [("stimulus", 10, "dog"), ("mark", 20, "cough"), ("stimulus", 40, "spider"), ("stimulus", 70, "dog")],
            [90, 30],
        ),
        ([("mark", 10, "cough"), ("mark", 30, ""), ("mark", 140, "sigh")], [60, 10]),
        ([("stimulus", 10, "dog"), ("phase", 20, "film"), ("phase", 50, "")], [30]),
        ([("mark", 10, "")], []),
    ],
    ids=["stimuli", "marks", "phases", "nothing named"],
)
def test_the_parts_of_a_session_are_those_that_training_takes(events, seconds):
    records = watched(behaviour(150), 6)
    told = [
        event(at, kind, s, **({"name": name} if name else {})) for at, (kind, s, name) in enumerate(events, start=1)
    ]
    own, table = read(records, told)
    parts = gathered(records, told).parts()
    spans = parts_of(table.sessions[0], (), float(table.time[-1]))
    assert parts.keys() == {SESSION, *spans}
    assert all(same(parts[name], own.during(held)) for name, held in spans.items())
    assert [parts[name].seconds for name in spans] == pytest.approx(seconds, abs=1)


def test_a_phase_that_bears_the_name_of_the_whole_session_does_not_take_its_place():
    parts = gathered(watched(behaviour(20), 5), [event(1, "phase", 10, name=SESSION)]).parts()
    assert [*parts] == [SESSION]
    assert parts[SESSION].seconds == pytest.approx(20, abs=0.5)


def test_what_a_video_shows_again_is_not_gathered_again():
    records = watched(behaviour(20), 10)
    for index, record in enumerate(records):
        record["frame"]["media"] = (index % 100) / 10
    own, _ = read(records)
    assert same(gathered(records).series(), own)
    assert own.frames == 100


def test_what_comes_after_four_hours_is_left_out():
    records = watched(behaviour(10), 10)
    for record in records[50:]:
        record["time"]["mono"] = ORIGIN_S + MOST_S + record["seq"]
    assert gathered(records).series().frames == 50
    assert read(records)[0].frames == 50


def test_of_nothing_there_is_a_series_too():
    nothing = Gatherer().parts()[SESSION]
    assert (nothing.seconds, nothing.frames) == (0, 0)
    assert np.isnan(nothing.coverage)
    assert nothing.values.shape == (0, len(COLUMNS))
    assert np.isnan(features_of(nothing)).all()
