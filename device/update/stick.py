"""What a stick brings: the newest release on it that this box would install is copied, and offered.

The stick is looked at, read-only and in a mount of this process's own, when it is plugged in (`affectbox-stick@`), and
can be pulled out as soon as the offer is there.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from device.contract.errors import UpdateError
from device.contract.release import age
from device.update.layout import Layout
from device.update.machine import Machine
from device.update.package import open_package
from device.update.standing import Offer, offer
from device.update.updater import suitable, trusted

STICK = "stick.tar"
_SYSTEMS = "vfat,exfat,ext4,ntfs3,iso9660"


def look(folder: Path, layout: Layout, machine: Machine) -> Offer | None:
    """Copy what a stick, mounted at `folder`, brings, and tell everybody. None: no release is on it."""
    found = sorted(folder.glob("affectbox-*.tar"))
    if not found:
        return None
    try:
        made = _best(found, layout, machine)
    except UpdateError as error:
        made = Offer("", str(error))
    offer(layout, made)
    return made


@contextmanager
def mounted(device: Path, folder: Path) -> Iterator[Path]:
    """The stick's first file system, read-only, at `folder`. Raises `UpdateError`: it cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-o", "ro,nosuid,nodev,noexec", "-t", _SYSTEMS, str(device), str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise UpdateError(f"The stick {device} cannot be read: format it with FAT32 or exFAT.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _best(files: list[Path], layout: Layout, machine: Machine) -> Offer:
    """The offer of the newest that fits; raises `UpdateError` why none does."""
    newest, refused = None, UpdateError("There is no release for this box on the stick.")
    for file in files:
        try:
            with open_package(file, trusted(layout)) as package:
                suitable(package.release, machine)
                version = package.release.version
        except UpdateError as error:
            refused = error
            continue
        if newest is None or age(version) > age(newest[0]):
            newest = (version, file)
    if newest is None:
        raise refused
    version, file = newest
    if layout.proven and age(version) <= age(layout.proven):
        raise UpdateError(f"The newest release on the stick is {version}, and {layout.proven} runs already.")
    _copy(file, layout)
    return Offer(version, f"Release {version} is ready to be installed; the stick is not needed any more.")


def _copy(file: Path, layout: Layout) -> None:
    layout.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = layout.spool / f"{STICK}.part"
    try:
        shutil.copyfile(file, part)
        with open_package(part, trusted(layout), file.name) as package:
            package.check()
        part.replace(layout.spool / STICK)
    except OSError as error:
        raise UpdateError(
            f"{file.name} cannot be copied ({error.strerror}): was the stick pulled out, or is the card full?"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()
