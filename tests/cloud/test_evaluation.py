"""What the evaluator of the rules is told: each tree once, then only what changes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from cloud.local import tree
from cloud.local.evaluation import EvaluatedRules
from cloud.local.tree import RequestError
from cloud.local.versions import Versions

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine: nothing evaluates rules")
SOURCE = {"rules": {"a": {".read": "root.child('open').val() === true", ".write": "!data.exists()"}}}
OWNER = Request({"type": "http", "headers": [(b"authorization", b"Bearer owner")], "query_string": b""})
ANYBODY = Request({"type": "http", "headers": [], "query_string": b""})


class Told:
    """A namespace of one tree, and what its evaluator was asked."""

    def __init__(self, rules: EvaluatedRules, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rules, self.root, self.asked = rules, tree.normalize({"b": 1}, 0, 0, None), []
        ask = rules._ask

        def noted(question: Any) -> Any:
            self.asked.append(question["op"])
            return ask(question)

        monkeypatch.setattr(rules, "_ask", noted)

    def write(self, who: Request, changes: dict[tuple[str, ...], Any], *, fails: bool = False) -> None:
        self.rules.check_write(who, "n", changes, self.root, 1)
        if not fails:
            self.root = tree.write(self.root, changes)
            self.rules.committed("n", self.root)

    def may_read(self, root: Any = None) -> bool:
        try:
            self.rules.check_read(ANYBODY, "n", ("a",), self.root if root is None else root)
        except RequestError:
            return False
        return True


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(SOURCE))
    rules = EvaluatedRules(file)
    yield Told(rules, monkeypatch)
    rules.close()


@needs_node
def test_what_the_owner_changes_is_told_as_a_change(told: Told) -> None:
    assert not told.may_read()
    told.write(OWNER, {("open",): True})
    assert told.may_read()
    told.write(OWNER, {("open",): None, ("c",): {"d": 2}})
    assert not told.may_read()
    told.write(OWNER, {(): {"open": True}})
    assert told.may_read()
    assert told.asked == ["load", "read", "made", "read", "made", "read", "made", "read"]


@needs_node
def test_readers_of_what_is_durable_and_writers_of_what_is_staged_do_not_make_it_start_anew(told: Told) -> None:
    told.may_read()
    durable = told.root
    told.write(ANYBODY, {("a",): 1})
    assert not told.may_read(durable)
    told.write(OWNER, {("open",): True})
    assert not told.may_read(durable)
    assert told.may_read()
    assert told.asked.count("load") == 1


@needs_node
def test_what_was_refused_or_undone_is_not_there(told: Told) -> None:
    told.write(OWNER, {("open",): True}, fails=True)
    assert not told.may_read()
    told.write(OWNER, {("open",): True}, fails=True)
    assert not told.may_read()
    told.write(ANYBODY, {("a",): 1}, fails=True)
    told.write(ANYBODY, {("a",): 2})
    with pytest.raises(RequestError, match="denied"):
        told.write(ANYBODY, {("a",): 3})
    assert not told.may_read()


def test_few_states_of_a_namespace_are_held_and_each_that_is_let_go_is_told_once() -> None:
    versions, roots = Versions(), [{"n": n} for n in range(6)]
    for root in roots:
        versions.hold("one", root, versions.next())
    versions.hold("two", roots[0], versions.next())
    assert [versions.number("one", root) for root in roots] == [None, None, 3, 4, 5, 6]
    assert versions.number("one", {"n": 5}) is None
    assert versions.number("two", roots[0]) == 7
    assert versions.staged("one") == 8
    versions.undone("one")
    assert (versions.dropped(), versions.dropped()) == ([1, 2, 8], [])
