"""Group commit: what arrives together shares a sync, and nobody is answered before it."""

import asyncio
import sqlite3

import httpx
import pytest

from cloud.local.commits import GroupCommit
from cloud.local.server import RestApi
from cloud.local.store import Store


class Counting(Store):
    """A store that counts its syncs, and can be told to fail at the next one."""

    flushes = 0
    broken = False

    def flush(self):
        self.flushes += 1
        if self.broken:
            self._undo()
            raise sqlite3.OperationalError("disk I/O error")
        super().flush()


@pytest.fixture
def store(tmp_path):
    store = Counting(tmp_path)
    yield store
    store.close()


def ask(store, *requests):
    """The answers to requests (method, path, JSON, headers) that arrive together."""

    async def answers():
        transport = httpx.ASGITransport(app=RestApi(store))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await asyncio.gather(
                *(
                    client.request(method, f"{path}.json", json=data, headers=more)
                    for method, path, data, more in requests
                )
            )

    return asyncio.run(answers())


def test_writes_that_arrive_together_share_a_sync_and_are_all_durable(store, tmp_path):
    answers = ask(store, *(("PUT", f"/box/{number}", number, {}) for number in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert store.flushes < 10
    store.close()
    again = Store(tmp_path)
    assert again.root("default") == {"box": {str(number): number for number in range(50)}}
    again.close()


def test_each_write_builds_on_those_staged_before_it(store):
    step = {".sv": {"increment": 1}}
    answers = ask(store, *(("PUT", "/count", step, {}) for _ in range(20)))
    assert sorted(answer.json() for answer in answers) == list(range(1, 21))


def test_of_conditional_writes_that_arrive_together_one_wins(store):
    condition = {"if-match": "null_etag"}
    answers = ask(store, *(("PUT", "/seat", name, condition) for name in "abcde"))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    (winner,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert {answer.json() for answer in answers} == {winner} == {store.root("default")["seat"]}


def test_a_failed_sync_fails_and_undoes_the_whole_group(store):
    ask(store, ("PUT", "/kept", 1, {}))
    store.broken = True
    answers = ask(store, *(("PATCH", "/", {"kept": 2, f"new/{number}": 1}, {}) for number in range(5)))
    assert {answer.status_code for answer in answers} == {503}
    store.broken = False
    assert ask(store, ("GET", "/", None, {}))[0].json() == {"kept": 1}
    assert ask(store, ("PUT", "/kept", {".sv": {"increment": 1}}, {}))[0].json() == 2


def test_nobody_hears_of_a_write_before_it_is_durable(store):
    heard = []

    async def stage_and_look():
        commits = GroupCommit(store, lambda namespace, write: heard.append((namespace, write.changes)))
        commits.stage("ns", ("a",), {("a",): 1})
        commits.stage("ns", ("b",), {("b",): 2})
        assert (heard, store.root("ns"), store.head("ns")) == ([], None, {"a": 1, "b": 2})
        await commits.durable()

    asyncio.run(stage_and_look())
    assert heard == [("ns", {("a",): 1}), ("ns", {("b",): 2})]
    assert store.root("ns") == {"a": 1, "b": 2}


def test_a_write_that_the_disk_refuses_undoes_its_group(store):
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    answers = ask(store, *(("PUT", f"/{name}", size * "x", {}) for name, size in (("a", 1), ("b", 90_000))))
    assert {answer.status_code for answer in answers} == {503}
    assert store.root("default") is None
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert ask(store, ("PUT", "/a", 1, {}))[0].status_code == 200
