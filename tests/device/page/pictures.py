"""Takes the pictures of docs/page.md, in Chromium, of the scripted daemon's drawn face.

python -m tests.device.page.pictures docs
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from device.host.scripted import Script
from tests.browser import Browser, chromium
from tests.device.page.served import Served, served

ZONE = "detector.zone=[0.3, 0.2, 0.4, 0.6]"
SINK = "run.sinks=['rtdb:https://clinic.firebaseio.com']"


def take(folder: Path, scratch: Path) -> None:
    """A desktop in English while somebody sets the camera up, and a telephone in a session."""
    script = Script(opening_s=0.0, every_s=0.1)
    with chromium() as started:
        with served(scratch / "one", ZONE, SINK, script=script) as box, Browser(started, box.url) as browser:
            _set_up(browser.page("laptop"), box).screenshot(path=folder / "page-setting-up.png")
        with served(scratch / "two", ZONE, SINK, script=script) as box, Browser(started, box.url) as browser:
            _hold(browser.page("phone"), box).screenshot(path=folder / "page-session.png")


def _set_up(page: Page, box: Served) -> Page:
    box.box.agreed()
    box.box.interlock.prepare("p-017")
    page.goto(box.url + "?language=en")
    expect(page.locator("html[data-state=idle]")).to_be_attached()
    page.click("[data-do=frame]")
    expect(page.locator("#advice")).to_contain_text("left")
    expect(page.locator("#layer-others ellipse")).to_have_count(1)
    page.evaluate("scrollTo(0, 0)")
    return page


def _hold(page: Page, box: Served) -> Page:
    box.box.watching()
    page.goto(box.url + "?language=es")
    expect(page.locator("#layer-face .oval")).to_have_count(1)
    box.box.clock.advance(754)
    page.wait_for_function("() => document.querySelector('#now .time').innerText.includes('12:3')")
    return page


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        take(Path(sys.argv[1]), Path(name))
