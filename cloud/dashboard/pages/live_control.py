"""What a clinician asks of a box from the live page: what happens when its buttons are used."""

from typing import Any

from dash import Dash, Input, Output, Patch, State, html, no_update

from cloud.dashboard.live import asking
from cloud.dashboard.means import Means
from cloud.dashboard.pages.live_parts import AGED, COVERED, GIVEN_BY
from cloud.dashboard.person import current_visit
from cloud.dashboard.records import changes
from device.contract.choices import COVERS
from device.contract.errors import AffectboxError
from device.contract.fields import Json
from device.contract.keys import draw_pseudonym
from device.contract.session import UNNAMED


def callbacks(app: Dash, means: Means) -> None:
    """Add what happens when the buttons are used."""
    _add_orders(app, means)
    _add_start(app, means)
    _add_notes(app, means)


def _add_orders(app: Dash, means: Means) -> None:
    async def order(asked: Json | None, device: str) -> Any:
        if not asked:
            return no_update, no_update
        if asked["do"] == "begin":
            return True, ""
        try:
            await asking.order(means.base, current_visit(), device, asked)
        except AffectboxError as error:
            return no_update, str(error)
        return no_update, no_update

    app.callback(
        Output("start", "opened"),
        Output("live-command", "children"),
        Input("live-order", "data"),
        State("live-device", "data"),
        prevent_initial_call=True,
    )(order)


def _add_start(app: Dash, means: Means) -> None:
    async def chosen(patient: str | None) -> Any:
        if not patient:
            return "Choose somebody first.", False, no_update, no_update
        await changes.look(means.base, current_visit(), "opened", patient)
        held = await asking.held(means.base, current_visit(), patient)
        if held is None:
            return f"No consent of {patient} is noted that holds. Ask for it.", True, no_update, no_update
        return f"{patient} agreed to: {described(held)}", False, held["covers"], held["giver"]

    async def drawn(clicks: int | None) -> Any:
        if not clicks:
            return no_update, no_update
        visit, pseudonym = current_visit(), draw_pseudonym()
        await asking.take_on(means.base, visit, pseudonym)
        data = Patch()
        data.append(pseudonym)
        return data, pseudonym

    async def go(
        clicks: int,
        device: str,
        patient: str | None,
        anew: bool,
        covers: list[str],
        giver: str,
        until: str | None,
        age: str | None,
    ) -> Any:
        if not clicks:
            return no_update, no_update
        try:
            consent = asking.Consent(tuple(name for name in COVERS if name in covers), giver, until or "", age or "")
            said = await asking.begin(means.base, current_visit(), device, patient or "", consent if anew else None)
        except AffectboxError as error:
            return no_update, str(error)
        return (False, "") if not said else (no_update, said)

    app.callback(
        Output("start-holds", "children"),
        Output("start-anew", "checked"),
        Output("start-covers", "value"),
        Output("start-giver", "value"),
        Input("start-patient", "value"),
        prevent_initial_call=True,
    )(chosen)
    app.callback(Output("start-consent", "hidden"), Input("start-anew", "checked"))(_hidden_unless)
    app.callback(Output("start-aged", "hidden"), Input("start-covers", "value"))(_hidden_unless_compared)
    app.callback(
        Output("start-patient", "data"),
        Output("start-patient", "value"),
        Input("start-draw", "n_clicks"),
        prevent_initial_call=True,
    )(drawn)
    app.callback(
        Output("start", "opened", allow_duplicate=True),
        Output("start-said", "children"),
        Input("start-go", "n_clicks"),
        State("live-device", "data"),
        State("start-patient", "value"),
        State("start-anew", "checked"),
        State("start-covers", "value"),
        State("start-giver", "value"),
        State("start-until", "value"),
        State("start-age", "value"),
        prevent_initial_call=True,
        running=[(Output("start-go", "disabled"), True, False)],
    )(go)


def _hidden_unless(anew: bool) -> bool:
    return not anew


def _hidden_unless_compared(covers: list[str] | None) -> bool:
    return "atypicality" not in (covers or ())


def described(held: Json) -> str:
    """A consent that is noted, in words."""
    covers = ", ".join(COVERED[name].partition(":")[0].lower() for name in held["covers"])
    until = f"until {held['until']}" if "until" in held else "no end"
    aged = f", {AGED[held['age']]}" if "age" in held else ""
    return f"{covers}{aged} ({GIVEN_BY[held['giver']].lower()}, {held['given']}, {until})."


def _add_notes(app: Dash, means: Means) -> None:
    async def keep(clicks: int, text: str | None, moment: Json | None) -> Any:
        if not clicks or not moment:
            return no_update, no_update, no_update
        try:
            await asking.note(means.base, current_visit(), text or "", moment)
        except AffectboxError as error:
            return no_update, str(error), no_update
        listed = Patch()
        listed.prepend(html.Li([html.B(str(moment["shown"])), f" {(text or '').strip()}"]))
        return "", "Kept.", listed

    async def there(now: Json | None) -> Any:
        if not now or now["patient"] in ("", UNNAMED):
            return []
        await changes.look(means.base, current_visit(), "session", now["patient"], of=now["visit"])
        notes = await asking.notes(means.base, current_visit(), now["patient"], now["visit"])
        return [html.Li([html.B(_at(note, now)), f" {note['text']}"]) for note in reversed(notes)]

    app.callback(
        Output("live-note-text", "value"),
        Output("live-note-said", "children"),
        Output("live-note-list", "children"),
        Input("live-note-keep", "n_clicks"),
        State("live-note-text", "value"),
        State("live-moment", "data"),
        prevent_initial_call=True,
    )(keep)
    app.callback(
        Output("live-note-list", "children", allow_duplicate=True),
        Input("live-now", "data"),
        prevent_initial_call=True,
    )(there)


def _at(note: Json, now: Json) -> str:
    seconds = max(0, int(note.get("wall", note["at"] / 1000) - now["began"]))
    return f"{seconds // 60}:{seconds % 60:02d}"
