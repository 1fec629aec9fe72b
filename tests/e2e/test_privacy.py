"""No pixel leaves the pipeline: every file, request and log line of a session is searched for what was seen in it."""

import base64
import gzip
import json
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device.arrays import Array, ByteImage
from device.bundle_folders import bundle_cache
from device.camera.source import Picture
from device.clock import SystemClock
from device.commands.progress import Progress
from device.config import load_settings
from device.contract import aggregate, boot, session
from device.contract.control import Do
from device.contract.fields import check
from device.contract.pack import ROOT as PACKS
from device.contract.pack import unpack
from device.contract.record import validate
from device.contract.session import Beginning
from device.contract.telemetry import FIELDS as TELEMETRY
from device.runtime.model import Model
from device.service.capture import Capture
from device.service.service import Service
from device.stages.landmarks import Face, Landmarker
from tests.daemons import InThread
from tests.pixels import Seen, found_in

ACCEPTED_REQUESTS = 3  # then the database is 'down', so that the outbox keeps records
FRAMES = 250  # ten seconds of the clip: smile, brows, blink, jaw
STRIDE = 64  # bytes between two windows that are searched for: a row of a frame has 1920, of the smallest crop 48


class Wire:
    """A database that keeps every byte that it is sent."""

    def __init__(self) -> None:
        wire = self
        self.bodies: list[bytes] = []
        self.heads: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PATCH(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = self.headers.get("Content-Encoding") == "gzip"
                wire.bodies.append(gzip.decompress(body) if packed else body)
                wire.heads.append(f"{self.requestline} {self.headers}")
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


class Watched:
    """What the session saw: every frame, every picture that a network was given, and all landmarks."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.frames = 0
        self.sides: set[int] = set()
        self.faces = 0

    def frame(self, image: ByteImage) -> None:
        self.frames += 1
        self.seen.add(image, STRIDE)
        self.seen.add(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)), STRIDE)

    def crop(self, image: Array) -> None:
        self.sides.add(image.shape[1])
        self.seen.add(image, 8 if image.shape[1] < 100 else STRIDE)

    def face(self, face: Face) -> None:
        self.faces += 1
        self.seen.add(face.points)
        self.seen.add(face.points.astype(np.float64))


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Looks over the shoulder of camera, networks and landmarks."""
    watched = Watched()
    read, on_image, run, landmarks = Capture._read, Model.on_image, Model._run, Landmarker.__call__

    def seen_frame(self: Capture) -> Picture | None:
        picture = read(self)
        if picture is not None:
            watched.frame(picture.image)
        return picture

    def seen_crop(self: Model, image: ByteImage) -> Any:
        watched.crop(image)
        return on_image(self, image)

    def seen_tensor(self: Model, value: Array) -> Any:
        watched.seen.add(value, STRIDE)
        return run(self, value)

    def seen_face(self: Landmarker, *args: Any) -> Face:
        face = landmarks(self, *args)
        watched.face(face)
        return face

    monkeypatch.setattr(Capture, "_read", seen_frame)
    monkeypatch.setattr(Model, "on_image", seen_crop)
    monkeypatch.setattr(Model, "_run", seen_tensor)
    monkeypatch.setattr(Landmarker, "__call__", seen_face)
    return watched


def check_document(path: str, document: Any) -> None:
    """That a document holds what the contract knows, and nothing else."""
    root = path.partition("/")[0]
    match root:
        case "patients":
            assert document == "unnamed"
        case "telemetry":
            check(document | {"seen": 0}, TELEMETRY, "telemetry")
        case _ if root == PACKS:
            for record in unpack(document):
                validate(record)
        case _:
            checks = {"visits": session.validate, "boots": boot.validate, "minutes": aggregate.validate}
            checks[root](document)


def test_a_session_leaves_no_pixel_and_no_landmark_in_any_file_request_or_log_line(
    tmp_path: Path,
    clip: Path,
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AFFECTBOX_CACHE", str(bundle_cache()))  # the models stay where they are
    for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    wire = Wire()
    run = {
        "source": str(clip),
        "max_frames": FRAMES,
        "sinks": [f"jsonl:{tmp_path / 'records.jsonl'}", f"rtdb:{wire.url}"],
    }
    progress = Progress(sys.stdout)
    settings = load_settings(None, ["device.id=tester", "upload.interval_s=0.02"], {"run": run})
    with Service(settings, SystemClock(), progress.show) as service:
        service.watch(Beginning())
    progress.end(service)
    wire.close()

    assert watched.frames == FRAMES
    assert watched.faces > FRAMES / 2
    assert {48, 192} <= watched.sides
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (outbox,) = [data for name, data in files.items() if name.endswith("outbox.db")]
    assert len(outbox) > 10_000
    assert len(wire.bodies) > ACCEPTED_REQUESTS
    told = "".join(capfd.readouterr())
    assert f"{FRAMES} recorded" in told
    heads = "\n".join(wire.heads)
    places = files | {"requests": b"\n".join(wire.bodies), "heads": heads.encode(), "log": told.encode()}
    hashes = watched.seen.hashes()
    assert {name: found for name, data in places.items() if (found := found_in(data, hashes))} == {}
    for body in wire.bodies:
        for path, document in json.loads(body).items():
            check_document(path, document)


def test_what_the_camera_process_says_is_drawn_from_points_and_holds_no_picture(
    tmp_path: Path, clip: Path, watched: Watched
) -> None:
    said = b""
    with_points = 0
    for task in (Do.FRAME, Do.WATCH):
        own = [f"run.source={clip}", "run.pace=fast", "run.max_frames=60", f"outbox.path={tmp_path}/outbox.db"]
        with InThread(load_settings(None, ["device.id=tester", *own], {})) as host:
            host.say(task, patient="p-017")
            host.last()
            said += host.raw
            with_points += sum(bool(report.glimpse and report.glimpse.outline) for report in host.heard)
    assert with_points >= 2
    assert watched.faces > 60
    assert found_in(said, watched.seen.hashes()) == set()


NOISE = np.random.default_rng(7)
FRAME: ByteImage = NOISE.integers(0, 255, (360, 640, 3), np.uint8)
CROP: ByteImage = NOISE.integers(0, 255, (48, 48), np.uint8)
LARGE: ByteImage = NOISE.integers(0, 255, (256, 256, 3), np.uint8)
POINTS = NOISE.uniform(0, 640, (468, 3)).astype(np.float32)


def hashes() -> Any:
    seen = Seen()
    seen.add(FRAME, STRIDE)
    for array in (CROP, LARGE, POINTS):
        seen.add(array)
    return seen.hashes()


def jpeg(image: ByteImage, kind: str = ".jpg") -> bytes:
    return cv2.imencode(kind, image)[1].tobytes()


@pytest.mark.parametrize(
    "hidden",
    [
        FRAME.tobytes(),
        b"xyz" + FRAME[100:102].tobytes(),
        FRAME[7, 200:240].tobytes(),
        zlib.compress(FRAME.tobytes()),
        b"head" + gzip.compress(FRAME[10:].tobytes()),
        base64.b64encode(b"x" + FRAME[100:110].tobytes()),
        base64.b64encode(zlib.compress(LARGE.tobytes())),
        CROP.tobytes(),
        CROP[24].tobytes(),
        LARGE[128, 20:60].tobytes(),
        base64.urlsafe_b64encode(b"xy" + CROP[24].tobytes()),
        base64.b64encode(base64.b64encode(b"x" + CROP[20:30].tobytes())),
        CROP[24].tobytes().hex().encode(),
        b"1" + CROP[24].tobytes().hex().encode(),
        json.dumps(CROP[24:26].ravel().tolist()).encode(),
        POINTS.tobytes(),
        base64.b64encode(POINTS[100:120].tobytes()),
        jpeg(FRAME),
        base64.b64encode(jpeg(CROP)),
        base64.b64encode(b"12" + jpeg(CROP, ".png")),
        jpeg(CROP, ".png"),
        jpeg(CROP, ".bmp"),
        jpeg(CROP, ".webp"),
        jpeg(CROP, ".tiff"),
    ],
)
def test_the_search_finds_what_is_hidden(hidden: bytes) -> None:
    assert found_in(b'{"v":1,"x":"' + hidden + b'"}', hashes())


def test_the_search_finds_nothing_where_nothing_is() -> None:
    assert found_in(b'{"v":1,"aus":{"AU12":4.51}}' * 100 + NOISE.bytes(100_000), hashes()) == set()
