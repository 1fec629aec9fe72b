"""Bundles of one person's own movement: in the state folder, below the pseudonym, for their owner's eyes.

    PSEUDONYM/NAME-VERSION/      a bundle of that person, whole or not there
    PSEUDONYM/history.json       what their earlier sessions came to (`device.personal.history`)

A bundle comes by `affectbox personal add` alone, which looks at signature and content first. Used is the newest
version that can be; a bundle of somebody else that lies there never is. All of it goes with `affectbox forget`, and
with an erasure from afar.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from device.contract.command import warn
from device.contract.errors import ModelError, StorageError
from device.contract.manifest import MANIFEST, Bundle, open_bundle
from device.contract.patient import PSEUDONYM
from device.contract.signature import SIGNATURE
from device.runtime.model import Model
from device.settings import Settings
from device.signatures import authenticator, known_keys
from device.stages.personal import PersonalReader, check
from device.state import state_folder, sync_folder, write_private

HISTORY = "history.json"
_PRIVATE = 0o700


class OtherPersonError(ModelError):
    """A bundle is of somebody else than of whom it is to be used."""


class PersonalStore:
    """The bundles of all persons on this box."""

    def __init__(self, settings: Settings, warn: Callable[[str], None] = warn) -> None:
        """`warn` is told, in a sentence without person and bundle, of a bundle that cannot be used."""
        self.folder = Path(settings.personal.folder) if settings.personal.folder else state_folder() / "personal"
        self._models = settings.models
        self._warn = warn

    def people(self) -> list[str]:
        """The pseudonyms of whom there is anything. Raises `StorageError`."""
        try:
            found = [one.name for one in self.folder.iterdir() if one.is_dir()] if self.folder.exists() else []
        except OSError as error:
            raise StorageError(f"{self.folder} cannot be read ({error.strerror}): check its owner.") from error
        return sorted(name for name in found if PSEUDONYM.fullmatch(name))

    def bundles(self, person: str) -> list[Path]:
        """Folders of the bundles of `person`, newest version first. Raises `StorageError`: that is no pseudonym."""
        found = [one.parent for one in self.of(person).glob(f"*/{MANIFEST}") if not one.parent.name.startswith(".")]
        return sorted(found, key=_version, reverse=True)

    def add(self, folder: Path) -> tuple[str, Path]:
        """Keep a copy of a bundle; whose it is, and where it was put. After a power cut it is there whole or not.

        Raises:
            ModelError: it is not to be trusted, not of one person's movement, or at odds with itself.
            RuntimeMissingError: no inference library.
            StorageError: another bundle of that version is there, or the card does not take it.
        """
        bundle = self._opened(folder)
        with PersonalReader(Model(bundle, self._models.threads)) as reader:
            person = reader.file.person
        kept = self.of(person) / bundle.manifest.id
        try:
            files = bundle.contents | {name: (folder / name).read_bytes() for name in _beside(folder)}
            if not _holds(kept, files):
                self._require_new(person, kept)
                self._write(kept, files)
        except OSError as error:
            raise StorageError(f"{kept} cannot be written ({error.strerror}): check the folder's owner.") from error
        return person, kept

    def open(self, person: str) -> PersonalReader | None:
        """The newest bundle of `person` that can be used, loaded; None: there is none at all.

        Raises:
            OtherPersonError, ModelError: none can be used, and why not the newest.
            RuntimeMissingError: no inference library.
        """
        newest: ModelError | None = None
        for folder in self.bundles(person):
            try:
                return self.load(folder, person)
            except ModelError as error:
                newest = newest or error
                self._warn("A bundle of a person's own movement cannot be used: `affectbox personal list` says why.")
        if newest:
            raise newest
        return None

    def load(self, folder: Path, person: str) -> PersonalReader:
        """A bundle that is kept, loaded, for `person`. Raises as `open`."""
        bundle = self._opened(folder)
        if bundle.manifest.id != folder.name:
            raise ModelError(f"The bundle in {folder.name} is {bundle.manifest.id}: remove it, and add it again.")
        return self._read(bundle, person)

    def given(self, folder: Path, person: str) -> PersonalReader:
        """A bundle that lies anywhere, in a folder of any name, loaded, for `person`. Raises as `open`."""
        return self._read(self._opened(folder), person)

    def forget(self, person: str) -> bool:
        """Erase everything kept of `person`; whether there was anything.

        Raises:
            StorageError: it cannot be erased, or what lies there is not ours; then nothing is.
        """
        folder = self.of(person)
        if folder.is_dir():
            for one in folder.iterdir():
                if not (one.is_dir() or one.stem == HISTORY.partition(".")[0]):
                    raise StorageError(f"{folder} holds {one.name}, which is no bundle: check personal.folder.")
        return _erased(folder)

    def remove(self, person: str, bundle: str) -> bool:
        """Erase one bundle, `NAME-VERSION`, of `person`; whether it was there. Raises `StorageError`."""
        found = [one for one in self.bundles(person) if one.name == bundle]
        return bool(found) and _erased(found[0])

    def of(self, person: str) -> Path:
        """Where everything of `person` is, if there is anything. Raises `StorageError`: that is no pseudonym."""
        if not PSEUDONYM.fullmatch(person):
            raise StorageError("A person is named by 1 to 40 lower-case letters, digits and hyphens: a pseudonym.")
        return self.folder / person

    def _opened(self, folder: Path) -> Bundle:
        keys = known_keys(Path(self._models.keys) if self._models.keys else None)
        return open_bundle(folder, authenticator(keys, allow_unsigned=self._models.allow_unsigned))

    def _read(self, bundle: Bundle, person: str) -> PersonalReader:
        name = bundle.manifest.id
        if check(bundle.manifest, bundle.contents).person != person:
            raise OtherPersonError(f"The bundle {name} is of somebody else: it watches nobody but them.")
        return PersonalReader(Model(bundle, self._models.threads))

    def _require_new(self, person: str, kept: Path) -> None:
        """Raises `StorageError`: a bundle of the version is there, and which is the newer one nobody could tell."""
        same = [one.name for one in self.bundles(person) if _version(one)[0] == _version(kept)[0]]
        if kept.exists() or same:
            raise StorageError(
                f"Another bundle of this person and this version, {[*same, kept.name][0]}, is on this box: remove "
                "that first, or export the new one with a higher version."
            )

    def _write(self, kept: Path, files: Mapping[str, bytes]) -> None:
        """Raises `OSError`; then nothing of it is there."""
        for folder in (self.folder, kept.parent):
            folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
        part = kept.with_name(f".{kept.name}")
        shutil.rmtree(part, ignore_errors=True)
        try:
            for name, data in files.items():
                write_private(part / name, data)
            part.rename(kept)
            sync_folder(kept.parent)
        except OSError:
            shutil.rmtree(part, ignore_errors=True)
            raise


def _beside(folder: Path) -> list[str]:
    """The files of a bundle that its manifest does not name; the manifest comes last."""
    return [name for name in (SIGNATURE, MANIFEST) if (folder / name).is_file()]


def _holds(kept: Path, files: Mapping[str, bytes]) -> bool:
    return all((kept / name).is_file() and (kept / name).read_bytes() == data for name, data in files.items())


def _version(folder: Path) -> tuple[list[tuple[int, str]], str]:
    """What orders bundles: versions, numbers of them as numbers and `1.0.0rc1` before `1.0.0`, then names."""
    name, _, version = folder.name.rpartition("-")
    parts = re.findall(r"\d+|[^\d.]+", version)
    return [*((int(part), "") if part.isdigit() else (-1, part) for part in parts), (0, "")], name


def _erased(folder: Path) -> bool:
    """Erase a folder; whether it was there. What cannot be erased can be tried again. Raises `StorageError`."""
    if not folder.exists():
        return False
    try:
        shutil.rmtree(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise StorageError(f"{folder} cannot be erased ({error.strerror}): check the folder's owner.") from error
    return True
