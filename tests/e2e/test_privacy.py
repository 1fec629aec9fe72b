"""No pixel leaves the pipeline: disk, outbox and wire are searched for image bytes after a run on the sample clip."""

import base64
import contextlib
import gzip
import json
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import device.pipeline
from device.arrays import ByteImage
from device.bundle_folders import bundle_cache
from device.clock import SystemClock
from device.config import load_settings
from device.contract.pack import unpack
from device.contract.session import Beginning
from device.service.service import Service

ACCEPTED_REQUESTS = 3  # then the database is 'down', so that the outbox keeps records
CROP_ROW = slice(20, 28)  # the middle of an aligned crop: eyes and nose, never uniform
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{48,}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
MAGIC = {
    "JPEG": re.compile(rb"\xff\xd8\xff[\xdb\xe0\xe1\xee]"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "BMP": re.compile(rb"BM....\x00\x00\x00\x00[\x36\x7a\x8a]\x00\x00\x00", re.DOTALL),
    "JPEG in base64": re.compile(rb"/9j/[2479]"),
    "PNG in base64": re.compile(rb"iVBORw0KGgo"),
    "a data URL": re.compile(rb"data:image/"),
}


def rows_of(crops: list[ByteImage]) -> set[bytes]:
    """Rows of pixels that identify a picture; uniform ones could be anywhere."""
    rows = (np.ascontiguousarray(row).tobytes() for crop in crops for row in crop[CROP_ROW])
    return {row for row in rows if len(set(row)) > 8}


def images_in(data: bytes, rows: set[bytes]) -> list[str]:
    """What looks like an image in `data`, as it is, or in base64 (at any offset, deflated or not), or hexadecimal."""
    found = [name for name, pattern in MAGIC.items() if pattern.search(data)]
    views = [data, *decoded(data)]
    size = len(next(iter(rows)))
    for view in views:
        windows = {view[at : at + size] for at in range(len(view) - size + 1)}
        found += ["rows of pixels"] * bool(windows & rows)
    return found


def decoded(data: bytes) -> Iterator[bytes]:
    """Every long run of base64 or hexadecimal characters, decoded from each offset."""
    for match in _RUN.finditer(data):
        for at in range(4):
            text = match[0][at:].translate(_URL_SAFE)
            text = text[:-1] if len(text) % 4 == 1 else text
            plain = base64.b64decode(text + b"=" * (-len(text) % 4))
            yield plain
            with contextlib.suppress(zlib.error):  # packs are deflated
                yield zlib.decompressobj().decompress(plain)
        digits = re.sub(rb"[^0-9a-fA-F]", b"", match[0])
        yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


class Wire:
    """A database that keeps every byte that it is sent."""

    def __init__(self) -> None:
        wire = self
        self.bodies: list[bytes] = []
        self.targets: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PATCH(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = self.headers.get("Content-Encoding") == "gzip"
                wire.bodies.append(gzip.decompress(body) if packed else body)
                wire.targets.append(f"{self.path} {self.headers}")
                self.send_response(204 if len(wire.bodies) <= ACCEPTED_REQUESTS else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}?ns=clinic"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def crops(monkeypatch: pytest.MonkeyPatch) -> list[ByteImage]:
    """Every aligned crop that the pipeline makes during the test."""
    made: list[ByteImage] = []
    align: Callable[..., ByteImage] = device.pipeline.align

    def spy(*args: Any, **options: Any) -> ByteImage:
        made.append(align(*args, **options))
        return made[-1]

    monkeypatch.setattr(device.pipeline, "align", spy)
    return made


def texts(node: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from texts(child)


def test_a_full_run_leaves_no_pixel_on_disk_in_the_outbox_or_on_the_wire(
    tmp_path: Path, clip: Path, crops: list[ByteImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTBOX_CACHE", str(bundle_cache()))  # the models stay where they are
    for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    wire = Wire()
    sinks = [f"jsonl:{tmp_path / 'records.jsonl'}", f"rtdb:{wire.url}"]
    assignments = ["device.id=tester", f"outbox.path={tmp_path / 'outbox.db'}", "upload.interval_s=0.02"]
    with Service(
        load_settings(None, assignments, {"run": {"source": str(clip), "sinks": sinks}}), SystemClock()
    ) as service:
        service.watch(Beginning())
    wire.close()

    rows = rows_of(crops)
    assert len(rows) > 1000, "the clip has shown no face"
    files = {path.name: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    assert {"records.jsonl", "outbox.db"} <= files.keys()
    assert len(files["outbox.db"]) > 10_000
    assert len(wire.bodies) > ACCEPTED_REQUESTS
    places = files | {"wire": b"\n".join(wire.bodies), "headers": "\n".join(wire.targets).encode()}
    assert {name: found for name, data in places.items() if (found := images_in(data, rows))} == {}
    for body in wire.bodies:
        for document in json.loads(body).values():
            records = unpack(document) if "columns" in document else [document]
            assert max(map(len, texts(records))) < 100


CROP: ByteImage = np.random.default_rng(7).integers(0, 255, (48, 48), np.uint8)


@pytest.mark.parametrize(
    "hide",
    [
        lambda crop: crop.tobytes(),
        lambda crop: base64.b64encode(crop.tobytes()),
        lambda crop: base64.b64encode(b"x" + crop[24].tobytes()),
        lambda crop: base64.urlsafe_b64encode(b"xy" + crop[24].tobytes()),
        lambda crop: base64.b64encode(zlib.compress(crop.tobytes())),
        lambda crop: crop[24].tobytes().hex().encode(),
        lambda crop: cv2.imencode(".jpg", crop)[1].tobytes(),
        lambda crop: base64.b64encode(cv2.imencode(".jpg", crop)[1].tobytes()),
        lambda crop: cv2.imencode(".png", crop)[1].tobytes(),
        lambda crop: base64.b64encode(cv2.imencode(".png", crop)[1].tobytes()),
        lambda crop: cv2.imencode(".bmp", crop)[1].tobytes(),
        lambda crop: cv2.imencode(".webp", crop)[1].tobytes(),
    ],
)
def test_the_search_finds_what_is_hidden(hide: Callable[[ByteImage], bytes]) -> None:
    assert images_in(b'{"v":1,"x":"' + hide(CROP) + b'"}', rows_of([CROP])) != []


def test_the_search_finds_nothing_where_nothing_is() -> None:
    assert images_in(b'{"v":1,"aus":{"AU12":4.51}}' * 100, rows_of([CROP])) == []
