"""A film in a browser: it says how long it is, plays, goes where one points, and shows the colours that were given."""

from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest

from device.film import Film
from tests.browser import PROGRAM, Browser, chromium

pytestmark = [pytest.mark.pages, pytest.mark.skipif(PROGRAM is None, reason="no chromium on this machine")]
ORANGE, BLUE = (230, 159, 0), (0, 114, 178)
_PAGE = "<!doctype html><video muted src='data:video/mp4;base64,%s'></video>"
_WHEN = "(wanted) => new Promise(go => { const film = document.querySelector('video'); %s })"
#: What a picture at some moment shows in its middle.
_COLOUR = _WHEN % (
    "film.onseeked = () => { const at = document.createElement('canvas'); at.width = at.height = 1;"
    "const pen = at.getContext('2d'); pen.drawImage(film, 300, 200, 8, 8, 0, 0, 1, 1);"
    "go([...pen.getImageData(0, 0, 1, 1).data]); }; film.currentTime = wanted"
)
_PLAYED = _WHEN % "film.ontimeupdate = () => film.currentTime > wanted && go(film.currentTime); film.play()"


def test_a_browser_plays_it(tmp_path: Path) -> None:
    with Film(tmp_path / "film.mp4", (640, 480), 25.0, "rgb24") as film:
        for at_s in np.arange(0, 3, 0.04):
            film.write(np.full((480, 640, 3), ORANGE if at_s < 1.5 else BLUE, np.uint8), float(at_s))
    held = b64encode((tmp_path / "film.mp4").read_bytes()).decode()
    with chromium() as program, Browser(program, "http://nowhere") as browser:
        page = browser.page()
        page.set_content(_PAGE % held)
        page.wait_for_function("document.querySelector('video').readyState >= 2")
        facts = page.evaluate(
            "(film => [film.duration, film.videoWidth, film.error])(document.querySelector('video'))"
        )
        assert facts == [pytest.approx(3.0, abs=0.01), 640, None]
        assert page.evaluate(_PLAYED, 0.5) > 0.5
        page.evaluate("document.querySelector('video').pause()")
        for at_s, colour in ((0.7, ORANGE), (2.0, BLUE)):
            assert page.evaluate(_COLOUR, at_s)[:3] == pytest.approx(colour, abs=10)
