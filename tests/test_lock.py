"""What a box installs is pinned with hashes, as a whole and as pyproject.toml has it."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "device.txt"
#: The environments of a box: Raspberry Pi OS bookworm and trixie, and a PC.
BOXES = [
    {"python_version": version, "python_full_version": f"{version}.2", "platform_machine": machine}
    for version, machine in (("3.11", "aarch64"), ("3.13", "aarch64"), ("3.11", "x86_64"), ("3.13", "x86_64"))
]


def locked() -> list[tuple[Requirement, list[str]]]:
    """Each requirement of the lock with its hashes."""
    text = re.sub(r"^#.*\n", "", LOCK.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split("--hash=") for line in text.splitlines() if line.strip()]
    return [(Requirement(first.strip()), [one.strip() for one in hashes]) for first, *hashes in lines]


def pins(requirements: list[Requirement], box: dict[str, str]) -> dict[str, str]:
    """Name → version of what such a box installs."""
    there = [each for each in requirements if each.marker is None or each.marker.evaluate({**box, "extra": ""})]
    return {canonicalize_name(each.name): str(each.specifier) for each in there}


def test_every_package_of_the_lock_is_one_version_with_hashes() -> None:
    assert len(locked()) >= 10
    for requirement, hashes in locked():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement
    assert "://" not in LOCK.read_text() and "--index" not in LOCK.read_text()


@pytest.mark.parametrize("box", BOXES, ids=lambda box: "-".join(box.values()))
def test_the_lock_has_what_pyproject_asks_for(box: dict[str, str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = pins([Requirement(text) for text in extras["device"]], box)
    found = pins([requirement for requirement, _ in locked()], box)
    assert wanted == {name: found.get(name) for name in wanted}


def test_nothing_that_those_packages_need_is_left_out() -> None:
    names = {canonicalize_name(requirement.name) for requirement, _ in locked()}
    for name in names:
        try:
            needed = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue  # one for another machine
        here = {
            canonicalize_name(each.name) for each in needed if not each.marker or each.marker.evaluate({"extra": ""})
        }
        assert here <= names, name
