"""Security rules in the embedded database: who sends a request, and whether Firebase's rules allow it.

The rules are evaluated by targaryen, an implementation of Firebase's rule language in JavaScript, in a Node process
that lives as long as the database (see `evaluator/evaluator.js`). What targaryen would take and Firebase refuses, such
as depth over 32, control characters in keys or overlapping paths, is refused before it, by `tree.normalize`.

Who sends a request is told by `asker.py`. Tokens are not verified, so this tests rules and clients; it does not keep
an attacker out.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, Protocol

from starlette.requests import Request

from cloud.local.asker import FREELY, Permit, authenticate, ends_s, is_owner
from cloud.local.deciding import Deciding
from cloud.local.evaluator import Evaluator
from cloud.local.tree import Changes, Node, Path, RequestError
from cloud.local.versions import Versions
from device.contract.errors import ConfigError


class Rules(Protocol):
    """Whether a request may do what it asks for."""

    def check_read(self, request: Request, namespace: str, path: Path, root: Node) -> None:
        """Raises `RequestError` (401) if the node at `path` may not be read."""

    def permit(self, request: Request, namespace: str, path: Path) -> Permit:
        """For how long a stream that may be opened may go on."""

    def concern_readers(self, changes: Changes) -> bool:
        """Whether `changes` may decide anew who may read."""

    def check_write(self, request: Request, namespace: str, changes: Changes, root: Node, now_ms: int) -> None:
        """Raises `RequestError` (401) if not all of `changes`, made together on `root`, are allowed."""

    def committed(self, namespace: str, root: Node) -> None:
        """The changes that were allowed last are durable; `root` is the tree that holds them."""

    def source(self) -> Any:
        """The rules in force, as JSON: `{"rules": {…}}`."""

    def replace(self, source: Any) -> None:
        """Enforce other rules until the database stops. Raises `RequestError` if they cannot be enforced."""

    def close(self) -> None:
        """Let go of the evaluator."""


class NoRules:
    """Everything is allowed."""

    def check_read(self, request: Request, namespace: str, path: Path, root: Node) -> None:
        pass

    def permit(self, request: Request, namespace: str, path: Path) -> Permit:
        return FREELY

    def concern_readers(self, changes: Changes) -> bool:
        return False

    def check_write(self, request: Request, namespace: str, changes: Changes, root: Node, now_ms: int) -> None:
        pass

    def committed(self, namespace: str, root: Node) -> None:
        pass

    def source(self) -> Any:
        return {"rules": {".read": True, ".write": True}}

    def replace(self, source: Any) -> None:
        raise RequestError("No rules are enforced; start the database with --rules to change them.")

    def close(self) -> None:
        pass


class EvaluatedRules:
    """The rules of a file, evaluated in Node. Safe to use from several threads."""

    def __init__(self, file: FilePath) -> None:
        """Raises `ConfigError`: no Node, no targaryen, an unreadable file, or a rule that does not parse."""
        self._source = _read(file)
        self._deciding = Deciding.of(self._source)
        self._evaluator = Evaluator()
        self._lock = threading.Lock()
        self._versions = Versions()
        try:
            self._ask({"op": "rules", "rules": self._source})
        except RequestError as error:
            self.close()
            raise ConfigError(f"{file} holds no rules that Firebase would take: {error}") from None

    def check_read(self, request: Request, namespace: str, path: Path, root: Node) -> None:
        if is_owner(request):
            return
        question = {"op": "read", "path": "/".join(path), "auth": authenticate(request)}
        with self._lock:
            self._decide(question | {"of": self._version(namespace, root)})

    def permit(self, request: Request, namespace: str, path: Path) -> Permit:
        if is_owner(request):
            return FREELY
        return Permit(
            ends_s(request),
            lambda root: self.check_read(request, namespace, path, root),
            lambda: self._deciding.itself(path),
        )

    def concern_readers(self, changes: Changes) -> bool:
        return any(not path or path[0] in self._deciding.elsewhere for path in changes)

    def check_write(self, request: Request, namespace: str, changes: Changes, root: Node, now_ms: int) -> None:
        written = {"/".join(path): node for path, node in changes.items()}
        question: dict[str, Any] = {"changes": written, "now": now_ms}
        if is_owner(request):
            with self._lock:
                self._tell(namespace, root, question)
            return
        question |= {"op": "write", "auth": authenticate(request)}
        with self._lock:
            of = self._version(namespace, root)
            self._decide(question | {"of": of, "as": self._versions.staged(namespace)})

    def committed(self, namespace: str, root: Node) -> None:
        with self._lock:
            self._versions.committed(namespace, root)

    def source(self) -> Any:
        return self._source

    def replace(self, source: Any) -> None:
        with self._lock:
            self._ask({"op": "rules", "rules": source})
            self._source = source
            self._deciding = Deciding.of(source)

    def close(self) -> None:
        self._evaluator.close()

    def _version(self, namespace: str, root: Node) -> int:
        """The number by which the evaluator knows a tree, which it is given where it does not hold it."""
        number = self._versions.number(namespace, root)
        if number is None:
            number = self._versions.next()
            self._ask({"op": "load", "as": number, "tree": root})
            self._versions.hold(namespace, root, number)
        return number

    def _tell(self, namespace: str, root: Node, made: dict[str, Any]) -> None:
        """Tell the evaluator what was made past the rules, where it holds what that is made of: else it would have to
        be given the whole tree at the next question."""
        number = self._versions.number(namespace, root)
        try:
            if number is not None:
                self._ask({**made, "op": "made", "of": number, "as": self._versions.staged(namespace)})
                return
        except RequestError:  # it is given the tree when it has to decide something
            pass
        self._versions.undone(namespace)

    def _decide(self, question: Mapping[str, Any]) -> None:
        if not self._ask(question)["allowed"]:
            raise RequestError("Permission denied", 401)

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """One question, one answer. Raises `RequestError`: the evaluator has ended, or cannot make sense of it."""
        return self._evaluator.ask({**question, "drop": self._versions.dropped()})


def _read(file: FilePath) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): check the path after --rules.") from None
    except ValueError as error:
        raise ConfigError(f"{file} is not JSON: {error}.") from None
    except RecursionError:
        raise ConfigError(f"{file} holds no rules: its objects are nested too deeply.") from None
