"""Roots of Debian for arm64 with the box in them, in which its commands run on this machine, emulated if need be.

Source of the emulator: Debian trixie's `qemu-user`, a static program; that of bookworm (7.2) hangs in the networks.
What is installed is what a box installs: every file of `requirements/device.txt` by its hash, and the wheel.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "pi"
SITE, CACHE = "opt/affectbox/site", "opt/affectbox/bundles"
#: Suite → version of its Python.
SUITES = {"bookworm": "3.11", "trixie": "3.13"}
_EMULATOR = "qemu-aarch64"
_PACKAGES = "base-files,python3,libstdc++6,ca-certificates"
_PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28")
_ENTER = """
set -e
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --rbind /dev "$1/dev"
exec env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \\
    PYTHONPATH=/{site} AFFECTBOX_CACHE=/{cache} "$(command -v chroot)" "$@"
"""


def why_not() -> str:
    """Why no root can be made here; empty when it can."""
    missing = [name for name in ("mmdebstrap", "unshare", "chroot") if not shutil.which(name)]
    if missing:
        return f"needs {', '.join(missing)}: apt-get install mmdebstrap util-linux"
    return "" if os.geteuid() == 0 else "needs root, for chroot: sudo make pi-check"


@dataclass(frozen=True)
class Done:
    """What a command in the root came to: its exit code, what it printed, and the seconds it took."""

    code: int
    printed: str
    seconds: float


@dataclass(frozen=True)
class Box:
    """A root with the box in it."""

    suite: str
    root: Path

    def python(self, *arguments: str) -> Done:
        """Run the root's Python, with a `/tmp` of its own kept between runs."""
        emulator = [] if native() else [f"/usr/bin/{_EMULATOR}"]
        script = _ENTER.format(site=SITE, cache=CACHE)
        command = ["unshare", "--mount", "sh", "-c", script, "sh", str(self.root), *emulator, "/usr/bin/python3"]
        began = time.perf_counter()
        done = subprocess.run(
            [*command, *arguments], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return Done(done.returncode, done.stdout, time.perf_counter() - began)

    @property
    def tmp(self) -> Path:
        """Its `/tmp`, as seen from here."""
        return self.root / "tmp"


def native() -> bool:
    """Whether this machine needs no emulator."""
    return platform.machine() == "aarch64"


def emulator() -> str:
    """The emulator's version; empty where none is needed."""
    if native():
        return ""
    done = subprocess.run([BUILD / _EMULATOR, "--version"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0].partition(" (")[0].replace("version ", "")


def make(suite: str, wheel: Path, bundles: Path) -> Box:
    """Make the root of a suite, or renew what is in it: libraries when their list changed, the box always."""
    box = Box(suite, BUILD / suite)
    BUILD.mkdir(parents=True, exist_ok=True)
    if not native() and not (BUILD / _EMULATOR).exists():
        _fetch_emulator()
    if not (box.root / "usr" / "bin" / "python3").exists():
        _say(f"{suite}: making a root for arm64 (some ten seconds)")
        shutil.rmtree(box.root, ignore_errors=True)
        options = ["--architectures=arm64", "--variant=extract", f"--include={_PACKAGES}"]
        _run("mmdebstrap", "--quiet", *options, suite, str(box.root))
    if not native():
        shutil.copy2(BUILD / _EMULATOR, box.root / "usr" / "bin" / _EMULATOR)
    _install(box, wheel)
    shutil.rmtree(box.root / CACHE, ignore_errors=True)
    shutil.copytree(bundles, box.root / CACHE, ignore=shutil.ignore_patterns("downloads"))
    return box


def requirements(suite: str, text: str) -> Iterator[str]:
    """The lines of `requirements/device.txt` that hold on an arm64 machine of the suite, without their conditions."""
    version = SUITES[suite]
    target = {"python_version": version, "python_full_version": f"{version}.0", "platform_machine": "aarch64"}
    environment = {name: str(value) for name, value in default_environment().items()} | target
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            named, *hashes = line.split(" --hash=")
            needed = Requirement(named)
            if needed.marker is None or needed.marker.evaluate(environment):
                yield " --hash=".join([f"{needed.name}{needed.specifier}", *(each.strip() for each in hashes)])


def _fetch_emulator() -> None:
    _say("fetching the emulator (half a minute)")
    unpacked = BUILD / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    _run("mmdebstrap", "--quiet", "--variant=extract", "--include=qemu-user", "trixie", str(unpacked))
    shutil.copy2(unpacked / "usr" / "bin" / _EMULATOR, BUILD / _EMULATOR)
    shutil.rmtree(unpacked)


def _install(box: Box, wheel: Path) -> None:
    """The libraries, if their list changed, and the box itself, by pip of this machine for the other."""
    site, listed = box.root / SITE, box.root / "opt" / "affectbox" / "requirements.txt"
    wanted = "\n".join(requirements(box.suite, (ROOT / "requirements" / "device.txt").read_text())) + "\n"
    version = SUITES[box.suite]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(site), "--upgrade", "--no-compile"]
    pip += ["--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={version}"]
    pip += [f"--platform={name}_aarch64" for name in _PLATFORMS]
    if not listed.exists() or _digest(listed.read_text()) != _digest(wanted):
        _say(f"{box.suite}: installing the libraries (ten seconds with a good network)")
        shutil.rmtree(site, ignore_errors=True)
        site.mkdir(parents=True)
        fresh = listed.with_suffix(".part")
        fresh.write_text(wanted)
        _run(*pip, "--require-hashes", "-r", str(fresh))
        fresh.replace(listed)
    for old in site.glob("affectbox-*.dist-info"):
        shutil.rmtree(old)
    _run(*pip, "--no-index", str(wheel))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _say(text: str) -> None:
    print(text, flush=True)
