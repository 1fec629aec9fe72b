"""Other people's loaders open our exports: py-feat's of its own columns and of OpenFace's, and exploface's of
OpenFace's. `make readers-test` makes the environment that they need."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cloud.cli import main
from cloud.export import openface, pyfeat
from tests.cloud.exports import CONSENT, FIRST, event, record, written

CHECKOUT = Path(__file__).parents[2]
PYTHON = CHECKOUT / "build" / "readers" / "bin" / "python"
LIMIT_S = 300


def exported(recording: Path, out: Path, name: str) -> Path:
    assert main(["export", str(recording), "--out", str(out), "--set", name]) == 0
    (path,) = (out / "data").rglob("*.csv")
    return path


@pytest.mark.files
@pytest.mark.skipif(not PYTHON.exists(), reason="`make readers-test` has not made the environment of these loaders")
def test_loaders_of_other_programs_open_our_files(tmp_path: Path) -> None:
    seen: dict[str, Any] = {"pose": {"yaw": 0.0, "pitch": 9.0, "roll": 0.0}, "quality": {"presence": 0.9}}
    seen |= {"face": {"x": 0.25, "y": 0.5, "w": 0.1, "h": 0.2}, "emotions": {"happiness": 0.75, "neutral": 0.25}}
    smiles = {*range(20, 31), *range(60, 71)}
    rows = [record(seq, **seen, aus={"AU12": 2.5 if seq in smiles else 0.0}) for seq in range(1, 101)]
    camera = event(2, "camera", FIRST, 0.1, frame={"width": 1280, "height": 720})
    recording = written(tmp_path / "a.jsonl", event(1, "began", FIRST, 0.1, consent=CONSENT), camera, *rows)
    files = [exported(recording, tmp_path / name, name) for name in ("py-feat", "openface")]
    told = subprocess.run(
        [PYTHON, CHECKOUT / "tests" / "readers" / "open_exports.py", *files],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    own, other = found["py-feat"], found["openface"]
    assert (own["type"], own["rows"], own["AU12"], own["happiness"]) == ("Fex", 100, 2.5, 0.75)
    assert own["aus"] == [f"AU{number:02}" for number in pyfeat.UNITS]
    assert own["emotions"] == [*pyfeat.EMOTIONS]
    assert own["Pitch"] == pytest.approx(0.15708, abs=1e-5)
    assert own["rectangle"] == [320.0, 360.0, 128.0, 144.0, 0.9]
    assert (other["type"], other["rows"], other["AU12_r"], other["landmarks"]) == ("Fex", 100, 2.5, 136)
    assert len(other["aus"]) == len(openface.INTENSITIES) + len(openface.PRESENCES)
    assert other["pose_Rx"] == pytest.approx(-0.15708, abs=1e-5)
    assert found["exploface"] == {"columns": 714, "duration": pytest.approx(9.9), "smiles": 2}
