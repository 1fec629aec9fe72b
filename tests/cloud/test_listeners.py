"""Event streams over HTTP, and which event a write means for whom."""

import asyncio
import itertools
import json
import socket
from urllib.parse import urlsplit

import pytest

from cloud.local import listeners, tree
from cloud.local.listeners import Event, Write, event_for
from cloud.local.query import parse_query

ROOT = {"a": {"b": {"x": 1, "y": 2}, "c": 3}, "z": 0}


def bounded(coroutine):
    """Its result; an error, not a hang, if it takes for ever."""
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def write(base, changes, is_patch=False):
    return Write(base, changes, is_patch, ROOT, tree.write(ROOT, changes))


@pytest.mark.parametrize(
    ("path", "made", "event"),
    [
        ((), write((), {(): {"n": 1}}), Event((), {"n": 1})),
        ((), write(("a", "c"), {("a", "c"): 4}), Event(("a", "c"), 4)),
        (("a",), write(("a", "b"), {("a", "b"): None}), Event(("b",), None)),
        (("a",), write(("a",), {("a",): 5}), Event((), 5)),
        (("a", "b"), write(("a",), {("a",): {"b": 9}}), Event((), 9)),
        (("a", "b"), write(("a",), {("a",): {"b": {"x": 1, "y": 2}}}), None),
        (("a", "b"), write(("a",), {("a",): {"b": {"x": True, "y": 2}}}), Event((), {"x": True, "y": 2})),
        (("a", "b"), write(("a", "c"), {("a", "c"): 4}), None),
        (("a", "b"), write(("a", "bb"), {("a", "bb"): 4}), None),
        ((), write(("a",), {("a", "c"): 4}, True), Event(("a",), patch={("c",): 4})),
        (("a",), write(("a",), {("a", "c"): 4, ("a", "b", "x"): None}, True),
         Event((), patch={("c",): 4, ("b", "x"): None})),
        (("a", "b"), write(("a",), {("a", "c"): 4, ("a", "b", "x"): 7}, True), Event((), patch={("x",): 7})),
        (("a", "b"), write((), {("a", "b"): 4, ("z",): 7}, True), Event((), 4)),
        (("a", "b", "x"), write((), {("a", "b"): {"x": 8}, ("z",): 7}, True), Event((), 8)),
        (("a", "b"), write((), {("z",): 7}, True), None),
    ],
)  # fmt: skip
def test_event_for(path, made, event):
    assert event_for(path, None, made) == event


def test_a_query_puts_its_whole_result_when_that_changes():
    query = parse_query({"orderBy": '"$key"', "limitToFirst": "1"})
    inside, outside = write(("a", "b"), {("a", "b"): 1}), write(("a", "c"), {("a", "c"): 4})
    assert event_for(("a",), query, inside) == Event((), {"b": 1})
    assert event_for(("a",), query, outside) is None


def test_stream(client, listen):
    client.put("/.json", json=ROOT)
    with listen("/a.json") as stream:
        assert stream.next() == ("put", {"path": "/", "data": ROOT["a"]})
        client.put("/a/c.json", json=[1, 2])
        assert stream.next() == ("put", {"path": "/c", "data": [1, 2]})
        client.put("/z.json", json="elsewhere")
        client.patch("/a.json", json={"b/x": None, "d": {"e": 1}})
        assert stream.next() == ("patch", {"path": "/", "data": {"b/x": None, "d": {"e": 1}}})
        name = client.post("/a/list.json", json="pushed").json()["name"]
        assert stream.next() == ("put", {"path": f"/list/{name}", "data": "pushed"})
        client.delete("/.json")
        assert stream.next() == ("put", {"path": "/", "data": None})
        assert client.put("/a.json", content="{").status_code == 400
        client.put("/a.json", json=1)
        assert stream.next() == ("put", {"path": "/", "data": 1})


def test_several_streams_and_a_query(client, listen):
    newest = {"orderBy": '"$key"', "limitToLast": "1"}
    with listen("/.json") as one, listen("/a.json") as two, listen("/a.json", **newest) as three:
        assert [stream.next()[1]["data"] for stream in (one, two, three)] == [None, None, None]
        client.put("/a/k1.json", json=1)
        client.put("/a/k2.json", json=2)
        client.put("/a/k0.json", json=0)
        client.put("/a/k3.json", json=3)
        assert [one.next()[1]["path"] for _ in range(4)] == ["/a/k1", "/a/k2", "/a/k0", "/a/k3"]
        assert [two.next()[1]["path"] for _ in range(4)] == ["/k1", "/k2", "/k0", "/k3"]
        assert [three.next()[1]["data"] for _ in range(3)] == [{"k1": 1}, {"k2": 2}, {"k3": 3}]


