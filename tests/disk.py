"""A disk whose power can be cut: ext4 in a file, shut down by the kernel without writing anything more.

Source: `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`, fs/ext4/ext4.h; what filesystem developers test with.
"""

import fcntl
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Self

_SHUTDOWN = 0x8004587D
_NOLOGFLUSH = 2
_SIZE_MB = 64


def why_not() -> str:
    """Why a disk cannot be had here; empty when it can."""
    if os.geteuid() != 0:
        return "cutting the power of a disk needs root"
    if not shutil.which("mkfs.ext4") or not Path("/dev/loop-control").exists():
        return "no loop devices or no mkfs.ext4 on this machine"
    return ""


class Disk:
    """A small ext4 file system at `folder`, for the length of a `with` block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._image = folder.with_suffix(".img")

    def __enter__(self) -> Self:
        self.folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(_SIZE_MB * 2**20)
        _run("mkfs.ext4", "-q", str(self._image))
        self._mount()
        return self

    def __exit__(self, *error: object) -> None:
        _run("umount", str(self.folder))

    def cut_the_power(self) -> None:
        """From now on every write fails, and what was not synced is gone."""
        root = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(root, _SHUTDOWN, struct.pack("I", _NOLOGFLUSH))
        finally:
            os.close(root)

    def mount_again(self) -> None:
        """The power is back."""
        _run("umount", str(self.folder))
        self._mount()

    def _mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
