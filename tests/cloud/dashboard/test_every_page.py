"""Every page, as whoever may see it sees it: at three sizes, in light and dark, without a barrier that axe finds,
and as docs/dashboard.md shows it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page

from cloud.demo.boxes import make_boxes
from tests.browser import SIZES, Browser
from tests.cloud.dashboard.conftest import started
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages

ROOT = Path(__file__).parents[3]
AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
DOCS = ROOT / "docs"
#: Role → address of each of its pages → words that it shows when all of it is there, and the picture of it in docs.
PAGES = {
    "clinician": {
        "/live": ("Simulated room 1", ""),
        "/live/sim-room-1": ("Simulated room 1", ""),
        "/patients": ("p-0007", "patients"),
        "/patients/p-0007": ("Year of birth", "record"),
        "/patients/p-0007/weeks": ("AU12 lip corner puller", "weeks"),
        "/patients/p-0007/notes": ("p-0007", ""),
        "/patients/p-0007/consents": ("p-0007", ""),
        "/sessions": ("Sessions by box", ""),
    },
    "engineer": {
        "/fleet": ("sim-room-19", "fleet"),
        "/fleet/sim-room-1": ("Simulated room 1", "box"),
        "/alerts": ("When it alerts", "alerts"),
    },
    "admin": {"/staff": ("Let somebody in", "staff"), "/audit": ("Export as CSV", "")},
}
EACH = [(role, address, *what) for role, pages in PAGES.items() for address, what in pages.items()]
_COARSE = (40, 25)  # of a picture, pixels: what changes with time is no difference there
_ALIKE = 3.2  # of 255, in the mean: an empty page is 3.7 away from one of alerts, the same page twice .1


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One of their own: its fleet is another one."""
    with started(tmp_path_factory.mktemp("pages")) as running:
        yield running


#: That every chart is as wide as its place: it is drawn anew a moment after the window has another size.
DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot')].every(
    plot => Math.abs(plot.querySelector('.main-svg').clientWidth - plot.clientWidth) < 2)"""


@pytest.mark.parametrize(("role", "address", "words", "picture"), EACH)
def test_a_page_fits_has_no_barrier_and_is_as_the_docs_show_it(
    browser: Browser,
    stack: Stack,
    sign_in: Callable[..., Page],
    role: str,
    address: str,
    words: str,
    picture: str,
) -> None:
    with stack.alive(make_boxes(40, 7, time.time())):
        page = sign_in(browser.page("laptop"), role, address)
        page.get_by_text(words).first.wait_for()
        page.wait_for_load_state("networkidle")
        for width, height in SIZES.values():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function("most => document.documentElement.scrollWidth <= most", arg=width)
        page.set_viewport_size(dict(zip(("width", "height"), SIZES["laptop"], strict=True)))  # type: ignore[arg-type]
        page.wait_for_function(DRAWN)
        if picture:
            check_picture(page, DOCS / f"dashboard-{picture}.png")
        for scheme in ("light", "dark"):
            put_in(page, scheme)
            assert barriers(page) == [], scheme


def check_picture(page: Page | Locator, file: Path) -> None:
    """That the picture in the docs is of the page, or a part of it, as it is now; with AFFECTBOX_PICTURES set, it is
    made anew."""
    taken = page.screenshot()
    if os.environ.get("AFFECTBOX_PICTURES"):
        file.write_bytes(taken)
    now, kept = (coarse(np.frombuffer(content, np.uint8)) for content in (taken, file.read_bytes()))
    assert np.abs(now - kept).mean() < _ALIKE, f"{file.name} shows an earlier page: make dashboard-pictures"


def coarse(content: np.ndarray) -> np.ndarray:
    """A picture as somebody short-sighted sees it."""
    return cv2.resize(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), _COARSE, interpolation=cv2.INTER_AREA).astype(float)


def put_in(page: Page, scheme: str) -> None:
    """Look at a page of the dashboard in the colours `light` or `dark`, once it has them."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.wait_for_selector(f'html[data-mantine-color-scheme="{scheme}"]')
    page.wait_for_function("() => !document.getAnimations().some(one => one instanceof CSSTransition)")


def barriers(page: Page) -> list[str]:
    """What axe finds, a line each."""
    if not AXE.is_file():
        pytest.skip("axe is not installed: make build/axe/axe.stamp")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
