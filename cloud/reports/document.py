"""A report on one session as a document: one HTML file that needs nothing else, and a PDF for paper.

Both come from one template (Jinja2) and the same figures (matplotlib); `cloud.reports.paper` makes the PDF. Whatever
people or boxes wrote is text there, never markup.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from cloud.analysis.earlier import Summary
from cloud.analysis.outstanding import outstanding
from cloud.analysis.plain import percent
from cloud.analysis.whole import Analysis
from cloud.face.embed import Player
from cloud.reading.table import Table
from cloud.reports import repertoire, words
from cloud.reports.chapters import chapters
from cloud.reports.chapters.course import glance
from cloud.reports.dated import day_of, local, times_of
from cloud.reports.figures import bar
from cloud.reports.figures.canvas import timeline
from cloud.reports.page import Document, Fact
from device.contract.session import UNNAMED

#: Files of the fonts, by weight.
FONTS = {400: "source-sans-3-400.woff2", 600: "source-sans-3-600.woff2"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_CAUTION = (
    "The report names what annotators would call a face, and what coders would see in it. It does not see feelings, "
    "and does not diagnose. What “well supported”, “low confidence” and “experimental” mean stands at the end."
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
    earlier: Sequence[Table | Summary] | None = None


def compose(source: Source) -> Document:
    """What the pages say and show."""
    table, analysis = source.table, source.analysis
    session = table.sessions[0]
    whom = "" if session.patient in ("", UNNAMED) else session.patient
    heading = f"Session of {whom}" if whom else "Session of nobody named"
    day, line = day_of(table), timeline(table)
    findings = [*words.findings(analysis, outstanding(table, analysis))]
    seen, earlier = [*words.seen_sentences(table, analysis)], [*words.earlier(table, source.earlier)]
    if own := repertoire.of(table, source.earlier):
        earlier += repertoire.pointer(own)
    return Document(
        title=f"{heading}, {day}",
        heading=heading,
        running=f"{heading} · {day}",
        when=f"{times_of(table)} · box {session.device}",
        warnings=_warnings(table),
        facts=_facts(table, analysis),
        findings=findings,
        seen=seen,
        seen_bar=bar.draw(words.seen(table)),
        seen_said=bar.said(words.seen(table)),
        glance=glance(table, analysis, line, [*(one.text for one in findings), *seen, *earlier]),
        earlier=earlier,
        caution=_CAUTION,
        sections=[*chapters(table, analysis, line, source.everything, source.earlier)],
        made=_made(table),
    )


def to_html(
    document: Document,
    player: Player | None = None,
    drawn: Callable[[str], str] = str,
    fonts: Mapping[int, str] | None = None,
) -> str:
    """The page.

    Args:
        document: what it says and shows.
        player: the digital face, for browsers.
        drawn: how a figure (SVG) stands in the page: as it is.
        fonts: addresses of `FONTS`; otherwise the page holds them, and is whole in itself.
    """
    from jinja2 import Environment, select_autoescape  # noqa: PLC0415  # only documents need it

    environment = Environment(autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True)
    environment.finalize = _unbroken
    template = environment.from_string(_text("report.html"))
    html, script = (player.html, f"; script-src {player.script_hash}") if player else ("", "")
    style = _style(fonts or _within())
    return template.render(d=document, style=style, player=html, policy=_POLICY + script, drawn=drawn)


def face_of(source: Source) -> Player:
    """The session on the digital face. Raises `DataError`: its rows tell of no movement."""
    from cloud.face.embed import player  # noqa: PLC0415
    from cloud.face.packed import to_json  # noqa: PLC0415
    from cloud.face.track import track  # noqa: PLC0415

    began = local(float(source.table.wall[0]))
    offset = began.utcoffset() if began else None
    zone = (offset.total_seconds(), f"{began:%Z}") if began and offset is not None else (0.0, "UTC")
    return player(to_json(track(source.table), source.analysis.episodes, zone))


def _unbroken(value: Any) -> Any:
    """No line ends between a number and its sign; what is markup stays as it is, a script above all."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if type(value) is str else value


def font(weight: int) -> bytes:
    """The file of a font of the page."""
    return (files("cloud.reports") / "templates" / "third-party" / FONTS[weight]).read_bytes()


@cache
def _within() -> dict[int, str]:
    """The fonts as addresses that hold them."""
    return {weight: f"data:font/woff2;base64,{base64.b64encode(font(weight)).decode()}" for weight in FONTS}


def _style(fonts: Mapping[int, str]) -> str:
    faces = [
        f'@font-face{{font-family:"Affectbox Report";font-weight:{weight};src:url({address})}}'
        for weight, address in fonts.items()
    ]
    return "\n".join([*faces, _text("report.css")])


def _text(name: str) -> str:
    return (files("cloud.reports") / "templates" / name).read_text(encoding="utf-8")


def _warnings(table: Table) -> list[str]:
    return ["The consent was revoked: nothing of this is to be used."] if table.sessions[0].is_revoked else []


def _facts(table: Table, analysis: Analysis) -> list[Fact]:
    spent = analysis.session
    share = spent.measured_s / max(spent.lasted_s, 1e-9)
    frames = f"{len(table):,} frame{'s' * (len(table) != 1)}".replace(",", "\N{NO-BREAK SPACE}")
    found = [Fact("Length", words.lasted(spent.lasted_s), frames)]
    found.append(Fact("Could be measured", percent(share), words.lasted(spent.measured_s)))
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


def _made(table: Table) -> str:
    now = datetime.now().astimezone()
    session = table.sessions[0]
    return f"Made on {now.day} {now:%B %Y, %H:%M %Z} by Affectbox; session {session.id} of {session.device}."
