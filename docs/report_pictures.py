"""Draws the pictures of docs/report.md, of a simulated session. `make report-pictures` makes them anew."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from pypdfium2 import PdfDocument

from cloud.analysis.whole import analyse
from cloud.reading import lines
from cloud.reports import document
from cloud.reports.paper import to_pdf
from tests.cloud.reported import LONG, session_lines

FOLDER = Path(__file__).parent
SCALE, MARGIN = 1.5, 30  # pixels a point of A4; pixels left around what is cut out
#: Words on a page that a picture is taken of, and on which it ends (None: all of the page).
PICTURES = {
    "report-1.png": ("What stood out, and how surely", None),
    "report-2.png": ("What showed when", "Phases and stimuli"),
    "report-3.png": ("Where the face moved", "Left and right"),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "session.jsonl"
        path.write_bytes(session_lines(LONG))
        table = lines.read(path).of(0)
    pages = PdfDocument(to_pdf(document.compose(document.Source(table, analyse(table)))))
    for name, (title, end) in PICTURES.items():
        picture(pages, title, end).save(FOLDER / name, optimize=True)


def picture(pages: PdfDocument, title: str, end: str | None) -> Any:
    """The page that has this title; from the title on, and up to the next, where there is one to end on."""
    page = next(page for page in pages if height_of(page, title) is not None)
    drawn = page.render(scale=SCALE).to_pil().convert("RGB")
    if end is None:
        return drawn
    top, bottom = height_of(page, title) or 0.0, height_of(page, end) or page.get_height() * 0.94
    whole = drawn.crop((0, round(top * SCALE) - MARGIN, drawn.width, round(bottom * SCALE) - MARGIN))
    inked = np.flatnonzero((np.asarray(whole.convert("L")) < 250).any(1))
    return whole.crop((0, 0, whole.width, int(inked[-1]) + MARGIN))


def height_of(page: Any, words: str) -> float | None:
    """How far below the upper edge of a page these words begin, points; None if they are not on it."""
    text = page.get_textpage()
    found = text.search(words, match_case=True).get_next()
    return None if found is None else page.get_height() - text.get_charbox(found[0])[3]


if __name__ == "__main__":
    main()
