"""What diagnosis support said, on a session's page: for the person's clinicians, below everything else."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack
from tests.cloud.dashboard.test_every_page import barriers, put_in
from tests.cloud.dashboard.test_patients import last_session

WHOM = "p-0012"
GROUPS = re.compile("bipolar|depressed|healthy")
pytestmark = pytest.mark.pages
SignIn = Callable[..., Page]


def test_the_persons_clinician_reads_it_last_with_its_limits(stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    page = sign_in(browser.page("laptop"), "clinician", "/sessions/{}/{}".format(*last_session(stack, WHOM)))
    section = page.locator("section.support")
    expect(section.get_by_text("Diagnosis support: no answer.")).to_be_visible()
    for words in ("This is no diagnosis", "Simulated:", "How often it is wrong", "212 people at 3 sites", "Limits"):
        expect(section).to_contain_text(words)
    above = page.locator("main").inner_text().partition("Diagnosis support")[0]
    assert "By parts" in above
    assert not GROUPS.search(above)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function("most => document.documentElement.scrollWidth <= most", arg=width)
    for scheme in ("light", "dark"):
        put_in(page, scheme)
        assert barriers(page) == [], scheme


def test_a_comparison_with_other_people_stands_below_the_measurements(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page("laptop"), "clinician", "/sessions/{}/{}".format(*last_session(stack, "p-0007")))
    section = page.locator("section.support").filter(has_text="Comparison with other people")
    expect(section.get_by_role("heading", name="Comparison with other people")).to_be_visible()
    for words in ("This is no diagnosis", "Simulated:", "90 people, 18-64 years old", "windows, ", "of 5 s each"):
        expect(section).to_contain_text(words)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function("most => document.documentElement.scrollWidth <= most", arg=width)
    assert barriers(page) == []
    page.goto(page.url.partition("/sessions")[0] + "/patients/p-0007/weeks")
    page.get_by_text("p-0007").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert "Comparison with other people" not in page.content()


@pytest.mark.parametrize("address", [f"/patients/{WHOM}/weeks", f"/patients/{WHOM}", "/patients", "/sessions"])
def test_no_list_and_no_course_over_weeks_tells_it(
    address: str, stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page("laptop"), "clinician", address)
    page.get_by_text(WHOM if "patients" in address else "Sessions by box").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert not GROUPS.search(page.content())
