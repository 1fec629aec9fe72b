"""How smooth the fleet's table is with 100 and with 500 boxes that tell their state once a second, and what each of
these states costs the dashboard: `make bench-fleet`.

Frames are counted by requestAnimationFrame in a real Chromium that draws in software. Database, boxes and browser run
on this machine too, so the times between frames are those of a busy one; of the server its own processor time is
counted, in which the watch of the fleet is included.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from cloud.demo.boxes import make_boxes
from tests.browser import chromium
from tests.cloud.dashboard.bench_tabs import signed_in
from tests.cloud.dashboard.stack import Stack

_SECONDS = 20.0
_FLEETS = (100, 500)
_LONGEST_MS = 180_000
#: Milliseconds between frames over some seconds, half of which somebody scrolls.
_FRAMES = """(seconds) => new Promise((done) => {
    const gaps = [], began = performance.now();
    const table = document.querySelector('.ag-body-viewport');
    let last = began;
    const frame = (now) => {
        gaps.push(now - last);
        last = now;
        if (now - began > seconds * 500) table.scrollTop = (table.scrollTop + 7) % 2000;
        if (now - began < seconds * 1000) requestAnimationFrame(frame);
        else done(gaps.slice(1).sort((a, b) => a - b));
    };
    requestAnimationFrame(frame);
})"""


def main() -> None:
    """Measure, and print a line for each fleet."""
    with TemporaryDirectory() as folder, chromium() as browser:
        stack = Stack(Path(folder))
        try:
            for count in _FLEETS:
                print(measured(stack, browser, count), flush=True)
        finally:
            stack.close()
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def measured(stack: Stack, browser: Chromium, count: int) -> str:
    """What a fleet of so many boxes takes."""
    process = psutil.Process(stack.dashboard.process.pid)
    context = signed_in(browser, stack, "engineer")
    context.set_default_timeout(_LONGEST_MS)
    with stack.alive(make_boxes(count, 7, time.time()), period_s=1.0) as fleet:
        page = context.new_page()
        page.goto("/fleet")
        page.wait_for_function("count => window.fleetPage && fleetPage.rows.size >= count - 3", arg=count)
        gaps, share, rate = watched(page, process, lambda: fleet.sent)
        context.close()
    middle, late = gaps[len(gaps) // 2], gaps[int(0.99 * len(gaps))]
    each_ms = 1000 * share / rate
    return (
        f"{count} boxes, {rate:.0f} states a second: frames every {middle:.1f} ms in the median, {late:.0f} ms at the "
        f"99th percentile; the server takes {100 * share:.0f} % of a core, {each_ms:.2f} ms a state"
    )


def watched(page: Page, process: psutil.Process, sent: Callable[[], int]) -> tuple[list[float], float, float]:
    """Times between frames, ascending; the share of a core; states a second."""
    cpu, states, began = sum(process.cpu_times()[:2]), sent(), time.monotonic()
    gaps = page.evaluate(_FRAMES, _SECONDS)
    took_s = time.monotonic() - began
    return gaps, (sum(process.cpu_times()[:2]) - cpu) / took_s, (sent() - states) / took_s


if __name__ == "__main__":
    main()
