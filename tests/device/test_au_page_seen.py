"""The page of `affectbox au` in a browser: it loads nothing, fits a phone, and is no barrier to anybody."""

from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest

from device.cli import main
from device.contract.errors import DataError
from tests.browser import Browser
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.pages
AXE = CHECKOUT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def made(tmp_path_factory, portrait, clip) -> Path:
    """The page of a face, a wall, something broken, and the beginning of the clip, with thumbnails."""
    folder = tmp_path_factory.mktemp("faces")
    cv2.imwrite(
        str(folder / "a face with a name that is as long as names of files can be in some places.png"), portrait
    )
    cv2.imwrite(str(folder / "wall.png"), np.full((300, 300, 3), 128, np.uint8))
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "clip.mp4").symlink_to(clip)
    page = folder / "page.html"
    asked = ["au", str(folder), "--page", str(page), "--thumbnails", "--set", "run.max_frames=150"]
    assert main(asked) == DataError.exit_code
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["laptop", "phone"])
def test_it_fits_and_is_no_barrier(one_chromium, made, size, scheme):
    if not AXE.is_file():
        pytest.skip("axe is not installed: make build/axe/axe.stamp")
    with Browser(one_chromium, "file://") as browser:
        shown = browser.page(size, color_scheme=scheme, bypass_csp=True)
        shown.goto(made.as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shown.add_script_tag(path=AXE)
        found = shown.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(one["id"], [node["html"][:100] for node in one["nodes"][:2]]) for one in found["violations"]] == []


def test_a_printed_page_has_several_faces_on_a_sheet(one_chromium, made, tmp_path):
    with Browser(one_chromium, "file://") as browser:
        shown = browser.page()
        shown.goto(made.as_uri())
        cards = shown.locator("article").count()
        shown.pdf(path=tmp_path / "page.pdf", format="A4")

    assert len(pypdfium2.PdfDocument(tmp_path / "page.pdf")) < cards
