"""Packs: the very records come back, whatever they hold, and they are small."""

import base64
import json
import random
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from cloud.cli import main
from device.contract import aggregate, pack, record, telemetry
from device.contract.columns import from_vlq, vlq
from device.contract.errors import DataError
from device.contract.fields import Json, check, encode
from device.delivery.budget import OVERHEAD_BYTES, SEGMENT_SHARE
from device.delivery.condenser import pack_bodies
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
    if chance.random() < 0.5:
        made |= {
            "pace": {"rate": chance.choice([5, 7.5, 10]), "why": chance.sample(["heat", "throttled", "budget"], 2)}
        }
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
    assert list(from_vlq(vlq(number) * 2, 2)) == [number, number]


def test_small_steps_are_written_as_in_source_maps() -> None:
    assert [vlq(step) for step in (0, 1, -1, 15, 16)] == ["A", "C", "D", "e", "gB"]


@pytest.mark.parametrize("value", [1e-9, 0.1234567, 5e-324, 1 / 3])
def test_what_has_too_many_decimals_is_kept_as_it_is(value: float) -> None:
    assert same([RECORD | {"pain": value}, RECORD | {"seq": 8, "pain": 2 * value}])


def test_a_pack_is_found_by_the_number_of_its_first() -> None:
    assert pack.key(pack.pack([RECORD])) == "packs/box-1/0123abcd-0000000001/s000000007"
    second = {"v": 1, "device": "box-1", "boot": "b", "number": 3, "span": 1, "time": RECORD["time"], "frames": 1}
    assert pack.key(pack.pack([second])) == "packs/box-1/b/t000000003"


def test_more_than_a_pack_holds_is_sent_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MOST", 1)
    assert pack_bodies([encode(RECORD)]) is not None
    assert pack_bodies([encode(RECORD), encode(RECORD | {"seq": 8})]) is None


def columns(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def loose(text: str) -> bytes:
    """The JSON of columns with room in it, which changes nothing of what it says."""
    return zlib.decompress(base64.b64decode(text)) + b" " * 8000


def twice(text: str) -> str:
    """The text with something behind its end that a reader might pass over."""
    return base64.b64encode(base64.b64decode(text) + b"hidden").decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": "?"},
        {"columns": base64.b64encode(b"no deflate").decode()},
        {"columns": columns([])},
        {"columns": columns({})},
        {"count": 10**9},
        {"count": 2},
        {"first": 6},
        {"last": 8},
        {"time": {"mono": 2.0, "wall": 1e9, "trusted": True}},
        {"of": "people"},
        {"of": "seconds"},
        {"v": 2},
        {"columns": pack.pack([RECORD])["columns"][:-4]},
        {"columns": twice(pack.pack([RECORD])["columns"])},
        {"columns": base64.b64encode(zlib.compress(loose(pack.pack([RECORD])["columns"]), 0)).decode()},
    ],
)
def test_a_spoilt_pack_is_refused(changes: Json) -> None:
    with pytest.raises(DataError):
        pack.unpack(pack.pack([RECORD]) | changes)


def altered(count: int, **changes: object) -> Json:
    """A pack of records of which columns, by path with `__`, were replaced by whoever made it; None takes one away."""
    made = pack.pack([RECORD | {"seq": 7 + at, "time": RECORD["time"] | {"mono": 1.0 + at}} for at in range(count)])
    there = json.loads(zlib.decompress(base64.b64decode(made["columns"])))
    there |= {path.replace("__", "."): column for path, column in changes.items()}
    return made | {"columns": columns({path: column for path, column in there.items() if column is not None})}


