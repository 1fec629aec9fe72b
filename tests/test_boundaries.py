"""The walls of the house, read from its imports."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SIDES = ("device", "converter", "training", "cloud")
#: The way of the data: a stage may import the ones before it. Also stated in device/stages/__init__.py.
STAGES = (
    "geometry quantile frame detector landmarks tracker pose quality aligner "
    "reader expression appearance calm neutral eyes codes expressions smoother"
).split()
#: What training may share with the box, beside the contract: the stages that must be identical on both, the runtime,
#: so that a bundle is evaluated by the very code that runs it on the box, and how the box finds its bundles.
SHARED_WITH_TRAINING = (
    "device.contract",
    "device.bundle_folders",
    "device.closing",
    "device.models",
    "device.stills",
    "device.stages",
    "device.arrays",
    "device.runtime",
    "device.settings",
)
#: What the converter may share beside the contract: the arithmetic and the trust that the box applies to a bundle.
SHARED_WITH_CONVERTER = ("device.contract", "device.bundle_folders", "device.runtime", "device.signatures")
NOT_ON_THE_BOX = ("tensorflow", "keras", "onnx", "firebase_admin", "plotly", "pandas", "matplotlib", "skimage", "dask")


def modules(side: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / side).rglob("*.py")))


def imports(path: Path) -> set[str]:
    """Every module that the file imports, also inside functions; `from a import b` counts as `a` and `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def breaches(side: str, forbidden: tuple[str, ...], allowed: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(side)
        for name in sorted(imports(path))
        if within(name, forbidden) and not within(name, allowed)
    ]


def test_the_box_carries_none_of_the_workstation() -> None:
    assert breaches("device", (*NOT_ON_THE_BOX, "converter", "training", "cloud")) == []


@pytest.mark.parametrize(
    ("side", "shared"), [("converter", SHARED_WITH_CONVERTER), ("cloud", ("device.contract",))], ids=str
)
def test_other_sides_know_only_the_contract_of_the_box(side: str, shared: tuple[str, ...]) -> None:
    others = tuple(other for other in SIDES if other not in (side, "device"))
    assert breaches(side, others) == []
    assert [b for b in breaches(side, ("device",), shared) if not b.endswith("imports device")] == []


def test_training_shares_only_the_stages_that_must_be_identical() -> None:
    assert breaches("training", ("cloud",), ("cloud.reading",)) == []  # what it learns from is what boxes wrote
    assert breaches("converter", ("training",)) == []  # a trained network goes to the converter, never back
    assert breaches("training", ("device",), SHARED_WITH_TRAINING) == []


def test_the_reader_knows_the_contract_alone() -> None:
    """So that whoever reads what boxes wrote, training too, gets none of the rest with it."""
    assert breaches("cloud/reading", SIDES, ("device.contract", "cloud.reading")) == []


def test_the_contract_needs_only_the_standard_library_and_for_toml_one_more() -> None:
    for path in modules("device/contract"):
        more = ("msgspec",) if path.stem in ("toml", "mistakes") else ()
        allowed = (*sys.stdlib_module_names, "device.contract", *more)
        assert {name for name in imports(path) if not within(name, allowed)} - {"device"} == set(), path


def test_settings_are_a_leaf() -> None:
    """Everybody may import them, and a command that only reads them starts at once."""
    for name, ours in (("settings", ("device.contract",)), ("config", ("device.contract", "device.settings"))):
        others = imports(ROOT / "device" / f"{name}.py") - {"device"}
        assert {other for other in others if within(other, SIDES) and not within(other, ours)} == set()


def test_reading_the_settings_loads_nothing_else() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import device.config, sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    ours = {name for name in loaded if within(name, SIDES)} - {"device", "device.config", "device.settings"}
    assert {name for name in ours if not within(name, ("device.contract",))} == set()
    assert set(loaded) & {"numpy", "cv2", "psutil", "nacl", "sqlite3", "http", "ssl", "socket", "asyncio"} == set()


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_imports_a_later_stage(stage: str) -> None:
    later = tuple(f"device.stages.{name}" for name in STAGES[STAGES.index(stage) :])
    assert [name for name in imports(ROOT / "device" / "stages" / f"{stage}.py") if within(name, later)] == []


def test_every_stage_has_its_place_in_the_order() -> None:
    files = {path.stem for path in modules("device/stages")} - {"__init__"}
    assert files == set(STAGES)
    stated = (ROOT / "device" / "stages" / "__init__.py").read_text()
    listed = re.findall(r"^ {4}(\w.*)$", stated, re.MULTILINE)
    assert " ".join(listed).split() == STAGES


def test_stages_do_no_input_or_output_and_start_no_thread() -> None:
    forbidden = ("threading", "socket", "sqlite3", "os", "pathlib", "http", "urllib", "subprocess", "time")
    assert breaches("device/stages", forbidden) == []


@pytest.mark.parametrize(
    ("package", "only"),
    [
        ("picamera2", "device/camera/picamera.py"),
        ("sqlite3", "device/delivery/sqlite.py"),
        ("http.client", "device/delivery/"),
        ("psutil", "device/host.py"),
        ("PIL", "device/commands/lettering.py"),
        ("mediapipe", "device/commands/mediapipe_worker.py"),
    ],
)
def test_each_outside_thing_has_one_door(package: str, only: str) -> None:
    users = [str(p.relative_to(ROOT)) for p in modules("device") if within_any(imports(p), package)]
    assert [user for user in users if not user.startswith((only, "device/commands/bench.py"))] == []


def test_the_box_reaches_the_network_through_one_client_that_keeps_its_deadline() -> None:
    others = ("urllib.request", "urllib3", "requests", "httpx", "aiohttp")
    assert breaches("device", others) == []
    assert [path.name for path in modules("device") if re.search(r"HTTPS?Connection\b", path.read_text())] == [
        "connection.py"
    ]


def within_any(names: set[str], package: str) -> bool:
    return any(within(name, (package,)) for name in names)


def test_nobody_sleeps_or_measures_intervals_by_the_wall_clock() -> None:
    for side in SIDES:
        for path in modules(side):
            text = path.read_text()
            assert "time.sleep" not in text, path
            if path.name not in ("clock.py",) and side == "device":
                assert "time.time()" not in text, path


def test_systemd_shadows_nothing() -> None:
    assert not (ROOT / "systemd" / "__init__.py").exists()
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    assert {*SIDES, "systemd", "tests"} <= folders
