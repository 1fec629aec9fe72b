"""Two people one after the other in one browser never see each other's data: nor by the back button, nor in another
tab, nor by what the browser keeps, nor over a socket that stayed open."""

import pytest
from playwright.sync_api import Page, WebSocket, expect

from cloud.demo.staff import Account
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages

#: A patient of the first clinician and not of the second.
HERS = "p-0007"

KEPT = "localStorage.length + sessionStorage.length"


def enter(page: Page, account: Account) -> None:
    """Sign in as a person does."""
    page.get_by_label("E-mail").fill(account.email)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".who").get_by_text(account.name)).to_be_visible()


def test_two_people_one_after_the_other_see_nothing_of_each_other(stack: Stack, browser: Browser) -> None:
    browser.forgive("401|403")  # what a tab asks after its owner has signed out is refused
    first, second = stack.accounts["clinician"], stack.accounts["clinician2"]
    page = browser.page()
    page.goto("/patients")
    enter(page, first)
    expect(page.get_by_text(HERS).first).to_be_visible()
    other = browser.tab(page.context)
    sockets: list[WebSocket] = []
    other.on("websocket", lambda opened: sockets.extend([opened]))
    other.goto(f"/patients/{HERS}")
    expect(other.locator(".who").get_by_text(first.name)).to_be_visible()
    page.evaluate("localStorage.setItem('hers', '1'); sessionStorage.setItem('hers', '1')")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()  # by itself
    assert sockets and all(socket.is_closed() for socket in sockets)
    assert page.evaluate(KEPT) == 0
    page.go_back(wait_until="commit")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert_nothing_of(first, page, other)

    heard: list[str] = []
    for tab in (page, other):
        tab.on("websocket", lambda opened: opened.on("framereceived", lambda text: heard.append(str(text))))
    page.goto("/patients")
    enter(page, second)
    other.goto(f"/patients/{HERS}")
    expect(other.locator(".who").get_by_text(second.name)).to_be_visible()
    for _ in range(4):
        page.go_back(wait_until="commit")
        page.wait_for_load_state()
        assert_nothing_of(first, page)
    page.goto("/patients")
    expect(page.locator(".who").get_by_text(second.name)).to_be_visible()
    assert_nothing_of(first, page)
    assert first.name not in other.inner_text("body")
    assert heard and not [text for text in heard if first.name in text]
    assert all("trouble" in text for text in heard if HERS in text)


_BREAKABLE = """
window.broken = [];
window.WebSocket = class extends WebSocket { constructor(url) { super(url); window.broken.push(this); } };
"""


def test_a_tab_that_lost_its_connection_shows_nothing_any_more_when_its_owner_has_gone(
    stack: Stack, browser: Browser
) -> None:
    """As of a laptop that slept meanwhile."""
    browser.forgive("401|403")
    page = browser.page()
    page.goto("/sign-in")
    enter(page, stack.accounts["clinician"])
    other = browser.tab(page.context)
    other.add_init_script(_BREAKABLE)
    other.goto(f"/patients/{HERS}")
    expect(other.get_by_role("heading", name=HERS)).to_be_visible()
    with other.expect_event("websocket"):  # of the next try, which is refused
        other.evaluate("window.broken.at(-1).close()")
        page.context.request.post(f"{stack.url}/lock", headers={"Origin": stack.url})
    expect(other.get_by_label("Password")).to_be_visible()
    assert HERS not in other.inner_text("body")


def test_a_tab_that_comes_back_when_somebody_else_is_signed_in_leaves_what_it_showed(
    stack: Stack, browser: Browser
) -> None:
    browser.forgive("401|403")
    first, second = stack.accounts["clinician"], stack.accounts["clinician2"]
    page = browser.page()
    page.goto("/sign-in")
    enter(page, first)
    other = browser.tab(page.context)
    other.add_init_script(_BREAKABLE)
    other.goto(f"/patients/{HERS}")
    expect(other.get_by_role("heading", name=HERS)).to_be_visible()
    form = {"email": second.email, "password": second.password}
    with other.expect_event("websocket"):
        other.evaluate("window.broken.at(-1).close()")
        page.context.request.post(f"{stack.url}/sign-in", form=form, headers={"Origin": stack.url})
    expect(other.locator(".who").get_by_text(second.name)).to_be_visible()
    assert_nothing_of(first, other)


def assert_nothing_of(account: Account, *pages: Page) -> None:
    for page in pages:
        shown = page.content()
        assert account.name not in shown and account.email not in shown and HERS not in shown


def test_a_browser_that_was_left_alone_shows_the_lock_in_every_tab_and_goes_on_where_it_was(
    stack: Stack, browser: Browser
) -> None:
    browser.forgive("401|403")
    account = stack.accounts["clinician"]
    page = browser.page()
    page.goto("/patients")
    enter(page, account)
    other = browser.tab(page.context)
    other.goto("/live")
    expect(other.locator(".who").get_by_text(account.name)).to_be_visible()
    page.context.request.post(f"{stack.url}/lock", headers={"Origin": stack.url})
    for tab in (page, other):
        expect(tab.get_by_role("heading", name="Locked")).to_be_visible()
        assert HERS not in tab.content()
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("E-mail or password is wrong.")).to_be_visible()
    page.get_by_label("Password").fill(account.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients")
    expect(page.locator(".who").get_by_text(account.name)).to_be_visible()
