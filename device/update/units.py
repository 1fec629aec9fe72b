"""What a release gives to the system: units and their like, as links into `current`, and the command `affectbox`.

Links, so that switching `current` switches them too. Only the units of the updater itself are copies, of the release
that was proven: what takes a bad release back must not depend on it.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from device.state import sync_folder
from device.update.layout import Layout

#: Folder of `systemd/` in a release → where systemd and its friends look for its files.
PLACES = {
    "units": "etc/systemd/system",
    "sysusers.d": "etc/sysusers.d",
    "tmpfiles.d": "etc/tmpfiles.d",
    "sysctl.d": "etc/sysctl.d",
    "udev": "etc/udev/rules.d",
    "journald.conf.d": "etc/systemd/journald.conf.d",
    "system.conf.d": "etc/systemd/system.conf.d",
}
COMMAND = "usr/local/bin/affectbox"
_OURS = re.compile(r"\.?(\d\d-)?affectbox[\w@.-]*")
_UPDATERS = re.compile(r"affectbox-(update|confirm|stick)[@.]")
_AT_BOOT_ALONE = "affectbox-confirm.service"
_WANTED_BY = re.compile(r"^WantedBy=(.+)$", re.MULTILINE)


def place(layout: Layout) -> bool:
    """Let the system have what `current` brings, and nothing more of what an earlier release brought.

    Returns:
        Whether anything was to be changed.

    Raises:
        OSError: it cannot be written.
    """
    wanted = dict(_wanted(layout))
    left = set(_placed(layout)) - wanted.keys()
    for path in left:
        path.unlink()
        sync_folder(path.parent)
    missing = {path: content for path, content in wanted.items() if not _holds(path, content)}
    for path, content in missing.items():
        _put(path, content)
    return bool(left or missing)


def remove(layout: Layout) -> None:
    """Take all of it away again. Raises `OSError`."""
    for path in list(_placed(layout)):
        path.unlink()
        if path.parent.name.endswith((".wants", ".conf.d")):
            with suppress(OSError):  # others are in it
                path.parent.rmdir()


def enabled(layout: Layout) -> list[str]:
    """The units of `current` that start at boot and go on."""
    units = (layout.home / "current/systemd/units").glob("affectbox*")
    return sorted(unit.name for unit in units if _targets(unit) and unit.name != _AT_BOOT_ALONE)


def _wanted(layout: Layout) -> Iterator[tuple[Path, Path | bytes]]:
    """Each path outside the releases, and where it links to, or what it holds."""
    yield layout.root / COMMAND, _seen(layout, "current/bin/affectbox")
    for folder, where in PLACES.items():
        for file in _files(layout, "current", folder):
            if not _UPDATERS.match(file.name):
                yield layout.root / where / file.name, _seen(layout, f"current/systemd/{folder}/{file.name}")
                yield from _enabling(layout, file)
    for file in _files(layout, "proven", "units"):
        if _UPDATERS.match(file.name):
            yield layout.root / PLACES["units"] / file.name, file.read_bytes()
            yield from _enabling(layout, file)


def _files(layout: Layout, link: str, folder: str) -> list[Path]:
    files = (layout.home / link / "systemd" / folder).glob("*affectbox*")
    return sorted(file for file in files if _OURS.fullmatch(file.name))


def _enabling(layout: Layout, unit: Path) -> Iterator[tuple[Path, Path]]:
    for target in _targets(unit):
        yield layout.root / PLACES["units"] / f"{target}.wants" / unit.name, Path("..") / unit.name


def _targets(file: Path) -> list[str]:
    """What wants a unit: `multi-user.target`."""
    return [name for line in _WANTED_BY.findall(file.read_text(encoding="utf-8")) for name in line.split()]


def _seen(layout: Layout, path: str) -> Path:
    """A path of ours as it is on the box, whatever `root` is."""
    return Path("/") / layout.home.relative_to(layout.root) / path


def _placed(layout: Layout) -> Iterator[Path]:
    """Every path that a release may have placed, and that is there."""
    folders = [layout.root / place for place in PLACES.values()]
    folders += (layout.root / PLACES["units"]).glob("*.wants")
    candidates = [path for folder in folders for path in folder.glob("*affectbox*") if _OURS.fullmatch(path.name)]
    return (path for path in (*candidates, layout.root / COMMAND) if path.is_symlink() or path.is_file())


def _put(path: Path, content: Path | bytes) -> None:
    """A link or a copy, by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    if isinstance(content, bytes):
        with new.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    else:
        new.symlink_to(content)
    new.replace(path)
    sync_folder(path.parent)


def _holds(path: Path, content: Path | bytes) -> bool:
    try:
        if isinstance(content, bytes):
            return not path.is_symlink() and path.read_bytes() == content
        return path.readlink() == content
    except OSError:
        return False
