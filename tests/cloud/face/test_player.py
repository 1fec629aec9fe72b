"""The player in a page that stands alone, opened from a disk, in a real browser that may ask no network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from cloud.analysis.whole import analyse
from cloud.face.embed import player
from cloud.face.packed import to_json
from cloud.face.track import track
from cloud.reports.document import Source, compose, face_of, to_html
from device.contract.fields import Json
from device.contract.labels import LOWER
from tests.browser import SIZES, Browser
from tests.cloud.dashboard.test_every_page import DOCS, barriers, check_picture
from tests.cloud.face.test_packed import BEGAN
from tests.cloud.test_analysis import bump, emotions, recording, whole
from tests.recordings import table_of

pytestmark = pytest.mark.pages

ONLY_HERE = "default-src 'none'; script-src {hash}; style-src 'unsafe-inline'; img-src data:"


def course(t: float) -> Json:
    """A lopsided smile from 1 to 3 s, a hidden mouth from 4 to 5 s, turned away from 6 to 7 s, then at rest."""
    pose = {"pose": {"yaw": 5.0, "pitch": 0.0, "roll": 0.0}}
    if 6 <= t < 7:
        return {"status": "gated", "reasons": ["turned_away"], "pose": {"yaw": 60.0, "pitch": 0.0, "roll": 0.0}}
    if 4 <= t < 5:
        return {"aus": {"AU1": 2.0, "AU43": 0.0}, "hidden": [LOWER]} | pose
    smile = bump(t, 1, 3)
    sides = {"left": {"AU12": smile}, "right": {"AU12": smile / 2}} if smile > 0.5 else {}
    parted = {"AU25": 0.4 * smile, "AU4": bump(t, 8, 9.5, 3.0)}
    leading = "happiness" if smile > 1 else "anger" if 8 < t < 9.5 else "neutral"
    found = {"aus": whole(AU12=0.8 * smile, AU6=0.6 * smile, **parted), "emotions": emotions(**{leading: 0.9})}
    return found | sides | pose


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with the player, a figure and a moment of its own, as strict as a browser can be."""
    phase = BEGAN | {"number": 2, "event": "phase", "name": "talk", "time": BEGAN["time"] | {"mono": 0.1}}
    table = table_of(recording(10, course), [BEGAN, phase])
    made = player(to_json(track(table), analyse(table).episodes))
    policy = ONLY_HERE.format(hash=made.script_hash)
    figure = "<div style='height:30px;background:#ddd'></div>"
    content = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Replay</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        "<style>body{font-family:system-ui,sans-serif}</style></head><body><main><h1>Replay</h1>"
        f'<figure data-face-begin="0" data-face-end="10" data-face-left="0.1" data-face-right="0.9">{figure}</figure>'
        f'<p><button data-face-at="6.5">0:06</button></p>{made.html}</main></body></html>'
    )
    path = tmp_path_factory.mktemp("player") / "replay.html"
    path.write_text(content)
    return path


@pytest.fixture
def browser(one_chromium: Chromium) -> Iterator[Browser]:
    """Only files may be asked for."""
    with Browser(one_chromium, "file://") as opened:
        yield opened


def opened(browser: Browser, file: Path, size: str | tuple[int, int] = "laptop", **more: object) -> Page:
    page = browser.page(size, **more)
    page.goto(file.as_uri())
    page.get_by_role("button", name="Play").wait_for()
    return page


def seek(page: Page, at_s: float) -> None:
    page.evaluate("at => document.getElementById('affectbox-face').viewer.seek(at)", at_s)


def test_what_is_shown_stands_there_in_words_with_both_sides(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file)
    seek(page, 2.0)
    line = page.get_by_role("listitem").filter(has_text="AU12")
    expect(line).to_contain_text("AU12 Lip Corner Puller")
    expect(line).to_contain_text("3.2")
    expect(line).to_contain_text("left 4.0, right 2.0")
    expect(page.get_by_text("0:02.0")).to_have_count(2)  # for eyes, and for who hears it
    expect(page.get_by_text("Leading expression: happiness")).to_be_visible()


def drawn(page: Page) -> bytes:
    """The face, as a picture."""
    page.wait_for_function("() => document.getElementById('affectbox-face').viewer.settled")
    return page.locator("canvas.face").screenshot(animations="disabled")


def test_the_face_moves_with_what_was_measured(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file)
    seek(page, 7.5)
    rest = drawn(page)
    seek(page, 2.0)
    smile = drawn(page)
    seek(page, 7.7)
    assert smile != rest and drawn(page) == rest


