"""The page of a project, served in a thread, asked as a browser or a stranger's program asks."""

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.annotation.coding import Scale
from training.annotation.page.app import application
from training.annotation.page.desk import Desk
from training.annotation.page.serving import HOST, Server, listen
from training.annotation.project import Project, create

WAIT_S = 20.0
ACTIONS = ("AU1", "AU4", "AU12", "AU25", "AD19")
Json = dict[str, Any]


def made_pictures(folder: Path, count: int = 6) -> Path:
    """Grey pictures, eight shades of them."""
    folder.mkdir(parents=True)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((24, 20), 30 * number % 240 + 10, np.uint8))
    return folder


def made_film(folder: Path, frames: int = 40) -> Path:
    """A film of a square that wanders."""
    folder.mkdir(parents=True)
    writer = cv2.VideoWriter(str(folder / "film.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, (96, 72))
    for number in range(frames):
        picture = np.full((72, 96, 3), 90, np.uint8)
        picture[20:40, 2 * number : 2 * number + 12] = 240
        writer.write(picture)
    writer.release()
    return folder


def made_project(folder: Path, source: Path | None = None, **more: Any) -> Project:
    """A project of six pictures, if nothing else is said."""
    source = source or made_pictures(folder.parent / "pictures")
    return create(folder, source, scale=more.pop("scale", Scale.INTENSITY), actions=ACTIONS, **more)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Page:
    """A page that is served."""

    desk: Desk
    port: int

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def link(self) -> str:
        return f"{self.origin}/enter?key={self.desk.secret}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask with these headers and no others, as a stranger's program may."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def cookie(self) -> str:
        """What the browser has after it followed the link."""
        return self.ask("GET", f"/enter?key={self.desk.secret}").headers["set-cookie"].partition(";")[0]

    def get(self, path: str) -> Answer:
        """As the page's script asks."""
        return self.ask("GET", path, Cookie=self.cookie(), Origin=self.origin)

    def send(self, path: str, body: Any, method: str = "POST") -> Answer:
        """As the page's script sends."""
        more = {"Cookie": self.cookie(), "Origin": self.origin, "Content_Type": "application/json"}
        return self.ask(method, path, json.dumps(body).encode(), **more)

    def act(self, *acts: Json, client: str = "one", seat: str = "here", first: int = 1) -> Answer:
        """Do acts, numbered from `first`."""
        numbered = [{"number": first + at, "act": act} for at, act in enumerate(acts)]
        return self.send("/api/acts", {"client": client, "seat": seat, "acts": numbered})


@contextlib.contextmanager
def paged(
    project: Project, coder: str = "anna", port: int = 0, review: tuple[str, str] | None = None
) -> Iterator[Page]:
    """Serve a project's page until the end of the block."""
    project.enter(coder, "test", take_over=True)
    project.leave(coder, "test")
    desk = Desk(project, coder, review)
    ready = threading.Event()
    with contextlib.closing(listen(port)) as listening:
        number = int(listening.getsockname()[1])
        server = Server(application(desk, number), ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert ready.wait(WAIT_S)
        try:
            yield Page(desk, number)
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
