"""At the limits of every setting the box still runs: beyond them, and only there, is a value refused."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import cv2
import pytest

from device.arrays import ByteImage
from device.cli import main
from device.settings import Settings

LEAST = {
    "quality.min_brightness": "0",
    "quality.max_brightness": "0.001",
    "supervision.stall_s": "30",
}  # networks take long here
MOST = {
    "quality.min_brightness": "0.999",
    "quality.max_brightness": "1",
    "camera.exposure_ms": "4.1",  # no longer than a frame
    "run.max_frames": "3",
    "models.threads": "2",
}


def ends() -> Iterator[tuple[str, float, float]]:
    """Key, least and greatest value of every setting that has both."""
    for section, kind in get_type_hints(Settings).items():
        for key, hint in get_type_hints(kind, include_extras=True).items():
            (meta,) = get_args(hint)[1:2] if get_origin(hint) is Annotated else (None,)
            if meta and not meta.pattern and (meta.le or meta.lt):
                least = meta.ge if meta.ge is not None else math.nextafter(meta.gt, 1)
                yield f"{section}.{key}", least, meta.le if meta.le is not None else math.nextafter(meta.lt, 0)


@pytest.mark.parametrize(
    "zone", ["[0, 0, 0.05, 0.05]", "[0.95, 0.95, 0.05, 0.05]", "[0, 0, 1, 1]", "[0, 0.5, 1, 0.05]"]
)
@pytest.mark.parametrize("greatest", [False, True], ids=["least", "greatest"])
def test_the_box_runs_at_the_limits(greatest: bool, zone: str, tmp_path: Path, portrait: ByteImage) -> None:
    for name in ("1.png", "2.png", "3.png"):
        (tmp_path / "pictures").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "pictures" / name), portrait)
    values = {key: repr(most if greatest else least) for key, least, most in ends()} | (MOST if greatest else LEAST)
    values |= {"detector.zone": zone, "outbox.path": str(tmp_path / "outbox.db"), "device.id": "tester"}
    out = tmp_path / "records.jsonl"
    words = ["run", "--source", str(tmp_path / "pictures"), "--sink", f"jsonl:{out}"]
    words += [] if greatest else ["--sink", "rtdb:http://127.0.0.1:9?ns=x"]
    assert len(values) > 40
    assert main([*words, *(f"--set={key}={value}" for key, value in values.items())]) == 0
    assert sum(b'"seq":' in line for line in out.read_bytes().splitlines()) == 3
