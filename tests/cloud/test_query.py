"""Queries over HTTP, against the order and the errors of Firebase's reference."""

import json

import pytest

MIXED = {"n": 1.5, "zero": 0, "t": True, "f": False, "s": "b", "S": "B", "o": {"x": 1}, "o2": {"x": 0}, "minus": -7}
PEOPLE = {
    "ann": {"age": 30, "home": {"city": "Ulm"}},
    "bob": {"age": 25, "home": {"city": "Aue"}},
    "cem": {"age": 30},
    "dan": {"name": "no age"},
    "eve": {"age": "old"},
}
KEYS = {"b": 1, "a": 2, "10": 3, "9": 4, "-x": 5}


def ask(client, **params):
    """The keys of the answer to a query on /data, and its status."""
    encoded = {
        name: str(value) if name.startswith("limit") else json.dumps(value)
        for name, value in params.items()
    }  # fmt: skip
    answer = client.get("/data.json", params=encoded)
    assert answer.status_code == 200, answer.text
    return set(answer.json() or ())


def ordered(client, data, **params):
    """All keys in the query's order, found by asking for the first, the first two, …"""
    client.put("/data.json", json=data)
    keys, seen = [], set()
    for count in range(1, len(data) + 1):
        found = ask(client, limitToFirst=count, **params)
        assert len(found) == count
        assert found == set(data) - ask(client, limitToLast=len(data) - count, **params) if count < len(data) else True
        keys += found - seen
        seen = found
    return keys


@pytest.mark.parametrize(
    ("data", "order", "keys"),
    [
        (KEYS, "$key", ["9", "10", "-x", "a", "b"]),
        (MIXED, "$value", ["f", "t", "minus", "zero", "n", "S", "s", "o", "o2"]),
        (PEOPLE, "age", ["dan", "bob", "ann", "cem", "eve"]),
        (PEOPLE, "home/city", ["cem", "dan", "eve", "bob", "ann"]),
        (KEYS, "$priority", ["9", "10", "-x", "a", "b"]),
        (KEYS, "missing", ["9", "10", "-x", "a", "b"]),
    ],
)
def test_order(client, data, order, keys):
    assert ordered(client, data, orderBy=order) == keys


@pytest.mark.parametrize(
    ("data", "params", "keys"),
    [
        (KEYS, {"orderBy": "$key", "startAt": "10"}, {"10", "-x", "a", "b"}),
        (KEYS, {"orderBy": "$key", "startAfter": "10"}, {"-x", "a", "b"}),
        (KEYS, {"orderBy": "$key", "endAt": "10"}, {"9", "10"}),
        (KEYS, {"orderBy": "$key", "endBefore": "10"}, {"9"}),
        (KEYS, {"orderBy": "$key", "startAt": "10", "endAt": "a"}, {"10", "-x", "a"}),
        (KEYS, {"orderBy": "$key", "equalTo": "a"}, {"a"}),
        (KEYS, {"orderBy": "$key", "equalTo": "none"}, set()),
        (MIXED, {"orderBy": "$value", "startAt": False}, set(MIXED)),
        (MIXED, {"orderBy": "$value", "startAfter": False}, set(MIXED) - {"f"}),
        (MIXED, {"orderBy": "$value", "startAt": 0}, {"zero", "n", "S", "s", "o", "o2"}),
        (MIXED, {"orderBy": "$value", "endAt": 0}, {"f", "t", "minus", "zero"}),
        (MIXED, {"orderBy": "$value", "startAt": "", "endAt": "b"}, {"S", "s"}),
        (MIXED, {"orderBy": "$value", "equalTo": True}, {"t"}),
        (MIXED, {"orderBy": "$value", "equalTo": 1}, set()),
        (PEOPLE, {"orderBy": "age", "equalTo": 30}, {"ann", "cem"}),
        (PEOPLE, {"orderBy": "age", "equalTo": 30.0}, {"ann", "cem"}),
        (PEOPLE, {"orderBy": "age", "equalTo": None}, {"dan"}),
        (PEOPLE, {"orderBy": "age", "endAt": 29}, {"dan", "bob"}),
        (PEOPLE, {"orderBy": "age", "startAt": 26, "limitToFirst": 1}, {"ann"}),
        (PEOPLE, {"orderBy": "age", "endBefore": "old", "limitToLast": 2}, {"ann", "cem"}),
        (PEOPLE, {"orderBy": "home/city", "startAt": "B", "endAt": "Z"}, {"ann"}),
        (PEOPLE, {"orderBy": "age", "limitToLast": 99}, set(PEOPLE)),
        ("leaf", {"orderBy": "$key"}, set()),
        (None, {"orderBy": "$key"}, set()),
    ],
)
def test_filter(client, data, params, keys):
    client.put("/data.json", content=json.dumps(data))
    assert ask(client, **params) == keys


def test_the_answer_holds_whole_children(client):
    client.put("/data.json", json=PEOPLE)
    answer = client.get("/data.json", params={"orderBy": '"age"', "limitToFirst": 2})
    assert answer.json() == {"bob": PEOPLE["bob"], "dan": PEOPLE["dan"]}


def test_a_part_of_an_array(client):
    client.put("/data.json", json=["a", "b", "c"])
    assert client.get("/data.json", params={"orderBy": '"$key"', "limitToFirst": 2}).json() == ["a", "b"]
    assert client.get("/data.json", params={"orderBy": '"$key"', "limitToLast": 1}).json() == {"2": "c"}


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"limitToFirst": "1"}, "orderBy must be defined when other query parameters are defined"),
        ({"startAt": "1"}, "orderBy must be defined when other query parameters are defined"),
        ({"orderBy": "name"}, "orderBy must be a valid JSON encoded path"),
        ({"orderBy": "5"}, "orderBy must be a valid JSON encoded path"),
        ({"orderBy": '""'}, "orderBy must be a valid JSON encoded path"),
        ({"orderBy": '"$other"'}, "orderBy must be a valid JSON encoded path"),
        ({"orderBy": '"a.b"'}, "orderBy must be a valid JSON encoded path"),
        ({"orderBy": '"$key"', "limitToFirst": "x"}, "limitToFirst must be an integer"),
        ({"orderBy": '"$key"', "limitToLast": "1.5"}, "limitToLast must be an integer"),
        ({"orderBy": '"$key"', "limitToFirst": "0"}, "limitToFirst must be positive"),
        ({"orderBy": '"$key"', "limitToLast": "-1"}, "limitToLast must be positive"),
        ({"orderBy": '"$key"', "limitToFirst": "1", "limitToLast": "1"},
         "Only one of limitToFirst and limitToLast may be specified"),
        ({"orderBy": '"$key"', "equalTo": '"a"', "startAt": '"a"'},
         "equalTo cannot be specified in addition to startAfter, startAt, endAt, or endBefore"),
        ({"orderBy": '"$key"', "startAt": '"a"', "startAfter": '"a"'},
         "Only one of startAt and startAfter may be specified"),
        ({"orderBy": '"$key"', "endAt": '"a"', "endBefore": '"a"'},
         "Only one of endAt and endBefore may be specified"),
        ({"orderBy": '"$key"', "startAt": "1"}, "Provided key index type is invalid, must be string"),
        ({"orderBy": '"$value"', "startAt": "text"}, "Constraint index field must be a JSON primitive"),
        ({"orderBy": '"$value"', "equalTo": "{}"}, "Constraint index field must be a JSON primitive"),
    ],
)  # fmt: skip
def test_refused(client, params, sentence):
    answer = client.get("/data.json", params=params)
    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
