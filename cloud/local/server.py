"""The REST protocol of the Firebase Realtime Database as an ASGI application.

    GET PUT PATCH POST DELETE  /PATH.json   ?ns= print= shallow= orderBy= … x-http-method-override=
    GET with `Accept: text/event-stream`    listens: `put`, `patch` and `keep-alive` events
    GET PUT  /.settings/rules.json, store.json    the rules in force, and the file itself (see `settings.py`)

The namespace, one database of many, is `?ns=`, or the host's first label under Firebase's own domains, or `default`.

Without rules (see `evaluation.py`) every request may read and write everything: `Authorization: Bearer owner`,
`?auth=…` and no credentials at all are taken alike. Serve it on a loopback address only. With rules, a stream is
checked when it opens, and again whenever a write may have changed who may read (see `listeners.py`).

Writes run on the event loop's thread, one after the other: each is checked against and staged on the head, which is
the tree as the write before it left it, so that `if-match` and `.sv` increments are exact without a lock. Only what
takes long and needs no order, parsing a large body and writing the answer, is done beside it. A write is answered when
it is durable (see `commits.py`). Reads run beside them in worker threads, each on the durable root that
it found: a tree is never modified.

Source: Firebase Realtime Database REST reference; status codes and error sentences are Firebase's.
"""

import json
import logging
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from cloud.local import tree
from cloud.local.body import parse_json, read_body
from cloud.local.commits import GroupCommit
from cloud.local.evaluation import NoRules, Rules
from cloud.local.listeners import Hub
from cloud.local.pushid import PushIds
from cloud.local.query import parse_query, shallow
from cloud.local.settings import RULES_ADDRESS, STORE_ADDRESS, answer_rules, answer_store
from cloud.local.store import Store
from cloud.local.tree import Changes, Node, Path, RequestError

DEFAULT_NAMESPACE = "default"
METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")

T = TypeVar("T")
_LARGE_BYTES = 100_000  # of a body: what takes 10 ms or more
_OVERRIDE = "x-http-method-override"
_FIREBASE_HOST = re.compile(r"([^.]+)\.(?:firebaseio\.com|[^.]+\.firebasedatabase\.app)")
_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """A request whose address is checked and whose body is read."""

    request: Request
    namespace: str
    path: Path
    body: bytes

    def param(self, name: str) -> str | None:
        """A query parameter."""
        return self.request.query_params.get(name)

    def header(self, name: str) -> str | None:
        """A request header."""
        return self.request.headers.get(name)

    def is_silent(self) -> bool:
        """Whether a success is to be answered without a body."""
        return self.param("print") == "silent"

    def answer(self, data: Any, headers: dict[str, str] = _HEADERS, status: int = 200) -> Response:
        """`data` as JSON, as `print=` wants it."""
        if status == 200 and self.is_silent():
            return Response(status_code=204, headers=headers)
        return json_response(data, status, headers, pretty=self.param("print") == "pretty")

    def answer_node(self, node: Node, status: int = 200) -> Response:
        """A node, with its ETag if the client asked for it; 304 if a reader has it already."""
        known = self.header("if-none-match")
        if self.header("x-firebase-etag") != "true" and known is None and self.header("if-match") is None:
            return self.answer(tree.export(node), status=status)
        headers = _HEADERS | {"ETag": tree.etag(node)}
        if headers["ETag"] == known and self.request.method == "GET":
            return Response(status_code=304, headers=headers)
        return self.answer(tree.export(node), headers, status)


@dataclass(frozen=True)
class Prepared:
    """A write that is checked and not made yet: what it changes, at or below `path`."""

    method: str
    path: Path
    now_ms: int
    changes: Changes


