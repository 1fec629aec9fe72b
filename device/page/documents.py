"""The files that a browser gets: two pages of HTML with their strings filled in, one of CSS, one of JavaScript."""

import html
import json
import re
from functools import cache
from pathlib import Path

from device.contract.choices import AGES, COVERS
from device.page.words import LANGUAGES, words

FOLDER = Path(__file__).with_name("static")
_PLACE = re.compile(r"\{\{([\w.]+)\}\}")


@cache
def page(name: str, language: str) -> bytes:
    """`page` or `signin` in a language."""
    said = words(language)
    filled = {"lang": language, "languages": _languages(language), "strings": _script(language)}
    text = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: filled.get(found[1]) or html.escape(said[found[1]]), text).encode()


@cache
def file(name: str) -> bytes:
    """`page.css` or `page.js`."""
    return (FOLDER / name).read_bytes()


def _languages(current: str) -> str:
    links = []
    for name in LANGUAGES:
        here = ' aria-current="true"' if name == current else ""
        links.append(f'<a href="/?language={name}" lang="{name}" hreflang="{name}"{here}>{words(name)["name"]}</a>')
    return "".join(links)


def _script(language: str) -> str:
    """The strings as JSON that may stand in a page: `<` would let a text end the block."""
    said = dict(words(language)) | {"list.covers": " ".join(COVERS), "list.ages": " ".join(AGES)}
    return json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")
