"""The stack itself: who is signed in sees the dashboard, and nothing goes wrong in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack


@pytest.mark.parametrize("who", ["clinician", "engineer", "admin"])
def test_who_signs_in_sees_the_dashboard(
    who: str, stack: Stack, browser: Browser, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(browser.page(), who)
    expect(page.get_by_text(stack.accounts[who].name).first).to_be_visible()


def test_a_box_tells_what_a_test_wants(stack: Stack) -> None:
    stack.box("sim-room-2").send(version="9.9.9")
    assert stack.get("telemetry/sim-room-2/version") == "9.9.9"
