"""The record: what is accepted, what is refused, and that its bytes are the same everywhere."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from device.contract.errors import DataError
from device.contract.record import decode, encode, json_schema, key, validate

Json = dict[str, Any]
MEASURED: Json = {
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


def changed(path: str, value: Any) -> Json:
    record = copy.deepcopy(MEASURED)
    *parents, name = path.split(".")
    node = record
    for parent in parents:
        node = node.setdefault(parent, {})
    if value is None:
        del node[name]
    else:
        node[name] = value
    return record


def test_a_record_survives_the_way_out_and_back() -> None:
    assert encode(decode(encode(MEASURED))) == encode(MEASURED)


def test_whole_numbers_have_one_spelling() -> None:
    assert encode(changed("aus.AU12", 2.0)) == encode(changed("aus.AU12", 2))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("device", None, "device"),
        ("time.wall", None, "time.wall"),
        ("v", 2, "v"),
        ("seq", 0, "seq"),
        ("seq", True, "seq"),
        ("seq", "7", "seq"),
        ("aus.AU12", 5.1, "aus.AU12"),
        ("aus.AU12", float("nan"), "aus.AU12"),
        ("aus.AU99", 1.0, "aus.AU99"),
        ("left.AU12", -1.0, "left.AU12"),
        ("right.AU26", 1.0, "right.AU26"),
        ("hidden", ["ears"], "hidden"),
        ("hidden", [], "hidden"),
        ("disagree", 1, "disagree"),
        ("expressions.gleeful", 0.5, "expressions.gleeful"),
        ("ms.feelings", 1.0, "ms.feelings"),
        ("emotions.happiness", -0.1, "emotions.happiness"),
        ("name", "Jane", "name"),
        ("device", "Jane's box", "device"),
        ("status", "perhaps", "status"),
        ("status", "gated", "status"),
        ("reasons", ["no_face"], "status"),
        ("reasons", [], "reasons"),
        ("reasons", ["bored"], "reasons"),
    ],
)
def test_a_malformed_record_is_refused_and_the_field_named(path: str, value: Any, named: str) -> None:
    with pytest.raises(DataError, match=f"'{named}'"):
        validate(changed(path, value))


def test_a_list_of_names_is_asked_for_in_words() -> None:
    with pytest.raises(DataError, match="is 'upper', not a list of names"):
        validate(changed("hidden", "upper"))


def test_a_face_of_which_a_part_is_hidden_or_two_things_are_said_is_a_record() -> None:
    for path, value in (("hidden", ["upper"]), ("hidden", ["upper", "lower"]), ("disagree", True), ("ms.read", 0.4)):
        validate(changed(path, value))
    for name in ("crying", "peaceful"):
        validate(changed(f"expressions.{name}", 0.5))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("neutral", "automatic:1a2b3c4d"),
        ("neutral", "refused"),
        ("codes", ["AD63", "AD64"]),
        ("ms.emotions", 1.0),
        ("ms.aus", 1.0),
        ("models.aus", "au-geometry-1.0.0"),
    ],
)
def test_what_older_boxes_wrote_is_still_a_record(path: str, value: Any) -> None:
    validate(changed(path, value))


@pytest.mark.parametrize(("name", "value"), [("hidden", ["lower"]), ("disagree", True)])
def test_of_what_was_gated_nothing_is_hidden_and_nothing_disagrees(name: str, value: Any) -> None:
    gated = changed("status", "gated") | {"reasons": ["blurred"], name: value}
    bare = {key: value for key, value in gated.items() if key not in ("emotions", "aus")}
    with pytest.raises(DataError, match=f"no guess, and this one has {name}"):
        validate(bare)


def test_a_gated_record_carries_no_guess() -> None:
    gated = changed("status", "gated") | {"reasons": ["blurred"]}
    with pytest.raises(DataError, match="no guess, and this one has emotions, aus"):
        validate(gated)
    validate({name: value for name, value in gated.items() if name not in ("emotions", "aus")})


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b'{"v": 1'])
def test_what_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(DataError):
        decode(line)


def test_keys_sort_in_the_order_of_time() -> None:
    keys = [key(MEASURED | {"seq": seq}) for seq in (1, 9, 10, 99, 100, 123456)]
    assert keys == sorted(keys)
    assert keys[0] == "records/box-1/0123abcd-0000000001/s000000001"


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = Path(__file__).parents[2] / "cloud" / "record.schema.json"
    assert json.loads(committed.read_text()) == json_schema(), "run `make rules`"
