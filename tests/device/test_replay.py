"""`affectbox replay`: clips and pictures are drawn as what they are, records sent again are counted as what became of
them, and nothing is made of what cannot be read."""

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from device.arrays import ByteImage
from device.cli import main
from device.commands.drawing import Drawing, open_drawing
from device.contract.errors import ConfigError, DataError, SourceError
from device.contract.labels import Reason
from device.contract.record import Json, decode
from device.observation import Observation
from device.settings import Settings
from device.stages.frame import Frame
from tests.peers import Peer

SIDE = 64


def grey(level: int) -> ByteImage:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def seen_in(image: ByteImage, time_s: float = 0.0, name: str = "") -> Observation:
    return Observation(Frame(image, 0, 0.0, media_s=time_s, name=name), 0, (Reason.NO_FACE,), {})


def drawing(out: Path, tmp_path: Path, count: int = 2) -> Drawing:
    opened = SimpleNamespace(rate=25.0, count=count)
    return open_drawing(out, tmp_path / "in" / "clip.mp4", opened, Settings())  # type: ignore[arg-type]


def asked(out: str, tmp_path: Path, count: int = 2) -> str:
    with drawing(tmp_path / out, tmp_path, count) as opened:
        return type(opened).__name__


def test_what_is_drawn_follows_from_its_name(tmp_path: Path) -> None:
    assert asked("out.mp4", tmp_path) == asked("OUT.MP4", tmp_path) == "Clip"
    assert asked("out", tmp_path) == asked("", tmp_path) == "Folder"
    assert asked("out.png", tmp_path, count=1) == asked("out.jpg", tmp_path, count=1) == "One"


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("out.png", "has more"),
        ("out.mov", "give --overlay out.mp4"),
        ("out.txt", "neither .mp4"),
        ("in/clip.mp4", "another place"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_what_can(tmp_path: Path, out: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        asked(out, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_a_folder_keep_their_names(tmp_path: Path, portrait: ByteImage) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("anna.png", "ben.jpg", "anna.jpg"):
        cv2.imwrite(str(tmp_path / "photos" / name), portrait)
    assert main(["replay", str(tmp_path / "photos"), "--overlay", str(tmp_path / "seen")]) == 0
    assert {path.name for path in (tmp_path / "seen").iterdir()} == {"anna.png", "anna.png.png", "ben.png"}


def test_one_picture_is_drawn_as_one(tmp_path: Path, portrait: ByteImage, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "photo.jpg"), portrait)
    assert main(["replay", str(tmp_path / "photo.jpg"), "--overlay", str(tmp_path / "seen.png")]) == 0
    drawn = cv2.imread(str(tmp_path / "seen.png"))
    assert drawn is not None and drawn.shape[0] == 720
    assert capsys.readouterr().out.startswith("1 pictures drawn in")


def test_a_picture_that_cannot_be_read_is_left_out_and_no_success(
    tmp_path: Path, portrait: ByteImage, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "anna.png"), portrait)
    (tmp_path / "photos" / "broken.png").write_bytes(b"no picture")
    assert main(["replay", str(tmp_path / "photos"), "--overlay", str(tmp_path / "seen")]) == DataError.exit_code
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["anna.png"]
    assert "1 of 2 pictures were left out; the others are drawn" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["seen.png", "seen"])
def test_what_is_drawn_is_for_its_owners_eyes(tmp_path: Path, out: str) -> None:
    drawn = tmp_path / out
    if drawn.suffix:
        drawn.touch(0o644)
    with drawing(drawn, tmp_path, 1) as opened:
        opened.take(seen_in(grey(100)))
    (made,) = [path for path in (tmp_path, *tmp_path.rglob("*")) if path.is_file()]
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.stat().st_size > 0
    assert drawn.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("out", ["seen", "seen.mp4", "seen.png"])
def test_nothing_is_made_of_what_is_not_there(tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.mp4"
    assert main(["replay", str(missing), "--overlay", str(tmp_path / out)]) == SourceError.exit_code
    assert capsys.readouterr().err == f"affectbox: {missing} does not exist: check its path.\n"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_where_records_are_not_there(tmp_path: Path) -> None:
    assert main(["replay", str(tmp_path / "x.jsonl"), "--sink", f"jsonl:{tmp_path / 'y'}"]) != 0
    assert list(tmp_path.iterdir()) == []


def record(seq: int) -> Json:
    return {
        "v": 1,
        "device": "tester",
        "boot": "9f1c446a-0000202347",
        "seq": seq,
        "status": "gated",
        "reasons": ["no_face"],
        "faces": 0,
        "frame": {"index": seq},
        "time": {"mono": seq / 10, "wall": 1.7e9, "trusted": True},
    }


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def bad_lines() -> dict[str, str]:
    good = json.dumps(record(2))
    return {
        "cut off": good[:50],
        "no object": "[1, 2]",
        "deep": "[" * 100_000,
        "deep object": '{"a":' * 100_000,
        "a vast number": good.replace('"seq": 2', '"seq": 1' + "0" * 400),
        "more digits than are read": good.replace('"seq": 2', '"seq": 1' + "0" * 5000),
        "half a character": json.dumps(record(2) | {"boot": "\ud800"}),
        "infinite": good.replace('"mono": 0.2', '"mono": 1e999'),
        "no number": good.replace('"mono": 0.2', '"mono": NaN'),
        "a key with dots": json.dumps(record(2) | {"time.mono": 1}),
        "nothing": "",
    }


def test_a_recording_is_not_sent_to_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = written(tmp_path / "records.jsonl", json.dumps(record(1)))
    same = tmp_path / "x" / ".." / "records.jsonl"
    assert main(["replay", str(recording), "--sink", f"jsonl:{same}"]) == ConfigError.exit_code
    assert "cannot be sent to itself" in capsys.readouterr().err
    assert len(recording.read_bytes().splitlines()) == 1


@pytest.mark.parametrize("kind", bad_lines())
def test_a_bad_line_is_told_and_the_others_are_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    lines = json.dumps(record(1)), bad_lines()[kind], json.dumps(record(3))
    recording, again = written(tmp_path / "records.jsonl", *lines), tmp_path / "again.jsonl"
    assert main(["replay", str(recording), "--sink", f"jsonl:{again}"]) == DataError.exit_code
    assert [decode(line)["seq"] for line in again.read_bytes().splitlines()] == [1, 3]
    captured = capsys.readouterr()
    assert captured.out == "2 records and 0 events sent again\n"
    (sentence,) = captured.err.splitlines()
    assert "1 lines" in sentence and "line 2" in sentence and len(sentence) < 600


def test_what_the_database_refuses_does_not_count_as_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peer, recording = Peer(), written(tmp_path / "records.jsonl", *(json.dumps(record(seq)) for seq in range(1, 21)))
    peer.refuse = "s000000005"
    outbox = f"outbox.path={tmp_path / 'outbox.db'}"
    sink = f"rtdb:http://127.0.0.1:{peer.server.server_port}?ns=clinic"
    code = main(["replay", str(recording), "--sink", sink, "--set", outbox])
    captured = capsys.readouterr()
    assert code == DataError.exit_code
    assert captured.out == "20 records and 0 events read: 1 refused, the others sent again\n"
    assert "refused 1 documents" in captured.err and "outbox.db keeps them" in captured.err
    assert len([path for path in peer.held if path.startswith("records/")]) == 19
    peer.close()
