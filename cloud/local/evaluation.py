"""Security rules in the embedded database: who sends a request, and whether Firebase's rules allow it.

The rules are evaluated by targaryen, an implementation of Firebase's rule language in JavaScript, in a Node process
that lives as long as the database (see `evaluator/evaluator.js`). What targaryen would take and Firebase refuses, such
as depth over 32, control characters in keys or overlapping paths, is refused before it, by `tree.normalize`.

Tokens are read as Google's emulators read them: expiry counts, the signature is not checked, and `Authorization:
Bearer owner` is above the rules, unless it asks by `auth_variable_override=JSON` to be treated as somebody. So this
tests rules and clients; it does not keep an attacker out.
"""

import base64
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, Protocol

from starlette.requests import Request

from cloud.local.tree import Changes, Node, Path, RequestError
from device.contract.errors import ConfigError

Auth = dict[str, Any] | None

_EVALUATOR = FilePath(__file__).with_name("evaluator")
_OWNER = "Bearer owner"
_OVERRIDE = "auth_variable_override"


def _node_folder() -> FilePath:
    """Where targaryen is installed: in a checkout its `build/node`, else a folder of the user's cache."""
    checkout = FilePath(__file__).parents[2]
    if (checkout / "Makefile").is_file():
        return checkout / "build" / "node"
    return FilePath(os.environ.get("XDG_CACHE_HOME") or FilePath.home() / ".cache") / "affectbox" / "node"


NODE_MODULES = _node_folder() / "node_modules"


class Rules(Protocol):
    """Whether a request may do what it asks for."""

    def check_read(self, request: Request, namespace: str, path: Path, root: Node) -> None:
        """Raises `RequestError` (401) if the node at `path` may not be read."""

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
        self._process = _start()
        self._lock = threading.Lock()
        self._loaded: dict[str, Node] = {}  # the tree that the evaluator has of each namespace
        self._ahead: set[str] = set()  # where it has already made a write that is not committed yet
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
            self._load(namespace, root)
            self._decide(question | {"ns": namespace})

    def check_write(self, request: Request, namespace: str, changes: Changes, root: Node, now_ms: int) -> None:
        if is_owner(request):
            self._ahead.discard(namespace)
            return
        written = {"/".join(path): node for path, node in changes.items()}
        question = {"op": "write", "changes": written, "auth": authenticate(request), "now": now_ms}
        with self._lock:
            self._load(namespace, root)
            self._decide(question | {"ns": namespace})
            del self._loaded[namespace]
            self._ahead.add(namespace)

    def committed(self, namespace: str, root: Node) -> None:
        with self._lock:
            if namespace in self._ahead:
                self._loaded[namespace] = root
                self._ahead.discard(namespace)

    def source(self) -> Any:
        return self._source

    def replace(self, source: Any) -> None:
        with self._lock:
            self._ask({"op": "rules", "rules": source})
            self._source = source
            self._loaded.clear()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _load(self, namespace: str, root: Node) -> None:
        if namespace not in self._loaded or self._loaded[namespace] is not root:
            self._ask({"op": "load", "ns": namespace, "tree": root})
            self._loaded[namespace] = root
            self._ahead.discard(namespace)

    def _decide(self, question: Mapping[str, Any]) -> None:
        if not self._ask(question)["allowed"]:
            raise RequestError("Permission denied", 401)

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """One question, one answer. Raises `RequestError`: the evaluator has ended, or cannot make sense of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise RequestError("The evaluator of the rules has ended; start the database again.", 500)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RequestError(answer["error"])
        return answer


def is_owner(request: Request) -> bool:
    """Whether the request is above the rules: the owner's, who does not ask to be treated as somebody else."""
    return request.headers.get("authorization") == _OWNER and _OVERRIDE not in request.query_params


def authenticate(request: Request) -> Auth:
    """The `auth` of the rules: None, `uid` and the claims of the ID token in `?auth=`, or what the owner asks for.

    Raises:
        RequestError: the token or the override cannot be read, or the token has expired.
    """
    if request.headers.get("authorization") == _OWNER:
        return _override(request.query_params.get(_OVERRIDE, "null"))
    token = request.query_params.get("auth")
    if not token:
        return None
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        uid, expires_s = str(claims.get("user_id") or claims["sub"]), float(claims["exp"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RequestError("Could not parse auth token.", 401) from None
    if expires_s <= time.time():
        raise RequestError("Auth token is expired", 401)
    return {"uid": uid, "provider": "custom", "token": claims}


def _override(text: str) -> Auth:
    try:
        auth = json.loads(text)
    except ValueError:
        auth = text
    if auth is not None and not isinstance(auth, dict):
        raise RequestError(f"{_OVERRIDE} must be a JSON object or null")
    return auth


def _read(file: FilePath) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): check the path after --rules.") from None
    except ValueError as error:
        raise ConfigError(f"{file} is not JSON: {error}.") from None


def _start() -> "subprocess.Popen[bytes]":
    node = shutil.which("node")
    if node is None:
        raise ConfigError("Rules cannot be enforced without Node: install nodejs, or leave out --rules.")
    if not (NODE_MODULES / "targaryen").is_dir():
        folder = NODE_MODULES.parent
        raise ConfigError(
            f"Rules cannot be enforced without targaryen: run `mkdir -p {folder} && cp {_EVALUATOR}/package*.json "
            f"{folder} && npm ci --ignore-scripts --prefix {folder}`, or leave out --rules."
        )
    return subprocess.Popen(
        [node, _EVALUATOR / "evaluator.js"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"NODE_PATH": str(NODE_MODULES)},
    )
