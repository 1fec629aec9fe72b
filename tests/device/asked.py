"""A bundle that is asked about recorded sessions, by `affectbox COMMAND FILE --bundle …`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from device.cli import main
from device.contract.fields import Json, encode

#: Of documents, or lines as they are, and further arguments: exit code, what was printed, and what was said.
Asked = Callable[..., tuple[int, list[Json], str]]


def asked_by(command: str, bundle: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    """Called with what a file holds and further arguments; bundles are in `folder`/bundles."""

    def ask(lines: Sequence[Any], *arguments: str) -> tuple[int, list[Json], str]:
        file = folder / "sessions.jsonl"
        file.write_bytes(b"".join((one if isinstance(one, bytes) else encode(one)) + b"\n" for one in lines))
        own = ["--set", f'models.folders=["{folder / "bundles"}"]', "--set", "models.allow_unsigned=true"]
        code = main([command, str(file), "--bundle", bundle, *own, *arguments])
        out, said = capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], said

    return ask
