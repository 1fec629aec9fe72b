"""A report on one session as a document: one HTML file that needs nothing else, and a PDF for paper.

Both come from one template (Jinja2) and the same figures (matplotlib); WeasyPrint makes the PDF. Whatever people or
boxes wrote is text there, never markup.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from cloud.analysis.plain import clock, percent
from cloud.analysis.whole import Analysis
from cloud.reading.table import Table
from cloud.reports import words
from cloud.reports.chapters import chapters
from cloud.reports.chapters.course import glance
from cloud.reports.dated import day_of, times_of
from cloud.reports.figures import bar
from cloud.reports.figures.canvas import timeline
from cloud.reports.page import Document, Fact, Told, sure
from device.contract.errors import RuntimeMissingError
from device.contract.session import UNNAMED

_FONTS = {400: "source-sans-3-400.woff2", 600: "source-sans-3-600.woff2"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_CAUTION = (
    "The report names what annotators would call a face, and what coders would see in it. It does not see feelings, "
    "and does not diagnose. What “well supported”, “low confidence” and “experimental” mean stands on the last page."
)
_NO_PDF = (
    "A PDF needs WeasyPrint and Pango: `pip install weasyprint`, and `apt install libpango-1.0-0 libpangoft2-1.0-0`; "
    "or print the HTML report from a browser."
)


@dataclass(frozen=True, eq=False)
class Source:
    """What a report is made of.

    Attributes:
        table: of the one session, at least one row.
        analysis: of it.
        everything: also what is hardly supported (`cloud.reports.summary.WITHHELD`).
        earlier: tables of this person's sessions before, the oldest first; None where nobody looked for them.
    """

    table: Table
    analysis: Analysis
    everything: bool = False
    earlier: Sequence[Table] | None = None


def compose(source: Source) -> Document:
    """What the pages say and show."""
    table, analysis = source.table, source.analysis
    session = table.sessions[0]
    whom = "" if session.patient in ("", UNNAMED) else session.patient
    heading = f"Session of {whom}" if whom else "Session of nobody named"
    day, line = day_of(table), timeline(table)
    return Document(
        title=f"{heading}, {day}",
        heading=heading,
        running=f"{heading} · {day}",
        when=f"{times_of(table)} · box {session.device}",
        warnings=_warnings(table),
        facts=_facts(table, analysis),
        findings=[Told(one.text, sure(one.tier)) for one in words.findings(analysis)],
        seen=words.seen_sentence(table, analysis),
        seen_bar=bar.draw(words.seen(table)),
        glance=glance(table, analysis, line),
        earlier=_earlier(source),
        caution=_CAUTION,
        sections=[*chapters(table, analysis, line, source.everything)],
        made=_made(table),
    )


def to_html(document: Document, player: str = "", policy: str = _POLICY) -> str:
    """The page, whole in itself. `player`: markup of the digital face, for browsers; `policy`: what it needs."""
    from jinja2 import Environment, select_autoescape  # noqa: PLC0415  # only documents need it

    environment = Environment(autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True)
    environment.finalize = _unbroken
    template = environment.from_string(_text("report.html"))
    return template.render(d=document, style=_style(), player=player, policy=policy)


def to_pdf(html: str) -> bytes:
    """The page on paper. Raises `RuntimeMissingError`: WeasyPrint or what it needs is not installed."""
    try:
        from weasyprint import HTML  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise RuntimeMissingError(_NO_PDF) from error
    only_own = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    made: bytes = HTML(string=html, url_fetcher=only_own).write_pdf()
    return made


def _unbroken(value: Any) -> Any:
    """No line ends between a number and its sign."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if isinstance(value, str) else value


@cache
def _style() -> str:
    faces = []
    for weight, name in _FONTS.items():
        data = base64.b64encode((files("cloud.reports") / "templates" / "third-party" / name).read_bytes()).decode()
        faces.append(
            f'@font-face{{font-family:"Affectbox Report";font-weight:{weight};src:url(data:font/woff2;base64,{data})}}'
        )
    return "\n".join([*faces, _text("report.css")])


def _text(name: str) -> str:
    return (files("cloud.reports") / "templates" / name).read_text(encoding="utf-8")


def _warnings(table: Table) -> list[str]:
    return ["The consent was revoked: nothing of this is to be used."] if table.sessions[0].is_revoked else []


def _facts(table: Table, analysis: Analysis) -> list[Fact]:
    spent = analysis.session
    share = spent.measured_s / max(spent.lasted_s, 1e-9)
    measured = f"{clock(spent.measured_s, False)} min of the face, frame by frame"
    found = [Fact("Length", f"{clock(spent.lasted_s, False)} min", f"{len(table):,} frames".replace(",", " "))]
    found.append(Fact("Could be measured", percent(share), measured))
    if "expressions" not in analysis.withheld:
        found.append(_leading(analysis))
    if analysis.blinks:
        count = analysis.blinks.count
        found.append(Fact("Blinks", f"{analysis.blinks.per_minute:.0f} a minute", f"{count} seen"))
    return found


def _leading(analysis: Analysis) -> Fact:
    """The leading emotion, or expression where no network looked for emotions."""
    by_kind = {one.kind: one for one in reversed(analysis.dominance)}
    top = by_kind.get("emotions") or by_kind.get("expressions")
    if top is None:
        return Fact("Most often", "nothing", "no expression was read")
    return Fact("Most often", top.name.replace("_", " "), f"{percent(top.share)} of the session")


def _earlier(source: Source) -> list[str]:
    if source.earlier is None or source.table.sessions[0].patient in ("", UNNAMED):
        return ["Nobody was named, or no earlier session was at hand: nothing is compared."]
    return [f"{len(source.earlier)} earlier sessions."]


def _made(table: Table) -> str:
    now = datetime.now().astimezone()
    session = table.sessions[0]
    return f"Made on {now.day} {now:%B %Y, %H:%M %Z} by Affectbox; session {session.id} of {session.device}."
