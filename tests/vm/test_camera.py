"""Cameras as a real kernel has them, in an emulated machine; `make pi-vm` runs it, in a minute or two."""

import json
import sys
from pathlib import Path

import pytest

from tests.vm.machine import run, why_not

pytestmark = [pytest.mark.chaos, pytest.mark.skipif(why_not() != "", reason=f"wants packages: {why_not()}")]


def test_a_camera_of_the_kernel_is_read_paced_frozen_and_pulled(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(
        f"cd {Path.cwd()}; PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 HOME=/run {sys.executable} tests/vm/v4l2.py\n"
    )
    code, written = run(script, "vivid n_devs=1 node_types=0x1 no_error_inj=0", limit_s=400)
    assert code == 0, written
    seen = json.loads(next(line for line in written.splitlines() if line.startswith("{")))

    assert seen["shape"] == [180, 320, 3]
    steps = [after - before for before, after in zip(seen["taken"], seen["taken"][1:], strict=False)]
    assert sorted(steps)[len(steps) // 2] == pytest.approx(1 / 15, abs=0.02), "no picture is missed"
    assert 0 <= seen["now"] - seen["taken"][-1] < 1
    assert seen["skips"] == [True] * 5
    assert "another program may hold it" in seen["held"]
    assert "'camera.exposure_ms' be fixed" in seen["fixed"]
    frozen_s, sentence = seen["frozen"]
    assert 3 < frozen_s < 5 and "stopped delivering pictures: check its cable" in sentence, (
        "before `silence_s` is over"
    )
    pulled_s, sentence = seen["pulled"]
    assert pulled_s < 5 and "stopped delivering pictures" in sentence
