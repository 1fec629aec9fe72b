"""What the pages of patients and sessions share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from cloud.dashboard.means import Means
from cloud.dashboard.person import Visit
from cloud.dashboard.records import times
from cloud.dashboard.records.drawing import CONFIG
from cloud.dashboard.records.reading import Reading
from cloud.reading.databases import Listed
from device.contract.session import Why

TABS = (("", "Record"), ("weeks", "Sessions"), ("notes", "Notes"), ("consents", "Consents"))
#: Why a session ended, in a few words.
ENDED = {
    Why.FINISHED: "ended",
    Why.STOPPED: "ended",
    Why.EXPIRED: "ended with the consent",
    Why.FAILED: "the box could not go on",
    Why.PAUSED: "paused",
    Why.REVOKED: "consent withdrawn: not used",
    Why.LIMIT: "ended at the time limit",
    Why.INTERRUPTED: "cut off",
}


@dataclass(frozen=True)
class Work:
    """What the pages work with."""

    means: Means
    reading: Reading


def heading(title: str, *more: Any) -> html.Div:
    """The head of a page."""
    return html.Div([html.H1(title), *more], className="page-head")


def lead(text: Any) -> html.P:
    """A quiet sentence."""
    return html.P(text, className="lead")


def badge(text: str, kind: str = "") -> html.Span:
    """A word in a box; `kind`: good, todo, bad or '' for quiet."""
    return html.Span(text, className=f"badge {kind}".strip())


def tabs(patient: str, here: str) -> html.Nav:
    """The parts of a patient's page, each with an address of its own."""
    links = []
    for part, name in TABS:
        current: dict[str, Any] = {"aria-current": "page"} if part == here else {}
        link = dcc.Link(name, href=of_patient(patient, part))
        links.append(html.Span(link, className="part here" if current else "part", **current))
    return html.Nav(links, className="parts", **_called(f"Parts of {patient}"))


def _called(label: str) -> dict[str, Any]:
    return {"aria-label": label}


def _labelled(name: Any) -> dict[str, Any]:
    return {"data-label": name if isinstance(name, str) else getattr(name, "title", "")}


def of_patient(patient: str, part: str = "") -> str:
    """The address of a part of a patient's page."""
    return f"/patients/{patient}/{part}" if part else f"/patients/{patient}"


def of_session(device: str, session: str) -> str:
    """The address of a session."""
    return f"/sessions/{device}/{session}"


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]], label: str, css: str = "") -> html.Div:
    """A table that scrolls by itself where the window is narrow. A row may begin with a dict: attributes of it."""
    body = []
    for row in rows:
        attributes, cells = (row[0], row[1:]) if row and isinstance(row[0], dict) else ({}, row)
        told = [html.Td(cell, **_labelled(name)) for name, cell in zip(head, cells, strict=True)]
        body.append(html.Tr(told, **attributes))
    heads = [html.Th(name, scope="col") if name else html.Td() for name in head]
    inner = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody(body)],
        className=f"rows {css}".strip(),
        **_called(label),
    )
    return html.Div(inner, className="table", tabIndex=0, role="region", **_called(label))


def who(visit: Visit, uid: str) -> str:
    """Who did something: `you`, or the account."""
    return "you" if uid == visit.person.uid else f"account {uid}"


def at(ms: int) -> str:
    """A time in milliseconds since 1970, in words."""
    return times.moment(ms / 1000)


def zone() -> html.P:
    """In which zone times are."""
    return html.P(f"Times are in {times.zone()}, the zone of the dashboard's machine.", className="foot")


def unread(count: int, what: str) -> list[Any]:
    """That something is there which this dashboard cannot read."""
    if not count:
        return []
    words = f"{count} {what} cannot be shown: they were written by a newer dashboard, or by something else."
    return [html.P(words, className="warn")]


def why(one: Listed) -> str:
    """How a session ended, in a few words."""
    return ENDED.get(Why(one.why), one.why) if one.why in {*Why} else "goes on, or nobody told how it ended"


def texts(text: str) -> html.Div:
    """A text with its paragraphs, whatever is in it."""
    return html.Div(text, className="prose")


def meter(share: float) -> html.Span:
    """A bar as long as a share."""
    attributes: dict[str, Any] = {"aria-hidden": "true"}
    return html.Span(html.I(style={"width": f"{100 * share:.0f}%"}), className="bar", **attributes)


def graph(figure: Any, identity: str = "") -> dcc.Graph:
    """A chart, in a place as high as it is, so that nothing jumps when it comes."""
    style = {"height": f"{figure['layout']['height']}px"}
    named: dict[str, Any] = {"id": identity} if identity else {}
    return dcc.Graph(figure=figure, config=CONFIG, responsive=True, style=style, className="chart", **named)


def percent(share: float | None) -> str:
    """`87 %`; `under 1 %`; `nothing`."""
    if not share:
        return "nothing"
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"
