"""Packs: the very records come back, whatever they hold, and they are small."""

import base64
import json
import random
import zlib
from pathlib import Path

import pytest

from cloud.cli import main
from device.contract import aggregate, pack, record, telemetry
from device.contract.errors import DataError
from device.contract.fields import Json, check, encode
from device.delivery.budget import OVERHEAD_BYTES, SEGMENT_SHARE
from device.settings import UploadSettings

RECORD: Json = {
    "v": 1,
    "device": "box-1",
    "boot": "0123abcd-0000000001",
    "seq": 7,
    "status": "measured",
    "time": {"mono": 1.0, "wall": 1e9, "trusted": True},
    "frame": {"index": 0},
    "emotions": {"happiness": 0.5},
    "aus": {"AU12": 2.0},
}


def unlike(seed: int) -> Json:
    """A record that shares little with its neighbours."""
    chance = random.Random(seed)
    made = RECORD | {
        "seq": seed + 1,
        "time": {"mono": seed * 0.1, "wall": 1.7e9 + seed, "trusted": chance.random() < 0.5},
    }
    if chance.random() < 0.3:
        made |= {"status": "gated", "reasons": chance.sample(["blurred", "no_face", "too_dark"], chance.randint(1, 3))}
        return {name: value for name, value in made.items() if name not in record.GUESSES}
    made |= {"emotions": {"happiness": round(chance.random(), 3)}, "pain": round(chance.uniform(0, 16), 2)}
    if chance.random() < 0.5:
        made |= {"pose": {"yaw": round(chance.uniform(-180, 180), 1)}, "host": {"throttled": chance.random() < 0.5}}
    return made


def same(documents: list[Json]) -> bool:
    there = json.loads(encode(pack.pack(documents)))
    check(there, pack.FIELDS, "pack")
    return [encode(document) for document in pack.unpack(there)] == [encode(document) for document in documents]


@pytest.mark.parametrize("count", [1, 2, 10, 100])
def test_the_very_records_come_back(count: int) -> None:
    assert same([unlike(seed) for seed in range(count)])


def test_records_of_the_clip_come_back(clip_records: list[Json]) -> None:
    for at in range(0, len(clip_records), 100):
        assert same(clip_records[at : at + 100])


def test_a_month_of_ten_frames_a_second_stays_under_400_mb_on_the_wire(clip_records: list[Json]) -> None:
    tenths = list({int(document["frame"]["media"] * 10): document for document in clip_records}.values())
    together = round(10 * UploadSettings().interval_s)
    bodies = [encode(pack.pack(tenths[at : at + together])) for at in range(0, len(tenths), together)]
    frame = (1 + SEGMENT_SHARE) * sum(map(len, bodies)) / len(tenths) + OVERHEAD_BYTES / together
    assert frame * 10 * 3600 * 8 * 22 < 400e6


@pytest.mark.parametrize("number", [0, 1, -1, 15, -15, 16, -16, 511, 10**12, -(10**12)])
def test_a_step_of_any_size_comes_back(number: int) -> None:
    assert list(pack._from_vlq(pack._vlq(number) * 2)) == [number, number]


def test_small_steps_are_written_as_in_source_maps() -> None:
    assert [pack._vlq(step) for step in (0, 1, -1, 15, 16)] == ["A", "C", "D", "e", "gB"]


@pytest.mark.parametrize("value", [1e-9, 0.1234567, 1e300, 1 / 3])
def test_what_has_too_many_decimals_is_kept_as_it_is(value: float) -> None:
    assert same([RECORD | {"pain": value}, RECORD | {"seq": 8, "pain": 2 * value}])


def test_a_pack_is_found_by_the_number_of_its_first() -> None:
    assert pack.key(pack.pack([RECORD])) == "frames/box-1/0123abcd-0000000001/s000000007"
    second = {"v": 1, "device": "box-1", "boot": "b", "number": 3, "span": 1, "time": RECORD["time"], "frames": 1}
    assert pack.key(pack.pack([second])) == "spans/box-1/b/t000000003"


def columns(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": "?"},
        {"columns": base64.b64encode(b"no deflate").decode()},
        {"columns": columns([])},
        {"columns": columns({"seq": {}})},
        {"columns": columns({"seq": {"each": [1, 2]}})},
        {"columns": columns({"seq": {"digits": 0, "step": "!"}})},
        {"count": 10**9},
        {"of": "people"},
        {"v": 2},
    ],
)
def test_a_spoilt_pack_is_refused(changes: Json) -> None:
    with pytest.raises(DataError):
        pack.unpack(pack.pack([RECORD]) | changes)


@pytest.mark.parametrize("name", ["record", "pack", "aggregate", "telemetry"])
def test_committed_schemas_are_the_generated_ones(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    contract = {"record": record, "pack": pack, "aggregate": aggregate, "telemetry": telemetry}[name]
    committed = Path(__file__).parents[2] / "cloud" / f"{name}.schema.json"
    assert json.loads(committed.read_text()) == contract.json_schema(), "run `make rules`"
    assert main(["schema", "--of", name]) == 0
    assert capsys.readouterr().out == committed.read_text()
