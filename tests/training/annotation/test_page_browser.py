"""What a coder sees and presses, in a real browser."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import APIResponse, Route, expect
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Tab

from tests.browser import Browser
from tests.training.annotation.paged import Page, made_film, made_pictures, made_project, paged
from training.annotation.acts import SetMark
from training.annotation.agreement.compare import compare
from training.annotation.coding import Coded, Episode, Mark, Scale, Side
from training.annotation.page.network import FaceBox
from training.annotation.page.serving import listen
from training.annotation.project import Project, create, open_project

pytestmark = pytest.mark.pages
AXE = Path(__file__).parents[3] / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = [(1280, 720), (1920, 1080)]
WAIT_S = 30.0
#: What is to be used and is not whole on the screen, or too low to be hit.
CUT = """
[...document.querySelectorAll("main button, main select, main canvas, main input")]
  .filter((e) => e.checkVisibility())
  .filter((e) => {
    const b = e.getBoundingClientRect();
    return b.bottom > innerHeight || b.right > innerWidth || b.left < 0 || (b.height < 24 && e.tagName === "BUTTON");
  })
  .map((e) => e.outerHTML.slice(0, 90))
"""
#: That the pictures of so many frames have come.
PICTURES = """
(count) => new Set(
  performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => name.includes("/pictures/"))
).size >= count
"""


@contextmanager
def opened(chromium: Chromium, page: Page, size: tuple[int, int] = SIZES[0], **more: object) -> Iterator[Tab]:
    """The page in a browser of its own."""
    with Browser(chromium, page.origin) as browser:
        tab = browser.page(size, **more)
        enter(tab, page.link)
        yield tab


def enter(tab: Tab, link: str) -> None:
    tab.goto(link)
    tab.wait_for_selector("html[data-ready]")


def press(tab: Tab, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def is_saved(tab: Tab) -> None:
    expect(tab.locator("#saved")).to_have_attribute("data-state", "saved")


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Page]:
    with made_project(tmp_path / "project") as project, paged(project) as page:
        yield page


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Page]:
    source = made_film(tmp_path / "films" / "p-01")
    with made_project(tmp_path / "project", source.parent) as project, paged(project) as page:
        yield page


def order(page: Page) -> list[int]:
    return [int(place) for place in page.desk.project.order(page.desk.names[0])]


def coded(page: Page) -> dict[int, Coded]:
    return page.desk.project.coded("anna", page.desk.names[0])


def given(frame: Coded) -> dict[str, Mark]:
    return {action: mark for action, mark in frame.marks.items() if mark.value}


def test_a_coder_codes_by_keyboard_alone(one_chromium: Chromium, pictures: Page) -> None:
    with opened(one_chromium, pictures) as tab:
        press(tab, "q", "a", "3", "6", "Enter")  # 1 A; 12 C on the left
        press(tab, "Shift+j", ",", "Enter")  # 25 B; the upper face is hidden
        press(tab, "m", "Enter")  # no face
        press(tab, "e", "e", "b", "0", "Enter")  # 4 B; the tongue was a mistake
        press(tab, "Enter")  # nothing moves
        expect(tab.locator("#progress-words")).to_have_text("5 of 6 submitted")
        is_saved(tab)

    first, hidden, none, fourth, neutral = (coded(pictures)[place] for place in order(pictures)[:5])
    assert given(first) == {"AU1": Mark(1), "AU12": Mark(3, Side.LEFT)}
    assert first.marks["AU25"] == Mark(0)
    assert (given(hidden), hidden.hidden) == ({"AU25": Mark(2)}, frozenset({"upper"}))
    assert "AU1" not in hidden.marks
    assert (none.codable, none.submitted) == (False, True)
    assert given(fourth) == {"AU4": Mark(2)}
    assert (given(neutral), len(neutral.marks)) == ({}, 5)


def test_presence_takes_one_key_an_action(one_chromium: Chromium, tmp_path: Path) -> None:
    project = made_project(tmp_path / "project", scale=Scale.PRESENCE)
    with project, paged(project) as page, opened(one_chromium, page) as tab:
        press(tab, "q", "a", "7", "e", "e", "Enter")
        is_saved(tab)
        assert given(coded(page)[order(page)[0]]) == {"AU1": Mark(1), "AU12": Mark(1, Side.RIGHT)}


def test_undo_goes_back_to_the_frame_and_redo_does_it_again(one_chromium: Chromium, pictures: Page) -> None:
    with opened(one_chromium, pictures) as tab:
        press(tab, "q", "Enter", "a", "ArrowRight", "ArrowRight")
        is_saved(tab)
        press(tab, "Control+z")
        expect(tab.locator("#jump")).to_have_value("2")
        press(tab, "Control+z")
        expect(tab.locator("#state")).to_have_text("not submitted")
        expect(tab.locator("#jump")).to_have_value("1")
        press(tab, "Control+y")
        expect(tab.locator("#state")).to_have_text("✓ submitted")


def test_changing_what_was_submitted_is_asked_once(one_chromium: Chromium, pictures: Page) -> None:
    with opened(one_chromium, pictures) as tab:
        press(tab, "q", "Enter", "ArrowLeft", "a")
        question = tab.get_by_role("dialog")
        expect(question).to_contain_text("This frame was submitted. Change it?")
        press(tab, "Escape")
        expect(question).to_be_hidden()
        is_saved(tab)
        assert given(coded(pictures)[order(pictures)[0]]) == {"AU1": Mark(1)}
        press(tab, "a")
        expect(question).to_be_visible()
        press(tab, "Enter")
        expect(question).to_be_hidden()
        press(tab, "e")
        expect(tab.get_by_role("button", name="AU4 Brow Lowerer A")).to_be_visible()
        is_saved(tab)
        assert given(coded(pictures)[order(pictures)[0]]) == {"AU1": Mark(1), "AU12": Mark(1), "AU4": Mark(1)}


def test_an_episode_is_a_key_held_while_stepping(one_chromium: Chromium, film: Page) -> None:
    with opened(one_chromium, film) as tab:
        press(tab, "Control+e", *["ArrowRight"] * 4)
        tab.keyboard.down("a")
        press(tab, *["ArrowRight"] * 6)
        tab.keyboard.up("a")
        press(tab, "3", "6", "ArrowLeft", "ArrowLeft", "m")  # C, left, apex
        tapped(tab, "q", "KeyQ")
        press(tab, "ArrowRight", "ArrowRight", "ArrowRight")
        tapped(tab, "q", "KeyQ")  # taps at both ends
        press(tab, "e", "Backspace")
        press(tab, "End", "Enter")  # the next episode, there where it begins
        expect(tab.locator("#jump")).to_have_value("4")
        is_saved(tab)
        tab.reload()
        tab.locator("html[data-ready]").wait_for()
        expect(tab.locator("#mode")).to_have_attribute("aria-pressed", "true")  # no Enter submits a frame by mistake
    found = list(film.desk.project.episodes("anna", film.desk.names[0]).values())
    assert found == [Episode("AU12", 4, 10, 8, 3, Side.LEFT), Episode("AU1", 8, 11, None, 1)]


def test_an_episode_is_a_key_held_while_playing(one_chromium: Chromium, film: Page) -> None:
    with opened(one_chromium, film) as tab:
        tab.locator("#speed").select_option("0.125")
        press(tab, "Control+e", "Shift+ ")
        expect(tab.locator("#where")).to_contain_text(re.compile(r"frame [5-9] "))
        tab.keyboard.down("j")
        expect(tab.locator("#where")).to_contain_text(re.compile(r"frame 1\d "))
        tab.keyboard.up("j")
        press(tab, "Escape")
        is_saved(tab)
    (found,) = film.desk.project.episodes("anna", film.desk.names[0]).values()
    assert found.action == "AU25"
    assert 5 <= found.onset < 10 <= (found.offset or 0)


def test_the_last_frames_are_played_up_to_now(one_chromium: Chromium, film: Page) -> None:
    with opened(one_chromium, film) as tab:
        tab.locator("#last").select_option("15")
        press(tab, "/")
        tab.keyboard.type("30")
        press(tab, "Enter", " ")
        expect(tab.locator("#where")).to_contain_text("frame 2")  # 16 to 29, of which some are seen
        expect(tab.locator("#stage")).not_to_have_class("stage playing")
        expect(tab.locator("#where")).to_contain_text("frame 30 ")
        assert tab.locator("#jump").input_value() == "30"


def test_a_neutral_frame_stands_beside_the_picture(one_chromium: Chromium, film: Page) -> None:
    with opened(one_chromium, film) as tab:
        press(tab, "ArrowRight", "ArrowRight", "Shift+m")
        expect(tab.locator("#neutral-words")).to_have_text("Neutral: frame 2")
        tab.reload()
        expect(tab.locator("#neutral-words")).to_have_text("Neutral: frame 2")


def test_a_film_that_cannot_be_read_is_said_and_another_is_coded(one_chromium: Chromium, tmp_path: Path) -> None:
    films = made_film(tmp_path / "films" / "p-01").parent
    made_film(films / "p-02")
    with made_project(tmp_path / "project", films) as project, paged(project) as page:
        (films / "p-01" / "film.mp4").write_bytes(b"broken")
        with Browser(one_chromium, page.origin) as browser:
            browser.forgive("404")
            tab = browser.page(SIZES[0])
            tab.goto(page.link)
            expect(tab.locator("#trouble")).to_contain_text("film.mp4")
            tab.get_by_role("button", name="p-02").click()
            expect(tab.locator("#of")).to_have_text("of 0 – 39")
            press(tab, "a", "Enter")
            is_saved(tab)
        assert given(project.coded("anna", "p-02/film.mp4")[0]) == {"AU12": Mark(1)}


class Held:
    """What a page asks for of an address waits at the program until it is let go."""

    def __init__(self, tab: Tab, address: str, body: bool = False) -> None:
        """With `body` the program has answered already: what it says is of then."""
        self._waiting: list[tuple[Route, APIResponse | None]] = []
        self._body, self._tab, self._holds = body, tab, True
        tab.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self._holds:
            self._waiting.append((route, route.fetch() if self._body else None))
        else:
            route.continue_()

    def wait(self) -> None:
        """Until it was asked for, and answered."""
        until = time.monotonic() + WAIT_S
        while not self._waiting and time.monotonic() < until:
            self._tab.wait_for_timeout(10)
        assert self._waiting

    def release(self, lost: bool = False) -> None:
        """Let it through, also from now on; `lost`: it never comes."""
        self._holds = False
        for route, answer in self._waiting:
            if lost:
                route.abort()
            elif answer:
                route.fulfill(response=answer)
            else:
                route.continue_()


def picture(page: Page, index: int) -> str:
    """The address of the picture of the frame that is coded so late."""
    return f"**/pictures/0/{order(page)[index]}?*"


def test_keys_that_follow_enter_are_of_the_next_frame_however_late_a_picture_comes(
    one_chromium: Chromium, pictures: Page
) -> None:
    with Browser(one_chromium, pictures.origin) as browser:
        tab = browser.page(SIZES[0])
        late = Held(tab, picture(pictures, 1))
        enter(tab, pictures.link)
        press(tab, "q", "Enter", "a", "Enter", "e", "Enter")
        tab.get_by_role("button", name="AU25 Lips part").click()
        expect(tab.locator("#progress-words")).to_have_text("1 of 6 submitted")  # nobody has seen the second
        expect(tab.locator("#saved")).to_have_text("Saving")
        late.release()
        expect(tab.locator("#progress-words")).to_have_text("3 of 6 submitted")
        is_saved(tab)
    found = coded(pictures)
    assert [given(found[place]) for place in order(pictures)[:4]] == [
        {"AU1": Mark(1)},
        {"AU12": Mark(1)},
        {"AU4": Mark(1)},
        {"AU25": Mark(1)},
    ]


def test_keys_that_follow_enter_are_not_taken_where_the_picture_never_comes(
    one_chromium: Chromium, pictures: Page
) -> None:
    with Browser(one_chromium, pictures.origin) as browser:
        browser.forgive("ERR_FAILED")
        tab = browser.page(SIZES[0])
        late = Held(tab, picture(pictures, 1))
        enter(tab, pictures.link)
        press(tab, "q", "Enter", "a", "Enter", "e", "Enter")
        late.release(lost=True)
        expect(tab.locator("#toast")).to_contain_text("not submitted")
        expect(tab.locator("#toast")).to_contain_text("Keys that followed were not taken.")
        press(tab, "Enter")  # now it comes
        expect(tab.locator("#progress-words")).to_have_text("2 of 6 submitted")
        is_saved(tab)
    found = coded(pictures)
    assert [given(found[place]) for place in order(pictures)[:2]] == [{"AU1": Mark(1)}, {"AU12": Mark(1)}]


def test_what_is_saved_while_a_sequence_is_opened_is_shown(one_chromium: Chromium, pictures: Page) -> None:
    with Browser(one_chromium, pictures.origin) as browser:
        browser.forgive("ERR_FAILED")
        tab = browser.page(SIZES[0])
        enter(tab, pictures.link)
        tab.route("**/api/acts", lambda route: route.abort())
        press(tab, "q", "Enter", "Enter")
        expect(tab.locator("#saved")).to_have_text("3 kept in this browser")
        opening = Held(tab, "**/api/sequences/0", body=True)
        tab.goto(pictures.origin)
        opening.wait()
        tab.unroute("**/api/acts")
        expect(tab.locator("#saved")).to_have_attribute("data-state", "saved")
        opening.release()
        tab.wait_for_selector("html[data-ready]")
        expect(tab.locator("#progress-words")).to_have_text("2 of 6 submitted")


def test_what_is_undone_while_a_frame_is_on_its_way_stays_undone(one_chromium: Chromium, tmp_path: Path) -> None:
    source = made_film(tmp_path / "films" / "p-01", 100)
    with made_project(tmp_path / "project", source.parent) as project, paged(project) as page:
        project.enter("anna", "before")
        project.apply("anna", "before", SetMark(page.desk.names[0], 90, "AU12", Mark(1)), ("before", 1))
        project.leave("anna", "before")
        with Browser(one_chromium, page.origin) as browser:
            browser.forgive("ERR_FAILED")
            tab = browser.page(SIZES[0])
            enter(tab, page.link)
            frames = Held(tab, "**/api/sequences/0/frames?*", body=True)
            press(tab, "/")
            tab.keyboard.type("90")
            press(tab, "Enter")
            frames.wait()
            press(tab, "Control+z")
            expect(tab.locator("#toast")).to_contain_text("undone")
            tab.route("**/api/acts", lambda route: route.abort())  # lest an answer put it right
            frames.release()
            press(tab, "q")
            expect(tab.get_by_role("button", name="AU1 Inner Brow Raiser A")).to_be_visible()
            expect(tab.get_by_role("button", name="AU12 Lip Corner Puller absent")).to_be_visible()


def test_a_picture_that_is_gone_is_not_submitted_unless_it_is_said_to_be_not_codable(
    one_chromium: Chromium, pictures: Page
) -> None:
    first, second = order(pictures)[:2]
    there = pictures.desk.project.source / pictures.desk.project.title(pictures.desk.names[0], first)
    there.rename(there.with_suffix(".away"))
    with Browser(one_chromium, pictures.origin) as browser:
        browser.forgive("404")
        tab = browser.page(SIZES[0])
        enter(tab, pictures.link)
        expect(tab.locator("#state")).to_contain_text("not there any more")
        press(tab, "Enter")
        expect(tab.locator("#toast")).to_contain_text("not submitted")
        press(tab, "m", "Enter", "q", "Enter")
        is_saved(tab)
    found = coded(pictures)
    assert (found[first].codable, found[first].submitted) == (False, True)
    assert given(found[second]) == {"AU1": Mark(1)}


def test_a_key_is_changed_and_stays(one_chromium: Chromium, pictures: Page) -> None:
    with opened(one_chromium, pictures) as tab:
        press(tab, "?")
        tab.get_by_role("button", name="Change the key of AU12 Lip Corner Puller: A").click()
        press(tab, "q")
        press(tab, "Escape")
        enter(tab, pictures.link)
        press(tab, "q")
        is_saved(tab)
        expect(tab.get_by_role("button", name="AU12 Lip Corner Puller A")).to_have_attribute("aria-keyshortcuts", "q")
        press(tab, "a")  # what the key had before
        expect(tab.get_by_role("button", name="AU1 Inner Brow Raiser A")).to_be_visible()


class Seen:
    """A network that sees the same in every face."""

    def __call__(self, picture: NDArray[np.uint8]) -> dict[str, float]:
        assert picture.shape == (24, 20, 3)
        return {"AU12": 3.2, "AU4": 0.1, "AU9": 5.0}

    def face(self, picture: NDArray[np.uint8]) -> FaceBox | None:
        return FaceBox(0.5, 0.5, 0.25, 0.25)


def test_what_the_network_thinks_is_told_when_asked_and_noted(one_chromium: Chromium, pictures: Page) -> None:
    pictures.desk.network = Seen
    with opened(one_chromium, pictures) as tab:
        expect(tab.locator("#opinion")).to_be_hidden()
        press(tab, "p")
        expect(tab.locator("#opinion")).to_contain_text("AU12C (3.2)")
        expect(tab.locator("#opinion")).not_to_contain_text("AU9")  # not coded in this project
        press(tab, "Enter", "q", "Enter")
        expect(tab.locator("#opinion")).to_be_hidden()
        is_saved(tab)
    assert [coded(pictures)[place].asked for place in order(pictures)[:2]] == [True, False]


def test_the_face_is_framed_and_nothing_is_noted_of_that(one_chromium: Chromium, pictures: Page) -> None:
    pictures.desk.network = Seen
    with opened(one_chromium, pictures) as tab:
        press(tab, "Control+f")
        expect(tab.locator("#zoom")).not_to_have_text("1 ×")
        expect(tab.locator("#zoom")).to_have_text(re.compile(r"^[2-9]\.\d ×$"))
        press(tab, "Control+0")
        expect(tab.locator("#zoom")).to_have_text("1.0 ×")
        press(tab, "-")  # few pixels are read better small
        expect(tab.locator("#zoom")).to_have_text("0.8 ×")
    assert coded(pictures) == {}


def test_a_second_window_asks_and_the_first_stops(one_chromium: Chromium, pictures: Page) -> None:
    with Browser(one_chromium, pictures.origin) as browser:
        browser.forgive("409")
        first, second = browser.page(SIZES[0]), browser.page(SIZES[0])
        enter(first, pictures.link)
        second.goto(pictures.link)
        expect(second.get_by_role("dialog")).to_contain_text("Another window codes as anna")
        second.keyboard.press("Enter")
        second.wait_for_selector("html[data-ready]")
        press(first, "q")
        expect(first.locator("#trouble")).to_contain_text("another window")
        press(first, "a", "Enter")
        press(second, "e")
        is_saved(second)
        assert given(coded(pictures)[order(pictures)[0]]) == {"AU4": Mark(1)}


class Program:
    """`affectbox-training annotate` in a process of its own."""

    def __init__(self, project: Path, port: int) -> None:
        words = ["annotate", str(project), "--coder", "anna", "--no-browser", "--port", str(port)]
        self._process = subprocess.Popen([sys.executable, "-m", "training", *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.link = self._process.stdout.readline().split()[-1]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate(timeout=WAIT_S)


def test_a_killed_program_and_a_killed_page_lose_no_key(one_chromium: Chromium, tmp_path: Path) -> None:
    """Keys are pressed before, while and after the program is killed; then the page is closed with some unsent."""
    made_project(tmp_path / "project", made_pictures(tmp_path / "many", 8)).close()
    with listen(0) as free:
        port = int(free.getsockname()[1])
    program = Program(tmp_path / "project", port)
    with Browser(one_chromium, program.link.partition("/enter")[0]) as browser:
        browser.forgive("ERR_CONNECTION|Failed to load|409")
        tab = browser.page(SIZES[0])
        enter(tab, program.link)
        tab.wait_for_function(PICTURES, arg=8)  # a frame whose picture never came is not submitted
        for done in (2, 4, 6):
            press(tab, "q", "a")
            program.kill()
            press(tab, "3", "Enter", "Shift+e", "Enter")
            expect(tab.locator("#saved")).to_have_attribute("data-state", "away")
            program = Program(tmp_path / "project", port)
            is_saved(tab)
            expect(tab.locator("#progress-words")).to_have_text(f"{done} of 8 submitted")
        program.kill()
        press(tab, "j", "Enter")
        expect(tab.locator("#saved")).to_have_text("2 kept in this browser")
        context = tab.context
        tab.close()
        program = Program(tmp_path / "project", port)
        later = browser.tab(context)
        enter(later, program.link)
        is_saved(later)
        expect(later.locator("#progress-words")).to_have_text("7 of 8 submitted")
    program.kill()
    with open_project(tmp_path / "project") as project:
        check_killed(project)


def check_killed(project: Project) -> None:
    (name,) = (entry.name for entry in project.entries())
    frames = project.coded("anna", name)
    found = [given(frames[int(place)]) for place in project.order(name)[:7]]
    assert found == [{"AU1": Mark(1), "AU12": Mark(3)}, {"AU4": Mark(2)}] * 3 + [{"AU25": Mark(1)}]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_scrolls_and_nothing_is_cut(one_chromium: Chromium, film: Page, size: tuple[int, int]) -> None:
    with opened(one_chromium, film, size) as tab:
        for keys in ((), ("Control+e", "a")):
            press(tab, *keys)
            assert tab.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]") == [
                size[1],
                size[0],
            ]
            assert tab.evaluate(CUT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(one_chromium: Chromium, film: Page, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe is not installed: make build/axe/axe.stamp")
    with opened(one_chromium, film, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True) as tab:
        for keys in (("a", "3", "6"), ("m",), ("Control+e", "q"), ("?",)):
            press(tab, *keys)
            tab.evaluate(AXE.read_text())
            found = tab.evaluate("axe.run({resultTypes: ['violations']})")
            wrong = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]]
            assert wrong == [], keys


def test_a_screen_reader_hears_what_is_coded(one_chromium: Chromium, film: Page) -> None:
    with opened(one_chromium, film) as tab:
        press(tab, "a", "3", "6")
        expect(tab.locator("#said")).to_contain_text("AU12 Lip Corner Puller: C, left")
        tree = tab.locator("body").aria_snapshot()
        assert 'button "AU12 Lip Corner Puller C, left" [pressed]' in tree
        assert 'button "AU1 Inner Brow Raiser absent"' in tree
        assert 'group "Upper face"' in tree


#: For two coders and eight frames: whether the lip corners are pulled. Both 2, only the first 2, only the second 1.
CODES = {"anna": "11110000", "ben": "11001000"}
KAPPA = (5 / 8 - (4 * 3 + 4 * 5) / 64) / (1 - (4 * 3 + 4 * 5) / 64)


def test_coders_of_known_disagreement_get_the_known_kappa(one_chromium: Chromium, clip: Path, tmp_path: Path) -> None:
    """Both code the sample clip in the browser, frames and an episode, which one begins three frames later."""
    with made_project(tmp_path / "project", clip, scale=Scale.PRESENCE) as project:
        for late, (coder, codes) in enumerate(CODES.items()):
            with paged(project, coder) as page, opened(one_chromium, page) as tab:
                press(tab, *(key for code in codes for key in (["a"] if code == "1" else []) + ["Enter"]))
                press(tab, "Control+e", *["ArrowRight"] * 3 * late)
                tab.keyboard.down("j")
                press(tab, *["ArrowRight"] * 20)
                tab.keyboard.up("j")
                is_saved(tab)
        found = compare([project.annotations(coder) for coder in CODES])

    (row,) = (row for row in found.rows if (row.action, row.basis) == ("AU12", "frames"))
    assert (row.frames, row.present) == (8, (4, 3, 2))
    assert row.kappa.value == pytest.approx(KAPPA)
    (onsets,) = found.onsets
    assert (onsets.action, onsets.matched) == ("AU25", 1)
    assert onsets.lag_s.value == pytest.approx(3 / 25, abs=0.01)


def test_after_the_last_frame_the_next_sequence_is_offered(one_chromium: Chromium, tmp_path: Path) -> None:
    for person in ("p-01", "p-02"):
        made_film(tmp_path / "films" / person, frames=3)
    with made_project(tmp_path / "project", tmp_path / "films") as project, paged(project) as page:
        with opened(one_chromium, page) as tab:
            press(tab, "Enter", "ArrowRight", "Enter")  # the one between is still open
            expect(tab.locator("#jump")).to_have_value("1")
            press(tab, "Enter")
            expect(tab.get_by_role("dialog")).to_contain_text(
                "All 3 frames of p-01/film.mp4 are submitted. Go on with"
            )
            press(tab, "Enter")
            expect(tab.locator("#choose")).to_have_text("p-02/film.mp4")
            press(tab, "Enter", "Enter", "Enter")
            expect(tab.get_by_role("dialog")).to_contain_text("Nothing is left in this project.")
            expect(tab.get_by_role("dialog").get_by_role("button")).to_have_text(["Good ↵"])
        assert [len(project.coded("anna", f"{person}/film.mp4")) for person in ("p-01", "p-02")] == [3, 3]


def tapped(tab: Tab, key: str, code: str) -> None:
    """Down and up again at once, however slow the machine is."""
    told = {"key": key, "code": code, "bubbles": True}
    tab.evaluate(
        "(told) => ['keydown', 'keyup'].forEach((kind) => document.body.dispatchEvent(new KeyboardEvent(kind, told)))",
        told,
    )


def typed(tab: Tab, key: str, code: str, **more: bool) -> None:
    """As a keyboard of another country has it: what it types, and where the key lies."""
    told = {"key": key, "code": code, "bubbles": True, **more}
    tab.evaluate("(told) => document.body.dispatchEvent(new KeyboardEvent('keydown', told))", told)


def test_a_key_is_the_letter_on_it_on_keyboards_of_other_countries(one_chromium: Chromium, pictures: Page) -> None:
    with opened(one_chromium, pictures) as tab:
        typed(tab, "q", "KeyA")  # French: AU1
        typed(tab, "3", "Digit3", shiftKey=True)
        typed(tab, "a", "KeyQ")  # AU12
        typed(tab, "é", "Digit2")
        typed(tab, "ф", "KeyE")  # Russian: AU4
        is_saved(tab)
        assert given(coded(pictures)[order(pictures)[0]]) == {"AU1": Mark(3), "AU12": Mark(2), "AU4": Mark(1)}
        typed(tab, "z", "KeyY", ctrlKey=True)  # German: undo
        is_saved(tab)
    assert given(coded(pictures)[order(pictures)[0]]) == {"AU1": Mark(3), "AU12": Mark(2)}


def test_alt_with_a_letter_is_the_letter_on_the_key(one_chromium: Chromium, tmp_path: Path) -> None:
    source = made_pictures(tmp_path / "pictures")
    with create(tmp_path / "project", source, actions=("AU13", "AD35")) as project, paged(project) as page:
        with opened(one_chromium, page) as tab:
            typed(tab, "a", "KeyQ", altKey=True)  # French; the place of the key is that of AD35
            is_saved(tab)
        assert given(coded(page)[order(page)[0]]) == {"AU13": Mark(1)}


def test_frames_of_which_nobody_said_how_fast_they_follow_are_played(one_chromium: Chromium, tmp_path: Path) -> None:
    source = made_pictures(tmp_path / "frames" / "p-01", 8).parent
    with made_project(tmp_path / "project", source) as project, paged(project) as page:
        with opened(one_chromium, page) as tab:
            press(tab, "/")
            tab.keyboard.type("5")
            press(tab, "Enter", " ")
            expect(tab.locator("#toast")).to_contain_text("25 are played")
            expect(tab.locator("#stage")).not_to_have_class("stage playing")
            assert tab.locator("#jump").input_value() == "5"
            press(tab, "Control+e")
            tab.keyboard.down("a")
            press(tab, "ArrowRight", "ArrowRight")
            tab.keyboard.up("a")
            is_saved(tab)
        assert [*project.episodes("anna", "p-01").values()] == [Episode("AU12", 5, 7, None, 1)]
