"""The wheel is whole: what it holds runs from another folder, with the checkout out of reach."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import cv2
import pytest
from packaging.requirements import Requirement

from cloud.__main__ import main as cloud_program
from cloud.local import evaluation
from device.arrays import ByteImage
from device.bundle_folders import bundle_cache
from device.contract import command, version
from device.contract.errors import RuntimeMissingError
from tests.test_boundaries import imports

ROOT = Path(__file__).parents[1]
SIDES = ("device", "converter", "training", "cloud")
PROGRAMS = ("affectbox", "affectbox-converter", "affectbox-training", "affectbox-cloud")
LARGEST_MB = 4
#: In the new environment: whoever opens a file of the checkout fails. Its virtual environment lends the dependencies.
OUT_OF_REACH = """
import os, sys
ROOT, LENT = {root!r}, {lent!r}
def refuse(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str):
        path = os.path.abspath(arguments[0])
        if (path + "/").startswith(ROOT + "/") and not path.startswith(LENT):
            raise PermissionError(13, "the checkout is out of reach", path)
sys.addaudithook(refuse)
"""
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Elsewhere:
    """Runs commands of the new environment in a folder that has nothing of the checkout."""

    programs: Path
    folder: Path

    def __call__(self, *words: str | Path) -> Done:
        places = {"AFFECTBOX_CACHE": "cache", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "user"}
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | places
        command = [self.programs / words[0], *words[1:]]
        return subprocess.run(command, cwd=self.folder, env=variables, check=False, text=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as `make wheel` makes it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the wheel, and the dependencies of this one; not this one's affectbox."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    install = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--no-index", "--no-compile", "--ignore-installed", wheel], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    lent = (sys.prefix, str(ROOT / "build" / "node"))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (packages / "sitecustomize.py").write_text(OUT_OF_REACH.format(root=str(ROOT), lent=lent))
    return folder


@pytest.fixture(scope="module")
def elsewhere(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "cache").mkdir()
    shutil.copytree(bundle_cache() / "downloads", folder / "cache" / "downloads")
    return Elsewhere(environment / "bin", folder)


def done(result: Done) -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_wheel_holds_every_file_of_the_four_sides_and_the_service_and_no_tests(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name and ".data/" not in name}
    files = {p for side in SIDES for p in (ROOT / side).rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert held == {str(path.relative_to(ROOT)) for path in files}
    assert wheel.stat().st_size < LARGEST_MB * 1e6


def test_nothing_of_the_checkout_can_be_opened(elsewhere: Elsewhere) -> None:
    refused = elsewhere("python", "-c", f"open({str(ROOT / 'README.md')!r})")
    assert "the checkout is out of reach" in refused.stderr
    where = done(elsewhere("python", "-c", "import device, cloud, converter, training as t; print(t.__file__)"))
    assert not where.startswith(str(ROOT))


def test_the_version_is_that_of_the_wheel(elsewhere: Elsewhere, wheel: Path) -> None:
    said = done(elsewhere("python", "-c", "from device.contract.version import version; print(version())")).strip()
    assert wheel.name.startswith(f"affectbox-{said}-")


def test_a_bare_copy_of_the_tree_says_that_its_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "DISTRIBUTION", "affectbox-that-nobody-installed")
    assert version.version() == version.NOT_INSTALLED


def test_the_installed_box_watches_a_picture_with_models_that_it_fetched(
    elsewhere: Elsewhere, portrait: ByteImage
) -> None:
    assert "[detector]" in done(elsewhere("affectbox", "check-config"))
    done(elsewhere("affectbox-converter", "fetch", "--offline"))
    cv2.imwrite(str(elsewhere.folder / "face.png"), portrait)  # type: ignore[call-overload]
    done(elsewhere("affectbox", "run", "--source", "face.png", "--sink", "jsonl:out.jsonl"))
    lines = [json.loads(line) for line in (elsewhere.folder / "out.jsonl").read_text().splitlines()]
    record = next(line for line in lines if "emotions" in line)
    assert record["emotions"]["happiness"] > 0.5


def test_the_service_file_is_where_an_installer_finds_it(environment: Path) -> None:
    installed = {path.name: path.read_text() for path in (environment / "share" / "affectbox" / "systemd").iterdir()}
    assert installed == {path.name: path.read_text() for path in (ROOT / "systemd").iterdir()}


def test_the_installed_converter_verifies_the_bundle_that_ships(elsewhere: Elsewhere, environment: Path) -> None:
    bundle = next(environment.glob("lib/python*/site-packages/device/bundles/face-*"))
    assert bundle.name in done(elsewhere("affectbox-converter", "verify", bundle))


def test_the_installed_cloud_side_prints_the_rules(elsewhere: Elsewhere) -> None:
    printed = json.loads(done(elsewhere("affectbox-cloud", "rules")))
    assert printed == json.loads((ROOT / "cloud" / "database.rules.json").read_text())


def test_the_box_imports_only_what_its_extra_brings() -> None:
    """The extra `device` is all that a Pi installs; the rest comes from apt, or is not there and not needed."""
    optional = {"picamera2", "tflite_runtime", "mediapipe", "google"}
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["device"]
    brought = {re.split(r"[^\w-]", requirement)[0].lower() for requirement in extra}
    owners = {name: {owner.lower() for owner in found} for name, found in metadata.packages_distributions().items()}
    for path in (ROOT / "device").rglob("*.py"):
        for name in {imported.partition(".")[0] for imported in imports(path)} - sys.stdlib_module_names - optional:
            assert name == "device" or brought & owners.get(name, set()), f"{path} imports {name}"


@pytest.mark.parametrize(
    ("python", "machine", "numpy"),
    [("3.11", "aarch64", "1.26.4"), ("3.13", "aarch64", "2.4.6"), ("3.11", "x86_64", "2.4.6")],
)
def test_what_runs_on_a_pi_asks_for_one_version_of_each_package(python: str, machine: str, numpy: str) -> None:
    """apt's picamera2 is built against numpy 1 on bookworm (3.11), against numpy 2 on trixie (3.13)."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = [Requirement(text) for extra in ("device", "cloud", "demo") for text in extras[extra]]
    where = {"python_version": python, "platform_machine": machine}
    there = [one for one in asked if one.marker is None or one.marker.evaluate(where)]
    versions = {
        name: {str(one.specifier) for one in there if one.name == name} for name in {one.name for one in asked}
    }
    assert {len(found) for found in versions.values()} == {1}
    assert versions["numpy"] == {f"=={numpy}"}


