"""A release: the program for one suite and architecture, with its models, in one signed file.

    requirements/device.txt ─► site/       by pip, each file by its hash, for another machine than this one
    this checkout           ─► site/       the package `device` alone
    model cache             ─► bundles/    checked and signed
    systemd/, docs/         ─► bin/ systemd/ docs/ install.sh

The same checkout gives the same `files.tar.xz`, byte for byte.
"""

import io
import lzma
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from converter.fetch import fetch_all
from converter.signing import signer
from converter.site import install, install_own
from device.contract.release import (
    FILES,
    FORMAT,
    MANIFEST,
    SIGNATURE,
    Content,
    Release,
    file_name,
    is_executable,
    pointer_name,
)

CHECKOUT = Path(__file__).parents[1]
INSTALLER = "install.sh"
#: Of the packages that a box installs, what it never runs.
_UNUSED = ("bin", "share", "numpy/**/tests", "numpy/f2py", "**/__pycache__", "converter", "training", "cloud")
#: xz: level 2 takes a third of the time of level 6, and makes the file a sixth larger.
_PRESET = 2
_MODE = 0o644
_EXECUTABLE = 0o755
Say = Callable[[str], None]


def build(suite: str, architecture: str, key: Path, cache: Path, out: Path, say: Say = print) -> Path:
    """Build a release and put it into `out`, with its installer, its public key and the pointer of network updates.

    Args:
        suite, architecture: of `device.contract.release`.
        key: private key file.
        cache: where models are, or are fetched to.
        out: folder.

    Raises:
        ConversionError: pip fails, or the checkout has no version.
        ConfigError: no private key.
        FetchError: a model cannot be had.
    """
    sign = signer(key)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "release"
        version = fill(root, suite, architecture, cache, say)
        say(f"Packing release {version} for {suite} on {architecture}.")
        packed, release = pack(root, version, suite, architecture)
    manifest = release.encode()
    file = out / file_name(version, suite, architecture)
    write(file, [(MANIFEST, manifest), (SIGNATURE, sign(manifest)), (FILES, packed)])
    shutil.copyfile(CHECKOUT / "systemd" / INSTALLER, out / INSTALLER)
    (out / INSTALLER).chmod(_EXECUTABLE)
    public = key.with_name(key.name + ".pub")
    if public.is_file():
        shutil.copyfile(public, out / public.name)
    (out / pointer_name(suite, architecture)).write_text(file.name + "\n", encoding="utf-8")
    return file


def unpacked(folder: Path, suite: str, architecture: str, cache: Path, say: Say = print) -> str:
    """Make a release in `folder`, unsigned, as `build` does; returns its version.

    If there is a `folder / "site"`, it holds the packages already.
    """
    version = fill(folder, suite, architecture, cache, say)
    (folder / MANIFEST).write_bytes(_release(folder, version, suite, architecture, Content.of(b"")).encode())
    return version


def fill(folder: Path, suite: str, architecture: str, cache: Path, say: Say) -> str:
    """Put the files of a release into `folder`; returns the version."""
    site = folder / "site"
    if not site.exists():
        say(f"Fetching the packages for {suite} on {architecture} (70 MB).")
        install(CHECKOUT / "requirements" / "device.txt", site, suite, architecture)
    version = install_own(CHECKOUT, site)
    for pattern in _UNUSED:
        for path in list(site.glob(pattern)):
            shutil.rmtree(path)
    for bundle in fetch_all(cache, say=say):
        shutil.copytree(bundle, folder / "bundles" / bundle.name)
    systemd = CHECKOUT / "systemd"
    shutil.copytree(systemd / "bin", folder / "bin")
    shutil.copytree(systemd, folder / "systemd", ignore=lambda *_: ["bin", INSTALLER])
    (folder / "docs").mkdir()
    for page in (CHECKOUT / "docs").glob("*.md"):
        shutil.copy(page, folder / "docs")
    for file in (systemd / INSTALLER, CHECKOUT / "LICENSE", CHECKOUT / "NOTICE"):
        shutil.copy(file, folder)
    return version


def pack(folder: Path, version: str, suite: str, architecture: str) -> tuple[bytes, Release]:
    """`files.tar.xz` of a folder, and what `release.json` says of it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in _names(folder):
            data = (folder / name).read_bytes()
            archive.addfile(_member(name, len(data)), io.BytesIO(data))
    content = lzma.compress(plain.getvalue(), preset=_PRESET)
    return content, _release(folder, version, suite, architecture, Content.of(content))


def write(file: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """The outer archive, of plain headers."""
    part = file.with_name(file.name + ".part")
    with tarfile.open(part, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            archive.addfile(_member(name, len(data)), io.BytesIO(data))
    part.replace(file)


def _release(folder: Path, version: str, suite: str, architecture: str, packed: Content) -> Release:
    files = {name: Content.of((folder / name).read_bytes()) for name in _names(folder)}
    return Release(FORMAT, version, suite, architecture, packed, files)


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _EXECUTABLE if is_executable(name) else _MODE
    return member
