"""A request to the door, read; and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from cloud.dashboard.access.body import RefusedBodyError
from cloud.dashboard.access.documents import page
from cloud.dashboard.access.place import Asked, own_path
from cloud.dashboard.access.visit import Locked, OpenVisit

#: What a browser forgets between two people.
FORGET = {"Clear-Site-Data": '"cache", "storage"'}
_FORM = "application/x-www-form-urlencoded"
_FIELDS = 20


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        cookie: the visitor's, "" without; `found` is whose it is.
        form: what was typed; empty for a GET.
        next: the path of ours to go on to.
        code_cookie: names half a sign-in.
    """

    asked: Asked
    cookie: str
    found: OpenVisit | Locked | None
    form: Mapping[str, str]
    next: str
    code_cookie: str

    def typed(self, name: str) -> str:
        """What was typed into a field."""
        return self.form.get(name, "")


async def call_of(
    scope: Scope, receive: Receive, asked: Asked, cookie: str, found: OpenVisit | Locked | None, code_name: str
) -> Call:
    """Read a request. Raises `RefusedBodyError`."""
    request = Request(scope, receive)
    form: dict[str, str] = {}
    if request.method == "POST":
        form = _form(request, await _body(request))
    wanted = form.get("next") or request.query_params.get("next", "/")
    return Call(asked, cookie, found, form, own_path(wanted), request.cookies.get(code_name, ""))


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise RefusedBodyError(400, "The request broke off.") from None


def _form(request: Request, body: bytes) -> dict[str, str]:
    kind = request.headers.get("content-type", _FORM).partition(";")[0].strip()
    if kind != _FORM:
        raise RefusedBodyError(415, "The door takes forms only.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise RefusedBodyError(400, "That is no form.") from None


def shown(status: int, form: str, title: str, *, refusal: str = "", notice: str = "", **values: str) -> Response:
    """A page as an answer."""
    return HTMLResponse(page(form, title, refusal=refusal, notice=notice, **values), status)


def gone_on(to: str, forget: bool = False) -> Response:
    """The browser asks for another page; where it shall `forget`, what it kept of ours goes first."""
    return RedirectResponse(to, 303, FORGET if forget else None)


def set_cookie(answer: Response, name: str, value: str, lasts_s: float, secure: bool) -> None:
    """Give a cookie, or take it away with an empty value."""
    answer.set_cookie(
        name,
        value,
        max_age=int(lasts_s) if value else 0,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
