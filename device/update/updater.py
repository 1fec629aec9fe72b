"""The updater: one release at a time, and after every step a box that starts. See the package for the picture."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from device.contract.errors import ModelError, UpdateError
from device.contract.release import Release, age
from device.signatures import Keys, known_keys
from device.state import sync_folder
from device.update import units
from device.update.layout import Layout, read
from device.update.machine import Machine
from device.update.package import Package, damage, open_package, sync
from device.update.standing import Standing, Step, busy, tell

KEEP = 2
#: What must be left on the card beside the release: for its compiled Python files, and for the outbox to go on.
_SPARE_BYTES = 100 * 2**20
_COMPILED = 1.15
Say = Callable[[str], None]


def _aloud(text: str) -> None:
    print(text, flush=True)  # between what the programs that it runs say


class Host(Protocol):
    """The box's host process, as the updater asks it."""

    def is_idle(self) -> bool:
        """Whether no session is open; also when there is no host process, for then there is none."""

    def prove(self) -> None:
        """Let everything run, with the camera and without recording.

        Raises:
            UpdateError: no records advanced in time; says why.
        """


class Updater:
    """Installs releases on `machine`, whose releases lie in `layout`."""

    def __init__(self, layout: Layout, machine: Machine, host: Host, say: Say = _aloud) -> None:
        self._layout = layout
        self._machine = machine
        self._host = host
        self._say = say
        self._begun = time.monotonic()
        self._is_back = False

    def refuse(self, error: UpdateError) -> None:
        """Let everybody know why nothing came of an update."""
        if not self._is_back:
            self._tell(Step.REFUSED, str(error))

    def fetching(self, text: str) -> None:
        """Let everybody know that a release is on its way from the network."""
        self._tell(Step.FETCHING, text)

    def install(self, file: Path, *, force: bool = False, name: str = "") -> None:
        """Install the release in a file, and keep it if it proves itself.

        Args:
            file: of a release.
            force: also if it is older than the one that runs.
            name: what people call the file, if not by its own name.

        Raises:
            UpdateError: it is refused, or did not prove itself; the release that ran before runs.
        """
        with busy(self._layout):
            self._between_sessions()
            self._tell(Step.CHECKING, f"{name or file.name} is being checked.")
            version = self._unpacked(file, force, name)
            if version == self._layout.proven:
                self._tell(Step.DONE, f"Release {version} was put right.", version)
            else:
                self._try(version)

    def adopt(self, folder: Path) -> None:
        """Take over an unpacked release: it runs at once where none does, else only if it proves itself.

        Args:
            folder: on the file system of the releases; it is moved to its place there.

        Raises:
            UpdateError: it is not whole, not for this machine, older than what runs, or did not prove itself; or a
                session is open.
            OSError: the card cannot be written.
        """
        with busy(self._layout):
            self._between_sessions()
            release = read(folder)
            if damaged := damage(folder, release):
                raise UpdateError(
                    f"{damaged[0]} of release {release.version} is not what was signed: install it again."
                )
            suitable(release, self._machine)
            self._newer(release)
            self._move(folder, release)
            if self._layout.proven in ("", release.version):
                self._layout.switch("current", release.version)
                self._layout.switch("proven", release.version)
                self._start(release.version)
                self._layout.tidy(KEEP)
            else:
                self._try(release.version)

    def settle(self) -> None:
        """Let the release run that was proven, and all of it: after an update that something ended in the middle.

        Raises:
            UpdateError: another updater is at work.
            OSError: the card cannot be written.
        """
        proven, tried = self._layout.proven, self._layout.current
        if not proven:
            return
        with busy(self._layout):
            if tried != proven:
                self._back(proven, tried, "the update was cut off", wait=False)
            elif units.place(self._layout):
                self._start(proven, wait=False)
            self._layout.tidy(KEEP)

    def _unpacked(self, file: Path, force: bool, name: str) -> str:
        """The version in the file, which is unpacked then."""
        layout = self._layout
        with open_package(file, trusted(layout), name) as package:
            release = package.release
            suitable(release, self._machine)
            self._not_older(release, force)
            layout.tidy(KEEP)
            self._enough_room(release)
            package.check()
            self._tell(Step.UNPACKING, f"Release {release.version} is being unpacked.", release.version)
            self._unpack(package)
            return release.version

    def _between_sessions(self) -> None:
        if not self._host.is_idle():
            raise UpdateError("A session is open: end it, and then update.")

    def _not_older(self, release: Release, force: bool) -> None:
        runs = self._layout.proven
        if runs == release.version and not damage(self._layout.folder(runs), release):
            raise UpdateError(f"Release {runs} is what runs already.")
        if not force:
            self._newer(release)

    def _newer(self, release: Release) -> None:
        """Raises `UpdateError`: it is older than what runs, and may have faults that are mended by now."""
        runs = self._layout.proven
        if runs and age(release.version) < age(runs):
            raise UpdateError(
                f"Release {release.version} is older than {runs}, which runs: to go back, use "
                "`sudo affectbox update FILE --force`."
            )

    def _enough_room(self, release: Release) -> None:
        wanted = int(release.size * _COMPILED) + _SPARE_BYTES
        self._layout.releases.mkdir(parents=True, exist_ok=True)
        if (room := self._machine.room(self._layout.releases)) < wanted:
            raise UpdateError(
                f"Release {release.version} needs {wanted // 10**6} MB and the card has {room // 10**6} MB left: make "
                "room and try again."
            )

    def _unpack(self, package: Package) -> None:
        part = self._layout.unfinished(package.release.version)
        try:
            package.unpack(part)
            self._move(part, package.release)
        finally:
            self._layout.tidy(KEEP + 1)

    def _move(self, folder: Path, release: Release) -> None:
        """To its place. Where the same version runs, its damaged files are put right one by one."""
        layout, version = self._layout, release.version
        self._machine.compile(folder / "site")
        sync(folder)
        if version in (layout.current, layout.proven):
            for path in damage(layout.folder(version), release):
                (folder / path).replace(layout.folder(version) / path)
                sync_folder((layout.folder(version) / path).parent)
            return
        layout.discard(version)
        folder.replace(layout.folder(version))
        sync_folder(layout.releases)

    def _try(self, version: str) -> None:
        layout, proven = self._layout, self._layout.proven
        self._tell(Step.TRYING, f"Release {version} is being tried.", version)
        try:
            layout.switch("current", version)
            self._start(version)
            self._host.prove()
        except (UpdateError, OSError) as error:
            self._back(proven, version, str(error).removesuffix("."))
            raise UpdateError(f"Release {version} did not prove itself ({error}): {proven} runs again.") from None
        layout.switch("proven", version)
        units.place(layout)  # the updater's own units are now of this release
        self._machine.start(())
        layout.tidy(KEEP)
        self._tell(Step.DONE, f"Release {version} runs.", version)

    def _back(self, proven: str, tried: str, why: str, wait: bool = True) -> None:
        self._layout.switch("current", proven)
        try:
            self._start(proven, wait)
        except UpdateError as error:
            self._say(f"Release {proven}: {error}.")
        self._layout.discard(tried)
        self._is_back = True
        self._tell(Step.BACK, f"Release {tried} did not prove itself ({why}): {proven} runs again.", tried)

    def _start(self, version: str, wait: bool = True) -> None:
        units.place(self._layout)
        self._say(f"Starting release {version}.")
        self._machine.start(units.enabled(self._layout), wait)

    def _tell(self, step: Step, text: str, target: str = "") -> None:
        self._say(text)
        tell(self._layout, Standing(step, self._layout.current, target, text, self._begun))


def suitable(release: Release, machine: Machine) -> None:
    """Raises `UpdateError`: the release is for other machines."""
    if release.suite != machine.suite:
        raise UpdateError(
            f"Release {release.version} is for {release.suite}, and this box has {machine.suite or 'another system'}: "
            f"take the file that has {machine.suite or 'its suite'} in its name."
        )
    if release.architecture != machine.architecture:
        raise UpdateError(
            f"Release {release.version} is for {release.architecture} processors, and this box has "
            f"{machine.architecture}: take the other file."
        )


def trusted(layout: Layout) -> Keys:
    """The keys whose releases this box installs. Raises `UpdateError`."""
    try:
        return known_keys(layout.keys if layout.keys.is_dir() else None)
    except ModelError as error:
        raise UpdateError(str(error)) from None
