"""An update that was asked for, from where its file is to what becomes of it."""

import re
from pathlib import Path

from device.contract.address import printable
from device.contract.errors import UpdateError
from device.contract.release import pointer_name
from device.delivery.download import download
from device.settings import UpdateSettings
from device.update.layout import Layout
from device.update.machine import Machine
from device.update.request import Source, take
from device.update.stick import STICK
from device.update.updater import Updater

GIVEN = "given.tar"
FORCE = "given.force"
_FETCHED = "network-"
#: The copies that wait on the box have names that nobody gave them.
_CALLED = {Source.GIVEN: "The file", Source.STICK: "The release of the stick"}
_NAME = re.compile(r"affectbox-[0-9a-z.+-]{1,120}\.tar")
_LONGEST_NAME = 200
_SPARE_BYTES = 300 * 2**20
_TIMEOUT_S = 60.0


def carry_out(layout: Layout, updater: Updater, machine: Machine, settings: UpdateSettings) -> None:
    """Install what was asked for, if anything was. Raises `UpdateError`, after everybody was told."""
    source = take(layout)
    if source is None:
        return
    used: list[Path] = []
    try:
        file = _file(source, layout, updater, machine, settings)
        used = [file, layout.spool / FORCE]
        forced = source is Source.GIVEN and (layout.spool / FORCE).exists()
        name = _CALLED.get(source) or file.name.removeprefix(_FETCHED)
        updater.install(file, force=forced, name=name)
    except UpdateError as error:
        updater.refuse(error)
        raise
    finally:
        for path in used:
            path.unlink(missing_ok=True)


def fetch(url: str, layout: Layout, machine: Machine) -> Path:
    """The release at `url`, or the newest in the folder `url`, as a file. Raises `UpdateError`."""
    layout.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not url.endswith(".tar"):
        pointer = layout.spool / "newest.txt"
        folder = url.rstrip("/")
        download(f"{folder}/{pointer_name(machine.suite, machine.architecture)}", pointer, _LONGEST_NAME, _TIMEOUT_S)
        url = f"{folder}/{pointer.read_text(encoding='utf-8', errors='replace').strip()}"
    name = url.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        raise UpdateError(f"'{printable(name)}' is no name of a release: check update.url.")
    file = layout.spool / (_FETCHED + name)
    for other in layout.spool.glob(_FETCHED + "*"):
        if not other.name.startswith(file.name):
            other.unlink()
    download(url, file, max(machine.room(layout.spool) - _SPARE_BYTES, 0), _TIMEOUT_S)
    return file


def _file(source: Source, layout: Layout, updater: Updater, machine: Machine, settings: UpdateSettings) -> Path:
    if source is Source.NETWORK:
        if not settings.url:
            raise UpdateError("No address of releases is configured: set update.url, or use a stick.")
        updater.fetching("The newest release is being fetched; sessions may go on.")
        return fetch(settings.url, layout, machine)
    file = layout.spool / (GIVEN if source is Source.GIVEN else STICK)
    if not file.exists():
        raise UpdateError("No release waits to be installed: plug in a stick with one, or name a file.")
    return file
