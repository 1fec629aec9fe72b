"""The tree's rules, without a server."""

import copy

import pytest

from cloud.local import tree
from cloud.local.tree import RequestError


def normalized(data, current=None):
    return tree.normalize(data, 0, 1_700_000_000_123, current)


@pytest.mark.parametrize(
    ("data", "node"),
    [
        (None, None),
        ({}, None),
        ([], None),
        ({"a": {"b": {}}}, None),
        ({"a": None, "b": 0, "c": False, "d": ""}, {"b": 0, "c": False, "d": ""}),
        (["x", None, "y"], {"0": "x", "2": "y"}),
        ({"a": [[1]]}, {"a": {"0": {"0": 1}}}),
        ({".value": 5, ".priority": 1}, 5),
        ({"a": 1, ".priority": "high"}, {"a": 1}),
        ({".sv": "timestamp"}, 1_700_000_000_123),
        (2**63 - 1, 2**63 - 1),
        (2**63, float(2**63)),
    ],
)
def test_normalize(data, node):
    result = normalized(data)
    assert result == node
    assert type(result) is type(node)


@pytest.mark.parametrize(
    ("current", "step", "result"),
    [(None, 2, 2), (5, 2, 7), (5, -0.5, 4.5), ("text", 2, 2), (True, 2, 2), (2**63 - 1, 1, float(2**63))],
)
def test_increment(current, step, result):
    assert normalized({"n": {".sv": {"increment": step}}}, {"n": current} if current else None) == {"n": result}


@pytest.mark.parametrize(
    "data",
    [
        {"": 1},
        {"a.b": 1},
        {"a$": None},
        {"a/b": 1},
        {"a[": 1},
        {"\x07": 1},
        {"\x7f": 1},
        {"\ud800": 1},
        {"k" * 769: 1},
        {"é" * 385: 1},
        "x" * (10 * 1024 * 1024 + 1),
        10**400,
        float("inf"),
        {".sv": "now"},
        {".sv": {"increment": "1"}},
        {".sv": {"increment": True}},
        {".value": {"a": 1}},
    ],
)
def test_refused_data(data):
    with pytest.raises(RequestError):
        normalized(data)


def test_longest_key_and_string():
    data = {"k" * 768: "x" * (10 * 1024 * 1024), "é" * 384: 1}
    assert normalized(data) == data


def nested(depth):
    return {"k": nested(depth - 1)} if depth else 1


def test_depth():
    assert normalized(nested(32)) == nested(32)
    with pytest.raises(RequestError, match="deeper than 32"):
        normalized(nested(33))


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({(): 5}, 5),
        ({(): None}, None),
        ({("a",): None}, {"b": 1}),
        ({("a",): None, ("b",): None}, None),
        ({("a", "x"): None}, {"a": {"y": {"z": 2}}, "b": 1}),
        ({("a", "y", "z"): None}, {"a": {"x": 1}, "b": 1}),
        ({("b", "c"): 3}, {"a": {"x": 1, "y": {"z": 2}}, "b": {"c": 3}}),
        ({("b", "c", "d"): None}, {"a": {"x": 1, "y": {"z": 2}}, "b": 1}),
        ({("a", "x"): 9, ("c",): {"d": 4}}, {"a": {"x": 9, "y": {"z": 2}}, "b": 1, "c": {"d": 4}}),
    ],
)
def test_write_makes_a_new_tree(changes, result):
    root = {"a": {"x": 1, "y": {"z": 2}}, "b": 1}
    before = copy.deepcopy(root)
    assert tree.write(root, changes) == result
    assert root == before


def test_write_shares_what_it_does_not_touch():
    root = {"a": {"x": 1}, "b": {"y": 2}}
    assert tree.write(root, {("b", "y"): 3})["a"] is root["a"]


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"0": "a", "1": "b"}, ["a", "b"]),
        ({"1": "b", "2": "c"}, [None, "b", "c"]),
        ({"0": "a", "4": "d"}, {"0": "a", "4": "d"}),
        ({"0": "a", "2": "c"}, ["a", None, "c"]),
        ({"00": "a"}, {"00": "a"}),
        ({"0": "a", "x": "b"}, {"0": "a", "x": "b"}),
        ({"-1": "a"}, {"-1": "a"}),
        ({"a": {"0": {"0": 1}}}, {"a": [[1]]}),
    ],
)
def test_export_makes_arrays_of_dense_integer_keys(node, value):
    assert tree.export(node) == value


def test_key_order():
    keys = ["b", "a", "10", "9", "-3", "007", "7", "2147483648", "-x", "Z"]
    assert tree.ordered(keys) == ["-3", "7", "007", "9", "10", "-x", "2147483648", "Z", "a", "b"]
    assert list(tree.export(dict.fromkeys(keys, 1))) == tree.ordered(keys)


def test_etag_tells_types_apart_and_forgets_order():
    assert tree.etag(None) == "null_etag"
    assert len({tree.etag(node) for node in (1, 1.5, True, "1", {"a": 1})}) == 5
    assert tree.etag({"a": 1, "b": 2}) == tree.etag({"b": 2, "a": 1})
    assert not tree.same({"a": 1}, {"a": True})
