"""What engineers write in a file: what they want to be told of, when, and by which outlets; `alerts.toml` explains
each key."""

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, json

from cloud.watch.fields import KNOWN
from device.contract.address import is_loopback
from device.contract.errors import ConfigError
from device.contract.mistakes import nearest
from device.contract.toml import Table, one_of, parse, read_toml

SHIPPED = Path(__file__).with_name("alerts.toml")
SEVERITIES = ("critical", "warning", "note")
COMPARISONS = (">", ">=", "<", "<=", "==", "!=")
#: What becomes of a box of which a rule cannot be judged.
HANDLINGS = ("show", "tell", "alerting", "normal", "keep")
_Seconds = Annotated[float, Meta(ge=0, le=30 * 86_400)]
_Words = Annotated[str, Meta(min_length=1, max_length=300)]
_Handling = Annotated[str, one_of(HANDLINGS)]
_Threshold = Annotated[bool | float | str, Meta(description="a number, true, false or a text")]


class Rule(Table, frozen=True):
    """One rule; `for_s` and `keep_s` are Grafana's pending period and 'keep firing for'."""

    name: Annotated[
        str, Meta(pattern=r"\A[a-z0-9][a-z0-9 -]{0,39}\Z", description="up to 40 of a-z, 0-9, - and space")
    ]
    field: str
    comparison: Annotated[str, one_of(COMPARISONS)]
    threshold: _Threshold
    words: _Words
    do: _Words
    severity: Annotated[str, one_of(SEVERITIES)] = "warning"
    for_s: _Seconds = 0.0
    keep_s: _Seconds = 0.0
    no_data: _Handling = "show"
    error: _Handling = "show"
    boxes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.field not in KNOWN:
            near = nearest(self.field, KNOWN)
            meant = f"perhaps you meant '{near}'." if near else "docs/dashboard.md lists them."
            raise ConfigError(f"the rule '{self.name}' is about '{self.field}', which no box tells: {meant}")
        if isinstance(self.threshold, bool | str) and self.comparison not in ("==", "!="):
            raise ConfigError(f"the rule '{self.name}' compares with '{self.comparison}': for that give a number.")

    def concerns(self, device: str, group: str) -> bool:
        """Whether the rule is about a box: about all, or those that it names (`*` stands for anything)."""
        if not self.boxes and not self.groups:
            return True
        return any(fnmatchcase(device, one) for one in self.boxes) or (bool(group) and group in self.groups)

    def print(self) -> str:
        """What tells whether it is still the same rule, whatever its words and severity."""
        told = (self.field, self.comparison, self.threshold, self.for_s, self.keep_s, self.no_data, self.error)
        return hashlib.sha256(json.encode(told)).hexdigest()[:16]


class Telling(Table, frozen=True):
    """How messages are gathered."""

    wait_s: _Seconds = 90.0
    interval_s: _Seconds = 300.0
    settle_s: _Seconds = 300.0


class Webhook(Table, frozen=True):
    """Where a POST of JSON goes; without a URL nowhere."""

    url: Annotated[str, Meta(max_length=2000, extra={"private": True})] = ""
    secret_file: str = ""

    def __post_init__(self) -> None:
        if not self.url:
            return
        parts = urlsplit(self.url)
        private = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if not private or not parts.hostname or "@" in parts.netloc:
            raise ConfigError("webhook.url is no address: write https://HOST/PATH (http only on this machine).")


class Email(Table, frozen=True):
    """By which mail server, from whom, to whom; without a server nobody is written to."""

    server: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9.:_-]{0,253}\Z", description="a host name")] = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    security: Annotated[str, one_of(("starttls", "ssl", "none"))] = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    ca_file: str = ""

    def __post_init__(self) -> None:
        if not self.server:
            return
        if self.security == "none" and not is_loopback(self.server):
            raise ConfigError("email.security is none, and mail would go unencrypted: use starttls or ssl.")
        for address in (self.sender, *self.to):
            if not _is_address(address):
                raise ConfigError("email.sender and each of email.to must be an address, such as ops@example.org.")
        if not self.to:
            raise ConfigError("email.to names nobody: give a list of addresses.")


class Rules(Table, frozen=True):
    """The whole file."""

    rule: tuple[Rule, ...] = ()
    telling: Telling = Telling()
    webhook: Webhook = Webhook()
    email: Email = Email()

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rule]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"two rules have the name '{name}': give each one of its own.")


def load_rules(path: Path | None = None) -> Rules:
    """The rules of a file, or those that are shipped. Raises `ConfigError`."""
    where = path or SHIPPED
    return parse(Rules, [(read_toml(where, "--alerts"), str(where))])


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(at and name and host) and text.isascii() and text.isprintable() and not set(text) & set(' <>",;:')
