"""Where releases lie, and which of them runs. See the package for the picture."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from device.contract.errors import UpdateError
from device.contract.release import MANIFEST, Release, age, is_version, parse
from device.state import sync_folder

_UNFINISHED = ".part"


@dataclass(frozen=True)
class Layout:
    """The places below `root`, which is / on a box."""

    root: Path = Path("/")

    @property
    def home(self) -> Path:
        """What belongs to releases."""
        return self.root / "opt/affectbox"

    @property
    def releases(self) -> Path:
        """One folder for each version."""
        return self.home / "releases"

    @property
    def keys(self) -> Path:
        """Public keys whose releases this box accepts, beside the project's."""
        return self.root / "etc/affectbox/keys"

    @property
    def spool(self) -> Path:
        """Files of releases that wait to be installed; root's alone."""
        return self.root / "var/lib/affectbox-update"

    @property
    def run(self) -> Path:
        """What an update tells everybody; gone with the power."""
        return self.root / "run/affectbox-update"

    @property
    def request(self) -> Path:
        """Where the host process leaves what should be installed."""
        return self.root / "run/affectbox/update.request"

    def folder(self, version: str) -> Path:
        """That of a release."""
        return self.releases / version

    def unfinished(self, version: str) -> Path:
        """Where a release is while it is unpacked."""
        return self.releases / f".{version}{_UNFINISHED}"

    @property
    def current(self) -> str:
        """The version that runs; empty when none does."""
        return self._target("current")

    @property
    def proven(self) -> str:
        """The version that was last seen to work; empty before the first installation ended."""
        return self._target("proven")

    def switch(self, name: str, version: str) -> None:
        """Let the link `current` or `proven` lead to a version; after a power cut it leads there or where it led.

        Raises:
            OSError: it cannot be written.
        """
        if self._target(name) == version:
            return
        new = self.home / f".{name}.new"
        new.unlink(missing_ok=True)
        new.symlink_to(Path("releases") / version)
        new.replace(self.home / name)
        sync_folder(self.home)

    def installed(self) -> list[str]:
        """The versions that are unpacked, oldest first."""
        try:
            names = [path.name for path in self.releases.iterdir() if is_version(path.name)]
        except OSError:
            return []
        return sorted(names, key=age)

    def tidy(self, keep: int) -> None:
        """Remove what was never finished, and all but the newest `keep` releases; those that links lead to stay."""
        with suppress(OSError):
            for path in self.releases.iterdir():
                if path.name.startswith(".") and path.name.endswith(_UNFINISHED):
                    shutil.rmtree(path, ignore_errors=True)
        unused = [version for version in self.installed() if version not in (self.current, self.proven)]
        for version in unused[: max(len(unused) - keep + 1, 0)]:
            self.discard(version)

    def discard(self, version: str) -> None:
        """Remove an unpacked release: at once it is none any more, then its files go."""
        gone = self.unfinished(f"{version}-gone")
        shutil.rmtree(gone, ignore_errors=True)
        with suppress(OSError):
            self.folder(version).replace(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _target(self, name: str) -> str:
        try:
            version = (self.home / name).readlink().name
        except OSError:
            return ""
        return version if (self.folder(version) / MANIFEST).is_file() else ""


def read(folder: Path) -> Release:
    """What an unpacked release says of itself. Raises `UpdateError`: it is not there whole."""
    try:
        return parse((folder / MANIFEST).read_bytes(), str(folder / MANIFEST))
    except OSError:
        raise UpdateError(f"There is no whole release in {folder}.") from None
