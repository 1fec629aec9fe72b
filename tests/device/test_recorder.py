"""From what was seen to a record: what was not measured is not in it, and every record is valid."""

from dataclasses import replace

import numpy as np
import pytest

from device.clock import FakeClock
from device.contract.errors import SinkError
from device.contract.labels import EMOTIONS, LOWER, SIDED_KEYS, UPPER, Reason, Slower
from device.contract.record import decode
from device.delivery.sink import MemorySink
from device.metrics import HostMeter
from device.models import Models
from device.observation import Observation
from device.pipeline import Pipeline
from device.recorder import Recorder, to_json
from device.service.pace import Pace
from device.settings import RecorderSettings, Settings
from device.stages.eyes import Eyes
from device.stages.frame import Frame
from device.summary import Summary
from tests.people import actions

IDENTITY = {"device": "tester", "boot": "b", "session": "s"}
MODELS = {"emotions": "face-1.0.0", "aus": "face-1.0.0"}
SEEN = Observation(
    Frame(np.zeros((4, 4, 3), np.uint8), 0, 1.0, 1e9),
    1,
    (),
    {"detect": 1.0, "read": 0.5, "total": 2.0},
    emotions=np.eye(len(EMOTIONS), dtype=np.float32)[EMOTIONS.index("sadness")],
    actions=actions({"AU4": 3.0, "AU15": 2.0}),
    neutral="none",
    eyes=Eyes(open=1.0),
    expressions={"crying": 0.8, "sad": 0.3},
    pain=3.0,
)


def recorded(*observations):
    """The records, read back from their bytes, as `decode` accepts them."""
    kept, clock = MemorySink(), FakeClock(trusted=True)
    recorder = Recorder(IDENTITY, MODELS, [kept], clock, RecorderSettings(), HostMeter(clock))
    for observation in observations:
        recorder.add(observation)
    recorder.commit()
    return [decode(line.body) for line in kept.lines]


def test_nobody_hears_of_a_record_before_every_sink_has_kept_it():
    told = []

    class Telling(MemorySink):
        def write(self, lines):
            told.extend(f"kept {decode(line.body)['seq']}" for line in lines)

    clock, heard = FakeClock(), lambda record: told.append(f"heard {record['seq']}")
    sinks = [Telling(), Telling()]
    recorder = Recorder(IDENTITY, MODELS, sinks, clock, RecorderSettings(), HostMeter(clock), heard)
    for _ in range(2):
        recorder.add(SEEN)
    assert told == []
    recorder.commit()
    assert told == ["kept 1", "kept 2"] * 2 + ["heard 1", "heard 2"]


def test_of_what_a_sink_did_not_keep_nobody_hears():
    class Broken(MemorySink):
        def write(self, lines):
            raise SinkError("gone")

    clock, heard = FakeClock(), []
    recorder = Recorder(
        IDENTITY, MODELS, [MemorySink(), Broken()], clock, RecorderSettings(), HostMeter(clock), heard.append
    )
    recorder.add(SEEN)
    with pytest.raises(SinkError):
        recorder.commit()
    assert heard == []


def test_what_was_measured_is_recorded_by_name():
    (record,) = recorded(SEEN)
    assert record["emotions"]["sadness"] == 1
    assert (record["aus"]["AU4"], record["aus"]["AU15"], record["aus"]["AU12"]) == (3, 2, 0)
    assert len(record["aus"]) == 22
    assert record["expressions"] == {"crying": 0.8, "sad": 0.3}
    assert record["models"] == MODELS
    assert not {"hidden", "disagree", "left", "right"} & record.keys()


@pytest.mark.parametrize("part", [UPPER, LOWER])
def test_a_hidden_part_is_named_and_its_units_are_absent(part):
    (record,) = recorded(replace(SEEN, actions=actions({"AU4": 3.0, "AU15": 2.0}, (part,)), hidden=(part,), pain=None))
    assert record["hidden"] == [part]
    assert ("AU4" in record["aus"]) == (part == LOWER)
    assert ("AU15" in record["aus"]) == (part == UPPER)
    assert "pain" not in record


