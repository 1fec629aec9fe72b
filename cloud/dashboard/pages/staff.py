"""The administrator's page of people: who may do what, and, where accounts are kept here, the accounts."""

from typing import Any
from urllib.parse import quote, unquote

import dash_mantine_components as dmc
from dash import dcc, html

from cloud.dashboard.means import Means
from cloud.dashboard.pages import Page, Section
from cloud.dashboard.pages.staff_changes import Changes, shown
from cloud.dashboard.person import ADMIN, CLINICIAN, ENGINEER, Visit
from cloud.dashboard.staff.roster import Member, Roster

ROLES = (ADMIN,)
_ROLE_WORDS = {CLINICIAN: "Clinician", ENGINEER: "Engineer", ADMIN: "Administrator"}
_CHOICES = [{"value": role, "label": words} for role, words in _ROLE_WORDS.items()]
_MAY = (
    ("Clinician", "sees their own patients and boxes, and commands the sessions of these."),
    ("Engineer", "sees the state of every box, and nothing of any person."),
    ("Administrator", "decides who may do what, sees the fleet and who looked at whom; has no pages of patients."),
)


def section(means: Means) -> Section:
    """See `cloud.dashboard.pages`."""
    roster = Roster(means)

    async def everybody(visit: Visit) -> Any:
        return _everybody(await roster.members(visit), roster.keeps_accounts, visit)

    async def one(visit: Visit, uid: str) -> Any:
        member = await roster.member(visit, unquote(uid))
        patients, devices = await roster.suggestions(visit)
        return _one(member, patients, devices, roster.keeps_accounts, visit)

    pages = (Page("/staff", "Staff", ROLES, everybody), Page("/staff/{uid}", "Staff", ROLES, one, nav=False))
    return Section(pages, (), Changes(roster, rows).add_to)


def _everybody(members: list[Member], keeps_accounts: bool, visit: Visit) -> Any:
    head = html.Tr([html.Th(name, scope="col") for name in ("Name", "Account", "Role", "Patients", "Boxes", "Now")])
    region: dict[str, Any] = {"aria-label": "Staff"}
    table = html.Table([html.Thead(head), html.Tbody(rows(members, visit), id="staff-rows")], className="staff-table")
    return html.Div(
        [
            html.H1("Staff"),
            html.Div(table, className="staff-scroll", tabIndex="0", role="region", **region),
            html.Section([html.H2("Let somebody in"), _new(keeps_accounts)], className="panel"),
            html.Section(
                [html.H2("What a role may do"), html.Dl([part for pair in _MAY for part in _described(*pair)])],
                className="panel",
            ),
        ],
        className="staff",
    )


def _described(role: str, may: str) -> tuple[Any, Any]:
    return html.Dt(role), html.Dd(may)


def rows(members: list[Member], visit: Visit) -> list[Any]:
    """A row of the table for each of them."""
    return [_row(member, visit) for member in members]


def _row(member: Member, visit: Visit) -> Any:
    clinical = member.role == CLINICIAN
    you = [html.Span(" (you)", className="second")] if member.uid == visit.person.uid else []
    cells = (
        [dcc.Link(member.called, href=f"/staff/{quote(member.uid, safe='')}"), *you],
        member.email or html.Code(member.uid),
        _ROLE_WORDS.get(member.role) or html.Strong("no role yet", className="todo"),
        str(len(member.patients)) if clinical else "",
        str(len(member.devices)) if clinical else "",
        _now(member),
    )
    return html.Tr([html.Td(cell) for cell in cells])


def _now(member: Member) -> str:
    if member.disabled:
        return "disabled"
    waiting = ["has not chosen a password yet"] if member.temporary else []
    return ", ".join((["signed in"] if member.visits else []) + waiting)


def _new(keeps_accounts: bool) -> Any:
    if keeps_accounts:
        told = "They sign in with a password that is shown here once, and choose one of their own first."
        account = dmc.TextInput(id="staff-new-account", label="E-mail", required=True, autoComplete="off")
    else:
        told = "Make the account in the Firebase console; its id stands in the project's list of users."
        account = dmc.TextInput(id="staff-new-account", label="The account's id (UID)", required=True)
    return html.Div(
        [
            html.P(told, className="second"),
            html.Div(
                [
                    account,
                    dmc.TextInput(id="staff-new-name", label="Name, as colleagues see it"),
                    dmc.Select(id="staff-new-role", label="Role", data=_CHOICES, value=CLINICIAN, allowDeselect=False),
                    dmc.Button("Let in", id="staff-new", n_clicks=0),
                ],
                className="staff-form",
            ),
            html.Div(id="staff-made", role="status"),
        ]
    )


def _one(member: Member, patients: list[str], devices: list[str], keeps_accounts: bool, visit: Visit) -> Any:
    you = member.uid == visit.person.uid
    known, rooms = sorted({*patients, *member.patients}), sorted({*devices, *member.devices})
    form = [
        dmc.TextInput(id="staff-name", label="Name, as colleagues see it", value=member.name),
        dmc.Select(
            id="staff-role",
            label="Role",
            data=_CHOICES,
            value=member.role or None,
            placeholder="none: may do nothing",
            clearable=not you,
            disabled=you,
        ),
        dmc.TagsInput(
            id="staff-patients",
            label="Patients",
            description="Pseudonyms; for clinicians.",
            data=known,
            maxDropdownHeight=100,  # so that it does not lie on the button
            value=list(member.patients),
        ),
        dmc.TagsInput(
            id="staff-devices",
            label="Boxes",
            description="Of whom everything is seen that was recorded there; for clinicians.",
            data=rooms,
            value=list(member.devices),
        ),
        html.Div(
            [dmc.Button("Save", id="staff-save", n_clicks=0), html.Span(id="staff-saved", role="status")],
            className="staff-row",
        ),
    ]
    account = _account(member, you) if keeps_accounts else []
    return html.Div(
        [
            dcc.Store(id="staff-uid", data=member.uid),
            html.P(dcc.Link("All staff", href="/staff")),
            html.H1(member.called),
            html.P([member.email, " ", html.Code(member.uid)], className="second"),
            html.Section([html.H2("What they may do"), html.Div(form, className="staff-stack")], className="panel"),
            *account,
        ],
        className="staff",
    )


def _account(member: Member, you: bool) -> list[Any]:
    if you:
        own = [html.A("Change your password", href="/password"), html.A("Authenticator app", href="/authenticator")]
        return [html.Section([html.H2("Your account"), html.Div(own, className="staff-row")], className="panel")]
    buttons = [
        dmc.Button("Set a new password", id={"staff": "reset"}, variant="default", n_clicks=0),
        dmc.Button("Sign out everywhere", id={"staff": "out"}, variant="default", n_clicks=0),
        *(
            dmc.Button(label, id={"staff": does}, variant="default", n_clicks=0, display=shown(does, member.disabled))
            for does, label in (("disable", "Disable"), ("enable", "Let in again"))
        ),
    ]
    told = html.Div(_now(member) or "Not signed in.", id="staff-account", role="status")
    return [html.Section([html.H2("Account"), html.Div(buttons, className="staff-row"), told], className="panel")]
