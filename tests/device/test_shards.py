"""Sharding: which database a box reports to, and that a new one moves few boxes."""

import subprocess
import sys
from collections import Counter

import pytest

from device.contract.errors import SinkError
from device.contract.shards import rank, shard_name, split
from device.delivery.opening import own_shard

SHARDS = [f"https://clinic-{number}.firebaseio.com" for number in range(4)]
BOXES = [f"box-{number}" for number in range(4000)]


def owners(shards):
    return {box: rank(box, shards)[0] for box in BOXES}


def test_boxes_are_spread_evenly():
    counts = Counter(owners(SHARDS).values())
    assert set(counts) == set(SHARDS)
    expected = len(BOXES) / len(SHARDS)
    assert all(abs(count - expected) < 5 * expected**0.5 for count in counts.values()), counts


@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_new_shard_takes_its_share_and_moves_nobody_else(before):
    old, new = owners(SHARDS[:before]), owners(SHARDS[: before + 1])
    moved = [box for box in BOXES if old[box] != new[box]]
    assert {new[box] for box in moved} == {SHARDS[before]}
    expected = len(BOXES) / (before + 1)
    assert abs(len(moved) - expected) < 5 * expected**0.5


def test_when_a_shard_leaves_only_its_boxes_move_and_each_to_its_second_choice():
    for box in BOXES[:200]:
        first, second, *_ = rank(box, SHARDS)
        assert rank(box, [shard for shard in SHARDS if shard != first])[0] == second


def test_the_list_may_be_in_any_order_and_any_spelling():
    respelled = [url.replace("clinic", "Clinic") + ":443/" for url in reversed(SHARDS)]
    for box in BOXES[:50]:
        assert [shard_name(url) for url in rank(box, respelled)] == [shard_name(url) for url in rank(box, SHARDS)]


def test_the_choice_is_a_constant_of_the_contract():
    """These may never change: a fleet would lose its boxes."""
    assert [SHARDS.index(rank(box, SHARDS)[0]) for box in BOXES[:12]] == [2, 3, 3, 1, 2, 1, 3, 0, 3, 0, 2, 0]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_every_process_chooses_the_same(seed):
    code = (
        "import sys; from device.contract.shards import rank; print(*(rank(b, sys.argv[1:])[0] for b in 'abcdefgh'))"
    )
    command = [sys.executable, "-c", code, *SHARDS]
    done = subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [rank(box, SHARDS)[0] for box in "abcdefgh"]


def test_local_databases_are_told_apart_by_port_and_namespace():
    urls = ["http://127.0.0.1:9000?ns=a", "http://127.0.0.1:9000?ns=b", "http://127.0.0.1:9001?ns=a"]
    assert split(",".join(urls)) == tuple(urls)
    assert {rank(box, urls)[0] for box in BOXES[:50]} == set(urls)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("https://a.firebaseio.com,", "empty"),
        ("https://a.firebaseio.com,https://A.firebaseio.com:443/", "twice"),
        ("https://a.firebaseio.com,b.firebaseio.com", "not a database address"),
        ("https://a.firebaseio.com,https://b.firebaseio.com/deep", "not a database address"),
        ("http://a:port", "not a database address"),
    ],
)
def test_a_wrong_list_is_refused(text, sentence):
    with pytest.raises(SinkError, match=sentence):
        own_shard(text, "box-1")


def test_a_box_opens_its_own_shard():
    assert {own_shard(",".join(SHARDS), box).host for box in BOXES[:50]} == {
        f"clinic-{n}.firebaseio.com" for n in range(4)
    }
    own = rank("box-7", SHARDS)[0]
    assert f"https://{own_shard(','.join(SHARDS), 'box-7').host}" == own
