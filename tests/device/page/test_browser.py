"""What a person sees and presses, in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.host.scripted import Script
from tests import chromium
from tests.chromium import Chromium
from tests.device.page.served import served

pytestmark = pytest.mark.skipif(chromium.PROGRAM is None, reason="no chromium on this machine")

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


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chromium]:
    with Chromium(tmp_path / "profile") as one:
        yield one


def state(name: str) -> str:
    return f"document.documentElement.dataset.state === '{name}'"


def sees(text: str) -> str:
    return f"document.body.innerText.includes({json.dumps(text)})"


def test_a_nurse_sets_up_holds_a_session_and_withdraws_in_her_language(tmp_path: Path, browser: Chromium) -> None:
    script = Script(opening_s=0.05, closing_s=0.0, every_s=0.05)
    with served(tmp_path / "box", "detector.zone=[0.3, 0.2, 0.4, 0.6]", script=script) as page:
        browser.open(page.url + "?language=es")
        browser.until(sees("Cámara apagada"))
        assert browser.ask("document.querySelector('[data-do=begin]').disabled"), "nobody agreed to anything yet"

        browser.press("[data-do=frame]")
        browser.until(sees("Cámara encendida"))
        browser.until(sees("Acérquese"))
        browser.until("document.querySelectorAll('#layer-face .oval').length === 1")
        assert browser.ask("document.querySelectorAll('img, canvas, video, image').length") == 0
        browser.press("[data-do=frame_off]")
        browser.until(state("idle"))

        browser.type("#patient", "María")
        browser.press("#record")
        browser.until(sees("Diga a qué consintió la persona"))
        for name in ("expressions", "units"):
            browser.press(f"[name=covers][value={name}]")
        browser.press("#record")
        browser.until(sees("Eso no puede ser un seudónimo"))
        browser.type("#patient", "p-017")
        browser.press("#record")
        browser.until(sees("Diga quién dio el consentimiento"))
        browser.press("[name=by][value=guardian]")
        browser(
            "Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r"
        )
        assert page.box.now.people == (), "Enter agrees to nothing"
        browser.press("#record")
        browser.until(sees("p-017 consintió: Expresiones de la cara y Movimientos"))
        browser.press("[data-do=begin]")
        browser.until(state("watching"))
        assert browser.text(".person") == "p-017"

        browser.press("[data-do=pause]")
        browser.until(state("paused"))
        browser.until(sees("Cámara apagada"))
        browser.press("[data-do=resume]")
        browser.until(state("watching"))

        browser.press("[data-do=revoke]")
        assert "¿Retirar el consentimiento de p\u2011017?" in browser.text("#confirm")
        browser.press("#confirm [value=no]")
        assert page.box.now.patient == "p-017"
        browser.press("[data-do=revoke]")
        browser.press("#confirm-yes")
        browser.until(state("idle"))
        browser.until(sees("consentimiento retirado"))
        browser.until(sees("Fue retirado: vuelva a preguntar."))
        assert page.box.now.camera_open is False
        mistakes = [text for text in browser.complaints if "409" not in text]  # which is how a refusal is told
        assert mistakes == []


def test_the_page_is_to_be_read_and_touched_on_a_telephone_and_says_when_the_box_is_gone(
    tmp_path: Path, browser: Chromium
) -> None:
    with served(tmp_path / "box", script=Script(opening_s=0.0, every_s=0.05)) as page:
        page.box.agreed()
        browser.open(page.url)
        for scheme in ("dark", "light"):
            browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            for width in (360, 1280):
                browser.resize(width, 780)
                browser.until(sees("Camera off"))
                assert browser.ask("document.documentElement.scrollWidth") <= width
                assert (browser.ask(PALE), browser.ask(SMALL), browser.ask(NAMELESS)) == ([], [], [])
        browser.press("[data-do=frame]")
        browser.until(state("framing"))
        assert browser.ask(PALE) == []
        asked = "parseFloat(getComputedStyle(document.querySelector('#advice p')).fontSize)"
        assert browser.ask(asked) >= 64, "to be read from two metres"
    browser.ask("lastMs = 0")  # as after nine silent seconds
    browser.until(sees("The box does not answer."))
    assert browser.text("#lamp") == "Not known", "never 'off' when that is not known"