class RestApi:
    """The ASGI application on one store. `hub.close()` ends the open streams when the server stops."""

    def __init__(self, store: Store, rules: Rules | None = None) -> None:
        self._rules = rules or NoRules()
        self.hub = Hub(store.root, self._rules.concern_readers)
        self._store = store
        self._commits = GroupCommit(store, self.hub.publish)
        self._push_ids = PushIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except RequestError as error:
            return json_response({"error": str(error)}, error.status, _HEADERS)
        except sqlite3.Error as error:
            _log.error("a write was undone: %s", error)
            return json_response({"error": f"Service Unavailable: {error}"}, 503, _HEADERS)

    async def _answer(self, request: Request) -> Response:
        if request.scope["path"] == RULES_ADDRESS:
            answer = await answer_rules(request, self._rules)
            self.hub.check_all()
            return json_response(answer, 200, _HEADERS)
        if request.scope["path"] == STORE_ADDRESS:
            return json_response(await answer_store(request, self._store, self._commits), 200, _HEADERS)
        call = await _read_call(request)
        method = _method(request)
        if method == "GET":
            return await run_in_threadpool(self._get, call)
        if method in ("PATCH", "POST") and call.header("if-match") is not None:
            raise RequestError("if-match is only supported with PUT and DELETE")
        write = await self._prepare(call, method)
        if refusal := self._mismatch(call, write):
            return refusal
        self._write(call, write)
        await self._commits.durable()
        return await _here_or_aside(call, _answer_to_write, call, write)

    async def _prepare(self, call: Call, method: str) -> Prepared:
        """What the request would write. What takes long is made beside the event loop, on the head that it found."""
        data = None if method == "DELETE" else await _here_or_aside(call, parse_json, call.body)
        now_ms = _now_ms()
        path = (*call.path, self._push_ids.next(now_ms)) if method == "POST" else call.path
        head = self._store.head(call.namespace)
        write = await _here_or_aside(call, _changes, method, path, data, now_ms, head)
        if head is not self._store.head(call.namespace) and b"increment" in call.body:
            return _changes(method, path, data, now_ms, self._store.head(call.namespace))
        return write

    def _mismatch(self, call: Call, write: Prepared) -> Response | None:
        """The answer where `if-match` names another state than there is, to whoever may read it."""
        expected = call.header("if-match")
        head = self._store.head(call.namespace)
        current = tree.get(head, write.path)
        if expected is None or expected == tree.etag(current):
            return None
        self._rules.check_read(call.request, call.namespace, write.path, head)
        return call.answer_node(current, status=412)

    def _get(self, call: Call) -> Response:
        query = parse_query(call.request.query_params)
        root = self._store.root(call.namespace)
        self._rules.check_read(call.request, call.namespace, call.path, root)
        if "text/event-stream" in (call.header("accept") or ""):
            permit = self._rules.permit(call.request, call.namespace, call.path)
            stream = self.hub.listen(call.namespace, call.path, query, permit)
            return StreamingResponse(stream, headers=_HEADERS, media_type="text/event-stream")
        node = tree.get(root, call.path)
        if call.param("shallow") == "true":
            if query:
                raise RequestError("Mixing 'shallow' and querying parameters is not supported")
            return call.answer(shallow(node))
        return call.answer_node(query(node) if query else node)

    def _write(self, call: Call, write: Prepared) -> None:
        head = self._store.head(call.namespace)
        self._rules.check_write(call.request, call.namespace, write.changes, head, write.now_ms)
        self._commits.stage(call.namespace, write.path, write.changes, write.method == "PATCH")
        self._rules.committed(call.namespace, self._store.head(call.namespace))


def _changes(method: str, path: Path, data: Any, now_ms: int, head: Node) -> Prepared:
    """The changes that a request asks for. Raises `RequestError`: data that Firebase refuses."""
    if method == "PATCH":
        return Prepared(method, path, now_ms, tree.normalize_patch(data, path, now_ms, head))
    return Prepared(method, path, now_ms, {path: tree.normalize(data, len(path), now_ms, tree.get(head, path))})


def _answer_to_write(call: Call, write: Prepared) -> Response:
    """What Firebase answers to a write: what was written, or the name that a POST gave it."""
    if write.method == "POST":
        return call.answer({"name": write.path[-1]})
    if write.method != "PATCH":
        return call.answer_node(write.changes[write.path])
    if call.is_silent():
        return call.answer(None)
    depth = len(write.path)
    return call.answer({"/".join(path[depth:]): tree.export(node) for path, node in write.changes.items()})


async def _here_or_aside(call: Call, function: Callable[..., T], *args: Any) -> T:
    """The function's result; it runs in a thread where the body is so large that others would wait for it."""
    return function(*args) if len(call.body) < _LARGE_BYTES else await run_in_threadpool(function, *args)


def json_response(data: Any, status: int, headers: dict[str, str], pretty: bool = False) -> Response:
    """A JSON answer. Half a surrogate pair, which UTF-8 cannot carry, becomes a question mark."""
    indent, separators = (2, (",", " : ")) if pretty else (None, (",", ":"))
    content = json.dumps(data, ensure_ascii=False, indent=indent, separators=separators).encode(errors="replace")
    return Response(content, status, headers, media_type="application/json; charset=utf-8")


async def _read_call(request: Request) -> Call:
    """Check the address, read the body.

    Raises:
        RequestError: no `.json`, a bad path or namespace, a body too large or not gzip as announced.
    """
    address: str = request.scope["path"]
    if not address.endswith(".json"):
        raise RequestError("append .json to your request URI to use the REST API.", 404)
    path = tree.parse_path(address.removesuffix(".json"))
    return Call(request, _namespace(request), path, await read_body(request))


def _namespace(request: Request) -> str:
    """`?ns=`, else the first label of a host of Firebase's (`my-app.firebaseio.com`), else the default one."""
    name = request.query_params.get("ns")
    if name is None:
        host = _FIREBASE_HOST.fullmatch(request.url.hostname or "")
        name = host[1] if host else DEFAULT_NAMESPACE
    if not _NAMESPACE.fullmatch(name):
        raise RequestError(f"Invalid namespace: {name}")
    return name


def _method(request: Request) -> str:
    """The method, which a POST may override for clients that know only GET and POST.

    Raises:
        RequestError: one that the protocol does not have.
    """
    method = "GET" if request.method == "HEAD" else request.method
    if method == "POST":
        method = (request.headers.get(_OVERRIDE) or request.query_params.get(_OVERRIDE) or method).upper()
    if method not in METHODS:
        raise RequestError(f"Method {method} is not allowed", 405)
    return method


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
