"""`affectbox doctor`: everything that a session needs, checked before it, each fault with its remedy.

Where the box runs as a service, the camera daemon is asked, through the host process: it sees the camera, the folders
and the account as a session will. Else, and for a source or sink that is named, this process looks itself.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from device.clock import SystemClock
from device.contract.errors import CheckFailedError, InterlockError
from device.contract.fields import Json
from device.contract.finding import Finding, Level
from device.contract.version import version
from device.examination import units
from device.examination.asking import ask
from device.examination.findings import findings
from device.identity import device_id
from device.settings import Settings

__all__ = ["examine", "findings"]


def examine(settings: Settings, as_json: bool = False, host: Path | None = None) -> int:
    """Print every finding; returns 0, or `CheckFailedError`'s code when a session would fail.

    Args:
        settings: what to look at, where this process looks itself.
        as_json: print one JSON object instead, for the fleet.
        host: the socket of the host process, which is asked first; None asks nobody.
    """
    found = []
    for finding in _asked(settings, host) if host else findings(settings):
        found.append(finding)
        if not as_json:
            print(finding.line(), flush=True)
    failed = sum(finding.level is Level.FAIL for finding in found)
    if as_json:
        print(json.dumps(_document(settings, found), ensure_ascii=False))
    elif failed:
        print(f"{failed} of these would stop a session: mend them and run `affectbox doctor` again.")
    return CheckFailedError.exit_code if failed else 0


def _asked(settings: Settings, host: Path) -> Iterator[Finding]:
    """What the daemon finds, or this process in its place; and the units, which the daemon's sandbox hides from it."""
    try:
        told = ask(host)
    except InterlockError as error:
        yield Finding(Level.WARNING, "host", f"{error} Camera and face are not looked at.")
        yield from findings(replace(settings, run=replace(settings.run, source="")))
    else:
        yield from findings(settings) if told is None else told
    yield from units.examine()


def _document(settings: Settings, found: list[Finding]) -> Json:
    return {
        "v": 1,
        "device": device_id(settings),
        "version": version(),
        "time": round(SystemClock().wall(), 3),
        "ok": all(finding.level is not Level.FAIL for finding in found),
        "findings": [finding.to_json() for finding in found],
    }
