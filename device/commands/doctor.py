"""`affectbox doctor`: everything that a session needs, checked before it, each fault with its remedy.

Where the box runs as a service, the camera daemon is asked, through the host process: it sees the camera, the folders
and the account as a session will. Else, and for a source or sink that is named, this process looks itself.
"""

import json
from collections.abc import Iterator
from contextlib import suppress

from msgspec.structs import replace

from device.clock import SystemClock
from device.contract.control import Doing
from device.contract.errors import CheckFailedError, DataError, InterlockError
from device.contract.fields import Json
from device.contract.finding import Finding, Level, read_findings
from device.contract.version import version
from device.examination import releases, units
from device.examination.findings import findings
from device.host.asking import SOCKET, AnsweredError, answers, ask, runtime_folder
from device.identity import device_id
from device.settings import Settings

__all__ = ["examine", "findings"]

_TIMEOUT_S = 60.0  # for the next finding: of a database that does not answer, of a camera that is frozen


def examine(settings: Settings, as_json: bool = False, ask_host: bool = False) -> int:
    """Print every finding; returns 0, or `CheckFailedError`'s code when a session would fail.

    Args:
        settings: what to look at, where this process looks itself.
        as_json: print one JSON object instead, for the fleet.
        ask_host: ask the host process first, if there is one.
    """
    found = []
    for finding in _asked(settings) if ask_host else findings(settings):
        found.append(finding)
        if not as_json:
            print(finding.line(), flush=True)
    failed = sum(finding.level is Level.FAIL for finding in found)
    if as_json:
        print(json.dumps(_document(settings, found), ensure_ascii=False))
    elif failed:
        print(f"{failed} of these would stop a session: mend them and run `affectbox doctor` again.")
    return CheckFailedError.exit_code if failed else 0


def _asked(settings: Settings) -> Iterator[Finding]:
    """What the daemon finds, or this process in its place; and releases and units, of which it knows nothing."""
    told = 0
    try:
        for finding in _told(settings):
            told += 1
            yield finding
    except AnsweredError as error:
        yield Finding(Level.WARNING, "host", f"{error} Camera and face are not looked at.")
        yield from _session(settings)
        yield from findings(replace(settings, run=replace(settings.run, source="")))
    except (InterlockError, DataError) as error:
        if told or runtime_folder(settings.host).joinpath(SOCKET).exists():
            yield Finding(Level.FAIL, "host", f"{error} What follows is seen from this account, not from the box's.")
        yield from findings(settings)
    yield from releases.examine()
    yield from units.examine()


def _told(settings: Settings) -> Iterator[Finding]:
    """The daemon's findings, as they come. Raises `InterlockError`, `DataError`."""
    for said in answers(settings.host, {"do": "examine"}, _TIMEOUT_S):
        report = said.get("report", {}) if isinstance(said, dict) else {"findings": [said]}
        yield from read_findings(report.get("findings", ()))
        if report.get("state") == Doing.ENDED.value and report.get("text"):
            yield Finding(Level.FAIL, "daemon", report["text"])


def _session(settings: Settings) -> Iterator[Finding]:
    """What the host process knows of the camera while a session is open, and what keeps it from it."""
    with suppress(InterlockError):
        now = ask(settings.host, {"do": "status"}).get("now", {})
        if report := now.get("report"):
            frames = f"{report.get('recorded', 0)} frames recorded, {report.get('measured', 0)} of them measured"
            yield Finding(Level.OK, "session", f"{frames}, {report.get('rate', 0.0):.1f} a second now")
        if trouble := now.get("trouble"):
            yield Finding(Level.WARNING, "session", trouble["text"])


def _document(settings: Settings, found: list[Finding]) -> Json:
    return {
        "v": 1,
        "device": device_id(settings),
        "version": version(),
        "time": round(SystemClock().wall(), 3),
        "ok": all(finding.level is not Level.FAIL for finding in found),
        "findings": [finding.to_json() for finding in found],
    }
