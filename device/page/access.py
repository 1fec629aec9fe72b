"""Who may see the page, and what a browser may be made to do by other pages that are open in it.

the host name   must be this machine's: an address, `localhost`, or its name. Another page's name that was made to
                lead here (DNS rebinding) is refused
another page    may neither read nor press: `Sec-Fetch-Site` and, for what changes something, `Origin` must be ours
this machine    needs no pass-phrase
the network     needs the box's pass-phrase, once; then a cookie that no script reads and no other page sends
"""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from device.contract.address import is_ours
from device.page.visitors import LASTS_S, Visitors

COOKIE = "affectbox"
_OURS = ("same-origin", "none")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


@dataclass
class RefusedRequest(Exception):
    """A request that is not answered: its HTTP status, a code of the page's words, a sentence, what the words need."""

    status: int
    code: str
    sentence: str
    more: Mapping[str, int] = field(default_factory=dict)


def check_origin(request: Request) -> None:
    """Raises `RefusedRequest` for what another page made a browser send."""
    host = request.headers.get("host", "")
    if not is_ours(host, socket.gethostname()):
        raise RefusedRequest(403, "host", "This name is not the box's: open the page by the box's address.")
    site = request.headers.get("sec-fetch-site", "none")
    if site not in _OURS and (request.method != "GET" or request.url.path != "/"):  # a link to the page is no harm
        raise RefusedRequest(403, "origin", "Another page asked for this.")
    if request.method != "GET" and request.headers.get("origin") != f"{request.url.scheme}://{host}":
        raise RefusedRequest(403, "origin", "Another page asked for this.")


def is_here(address: str) -> bool:
    """Whether a client's address is this machine's own."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def address_of(request: Request) -> str:
    """The client's address."""
    return request.client.host if request.client else ""


def cookie_of(cookies: Mapping[str, str]) -> str:
    """The cookie of a visitor who signed in; "" for others."""
    return cookies.get(COOKIE, "")


def may_enter(request: Request, visitors: Visitors) -> bool:
    """Whether the client is on this machine, or signed in."""
    return is_here(address_of(request)) or visitors.knows(cookie_of(request.cookies))


def cookie_header(cookie: str, secure: bool) -> str:
    """`Set-Cookie` for a visitor; an empty cookie takes it away."""
    lasts = LASTS_S if cookie else 0
    return f"{COOKIE}={cookie}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
