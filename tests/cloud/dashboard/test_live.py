"""The live page in a browser, with a box that a test drives."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from device.contract import patient
from tests.browser import Browser
from tests.cloud.dashboard.stack import Stack

pytestmark = pytest.mark.pages

DEVICE, PATIENT = "sim-room-1", "p-0007"
SignIn = Callable[..., Page]
expect.set_options(timeout=30_000)  # a deadline, also for a machine that is busy with other tests


class Room:
    """A box in whose session a test lets something be seen."""

    def __init__(self, stack: Stack, whom: str = PATIENT) -> None:
        self.stack, self.box = stack, stack.box(DEVICE)
        self.session = f"0a1b2c3d-{time.time_ns() // 1_000_000 % 16**10:010x}"
        self._began_s, self._seq = time.time(), 0
        stack.put(patient.key(DEVICE, self.session), whom)

    def tell(self, state: str = "watching", **more: Any) -> None:
        """Its telemetry, as it would be in a session."""
        holds = {"state": "session", "session": self.session} if state == "watching" else {"state": "idle"}
        self.box.send(time=self._time(time.time()), boot=self.session, **holds, desk={"state": state}, **more)

    def show(self, *seen: dict[str, Any], hints: tuple[str, ...] = ()) -> None:
        """The newest second: pictures, a tenth of a second apart."""
        now_s = time.time()
        records = []
        for number, one in enumerate(seen):
            self._seq += 1
            at_s = now_s - 0.1 * (len(seen) - number)
            shared = {"v": 1, "device": DEVICE, "boot": self.session, "session": self.session, "seq": self._seq}
            records.append(shared | {"time": self._time(at_s), "frame": {"index": self._seq}} | one)
        self.box.show(records, list(hints))

    def until(self, page: Page, selector: str, text: str, *seen: dict[str, Any], hints: tuple[str, ...] = ()) -> None:
        """Show such pictures, as long as it takes until the page says something."""
        until_s = time.time() + 30
        while text not in page.locator(selector).inner_text() and time.time() < until_s:
            self.show(*seen, hints=hints)
            page.wait_for_timeout(250)
        expect(page.locator(selector)).to_contain_text(text)

    def order(self, page: Page, do: str) -> dict[str, Any]:
        """The command that the box hears after a button was pressed."""
        heard: dict[str, Any] = {}
        until_s = time.time() + 30
        while heard.get("do") != do and time.time() < until_s:
            page.wait_for_timeout(50)
            heard = self.box.said_to().get("command", {})
        assert heard.get("do") == do, heard
        return heard

    def answer(self, command: dict[str, Any], done: bool, text: str, state: str = "watching") -> None:
        """What the box says to a command."""
        self.tell(state, control={"id": command["id"], "done": done, "answer": text})

    def _time(self, at_s: float) -> dict[str, Any]:
        return {"mono": round(at_s - self._began_s + 100.0, 3), "wall": round(at_s, 3), "trusted": True}


def smile(**more: Any) -> dict[str, Any]:
    return {"status": "measured", "emotions": {"happiness": 0.9, "neutral": 0.1}, "aus": {"AU12": 3.5}} | more


DARK = {"status": "gated", "reasons": ["too_dark"]}


@pytest.fixture
def room(stack: Stack) -> Iterator[Room]:
    made = Room(stack)
    made.tell()
    yield made
    stack.put(f"control/{DEVICE}", None)
    stack.put(f"live/{DEVICE}", None)
    stack.box(DEVICE).send()


def test_a_session_is_followed_from_the_room_to_the_last_picture(
    room: Room, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page(), "clinician", "/live")
    card = page.locator(f".room[data-device={DEVICE}]")
    expect(card).to_contain_text("Watching")
    expect(card).to_contain_text(f"with {PATIENT}")
    card.click()
    expect(page.locator("#live-quality")).to_have_text("Waiting for the first picture")
    room.until(page, "#live-leading", "happiness", *[smile(neutral="none")] * 3, hints=("lamp_left",))
    expect(page.locator("#live-sure")).to_have_text("clear, 90 %")
    expect(page.locator("#live-quality")).to_have_text("Turn the lamp to their left")
    expect(page.locator(".strip[data-key=AU12] .strip-value")).to_have_text("3.5")
    expect(page.locator("#live-delay")).to_have_text(re.compile(r"^\d s behind$"))
    expect(page.locator("#live-notes")).to_contain_text("brows that are low by nature look lowered")
    assert large(page, "#live-leading") >= 40
    assert large(page, "#live-quality") >= 40
    room.until(page, "#live-sure", "rely on neither", *[smile(disagree=True)] * 3)
    room.until(page, "#live-quality", "Mouth hidden", *[smile(hidden=["lower"])] * 3)
    room.until(page, "#live-quality", "Too dark", *[DARK] * 3)
    expect(page.locator("#live-leading")).to_have_text("Not measured")
    expect(page.locator("#live-delay")).to_contain_text("nothing new for")


def large(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)"))


def test_eight_tabs_of_one_visit_are_one_upstream(room: Room, stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    first = sign_in(browser.page(), "clinician", f"/live/{DEVICE}")
    others = [browser.tab(first.context) for _ in range(2)]
    for page in others:
        page.goto(f"/live/{DEVICE}")
    room.show(*[smile()] * 5)
    for page in (first, *others):
        expect(page.locator("#live-leading")).to_have_text("happiness")
    looks = [entry for entry in entries(stack) if entry.get("visit") == f"{DEVICE}~{room.session}"]
    assert [(look["did"], look["patient"]) for look in looks] == [("watched", PATIENT)]
    watch = room.box.said_to()["watch"]
    assert watch["by"] == stack.accounts["clinician"].uid
    assert watch["until"] > time.time() * 1000


def entries(stack: Stack) -> list[dict[str, Any]]:
    return [entry for month in (stack.get("audit") or {}).values() for entry in month.values()]


def test_what_is_asked_of_a_box_is_heard_and_what_becomes_of_it_is_told(
    room: Room, stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page(), "clinician", f"/live/{DEVICE}")
    said = page.locator("#live-command")
    page.locator("#live-name").fill("Guided imagery")
    page.locator("[data-do=phase]").click()
    phase = room.order(page, "phase")
    assert phase["name"] == "guided-imagery"
    expect(said).to_contain_text("has not answered yet")
    room.answer(phase, True, "The phase begins.")
    expect(said).to_have_text("Phase 'guided-imagery': done. The phase begins.")
    page.locator("#live-name").fill("")
    page.locator("h1").click()
    page.keyboard.press("m")
    room.answer(room.order(page, "mark"), False, "No session is open.")
    expect(said).to_have_text("Mark: refused. No session is open.")
    page.locator("[data-do=end]").click()
    page.locator("[data-answer=no]").click()
    page.locator("[data-do=pause]").click()
    room.answer(room.order(page, "pause"), True, "The session is paused.", "paused")
    expect(page.locator("#live-state")).to_have_text("Paused")
    expect(page.locator("[data-do=resume]")).to_be_visible()
    uid = stack.accounts["clinician"].uid
    commanded = [one for one in entries(stack) if one["did"] == "commanded" and one.get("device") == DEVICE]
    assert [one["by"] for one in commanded] == [uid] * 3


def test_a_note_is_kept_with_the_moment_in_which_it_was_begun(
    room: Room, stack: Stack, browser: Browser, sign_in: SignIn
) -> None:
    page = sign_in(browser.page(), "clinician", f"/live/{DEVICE}")
    room.show(*[smile()] * 5)
    expect(page.locator("#live-leading")).to_have_text("happiness")
    began_s = time.time()
    page.keyboard.press("n")
    page.keyboard.type("Laughs when the dog is mentioned")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#live-note-said")).to_have_text("Kept.")
    expect(page.locator("#live-note-list")).to_contain_text("Laughs when the dog is mentioned")
    notes = [one for one in stack.get(f"people/{PATIENT}/notes").values() if one["text"].startswith("Laughs")]
    assert [one["visit"] for one in notes] == [f"{DEVICE}~{room.session}"]
    assert abs(notes[0]["wall"] - began_s) < 3


def test_of_somebody_elses_patient_nothing_is_shown(stack: Stack, browser: Browser, sign_in: SignIn) -> None:
    theirs = Room(stack, "p-9999")
    theirs.tell()
    theirs.show(*[smile()] * 5)
    page = sign_in(browser.page(), "clinician", f"/live/{DEVICE}")
    expect(page.locator("#live-notes")).to_contain_text("somebody who is not your patient")
    expect(page.locator("#live-leading")).to_have_text("–")
    assert "p-9999" not in page.content()
    stack.put(f"live/{DEVICE}", None)


def test_a_session_begins_with_a_consent_that_was_given(
    stack: Stack, room: Room, browser: Browser, sign_in: SignIn
) -> None:
    room.tell("idle")
    page = sign_in(browser.page(), "clinician", f"/live/{DEVICE}")
    page.locator("[data-do=begin]").click()
    page.get_by_role("button", name="Draw a new pseudonym").click()
    expect(page.locator("#start-holds")).to_contain_text("No consent of x-")
    page.get_by_label("A guardian").check()
    expect(page.locator("#start-age")).to_be_hidden()
    page.get_by_label("Comparison with other people").check()
    page.locator("#start-age").click()
    page.get_by_role("option", name="6 to 12 years").click()
    page.get_by_role("button", name="Start the session").click()
    consent = room.order(page, "consent")
    whom = consent["patient"]
    covers = ["expressions", "units", "live", "atypicality"]
    assert consent["consent"] == {"covers": covers, "by": "guardian", "age": "6-12"}
    assert stack.get(f"staff/{stack.accounts['clinician'].uid}/patients/{whom}") is True
    (paper,) = stack.get(f"people/{whom}/consents").values()
    assert (paper["giver"], paper["covers"], paper["age"]) == ("guardian", covers, "6-12")
    room.answer(consent, True, "The consent is recorded.", "idle")
    begin = room.order(page, "begin")
    assert begin["patient"] == whom
    room.answer(begin, True, "The session begins.", "starting")
    expect(page.locator("#start-go")).to_be_hidden()
