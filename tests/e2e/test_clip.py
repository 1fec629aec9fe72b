"""The box watches the sample clip, whose script is known: it sees what happens, and nothing that does not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.analysis.whole import analyse
from device.camera.video import VideoFile
from device.contract.labels import ACTION_UNIT_KEYS
from device.contract.record import Json
from device.models import Models
from device.pipeline import Pipeline
from device.recorder import to_json
from device.settings import Settings
from device.stages.frame import Frame
from tests.recordings import table_of
from training.sample_clip.script import script

SEGMENTS = {segment.name: segment for segment in script()}
EPISODE_ONSET_S = 0.3


def between(records: list[Json], start_s: float, end_s: float) -> list[Json]:
    return [record for record in records if start_s <= record["frame"]["media"] <= end_s]


def held(records: list[Json], name: str) -> list[Json]:
    """Records of the plateau of a scripted movement, after its ramp."""
    segment = SEGMENTS[name]
    return between(records, segment.start_s + segment.ramp_s + 0.2, segment.end_s - segment.ramp_s)


def median(records: list[Json], unit: str) -> float:
    return float(np.median([record["aus"][unit] for record in records]))


def at_rest(records: list[Json]) -> list[Json]:
    """Records of the still face at the beginning, which is a smile that a warp has closed: not all of it is gone."""
    return between(records, 0.5, SEGMENTS["smile"].start_s)


def test_every_frame_is_recorded_once_and_in_order(clip_records: list[Json]) -> None:
    assert len(clip_records) == 550
    assert [record["seq"] for record in clip_records] == list(range(1, 551))
    assert [record["frame"]["index"] for record in clip_records] == list(range(550))


@pytest.mark.parametrize(
    ("name", "unit", "by"),
    [
        ("smile", "AU6", 0.5),
        ("smile", "AU12", 0.5),
        ("smile", "AU25", 1.0),
        ("smile_again", "AU12", 0.5),
        ("brows", "AU1", 0.2),
        ("brows", "AU2", 0.2),
        ("jaw_drop", "AU25", 1.5),
        ("jaw_drop", "AU26", 1.5),
    ],
)
def test_a_scripted_movement_is_seen(clip_records: list[Json], name: str, unit: str, by: float) -> None:
    assert median(held(clip_records, name), unit) > median(at_rest(clip_records), unit) + by


def test_the_blink_is_seen(clip_records: list[Json]) -> None:
    blink = SEGMENTS["blink"]
    during = between(clip_records, blink.start_s, blink.end_s + 0.2)
    assert max(record["aus"]["AU43"] for record in during) > 2.0


@pytest.mark.parametrize("unit", ACTION_UNIT_KEYS)
def test_where_nothing_is_scripted_an_action_unit_stays_as_it_is(clip_records: list[Json], unit: str) -> None:
    still = [record["aus"][unit] for record in at_rest(clip_records)]
    assert np.std(still) < 0.3, "a still face does not flicker"
    rolling = between(clip_records, SEGMENTS["head_roll"].start_s, SEGMENTS["head_roll"].end_s)
    assert median(rolling, unit) == pytest.approx(np.median(still), abs=1.0)


@pytest.mark.parametrize(
    ("name", "unit"), [("smile", "AU12"), ("jaw_drop", "AU25"), ("jaw_drop", "AU26"), ("smile_again", "AU12")]
)
def test_a_movement_is_found_soon_after_it_begins(clip_records: list[Json], name: str, unit: str) -> None:
    segment = SEGMENTS[name]
    halfway = (median(at_rest(clip_records), unit) + median(held(clip_records, name), unit)) / 2
    during = between(clip_records, segment.start_s, segment.end_s)
    found = next(r["frame"]["media"] for r in during if r.get("aus", {}).get(unit, 0) >= halfway)
    assert found - segment.start_s <= segment.ramp_s / 2 + 0.15


def test_the_smile_is_called_happy_by_both_ways_of_looking(clip_records: list[Json]) -> None:
    for record in held(clip_records, "smile"):
        assert next(iter(record["expressions"])) == "happy"
        assert "disagree" not in record


def test_nothing_is_said_to_hide_a_face_that_nothing_hides(clip_records: list[Json]) -> None:
    assert sum("hidden" in record for record in clip_records) < len(clip_records) / 20


def test_an_open_mouth_with_wide_eyes_is_not_called_happiness(clip_records: list[Json]) -> None:
    happiness = [record["emotions"]["happiness"] for record in held(clip_records, "smile")]
    surprised = [record["emotions"]["surprise"] for record in held(clip_records, "jaw_drop")]
    calm = [record["emotions"]["surprise"] for record in held(clip_records, "smile")]
    assert np.median(happiness) > 0.8
    assert np.median(surprised) > np.median(calm) + 0.2


def test_darkness_is_recorded_as_darkness_without_a_guess(clip_records: list[Json]) -> None:
    dark = held(clip_records, "dim")
    assert len(dark) > 10
    assert all(record["status"] == "gated" and "too_dark" in record["reasons"] for record in dark)
    assert not any("emotions" in record or "aus" in record for record in dark)


def test_absence_is_recorded_as_absence(clip_records: list[Json]) -> None:
    empty = between(clip_records, 16.95, 17.85)
    assert len(empty) > 20
    assert all(record["reasons"] == ["no_face"] and "face" not in record for record in empty)


def test_the_patient_is_one_and_the_same_track_throughout(clip_records: list[Json]) -> None:
    assert {record["track"]["id"] for record in clip_records if "track" in record} == {1}
    assert "track" in clip_records[-1]


def test_the_second_person_is_counted_but_never_followed(clip_records: list[Json]) -> None:
    second = SEGMENTS["second_face"]
    together = between(clip_records, second.start_s + 1.5, second.end_s)
    assert {record["faces"] for record in together} == {2}
    centres = [record["face"]["x"] + record["face"]["w"] / 2 for record in together]
    assert max(centres) < 0.6, "the second person stands at the right"


def test_the_head_roll_is_measured(clip_records: list[Json]) -> None:
    rolls = [record["pose"]["roll"] for record in between(clip_records, 10.7, 13.0)]
    assert max(rolls) - min(rolls) > 20


@pytest.mark.parametrize("what", ["emotions", "aus"])
def test_values_stay_in_their_ranges(clip_records: list[Json], what: str) -> None:
    check: Callable[[Json], bool] = {
        "emotions": lambda r: abs(sum(r["emotions"].values()) - 1) < 0.01,
        "aus": lambda r: all(0 <= value <= 5 for value in r["aus"].values()),
    }[what]
    assert all(check(record) for record in clip_records if record["status"] == "measured")


@pytest.mark.parametrize(
    ("name", "unit"),
    [("blink", "AU43"), ("jaw_drop", "AU26")],
)
def test_each_scripted_movement_is_an_episode_with_its_onset(clip_records: list[Json], name: str, unit: str) -> None:
    segment = SEGMENTS[name]
    episodes = [episode for episode in analyse(table_of(clip_records)).episodes if episode.key == unit]
    (found,) = (e for e in episodes if segment.start_s <= e.apex_s <= segment.end_s)
    assert found.onset_s == pytest.approx(segment.start_s, abs=EPISODE_ONSET_S)
    assert found.onset_s < found.apex_s <= found.offset_s <= segment.end_s + EPISODE_ONSET_S
    assert not (found.cut_start or found.cut_end)


def test_the_one_blink_is_recorded_when_it_is_over(clip_records: list[Json]) -> None:
    blink = SEGMENTS["blink"]
    (record,) = [record for record in clip_records if "blink" in record.get("eyes", {})]
    assert blink.end_s - blink.ramp_s <= record["frame"]["media"] <= blink.end_s + 0.1
    assert record["eyes"]["blink"] == pytest.approx(blink.end_s - blink.start_s - blink.ramp_s, abs=0.08)


def test_the_heads_tilts_are_coded_on_the_persons_own_sides(clip_records: list[Json]) -> None:
    roll = SEGMENTS["head_roll"]
    middle_s = (roll.start_s + roll.end_s) / 2
    assert {code for r in between(clip_records, roll.start_s, middle_s) for code in r.get("codes", ())} == {"AD55"}
    assert {code for r in between(clip_records, middle_s, roll.end_s) for code in r.get("codes", ())} == {"AD56"}
    assert not any("codes" in record for record in between(clip_records, 0, roll.start_s))


def test_a_smile_closed_by_a_warp_never_becomes_the_face_at_rest(clip_records: list[Json]) -> None:
    assert {record["neutral"] for record in clip_records if record["status"] == "measured"} == {"none"}


@pytest.fixture(scope="module")
def slow_records(models: Models, clip: Path) -> list[Json]:
    """What the pipeline says of every fifth frame: five a second, the slowest that a box becomes by itself."""
    pipeline, found = Pipeline(models, Settings()), []
    with VideoFile(clip) as video:
        for index, picture in enumerate(iter(video.read, None)):
            if index % 5 == 0:
                media_s = picture.media_s or 0.0
                found.append(to_json(pipeline(Frame(picture.image, index, media_s, media_s=media_s)), {}))
    return found


def test_at_five_frames_a_second_each_of_them_says_what_it_says_among_twenty_five(
    slow_records: list[Json], clip_records: list[Json]
) -> None:
    pairs = [(slow, clip_records[slow["frame"]["index"]]) for slow in slow_records]
    assert [slow.get("reasons") for slow, _ in pairs] == [fast.get("reasons") for _, fast in pairs]
    measured = [(slow, fast) for slow, fast in pairs if slow["status"] == "measured"]
    assert len(measured) > 90
    apart = [abs(slow["aus"][unit] - fast["aus"][unit]) for slow, fast in measured for unit in slow["aus"]]
    assert np.mean(apart) < 0.1
    assert np.quantile(apart, 0.99) < 0.7, "smoothing reaches less far back in a frame that comes later"
    same = [_top(slow) == _top(fast) for slow, fast in measured]
    assert np.mean(same) > 0.95
    assert [slow.get("codes") == fast.get("codes") for slow, fast in measured].count(False) <= 6
    assert [slow["track"]["id"] for slow, _ in measured] == [fast["track"]["id"] for _, fast in measured]


def test_at_five_frames_a_second_blinks_are_not_told(slow_records: list[Json], clip_records: list[Json]) -> None:
    assert any("blink" in record.get("eyes", {}) for record in clip_records)
    assert not any({"blink", "blinks"} & record.get("eyes", {}).keys() for record in slow_records)
    assert any("open" in record.get("eyes", {}) for record in slow_records)


def _top(record: Json) -> str:
    return max(record["emotions"], key=record["emotions"].get)
