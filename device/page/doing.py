"""What people press on the page becomes a command of the interlock; what it shows is looked at."""

import json
from collections.abc import Callable
from typing import Any

from device.contract.choices import GIVERS
from device.contract.errors import AffectboxError, ConfigError, InterlockError
from device.contract.fields import Json
from device.contract.patient import check_pseudonym
from device.host.view import Host
from device.page.releases import release
from device.page.showing import Showing
from device.update.layout import Layout

_LIVE_S, _IDLE_S = 0.25, 1.0
_LONGEST, _MOST = 80, 16


class MisaskedError(AffectboxError):
    """Something that cannot be done as it was asked; `code` is one of `refused.*`."""

    exit_code = InterlockError.exit_code

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Doing:
    """For any thread."""

    def __init__(self, host: Host, showing: Showing, layout: Layout | None = None) -> None:
        self._host = host
        self._showing = showing
        self._layout = layout
        self._known: dict[str, Callable[[Json], object]] = {
            "begin": lambda asked: host.begin(_pseudonym(asked)),
            "pause": lambda _: host.pause(),
            "resume": lambda _: host.resume(),
            "end": lambda _: host.end(),
            "frame": lambda _: host.frame(),
            "revoke": lambda asked: host.revoke(_pseudonym(asked, may_lack=True)),
            "prepare": lambda asked: host.prepare(_pseudonym(asked, may_lack=True)),
            "consent": self._consent,
            "install": self._install,
        }

    def look(self) -> tuple[bytes, float]:
        """What the page shows, as JSON, and for how long that is fresh, seconds."""
        snapshot = self._host.snapshot()
        shown = json.dumps(self._showing(snapshot), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        return shown, _LIVE_S if snapshot.camera_open else _IDLE_S

    def do(self, asked: Json) -> None:
        """Do what was pressed.

        Raises:
            AffectboxError: it is not known, or refused; with an attribute `code` where the page has words for it.
        """
        name = asked.get("do")
        if not isinstance(name, str) or name not in self._known:
            raise MisaskedError("unknown", "The page is of another version than the box: load it again.")
        self._known[name](asked)

    def _consent(self, asked: Json) -> None:
        covers = asked.get("covers")
        if not isinstance(covers, list) or not covers or len(covers) > _MOST:
            raise MisaskedError("covers_nothing", "A consent covers something: say what.")
        patient, by, until, age = _pseudonym(asked), _text(asked, "by"), _text(asked, "until"), _text(asked, "age")
        if by not in GIVERS:
            raise MisaskedError("giver", "A consent is given by somebody: say who gave it.")
        try:
            self._host.consent(patient, tuple(map(str, covers)), by, until, age=age)
        except ConfigError as error:
            raise MisaskedError("day", str(error)) from None

    def _install(self, asked: Json) -> None:
        if _text(asked, "version") != release(self._layout).offered:
            raise MisaskedError("stick", "The stick is gone, or is another one: look again.")
        self._host.update("stick", by="page")


def _pseudonym(asked: Json, may_lack: bool = False) -> str:
    patient = _text(asked, "patient")
    if patient or not may_lack:
        try:
            check_pseudonym(patient)
        except ConfigError as error:
            raise MisaskedError("pseudonym", str(error)) from None
    return patient


def _text(asked: Json, key: str) -> str:
    value: Any = asked.get(key, "")
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise MisaskedError("unknown", f"'{key}' is no short text.")
    return value.strip()
