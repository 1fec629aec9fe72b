"""What an engineer sees and does in a real browser, on a real database with its rules; and what they never get."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, WebSocket, expect

from cloud.demo.people import PEOPLE
from cloud.local.tokens import unsigned
from tests import browser as browsers
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages

expect.set_options(timeout=browsers.WAIT_MS)
ONE, TWO = "sim-room-1", "sim-room-2"
SignIn = Callable[..., Page]
#: Places of what is about a person; an engineer's own token gets none of them.
CLINICAL = (
    *("people", "visits", "patients", "consents", "records", "packs", "minutes", "seconds", "events", "live"),
    *(
        f"patients/{ONE}",
        f"live/{ONE}",
        "people/p-0007",
        "people/p-0007/notes",
        "visits/p-0007",
        "frames",
        "audit",
        "",
    ),
)


def row(page: Page, device: str) -> Any:
    """A row of the table."""
    return page.locator(f'.ag-center-cols-container [row-id="{device}"]')


def test_the_table_follows_the_boxes(browser: Browser, stack: Stack, sign_in: SignIn) -> None:
    page = sign_in(browser.page("laptop"), "engineer", "/fleet")
    box = stack.box(ONE)
    said = box.send()
    box.send(host=said["host"] | {"temperature": 87.4})
    temperature = row(page, ONE).locator('[col-id="temperature"]')
    expect(temperature).to_contain_text("87 °C")
    expect(row(page, ONE).locator('[col-id="see"]')).to_contain_text("87 °C hot")
    hot = page.get_by_role("button", name="1 hot")
    hot.click()
    expect(row(page, TWO)).to_have_count(0)
    expect(hot).to_have_attribute("aria-pressed", "true")
    box.send()
    hot = page.get_by_role("button", name="0 hot")
    expect(hot).to_be_visible()
    hot.click()
    expect(row(page, TWO)).to_be_visible()
    page.get_by_role("searchbox").fill("room-2")
    expect(row(page, ONE)).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    page.get_by_text("Columns").click()
    page.get_by_label("Memory").uncheck()
    expect(page.locator('.ag-header [col-id="memory"]')).to_have_count(0)
    page.wait_for_function("() => localStorage['affectbox.fleet.columns']?.includes('\"memory\"')")
    page.reload()
    expect(row(page, ONE)).to_be_visible()
    expect(page.locator('.ag-header [col-id="memory"]')).to_have_count(0)


def test_an_update_goes_to_one_box_first_and_is_followed_over_a_reload(
    browser: Browser, stack: Stack, sign_in: SignIn
) -> None:
    page = sign_in(browser.page("laptop"), "engineer", "/fleet")
    with stack.alive():
        expect(row(page, TWO)).to_be_visible()
        page.get_by_role("searchbox").fill("sim-room")
        page.get_by_role("button", name="Choose all 2").click()
        page.get_by_role("button", name="Update …").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Update 2 boxes?")
        expect(dialog.get_by_text("One box first")).to_be_visible()
        dialog.get_by_role("button", name="Update", exact=True).click()
        order = page.get_by_role("region", name="Update of 2 boxes")
        expect(order).to_contain_text("waiting")
        page.reload()
        expect(order).to_contain_text("2 proven")
        order.get_by_role("button", name="Put away").click()
        expect(order).to_have_count(0)
    entries = [one for month in stack.get("audit").values() for one in month.values()]
    assert sorted(one["device"] for one in entries if one["did"] == "fleet_commanded") == [ONE, TWO]


def test_one_box_is_examined_and_named(browser: Browser, stack: Stack, sign_in: SignIn) -> None:
    page = sign_in(browser.page("laptop"), "engineer", f"/fleet/{TWO}")
    with stack.alive():
        expect(page.get_by_role("heading", name="Machine")).to_be_visible()
        page.get_by_role("button", name="Doctor run …").click()
        page.get_by_role("dialog").get_by_role("button", name="Examine").click()
        expect(page.locator(".of-checkup")).to_contain_text("well")
        expect(page.locator(".of-command")).to_contain_text("Done")
    page.get_by_text("Name and group").click()
    page.get_by_label("What people call it").fill("Room of tests")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Room of tests")).to_be_visible()
    assert stack.get(f"boxes/{TWO}")["name"] == "Room of tests"


def test_a_silence_is_set_and_ended(browser: Browser, stack: Stack, sign_in: SignIn) -> None:
    page = sign_in(browser.page("laptop"), "engineer", f"/fleet/{TWO}")
    stack.box(TWO).send()
    page.get_by_role("button", name="Silence …").click()
    page.get_by_role("dialog").get_by_label("Why").fill("painting")
    page.get_by_role("dialog").get_by_role("button", name="Silence", exact=True).click()
    expect(page.locator(".silence")).to_contain_text("painting")
    page.goto("/alerts")
    expect(page.locator(".silence")).to_contain_text("painting")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("Nobody is silenced.")).to_be_visible()


def test_an_engineers_token_gets_nothing_clinical(stack: Stack) -> None:
    token = unsigned(stack.accounts["engineer"].uid, time.time())
    base, _, query = stack.database.partition("?ns=")
    with httpx.Client(base_url=base, params={"ns": query, "auth": token}) as client:
        assert client.get("/telemetry.json").status_code == 200, "the token is good"
        asked = {path: client.get(f"/{path}.json").status_code for path in (*CLINICAL, *clinical_roots(stack))}
    assert set(asked.values()) == {401}, {path: status for path, status in asked.items() if status != 401}


def clinical_roots(stack: Stack) -> list[str]:
    """Every node that stands in the database, but those of boxes, and of who the engineer is."""
    return [root for root in stack.get("") if root not in ("telemetry", "boxes", "checkup", "boots", "staff")]


def test_no_pseudonym_ever_reaches_an_engineers_browser(browser: Browser, stack: Stack, sign_in: SignIn) -> None:
    page = browser.page("laptop")
    frames: list[str] = []
    answers: list[str] = []
    page.on("websocket", lambda socket: listen(socket, frames))
    page.on("response", lambda answer: "_dash" in answer.url and answers.append(answer.text()))
    for path in ("/fleet", f"/fleet/{ONE}", "/alerts"):
        sign_in(page, "engineer", path)
        page.locator(".loaded").wait_for()
    told = "\n".join(frames + answers)
    assert ONE in told and len(frames) > 3
    assert not [person.pseudonym for person in PEOPLE if person.pseudonym and person.pseudonym in told]


def listen(socket: WebSocket, frames: list[str]) -> None:
    socket.on("framereceived", lambda frame: frames.append(str(frame)))


def test_who_is_no_engineer_sees_no_fleet_and_hears_none(browser: Browser, stack: Stack, sign_in: SignIn) -> None:
    page = sign_in(browser.page("laptop"), "clinician", "/fleet")
    expect(page.get_by_text("This page is not for your role.")).to_be_visible()
    closed = page.evaluate(
        """() => new Promise((done) => {
            const socket = new WebSocket(`ws://${location.host}/socket`);
            socket.onopen = () => socket.send(JSON.stringify({ want: "fleet", of: "" }));
            socket.onclose = (event) => done(event.code);
        })"""
    )
    assert closed == 1008


@pytest.mark.parametrize("size", ["phone"])
def test_on_a_phone_the_boxes_are_cards(browser: Browser, stack: Stack, sign_in: SignIn, size: str) -> None:
    page = sign_in(browser.page(size), "engineer", "/fleet")
    stack.box(ONE).send()
    card = page.locator(".fleet-card", has_text=ONE)
    expect(card).to_be_visible()
    card.get_by_role("checkbox").check()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    assert json.loads(page.evaluate("JSON.stringify([...fleetPage.chosen])")) == [ONE]
