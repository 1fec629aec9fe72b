"""The evaluator of rules is given a whole tree once, and then only what changes in it."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from cloud.local.evaluation import NODE_MODULES, EvaluatedRules
from cloud.local.tokens import unsigned
from cloud.local.tree import RequestError

RULES = {
    "rules": {
        "open": {".read": True},
        "$place": {
            "$who": {".read": "auth.uid === $who && root.child('may').child($who).val() === true", ".write": True}
        },
    }
}


def asking(uid: str = "") -> Request:
    """A request of somebody; '' for the owner."""
    query = f"auth={unsigned(uid, time.time(), {})}" if uid else ""
    headers = [] if uid else [(b"authorization", b"Bearer owner")]
    return Request({"type": "http", "method": "GET", "headers": headers, "query_string": query.encode()})


@pytest.fixture
def rules(tmp_path: Path) -> Any:
    if not ((NODE_MODULES / "targaryen").is_dir() and shutil.which("node")):
        pytest.skip("no targaryen: `make rules-evaluator`")
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(RULES))
    running = EvaluatedRules(file)
    yield running
    running.close()


def test_reads_between_a_write_and_its_commit_cost_no_tree_and_see_what_is_durable(
    rules: EvaluatedRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = rules._ask
    monkeypatch.setattr(rules, "_ask", lambda question: asked.append(question["op"]) or ask(question))
    durable: Any = {"may": {"clara": True}, "x": {"clara": 1}}
    staged: Any = {"may": {"clara": True, "nils": True}, "x": {"clara": 1}}
    rules.check_read(asking("clara"), "n", ("x", "clara"), durable)
    rules.check_write(asking("clara"), "n", {("may", "nils"): True}, durable, 1)
    rules.committed("n", staged)
    for _ in range(3):
        rules.check_read(asking("clara"), "n", ("x", "clara"), durable)
        rules.check_read(asking("nils"), "n", ("x", "nils"), staged)
        with pytest.raises(RequestError):
            rules.check_read(asking("nils"), "n", ("x", "nils"), durable)
    assert asked.count("load") == 1


def test_writes_above_the_rules_cost_no_tree_either(rules: EvaluatedRules, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = rules._ask
    monkeypatch.setattr(rules, "_ask", lambda question: asked.append(question["op"]) or ask(question))
    first: Any = {"may": {"clara": True}}
    second: Any = {"may": {"clara": True, "nils": True}}
    third: Any = {}
    rules.check_read(asking("clara"), "n", ("x", "clara"), first)
    rules.check_write(asking(), "n", {("may", "nils"): True}, first, 1)
    rules.committed("n", second)
    rules.check_read(asking("nils"), "n", ("x", "nils"), second)
    rules.check_write(asking(), "n", {("may",): None}, second, 2)
    rules.committed("n", third)
    with pytest.raises(RequestError):
        rules.check_read(asking("nils"), "n", ("x", "nils"), third)
    assert asked.count("load") == 1
