"""The door's pages: HTML without a script, whose places are filled with text."""

import html
import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("static")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(form: str, title: str, *, refusal: str = "", notice: str = "", **values: str) -> str:
    """One page. `refusal` and `notice` are sentences that stand above the form."""
    told = {
        "refusal": f'<p class="refusal" role="alert" id="refusal">{html.escape(refusal)}</p>' if refusal else "",
        "notice": f'<p class="notice" role="status">{html.escape(notice)}</p>' if notice else "",
        "invalid": ' aria-invalid="true" aria-describedby="refusal"' if refusal else "",
    }
    filled = {key: html.escape(value) for key, value in values.items()}
    content = _PLACE.sub(lambda found: (told | filled)[found[1]], file(f"{form}.html"))
    frame = {"title": html.escape(title), "content": content}
    return _PLACE.sub(lambda found: frame[found[1]], file("frame.html"))


def again(path: str) -> str:
    """A page that asks for a path of ours anew, as from here."""
    refresh = f'<meta http-equiv="refresh" content="0;url={html.escape(path)}">'
    return f'<!doctype html><html lang="en"><title>Affectbox</title>{refresh}'


@cache
def file(name: str) -> str:
    """A file of the door."""
    return (_FOLDER / name).read_text(encoding="utf-8")
