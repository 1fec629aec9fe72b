"""Contact sheets: which pictures of a sequence come onto them, for one action or for all."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from device.contract.errors import ConfigError
from training.annotation.page.answers import asked, desk_of
from training.annotation.page.views import View
from training.annotation.sheet import Showing, choose, is_done


def chosen(request: Request) -> dict[str, Any]:
    """Places of the pictures to show, in their order, and how many of the sequence are done."""
    desk, number = desk_of(request), request.path_params["number"]
    name = desk.name(number)
    action = _action(request.query_params.get("action", ""), desk.project.actions)
    showing = _showing(request.query_params.get("showing", Showing.OPEN.value))
    order, coded = desk.project.order(name), desk.project.coded(desk.coder, name)
    return {
        "places": choose(order, coded, action, showing),
        "done": sum(is_done(one, action) for one in coded.values()),
        "sequence": {"number": number, "name": name, "title": desk.titles[number], "length": len(order)},
    }


def _action(text: str, actions: tuple[str, ...]) -> str | None:
    if text and text not in actions:
        raise ConfigError(f"This project does not code {text[:20]!r}: reload the page.")
    return text or None


def _showing(text: str) -> Showing:
    try:
        return Showing(text)
    except ValueError:
        raise ConfigError(f"A sheet cannot show {text[:20]!r}: reload the page.") from None


SHEETS = View("sheets", "Contact sheets", "/sheets", (Route("/api/sheets/{number:int}", asked(chosen)),))
