"""The host process, as the updater asks it: over its control socket."""

import threading
import time
from typing import Any

from device.contract.errors import InterlockError, UpdateError
from device.host.asking import AnsweredError, answers, ask
from device.settings import HostSettings

#: For so long, and by so many.
_ADVANCE_S = 2.0
_LEAST_RECORDS = 5
_PAUSE_S = 2.0
#: Between two reports of a camera that is being opened.
_SILENCE_S = 45.0
_FREE = ("idle", "updating")


class ControlSocket:
    """The host process of this box."""

    def __init__(self, settings: HostSettings, limit_s: float) -> None:
        """`limit_s`: within which records must advance."""
        self._settings = settings
        self._limit_s = limit_s

    def is_idle(self) -> bool:
        """See `device.update.updater.Host`."""
        try:
            now: Any = ask(self._settings, {"do": "status"})["now"]
            return now["state"] in _FREE
        except AnsweredError:
            return False
        except (InterlockError, KeyError, TypeError):  # without a host process there is no session
            return True

    def prove(self) -> None:
        """See `device.update.updater.Host`."""
        until_s, pause = time.monotonic() + self._limit_s, threading.Event()
        while True:
            try:
                why = self._probed(until_s)
            except InterlockError as error:
                why = str(error)
            if not why:
                return
            if time.monotonic() + _PAUSE_S > until_s:
                raise UpdateError(why)
            pause.wait(_PAUSE_S)

    def _probed(self, until_s: float) -> str:
        """Why records did not advance; empty if they did."""
        first, why = None, "no records advanced"
        for said in answers(self._settings, {"do": "probe"}, _SILENCE_S):
            now, report = time.monotonic(), _report(said)
            recorded = report.get("recorded", 0)
            why = report.get("text") or report.get("trouble") or why
            if first is None and recorded:
                first = (now, recorded)
            if first and recorded >= first[1] + _LEAST_RECORDS and now - first[0] >= _ADVANCE_S:
                return ""
            if now > until_s:
                break
        return str(why)


def _report(said: dict[str, Any]) -> dict[str, Any]:
    report = said.get("report")
    return report if isinstance(report, dict) else {}
