"""What stands about the readings: the document, its head, and how to read it."""

from pathlib import Path
from string import Template

from device.commands.au_page.marks import text
from device.contract.version import version

_STYLE, _ABOUT = (Path(__file__).with_name(name) for name in ("page.css", "about.html"))
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
#: Where to go from the top.
CONTENTS = '<nav aria-label="on this page"><a href="#all">In all</a> <a href="#about">How to read this</a></nav>'


def document(name: str, body: str) -> str:
    """The whole file. What it is opened with is told to load nothing else, whatever stands in it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{text(name)}: expressions and action units</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><meta name="robots" content="noindex"><style>{_STYLE.read_text(encoding="utf-8")}'
        f"</style></head><body><main>{body}</main></body></html>\n"
    )


def head(name: str, thumbnails: bool) -> str:
    """What it is of, what it is not, and how to treat it."""
    private = (
        "It shows faces of people: keep it as you keep their pictures, and send it to nobody who may not see them."
        if thumbnails
        else "It holds no pictures; names of files stand in it, and what was read of people's faces."
    )
    return (
        f"<header><h1>{text(name)}</h1><p>What the face network of Affectbox reads in it. <strong>Research "
        f"use: not a medical device, no diagnosis, and not what anybody feels.</strong> {private}</p></header>"
    )


def about(opinions: tuple[str, ...], rest: str) -> str:
    """How to read it."""
    calibrated = f"the face at rest '{rest}' was taken into account." if rest else "no face at rest was known."
    template = Template(_ABOUT.read_text(encoding="utf-8"))
    return template.substitute(opinions=text(", ".join(opinions)), rest=text(calibrated), version=text(version()))
