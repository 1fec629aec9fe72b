"""What any document of the contract must be: small numbers, whole texts, no dots in keys, no depth without end."""

import json
from typing import Any

import pytest

from device.contract.errors import DataError
from device.contract.fields import LARGEST, Field, Json, canonical, check, encode, leaves, parse, schema

FIELDS = (
    Field("count", "integer", "things", required=True),
    Field("size", "number", "metres", 0),
    Field("name", "string", "what it is called"),
    Field("short", "string", "a word", longest=4),
    Field("box", "string", "part of a path", key=True),
    Field("parts", "names", "parts", names=("lid", "box")),
    Field("place.x", "number", "metres", -1, 1),
)
WHOLE: Json = {
    "count": 1,
    "size": 2.5,
    "name": "é",
    "short": "four",
    "box": "room-3",
    "parts": ["box", "lid"],
    "place": {"x": 0},
}


def nested(depth: int) -> Json:
    node: Json = {"x": 1}
    for _ in range(depth):
        node = {"x": node}
    return node


def test_a_whole_document_is_one() -> None:
    check(WHOLE, FIELDS, "thing")
    check(WHOLE | {"count": LARGEST, "size": float(LARGEST)}, FIELDS, "thing")


@pytest.mark.parametrize(
    "changes",
    [
        {"place.x": 0},
        {"place": {"x.y": 0}},
        {"": 1},
        {"count": LARGEST + 1},
        {"count": -(10**400)},
        {"size": 10**400},
        {"size": 1e300},
        {"size": float("inf")},
        {"size": float("nan")},
        {"name": "\ud800"},
        {"name": "x" * 201},
        {"short": "fiver"},
        {"box": "a/b"},
        {"box": ""},
        {"box": "b" * 41},
        {"parts": ["lid", "lid"]},
        {"parts": [["lid"]]},
        {"parts": [{}]},
        {"\ud800": 1},
        {"place": nested(40)},
        {"place": nested(5000)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_no_reader_could_hold_is_refused_in_a_sentence_of_a_line(changes: Json) -> None:
    with pytest.raises(DataError) as refused:
        check(WHOLE | changes, FIELDS, "thing")
    sentence = str(refused.value)
    assert len(sentence) < 150
    assert sentence.isprintable()


@pytest.mark.parametrize("function", [leaves, canonical, encode])
def test_what_is_nested_without_end_ends_no_program(function: Any) -> None:
    with pytest.raises(DataError, match="nested"):
        function(nested(5000))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "1" * 5000, b"\xff", "", "{"])
def test_what_is_no_json_is_said_in_a_sentence(text: str | bytes) -> None:
    with pytest.raises(DataError, match="Not a thing"):
        parse(text, "thing")


def test_a_number_too_large_to_be_exact_keeps_its_bytes() -> None:
    assert json.loads(encode({"size": 1e300})) == {"size": 1e300}
    assert len(encode({"size": 1e300})) < 20


def test_the_schema_says_the_same_limits() -> None:
    there = schema(FIELDS, "thing")["properties"]
    assert there["count"]["maximum"] == LARGEST
    assert there["short"]["maxLength"] == 4
    assert there["parts"]["uniqueItems"]


@pytest.mark.parametrize(("name", "one"), [("event", "an event"), ("record", "a record")])
def test_sentences_have_the_right_article(name: str, one: str) -> None:
    for document in ({}, {"unknown": 1}, {"count": "x"}, []):
        with pytest.raises(DataError, match=f"(?i){one}"):
            check(document, FIELDS, name)
