"""What somebody new walks through: signing in by the form, a mistake and the next try, a dashboard that is away."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages


@pytest.mark.parametrize(
    ("who", "address", "heading"),
    [("clinician", "/live", "Which room?"), ("engineer", "/fleet", "Fleet"), ("admin", "/staff", "Staff")],
)
def test_signing_in_leads_to_where_ones_work_is(
    who: str, address: str, heading: str, stack: Stack, browser: Browser
) -> None:
    page = browser.page()
    page.goto("/")
    page.get_by_label("E-mail").fill(stack.accounts[who].email)
    page.get_by_label("Password").fill(stack.accounts[who].password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    assert page.url == stack.url + address
    page.get_by_role("link", name="Affectbox").click()
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_what_was_wrong_with_the_last_click_is_in_sight_and_not_said_of_the_next_one(
    browser: Browser, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(browser.page("phone"), "admin", "/staff/clinician-1")
    page.get_by_role("textbox", name="Patients").fill("Maria Müller")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").click()
    wrong = page.get_by_role("alert").filter(has_text="pseudonym")
    expect(wrong).to_be_in_viewport()
    page.get_by_role("link", name="All staff").click()
    expect(page.get_by_role("heading", name="Staff", exact=True)).to_be_visible()
    expect(wrong).to_be_hidden()
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Let in").click()
    expect(page.get_by_role("alert").filter(has_text="no e-mail address")).to_be_in_viewport()
    page.get_by_label("E-mail").fill("walter@demo.invalid")
    page.get_by_role("button", name="Let in").click()
    expect(page.get_by_text("signs in as walter@demo.invalid")).to_be_visible()
    expect(page.get_by_text("That is no e-mail address")).to_be_hidden()
    page.get_by_role("table").get_by_role("link", name="walter@demo.invalid").click()
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("button", name="Let in again").click()
    expect(page.get_by_role("button", name="Disable")).to_be_visible()


def test_an_answer_that_is_slow_or_never_comes_is_told(browser: Browser, sign_in: Callable[..., Page]) -> None:
    browser.forgive("ERR_FAILED")
    page = sign_in(browser.page(), "clinician", "/patients")
    page.get_by_role("link", name="p-0012").wait_for()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("_dash-update-component"), hold)
    page.get_by_role("link", name="p-0012").click()
    expect(page.locator("#connection")).to_have_text("Loading…")
    for one in held:
        one.abort()
    expect(page.get_by_role("alert")).to_contain_text("The page that you asked for comes when it does")
    expect(page.locator("#connection")).to_have_text("")


def test_a_dashboard_that_was_started_anew_shows_nothing_of_before_and_asks_to_sign_in(
    stack: Stack, browser: Browser, sign_in: Callable[..., Page]
) -> None:
    browser.forgive("ERR_|WebSocket|401|403")
    page = sign_in(browser.page(), "clinician", "/patients")
    page.get_by_role("link", name="p-0012").wait_for()
    stack.restart()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("p-0012")).to_be_hidden()
