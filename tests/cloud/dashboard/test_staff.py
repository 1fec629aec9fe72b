"""The administrator's pages, in a browser: letting people in, deciding what they may do, reading the audit."""

import csv
import io
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from cloud.dashboard.staff.entries import Entry, as_csv
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages

SignIn = Callable[..., Page]
NEW = "five words nobody else has"


def test_an_administrator_lets_somebody_in_who_chooses_a_password_of_their_own(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    browser.forgive("403|401")
    page = sign_in(browser.page(), "admin", "/staff")
    page.get_by_label("E-mail").fill("Nora@demo.invalid")
    page.get_by_label("Name, as colleagues see it").fill("Nora <script>alert(1)</script>")
    page.get_by_role("button", name="Let in").click()
    password = page.locator(".staff-secret code").inner_text()
    page.get_by_role("link", name="What Nora <script>").click()
    page.get_by_role("textbox", name="Patients").fill("p-0031")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    uid = next(uid for uid, who in stack.get("staff").items() if who.get("name", "").startswith("Nora"))
    assert stack.get(f"staff/{uid}") == {
        "role": "clinician",
        "name": "Nora <script>alert(1)</script>",
        "patients": {"p-0031": True},
    }
    other = browser.page()
    other.goto("/")
    other.get_by_label("E-mail").fill("nora@demo.invalid")
    other.get_by_label("Password").fill(password)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="Change your password")).to_be_visible()
    other.get_by_label("The password that you have").fill(password)
    other.get_by_label("The new one", exact=True).fill(NEW)
    other.get_by_label("The new one again").fill(NEW)
    other.get_by_role("button", name="Change it").click()
    expect(other.get_by_text("Nora <script>").first).to_be_visible()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Disabled: signed out")).to_be_visible()
    expect(other.get_by_text("was disabled")).to_be_visible()
    assert "staff" in {entry["did"] for month in stack.get("audit").values() for entry in month.values()}


def test_nobody_but_an_administrator_reaches_the_staff(stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    page = sign_in(browser.page(), "engineer", "/staff")
    expect(page.get_by_text("not for your role")).to_be_visible()
    before = stack.get("staff")
    call = {
        "output": "..staff-made.children...staff-new-account.value...staff-new-name.value..",
        "outputs": [
            {"id": "staff-made", "property": "children"},
            {"id": "staff-new-account", "property": "value"},
            {"id": "staff-new-name", "property": "value"},
        ],
        "inputs": [{"id": "staff-new", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["staff-new.n_clicks"],
        "state": [
            {"id": "staff-new-account", "property": "value", "value": "evil@demo.invalid"},
            {"id": "staff-new-name", "property": "value", "value": "Evil"},
            {"id": "staff-new-role", "property": "value", "value": "admin"},
        ],
    }
    answer = page.context.request.post(f"{stack.url}/_dash-update-component", data=call, headers={"Origin": stack.url})
    assert "may not" in answer.text() or "Only an administrator" in answer.text()
    assert stack.get("staff") == before
    signed = httpx.post(
        f"{stack.url}/sign-in", data={"email": "evil@demo.invalid", "password": NEW}, headers={"Origin": stack.url}
    )
    assert signed.status_code == 403


def test_the_audit_is_filtered_and_exported(stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    page = sign_in(browser.page(), "admin", "/audit")
    expect(page.get_by_text(re.compile(r"^\d+ entr"))).to_be_visible()
    expect(page.get_by_role("cell", name="signed in").first).to_be_visible()
    with page.expect_download() as exported:
        page.get_by_role("button", name="Export as CSV").click()
    rows = list(csv.DictReader(io.StringIO(exported.value.path().read_text())))
    assert {"admin-1", "signed_in"} <= {text for row in rows for text in row.values()}
    page.get_by_label("Patient").fill("p-9999")
    expect(page.get_by_text("0 entries.")).to_be_visible()


def test_a_cell_is_no_formula() -> None:
    entry = Entry(0, "u1", '=HYPERLINK("evil")', "opened", "p-0042", "", "-box")
    row = list(csv.reader(io.StringIO(as_csv([entry]))))[1]
    assert row == ["1970-01-01 00:00:00", '\'=HYPERLINK("evil")', "u1", "opened", "p-0042", "", "'-box"]
