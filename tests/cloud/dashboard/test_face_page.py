"""The digital face on a session's page: face and chart show one moment."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack
from tests.cloud.dashboard.test_every_page import barriers, put_in
from tests.cloud.dashboard.test_patients import last_session

pytestmark = pytest.mark.pages

SignIn = Callable[..., Page]
_BUSY_MS = 60_000  # a deadline, also for a machine that draws without a graphics card and is busy with other tests
#: Where the line stands over the chart, seconds of the session; null where there is none.
LINE = """() => {
  const line = document.querySelector("#session-chart .chart-cursor");
  const plot = document.querySelector("#session-chart .js-plotly-plot");
  if (!line || line.hidden) return null;
  const { _offset, _length, range } = plot._fullLayout.xaxis;
  return range[0] + (parseFloat(line.style.left) - _offset) / _length * (range[1] - range[0]);
}"""
#: The middle of a moment's place in the chart, in the window.
PLACE = """(at) => {
  const plot = document.querySelector("#session-chart .js-plotly-plot");
  plot.scrollIntoView({ block: "center" });
  const { _offset, _length, range } = plot._fullLayout.xaxis;
  const box = plot.getBoundingClientRect();
  return [box.left + _offset + (at - range[0]) / (range[1] - range[0]) * _length, box.top + box.height / 2];
}"""


@pytest.fixture
def page(stack: Stack, browser: Browser, sign_in: SignIn) -> Page:
    opened = sign_in(browser.page(), "clinician", "/sessions/{}/{}".format(*last_session(stack, "p-0007")))
    opened.locator("#session-face .player").wait_for(timeout=_BUSY_MS)
    opened.locator("#session-chart .js-plotly-plot .xtick").first.wait_for(state="attached", timeout=_BUSY_MS)
    return opened


def moment(page: Page) -> float:
    return float(page.locator("#session-face").get_by_role("slider").input_value())


def test_a_click_in_the_chart_goes_there_and_pointing_at_it_only_looks(page: Page) -> None:
    page.mouse.move(*page.evaluate(PLACE, 90.0))
    page.wait_for_function("() => document.getElementById('session-face').viewer.peeked > 80")
    expect(page.locator("#session-face .time")).to_contain_text("1:30")
    page.mouse.move(5, 5)
    page.wait_for_function("() => document.getElementById('session-face').viewer.peeked === null")
    assert moment(page) == 0.0
    page.mouse.click(*page.evaluate(PLACE, 120.0))
    page.wait_for_function("() => document.getElementById('session-face').viewer.time > 100")
    assert moment(page) == pytest.approx(120.0, abs=2)
    assert page.evaluate(LINE) == pytest.approx(moment(page), abs=0.5)


def test_playing_moves_a_line_over_the_chart_also_when_that_was_drawn_anew(page: Page) -> None:
    page.get_by_role("button", name="×10").click()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => ({LINE})() > 5")
    page.get_by_role("button", name="Pause").click()
    stood = page.evaluate(LINE)
    assert stood == pytest.approx(moment(page), abs=0.5)
    page.get_by_role("textbox", name="Shown").click()
    page.locator("[data-combobox-option]", has_text="AU1 inner brow raiser").click()
    page.locator("#session-chart").get_by_text("AU1 inner brow raiser").wait_for()
    page.wait_for_function(f"() => ({LINE})() !== null")
    assert page.evaluate(LINE) == pytest.approx(stood, abs=0.5)


def test_leaving_the_page_ends_the_player_and_it_comes_again(page: Page) -> None:
    address = page.url
    page.get_by_role("link", name="Patients", exact=True).click()
    page.get_by_placeholder("Find a pseudonym").wait_for()
    assert page.locator(".chart-cursor").count() == 0
    page.goto(address)
    page.locator("#session-face .player").wait_for(timeout=_BUSY_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_barrier(page: Page, scheme: str) -> None:
    put_in(page, scheme)
    assert [one for one in barriers(page) if "face" in one or "player" in one] == []