def test_without_its_packages_a_program_says_which_to_install(environment: Path, tmp_path: Path) -> None:
    own = next(environment.glob("lib/python*/site-packages"))
    for program in PROGRAMS:
        module = SIDES[PROGRAMS.index(program)]
        bare = [sys.executable, "-S", "-c", f"import sys; from {module}.__main__ import main; sys.exit(main())"]
        words = ["run", "--source", "face.png"] if program == "affectbox" else ["--help"]
        ended = subprocess.run(
            [*bare, *words], cwd=tmp_path, env={"PYTHONPATH": str(own)}, check=False, text=True, capture_output=True
        )
        extra = program.partition("-")[2] or "device"
        assert (ended.returncode, ended.stderr.count("\n")) == (RuntimeMissingError.exit_code, 1), ended.stderr
        assert f"pip install 'affectbox[{extra}]'" in ended.stderr


def test_an_interrupt_while_a_program_is_imported_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "import_module", interrupted)
    assert cloud_program() == command.INTERRUPTED


def test_every_installed_command_has_help(elsewhere: Elsewhere) -> None:
    for program in PROGRAMS:
        assert f"usage: {program}" in done(elsewhere(program, "--help"))


def test_the_installed_local_database_enforces_rules_once_targaryen_is_there(elsewhere: Elsewhere) -> None:
    if not evaluation.NODE_MODULES.is_dir():
        pytest.skip("`make rules-evaluator` has not been run")
    (elsewhere.folder / "rules.json").write_text(done(elsewhere("affectbox-cloud", "rules")))
    serve = ("affectbox-cloud", "local", "--port", "0", "--data", "db", "--rules", "rules.json", "--", "true")
    assert "npm ci" in elsewhere(*serve).stderr
    (elsewhere.folder / "user" / "affectbox").mkdir(parents=True)
    (elsewhere.folder / "user" / "affectbox" / "node").symlink_to(evaluation.NODE_MODULES.parent)
    done(elsewhere(*serve))
