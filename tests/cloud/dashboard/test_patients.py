"""Patients and sessions as a clinician sees them, in a real browser on a real database."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from device.contract.fields import Json
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages

EVIL = "<img src=x onerror=alert(1)> & Ünïcode \N{BRAIN}"
SignIn = Callable[..., Page]


def told(stack: Stack, did: str, patient: str = "") -> int:
    """How many entries of the audit say this."""
    months: Json = stack.get("audit") or {}
    entries = [entry for month in months.values() for entry in month.values()]
    return sum(entry["did"] == did and entry.get("patient", "") == patient for entry in entries)


def last_session(stack: Stack, patient: str, nth: int = 1) -> tuple[str, str]:
    """Box and id of the n-th session of a patient from the last."""
    visits: Json = stack.get(f"visits/{patient}")
    began = {key: max(one["time"]["wall"] for one in events.values()) for key, events in visits.items()}
    device, _, session = sorted(began, key=lambda key: began[key])[-nth].partition("~")
    return device, session


def newest(stack: Stack, patient: str) -> Json:
    """The newest version of a record."""
    versions: Json = stack.get(f"people/{patient}/versions")
    found: Json = versions[max(versions)]
    return found


def test_the_list_tells_of_own_patients_and_of_nobody_else(stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    before = told(stack, "listed")
    page = sign_in(browser.page(), "clinician", "/patients")
    row = page.locator("tr", has_text="p-0007")
    expect(row.get_by_text("in treatment")).to_be_visible()
    expect(row.get_by_text("%")).to_be_visible()
    assert told(stack, "listed") == before + 1
    page.get_by_placeholder("Find a pseudonym").fill("0044")
    expect(row).to_be_hidden()
    expect(page.locator("tr", has_text="p-0044")).to_be_visible()
    other = sign_in(browser.page(), "clinician2", "/patients")
    expect(other.locator("tr", has_text="p-0044")).to_be_visible()
    expect(other.get_by_text("p-0007")).to_have_count(0)


@pytest.mark.parametrize("part", ["", "/weeks", "/notes", "/consents"])
def test_an_address_of_somebody_elses_patient_is_a_sentence(
    part: str, stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    before = told(stack, "opened", "p-0007")
    page = sign_in(browser.page(), "clinician2", f"/patients/p-0007{part}")
    expect(page.get_by_text("no such patient among yours")).to_be_visible()
    expect(page.get_by_text("Simulated.")).to_have_count(0)
    assert told(stack, "opened", "p-0007") == before


def test_a_record_is_edited_with_history_and_whatever_is_written_is_text(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    before = newest(stack, "p-0012")
    opened = told(stack, "opened", "p-0012")
    page = sign_in(browser.page(), "clinician", "/patients/p-0012")
    plan = page.get_by_label("Plan", exact=True)
    expect(plan).to_be_visible()
    assert told(stack, "opened", "p-0012") == opened + 1
    plan.fill(EVIL)
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text(f"Saved as version {before['number'] + 1}.")).to_be_visible()
    assert newest(stack, "p-0012")["plan"] == EVIL
    page.get_by_text(f"Version {before['number'] + 1}", exact=True).click()
    expect(page.locator("ins", has_text="onerror")).to_be_visible()
    expect(page.locator("#page img")).to_have_count(0)


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page(), "clinician", "/patients/p-0044")
    expect(page.get_by_label("Goals", exact=True)).to_be_visible()
    page.get_by_label("Goals", exact=True).fill("mine: goals")
    page.get_by_label("Plan", exact=True).fill("mine: plan")
    other = sign_in(browser.page(), "clinician2", "/patients/p-0044")
    other.get_by_label("Plan", exact=True).fill("theirs: plan")
    other.get_by_label("Medication", exact=True).fill("theirs: medication")
    other.get_by_role("button", name="Save as a new version").click()
    expect(other.get_by_text("Saved as version")).to_be_visible()
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Nothing of yours is lost")).to_be_visible()
    expect(page.get_by_label("Plan", exact=True)).to_have_value("mine: plan")
    expect(page.get_by_label("Medication", exact=True)).to_have_value("theirs: medication")
    expect(page.locator(".theirs")).to_contain_text("theirs")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Saved as version")).to_be_visible()
    kept = newest(stack, "p-0044")
    assert (kept["goals"], kept["plan"], kept["medication"]) == ("mine: goals", "mine: plan", "theirs: medication")


def test_a_new_patient_is_drawn_exported_and_erased(
    stack: Stack, browser: Browser, sign_in: SignIn, tmp_path: Path
) -> None:
    page = sign_in(browser.page(), "clinician", "/patients")
    page.get_by_role("button", name="New patient").click()
    expect(page.locator("#drawn-pseudonym")).to_contain_text("x-")
    drawn = page.locator("#drawn-pseudonym").inner_text()
    page.get_by_role("button", name="Begin the record").click()
    expect(page.get_by_role("heading", name=drawn)).to_be_visible()
    assert newest(stack, drawn)["number"] == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download for programs").click()
    download.value.save_as(tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text())["patient"] == drawn
    assert told(stack, "exported", drawn) == 1
    page.get_by_role("button", name="Erase this patient").click()
    page.get_by_label("type the pseudonym").fill("x-0000000000")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("nothing was erased")).to_be_visible()
    assert newest(stack, drawn)
    page.get_by_label("type the pseudonym").fill(drawn)
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name=f"{drawn} was erased")).to_be_visible()
    assert stack.get(f"people/{drawn}") is None
    assert stack.get(f"erased/{drawn}")
    assert told(stack, "erased", drawn) == 1
    page.get_by_role("link", name="To your patients").click()
    expect(page.get_by_role("heading", name="Patients")).to_be_visible()
    expect(page.get_by_text(drawn)).to_have_count(0)


def test_notes_are_added_and_corrected_and_consents_noted_and_withdrawn(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page(), "clinician", "/patients/x-q7m2k9w4ta/notes")
    page.get_by_label("New note").fill(EVIL)
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("article", has_text="onerror")).to_be_visible()
    expect(page.locator("#page img")).to_have_count(0)
    page.locator("article", has_text="onerror").get_by_role("button", name="Correct").click()
    expect(page.get_by_text("You are correcting an earlier note")).to_be_visible()
    page.get_by_label("New note").fill("as it should read")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("article", has_text="onerror").get_by_text("corrected by a later note")).to_be_visible()
    page.get_by_role("link", name="Consents").click()
    page.get_by_label("Holds to").fill("2099-12-31")
    page.get_by_role("button", name="Note it").click()
    mine = page.locator("tr", has_text="31 Dec 2099")
    mine.get_by_role("button", name="Withdraw").click()
    expect(page.locator("tr").get_by_text("withdrawn on")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("New note")).to_be_visible()


def test_a_session_is_told_drawn_and_marked(stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    device, session = last_session(stack, "p-0007")
    before = told(stack, "session", "p-0007")
    page = sign_in(browser.page(), "clinician", f"/sessions/{device}/{session}")
    expect(page.locator(".opening")).to_contain_text("could be seen")
    assert told(stack, "session", "p-0007") == before + 1
    expect(page.locator("#session-chart .main-svg").first).to_be_visible()
    expect(page.locator("#session-chart").get_by_text("AU12 lip corner puller")).to_be_visible()
    page.get_by_text("Mark a part, or write a note").click()
    page.get_by_label("From", exact=True).fill("1:00")
    page.get_by_label("To", exact=True).fill("2:00")
    page.get_by_label("Name", exact=True).fill("safe-place")
    page.get_by_role("button", name="Mark it").click()
    marked = page.locator("tr", has_text="safe-place")
    expect(marked.first).to_be_visible()
    page.locator("tr", has_text="afterwards").filter(has_text="safe-place").get_by_role(
        "button", name="Remove"
    ).click()
    expect(page.get_by_text("It was removed.")).to_be_visible()
    expect(marked).to_have_count(0)


def test_sessions_that_are_empty_withdrawn_or_of_another_are_said_for_what_they_are(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    device, empty = last_session(stack, "p-0044", 3)
    page = sign_in(browser.page(), "clinician", f"/sessions/{device}/{empty}")
    expect(page.get_by_text("Nothing was measured")).to_be_visible()
    revoked = next(key for key, events in stack.get("visits/p-0031").items() if "e999999" in events)
    page.goto(f"/sessions/{revoked.replace('~', '/')}")
    expect(page.get_by_text("consent to this session was withdrawn")).to_be_visible()
    expect(page.locator("#session-chart")).to_have_count(0)
    page.goto("/sessions/sim-room-1/nothing-here")
    expect(page.get_by_text("still be on its way")).to_be_visible()
    page.goto("/sessions/No Box/x")
    expect(page.get_by_text("That is no session's address")).to_be_visible()
    other = sign_in(browser.page(), "clinician2", "/sessions/{}/{}".format(*last_session(stack, "p-0007")))
    expect(other.get_by_text("no such session among those")).to_be_visible()


def test_two_sessions_are_compared_and_those_of_two_people_are_not(
    stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page(), "clinician", "/patients/p-0007/weeks")
    expect(page.get_by_text("Too few sessions to tell a trend").first).to_be_visible()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Imagery")).to_be_visible()
    assert told(stack, "compared", "p-0007") == 2
    ours, theirs = ("~".join(last_session(stack, patient)) for patient in ("p-0007", "p-0012"))
    page.goto(f"/compare?a={ours}&b={theirs}")
    expect(page.get_by_text("Two different sessions of one patient")).to_be_visible()
    assert told(stack, "compared", "p-0012") == 0
