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
    "reader expression appearance personal calm neutral eyes codes expressions smoother"
).split()
#: What training may share with the box, beside the contract: the stages that must be identical on both, the runtime,
#: so that a bundle is evaluated by the very code that runs it on the box, how the box finds its bundles, and how
#: pictures become a film.
SHARED_WITH_TRAINING = (
    "device.contract",
    "device.bundle_folders",
    "device.closing",
    "device.features",
    "device.film",
    "device.models",
    "device.stills",
    "device.stages",
    "device.arrays",
    "device.runtime",
    "device.settings",
)
#: What the converter may share beside the contract: the arithmetic and the trust that the box applies to a bundle.
SHARED_WITH_CONVERTER = ("device.contract", "device.bundle_folders", "device.runtime", "device.signatures")
#: What readers may share beside the contract: how pictures become a film that browsers play, and what an episode is.
SHARED_WITH_CLOUD = ("device.contract", "device.film", "device.features.episodes")
#: What each side may import beside the standard library and our own; on the box each costs memory and needs a wheel.
LIBRARIES = {
    "device": "PIL ai_edge_litert av cv2 gpiozero libcamera mediapipe msgspec nacl numpy picamera2 psutil starlette "
    "tflite_runtime uvicorn",
    "converter": "ai_edge_litert ai_edge_quantizer flatbuffers keras msgspec nacl numpy onnx packaging tensorflow",
    "training": "av cv2 dask distributed jinja2 kaggle keras matplotlib mne msgspec numpy pandas pyarrow scipy "
    "skimage sklearn starlette statsmodels tensorflow torch tqdm uvicorn",
    "cloud": "argon2 av cv2 dash dash_ag_grid dash_mantine_components dask distributed fastapi firebase_admin "
    "google httpx jinja2 matplotlib msgspec numpy plotly pyarrow starlette uvicorn weasyprint",
}
#: Pacing, on an event loop; nothing is waited for by it.
MAY_SLEEP = (
    "cloud/dashboard/base.py",
    "cloud/demo/fleet.py",
    "cloud/erasing/erase.py",
    "cloud/load/fleet.py",
    "cloud/watch/pacing.py",
    "tests/relay.py",
)
#: What asks for the wall clock: the clock, and the date of an HTTP answer.
MAY_ASK_THE_TIME = ("device/clock.py", "device/delivery/database.py")


def modules(side: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / side).rglob("*.py")))


def imports(path: Path) -> set[str]:
    """Every module that the file imports, also inside functions; `from a import b` counts as `a` and `a.b`."""
    return imported(ast.parse(path.read_text()), path)


def imported(tree: ast.AST, path: Path) -> set[str]:
    """As `imports`, of code that was parsed."""
    found = set()
    for node in ast.walk(tree):
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


@pytest.mark.parametrize("side", SIDES)
def test_each_side_imports_only_the_libraries_that_it_may(side: str) -> None:
    known = {*LIBRARIES[side].split(), *SIDES, *sys.stdlib_module_names}
    used = {name.partition(".")[0] for path in modules(side) for name in imports(path) | loaded_by_name(path)}
    assert used - known == set()


def test_the_box_carries_none_of_the_workstation() -> None:
    assert breaches("device", ("converter", "training", "cloud")) == []


def loaded_by_name(path: Path) -> set[str]:
    """Modules that the file names in a call of `import_module` or `__import__`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {
        str(argument.value)
        for call in calls
        if name_of(call.func) in ("import_module", "__import__")
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }


def name_of(called: ast.expr) -> str:
    """`f` of `f()` and of `a.b.f()`."""
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


@pytest.mark.parametrize(
    ("side", "shared"), [("converter", SHARED_WITH_CONVERTER), ("cloud", SHARED_WITH_CLOUD)], ids=str
)
def test_other_sides_know_only_the_contract_of_the_box(side: str, shared: tuple[str, ...]) -> None:
    others = tuple(other for other in SIDES if other not in (side, "device"))
    assert breaches(side, others) == []
    assert [b for b in breaches(side, ("device",), shared) if not b.endswith("imports device")] == []


def test_training_shares_only_the_stages_that_must_be_identical() -> None:
    # What it learns from is what boxes wrote; the face is drawn by one hand; a person is erased by one list of files.
    allowed = ("cloud.reading", "cloud.face", "cloud.erasing.known")
    assert breaches("training", ("cloud",), allowed) == []
    assert breaches("converter", ("training",)) == []  # a trained network goes to the converter, never back
    assert breaches("training", ("device",), SHARED_WITH_TRAINING) == []


def test_the_reader_knows_the_contract_alone() -> None:
    """So that whoever reads what boxes wrote, training too, gets none of the rest with it."""
    assert breaches("cloud/reading", SIDES, ("device.contract", "cloud.reading")) == []


def test_the_contract_needs_only_the_standard_library_and_in_three_places_one_more() -> None:
    for path in modules("device/contract"):
        more = ("msgspec",) if path.stem in ("toml", "mistakes", "control") else ()
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


def test_naming_a_reader_s_command_loads_no_heavy_library() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import cloud.cli, sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    heavy = {"cv2", "matplotlib", "pyarrow", "dask", "distributed", "av", "weasyprint", "dash", "plotly", "fastapi"}
    assert set(loaded) & heavy == set()


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
        ("psutil", "device/metrics.py"),
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


def sleeps(source: str) -> list[int]:
    """Lines that wait for time to pass and for nothing else."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (
            isinstance(node, (ast.Name, ast.Attribute, ast.alias))
            and (getattr(node, "id", "") or getattr(node, "attr", "") or getattr(node, "name", ""))
            in ("sleep", "usleep")
        )
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (
                (
                    node.func.attr == "wait"
                    and isinstance(node.func.value, ast.Call)
                    and name_of(node.func.value.func) == "Event"
                )
                or (node.func.attr in ("run", "Popen", "call") and "'sleep'" in ast.unparse(node))
                or (node.func.attr == "select" and ast.unparse(node).startswith("select.select([], [], []"))
            )
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep as rest\nrest(1)",
        "import time as t\nt.sleep(1)",
        "threading.Event().wait(3)",
        "select.select([], [], [], 1)",
        "subprocess.run(['sleep', '1'])",
        "await asyncio.sleep(1)",
    ],
)
def test_the_search_finds_what_sleeps(source: str) -> None:
    assert sleeps(source) != []


def test_nobody_sleeps() -> None:
    paths = [path for side in (*SIDES, "tests") for path in modules(side) if path != Path(__file__)]
    found = {str(path.relative_to(ROOT)): lines for path in paths if (lines := sleeps(path.read_text()))}
    assert found.keys() == set(MAY_SLEEP)


def test_nobody_waits_by_what_may_swallow_its_end() -> None:
    """`asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with what is waited for; then a loop
    goes on, and its program never ends. `asyncio.timeout` does not."""
    paths = [path for side in SIDES for path in modules(side)]
    assert [str(path.relative_to(ROOT)) for path in paths if "asyncio.wait_for(" in path.read_text()] == []


def test_on_the_box_only_the_clock_knows_the_wall_time() -> None:
    asked = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
    users = {
        str(path.relative_to(ROOT))
        for path in modules("device")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in asked
    }
    assert users <= set(MAY_ASK_THE_TIME)


def test_systemd_shadows_nothing() -> None:
    assert not (ROOT / "systemd" / "__init__.py").exists()
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    assert {*SIDES, "systemd", "tests"} <= folders
