"""Durability: what was acknowledged is there after a restart, a kill or a refused write."""

import asyncio
import json
import random
import sqlite3
import threading
from contextlib import closing

import httpx
import pytest

from cloud.local import tree
from cloud.local.server import RestApi
from cloud.local.store import FILE_NAME, Store
from device.contract.errors import StorageError

KILLS = 8


def rows(folder):
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        return db.execute("SELECT ns, path, json FROM entry ORDER BY path").fetchall()


def reopened(store, folder):
    store.close()
    return Store(folder)


def leaves(node, path=()):
    """Path → leaf: another form of the same tree, in which a write is easy to do right."""
    if isinstance(node, dict):
        return {at: leaf for key, child in node.items() for at, leaf in leaves(child, (*path, key)).items()}
    return {} if node is None else {path: node}


def related(one, other):
    return one[: len(other)] == other[: len(one)]


def flat_write(flat, path, node):
    """The oracle: what lies below `path` goes, and a leaf above it too, if something is written."""
    kept = {
        at: leaf
        for at, leaf in flat.items()
        if not related(at, path) or (len(at) < len(path) and node is None)
    }  # fmt: skip
    return kept | leaves(node, path)


def random_changes(rng):
    """One to three paths of which none contains another, with small trees, leaves or deletions."""
    changes = {}
    for _ in range(rng.randint(1, 3)):
        path = tuple(rng.choices("abc", k=rng.randint(0, 4)))
        if not any(related(path, other) for other in changes):
            node = rng.choice([None, None, 1, "text", {"a": {"b": 1}}, {"b": 2, "c": {"a": True, "c": 3}}])
            changes[path] = node
    return changes


@pytest.mark.parametrize("seed", range(12))
def test_random_writes_agree_with_the_oracle_in_memory_and_on_disk(tmp_path, seed):
    rng = random.Random(seed)
    store, flat = Store(tmp_path), {}
    for step in range(150):
        changes = random_changes(rng)
        store.commit("ns", changes)
        for path, node in changes.items():
            flat = flat_write(flat, path, node)
        assert leaves(store.root("ns")) == flat
        if step % 10 == 9:
            store = reopened(store, tmp_path)
            assert leaves(store.root("ns")) == flat
            assert tree.write(store.root("ns"), {}) == store.root("ns"), "no empty object is left"
    store.close()


def test_every_kind_of_value_comes_back_exactly(tmp_path):
    node = {"t": True, "f": False, "i": 2**63 - 1, "d": 0.1, "big": 1e300, "s": "é 😀 \ud800 \x00", "0": {"1": -0.5}}
    store = Store(tmp_path)
    store.commit("ns", {("größe", "a b", "-~!'\""): node})
    store = reopened(store, tmp_path)
    assert tree.same(store.root("ns"), {"größe": {"a b": {"-~!'\"": node}}})
    store.close()


def test_rows_are_as_coarse_as_the_writes(tmp_path):
    store = Store(tmp_path)
    store.commit("ns", {("a",): {"x": {"y": 1}}, ("b", "c"): 2})
    store.commit("ns", {("a", "x", "y"): 3})
    store.commit("other", {("a",): 1})
    store.close()
    assert rows(tmp_path) == [
        ("ns", "/a/", '{"x":{"y":1}}'), ("other", "/a/", "1"), ("ns", "/a/x/y/", "3"), ("ns", "/b/c/", "2"),
    ]  # fmt: skip


def test_a_deletion_leaves_no_row_after_the_next_start(tmp_path):
    store = Store(tmp_path)
    store.commit("ns", {("a",): {"x": 1, "y": 2}, ("b",): {"x": 1}})
    for key in "xy":
        store.commit("ns", {("a", key): None})
    store.commit("ns", {("b", "z"): 3})
    store.commit("ns", {("b", "x"): None, ("b", "none"): None})
    store = reopened(store, tmp_path)
    assert store.root("ns") == {"b": {"z": 3}}
    store.close()
    assert rows(tmp_path) == [("ns", "/b/", '{"z":3}')]


def test_a_write_that_the_disk_refuses_changes_nothing(tmp_path):
    store = Store(tmp_path)
    store.commit("ns", {("kept",): 1})
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.commit("ns", {("kept",): 2, ("big",): "x" * 1_000_000})
    assert store.root("ns") == {"kept": 1}
    store._db.execute("PRAGMA max_page_count = 1000000")
    store.commit("ns", {("later",): 3})
    store = reopened(store, tmp_path)
    assert store.root("ns") == {"kept": 1, "later": 3}
    store.close()


def test_a_full_disk_is_answered_as_unavailable(tmp_path):
    """The write is undone and may be tried again; reading goes on."""
    store = Store(tmp_path)
    store.commit("default", {("kept",): 1})
    store._db.execute("PRAGMA max_page_count = 1")

    async def answers():
        transport = httpx.ASGITransport(app=RestApi(store))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.put("/kept.json", json="x" * 1_000_000), await client.get("/kept.json")

    refused, kept = asyncio.run(answers())
    assert (refused.status_code, refused.json()["error"][:19]) == (503, "Service Unavailable")
    assert (kept.status_code, kept.json()) == (200, 1)
    store.close()


