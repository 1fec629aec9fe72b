"""A page that is served: a real interlock on a scripted daemon, its clock moving on, over real HTTP."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.config import load_settings
from device.host.scripted import Script
from device.page.page import Page
from device.settings import HostSettings, Settings
from device.update.layout import Layout
from tests.device.host.box import QUICK, Box

WAIT_S = 20.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))


class Served:
    """The page of a box."""

    def __init__(self, box: Box, page: Page) -> None:
        self.box = box
        self.url = page.url
        self.port = int(page.url.rstrip("/").rpartition(":")[2])
        self.origin = page.url.rstrip("/")

    def connect(self, host: str = "127.0.0.1") -> http.client.HTTPConnection:
        return http.client.HTTPConnection(host, self.port, timeout=WAIT_S)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask as a stranger's program may: with these headers and no others."""
        connection = self.connect()
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def do(self, **asked: Any) -> Answer:
        """Press something, as the page's script does."""
        return self.ask("POST", "/do", json.dumps(asked).encode(), Origin=self.origin, Content_Type="application/json")

    def events(self, **headers: str) -> Iterator[tuple[str, Json]]:
        """What is sent to one who looks: the event's name and its data."""
        connection = self.connect()
        try:
            connection.request("GET", "/events", headers=headers)
            found = connection.getresponse()
            assert found.status == 200, found.read()
            name = "message"
            while line := found.fp.readline() if found.fp else b"":
                field, _, value = line.decode().strip().partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)
                    name = "message"
        finally:
            connection.close()


def settings_of(*more: str) -> Settings:
    return load_settings(None, ["device.id=room-3", "page.port=0", *more])


@contextmanager
def served(
    folder: Path,
    *more: str,
    script: Script = QUICK,
    host: HostSettings | None = None,
    layout: Layout | None = None,
) -> Iterator[Served]:
    """A page with the settings `more`."""
    box = Box(folder, script, host)
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            box.interlock.tick()
            box.interlock.wait(box.now.number, 0.05)

    ticking = threading.Thread(target=go_on)
    ticking.start()
    try:
        with Page(settings_of(*more), box.clock, box.interlock, layout) as page:
            yield Served(box, page)
    finally:
        stop.set()
        ticking.join()
        box.interlock.close(WAIT_S)