def test_what_is_altered_below_is_a_pack_before() -> None:
    assert len(pack.unpack(altered(2, pain={"in": [0, 1, 1], "same": 3}))) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"device": {"same": "box-2"}},
        {"boot": {"same": "another"}},
        {"name": {"same": "Ada Lovelace"}},
        {"image": {"same": "/9j/4AAQSkZJRg"}},
        {"pain": {}},
        {"pain": {"same": 1, "each": [1, 1]}},
        {"pain": {"same": 1, "of": 2}},
        {"pain": [1, 2]},
        {"pain": {"each": [1]}},
        {"neutral": {"each": "xy"}},
        {"pain": {"same": 17}},
        {"pain": {"same": -1}},
        {"pain": {"each": [1, 17]}},
        {"pain": {"same": "1"}},
        {"pain": {"same": {"deep": 1}}},
        {"pain": {"same": float("nan")}},
        {"pain": {"digits": 0, "step": "Cg"}},
        {"pain": {"digits": 0, "step": "C!"}},
        {"pain": {"digits": 0, "step": "CCC"}},
        {"pain": {"digits": 0, "step": "CDg"}},
        {"pain": {"digits": 0, "step": ["C", "C"]}},
        {"pain": {"digits": 0, "step": "oCC"}},
        {"pain": {"digits": 7, "step": "CC"}},
        {"pain": {"digits": 30_000_000, "step": "CC"}},
        {"quality__width": {"digits": -1, "step": "CC"}},
        {"pain": {"digits": True, "step": "CC"}},
        {"pain": {"digits": 0, "step": "g" * 3000 + "AC"}},
        {"pain": {"in": [-1, 3], "same": 1}},
        {"pain": {"in": [3, -1], "same": 1}},
        {"pain": {"in": [1, 0, 1], "same": 1}},
        {"pain": {"in": [1], "same": 1}},
        {"pain": {"in": [1, 2], "same": 1}},
        {"pain": {"in": [0, 2], "same": 1}},
        {"pain": {"in": [1.0, 1], "same": 1}},
        {"pain": {"in": 2, "same": 1}},
        {"seq": None},
        {"seq": {"in": [1, 1], "same": 7}},
        {"seq": {"digits": 1, "step": "sEU"}},
        {"seq": {"each": [7, 7]}},
        {"seq": {"each": [9, 8]}},
        {"frame__index": None},
        {"v": {"same": 2}},
        {"status": {"same": "perhaps"}},
        {"status": {"same": "gated"}},
        {"reasons": {"same": ["no_face"]}},
        {"codes": {"same": []}},
        {"codes": {"same": ["AD53", "AD53"]}},
        {"neutral": {"same": "x" * 201}},
        {"neutral": {"same": "\ud800"}},
    ],
    ids=str,
)
def test_a_pack_that_no_box_of_ours_would_make_is_refused(changes: Json) -> None:
    with pytest.raises(DataError):
        pack.unpack(altered(2, **changes))


@pytest.mark.parametrize(
    "plain",
    [
        b'{"neutral":{"same":"' + b"0" * 100_000_000 + b'"}}',
        b'{"neutral":{"same":"' + b"0" * 2_000_000 + b'"}}',
        b'{"seq":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"seq":{"digits":0,"step":"' + b"g" * 12_000 + b'"}}',
    ],
    ids=["a bomb", "a bomb in a text of the right size", "nested", "a number without end"],
)
def test_what_is_made_to_take_for_ever_or_fill_the_memory_is_refused_at_once(plain: bytes) -> None:
    bomb = pack.pack([RECORD]) | {"columns": base64.b64encode(zlib.compress(plain, 9)).decode()[:900_000]}
    tracemalloc.start()
    began_s = time.process_time()
    with pytest.raises(DataError):
        pack.unpack(bomb)
    assert time.process_time() - began_s < 1
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["record", "pack", "aggregate", "telemetry"])
def test_committed_schemas_are_the_generated_ones(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    contract = {"record": record, "pack": pack, "aggregate": aggregate, "telemetry": telemetry}[name]
    committed = Path(__file__).parents[2] / "cloud" / f"{name}.schema.json"
    assert json.loads(committed.read_text()) == contract.json_schema(), "run `make rules`"
    assert main(["schema", "--of", name]) == 0
    assert capsys.readouterr().out == committed.read_text()