def test_a_face_that_is_wholly_hidden_has_emotions_and_no_units():
    parts = (UPPER, LOWER)
    (record,) = recorded(replace(SEEN, actions=actions({}, parts), hidden=parts, pain=None, expressions={}))
    assert record["hidden"] == ["upper", "lower"]
    assert "emotions" in record
    assert not {"aus", "left", "right", "expressions", "pain"} & record.keys()
    summary = Summary()
    summary.hear(record)
    assert "sadness 100%" in summary.line(None, of_the_person=True)


def test_the_pace_that_held_is_recorded_with_the_frame_and_left_out_where_none_did():
    kept, clock = MemorySink(), FakeClock()
    recorder = Recorder(IDENTITY, MODELS, [kept], clock, RecorderSettings(), HostMeter(clock))
    slow = Pace(7.5, (Slower.HEAT,), sparing=True)
    recorder.add(SEEN, slow.to_json())
    recorder.add(replace(SEEN, reasons=(Reason.TOO_DARK,)), Pace(10.0).to_json())
    recorder.add(SEEN)
    recorder.commit()
    paces = [decode(line.body).get("pace") for line in kept.lines]
    assert paces == [{"rate": 7.5, "why": ["heat"], "sparing": True}, {"rate": 10}, None]


def test_a_contradiction_is_recorded_and_its_absence_is_not():
    contradicted, quiet = recorded(replace(SEEN, disagree=True), SEEN)
    assert contradicted["disagree"] is True
    assert "disagree" not in quiet


def test_sides_are_recorded_where_they_differ_and_are_known():
    apart = actions({"AU4": 3.0, "AU12": 2.0}, left={"AU12": 2.6, "AU4": 3.1}, right={"AU12": 1.2, "AU4": 2.9})
    (record,) = recorded(replace(SEEN, actions=apart))
    assert (record["left"], record["right"]) == ({"AU12": 2.6}, {"AU12": 1.2})
    assert not set(record["left"]) - set(SIDED_KEYS)
    (record,) = recorded(replace(SEEN, actions=actions({"AU4": 3.0}, (LOWER,), left={"AU12": 2.0}), hidden=(LOWER,)))
    assert "left" not in record


def test_a_gated_frame_has_its_reasons_and_no_guess():
    record = to_json(replace(SEEN, reasons=(Reason.TOO_DARK,)), MODELS)
    assert record["reasons"] == ["too_dark"]
    assert not {"emotions", "aus", "hidden", "expressions", "neutral"} & record.keys()


def test_what_the_pipeline_says_of_a_real_face_is_a_record(models: Models, portrait):
    seen = Pipeline(models, Settings())(Frame(portrait, 0, 0.0))
    (record,) = recorded(seen)
    assert record["status"] == "measured"
    assert set(record["ms"]) == {"detect", "align", "read", "interpret", "total"}
    assert record["ms"]["total"] >= record["ms"]["read"]
    assert next(iter(record["expressions"])) == "happy"
    assert "disagree" not in record


@pytest.mark.parametrize(
    ("part", "top", "bottom", "seen", "gone"), [(LOWER, 0.5, 1.1, "AU1", "AU12"), (UPPER, 0.15, 0.45, "AU12", "AU1")]
)
def test_a_real_face_that_is_half_covered_says_so_and_measures_the_rest(
    models: Models, portrait, face, part, top, bottom, seen, gone
):
    covered, box = portrait.copy(), face.box
    covered[round(box.y + top * box.h) : round(box.y + bottom * box.h), round(box.x) : round(box.x + box.w)] = 225
    (record,) = recorded(Pipeline(models, Settings())(Frame(covered, 0, 0.0)))
    assert record["hidden"] == [part]
    assert seen in record["aus"] and gone not in record["aus"]
    assert "pain" not in record
