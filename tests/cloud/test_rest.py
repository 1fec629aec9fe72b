"""The REST protocol over HTTP, against what Firebase's reference says."""

import gzip
import json
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from cloud.local.body import MAX_BODY_BYTES, MAX_VALUES


def value(client, path="/.json"):
    return client.get(path).json()


WRITES = [
    # (what is there, method, path, body, answer, whole tree afterwards)
    ("put a leaf", None, "PUT", "/a", 1, 1, {"a": 1}),
    ("put at the root", {"x": 1}, "PUT", "/", {"a": 1}, {"a": 1}, {"a": 1}),
    ("put replaces siblings within", {"a": {"b": 1, "c": 2}}, "PUT", "/a", {"d": 3}, {"d": 3}, {"a": {"d": 3}}),
    ("put leaves siblings beside", {"a": 1, "b": 2}, "PUT", "/a", 3, 3, {"a": 3, "b": 2}),
    ("put null deletes", {"a": 1, "b": 2}, "PUT", "/a", None, None, {"b": 2}),
    ("put an empty object deletes", {"a": 1, "b": 2}, "PUT", "/a", {}, None, {"b": 2}),
    ("put below a leaf replaces the leaf", {"a": 1}, "PUT", "/a/b/c", 2, 2, {"a": {"b": {"c": 2}}}),
    ("put an array", None, "PUT", "/a", ["x", "y"], ["x", "y"], {"a": ["x", "y"]}),
    ("an element of an array", {"a": ["x", "y"]}, "PUT", "/a/1", "z", "z", {"a": ["x", "z"]}),
    ("an array with a gap", {"a": ["x", "y", "z"]}, "DELETE", "/a/1", None, None, {"a": ["x", None, "z"]}),
    ("a sparse array is an object", {"a": [1, 2, 3, 4, 5]}, "PATCH", "/a", {"1": None, "2": None, "3": None},
     {"1": None, "2": None, "3": None}, {"a": {"0": 1, "4": 5}}),
    ("false, zero and empty text are values", None, "PUT", "/", {"a": False, "b": 0, "c": ""},
     {"a": False, "b": 0, "c": ""}, {"a": False, "b": 0, "c": ""}),
    ("delete", {"a": {"b": 1}, "c": 2}, "DELETE", "/a", None, None, {"c": 2}),
    ("delete the last child deletes the parents", {"a": {"b": {"c": 1}}}, "DELETE", "/a/b/c", None, None, None),
    ("delete what is not there", {"a": 1}, "DELETE", "/x/y", None, None, {"a": 1}),
    ("delete below a leaf", {"a": 1}, "DELETE", "/a/b", None, None, {"a": 1}),
    ("patch merges", {"a": {"b": 1, "c": 2}}, "PATCH", "/a", {"c": 3, "d": 4}, {"c": 3, "d": 4},
     {"a": {"b": 1, "c": 3, "d": 4}}),
    ("patch does not merge deeply", {"a": {"b": {"x": 1}}}, "PATCH", "/a", {"b": {"y": 2}}, {"b": {"y": 2}},
     {"a": {"b": {"y": 2}}}),
    ("patch with deep paths", {"a": {"b": {"x": 1}}}, "PATCH", "/", {"a/b/y": 2, "/c/d/": 3},
     {"a/b/y": 2, "c/d": 3}, {"a": {"b": {"x": 1, "y": 2}}, "c": {"d": 3}}),
    ("patch with null deletes", {"a": {"b": 1, "c": 2}}, "PATCH", "/", {"a/b": None}, {"a/b": None}, {"a": {"c": 2}}),
    ("patch moves", {"a": {"x": 1}}, "PATCH", "/", {"a/x": None, "b/x": 1}, {"a/x": None, "b/x": 1}, {"b": {"x": 1}}),
    ("an empty patch", {"a": 1}, "PATCH", "/", {}, {}, {"a": 1}),
    ("patch a leaf", {"a": 1}, "PATCH", "/a", {"b": 2}, {"b": 2}, {"a": {"b": 2}}),
    ("increment", {"n": 40}, "PUT", "/n", {".sv": {"increment": 2}}, 42, {"n": 42}),
    ("increment in a patch", {"a": {"n": 1}}, "PATCH", "/", {"a/n": {".sv": {"increment": 1}}}, {"a/n": 2},
     {"a": {"n": 2}}),
    ("a value with priority", None, "PUT", "/a", {".value": 1, ".priority": 2}, 1, {"a": 1}),
    ("keys of any script", None, "PUT", "/Größe/日本", "é 😀", "é 😀", {"Größe": {"日本": "é 😀"}}),
    ("half a surrogate pair", None, "PUT", "/a", "\ud800!", "?!", {"a": "?!"}),
    ("key order, integers first", None, "PUT", "/", {"b": 1, "10": 2, "9": 3}, {"b": 1, "10": 2, "9": 3},
     {"9": 3, "10": 2, "b": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "method", "path", "body", "answer", "after"), [row[1:] for row in WRITES],
                         ids=[row[0] for row in WRITES])  # fmt: skip
def test_write(client, before, method, path, body, answer, after):
    client.put("/.json", content=json.dumps(before))
    response = client.request(method, f"{path}.json", content=json.dumps(body))
    assert (response.status_code, response.json()) == (200, answer)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    found = client.get("/.json").text
    assert json.loads(found) == after
    assert found == json.dumps(after, ensure_ascii=False, separators=(",", ":")), "children come in key order"


BAD_KEY = "Perhaps you're using invalid characters in your key names."
BAD_DATA = "Invalid data; couldn't parse JSON object, array, or value."
BAD_PATCH = "Are you sending a JSON object with valid key names?"
BAD_PATH = "Invalid path: Invalid token in path"

REFUSED = [
    ("no body", "PUT", "/a.json", b"", 400, "Error: No data supplied."),
    ("not JSON", "PUT", "/a.json", b"{'a': 1}", 400, BAD_DATA),
    ("two values", "POST", "/a.json", b"1 2", 400, BAD_DATA),
    ("not UTF-8", "PUT", "/a.json", b'"\xff"', 400, BAD_DATA),
    ("NaN", "PUT", "/a.json", b'{"a": NaN}', 400, BAD_DATA),
    ("infinite", "PUT", "/a.json", b"1e999", 400, BAD_DATA),
    ("a number of 5000 digits", "PUT", "/a.json", b"9" * 5000, 400, BAD_DATA),
    ("bad key in data", "PUT", "/a.json", b'{"x": {"a.b": 1}}', 400, BAD_KEY),
    ("empty key in data", "PUT", "/a.json", b'{"": 1}', 400, BAD_KEY),
    ("control character in data", "POST", "/a.json", b'{"a\\u0001": 1}', 400, BAD_KEY),
    ("a key of 769 bytes", "PUT", "/a.json", json.dumps({"k" * 769: 1}).encode(), 400, BAD_KEY),
    ("a path key of 769 bytes", "PUT", f"/{'k' * 769}.json", b"1", 400, BAD_PATH),
    ("bad character in the path", "PUT", "/a%5Bb.json", b"1", 400, BAD_PATH),
    ("a dot in the path", "GET", "/a.b.json", b"", 400, BAD_PATH),
    ("control character in the path", "GET", "/a%07.json", b"", 400, BAD_PATH),
    ("a line break in the path", "GET", "/a%0A.json", b"", 400, BAD_PATH),
    ("a method of another protocol", "COPY", "/a.json", b"1", 405, "Method COPY is not allowed"),
    ("a path too deep", "GET", "/a" * 33 + ".json", b"", 400, "deeper than 32"),
    ("data too deep", "PUT", "/a.json", b'{"a":' * 32 + b"1" + b"}" * 32, 400, "deeper than 32"),
    ("data much too deep", "PUT", "/a.json", b"[" * 100_000, 400, "deeper than 32"),
    ("a pushed child too deep", "POST", "/a" * 32 + ".json", b"1", 400, "deeper than 32"),
    ("patch without an object", "PATCH", "/a.json", b"[1]", 400, BAD_PATCH),
    ("patch with null", "PATCH", "/a.json", b"null", 400, BAD_PATCH),
    ("patch of itself", "PATCH", "/a.json", b'{"/": 1}', 400, BAD_PATCH),
    ("patch of one path twice", "PATCH", "/a.json", b'{"b": 1, "/b": 2}', 400, BAD_PATCH),
    ("patch with a bad path", "PATCH", "/a.json", b'{"b/c$": 1}', 400, BAD_PATH),
    ("patch with overlapping paths", "PATCH", "/a.json", b'{"b/c": 1, "bb": 2, "b": {"d": 1}}', 400,
     "a path /a/b that is ancestor of another path /a/b/c"),
    ("unknown server value", "PUT", "/a.json", b'{"t": {".sv": "tomorrow"}}', 400, "'.sv' must be"),
    ("no .json", "GET", "/a", b"", 404, "append .json to your request URI to use the REST API."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "sentence"), [row[1:] for row in REFUSED],
                         ids=[row[0] for row in REFUSED])  # fmt: skip
def test_refused(client, method, path, body, status, sentence):
    client.put("/.json", json={"kept": 1})
    response = client.request(method, path, content=body)
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    assert sentence in response.json()["error"]
    assert value(client) == {"kept": 1}


def test_a_refused_patch_changes_nothing(client):
    assert client.patch("/.json", json={"a": 1, "b/c": 2, "d": {"bad.key": 3}}).status_code == 400
    assert value(client) is None


def test_timestamp_is_one_moment_per_request(client):
    stamp = {".sv": "timestamp"}
    first = client.patch("/.json", json={"a": stamp, "b/c": stamp}).json()
    assert first["a"] == first["b/c"] == value(client, "/a.json")
    assert 1_700_000_000_000 < first["a"] < 10_000_000_000_000
    assert client.put("/a.json", json=stamp).json() >= first["a"]


def test_push_ids_are_ordered(client):
    names = [client.post("/list.json", json=number).json()["name"] for number in range(20)]
    assert all(len(name) == 20 for name in names)
    assert names == sorted(names)
    assert list(value(client, "/list.json").items()) == list(zip(names, range(20), strict=True))


@pytest.mark.parametrize("path", ["/a/b", "/a/b/", "/a//b"])
def test_slashes_that_mean_nothing(client, path):
    client.put("/.json", json={"a": {"b": 7}})
    assert client.get(f"{path}.json").json() == 7


def test_print(client):
    assert client.put("/a.json", json={"b": [1]}, params={"print": "silent"}).status_code == 204
    silent = client.get("/a.json", params={"print": "silent"})
    assert (silent.status_code, silent.content) == (204, b"")
    pretty = client.get("/a.json", params={"print": "pretty"})
    assert pretty.text == '{\n  "b" : [\n    1\n  ]\n}'
    assert client.put("/a.json", content="{", params={"print": "silent"}).status_code == 400


def test_shallow(client):
    client.put("/.json", json={"a": {"b": {"c": 1}, "d": 2}, "leaf": "text"})
    for path, expected in (("/.json", {"a": True, "leaf": True}), ("/a.json", {"b": True, "d": True}),
                           ("/leaf.json", "text"), ("/none.json", None)):  # fmt: skip
        assert client.get(path, params={"shallow": "true"}).json() == expected
    mixed = client.get("/a.json", params={"shallow": "true", "orderBy": '"$key"'})
    assert (mixed.status_code, mixed.json()["error"]) == (
        400, "Mixing 'shallow' and querying parameters is not supported",
    )  # fmt: skip


def test_etag_is_sent_only_when_asked_for(client):
    client.put("/a.json", json=1)
    assert "etag" not in client.get("/a.json").headers
    ask = {"X-Firebase-ETag": "true"}
    tag = client.get("/a.json", headers=ask).headers["etag"]
    assert client.put("/a.json", json=2, headers=ask).headers["etag"] != tag
    assert client.put("/a.json", json=1, headers=ask).headers["etag"] == tag
    assert client.get("/none.json", headers=ask).headers["etag"] == "null_etag"


def test_conditional_read(client):
    client.put("/a.json", json={"b": 1})
    changed = client.get("/a.json", headers={"if-none-match": "other"})
    assert (changed.status_code, changed.json()) == (200, {"b": 1})
    same = client.get("/a.json", headers={"if-none-match": changed.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert client.put("/a.json", json={"b": 1}, headers={"if-none-match": changed.headers["etag"]}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_conditional_write(client, method):
    client.put("/a.json", json=[1, 2])
    tag = client.get("/a.json", headers={"X-Firebase-ETag": "true"}).headers["etag"]
    lost = client.request(method, "/a.json", content="3", headers={"if-match": "null_etag"})
    assert (lost.status_code, lost.json(), lost.headers["etag"]) == (412, [1, 2], tag)
    won = client.request(method, "/a.json", content="3", headers={"if-match": tag})
    assert won.status_code == 200
    assert value(client, "/a.json") == (3 if method == "PUT" else None)


def test_conditional_creation(client):
    create = {"if-match": "null_etag"}
    assert client.put("/a.json", json=1, headers=create).status_code == 200
    assert client.put("/a.json", json=2, headers=create).status_code == 412
    assert value(client, "/a.json") == 1


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_conditions_are_for_put_and_delete(client, method):
    assert client.request(method, "/a.json", json={"b": 1}, headers={"if-match": "null_etag"}).status_code == 400
    assert value(client) is None


def test_method_override(client):
    client.post("/a.json", json={"b": 1, "c": 2}, headers={"X-HTTP-Method-Override": "PUT"})
    client.post("/a.json", json={"c": 3}, params={"x-http-method-override": "patch"})
    assert value(client) == {"a": {"b": 1, "c": 3}}
    assert client.post("/a.json", headers={"X-HTTP-Method-Override": "GET"}).json() == {"b": 1, "c": 3}
    client.post("/a.json", headers={"X-HTTP-Method-Override": "DELETE"})
    assert value(client) is None
    assert client.post("/a.json", headers={"X-HTTP-Method-Override": "COPY"}, json=1).status_code == 405
    assert value(client) is None


def test_gzip_body(client):
    packed = gzip.compress(json.dumps({"a": "x" * 1000}).encode())
    answer = client.patch("/.json", content=packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200
    assert value(client) == {"a": "x" * 1000}


@pytest.mark.parametrize("body", [b"{}", gzip.compress(b'{"a": 1}', mtime=0)[:-3], zlib.compress(b"1")])
def test_body_that_is_not_whole_gzip(client, body):
    answer = client.put("/a.json", content=body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, "not gzip" in answer.json()["error"]) == (400, True)


def gzip_bomb(times, block_bytes=16 * 1024 * 1024):
    """So many blocks of spaces, each compressed once: a repeated deflate block."""
    packer = zlib.compressobj(wbits=31)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * block_bytes) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * times


def test_a_gzip_bomb_is_refused_before_it_unfolds(server, client):
    bomb = gzip_bomb(6 * MAX_BODY_BYTES // (16 * 1024 * 1024))
    answer = client.put("/a.json", content=bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, "exceeds the maximum size" in answer.json()["error"]) == (400, True)
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    peak_kib = int(status.split("VmHWM:")[1].split()[0])
    assert peak_kib < 4 * MAX_BODY_BYTES // 1024


def test_more_values_than_one_request_may_bring_are_refused_before_they_are_read(client):
    array = b"[" + b"1," * 10_000_000 + b"1]"
    answer = client.put("/a.json", content=array)
    assert (answer.status_code, "exceeds the maximum size" in answer.json()["error"]) == (400, True)
    text = json.dumps({"text": "," * MAX_VALUES})
    assert client.put("/a.json", content=text).status_code == 200


def test_other_writers_do_not_wait_for_a_large_write(client):
    with ThreadPoolExecutor() as threads:
        large = threads.submit(client.put, "/large.json", json=list(range(400_000)))
        meanwhile = 0
        while not large.done():
            assert client.put("/small.json", json=meanwhile).status_code == 200
            meanwhile += not large.done()
    assert large.result().json()[-1] == 399_999
    assert meanwhile > 20


@pytest.mark.parametrize("name", ["orderBy", "startAt", "equalTo"])
def test_a_parameter_that_is_nested_without_end_is_refused(client, name):
    answer = client.get("/a.json", params={"orderBy": '"$key"', name: "[" * 3000})
    assert answer.status_code == 400


@pytest.mark.parametrize("credentials", [{"headers": {"Authorization": "Bearer owner"}}, {"params": {"auth": "x"}}])
def test_credentials_are_taken_and_not_looked_at(client, credentials):
    assert client.put("/a.json", json=1, **credentials).status_code == 200
    assert value(client) == {"a": 1}


PAGES = [
    ("a script of another page", {"Origin": "http://page.example"}, 403),
    ("a page of nowhere, such as a file", {"Origin": "null"}, 403),
    ("a script of a page on another port", {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}, 403),
    ("an image, a frame or a link of another page", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("a name that was pointed here", {"Host": "page.example"}, 421),
    ("such a name with the port", {"Host": "127.0.0.1.page.example:9000"}, 421),
    ("what looks like Firebase's", {"Host": "x.firebaseio.com.page.example"}, 421),
    ("no name that could be read", {"Host": "[::1"}, 421),
]


@pytest.mark.parametrize(("headers", "status"), [page[1:] for page in PAGES], ids=[page[0] for page in PAGES])
def test_a_page_that_a_browser_shows_gets_nothing_and_changes_nothing(client, headers, status):
    """Tokens are unsigned: a page that somebody opens could else read and change everything."""
    client.put("/a.json", json="a record")
    answers = [
        client.get("/a.json", headers=headers, params={"auth": "x"}),
        client.put("/a.json", json="another", headers=headers | {"Authorization": "Bearer owner"}),
        client.options("/a.json", headers=headers | {"Access-Control-Request-Method": "PUT"}),
        client.post("/securetoken.googleapis.com/v1/token", headers=headers),
    ]
    for answer in answers:
        assert (answer.status_code, "a record" in answer.text) == (status, False)
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert value(client, "/a.json") == "a record"


def test_who_types_its_address_into_a_browser_sees_it(client):
    assert client.get("/a.json", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_head(client):
    answer = client.head("/a.json")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "4")


def test_namespaces_are_separate(server):
    with httpx.Client(base_url=server.url) as client:
        client.put("/a.json?ns=left", json=1)
        client.put("/a.json", json=2, headers={"Host": "right.firebaseio.com"})
        client.put("/a.json", json=3)
        found = {ns: client.get("/a.json", params={"ns": ns}).json() for ns in ("left", "right", "default", "none")}
        assert found == {"left": 1, "right": 2, "default": 3, "none": None}
        hosts = {"localhost:9000": 3, "192.0.2.7": 3, "[::1]:9000": 3, "right.europe-west1.firebasedatabase.app": 2}
        assert {host: client.get("/a.json", headers={"Host": host}).json() for host in hosts} == hosts


@pytest.mark.parametrize("namespace", ["", "../x", "a b", "x" * 101])
def test_bad_namespace(client, namespace):
    answer = client.get("/a.json", params={"ns": namespace})
    assert (answer.status_code, "Invalid namespace" in answer.json()["error"]) == (400, True)


def test_a_client_that_vanishes_in_the_middle_of_a_body(server, client):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as raw:
        raw.sendall(b"PUT /a.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    assert value(client) is None  # and the server has logged nothing: see the fixture `server`


def test_the_store_is_told_of_and_written_anew_for_its_owner_alone(client: httpx.Client) -> None:
    owner = {"Authorization": "Bearer owner"}
    client.put("/a.json", json=1).raise_for_status()
    told = client.get("/.settings/store.json", headers=owner).json()
    assert client.params["ns"] in told["namespaces"]
    assert Path(told["folder"]).is_dir()
    for answer in (client.get("/.settings/store.json"), client.put("/.settings/store.json", json={"compact": True})):
        assert answer.status_code == 401
    assert client.put("/.settings/store.json", headers=owner, json={"compact": 7}).status_code == 400
    assert client.delete("/.settings/store.json", headers=owner).status_code == 405
    assert client.put("/.settings/store.json", headers=owner, json={"compact": True}).json() == {"status": "ok"}
    assert client.get("/a.json").json() == 1
