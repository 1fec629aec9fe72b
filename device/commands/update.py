"""`affectbox update`: ask for a release to be installed, and tell what becomes of it."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import TextIO

from device.contract.errors import InterlockError, StorageError, UpdateError
from device.host.asking import AnsweredError, ask
from device.settings import Settings
from device.update import request
from device.update.carrying import FORCE, GIVEN, fetch
from device.update.layout import Layout
from device.update.machine import Debian
from device.update.package import open_package
from device.update.request import Source
from device.update.standing import Step, offered, standing
from device.update.updater import suitable, trusted

_LOOK_S = 0.5
_PICKED_UP_S = 30.0
_SERVICE = "affectbox-update.service"


def update(what: str, settings: Settings, force: bool, out: TextIO) -> None:
    """Install a release and wait for its end.

    Args:
        what: path or address of a release, "stick", or "" for the newest at `update.url`.
        force: also an older one.

    Raises:
        UpdateError: it is refused, or did not prove itself.
        InterlockError: a session is open.
    """
    layout = Layout()
    if not layout.proven:
        raise UpdateError("This machine was not set up as a box by install.sh: there is nothing to update.")
    source = _prepared(what, layout, force)
    asked_s = time.monotonic()
    _ask(source, settings, layout)
    _follow(layout, asked_s, out)


def status(out: TextIO) -> None:
    """Tell what runs, how the last update went, and what a stick brought."""
    layout = Layout()
    current = layout.current
    print(f"Release {current} runs." if current else "This machine was not set up as a box by install.sh.", file=out)
    if current != layout.proven:
        print(f"It has yet to prove itself; before it, {layout.proven or 'nothing'} ran.", file=out)
    for told in (standing(layout).text, getattr(offered(layout), "text", "")):
        if told and told != f"Release {current} runs.":
            print(told, file=out)


def _prepared(what: str, layout: Layout, force: bool) -> Source:
    if what in ("", "stick"):
        if force:
            raise UpdateError("Only a file that is named can be forced.")
        return Source.STICK if what else Source.NETWORK
    if os.geteuid() != 0:
        raise UpdateError("Only root may name a release: put sudo before it.")
    machine = Debian()
    fetched = what.startswith(("http://", "https://"))
    file = fetch(what, layout, machine) if fetched else Path(what)
    with open_package(file, trusted(layout)) as package:
        suitable(package.release, machine)
    try:
        layout.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        if fetched:
            file.replace(layout.spool / GIVEN)
        else:
            shutil.copyfile(file, layout.spool / GIVEN)
        (layout.spool / FORCE).unlink(missing_ok=True)
        if force:
            (layout.spool / FORCE).touch()
    except OSError as error:
        raise StorageError(f"{file} cannot be copied to {layout.spool} ({error.strerror}).") from None
    return Source.GIVEN


def _ask(source: Source, settings: Settings, layout: Layout) -> None:
    try:
        ask(settings.host, {"do": "update", "from": source.value})
    except AnsweredError as error:
        raise InterlockError(str(error)) from None
    except InterlockError:
        if os.geteuid() != 0:
            raise
        request.leave(source, layout)  # without a host process there is no session
        subprocess.run(["systemctl", "start", "--no-block", _SERVICE], check=False)


def _follow(layout: Layout, asked_s: float, out: TextIO) -> None:
    """Tell each step. Ctrl-C ends the telling, not the update."""
    pause, told = threading.Event(), ""
    while True:
        now = standing(layout)
        if now.begun < asked_s:
            if time.monotonic() > asked_s + _PICKED_UP_S:
                raise UpdateError(f"The updater does not begin: `systemctl status {_SERVICE}` says why.")
        else:
            if now.step in (Step.BACK, Step.REFUSED):
                raise UpdateError(now.text)
            if now.text != told:
                told = now.text
                print(told, file=out, flush=True)
            if now.step.over:
                return
        pause.wait(_LOOK_S)
