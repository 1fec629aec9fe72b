"""The packages that a box runs, installed by pip into a folder: of the pinned files, each by its hash, and for another
machine than this one where need be."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from device.contract.errors import ConversionError
from device.contract.release import ARCHITECTURES, SUITES, is_version
from device.contract.version import DISTRIBUTION

#: Wheels name the C library that they were made for; Debian 12 has glibc 2.36, Debian 13 2.41.
_GLIBC = ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28", "manylinux_2_34")


def install(requirements: Path, site: Path, suite: str, architecture: str) -> None:
    """Install what `requirements` pins into the folder `site`. Raises `ConversionError`: pip fails."""
    python, machine = SUITES[suite], ARCHITECTURES[architecture]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as chosen:
        chosen.writelines(f"{line}\n" for line in pins(requirements.read_text(encoding="utf-8"), python, machine))
        chosen.flush()
        platforms = [word for glibc in _GLIBC for word in ("--platform", f"{glibc}_{machine}")]
        _pip(
            *("install", "--target", str(site), "--no-compile", "--only-binary=:all:", "--no-deps"),
            *("--implementation", "cp", "--python-version", python, *platforms),
            *("--require-hashes", "--requirement", chosen.name),
        )


def install_own(checkout: Path, site: Path) -> str:
    """Install the checkout itself, without what it needs; returns its version. Raises `ConversionError`."""
    _pip("install", "--target", str(site), "--no-compile", "--no-deps", str(checkout))
    [found] = metadata.distributions(name=DISTRIBUTION, path=[str(site)])
    if not is_version(found.version):
        raise ConversionError(f"The version of this checkout, {found.version}, is none for a release: tag it.")
    return found.version


def pins(text: str, python: str, machine: str) -> Iterator[str]:
    """The requirements of a file, with their hashes, that a machine installs.

    pip judges the conditions in such a file by the machine that it runs on, even where it installs for another.
    """
    from packaging.markers import Marker  # noqa: PLC0415  # an installation on the box itself does without

    other = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for line in text.replace("\\\n", " ").splitlines():
        requirement, _, hashes = line.partition(" --hash=")
        name, _, condition = requirement.partition(";")
        if name.strip() and not name.startswith("#") and (not condition.strip() or Marker(condition).evaluate(other)):
            yield f"{name.strip()} --hash={hashes}"


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise ConversionError(f"pip could not install what a box needs: {said[-1] if said else done.returncode}")
