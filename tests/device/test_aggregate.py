"""Aggregates: mean, peak and share of a span, from the records alone, and which of them each mode sends."""

import json
from itertools import chain

import pytest

from device.contract import aggregate
from device.contract.fields import Json, encode
from device.contract.pack import unpack
from device.contract.record import decode
from device.delivery.aggregate import Aggregator
from device.delivery.condenser import Condenser, pack_bodies
from device.delivery.sink import Line

BOOT = "0123abcd-0000002710"  # started at 10 s


def record(seq: int, mono: float, **more: object) -> Json:
    return {
        "v": 1,
        "device": "box",
        "boot": BOOT,
        "seq": seq,
        "status": "measured",
        "time": {"mono": mono, "wall": 1.7e9 + mono, "trusted": True},
        "frame": {"index": seq - 1},
        **more,
    }


def gated(seq: int, mono: float) -> Json:
    return record(seq, mono, status="gated", reasons=["blurred", "too_dark"])


def lines(records: list[Json]) -> list[Line]:
    return [Line(f"records/box/{BOOT}/s{r['seq']:09d}", encode(r)) for r in records]


def test_a_second_has_mean_peak_and_share() -> None:
    seconds = Aggregator(1)
    happy = ({"happiness": 0.2}, {"happiness": 0.4}, {"happiness": 0.3})
    for seq, emotions in enumerate(happy, start=1):
        assert seconds.add(record(seq, 12.0 + seq / 10, emotions=emotions, aus={"AU12": seq}, pain=seq)) is None
    assert seconds.add(gated(4, 12.9)) is None
    done = seconds.add(record(5, 13.0, frame={"index": 4, "dropped": 2}))
    assert done is not None
    aggregate.validate(done)
    assert (done["number"], done["frames"], done["measured"], done["share"]) == (2, 4, 3, 0.75)
    assert done["reasons"] == {"blurred": 1, "too_dark": 1}
    assert done["mean"] == {"emotions": {"happiness": 0.3}, "aus": {"AU12": 2}, "pain": 2}
    assert done["peak"] == {"emotions": {"happiness": 0.4}, "aus": {"AU12": 3}, "pain": 3}
    assert aggregate.key(done) == f"seconds/box/{BOOT}/t000000002"
    last = seconds.end()
    assert last is not None
    assert (last["number"], last["skipped"], seconds.end()) == (3, 2, None)


def test_a_second_without_a_measured_frame_claims_nothing() -> None:
    seconds = Aggregator(1)
    seconds.add(gated(1, 10.0))
    done = seconds.end()
    assert done is not None
    aggregate.validate(done)
    assert done["share"] == 0
    assert not {"mean", "peak"} & set(done)


def test_a_mean_is_over_the_frames_that_have_the_value() -> None:
    seconds = Aggregator(1)
    seconds.add(record(1, 10.0, aus={"AU1": 1, "AU2": 4}))
    seconds.add(record(2, 10.5, aus={"AU1": 3}))
    done = seconds.end()
    assert done is not None
    assert done["mean"]["aus"] == {"AU1": 2, "AU2": 4}


def test_a_new_start_of_the_daemon_begins_a_new_span() -> None:
    minutes = Aggregator(60)
    minutes.add(record(1, 10.0))
    done = minutes.add(record(1, 10.0) | {"boot": "0123abcd-0000002711"})
    assert done is not None
    assert aggregate.key(done) == f"minutes/box/{BOOT}/n000000"


def test_the_same_records_give_the_same_bytes_under_the_same_path() -> None:
    records = [record(seq, 10.0 + seq / 10, emotions={"fear": seq / 100}) for seq in range(1, 40)]
    one, two = Condenser("seconds"), Condenser("seconds")
    in_one_go = one(lines(records)) + one.end()
    singly = [*chain.from_iterable(two([line]) for line in lines(records)), *two.end()]
    assert sorted(in_one_go, key=lambda line: line.path) == sorted(singly, key=lambda line: line.path)
    assert len({line.path for line in singly}) == len(singly) == 5


@pytest.mark.parametrize(
    ("mode", "roots"),
    [
        ("records", {"records": 130, "minutes": 3}),
        ("seconds", {"seconds": 130, "minutes": 3}),
        ("minutes", {"minutes": 3}),
    ],
)
def test_each_mode_sends_what_it_says_and_minutes_always(mode: str, roots: dict[str, int]) -> None:
    condense = Condenser(mode)
    sent = condense(lines([record(seq, 9.5 + seq, pain=1) for seq in range(1, 131)])) + condense.end()
    paths = [line.path.partition("/")[0] for line in sent]
    assert {root: paths.count(root) for root in set(paths)} == roots


def test_real_records_become_valid_aggregates(clip_records: list[Json]) -> None:
    condense = Condenser("seconds")
    done = condense(lines(clip_records)) + condense.end()
    for line in done:
        aggregate.validate(json_of(line))
    assert sum(json_of(line)["frames"] for line in done if line.path.startswith("seconds/")) == len(clip_records)


def test_seconds_and_records_are_packed_and_what_is_neither_is_not(clip_records: list[Json]) -> None:
    bodies = [encode(r) for r in clip_records[:50]]
    packed = pack_bodies(bodies)
    assert packed is not None
    assert packed[0] == f"packs/tester/{clip_records[0]['session']}/s000000001"
    assert [encode(decode(encode(r))) for r in unpack(json_of(Line(*packed)))] == bodies
    assert pack_bodies([b'{"seq":1}', b'{"seq":2}']) is None
    assert pack_bodies([b"[]"]) is None


def json_of(line: Line) -> Json:
    return json.loads(line.body)
