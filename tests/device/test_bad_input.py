"""Whatever is given in the place of a picture or a video: one sentence, an exit code of its own, no traceback, nothing
made."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.cli import main

_HEADS = {
    ".png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    ".jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0",
    ".mp4": b"\0\0\0\x18ftypisom",
    ".avi": b"RIFF\xff\xff\0\0AVI LIST",
    ".webp": b"RIFF\xff\xff\0\0WEBPVP8 ",
}


def noise(head: bytes) -> bytes:
    return head + random.Random(len(head)).randbytes(5000)


def at(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def linked(target: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "link.mp4").symlink_to(target)
        return folder / "link.mp4"

    return make


def pipe(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        os.mkfifo(folder / name)
        return folder / name

    return make


def folder_of(data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "caf\udce9").mkdir()
        (folder / "caf\udce9" / "caf\udce9.png").write_bytes(data)
        return folder / "caf\udce9"

    return make


BAD: dict[str, Callable[[Path], Path]] = {
    "missing": lambda folder: folder / "missing.mp4",
    "of a long name": lambda folder: folder / ("x" * 300 + ".png"),
    "below a file": lambda folder: at("file", b"")(folder) / "clip.mp4",
    "empty": at("clip.mp4", b""),
    "an empty picture": at("picture.png", b""),
    "text": at("notes.txt", b"not what it says"),
    "of an odd name": at("caf\udce9.mp4", b"not what it says"),
    "a picture of an odd name": at("caf\udce9.png", b"not what it says"),
    "a folder of bad pictures": folder_of(b"not what it says"),
    "a link to nothing": linked("nowhere"),
    "a link to itself": linked("link.mp4"),
    "a pipe": pipe("clip.mp4"),
    "a pipe like a picture": pipe("picture.png"),
    "a device": lambda folder: Path("/dev/zero"),
    **{f"noise like {suffix}": at(f"noise{suffix}", noise(head)) for suffix, head in _HEADS.items()},
}
COMMANDS = {
    "run": ("run", "--source"),
    "replay": ("replay", "--overlay", "seen"),
    "au --image": ("au", "--csv", "au.csv", "--image"),
    "au --video": ("au", "--csv", "au.csv", "--video"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str, kind: str
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    source = BAD[kind](given)
    (tmp_path / "made").mkdir()
    monkeypatch.chdir(tmp_path / "made")
    code = main([*COMMANDS[command], str(source)])
    captured = capfd.readouterr()
    assert code >= 10
    assert [line for line in captured.err.splitlines() if not line.startswith("affectbox: ")] == []
    assert captured.err.count("\n") == 1
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("shape", [(1, 6000, 3), (6000, 1, 3), (1, 1, 3), (40, 6000, 3)])
def test_a_strip_is_a_picture_without_a_face(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: tuple[int, int, int]
) -> None:
    strip = tmp_path / "strip.png"
    cv2.imwrite(str(strip), np.full(shape, 120, np.uint8))
    assert main(["run", "--source", str(strip)]) == 0
    assert "0 of 1" in capsys.readouterr().out
    assert main(["replay", str(strip), "--overlay", str(tmp_path / "seen.png")]) == 0
    drawn = cv2.imread(str(tmp_path / "seen.png"))
    assert drawn is not None and drawn.shape[1] < 2400
