"""How worn and how full the disk is on which the box writes: what the kernel tells of it, and what it does not.

eMMC tells its wear in steps of a tenth (`life_time`) and whether its spare blocks run out (`pre_eol_info`); SD cards
have no such register that Linux reads, so there the errors of the file system are the only sign. Source: kernel
documentation, "SD and MMC Device Attributes" (mmc-dev-attrs) and "ext4 sysfs"; JEDEC JESD84-B51, EXT_CSD 267–269.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from device.contract.finding import Finding, Level

SYS = Path("/sys")
_LOW_MB = 500.0
_WORN_OUT = 0x0B  # the exceeded life time; 1 to 10 are tenths
_SPARE = {
    2: "four fifths of its spare blocks are used up: replace it soon",
    3: "its spare blocks are used up: replace it now",
}
_ERRORS = "of its file system were found: let the box send what waits, then replace the card"


@dataclass(frozen=True)
class Disk:
    """What the kernel tells of the disk of a folder.

    Attributes:
        name: of the disk, such as `mmcblk0`; empty where the folder is on none (a network, memory).
        kind: `SD` or `MMC`, empty for others.
        model: the maker's name for it and when it was made, as far as it tells.
        life: the wear that it tells, tenths of its life from 1 to 10, 11 for more; None where it does not.
        spare: 1 good, 2 and 3 see `_SPARE`; None where it does not tell.
        errors: of the file system, ever; None where it does not count.
        written_gb: to the file system, ever; None likewise.
    """

    name: str = ""
    kind: str = ""
    model: str = ""
    life: int | None = None
    spare: int | None = None
    errors: int | None = None
    written_gb: float | None = None


def examine(folder: Path, sys: Path = SYS) -> Iterator[Finding]:
    """Room, wear and errors of the disk that holds a folder, which is there."""
    yield _room(folder)
    yield wear(disk_of(folder, sys))


def disk_of(folder: Path, sys: Path = SYS) -> Disk:
    """What is known of the disk that holds a folder."""
    number = folder.stat().st_dev
    part = (sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    if not part.is_dir():
        return Disk()
    device = (part.parent if (part / "partition").exists() else part) / "device"
    system = sys / "fs" / "ext4" / part.name
    lives = [life for life in map(_number, _read(device / "life_time").split()) if life]
    written_kb = _number(_read(system / "lifetime_write_kbytes"))
    model = " of ".join(filter(None, (_read(device / "name"), _read(device / "date"))))
    return Disk(
        name=device.parent.name,
        kind=_read(device / "type"),
        model=model,
        life=max(lives, default=None),
        spare=_number(_read(device / "pre_eol_info")) or None,
        errors=_number(_read(system / "errors_count")),
        written_gb=None if written_kb is None else written_kb / 1e6,
    )


def wear(disk: Disk) -> Finding:
    """One sentence on the wear and the errors of a disk."""
    named = " ".join(filter(None, (disk.kind, disk.model or disk.name))) or "no disk of its own"
    written = "" if disk.written_gb is None else f"; {disk.written_gb:,.0f} GB written so far"
    if disk.errors:
        return Finding(Level.FAIL, "card", f"{named}: {disk.errors} errors {_ERRORS}")
    if disk.spare in _SPARE:
        return Finding(Level.FAIL if disk.spare == 3 else Level.WARNING, "card", f"{named}: {_SPARE[disk.spare]}")
    if disk.life is None:
        counted = ", no errors so far" if disk.errors == 0 else ""
        return Finding(Level.OK, "card", f"{named}: it does not tell how worn it is{counted}{written}")
    if disk.life >= _WORN_OUT:
        return Finding(Level.WARNING, "card", f"{named}: it is past the life that its maker states: replace it soon")
    level = Level.WARNING if disk.life == 10 else Level.OK
    return Finding(level, "card", f"{named}: up to {disk.life * 10} % of its life is used{written}")


def _room(folder: Path) -> Finding:
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        text = "the disk takes no more writes: a worn-out card does this; replace it, after a restart if that helps"
        return Finding(Level.FAIL, "room", text)
    free_mb = shutil.disk_usage(folder).free / 1e6
    if free_mb <= _LOW_MB:
        text = f"{free_mb:,.0f} MB free: what is oldest is dropped soon; remove files, or give the box its network"
        return Finding(Level.WARNING, "room", text)
    return Finding(Level.OK, "room", f"{free_mb:,.0f} MB free for the outbox")


def _read(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text().strip()
    return ""


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None