def test_every_commit_is_synced_before_it_is_acknowledged(tmp_path):
    """A kill cannot show this and a power cut is not to be had here: ask SQLite what it does."""
    store = Store(tmp_path)
    pragmas = [store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    store.close()


def test_a_second_server_on_the_same_folder(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(StorageError, match="another server already uses"):
        Store(tmp_path)
    store.commit("ns", {(): 1})
    store = reopened(store, tmp_path)
    assert store.root("ns") == 1
    store.close()


def overwrite_middle(file):
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)


def statement(sql):
    def run(file):
        with closing(sqlite3.connect(file)) as db, db:
            db.execute(sql)

    return run


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda file: file.write_bytes(b"no database " * 100), "is damaged"),
        (overwrite_middle, "is damaged"),
        (lambda file: file.write_bytes(file.read_bytes()[:5000]), "is damaged"),
        (statement("UPDATE entry SET json = '{\"half'"), "is damaged"),
        (statement("DROP TABLE entry"), "is damaged"),
        (statement("PRAGMA user_version = 99"), "newer Affectbox"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, harm, sentence):
    store = Store(tmp_path)
    store.commit("ns", {("a", str(number)): "x" * 500 for number in range(50)})
    store.close()
    harm(tmp_path / FILE_NAME)
    with pytest.raises(StorageError, match=sentence):
        Store(tmp_path)


def test_a_restart_keeps_everything(start, tmp_path):
    first = start(tmp_path)
    httpx.put(f"{first.url}/a.json?ns=one", json={"b": [1, {"c": "é"}]})
    httpx.patch(f"{first.url}/a.json?ns=one", json={"b/1/d": 2})
    httpx.put(f"{first.url}/a.json?ns=two", json=2)
    tag = httpx.get(f"{first.url}/a.json?ns=one", headers={"X-Firebase-ETag": "true"}).headers["etag"]
    assert first.end() == (0, "")
    second = start(tmp_path)
    answer = httpx.get(f"{second.url}/a.json?ns=one", headers={"X-Firebase-ETag": "true"})
    assert (answer.json(), answer.headers["etag"]) == ({"b": [1, {"c": "é", "d": 2}]}, tag)
    assert httpx.get(f"{second.url}/a.json?ns=two").json() == 2


def batch(number):
    """Four deep paths in different places, all of one batch."""
    return {f"{place}/{number:06d}/value": number for place in ("a", "b", "c/d", "e/f/g")}


def patch_until_killed(url, numbers, acknowledged, enough):
    """PATCH batch after batch; note each one that was answered; signal when some were."""
    with httpx.Client(base_url=url) as client:
        try:
            for number in numbers:
                assert client.patch("/log.json", json=batch(number)).status_code == 200
                acknowledged.add(number)
                if len(acknowledged) >= enough.wanted:
                    enough.set()
        except httpx.HTTPError:
            pass


class Enough(threading.Event):
    def __init__(self, wanted):
        super().__init__()
        self.wanted = wanted


def batches_found(url):
    """The numbers of all batches of which anything is there; each must be whole."""
    log = httpx.get(f"{url}/log.json").json() or {}
    places = [log.get("a"), log.get("b"), log.get("c", {}).get("d"), log.get("e", {}).get("f", {}).get("g")]
    found = [set(map(int, place or ())) for place in places]
    assert all(numbers == found[0] for numbers in found), "a batch is partly there"
    return found[0]


def test_kill_in_the_middle_of_patches(start, tmp_path):
    rng = random.Random(7)
    acknowledged, begun = set(), 1
    for _ in range(KILLS):
        server = start(tmp_path)
        enough = Enough(len(acknowledged) + rng.randint(1, 30))
        numbers = range(begun, begun + 100_000)
        writer = threading.Thread(target=patch_until_killed, args=(server.url, numbers, acknowledged, enough))
        writer.start()
        assert enough.wait(30)
        server.process.kill()
        writer.join(30)
        begun = max(acknowledged) + 2  # the batch after the last acknowledged one may be there or not
    found = batches_found(start(tmp_path).url)
    assert acknowledged <= found
    assert len(found - acknowledged) <= KILLS
    assert len(acknowledged) >= KILLS


def test_what_the_file_holds_is_json(tmp_path):
    """The file is readable without this program: every row's value is JSON."""
    store = Store(tmp_path)
    store.commit("ns", {("a",): {"b": "é"}, ("c",): False})
    store.close()
    assert {path: json.loads(text) for _, path, text in rows(tmp_path)} == {"/a/": {"b": "é"}, "/c/": False}


def test_nothing_that_was_deleted_or_overwritten_is_left_in_a_file_that_was_written_anew(tmp_path):
    with closing(Store(tmp_path)) as store:
        store.commit("x", {(): {"a": {"b": "before-1", "c": "before-2"}, "kept": "z" * 20_000}})  # one row of all
        store.commit("x", {("a", "b"): "after"})
        store.commit("x", {("a", "c"): None})
        store.commit("x", {("d", "e"): "before-3"})
        store.commit("x", {("d",): {"e": "now"}})
        store.commit("y", {("only",): "before-4"})
        store.commit("y", {("only",): None})
        assert b"before-1" in on_disk(tmp_path)
        store.compact()
        assert b"before-" not in on_disk(tmp_path)
        assert store.namespaces() == ["x"]
        store.commit("x", {("a", "f"): "more"})
    with closing(Store(tmp_path)) as store:
        expected = {"a": {"b": "after", "f": "more"}, "kept": "z" * 20_000, "d": {"e": "now"}}
        assert store.root("x") == expected


def on_disk(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir())