def test_a_refused_query_is_no_stream(client):
    answer = client.get("/a.json", params={"limitToLast": "1"}, headers={"Accept": "text/event-stream"})
    assert answer.status_code == 400


def test_keep_alive(monkeypatch):
    monkeypatch.setattr(listeners, "KEEP_ALIVE_S", 0.001)

    async def first_two():
        stream = listeners.Hub(lambda namespace: None).listen("ns", (), None)
        return [await anext(stream), await anext(stream)]

    assert bounded(first_two())[1] == b"event: keep-alive\ndata: null\n\n"


def test_no_stream_begins_when_the_server_is_stopping():
    async def after_close():
        hub = listeners.Hub(lambda namespace: 1)
        hub.close()
        return [event async for event in hub.listen("ns", (), None)]

    assert bounded(after_close()) == []


def test_a_stream_whose_reader_has_gone_is_forgotten():
    async def listeners_left():
        hub = listeners.Hub(lambda namespace: 1)
        stream = hub.listen("ns", (), None)
        await anext(stream)
        during = len(hub._listeners["ns"])
        await stream.aclose()
        return during, len(hub._listeners["ns"])

    assert bounded(listeners_left()) == (1, 0)


def test_a_full_queue_becomes_one_put_of_the_present_state():
    async def overflow():
        root = None
        hub = listeners.Hub(lambda namespace: root)
        stream = hub.listen("ns", (), None)
        await anext(stream)
        for number in range(listeners.QUEUE_EVENTS + 3):
            old, changes = root, {("n", str(number)): number}
            root = tree.write(root, changes)
            hub.publish("ns", Write(("n", str(number)), changes, False, old, root))
        events = [await anext(stream) for _ in range(3)]
        hub.close()
        return events, [event async for event in stream]

    events, rest = bounded(overflow())
    put, *following = [json.loads(event.split(b"data: ")[1]) for event in events]
    full = listeners.QUEUE_EVENTS + 1
    assert (put["path"], put["data"]) == ("/", {"n": list(range(full))})
    assert [event["path"] for event in following] == [f"/n/{full}", f"/n/{full + 1}"]
    assert rest == []


def test_a_listener_that_does_not_read_stops_nobody_and_catches_up(server, client):
    address = urlsplit(server.url)
    namespace = client.params["ns"]
    big = "x" * 200_000
    with socket.create_connection((address.hostname, address.port), timeout=30) as lazy:
        request = f"GET /.json?ns={namespace} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        lazy.sendall(request.encode())
        received = lazy.recv(100)
        for number in range(150):
            assert client.put("/v.json", json=f"{number} {big}").status_code == 200
        client.put("/v.json", json="the last")
        while b"the last" not in received[-200:]:
            received += lazy.recv(1 << 20)
    assert len(received) < 150 * len(big), "it missed steps, and memory was bounded"


def test_streams_end_when_the_server_stops(start, tmp_path, client):
    server = start(tmp_path)
    with client.stream("GET", f"{server.url}/.json", headers={"Accept": "text/event-stream"}) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: put"
        assert server.end() == (0, "")
        assert [line for line in lines if line.startswith("event")] == []


@pytest.mark.parametrize(("after", "last"), [({"whose": "hers", "n": 3}, b'"n":3'), ({"whose": "his"}, b"cancel")])
def test_what_a_reader_may_not_see_is_not_shown_between_two_writes_of_one_sync(after, last):
    """Another's for a moment, all of it durable at once: what stands at the end decides, and is all that is shown."""
    states = [{"live": {"whose": "hers", "n": 1}}, {"live": {"whose": "his", "n": 2}}, {"live": after}]
    stands = states[:1]

    def check(root):
        if root["live"]["whose"] != "hers":
            raise tree.RequestError("Permission denied", 401)

    async def heard():
        hub = listeners.Hub(lambda namespace: stands[-1])
        stream = hub.listen("n", ("live",), None, listeners.Permit(check=check, itself=lambda: True))
        events = [await anext(stream)]
        stands.append(states[-1])
        for old, new in itertools.pairwise(states):
            hub.publish("n", Write(("live",), {("live",): new["live"]}, False, old, new))
        events.append(await anext(stream))
        hub.close()
        return [*events, *[event async for event in stream]]

    events = bounded(heard())
    assert b"his" not in b"".join(events)
    assert last in events[-1]
