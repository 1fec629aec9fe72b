"""Contact sheets, the review and the page of agreement in a browser, by keyboard alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser import Browser, Chromium
from tests.training.annotation.coders import saw
from tests.training.annotation.paged import Page, made_pictures, made_project, paged
from tests.training.annotation.test_page_browser import made_film
from tests.training.annotation.test_page_sheets import put
from training.annotation.coding import AGREED, Coded, Episode, Mark, Side
from training.annotation.project import Project

pytestmark = pytest.mark.pages
AXE = Path(__file__).parents[3] / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
LAPTOP, DESK = (1280, 720), (1920, 1080)
COUNT = 30


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made_project(tmp_path / "project", made_pictures(tmp_path / "pictures", COUNT)) as made:
        yield made


@pytest.fixture
def page(project: Project) -> Iterator[Page]:
    with paged(project) as served:
        yield served


@pytest.fixture
def browser(one_chromium: Chromium, page: Page) -> Iterator[Browser]:
    with Browser(one_chromium, page.origin) as opened:
        yield opened


def opened(browser: Browser, page: Page, path: str, size: tuple[int, int] = LAPTOP, **more: object) -> Tab:
    tab = browser.page(size, **more)
    tab.goto(page.link)
    tab.locator("html[data-ready]").wait_for()
    tab.goto(page.origin + path)
    tab.locator("html[data-ready]").wait_for()
    return tab


def press(tab: Tab, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def saved(tab: Tab) -> None:
    expect(tab.locator("#saved")).to_have_attribute("data-state", "saved")


def sheet(tab: Tab) -> list[int]:
    """Places of the pictures on the sheet."""
    return [int(cell.get_attribute("data-place") or "") for cell in tab.locator(".cell").all()]


def coded(page: Page, place: int) -> Coded:
    return page.desk.project.frame(page.desk.coder, page.desk.names[0], place)


def test_keys_mark_the_pictures_that_lie_where_they_lie_and_the_others_are_absent(
    browser: Browser, page: Page
) -> None:
    tab = opened(browser, page, "/sheets")
    first, second, *others = shown = sheet(tab)
    press(tab, "q", "3", "6", "w", "w", "Enter")
    expect(tab.locator(f".cell[data-place='{first}']")).to_have_count(0)
    saved(tab)
    assert coded(page, first).final == {"AU1": Mark(3, Side.LEFT)}
    assert coded(page, second).final == {"AU1": Mark(2)}
    assert all(coded(page, place).final == {"AU1": Mark(0)} for place in others)
    assert not set(shown) & set(sheet(tab))


def test_what_cannot_be_judged_is_not_coded(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    first, second, third = sheet(tab)[:3]
    press(tab, "q", "-", "w", "+", "e", "0", "Enter")
    expect(tab.locator(f".cell[data-place='{first}']")).to_have_count(0)
    saved(tab)
    assert (coded(page, first).final, coded(page, first).hidden) == ({}, frozenset({"upper"}))
    assert (coded(page, second).codable, coded(page, second).submitted) == (False, True)
    assert coded(page, third).final == {"AU1": Mark(0)}


def test_every_action_coded_submits_the_pictures_and_undo_brings_the_sheet_back(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets", DESK)
    for action in page.desk.project.actions:
        expect(tab.locator("#action")).to_have_value(action)
        while places := sheet(tab):
            press(tab, "Enter")
            expect(tab.locator(f".cell[data-place='{places[0]}']")).to_have_count(0)
        press(tab, "Enter")
    saved(tab)
    assert [coded(page, place).submitted for place in range(COUNT)] == [True] * COUNT
    expect(tab.locator(".empty")).to_contain_text("the last action")
    expect(tab.locator("#submit")).to_be_disabled()
    expect(tab.locator("#choose")).to_have_text(page.desk.titles[0])
    press(tab, "F2")
    expect(tab.locator(".empty")).to_have_text("Every picture is submitted.")
    press(tab, "Enter", "F2")  # nothing is left to submit: it stays there
    expect(tab.locator("#action")).to_have_value(page.desk.project.actions[-1])
    press(tab, "Control+z")
    expect(tab.locator(".cell").first).to_be_visible()
    saved(tab)
    assert [coded(page, place).submitted for place in range(COUNT)].count(False) == len(sheet(tab))


def test_what_was_submitted_is_changed_only_after_a_question(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    first = sheet(tab)[0]
    press(tab, "q", "Enter")
    expect(tab.locator(f".cell[data-place='{first}']")).to_have_count(0)
    press(tab, "F4", "F4")
    strongest = tab.locator(f".cell[data-place='{first}']")
    expect(strongest).to_have_attribute("aria-pressed", "true")
    question = tab.locator("dialog[open]")
    press(tab, "q")
    expect(question).to_contain_text("was submitted")
    press(tab, "Escape")
    expect(question).to_have_count(0)
    expect(strongest).to_contain_text(": A")
    press(tab, "q")
    expect(question).to_have_count(1)
    press(tab, "Enter")
    expect(strongest).to_contain_text(": B")
    saved(tab)
    assert coded(page, first).final == {"AU1": Mark(2)}


def test_whole_pictures_are_coded_one_after_the_other_with_the_coders_own_keys(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    press(tab, "F2")
    ring = tab.locator(".cell[aria-current=true]")
    expect(ring).to_have_count(1)
    first, second = sheet(tab)[:2]
    keys = page.get("/api/keys").json["actions"]
    expect(tab.locator("#hint")).to_contain_text("“,” upper “.” lower face hidden · “M” not codable")
    press(tab, keys["AU12"], "4", keys["AU1"], "Enter")
    expect(ring).to_have_attribute("data-place", str(second))
    press(tab, "ArrowRight", "ArrowLeft", "Enter")
    saved(tab)
    absent = {action: Mark(0) for action in page.desk.project.actions}
    assert coded(page, first).final == absent | {"AU12": Mark(4), "AU1": Mark(1)}
    assert coded(page, second).final == absent


def test_an_action_is_gone_to_by_its_own_key(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    first, second = sheet(tab)[:2]
    press(tab, "F3", "a")
    expect(tab.locator("#seen")).to_have_text(re.compile("^Seen: .+ Taken for it: "))
    expect(tab.locator("#toast")).to_be_hidden()
    press(tab, "q", "Enter")  # AU12: the first picture has it, the others do not
    press(tab, "F3", "5")
    expect(tab.locator("#toast")).to_have_text("That is no action's key.")
    expect(tab.locator("#action")).to_have_value("AU12")
    press(tab, "F2", "ArrowRight")
    tile = tab.locator(".tile").filter(has_text="AU12")
    expect(tile).to_contain_text("judged, absent")
    press(tab, "a")
    expect(tile).to_have_attribute("aria-pressed", "true")
    saved(tab)
    assert [coded(page, place).marks["AU12"] for place in (first, second)] == [Mark(1), Mark(1)]


def test_frames_go_on_where_sheets_stopped(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    third = sheet(tab)[2]
    with tab.expect_response(lambda at: at.url.endswith("/position") and at.request.post_data_json["place"] == third):
        press(tab, "F2", "Enter", "Enter")
    assert page.get("/api/project").json["resume"] == {"sequence": 0, "place": third}


@pytest.fixture
def review(project: Project) -> Iterator[Page]:
    put(project, "anna", [{"AU12": 3, "AU4": 1}, {"AU1": 1}, {}, {"AU4": 2}])
    put(project, "bert", [{"AU12": 3}, {"AU1": 5}, {"AU25": 1}])
    with paged(project, AGREED, review=("anna", "bert")) as served:
        yield served


def test_two_coders_settle_what_they_disagree_on(one_chromium: Chromium, review: Page) -> None:
    with Browser(one_chromium, review.origin) as browser:
        tab = opened(browser, review, "/review")
        words = tab.locator("#progress-words")
        expect(words).to_have_text("0 of 3 settled")
        press(tab, "ArrowUp", "Enter")  # open questions are not passed over
        expect(words).to_have_text("0 of 3 settled")
        press(tab, "3", "Enter")
        expect(words).to_have_text("1 of 3 settled")
        for count, key in enumerate(("ArrowLeft", "ArrowRight"), 2):
            press(tab, key, "Enter")
            expect(words).to_have_text(f"{count} of 3 settled")
        saved(tab)
    absent = {action: Mark(0) for action in review.desk.project.actions}
    assert coded(review, 1).final == absent | {"AU1": Mark(3)}
    assert coded(review, 0).final == absent | {"AU12": Mark(3), "AU4": Mark(1)}
    assert coded(review, 2).final == absent | {"AU25": Mark(1)}


def test_episodes_are_settled_and_those_alike_taken_over(one_chromium: Chromium, tmp_path: Path) -> None:
    with made_project(tmp_path / "project", made_film(tmp_path / "films" / "p-01").parent) as project:
        clip = project.sequence(project.entries()[0].name)
        alike, early, only = Episode("AU12", 2, 8), Episode("AU1", 10, 14), Episode("AU4", 20, 30)
        for coder, seen in (("anna", (alike, early, only)), ("bert", (alike, replace(early, offset=35)))):
            project.put(coder, replace(saw(coder, clip, *seen, scale=project.scale), actions=project.actions))
        with paged(project, AGREED, review=("anna", "bert")) as page, Browser(one_chromium, page.origin) as browser:
            tab = opened(browser, page, "/review")
            press(tab, "T", "ArrowRight", "Enter", "ArrowRight", "Enter")
            expect(tab.locator("#progress-words")).to_have_text("2 of 2 settled")
            saved(tab)
            tab.reload()
            expect(tab.locator("#progress-words")).to_have_text("2 of 2 settled")
        assert [*project.episodes(AGREED, clip.name).values()] == [alike, replace(early, offset=35)]
        assert project.coded(AGREED, clip.name) == {}


def test_agreement_leads_to_the_disagreements_of_an_action(one_chromium: Chromium, review: Page) -> None:
    with Browser(one_chromium, review.origin) as browser:
        tab = opened(browser, review, "/agreement")
        row = tab.get_by_role("row").filter(has_text="AU25")
        expect(row).to_contain_text("67 %")
        row.get_by_role("link").click()
        tab.locator("html[data-ready]").wait_for()
        expect(tab.locator("#list button")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_the_way_to_sheets(browser: Browser, page: Page, scheme: str) -> None:
    tab = opened(browser, page, "/sheets", color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    press(tab, "q", "w", "-", "e", "+")
    assert barriers(tab) == []
    press(tab, "F2")
    tab.locator(".cell[aria-current=true]").wait_for()
    assert barriers(tab) == []


@pytest.mark.parametrize("path", ["/review", "/agreement"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_the_way_to_the_review(one_chromium: Chromium, review: Page, path: str, scheme: str) -> None:
    with Browser(one_chromium, review.origin) as browser:
        assert (
            barriers(opened(browser, review, path, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"))
            == []
        )


def test_contrast_is_stretched_when_asked_for(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    picture = tab.locator(".cell img").first
    expect(picture).to_have_css("filter", "none")
    press(tab, "F9")
    expect(picture).to_have_css("filter", re.compile(r"brightness\(.+\) contrast\(.+\)"))
    press(tab, "F9")
    expect(picture).to_have_css("filter", "none")


@pytest.mark.parametrize("size", [LAPTOP, DESK], ids=str)
def test_a_sheet_needs_no_scrolling(browser: Browser, page: Page, size: tuple[int, int]) -> None:
    tab = opened(browser, page, "/sheets", size)
    for mode in ("one", "whole"):
        tab.locator(f"body[data-coding={mode}]").wait_for()
        tall = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert tall == list(size)
        press(tab, "F2")


def barriers(tab: Tab) -> list[str]:
    """What axe finds, a line each."""
    if not AXE.is_file():
        pytest.skip("axe is not installed: make build/axe/axe.stamp")
    tab.evaluate(AXE.read_text())
    found = tab.evaluate("axe.run({resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


def test_pictures_that_cannot_be_shown_stay_open(browser: Browser, page: Page) -> None:
    browser.forgive("404")
    project, name = page.desk.project, page.desk.names[0]
    broken = project.order(name).tolist()[1]
    (project.source / project.sequence(name).labels[broken]).write_bytes(b"no picture")
    tab = opened(browser, page, "/sheets")
    first, second = sheet(tab)[:2]
    expect(tab.locator(".cell.missing")).to_have_count(1)
    press(tab, "Enter")
    expect(tab.locator(f".cell[data-place='{first}']")).to_have_count(0)
    saved(tab)
    assert (second, coded(page, first).final) == (broken, {"AU1": Mark(0)})
    assert coded(page, broken) == Coded()


def test_a_key_leads_from_view_to_view(browser: Browser, page: Page) -> None:
    tab = opened(browser, page, "/sheets")
    expect(tab.locator("nav kbd")).to_have_text("F7")
    for path in ("/", "/sheets"):
        press(tab, "F7")
        tab.wait_for_url(page.origin + path)
        tab.locator("html[data-ready]").wait_for()


def test_a_sheet_stays_as_it_is_while_the_program_does_not_answer(browser: Browser, page: Page) -> None:
    browser.forgive("ERR_INTERNET_DISCONNECTED")
    tab = opened(browser, page, "/sheets")
    there = sheet(tab)
    tab.context.set_offline(True)
    press(tab, "q")
    expect(tab.locator("#trouble")).to_be_visible()
    assert sheet(tab) == there
    expect(tab.locator(".cell.missing")).to_have_count(0)
    tab.context.set_offline(False)
    saved(tab)
    assert coded(page, there[0]).marks == {"AU1": Mark(1)}


def test_pictures_that_could_not_be_had_are_asked_for_again(browser: Browser, page: Page) -> None:
    browser.forgive("ERR_FAILED")
    tab = opened(browser, page, "/sheets")
    tab.route("**/pictures/**", lambda route: route.abort())
    press(tab, "F8")
    expect(tab.locator(".cell.missing").first).to_be_visible()
    tab.unroute("**/pictures/**")
    press(tab, "F8", "F8", "F8")
    expect(tab.locator("#size")).to_have_value("220")
    expect(tab.locator(".cell.missing")).to_have_count(0)
    assert tab.locator(".cell img").first.evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")
