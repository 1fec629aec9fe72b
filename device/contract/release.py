"""A release: everything that a box runs, in one signed file `affectbox-VERSION-SUITE.tar`.

    release.json    what it is and for which machines; the SHA-256 and size of the next but one and of each file in it
    release.sig     Ed25519 over the exact bytes of `release.json`; the form of a bundle's signature
    files.tar.xz    bin/ site/ bundles/ units/ keys/ install.sh

`release.json` comes first, so that a file that is not for this box is refused after its first bytes; and whoever reads
the rest knows how much may come. On a box it lies unpacked in `releases/VERSION`, `release.json` beside it.

Files are plain ones. Those in `bin/`, and `install.sh`, may be executed.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Self

from device.contract.errors import UpdateError
from device.contract.typed import typed

FORMAT = 1
MANIFEST = "release.json"
SIGNATURE = "release.sig"
FILES = "files.tar.xz"
#: Suite of Debian and of Raspberry Pi OS → its Python.
SUITES = {"bookworm": "3.11", "trixie": "3.13"}
#: Debian's name of an architecture → the kernel's.
ARCHITECTURES = {"arm64": "aarch64", "amd64": "x86_64"}
#: No `release.json` is longer; it is read before anybody is trusted.
LONGEST_BYTES = 4 * 2**20
_LARGEST_BYTES = 2**31
_MOST_FILES = 20_000
_VERSION = re.compile(r"(\d{1,9}(?:\.\d{1,9}){0,4})(?:\.dev(\d{1,9}))?(?:\+[a-z0-9]{1,40}(?:\.[a-z0-9]{1,40}){0,4})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Content:
    """SHA-256 in lower-case hexadecimal, and bytes, of a file."""

    sha256: str
    size: int

    @classmethod
    def of(cls, data: bytes) -> Self:
        """That of `data`."""
        return cls(hashlib.sha256(data).hexdigest(), len(data))


@dataclass(frozen=True)
class Release:
    """The content of `release.json`.

    Attributes:
        suite, architecture: the machines that it is for; see `SUITES` and `ARCHITECTURES`.
        packed: of `files.tar.xz`.
        files: path in the release → what it holds.
    """

    format: int
    version: str
    suite: str
    architecture: str
    packed: Content
    files: dict[str, Content]

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(content.size for content in self.files.values())

    def encode(self) -> bytes:
        """The content of `release.json`."""
        return (json.dumps(asdict(self), indent=0, sort_keys=True) + "\n").encode()


def file_name(version: str, suite: str, architecture: str) -> str:
    """Name of the file of a release; a Pi's architecture goes without saying."""
    return f"affectbox-{version}-{suite}{'' if architecture == 'arm64' else '-' + architecture}.tar"


def pointer_name(suite: str, architecture: str) -> str:
    """Name of the file in a folder of releases in the network that holds the name of the newest one."""
    return f"latest-{suite}-{architecture}.txt"


def is_version(text: str) -> bool:
    """Whether it may be the version of a release."""
    return _VERSION.fullmatch(text) is not None


def age(version: str) -> tuple[tuple[int, ...], float]:
    """By which versions are compared: `0.2.1.dev3+gHASH` is newer than `0.2.0` and older than `0.2.1`.

    What stands after '+' does not count. Raises `UpdateError`: not a version.
    """
    matched = _VERSION.fullmatch(version)
    if matched is None:
        raise UpdateError(f"'{version[:40]}' is no version of a release.")
    numbers = [int(number) for number in matched[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), int(matched[2]) if matched[2] else float("inf")


def is_executable(path: str) -> bool:
    """Whether a file of a release may be executed."""
    return path.startswith("bin/") or path == "install.sh"


def parse(data: bytes, where: str) -> Release:
    """Read the content of `release.json`. Raises `UpdateError`, naming `where`."""
    try:
        raw = json.loads(data)
        if isinstance(raw, dict) and raw.get("format") != FORMAT:
            raise UpdateError(
                f"{where} is of another form than this version of Affectbox reads: install a release in between."
            )
        release: Release = typed(Release, raw)
        _check(release)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise UpdateError(f"{where} is no release of Affectbox ({why}): fetch it again.") from None
    return release


def _check(release: Release) -> None:
    if not is_version(release.version):
        raise ValueError("its version is none")
    if release.suite not in SUITES or release.architecture not in ARCHITECTURES:
        raise ValueError("it is for no system that is known")
    if not 0 < len(release.files) <= _MOST_FILES or not 0 <= release.size <= _LARGEST_BYTES:
        raise ValueError("its files are too many or too large")
    if not all(_is_path(path) for path in release.files):
        raise ValueError("a file's name is none")
    contents = (release.packed, *release.files.values())
    if not all(_SHA256.fullmatch(content.sha256) and 0 <= content.size <= _LARGEST_BYTES for content in contents):
        raise ValueError("a hash or size is none")


def _is_path(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return "/".join(parts) == path and not path.startswith("/") and ".." not in parts and path != MANIFEST
