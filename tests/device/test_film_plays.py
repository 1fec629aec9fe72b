"""A film in a browser: it says how long it is, plays, goes where one points, and shows the colours that were given."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.film import Film
from tests.browser import PROGRAM, Browser, chromium

pytestmark = [pytest.mark.pages, pytest.mark.skipif(PROGRAM is None, reason="no chromium on this machine")]
ORANGE, BLUE = (230, 159, 0), (0, 114, 178)
_PAGE = "<!doctype html><link rel=icon href=data:,><video id=film muted src=film.mp4></video>"
_WHEN = "(wanted) => new Promise(go => { const film = document.querySelector('video'); %s })"
#: What a picture at some moment shows in its middle.
_COLOUR = _WHEN % (
    "film.onseeked = () => { const at = document.createElement('canvas'); at.width = at.height = 1;"
    "const pen = at.getContext('2d'); pen.drawImage(film, 300, 200, 8, 8, 0, 0, 1, 1);"
    "go([...pen.getImageData(0, 0, 1, 1).data]); }; film.currentTime = wanted"
)
_PLAYED = _WHEN % "film.ontimeupdate = () => film.currentTime > wanted && go(film.currentTime); film.play()"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_browser_plays_it(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", (640, 480), 25.0, "rgb24") as film:
        for at_s in np.arange(0, 3, 0.04):
            film.write(np.full((480, 640, 3), ORANGE if at_s < 1.5 else BLUE, np.uint8), float(at_s))
    (tmp_path / "page.html").write_text(_PAGE)
    with served(tmp_path) as origin, chromium() as program, Browser(program, origin) as browser:
        page = browser.page()
        page.goto("/page.html")
        page.wait_for_function("document.querySelector('video').readyState >= 2")
        facts = page.evaluate(
            "(film => [film.duration, film.videoWidth, film.error])(document.querySelector('video'))"
        )
        assert facts == [pytest.approx(3.0, abs=0.01), 640, None]
        assert page.evaluate(_PLAYED, 0.5) > 0.5
        page.evaluate("document.querySelector('video').pause()")
        for at_s, colour in ((0.7, ORANGE), (2.0, BLUE)):
            assert page.evaluate(_COLOUR, at_s)[:3] == pytest.approx(colour, abs=10)
