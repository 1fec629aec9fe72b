"""The engineer's pages: all boxes, one box, alerts."""

import asyncio
from typing import Any
from urllib.parse import unquote

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import html

from cloud.dashboard.fleet.alerting import Alerting
from cloud.dashboard.fleet.erasing import to_erase
from cloud.dashboard.fleet.feed import Feeds
from cloud.dashboard.fleet.news import ROLES, topics
from cloud.dashboard.fleet.orders import Orders
from cloud.dashboard.fleet.standing import Standings
from cloud.dashboard.means import Means
from cloud.dashboard.pages import Page, Section
from cloud.dashboard.pages.fleet_dialogs import Dialogs, places
from cloud.dashboard.person import Visit
from device.contract import box
from device.contract.errors import DataError
from device.contract.fields import KEY

_COLOURS = {
    "accentColor": "var(--good)",
    "backgroundColor": "var(--paper)",
    "foregroundColor": "var(--ink)",
    "borderColor": "var(--line)",
    "chromeBackgroundColor": "var(--soft)",
    "headerTextColor": "var(--quiet)",
    "browserColorScheme": "inherit",
}
_SIZES = {
    "fontFamily": "inherit",
    "fontSize": 13,
    "headerFontSize": 12,
    "headerFontWeight": 600,
    "headerHeight": 34,
    "rowHeight": 44,
    "cellHorizontalPadding": 10,
    "wrapperBorderRadius": 8,
    "columnBorder": False,
}


def section(means: Means) -> Section:
    """See `cloud.dashboard.pages`."""
    feeds = Feeds(means.base, Standings(means.watch), Orders(means.watch))
    dialogs = Dialogs(means, feeds)
    pages = (
        Page("/fleet", "Fleet", ROLES, _all),
        Page("/fleet/{device}", "Box", ROLES, _one_of(means), nav=False),
        Page("/alerts", "Alerts", ROLES, _alerts),
    )
    return Section(pages, topics(feeds, Alerting(feeds, means.alerts).news), dialogs.add)


async def _all(visit: Visit) -> Any:
    return html.Div(
        [
            html.H1("Fleet", className="unseen"),
            html.P(className="fleet-away trouble", hidden=True, role="status"),
            html.Div(className="fleet-head"),
            html.Div(className="fleet-orders", hidden=True),
            html.Div(grid(), className="fleet-table live"),
            html.Div(className="fleet-cards live"),
            places(),
        ],
        className="fleet-page",
    )


def grid() -> Any:
    """The table; `assets/fleet.js` gives it columns and rows."""
    theme = ", ".join(f"{name}: {value!r}" for name, value in (_COLOURS | _SIZES).items()).replace("False", "false")
    return dag.AgGrid(
        id="fleet-grid",
        columnDefs=[],
        rowData=[],
        getRowId="params.data.id",
        columnSize=None,
        dashGridOptions={
            "theme": {"function": f"themeQuartz.withParams({{{theme}}})"},
            "rowSelection": {"mode": "multiRow", "selectAll": "filtered", "enableClickSelection": False},
            "selectionColumnDef": {"pinned": "left", "width": 44, "suppressHeaderMenuButton": True},
            "animateRows": False,
            "deltaSort": True,
            "suppressDragLeaveHidesColumns": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 400,
            "multiSortKey": "ctrl",
        },
        style={"height": "100%"},
        defaultColDef={"resizable": True, "sortable": True, "suppressHeaderMenuButton": True},
    )


def _one_of(means: Means) -> Any:
    async def layout(visit: Visit, device: str) -> Any:
        device = unquote(device)
        if not KEY.fullmatch(device):
            raise DataError("No box has such a name: its letters are a to z, digits and hyphens.")
        named, erasing = await asyncio.gather(
            means.base.object(visit, box.key(device)), to_erase(means.base, visit, device)
        )
        return one_box(device, str(named.get("name", "")), str(named.get("group", "")), erasing)

    return layout


def one_box(device: str, name: str, group: str, erasing: str = "") -> Any:
    """The page of one box; `assets/fleet-box.js` fills it. `erasing`: what it has still to erase, in a sentence."""
    form = html.Div(
        [
            dmc.TextInput(id="box-name", label="What people call it", value=name, placeholder="Room 2"),
            dmc.TextInput(id="box-group", label="Group", value=group, placeholder="site-a"),
            dmc.Button("Save", id="box-save", variant="default"),
            html.Span(id="box-saved", role="status", className="second"),
        ],
        className="box-form",
    )
    named: dict[str, Any] = {"data-device": device}
    return html.Div(
        [
            html.P(className="fleet-away trouble", hidden=True, role="status"),
            html.Div(className="box-head", **named),
            html.P(erasing, className="second", hidden=not erasing, id="box-erasing"),
            html.Div(className="box-body live"),
            html.Details([html.Summary("Name and group"), form], className="box-edit panel"),
            places(device),
        ],
        className="box-page",
    )


async def _alerts(visit: Visit) -> Any:
    return html.Div(
        [
            html.H1("Alerts", className="unseen"),
            html.P(className="fleet-away trouble", hidden=True, role="status"),
            html.Div(className="alerts-body live"),
            places(),
        ],
        className="alerts-page",
    )
