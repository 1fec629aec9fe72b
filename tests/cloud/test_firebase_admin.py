"""The unchanged `firebase_admin.db` against the local database, through FIREBASE_DATABASE_EMULATOR_HOST.

The package index brings the SDK without its integration tests. Their scenarios are covered here and in
`test_firebase_admin_rules.py` in our own words; the originals run too where FIREBASE_ADMIN_SOURCE names a checkout.
"""

import itertools
import queue
import threading
from urllib.parse import urlsplit

import pytest

firebase_admin = pytest.importorskip("firebase_admin")
from firebase_admin import db, exceptions  # noqa: E402  only if installed

WAIT_S = 30
_numbers = itertools.count()

STAFF = {
    "people": {
        "ada": {"height": 1.6, "born": 1815, "marks": {"math": 5}},
        "bea": {"height": 1.7, "born": 1901, "marks": {"math": 2}},
        "cy": {"height": 1.6, "born": 1950, "marks": {"math": 4}},
        "dot": {"height": 1.9, "born": 1899},
    },
    "points": {"ada": 9, "bea": -1, "cy": 30, "dot": 2.5},
}


@pytest.fixture
def ref(server, monkeypatch):
    """A reference below the root of a database of its own, filled with `STAFF`."""
    name = f"admin-{next(_numbers)}"
    monkeypatch.setenv("FIREBASE_DATABASE_EMULATOR_HOST", urlsplit(server.url).netloc)
    app = firebase_admin.initialize_app(None, {"databaseURL": f"https://{name}.firebaseio.com"}, name)
    reference = db.reference("clinic/staff", app)
    reference.set(STAFF)
    yield reference
    firebase_admin.delete_app(app)


def test_read(ref):
    assert ref.get() == STAFF
    assert ref.parent.get() == {"staff": STAFF}
    assert ref.child("people/ada").get() == STAFF["people"]["ada"]
    assert ref.child("people").child("ada/born").get() == 1815
    assert ref.child("nobody").get() is None
    assert ref.get(shallow=True) == {"people": True, "points": True}


def test_etag(ref):
    value, tag = ref.get(etag=True)
    assert value == STAFF
    assert ref.get_if_changed(tag) == (False, None, None)
    assert ref.get_if_changed("other") == (True, STAFF, tag)


@pytest.mark.parametrize("value", ["", "text", 0, -1.5, True, False, {"a": {"b": 1}}, [1, "two", {"three": 3}]])
def test_set_and_push(ref, value):
    ref.child("x").set(value)
    assert ref.child("x").get() == value
    pushed = ref.child("list").push(value)
    assert (len(pushed.key), pushed.get()) == (20, value)


def test_update(ref):
    person = ref.child("people/ada")
    person.update({"born": 1816, "height": None, "town": "London"})
    assert person.get() == {"born": 1816, "town": "London", "marks": {"math": 5}}
    ref.update({"people/ada/born": 1817, "points/ada": 10, "new/deep/path": [1]})
    assert person.child("born").get() == 1817
    assert ref.child("points/ada").get() == 10
    assert ref.child("new").get() == {"deep": {"path": [1]}}


def test_delete(ref):
    ref.child("people").delete()
    assert ref.get() == {"points": STAFF["points"]}
    ref.delete()
    assert ref.parent.get() is None


def test_set_if_unchanged(ref):
    person = ref.child("people/ada")
    changed, value, tag = person.set_if_unchanged("other", {"born": 1})
    assert (changed, value) == (False, STAFF["people"]["ada"])
    changed, value, new_tag = person.set_if_unchanged(tag, {"born": 1})
    assert (changed, value, person.get()) == (True, {"born": 1}, {"born": 1})
    assert new_tag not in (tag, None)
    assert person.set_if_unchanged(tag, {"born": 2})[0] is False


def test_transaction(ref):
    assert ref.child("people/ada").transaction(lambda person: {**person, "born": 0})["born"] == 0
    assert ref.child("visits").transaction(lambda count: (count or 0) + 1) == 1
    assert ref.child("visits").get() == 1


