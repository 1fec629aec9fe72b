"""That people without Linux can use what is for their own machine: `au`, `annotate`, `coding` and `atypicality`.

Nothing of Windows is here: `tests.elsewhere` plays what it lacks, and the rest is read from the code.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, Request, build_opener

import cv2
import numpy as np
import pytest

from device.bundle_folders import bundle_cache
from device.cli import main
from tests.elsewhere import FUNCTIONS, MODULES
from tests.test_boundaries import ROOT, SIDES, imported, name_of
from training.annotation.project import open_project

#: What the commands for people's own machines are made of; the cameras and processes of a box are not.
FOR_ALL = (
    *("device.commands.au", "device.commands.au_given", "device.contract.command", "converter.fetch"),
    *("training.annotation", "training.atypicality", "training.action_units.command"),
)
#: What they import where a camera is meant, which `au` never opens.
ONLY_OF_CAMERAS = re.compile(r"device\.camera\.(v4l2\w*|usb|stamps|picamera\w*|listing|standin\w*)")


def elsewhere(program: str, *words: object) -> list[str]:
    """The command that runs a program as it would run there."""
    return [sys.executable, "-m", "tests.elsewhere", program, *map(str, words)]


def run(program: str, *words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(elsewhere(program, *words), cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def faces(tmp_path, portrait):
    folder = tmp_path / "Gesichter äöü"
    folder.mkdir()
    cv2.imwrite(str(folder / "one.png"), portrait)
    cv2.imwrite(str(folder / "two.png"), np.ascontiguousarray(portrait[:, ::-1]))
    return folder


def test_au_gives_there_what_it_gives_here(faces, tmp_path):
    here, there, page = (tmp_path / name for name in ("here.csv", "there.csv", "page.html"))
    assert main(["au", str(faces), "--csv", str(here)]) == 0

    done = run("device.cli", "au", faces, "--csv", there, "--page", page, "--thumbnails")

    assert (done.returncode, done.stderr) == (0, "")
    assert there.read_bytes() == here.read_bytes()
    assert "Gesichter äöü" in page.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.glob("*.part")) == []


@contextmanager
def page_of(*words: object) -> Iterator[str]:
    """The link of a page that runs there."""
    with subprocess.Popen(elsewhere(*words), cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            yield found.group()
        finally:
            server.kill()


def test_annotate_keeps_there_what_was_coded(faces, tmp_path):
    project = tmp_path / "project"
    made = ("training.cli", "annotate", project, "--source", faces, "--coder", "ann", "--no-browser", "--port", 0)
    act = {"type": "setmark", "sequence": faces.name, "place": 1, "action": "AU12", "mark": {"value": 1}}
    body = {"client": "c", "seat": "c", "acts": [{"number": 1, "act": act}]}

    with page_of(*made) as link:
        ask = build_opener(HTTPCookieProcessor(CookieJar()))
        ask.open(link).close()
        address = link.partition("/enter")[0]
        with ask.open(f"{address}/pictures/0/1") as picture:
            assert picture.read(4) == b"\x89PNG"
        for path, content in (("/api/enter", {"seat": "c"}), ("/api/acts", body)):
            json_type = {"Content-Type": "application/json"}
            with ask.open(Request(address + path, json.dumps(content).encode(), json_type)) as answer:
                told = json.load(answer)
    assert told["refused"] == []

    with open_project(project) as opened:
        assert opened.frame("ann", faces.name, 1).marks["AU12"].value == 1

    done = run("training.cli", "coding", "export", project, "--layout", "csv", "--out", tmp_path / "codes")
    assert done.stderr == ""
    assert (tmp_path / "codes" / "frames.csv").exists()


def test_the_models_can_be_had_there(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "downloads").symlink_to(bundle_cache() / "downloads")

    done = run("converter.cli", "fetch", "--offline", "--cache", cache)

    assert (done.returncode, done.stderr) == (0, "")
    assert (cache / "face-mesh-1.0.0" / "manifest.json").exists()


def reached(names: tuple[str, ...]) -> dict[str, ast.AST]:
    """Every module of ours that these lead to, parsed, by its name; what is imported inside functions too."""
    found: dict[str, ast.AST] = {}
    waiting = [name for package in names for name in within(package)]
    while waiting:
        name = waiting.pop()
        path = file_of(name)
        if name in found or path is None or ONLY_OF_CAMERAS.fullmatch(name):
            continue
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
        waiting += [other for other in imported(found[name], path) if other.partition(".")[0] in SIDES]
    return found


def within(package: str) -> list[str]:
    folder = ROOT / package.replace(".", "/")
    if not folder.is_dir():
        return [package]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(folder.rglob("*.py"))]


def file_of(name: str) -> Path | None:
    place = ROOT / name.replace(".", "/")
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


ONLY_POSIX = {f"{module.__name__}.{name}" for module, names in FUNCTIONS.items() for name in names} | {*MODULES}


def only_posix(tree: ast.AST) -> list[str]:
    """What of this code would fail there, but for what is asked for first (`hasattr`, `getattr`)."""
    used, asked = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Import):
            used |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add(node.module or "")
        elif isinstance(node, ast.Call) and name_of(node.func) in ("hasattr", "getattr"):
            asked.add(".".join(ast.unparse(part).strip("'") for part in node.args[:2]))
    return sorted((used & ONLY_POSIX) - asked)


def of_no_encoding(tree: ast.AST) -> list[str]:
    """Text that is read or written as the system happens to write it: on Windows in the code page of the country."""
    return [
        ast.unparse(call)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and name_of(call.func) in ("read_text", "write_text")
        if not call.args[name_of(call.func) == "write_text" :]
        if not any(word.arg == "encoding" for word in call.keywords)
        if not re.search(r"json\.dumps|_BOOT_ID", ast.unparse(call))  # ASCII whatever they hold
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os\nos.geteuid()", ["os.geteuid"]),
        ("import fcntl", ["fcntl"]),
        ("from termios import tcgetattr", ["termios"]),
        ("import signal\nsignal.SIGKILL", ["signal.SIGKILL"]),
        ("import os\nif hasattr(os, 'fchmod'): os.fchmod(1, 2)", []),
        ("import os\nos.replace('a', 'b')", []),
    ],
)
def test_the_search_finds_what_only_posix_has(source, found):
    assert only_posix(ast.parse(source)) == found


def test_what_is_for_all_systems_asks_for_nothing_that_only_posix_has():
    trees = reached(FOR_ALL)

    assert {"device.pipeline", "training.annotation.project", "cloud.erasing.known"} <= set(trees)
    assert {name: what for name, tree in trees.items() if (what := only_posix(tree))} == {}
    assert {name: what for name, tree in trees.items() if (what := of_no_encoding(tree))} == {}
