"""Evaluates Firebase's security rules, in a process of Node with targaryen: one question, one answer.

What may be asked stands in `evaluator.js`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from cloud.local.tree import RequestError
from device.contract.errors import ConfigError

_HERE = Path(__file__).parent


def _node_folder() -> Path:
    """Where targaryen is installed: in a checkout its `build/node`, else a folder of the user's cache."""
    checkout = _HERE.parents[2]
    if (checkout / "Makefile").is_file():
        return checkout / "build" / "node"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "affectbox" / "node"


NODE_MODULES = _node_folder() / "node_modules"


class Evaluator:
    """The process. Not safe to use from several threads."""

    def __init__(self) -> None:
        """Raises `ConfigError`: no Node, or no targaryen."""
        node = shutil.which("node")
        if node is None:
            raise ConfigError("Rules cannot be evaluated without Node: install nodejs.")
        if not (NODE_MODULES / "targaryen").is_dir():
            folder = NODE_MODULES.parent
            raise ConfigError(
                f"Rules cannot be evaluated without targaryen: run `mkdir -p {folder} && cp {_HERE}/package*.json "
                f"{folder} && npm ci --ignore-scripts --prefix {folder}`."
            )
        self._process = subprocess.Popen(
            [node, _HERE / "evaluator.js"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"NODE_PATH": str(NODE_MODULES)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """One question, one answer. Raises `RequestError`: it has ended, or cannot make sense of the question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise RequestError("The evaluator of the rules has ended; start the database again.", 500)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RequestError(answer["error"])
        return answer

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
