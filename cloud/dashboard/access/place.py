"""Where the dashboard is reached, and by whom: its own names, the peer's address, and whether the way is encrypted."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from device.contract.address import is_loopback
from device.contract.errors import ConfigError

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Asked:
    """What a request says of itself, as far as it is to be believed.

    Attributes:
        address: the client's.
        host: the name by which it asks, with the port unless it is the scheme's own.
        secure: whether it came over TLS.
    """

    address: str
    host: str
    secure: bool

    @property
    def origin(self) -> str:
        """Our own origin, as a browser that asks so writes it."""
        return f"{'https' if self.secure else 'http'}://{self.host}"


@dataclass(frozen=True)
class Place:
    """Where the dashboard is reached.

    Attributes:
        hosts: what the header `Host` may say, in small letters.
        secure: whether every request comes over TLS.
        proxies: addresses of the proxies whose `X-Forwarded-…` are believed.
    """

    hosts: frozenset[str]
    secure: bool = False
    proxies: frozenset[str] = frozenset()

    @property
    def cookie(self) -> str:
        """The name of the visitor's cookie. With `__Host-` no other name or path can have set it; without TLS it names
        the port, as cookies do not keep apart what several ports of a machine set."""
        if self.secure:
            return "__Host-affectbox"
        port = min((host.rpartition(":")[2] for host in self.hosts), default="")
        return f"affectbox-{port}" if port.isdecimal() else "affectbox"

    def asked(self, scope: Scope) -> Asked:
        """Who asks, and for what name."""
        headers = Headers(scope=scope)
        peer = str((scope.get("client") or ("", 0))[0])
        host, secure = headers.get("host", "").lower(), scope["scheme"] in ("https", "wss")
        if peer not in self.proxies:
            return Asked(peer, host, secure)
        clients = headers.get("x-forwarded-for", "").split(",")
        client = next((one.strip() for one in reversed(clients) if one.strip() not in self.proxies), "")
        forwarded = headers.get("x-forwarded-host", "").lower()
        return Asked(client or peer, forwarded or host, headers.get("x-forwarded-proto", "").lower() == "https")


def hosts_of(host: str, port: int, names: Iterable[str] = (), proxied: bool = False) -> frozenset[str]:
    """What `Host` may say of a server that listens on `host` and `port`. `names` are others that it is reached by;
    where a proxy is before it, without our port."""
    here = {f"[{host}]" if ":" in host else host} - {"0.0.0.0", "[::]"}
    if is_loopback(host):
        here |= set(_LOOPBACK)
    ported = {f"{name}:{port}" for name in (*here, *names)}
    bare = set(names) if proxied or port in (80, 443) else set()
    return frozenset(name.lower() for name in ported | bare | (here if port in (80, 443) else set()))


def check_listening(host: str, tls: bool, behind_proxy: bool) -> None:
    """Raises `ConfigError`: passwords would go over a network in the clear."""
    if not (is_loopback(host) or tls or behind_proxy):
        raise ConfigError(
            f"Passwords would go to {host} in the clear: give a certificate (--tls-cert and --tls-key), or say "
            "--behind-proxy where a proxy on this machine encrypts, or keep to 127.0.0.1."
        )


def own_path(text: str) -> str:
    """A path of ours to go on to, "/" for whatever else was asked for, such as another site or the door itself."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    is_path = text.startswith("/") and not text.startswith("//") and not parts.scheme and not parts.netloc
    if not is_path or "\\" in text or not text.isascii() or not text.isprintable() or len(text) > 500:
        return "/"
    return "/" if parts.path in DOOR else text


#: What the door answers, with or without a visit.
DOOR = frozenset(
    "/sign-in /code /first /locked /password /authenticator /sign-out /sign-out-everywhere /lock /door.css "
    "/favicon.ico".split()
)
