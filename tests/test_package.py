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
from packaging.utils import canonicalize_name

from cloud.__main__ import main as cloud_program
from cloud.local import evaluator
from device.arrays import ByteImage
from device.bundle_folders import bundle_cache
from device.contract import command, version
from device.contract.errors import RuntimeMissingError
from tests.recordings import records_in
from tests.test_boundaries import imports

ROOT = Path(__file__).parents[1]
SIDES = ("device", "converter", "training", "cloud")
PROGRAMS = ("affectbox", "affectbox-converter", "affectbox-training", "affectbox-cloud")
LARGEST_MB = 5
#: Side → the extras that its commands are documented to need.
EXTRAS = {
    "device": ("device",),
    "converter": ("converter",),
    "training": ("training", "demo"),
    "cloud": ("cloud", "dashboard", "admin"),
}
#: Comes from apt, is another library for the same, has an environment or an extra of its own, or is google-auth, of
#: whatever version firebase-admin wants.
OPTIONAL = {"gpiozero", "picamera2", "tflite_runtime", "mediapipe", "kaggle", "google", "torch"}
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


@pytest.fixture(scope="module")
def owners() -> dict[str, set[str]]:
    """Import name → the packages that bring it."""
    return {name: set(map(canonicalize_name, found)) for name, found in metadata.packages_distributions().items()}


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


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), r"0\.1\.0\.dev0"),
        (("init", "add", "commit"), r"0\.1\.0\.dev\d+\+g[0-9a-f]+"),
        (("init", "add", "commit", "tag v0.2.0"), r"0\.2\.0"),
        (("init", "add", "commit", "tag v0.2.0", "commit"), r"0\.2\.1\.dev1\+g[0-9a-f]+"),
    ],
    ids=["no git", "no tag", "a tag", "after a tag"],
)
def test_versions_come_of_the_tags_and_there_always_is_one(tmp_path: Path, steps: tuple[str, ...], said: str) -> None:
    for name in ("pyproject.toml", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, tmp_path)
    options = {"add": ["--all"], "commit": ["--quiet", "--allow-empty", "--message", "One"], "init": ["--quiet"]}
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for step in steps:
        subprocess.run(["git", *who, *step.split(), *options.get(step, ())], cwd=tmp_path, check=True)
    told = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"], cwd=tmp_path, check=True, text=True, stdout=subprocess.PIPE
    )
    assert re.fullmatch(said, told.stdout.strip())


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
    lines = records_in(elsewhere.folder / "out.jsonl")
    record = next(line for line in lines if "emotions" in line)
    assert record["emotions"]["happiness"] > 0.5


def test_the_units_are_where_an_installer_finds_them(environment: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert files(environment / "share" / "affectbox" / "systemd") == files(ROOT / "systemd")


def test_the_installed_converter_verifies_the_bundle_that_ships(elsewhere: Elsewhere, environment: Path) -> None:
    bundle = next(environment.glob("lib/python*/site-packages/device/bundles/face-*"))
    assert bundle.name in done(elsewhere("affectbox-converter", "verify", bundle))


def test_the_installed_cloud_side_prints_the_rules(elsewhere: Elsewhere) -> None:
    printed = json.loads(done(elsewhere("affectbox-cloud", "rules")))
    assert printed == json.loads((ROOT / "cloud" / "database.rules.json").read_text())


@pytest.mark.parametrize(("side", "extras"), EXTRAS.items())
def test_a_side_imports_only_what_its_extra_brings(
    side: str, extras: tuple[str, ...], owners: dict[str, set[str]]
) -> None:
    """Also in what it imports of the other sides. The extra `device` is all that a Pi installs."""
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    brought = {canonicalize_name(Requirement(text).name) for extra in extras for text in offered[extra]}
    for path in reached(side):
        for name in {imported.partition(".")[0] for imported in imports(path)} - sys.stdlib_module_names - OPTIONAL:
            assert name in SIDES or brought & owners.get(name, set()), f"{path.relative_to(ROOT)} imports {name}"


def reached(side: str) -> set[Path]:
    """The modules of a side, and those of other sides that they import, directly or not."""
    found: set[Path] = set()
    waiting = list((ROOT / side).rglob("*.py"))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            named = [ROOT / (name.replace(".", "/") + ".py") for name in imports(path)]
            waiting += [module for module in named if module.is_file()]
    return found


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
    if not evaluator.NODE_MODULES.is_dir():
        pytest.skip("`make rules-evaluator` has not been run")
    (elsewhere.folder / "rules.json").write_text(done(elsewhere("affectbox-cloud", "rules")))
    serve = ("affectbox-cloud", "local", "--port", "0", "--data", "db", "--rules", "rules.json", "--", "true")
    assert "npm ci" in elsewhere(*serve).stderr
    (elsewhere.folder / "user" / "affectbox").mkdir(parents=True)
    (elsewhere.folder / "user" / "affectbox" / "node").symlink_to(evaluator.NODE_MODULES.parent)
    done(elsewhere(*serve))
