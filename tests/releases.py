"""Small releases, signed as real ones, and a box in a folder that installs them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nacl.signing import SigningKey

from converter.release import pack, write
from device.contract.errors import UpdateError
from device.contract.release import FILES, MANIFEST, SIGNATURE, file_name
from device.contract.signature import Signature, key_id, write_key
from device.update.layout import Layout
from device.update.updater import Updater

KEY = SigningKey(bytes(range(32)))
HEALTH = "site/health"
_HOST_UNIT = "[Service]\nExecStart=/opt/affectbox/current/bin/affectbox host\n[Install]\nWantedBy=multi-user.target\n"
_UPDATE_UNIT = "[Service]\nExecStart=/opt/affectbox/proven/bin/affectbox-update settle\n"


def files_of(version: str, health: str = "good") -> dict[str, str]:
    """What a small release holds: `health` is what the stand-in of the host process finds."""
    return {
        HEALTH: health,
        "site/version": version,
        "bin/affectbox": f"#!/bin/sh\necho {version}\n",
        "systemd/units/affectbox-host.service": f"# {version}\n{_HOST_UNIT}",
        "systemd/units/affectbox-confirm.service": f"# {version}\n{_UPDATE_UNIT}",
        f"systemd/units/affectbox-only-{version.partition('+')[0]}.service": _UPDATE_UNIT,
        "systemd/tmpfiles.d/affectbox.conf": f"# {version}\n",
    }


def make_release(
    folder: Path,
    version: str,
    health: str = "good",
    suite: str = "bookworm",
    architecture: str = "arm64",
    key: SigningKey = KEY,
    more: dict[str, str] | None = None,
) -> Path:
    """The file of a release in `folder`."""
    tree = folder / f"tree-{version}-{health}"
    for name, text in (files_of(version, health) | (more or {})).items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    packed, release = pack(tree, version, suite, architecture)
    manifest = release.encode()
    signature = Signature.of(key_id(bytes(key.verify_key)), key.sign(manifest).signature).encode()
    file = folder / file_name(version, suite, architecture)
    write(file, [(MANIFEST, manifest), (SIGNATURE, signature), (FILES, packed)])
    return file


@dataclass
class StandIn:
    """The machine and its host process."""

    layout: Layout
    suite: str = "bookworm"
    architecture: str = "arm64"
    bytes_free: int = 10**9
    idle: bool = True
    started: list[str] = field(default_factory=list)

    def room(self, folder: Path) -> int:
        return self.bytes_free

    def compile(self, folder: Path) -> None:
        pass

    def start(self, units: Sequence[str], wait: bool = True) -> None:
        if units:
            self.started.append(self.layout.current)
            if self._health() == "crash":
                raise UpdateError("its host process does not start")

    def is_idle(self) -> bool:
        return self.idle

    def prove(self) -> None:
        if self._health() != "good":
            raise UpdateError("no records advanced")

    def _health(self) -> str:
        return (self.layout.home / "current" / HEALTH).read_text()


class Box:
    """A box below `root`, on which a release of version 1.0 runs."""

    def __init__(self, root: Path, files: Path) -> None:
        self.files = files
        self.layout = Layout(root)
        self.layout.keys.mkdir(parents=True)
        (self.layout.keys / "test.pub").write_text(write_key(bytes(KEY.verify_key), "of tests"))
        self.machine = StandIn(self.layout)
        self.said: list[str] = []

    @property
    def updater(self) -> Updater:
        return Updater(self.layout, self.machine, self.machine, self.said.append)

    def begin_with(self, version: str) -> None:
        """As the installer leaves it."""
        folder = self.layout.releases / ".first"
        for name, text in files_of(version).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / MANIFEST).write_bytes(pack(folder, version, "bookworm", "arm64")[1].encode())
        self.updater.adopt(folder)
