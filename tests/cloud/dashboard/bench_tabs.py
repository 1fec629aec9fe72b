"""What the dashboard takes with 1, 5 and 20 open tabs, and what a first view takes: `make bench-dashboard`.

Tabs are of one engineer, on the fleet of a hundred boxes that tell their state once a second; and of one clinician, on
a session of which the newest second comes each second. Chromium, database and boxes run on this machine too: what they
take is not counted.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from cloud.demo.boxes import make_boxes
from cloud.load.records import simulated
from device.contract import patient
from tests.browser import chromium
from tests.cloud.dashboard.stack import Stack

_SECONDS = 10.0
_TABS = (1, 5, 20)
_ROOM = "sim-room-1"
_WORDS = {"/fleet": "sim-room-11", f"/live/{_ROOM}": "Simulated room 1"}


def main() -> None:
    """Measure, and print a table."""
    with TemporaryDirectory() as folder, chromium() as browser:
        stack = Stack(Path(folder))
        process = psutil.Process(stack.dashboard.process.pid)
        try:
            with stack.alive(make_boxes(100, 7, time.time()), period_s=1.0), told_live(stack):
                print(f"no tab                    {taken(process, browser.new_page())}")
                for who, path in (("engineer", "/fleet"), ("clinician", f"/live/{_ROOM}")):
                    context = signed_in(browser, stack, who)
                    print(f"first view of {path:<16}  {first_view(context, path, process)}")
                    for tabs in _TABS:
                        while len(context.pages) < tabs:
                            opened(context, path)
                        print(f"{tabs:>2} tabs on {path:<16}  {taken(process, context.pages[0])}", flush=True)
                    context.close()
        finally:
            stack.close()


def signed_in(browser: Chromium, stack: Stack, who: str) -> BrowserContext:
    """A browser in which somebody is signed in."""
    context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800})
    account = stack.accounts[who]
    form = {"email": account.email, "password": account.password}
    assert context.request.post("/sign-in", form=form, headers={"Origin": stack.url}).ok
    return context


def opened(context: BrowserContext, path: str) -> Page:
    """A new tab, when it shows what it is for."""
    page = context.new_page()
    page.goto(path)
    page.get_by_text(_WORDS[path]).first.wait_for(timeout=60_000)
    return page


def first_view(context: BrowserContext, path: str, process: psutil.Process) -> str:
    """Processor seconds of the page and of the server until it is there, in a browser that has cached nothing."""
    before = sum(process.cpu_times()[:2])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(path)
    page.get_by_text(_WORDS[path]).first.wait_for(timeout=60_000)
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    server = sum(process.cpu_times()[:2]) - before
    return f"{metrics['TaskDuration']:.2f} s in the page, {server:.2f} s in the server"


def taken(process: psutil.Process, page: Page) -> str:
    """Per cent of a core and MB of the server over some seconds, which `page` lets pass."""
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    page.wait_for_timeout(_SECONDS * 1000)
    share = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)
    return f"{100 * share:5.1f} % of a core, {process.memory_info().rss / 1e6:.0f} MB"


@contextmanager
def told_live(stack: Stack) -> Iterator[None]:
    """A box tells the newest second of its last session each second, for the length of a block."""
    stop, box = threading.Event(), stack.box(_ROOM)
    session = max(stack.get(f"{patient.ROOT}/{_ROOM}"))

    def tell() -> None:
        first = 1
        while not stop.wait(1.0):
            records = [simulated(box.device, session, first + at, 10) | {"session": session} for at in range(10)]
            box.show(records)
            first += 10

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    main()