def test_it_is_as_the_docs_show_it(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, (1120, 850))
    seek(page, 2.0)
    drawn(page)
    check_picture(page.locator("#affectbox-face"), DOCS / "digital-face-player.png")


def test_it_fades_and_says_why_where_nothing_was_measured(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file)
    seek(page, 6.5)
    expect(page.locator(".why")).to_have_text("not measured: turned away")
    expect(page.locator("canvas.face")).to_have_css("opacity", "0.26")
    seek(page, 4.5)
    expect(page.locator(".why")).to_have_text("mouth hidden: at rest there")
    expect(page.locator("canvas.face")).to_have_css("opacity", "1")
    expect(page.get_by_role("listitem").filter(has_text="AU1 Inner Brow Raiser")).to_contain_text("2.0")


def test_it_plays_to_the_end_faster_when_asked_and_stops_there(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file)
    page.get_by_role("button", name="×10").click()
    expect(page.get_by_role("button", name="×10")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # it was "Pause" meanwhile
    expect(page.get_by_role("slider")).to_have_value("10")


def test_keys_go_by_records_and_seconds_and_to_both_ends(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file)
    slider = page.get_by_role("slider")
    slider.focus()
    for key, at_s in (("ArrowRight", 0.12), ("Shift+ArrowRight", 1.12), ("ArrowLeft", 1.0), ("End", 10), ("Home", 0)):
        slider.press(key)
        assert float(slider.input_value()) == pytest.approx(at_s, abs=0.03), key
    slider.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    slider.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_other_figures_and_moments_of_the_page_go_along(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, (1280, 1200))  # nothing has to scroll
    page.get_by_role("button", name="0:06").click()
    expect(page.locator(".why")).to_have_text("not measured: turned away")
    box = page.locator("figure").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.26 * box["width"], box["y"] + 10)  # a fifth of the axis
    assert float(page.get_by_role("slider").input_value()) == pytest.approx(2.0, abs=0.1)
    line = page.locator("figure > div[aria-hidden]").bounding_box()
    assert line and (line["x"] - box["x"]) / box["width"] == pytest.approx(0.26, abs=0.01)


def test_an_episode_can_be_gone_to(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file)
    page.get_by_label("Episodes of").select_option(label="AU12 Lip Corner Puller (1)")
    page.get_by_role("button", name="Next episode").click()
    expect(page.get_by_text("1 of 1: 0:01 to 0:03, most at 0:01 (3.2)")).to_be_visible()
    assert 1.0 <= float(page.get_by_role("slider").input_value()) < 1.3


def test_without_3d_words_and_diagram_are_there(browser: Browser, page_file: Path) -> None:
    page = browser.page()
    page.add_init_script(
        "HTMLCanvasElement.prototype.getContext = (old => function (kind, ...rest) {"
        " return kind === 'webgl2' ? null : old.call(this, kind, ...rest); })"
        "(HTMLCanvasElement.prototype.getContext)"
    )
    page.goto(page_file.as_uri())
    expect(page.get_by_text("This browser shows no 3D picture")).to_be_visible()
    seek(page, 2.0)
    expect(page.get_by_role("listitem").filter(has_text="AU12")).to_be_visible()
    expect(page.get_by_role("img", name="Diagram of the session")).to_be_visible()


def test_who_wants_less_motion_gets_no_more_than_the_records(browser: Browser, page_file: Path) -> None:
    page = opened(browser, page_file, reduced_motion="reduce")
    expect(page.locator("canvas.face")).to_have_css("transition-duration", "0s")
    assert page.evaluate("document.getElementById('affectbox-face').viewer.calm")


def test_in_the_report_everything_shows_one_moment(browser: Browser, tmp_path: Path) -> None:
    table = table_of(recording(10, course), [BEGAN])
    source = Source(table, analyse(table), False, ())
    file = tmp_path / "report.html"
    file.write_text(to_html(compose(source), face_of(source)))
    page = opened(browser, file)
    page.locator("button[data-face-at]").first.click()
    assert float(page.get_by_role("slider").input_value()) > 0
    seek(page, 6.5)
    expect(page.locator(".why")).to_have_text("not measured: turned away")
    lines = page.locator("figure[data-face-begin] > div[aria-hidden]")
    assert {line.evaluate("one => one.hidden") for line in lines.all()} == {False}


@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_has_no_barrier(browser: Browser, page_file: Path, size: str) -> None:
    page = opened(browser, page_file, size)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    for at_s in (2.0, 6.5):
        seek(page, at_s)
        assert barriers(page) == [], at_s
