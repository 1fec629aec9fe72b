"""Two coders who disagree as was written down code the sample clip in a browser; the command finds what is known."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.browser import Browser
from tests.training.annotation.paged import made_project, paged
from training.annotation.coding import Scale
from training.cli import main

pytestmark = pytest.mark.pages
#: Of forty frames both see AU12 in ten, neither in twenty, only Anna in four, only Ben in six.
SEEN = {"anna": "1" * 10 + "0" * 20 + "1" * 4 + "0" * 6, "ben": "1" * 10 + "0" * 20 + "0" * 4 + "1" * 6}
CHANCE = (14 * 16 + 26 * 24) / 40**2


def test_scripted_coders_of_the_sample_clip_give_the_known_kappa(
    one_chromium: Chromium, clip: Path, tmp_path: Path
) -> None:
    with made_project(tmp_path / "project", clip, scale=Scale.PRESENCE) as project:
        for coder, seen in SEEN.items():
            with paged(project, coder) as page, Browser(one_chromium, page.origin) as browser:
                tab = browser.page((1280, 720))
                tab.goto(page.link)
                tab.wait_for_selector("html[data-ready]")
                for is_seen in seen:
                    for key in ["a"] * (is_seen == "1") + ["Enter"]:
                        tab.keyboard.press(key)
                expect(tab.locator("#saved")).to_have_attribute("data-state", "saved")

    assert main(["coding", "agreement", str(tmp_path / "project"), "--out", str(tmp_path / "out")]) == 0

    with (tmp_path / "out" / "agreement.csv").open() as file:
        (row,) = (row for row in csv.DictReader(file) if row["action"] == "AU12")
    assert [row[name] for name in ("frames", "present_first", "present_second", "present_both")] == [
        "40",
        "14",
        "16",
        "10",
    ]
    assert float(row["agreed"]) == 0.75
    assert float(row["kappa"]) == pytest.approx((0.75 - CHANCE) / (1 - CHANCE), abs=1e-4)
