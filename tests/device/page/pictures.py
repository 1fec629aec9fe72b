"""Takes the pictures of docs/page.md, in Chromium, of the scripted daemon's drawn face.

python -m tests.device.page.pictures docs
"""

import sys
import tempfile
from pathlib import Path

from device.host.scripted import Script
from tests.chromium import Chromium
from tests.device.page.served import Served, served

ZONE = "detector.zone=[0.3, 0.2, 0.4, 0.6]"
SINK = "run.sinks=['rtdb:https://clinic.firebaseio.com']"


def take(folder: Path, scratch: Path) -> None:
    """A desktop in English while somebody sets the camera up, and a telephone in a session."""
    script = Script(opening_s=0.0, every_s=0.1)
    with Chromium(scratch / "profile", size=(1280, 800)) as browser:
        with served(scratch / "one", ZONE, SINK, script=script) as page:
            _set_up(browser, page)
            (folder / "page-setting-up.png").write_bytes(browser.picture())
        with served(scratch / "two", ZONE, SINK, script=script) as page:
            browser.resize(390, 844)
            _hold(browser, page)
            (folder / "page-session.png").write_bytes(browser.picture())


def _set_up(browser: Chromium, page: Served) -> None:
    page.box.agreed()
    page.box.interlock.prepare("p-017")
    browser.open(page.url + "?language=en")
    browser.until("document.documentElement.dataset.state === 'idle'")
    browser.press("[data-do=frame]")
    browser.until("document.querySelector('#advice').innerText.includes('left')")
    browser.until("document.querySelectorAll('#layer-others ellipse').length === 1")
    browser.ask("scrollTo(0, 0)")


def _hold(browser: Chromium, page: Served) -> None:
    page.box.watching()
    browser.open(page.url + "?language=es")
    browser.until("document.querySelectorAll('#layer-face .oval').length === 1")
    page.box.clock.advance(754)
    browser.until("document.querySelector('#now .time').innerText.includes('12:3')")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        take(Path(sys.argv[1]), Path(name))