def test_concurrent_transactions_lose_nothing(ref):
    counter = ref.child("counter")
    counter.set(0)

    def count():
        for _ in range(5):
            counter.transaction(lambda value: value + 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert counter.get() == 20


def test_server_values(ref):
    ref.child("points").update({"ada": {".sv": {"increment": 3}}, "when": {".sv": "timestamp"}})
    assert ref.child("points/ada").get() == 12
    assert ref.child("points/when").get() > 1_700_000_000_000


QUERIES = [
    (lambda people: people.order_by_key(), ["ada", "bea", "cy", "dot"]),
    (lambda people: people.order_by_key().start_at("b").limit_to_first(2), ["bea", "cy"]),
    (lambda people: people.order_by_child("height"), ["ada", "cy", "bea", "dot"]),
    (lambda people: people.order_by_child("height").limit_to_first(1), ["ada"]),
    (lambda people: people.order_by_child("height").limit_to_last(2), ["bea", "dot"]),
    (lambda people: people.order_by_child("height").limit_to_first(50), ["ada", "cy", "bea", "dot"]),
    (lambda people: people.order_by_child("born").start_at(1900), ["bea", "cy"]),
    (lambda people: people.order_by_child("born").end_at(1899), ["ada", "dot"]),
    (lambda people: people.order_by_child("born").start_at(1850).end_at(1910), ["dot", "bea"]),
    (lambda people: people.order_by_child("height").equal_to(1.6), ["ada", "cy"]),
    (lambda people: people.order_by_child("marks/math").start_at(4), ["ada", "cy"]),
]


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_query_by_key_and_child(ref, number):
    ask, keys = QUERIES[number]
    found = ask(ref.child("people")).get()
    assert set(found) == set(keys)
    assert all(found[key] == STAFF["people"][key] for key in keys)


def test_query_by_value_comes_sorted(ref):
    points = ref.child("points").order_by_value()
    assert list(points.get()) == ["bea", "dot", "ada", "cy"]
    assert list(ref.child("points").order_by_value().limit_to_last(2).get()) == ["ada", "cy"]


def test_refusals_are_firebase_errors(ref):
    with pytest.raises(exceptions.InvalidArgumentError, match="limitToFirst must be positive"):
        ref.order_by_key().limit_to_first(0).get()
    with pytest.raises(exceptions.InvalidArgumentError, match="that is ancestor of another path"):
        ref.update({"a": 1, "a/b": 2})
    with pytest.raises(exceptions.InvalidArgumentError, match="invalid characters"):
        ref.set({"bad.key": 1})
    assert ref.get() == STAFF


def test_listen(ref):
    events = queue.Queue()
    registration = ref.listen(events.put)
    first = events.get(timeout=WAIT_S)
    assert (first.event_type, first.path, first.data) == ("put", "/", STAFF)
    name = ref.child("log").push("hello").key
    pushed = events.get(timeout=WAIT_S)
    assert (pushed.event_type, pushed.path, pushed.data) == ("put", f"/log/{name}", "hello")
    ref.update({"points/ada": None, "points/bea": 1})
    patched = events.get(timeout=WAIT_S)
    assert (patched.event_type, patched.path) == ("patch", "/")
    assert patched.data == {"points/ada": None, "points/bea": 1}
    _close(registration, ref)


def _close(registration, ref):
    """End a listener. The SDK's thread sits in a read and sees the end only when something arrives: send that."""
    threading.excepthook, hook = lambda _: None, threading.excepthook  # the SDK's thread dies of its own close()
    closing = threading.Thread(target=registration.close)
    closing.start()
    while closing.is_alive():
        ref.child("wake").set({".sv": "timestamp"})
        closing.join(0.05)
    threading.excepthook = hook


def test_two_databases_are_two_namespaces(ref, server):
    with_url = db.reference("clinic", firebase_admin.get_app(ref._client.params["ns"]), f"{server.url}/?ns=elsewhere")
    assert with_url.get() is None
    with_url.set(1)
    assert ref.get() == STAFF
