"""Sessions by box, for boxes of the clinician: also those of nobody who is named."""

import asyncio
from typing import Any

from dash import Dash, dcc, html

from cloud.dashboard.pages import Page
from cloud.dashboard.pages.patients_parts import Work, badge, heading, lead, of_patient, of_session, table, why, zone
from cloud.dashboard.person import CLINICIAN, Visit
from cloud.dashboard.records import changes, times
from cloud.reading.databases import Listed
from device.contract.errors import AffectboxError
from device.contract.session import Why

_MOST = 60


def pages(work: Work) -> tuple[Page, ...]:
    """The page."""

    async def layout(visit: Visit) -> Any:
        await changes.write(work.means.base, visit, "listed", "", {})
        devices = sorted(visit.person.devices)
        found = await asyncio.gather(*(_of(work, visit, device) for device in devices))
        none = (
            []
            if devices
            else [lead("No box is yours. Sessions of your patients are on their pages, wherever they were held.")]
        )
        return html.Div([heading("Sessions by box"), *none, *found, zone()], className="records")

    return (Page("/sessions", "Sessions", (CLINICIAN,), layout),)


async def _of(work: Work, visit: Visit, device: str) -> html.Section:
    try:
        found = await work.reading.of_device(visit, device)
    except AffectboxError as error:
        return html.Section([html.H2(device), html.P(str(error), className="warn")])
    mine = visit.person.patients
    rows = [_row(one, mine) for one in reversed(found[-_MOST:])]
    more = [lead(f"The last {_MOST} of {len(found)}.")] if len(found) > _MOST else []
    shown = (
        table(("Began", "Whom", "How it ended", "Phases"), rows, f"Sessions of {device}")
        if rows
        else lead("No session yet.")
    )
    return html.Section([html.H2(device), *more, shown])


def _row(one: Listed, mine: frozenset[str]) -> list[Any]:
    link = dcc.Link(times.moment(one.began), href=of_session(one.device, one.session))
    whom: Any = "nobody was named"
    if one.patient:
        whom = dcc.Link(one.patient, href=of_patient(one.patient)) if one.patient in mine else one.patient
    ended = badge(why(one), "bad") if one.why in (Why.REVOKED, Why.INTERRUPTED, Why.FAILED) else why(one)
    return [link, whom, ended, ", ".join(one.phases)]


def callbacks(app: Dash, work: Work) -> None:
    """None."""
