"""What a person sees and presses, in a real browser."""

import contextlib
from pathlib import Path

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from device.host.scripted import Script
from tests.browser import Browser
from tests.device.page.served import served

#: Text that is too pale to be read: contrast below that of WCAG 2.2, level AA, against the nearest solid ground.
PALE = """
(() => {
  const part = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || e.closest("svg") || e.disabled) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const [a, b] = [light(colour(style.color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) found.push([e.textContent.slice(0, 40), (a + 0.05) / (b + 0.05)]);
  }
  return found;
})()
"""
#: What is to be touched and is smaller than a finger, 44 by 44 pixels.
SMALL = """
[...document.querySelectorAll("button, a, input:not([type=checkbox], [type=radio]), label:has(input)")]
  .filter((e) => e.checkVisibility() && !e.matches(".skip"))
  .filter((e) => { const b = e.getBoundingClientRect(); return b.height < 44 || b.width < 44; })
  .map((e) => e.outerHTML.slice(0, 80))
"""
#: What is to be used and has no name for who does not see it.
NAMELESS = """
[...document.querySelectorAll("button, a, input, [role=img]")].filter((e) => e.checkVisibility())
  .filter((e) => !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label")))
  .map((e) => e.outerHTML.slice(0, 80))
"""


def is_in(page: Page, state: str) -> None:
    page.wait_for_function("state => document.documentElement.dataset.state === state", arg=state)


def sees(page: Page, text: str) -> None:
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=text)


def is_fit_for_everybody(page: Page) -> None:
    assert (page.evaluate(PALE), page.evaluate(SMALL), page.evaluate(NAMELESS)) == ([], [], [])


def test_a_nurse_sets_up_holds_a_session_and_withdraws_in_her_language(tmp_path: Path, one_chromium: Chromium) -> None:
    script = Script(opening_s=0.05, closing_s=0.0, every_s=0.05)
    with (
        served(tmp_path / "box", "detector.zone=[0.3, 0.2, 0.4, 0.6]", script=script) as box,
        Browser(one_chromium, box.url) as browser,
    ):
        browser.forgive("409")  # which is how a refusal is told
        page = browser.page()
        page.goto(box.url + "?language=es")
        sees(page, "Cámara apagada")
        expect(page.locator("[data-do=begin]")).to_be_disabled()  # nobody agreed to anything yet

        page.click("[data-do=frame]")
        sees(page, "Cámara encendida")
        sees(page, "Acérquese")
        expect(page.locator("#layer-face .oval")).to_have_count(1)
        expect(page.locator("img, canvas, video, image")).to_have_count(0)
        page.click("[data-do=frame_off]")
        is_in(page, "idle")

        page.fill("#patient", "María")
        page.click("#record")
        sees(page, "Diga a qué consintió la persona")
        expect(page.locator("#of-age")).to_be_hidden()
        for name in ("expressions", "units", "atypicality"):
            page.click(f"[name=covers][value={name}]")
        page.click("#record")
        sees(page, "Eso no puede ser un seudónimo")
        page.fill("#patient", "p-017")
        page.get_by_label("Edad de la persona").select_option("6-12")
        page.click("#record")
        sees(page, "Diga quién dio el consentimiento")
        page.click("[name=by][value=guardian]")
        page.keyboard.press("Enter")
        assert box.box.now.people == (), "Enter agrees to nothing"
        page.click("#record")
        sees(page, "p-017 consintió: Expresiones de la cara, Movimientos")
        sees(page, "Edad: de 6 a 12 años.")
        page.click("[data-do=begin]")
        is_in(page, "watching")
        expect(page.locator(".person")).to_have_text("p-017")

        page.click("[data-do=pause]")
        is_in(page, "paused")
        sees(page, "Cámara apagada")
        page.click("[data-do=resume]")
        is_in(page, "watching")

        page.click("[data-do=revoke]")
        expect(page.locator("#confirm")).to_contain_text("¿Retirar el consentimiento de p\u2011017?")
        page.click("#confirm [value=no]")
        assert box.box.now.patient == "p-017"
        page.click("[data-do=revoke]")
        page.click("#confirm-yes")
        is_in(page, "idle")
        sees(page, "consentimiento retirado")
        sees(page, "Fue retirado: vuelva a preguntar.")
        assert box.box.now.camera_open is False


def test_the_page_is_to_be_read_and_touched_on_a_telephone_and_says_when_the_box_is_gone(
    tmp_path: Path, one_chromium: Chromium
) -> None:
    there = contextlib.ExitStack()
    box = there.enter_context(served(tmp_path / "box", script=Script(opening_s=0.0, every_s=0.05)))
    with there, Browser(one_chromium, box.url) as browser:
        box.box.agreed()
        for size in ((360, 780), (1280, 780)):
            page = browser.page(size)
            page.goto(box.url)
            for scheme in ("dark", "light"):
                page.emulate_media(color_scheme=scheme)
                sees(page, "Camera off")
                assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
                is_fit_for_everybody(page)
        page.click("[data-do=frame]")
        is_in(page, "framing")
        assert page.evaluate(PALE) == []
        asked = "parseFloat(getComputedStyle(document.querySelector('#advice p')).fontSize)"
        assert page.evaluate(asked) >= 64, "to be read from two metres"
        browser.check()
        there.close()  # the box is gone
        page.evaluate("lastMs = 0")  # as after nine silent seconds
        sees(page, "The box does not answer.")
        expect(page.locator("#lamp")).to_have_text("Not known")  # never 'off' when that is not known
        browser.forgive("net::")
