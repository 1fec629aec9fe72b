"""The file of a release: is it what was signed, is it for this box, and then its files.

Nothing is unpacked before the signature was checked and the SHA-256 of all that follows was right; and each file is
checked again as it is written.
"""

import errno
import hashlib
import lzma
import os
import stat
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from device.contract.errors import ModelError, UpdateError
from device.contract.release import FILES, LONGEST_BYTES, MANIFEST, SIGNATURE, Content, Release, is_executable, parse
from device.contract.signature import parse_signature
from device.signatures import Keys
from device.state import sync_folder

_PIECE = 2**20
_BLOCK = 512
_LONGEST_SIGNATURE = 4096
_AT_ONCE = 16
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Package:
    """A release in a file, whose signature was good.

    Attributes:
        file: the open file.
        start: where `files.tar.xz` begins in it.
        manifest: the bytes of `release.json`.
        name: of the file, for errors.
    """

    file: IO[bytes]
    start: int
    manifest: bytes
    release: Release
    name: str

    def check(self) -> None:
        """Read all of `files.tar.xz`. Raises `UpdateError`: it is not what was signed, or cannot be read."""
        with _told(self.name):
            self.file.seek(self.start)
            if _hashed(self.file, self.release.packed.size) != self.release.packed:
                raise _altered(self.name)

    def unpack(self, folder: Path) -> None:
        """Write every file into the new folder `folder`, `release.json` last.

        Raises:
            UpdateError: it is not what was signed, cannot be read, or the card does not take it.
        """
        expected = dict(self.release.files)
        with _told(self.name):
            folder.mkdir(parents=True)
            self.file.seek(self.start)
            with tarfile.open(fileobj=self.file, mode="r|xz") as archive:
                for member in archive:
                    content = expected.pop(member.name, None)
                    source = archive.extractfile(member) if member.isreg() else None
                    if content is None or source is None:
                        raise _altered(self.name)
                    if _written(source, folder / member.name, content, is_executable(member.name)) != content:
                        raise _altered(self.name)
            if expected:
                raise _altered(self.name)
            _write(folder / MANIFEST, self.manifest)


@contextmanager
def open_package(path: Path, keys: Keys, name: str = "") -> Iterator[Package]:
    """Open the file of a release and check its signature.

    Args:
        path: the file.
        keys: those that are trusted (`device.signatures.known_keys`).
        name: what errors call it, if not by its own.

    Raises:
        UpdateError: no such file, no release, unsigned, signed by an unknown key, altered.
    """
    name = name or path.name
    with _opened(path) as file:
        with _told(name):
            manifest = file.read(_size_of(file, MANIFEST, LONGEST_BYTES, name))
            _skip_to_block(file)
            signature = file.read(_size_of(file, SIGNATURE, _LONGEST_SIGNATURE, name))
            _skip_to_block(file)
            _authenticate(manifest, signature, keys, name)
            release = parse(manifest, name)
            _size_of(file, FILES, release.packed.size, name)
        yield Package(file, file.tell(), manifest, release, name)


def damage(folder: Path, release: Release) -> list[str]:
    """The files of an unpacked release that are missing, or are not what was signed."""
    return [path for path, content in release.files.items() if not _is_whole(folder / path, content)]


def sync(folder: Path) -> None:
    """See everything in a folder on the card. Raises `OSError`: the card does not take it."""
    paths = [folder, *folder.rglob("*")]
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # side by side, because the card is asked once for those that wait
        list(pool.map(sync_folder, paths))
    sync_folder(folder.parent)


def _authenticate(manifest: bytes, signature: bytes, keys: Keys, name: str) -> None:
    try:
        parsed = parse_signature(signature, name)
    except ModelError:
        raise UpdateError(f"{name} is not signed: make it with a key (`make release KEY=FILE`).") from None
    if parsed.key not in keys:
        raise UpdateError(
            f"{name} is signed by the unknown key {parsed.key}: put its .pub file into /etc/affectbox/keys, if you "
            "trust it."
        )
    try:
        VerifyKey(keys[parsed.key]).verify(manifest, parsed.raw)
    except BadSignatureError:
        raise _altered(name) from None


def _size_of(file: IO[bytes], member: str, most: int, name: str) -> int:
    """Bytes of the member of the outer archive that comes next, which must be `member`.

    Only plain headers are read: those of extended archives may ask for any amount of memory.
    """
    info = tarfile.TarInfo.frombuf(file.read(_BLOCK), "utf-8", "surrogateescape")
    if info.name != member or not info.isreg() or not 0 <= info.size <= most:
        raise UpdateError(f"{name} is no release of Affectbox: copy or fetch it again.")
    return info.size


def _skip_to_block(file: IO[bytes]) -> None:
    file.seek(-file.tell() % _BLOCK, os.SEEK_CUR)


def _written(source: IO[bytes], path: Path, content: Content, executable: bool) -> Content:
    """Write one file; returns what was read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if executable else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        return _hashed(source, content.size + 1, file)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)


def _hashed(source: IO[bytes], most: int, copy: IO[bytes] | None = None) -> Content:
    """What the next `most` bytes hold, or as many as there are; `copy` takes them too."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(min(_PIECE, most - size)):
        digest.update(piece)
        size += len(piece)
        if copy:
            copy.write(piece)
    return Content(digest.hexdigest(), size)


def _is_whole(path: Path, content: Content) -> bool:
    try:
        with path.open("rb") as file:
            return _hashed(file, content.size + 1) == content
    except OSError:
        return False


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe would wait for ever
    except OSError as error:
        raise UpdateError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UpdateError(f"{path} is no file: check the path.")
    with os.fdopen(descriptor, "rb") as file:
        yield file


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What goes wrong with the file, or with the card that takes it, in a sentence."""
    try:
        yield
    except (tarfile.TarError, lzma.LZMAError, EOFError):
        raise _altered(name) from None
    except OSError as error:
        if error.errno in _FULL:
            raise UpdateError(f"There is no room left for {name}: make room on the card and try again.") from None
        raise UpdateError(
            f"{name} cannot be read to its end, or the card does not take it ({error.strerror}): was the stick pulled "
            "out? Try again."
        ) from None


def _altered(name: str) -> UpdateError:
    return UpdateError(f"{name} is damaged or was altered: copy or fetch it again.")
