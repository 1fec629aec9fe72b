"""The administrator's page of who looked at what."""

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from cloud.dashboard.access.audit import audit
from cloud.dashboard.means import Means
from cloud.dashboard.pages import Page, Section
from cloud.dashboard.person import ADMIN, Visit, current_visit
from cloud.dashboard.staff.entries import WORDS, Entry, as_csv, entries, months
from cloud.dashboard.staff.roster import Roster
from device.contract.errors import ConfigError

_SHOWN = 500
_HEAD = ("When (UTC)", "Who", "Did", "Patient", "Session", "Box")


def section(means: Means) -> Section:
    """See `cloud.dashboard.pages`."""
    audits = _Audits(means)
    return Section((Page("/audit", "Audit", (ADMIN,), audits.layout),), (), audits.add_to)


class _Audits:
    def __init__(self, means: Means) -> None:
        self._base = means.base
        self._roster = Roster(means)

    def add_to(self, app: Dash) -> None:
        asked = [("audit-month", "value"), ("audit-who", "value"), ("audit-patient", "value")]
        app.callback(Output("audit-found", "children"), *(Input(*one) for one in asked))(self.found)
        app.callback(
            Output("audit-file", "data"),
            Input("audit-export", "n_clicks"),
            *(State(*one) for one in asked),
            prevent_initial_call=True,
        )(self.export)

    async def layout(self, visit: Visit) -> Any:
        known = await months(self._base, visit)
        people = [{"value": uid, "label": name} for uid, name in (await self._names(visit)).items()]
        filters = [
            dmc.Select(id="audit-month", label="Month", data=known, value=known[0], allowDeselect=False),
            dmc.Select(id="audit-who", label="Who", data=people, clearable=True, searchable=True, placeholder="all"),
            dmc.TextInput(id="audit-patient", label="Patient", placeholder="pseudonym", debounce=400),
            dmc.Button("Export as CSV", id="audit-export", variant="default", n_clicks=0),
        ]
        return html.Div(
            [
                html.H1("Audit"),
                html.P("Every look at a patient, before anything was shown, and every change.", className="second"),
                html.Div(filters, className="staff-form"),
                html.Div(id="audit-found"),
                dcc.Download(id="audit-file"),
            ],
            className="staff",
        )

    async def found(self, month: str, who: str | None, patient: str | None) -> Any:
        kept, unread = await self._entries(month, who, patient)
        told = [f"{len(kept)} {'entry' if len(kept) == 1 else 'entries'}"]
        if len(kept) > _SHOWN:
            told.append(f"the newest {_SHOWN} are shown, the export has all")
        if unread:
            told.append(f"{unread} that this version cannot read are not among them")
        head = html.Tr([html.Th(name, scope="col") for name in _HEAD])
        table = html.Table(
            [html.Thead(head), html.Tbody([_row(one) for one in kept[:_SHOWN]])], className="staff-table"
        )
        region: dict[str, Any] = {"aria-label": "Entries"}
        shown = html.Div(table, className="staff-scroll", tabIndex="0", role="region", **region)
        return [html.P("; ".join(told) + ".", role="status"), shown] if kept else html.P("; ".join(told) + ".")

    async def export(self, clicks: int, month: str, who: str | None, patient: str | None) -> Any:
        if not clicks:
            return no_update
        kept, _ = await self._entries(month, who, patient)
        await audit(self._base, current_visit(), "exported")
        return {"content": as_csv(kept), "filename": f"audit-{month}.csv", "type": "text/csv"}

    async def _entries(self, month: str, who: str | None, patient: str | None) -> tuple[list[Entry], int]:
        visit = current_visit()
        if month not in await months(self._base, visit):
            raise ConfigError("There are no entries of that month.")
        return await entries(self._base, visit, month, who or "", patient or "", await self._names(visit))

    async def _names(self, visit: Visit) -> dict[str, str]:
        return {one.uid: one.called for one in await self._roster.members(visit)}


def _row(one: Entry) -> Any:
    texts = (one.time, one.name, WORDS.get(one.did, one.did), one.patient, one.visit.partition("~")[2], one.device)
    box = texts[5] or one.visit.partition("~")[0]
    return html.Tr([html.Td(text) for text in (*texts[:5], box)])
