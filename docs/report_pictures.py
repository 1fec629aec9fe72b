"""Draws the pictures of docs/report.md, of simulated sessions. `make report-pictures` makes them anew."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pypdfium2 import PdfDocument

from cloud.analysis.whole import analyse
from cloud.demo.people import PEOPLE, Plan, plans
from cloud.demo.sessions import documents
from cloud.reading import lines
from cloud.reading.table import Table
from cloud.reports import document
from cloud.reports.paper import to_pdf
from device.contract.record import encode
from tests.cloud.reported import LONG, SHORT, session_lines

FOLDER = Path(__file__).parent
SCALE, MARGIN = 1.5, 30  # pixels a point of A4; pixels left around what is cut out
#: Of somebody who agreed to diagnosis support.
AGREED = replace(SHORT, person=PEOPLE[1])
#: The eighth of weekly sessions of somebody who agreed to a model of their own.
WEEKLY = [plan for plan in plans(7, 8, 1_795_800_000.0) if plan.person is PEOPLE[0]][-1]
#: Of whom, words on a page that a picture is taken of, and on which it ends (None: all of the page).
PICTURES = {
    "report-1.png": (LONG, "What stood out, and how surely", None),
    "report-2.png": (LONG, "What showed when", "Phases and stimuli"),
    "report-3.png": (LONG, "Where the face moved", "Left and right"),
    "report-4.png": (AGREED, "Diagnosis support", "Made on"),
    "report-5.png": (WEEKLY, "Distance from their usual", None),
}


def main() -> None:
    reports = {plan.chance: report(plan) for plan in (LONG, AGREED, WEEKLY)}
    for name, (plan, title, end) in PICTURES.items():
        picture(reports[plan.chance], title, end).save(FOLDER / name, optimize=True)


def report(plan: Plan) -> PdfDocument:
    """The report on a session, on paper, beside what was told of those before."""
    table, earlier = read(session_lines(plan)), [read(events(one)) for one in plan.before]
    return PdfDocument(to_pdf(document.compose(document.Source(table, analyse(table), earlier=earlier))))


def read(content: bytes) -> Table:
    """The session of a file."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "session.jsonl"
        path.write_bytes(content)
        return lines.read(path).of(0)


def events(plan: Plan) -> bytes:
    """What a session's events tell, without its records."""
    found = dict(documents(plan))
    return b"\n".join(
        encode(one) for path, one in found.items() if path.startswith("visits/") and isinstance(one, dict)
    )


def picture(pages: PdfDocument, title: str, end: str | None) -> Any:
    """The page that has this title; from the title on, and up to the next, where there is one to end on."""
    page = next(page for page in pages if height_of(page, title) is not None)
    drawn = page.render(scale=SCALE).to_pil().convert("RGB")
    if end is None:
        return drawn
    top, bottom = height_of(page, title) or 0.0, height_of(page, end) or page.get_height() * 0.94
    whole = drawn.crop((0, round(top * SCALE) - MARGIN, drawn.width, round(bottom * SCALE) - MARGIN))
    inked = np.flatnonzero((np.asarray(whole.convert("L")) < 250).any(1))
    return whole.crop((0, 0, whole.width, min(int(inked[-1]) + MARGIN, whole.height)))


def height_of(page: Any, words: str) -> float | None:
    """How far below the upper edge of a page these words begin, points; None if they are not on it."""
    text = page.get_textpage()
    found = text.search(words, match_case=True).get_next()
    return None if found is None else page.get_height() - text.get_charbox(found[0])[3]


if __name__ == "__main__":
    main()
