"""Keeps pages that a browser shows away from the local database, which has no page of its own.

Tokens here are unsigned, so that the database answers to whoever reaches it: every program of this machine, and with
them a browser, on behalf of any page that somebody opens. Refused is therefore what a page makes a browser send

    Origin                       every request of a script to elsewhere, and every one that writes
    Sec-Fetch-Site: not `none`   images, frames, links and scripts; an address that a person typed is `none`
    Host                         another name than this machine's: one whose owner lets it point here (DNS rebinding)

Source: Fetch Standard, 'Origin header'; W3C Fetch Metadata; OWASP 'Cross-Site Request Forgery Prevention'.
"""

import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_OF_FIREBASE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)?\.(firebaseio\.com|firebasedatabase\.app)")  # nobody else's names
_PAGE = "Permission denied: a page in a browser asked. Only programs may ask the local database."
_NAME = "Permission denied: ask by the address that the local database was started with."


class Apart:
    """An application that only programs reach, by an address of this machine or one of its `names`."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            await JSONResponse({"error": _PAGE}, 403)(scope, receive, send)
        elif not self._is_ours(_host(headers.get("host", ""))):
            await JSONResponse({"error": _NAME}, 421)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        """A number cannot be pointed elsewhere; of names it has to be one of ours."""
        return host in self._names or _OF_FIREBASE.fullmatch(host) is not None or _is_number(host)


def _host(text: str) -> str:
    """The header without its port and brackets."""
    found = re.fullmatch(r"\[([^\]]*)\](?::\d*)?|([^:]*)(?::\d*)?", text.lower())
    return (found[1] or found[2] or "") if found else ""


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
