"""The live page, a real box on the sample clip, a real database, a real browser: what the clip's script says is seen
at the right second."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
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
PICTURES = Path(__file__).parents[3] / "docs"
_STRETCHES = """(asked) => {
  const rows = affectbox.live().strips.rows();
  const least = asked.startsWith("AU") ? 2.5 : 0.6;
  const holds = (i) => (asked in rows.values ? (rows.values[asked][i] ?? 0) > least : rows.why[i] === asked);
  const found = [];
  for (let i = 0; i < rows.at.length; i++) {
    if (holds(i) && !(i && holds(i - 1))) found.push(rows.at[i]);
  }
  return found;
}"""


@pytest.fixture
def box(stack: Stack, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", os.environ.get("FIREBASE_AUTH_EMULATOR_HOST", ""))
    real = RealBox(tmp_path / "box", DEVICE, clip)
    with asyncio.Runner() as runner:
        runner.run(real.start(stack.data, stack.database))
        yield
        runner.run(real.end())


def begins(page: Page, what: str) -> list[float]:
    """When something begins that a strip shows, seconds of the database's time."""
    found: list[float] = page.evaluate(_STRETCHES, what)
    return found


@pytest.mark.chaos
def test_the_scripted_smile_is_seen_at_the_right_second(
    box: None, stack: Stack, browser: Browser, sign_in: Callable[..., Page], clip: Path
) -> None:
    script = json.loads(clip.with_suffix(".script.json").read_text())
    parts: dict[str, dict[str, Any]] = {part["name"]: part for part in script["segments"]}
    page = sign_in(browser.page("laptop", color_scheme="light"), "clinician", f"/live/{DEVICE}")
    expect(page.locator("#live-with")).to_have_text(f"with {PSEUDONYM}", timeout=60_000)
    page.wait_for_function("affectbox.live().strips.rows().at.length > 20", timeout=60_000)
    page.wait_for_function(
        f"(({_STRETCHES})('too_dark').length && ({_STRETCHES})('AU12').length > 1)", timeout=120_000
    )
    dark_s = begins(page, "too_dark")[0] - parts["dim"]["start_s"]
    length_s = parts["second_face"]["end_s"]
    for what in ("AU12", "happiness"):
        near = [
            abs((at - dark_s - parts[name]["start_s"] + length_s / 2) % length_s - length_s / 2)
            for at in begins(page, what)
            for name in ("smile", "smile_again")
        ]
        assert min(near) < NEAR_S, (what, near)
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
