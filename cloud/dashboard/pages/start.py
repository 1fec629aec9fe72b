"""The first page: where to go from here."""

from typing import Any

import dash_mantine_components as dmc

from cloud.dashboard.means import Means
from cloud.dashboard.pages import Page, Section
from cloud.dashboard.person import ROLES, Visit


def section(means: Means) -> Section:
    """See `cloud.dashboard.pages`."""

    async def layout(visit: Visit) -> Any:
        person = visit.person
        greeting = f"Signed in as {person.name or person.email}"
        return dmc.Stack([dmc.Title("Affectbox", order=1), dmc.Text(greeting)])

    return Section((Page("/", "Start", ("", *ROLES), layout, nav=False),))
