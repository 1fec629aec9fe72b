"""The player that is committed is the one that its source makes."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCE, MODULES = ROOT / "cloud" / "face" / "viewer", ROOT / "build" / "face-viewer" / "node_modules"


def test_the_committed_player_is_built_of_this_source(tmp_path: Path) -> None:
    if not (MODULES / ".bin" / "esbuild").exists():
        pytest.skip("no esbuild: make face-viewer")
    built = tmp_path / "viewer.js"
    subprocess.run([SOURCE / "build.sh", MODULES, built], check=True, timeout=60)
    assert built.read_bytes() == (ROOT / "cloud/face/viewer.js").read_bytes(), "make face-viewer, and commit"


def test_the_player_asks_the_network_for_nothing_and_evaluates_nothing() -> None:
    ours = "\n".join(path.read_text() for path in SOURCE.glob("*.js"))
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|import\(|eval|innerHTML|insertAdjacentHTML|Function)\b", ours
    )
