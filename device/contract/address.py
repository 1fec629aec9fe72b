"""Addresses of databases: what boxes, readers and the load generator are told, read in one way."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from device.contract.errors import SinkError

FORM = "rtdb:http://127.0.0.1:9000?ns=NAME or rtdb:https://NAME.firebaseio.com"
_PREFIX = "rtdb:"
_HOST = re.compile(r"[^\s\x00-\x20\x7f/]+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class DatabaseUrl:
    """Where a database is: `secure` means TLS; `namespace` may be empty."""

    secure: bool
    host: str
    port: int
    namespace: str

    @property
    def is_private(self) -> bool:
        """Whether no network sees what goes there: it goes over TLS, or stays on this machine."""
        return self.secure or is_loopback(self.host)


def parse_url(text: str) -> DatabaseUrl:
    """Read a database URL, with `rtdb:` before it or without. Raises `SinkError`."""
    if "@" in text:  # and is not repeated
        raise SinkError("A database address holds no user and no password: enrol the box instead (`affectbox enrol`).")
    try:
        parts = urlsplit(text.removeprefix(_PREFIX))
        port, host = parts.port, parts.hostname or ""
    except ValueError:  # brackets that do not close, a port that is none
        raise _no_address(text) from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or port == 0 or parts.path not in ("", "/"):
        raise _no_address(text)
    secure = parts.scheme == "https"
    namespace = parse_qs(parts.query).get("ns", [""])[0]
    if namespace and not _NAME.fullmatch(namespace):
        raise SinkError(
            f"'{printable(namespace)}' is no name of a database: after ?ns= stand letters, digits, hyphens and '_'."
        )
    return DatabaseUrl(secure, host, port or (443 if secure else 80), namespace)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_ours(host: str, name: str) -> bool:
    """Whether the header `Host` names this machine, which is called `name`: a number cannot be pointed elsewhere."""
    try:
        asked = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        ipaddress.ip_address(asked)
    except ValueError:
        name = name.lower()
        return asked in ("localhost", name, f"{name.partition('.')[0]}.local")
    return True


def network(address: str) -> str:
    """Whom an address belongs to: itself, or of IPv6 the network (/64), which one has as a whole; "" for none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def printable(text: str) -> str:
    """The text with spaces for whatever would move a terminal's cursor, ring its bell or turn its writing round."""
    return "".join(character if character.isprintable() else " " for character in text)


def _no_address(text: str) -> SinkError:
    return SinkError(f"'{printable(text)}' is not a database address: write {FORM}; a port is 1 to 65535.")
