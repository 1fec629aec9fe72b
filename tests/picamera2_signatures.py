"""The signatures of Picamera2, read from its source: it needs libcamera, which only apt has, to be imported.

pip download --no-deps picamera2==0.3.38 -d build/picamera2
python -m tests.picamera2_signatures build/picamera2/*.whl > tests/device/picamera2-0.3.38.json
"""

import ast
import importlib.util
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

CLASSES = {"picamera2.py": "Picamera2", "request.py": "CompletedRequest", "job.py": "Job"}
#: "Class.method" → its parameters after `self`, as "name" or "name=default"
Signatures = dict[str, list[str]]


def of_wheel(path: Path) -> tuple[str, Signatures]:
    """Version and signatures of a wheel."""
    version = path.name.split("-")[1]
    with zipfile.ZipFile(path) as wheel:
        return version, _read({name: wheel.read(f"picamera2/{name}").decode() for name in CLASSES})


def of_installed() -> tuple[str, Signatures] | None:
    """Version and signatures of the installed package, such as apt's; None where there is none."""
    found = importlib.util.find_spec("picamera2")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations)))
    return metadata.version("picamera2"), _read({name: (folder / name).read_text() for name in CLASSES})


def _read(sources: dict[str, str]) -> Signatures:
    return {name: said for file, text in sources.items() for name, said in _methods(ast.parse(text), CLASSES[file])}


def _methods(module: ast.Module, name: str) -> Iterator[tuple[str, list[str]]]:
    (found,) = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == name]
    for node in found.body:
        if isinstance(node, ast.FunctionDef) and re.fullmatch(r"__init__|[a-z].*[a-z]", node.name):
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            if "overload" not in marks and not any(mark.endswith(".setter") for mark in marks):
                yield f"{name}.{node.name}", _parameters(node.args, "staticmethod" in marks)


def _parameters(args: ast.arguments, static: bool) -> list[str]:
    names = [arg.arg for arg in args.args]
    defaults = [None] * (len(names) - len(args.defaults)) + [ast.unparse(value) for value in args.defaults]
    said = [name if value is None else f"{name}={value}" for name, value in zip(names, defaults, strict=True)]
    return said if static else said[1:]


if __name__ == "__main__":
    version, signatures = of_wheel(Path(sys.argv[1]))
    print(json.dumps({"version": version, "signatures": signatures}, indent=1))
