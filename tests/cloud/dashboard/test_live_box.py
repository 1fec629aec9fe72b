"""The live page, a real box on the sample clip, a real database, a real browser: what the clip's script says is seen
at the right second."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cloud.demo.real import RealBox
from cloud.demo.staff import PSEUDONYM
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

DEVICE = "demo-box"
#: By how much a second of the clip may be missed, on a machine that tests other things as well.
NEAR_S = 1.5
START_S = 120.0
PICTURES = Path(__file__).parents[3] / "docs"
_ROWS = """() => {
  const rows = affectbox.live().strips.rows();
  return [rows.at, rows.why, rows.values.AU12 || [], rows.values.happiness || []];
}"""


@pytest.fixture
def box(stack: Stack, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", os.environ.get("FIREBASE_AUTH_EMULATOR_HOST", ""))
    real, loop = RealBox(tmp_path / "box", DEVICE, clip), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)  # playwright has this thread's loop
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(real.start(stack.data, stack.database), loop).result(START_S)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(real.end(), loop).result(START_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_S)
        loop.close()


@dataclass(frozen=True)
class Seen:
    """When the strips show something, seconds of the database's time."""

    dark: list[float]
    smiling: list[float]
    happy: list[float]


def seen(page: Page) -> Seen:
    at, why, units, happiness = page.evaluate(_ROWS)
    return Seen(
        [when for when, reason in zip(at, why, strict=True) if reason == "too_dark"],
        [when for when, how in zip(at, units, strict=False) if (how or 0) > 2.5],
        [when for when, how in zip(at, happiness, strict=False) if (how or 0) > 0.6],
    )


def middles(times: list[float]) -> list[float]:
    """The middle of each stretch of times."""
    stretches: list[list[float]] = []
    for when in times:
        if not stretches or when - stretches[-1][-1] > 8:
            stretches.append([])
        stretches[-1].append(when)
    return [sum(stretch) / len(stretch) for stretch in stretches]


def is_smile(clip_s: float, parts: dict[str, dict[str, Any]]) -> bool:
    """Whether the script lets the patient smile about then; it goes round."""
    length_s = parts["second_face"]["end_s"]
    return any(
        parts[name]["start_s"] - NEAR_S < clip_s + turn < parts[name]["end_s"] + NEAR_S
        for name in ("smile", "smile_again")
        for turn in (-length_s, 0, length_s)
    )


@pytest.mark.chaos
def test_the_scripted_smile_is_seen_at_the_right_second(
    box: None, stack: Stack, browser: Browser, sign_in: Callable[..., Page], clip: Path
) -> None:
    script = json.loads(clip.with_suffix(".script.json").read_text())
    parts: dict[str, dict[str, Any]] = {part["name"]: part for part in script["segments"]}
    page = sign_in(browser.page("laptop", color_scheme="light"), "clinician", f"/live/{DEVICE}")
    expect(page.locator("#live-with")).to_have_text(f"with {PSEUDONYM}", timeout=60_000)
    until_s = time.monotonic() + 2 * START_S
    while len(middles((found := seen(page)).dark)) < 2 or min(len(found.smiling), len(found.happy)) < 10:
        assert time.monotonic() < until_s, page.locator("body").inner_text()
        page.wait_for_timeout(500)
    first_s, second_s = middles(found.dark)[:2]  # once around; a busy machine plays the clip slower
    dim, length_s = parts["dim"], parts["second_face"]["end_s"]
    for times in (found.smiling, found.happy):
        around = [(when - first_s) / (second_s - first_s) * length_s for when in times if first_s < when < second_s]
        clip_s = [((dim["start_s"] + dim["end_s"]) / 2 + when) % length_s for when in around]
        assert len(clip_s) > 3, times
        assert sum(is_smile(when, parts) for when in clip_s) > 0.8 * len(clip_s), [round(when, 1) for when in clip_s]
    expect(page.locator("#live-delay")).to_contain_text("behind")
    if os.environ.get("AFFECTBOX_PICTURES"):
        page.wait_for_timeout(25_000)
        page.screenshot(path=PICTURES / "dashboard-live.png")

    page.locator("[data-do=pause]").click()
    expect(page.locator("#live-command")).to_contain_text("Pause: done", timeout=40_000)
    expect(page.locator("#live-state")).to_have_text("Paused", timeout=40_000)
    page.locator("[data-do=resume]").click()
    expect(page.locator("#live-command")).to_contain_text("Go on: done", timeout=40_000)
    page.locator("[data-do=end]").click(timeout=40_000)
    page.locator("[data-answer=yes]").click()
    expect(page.locator("#live-command")).to_contain_text("End: done", timeout=40_000)
    expect(page.locator("[data-do=begin]")).to_be_visible(timeout=40_000)
