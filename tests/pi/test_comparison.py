"""The judgement of `make pi-check` itself: what is the same passes, what is not does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pi.check import BEGIN, END, PAGE
from tests.pi.comparison import compare
from tests.pi.roots import ROOT, SUITES, requirements


def file_of(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text(
        "".join(json.dumps(line) + "\n" for line in [{"event": "camera", "frame": {"width": 640}}, *records])
    )
    return path


def record(index: int, **changes: Any) -> dict[str, Any]:
    return {
        "seq": index + 1,
        "frame": {"index": index},
        "status": "measured",
        "faces": 1,
        "emotions": {"happiness": 0.6, "neutral": 0.4},
        "aus": {"AU12": 4.9, "AU6": 2.4},
        "pose": {"yaw": 1.0, "pitch": -10.0, "roll": 3.4},
        "eyes": {"open": 0.9},
        "face": {"x": 0.3, "y": 0.25, "w": 0.28, "h": 0.43},
    } | changes


def test_records_within_the_tolerances_pass(tmp_path: Path) -> None:
    here = file_of(tmp_path / "here", record(0), record(1, status="rejected", reasons=["no_face"]))
    near = record(0, emotions={"happiness": 0.605, "neutral": 0.395}, aus={"AU12": 4.85, "AU6": 2.4})
    there = file_of(tmp_path / "there", near, record(1, status="rejected", reasons=["no_face"]))
    compared = compare(here, there)
    assert compared.passed
    assert (compared.frames, compared.measured) == (2, 1)
    assert compared.greatest["action units"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    "changes",
    [
        {"emotions": {"happiness": 0.62, "neutral": 0.38}},
        {"aus": {"AU12": 4.7, "AU6": 2.4}},
        {"aus": {"AU12": 4.9}},
        {"pose": {"yaw": 1.5, "pitch": -10.0, "roll": 3.4}},
        {"eyes": {"open": 0.8}},
        {"face": {"x": 0.31, "y": 0.25, "w": 0.28, "h": 0.43}},
        {"status": "rejected", "reasons": ["blurred"]},
        {"frame": {"index": 7}},
    ],
)
def test_records_that_differ_fail(tmp_path: Path, changes: dict[str, Any]) -> None:
    here, there = file_of(tmp_path / "here", record(0)), file_of(tmp_path / "there", record(0, **changes))
    assert not compare(here, there).passed


def test_nothing_measured_is_no_success(tmp_path: Path) -> None:
    nothing = file_of(tmp_path / "nothing")
    assert not compare(nothing, nothing).passed


@pytest.mark.parametrize("suite", SUITES)
def test_a_box_installs_what_is_listed_for_its_suite(suite: str) -> None:
    named = dict(
        line.partition(" --hash=")[0].split("==")
        for line in requirements(suite, (ROOT / "requirements" / "device.txt").read_text())
    )
    assert {"ai-edge-litert", "numpy", "opencv-python-headless", "psutil"} <= named.keys()
    assert named["numpy"].startswith("1." if suite == "bookworm" else "2.")


def test_the_page_holds_the_last_result() -> None:
    between = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert "bookworm | trixie" in between
    assert "passed" in between
    assert "failed" not in between
