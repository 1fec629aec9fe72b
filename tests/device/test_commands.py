"""The commands as a person uses them: what they print, what they leave behind, and how they fail."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device.arrays import ByteImage
from device.bundle_folders import SHIPPED, bundle_cache
from device.cli import main
from device.contract.errors import (
    CheckFailedError,
    ConfigError,
    DataError,
    ModelError,
    OutboxError,
    SinkError,
    SourceError,
    StorageError,
)
from device.contract.fields import check
from device.contract.telemetry import FIELDS
from device.settings import ModelSettings
from tests.peers import Peer
from tests.personal_bundles import PERSON, personal_bundle
from tests.recordings import events_in, records_in


@pytest.fixture
def photo(tmp_path: Path, portrait: ByteImage) -> Path:
    path = tmp_path / "portrait.png"
    cv2.imwrite(str(path), portrait)
    return path


@pytest.fixture
def short_clip(tmp_path: Path, portrait: ByteImage) -> Path:
    """Two seconds of the portrait, at 25 frames a second."""
    path = tmp_path / "short.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (512, 512))
    for _ in range(50):
        writer.write(portrait)
    writer.release()
    return path


def test_a_photograph_of_a_smiling_woman(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "records.jsonl"
    assert main(["run", "--source", str(photo), "--sink", f"jsonl:{out}"]) == 0
    (record,) = records_in(out)
    assert record["emotions"]["happiness"] > 0.8
    assert record["aus"]["AU12"] > 2
    assert next(iter(record["models"].values())) == ModelSettings().face
    assert 0.3 < record["face"]["x"] < 0.4
    assert "1 recorded" in capsys.readouterr().out


def test_a_run_that_comes_to_nothing_leaves_no_file(tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"
    assert main(["run", "--source", str(tmp_path / "none.mp4"), "--sink", f"jsonl:{out}"]) == SourceError.exit_code
    assert not out.exists()


def test_a_run_stops_after_max_frames(short_clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"
    assert main(["run", "--source", str(short_clip), "--max-frames", "7", "--sink", f"jsonl:{out}"]) == 0
    assert len(records_in(out)) == 7
    assert [event["event"] for event in events_in(out)] == ["began", "camera", "ended"]


def test_in_real_time_frames_come_at_their_own_pace(short_clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"
    assert main(["run", "--realtime", "--source", str(short_clip), "--sink", f"jsonl:{out}"]) == 0
    records = records_in(out)
    assert 48 <= records[-1]["frame"]["index"] <= 49
    assert len(records) + sum(r["frame"].get("dropped", 0) for r in records) == 20, "ten a second, and no more"
    assert {r["pace"]["rate"] for r in records} == {10}
    first, last = records[0], records[-1]
    media_s = last["frame"]["media"] - first["frame"]["media"]
    assert last["time"]["mono"] - first["time"]["mono"] >= media_s - 0.05


def test_a_camera_that_freezes_ends_the_run_and_what_was_seen_is_kept(
    short_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "records.jsonl"
    source, patience = f"standin:{short_clip}?freeze=60", ["--set", "camera.silence_s=2"]
    assert main(["run", "--source", source, *patience, "--sink", f"jsonl:{out}"]) == SourceError.exit_code

    told = capsys.readouterr().err.strip().splitlines()
    assert told[-1].startswith("affectbox: The camera 0 has delivered no picture for 2 s: check that its ribbon cable")
    records, events = records_in(out), events_in(out)
    assert records[-1]["frame"]["index"] >= 55, "a clip begins again after its end; ten a second are looked at"
    assert events[1]["frame"] == {"width": 640, "height": 480}
    assert events[-1]["why"] == "failed"
    times = [record["time"]["mono"] for record in records]
    assert times == sorted(times) and "media" not in records[0]["frame"]
    ahead = [record["time"]["mono"] - events[0]["time"]["mono"] for record in records]
    assert ahead[0] >= 0 and ahead[-1] - ahead[0] >= 2.2, "60 pictures at 25 a second, by the camera's own clock"


def test_two_runs_into_one_file_do_not_share_an_identity(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"
    for _ in range(2):
        main(["run", "--source", str(photo), "--sink", f"jsonl:{out}"])
    first, second = records_in(out)
    assert first["seq"] == second["seq"] == 1
    assert first["boot"] != second["boot"]


def test_without_a_database_records_wait_in_the_outbox(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outbox = f"outbox.path={tmp_path / 'outbox.db'}"
    assert main(["run", "--source", str(photo), "--sink", "rtdb:http://127.0.0.1:9?ns=x", "--set", outbox]) == 0
    assert "1 waiting for the next start" in capsys.readouterr().out


def wrong_uses(tmp_path: Path) -> list[tuple[list[str], int, str]]:
    empty, text, video = tmp_path / "empty", tmp_path / "notes.txt", tmp_path / "broken.mp4"
    picture, file = tmp_path / "broken.png", tmp_path / "file"
    empty.mkdir()
    for path in (text, video, picture, file):
        path.write_bytes(b"not what it says")
    source, models = SourceError.exit_code, ModelError.exit_code
    good = ["--source", str(picture)]
    return [
        (["run"], source, "give --source"),
        (["run", "--source", str(tmp_path / "none.mp4")], source, "does not exist"),
        (["run", "--source", str(empty)], source, "holds no image"),
        (["run", "--source", str(text)], source, "not a readable video"),
        (["run", "--source", str(video)], source, "not a readable video"),
        (["run", *good], source, "not a readable image"),
        (["run", "--source", "v4l2:/dev/video99"], source, "No camera answers"),
        (["run", "--source", "picamera2:0"], source, "python3-picamera2"),
        (["run", "--source", "picamera2:front"], source, "picamera2:0"),
        (["run", *good, "--sink", "paper"], SinkError.exit_code, "not a sink"),
        (["run", *good, "--sink", "jsonl:"], SinkError.exit_code, "not a sink"),
        (["run", *good, "--sink", "rtdb:localhost"], SinkError.exit_code, "not a database address"),
        (["run", *good, "--sink", f"jsonl:{file}/x.jsonl"], SinkError.exit_code, "cannot be written"),
        (["run", *good, "--sink", "rtdb:http://a", "--sink", "rtdb:http://b"], SinkError.exit_code, "Only one"),
        (
            ["run", *good, "--sink", "rtdb:http://a", "--set", f"outbox.path={file}/o.db"],
            OutboxError.exit_code,
            "outbox.path",
        ),
        (["run", *good, "--set", "models.face=face-9.9.9"], models, "affectbox-converter fetch"),
        (
            ["run", *good, "--set", "models.face=blazeface-short-1.0.0"],
            models,
            "not for 'face-reading'",
        ),
        (["run", *good, "--set", "models.expression=face-9.9.9"], models, "affectbox-converter fetch"),
        (["run", *good, "--set", "models.action_units=face-1.0.0"], models, "not for 'action-units'"),
        (["run", *good, "--set", "models.landmarks=blazeface-short-1.0.0"], models, "not for 'face-landmarks'"),
        (["run", *good, "--max-frames", "-1"], ConfigError.exit_code, "max_frames"),
        (["run", "--config", str(tmp_path / "none.toml")], ConfigError.exit_code, "cannot be read"),
        (["replay", str(picture)], ConfigError.exit_code, "--overlay"),
        (["replay", str(tmp_path / "x.jsonl")], ConfigError.exit_code, "--sink"),
        (
            ["replay", str(tmp_path / "x.jsonl"), "--sink", f"jsonl:{tmp_path}/y"],
            StorageError.exit_code,
            "does not exist",
        ),
        (["bench", "--source", str(tmp_path / "none.mp4")], source, "does not exist"),
    ]


@pytest.mark.parametrize("case", range(26))
def test_bad_input_is_one_clear_sentence_with_its_own_exit_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], case: int
) -> None:
    arguments, code, sentence = wrong_uses(tmp_path)[case]
    assert main(arguments) == code
    errors = capfd.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("affectbox: ")
    assert sentence in errors[0]


def test_every_wrong_use_is_tried(tmp_path: Path) -> None:
    assert len(wrong_uses(tmp_path)) == 26


def test_an_altered_model_stops_the_run(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = tmp_path / "cache" / "face-0.1.1"
    bundle.mkdir(parents=True)
    for name in ("model.tflite", "MODEL_CARD.md", "manifest.json", "manifest.sig"):
        (bundle / name).write_bytes((SHIPPED / ModelSettings().face / name).read_bytes())
    model = bytearray((bundle / "model.tflite").read_bytes())
    model[len(model) // 2] ^= 1
    (bundle / "model.tflite").write_bytes(model)
    settings = ["--set", f"models.cache={tmp_path / 'cache'}", "--set", "models.face=face-0.1.1"]
    for name in ("blazeface-short-1.0.0", "blazeface-full-1.0.0", "face-mesh-1.0.0"):
        (tmp_path / "cache" / name).symlink_to(bundle_cache() / name)
    assert main(["run", "--source", str(photo), *settings]) == ModelError.exit_code
    assert "SHA-256" in capsys.readouterr().err


def test_check_config_prints_what_is_in_effect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "--set", "tracker.hold_s=7"]) == 0
    assert "hold_s = 7.0" in capsys.readouterr().out


def test_doctor_finds_nothing_wrong_with_a_good_box(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--source", str(photo), "--sink", f"jsonl:{tmp_path / 'x.jsonl'}"]) == 0
    printed = capsys.readouterr().out
    assert "512×512" in printed
    assert "FAIL" not in printed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda image: image, "ok       face       94 pixels wide, brightness 56%"),
        (lambda image: (image * 0.1).astype(np.uint8), "too dark: more light on the face"),
        (lambda image: np.full_like(image, 128), "nobody in view, no face: sit before the camera"),
        (lambda image: cv2.resize(image, (200, 200)), "small: better 48 pixels or more, so move the camera nearer"),
    ],
)
def test_doctor_says_whether_it_sees_a_face_how_large_and_how_well_lit(
    tmp_path: Path, portrait: ByteImage, capsys: pytest.CaptureFixture[str], change: Any, says: str
) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), change(portrait))
    assert main(["doctor", "--source", str(photo)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " face " in line]
    assert says in line
    assert line.startswith("ok" if "ok" in says else "warning")


def test_doctor_says_what_is_wrong_and_how_to_mend_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--source", "v4l2:/dev/video99", "--sink", "rtdb:http://127.0.0.1:9?ns=x"]
    assert main(["doctor", *arguments, "--set", "models.face=gone-1.0.0"]) == CheckFailedError.exit_code
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("FAIL") and "ls /dev/video*" in line for line in lines)
    assert any(line.startswith("FAIL") and "affectbox-converter fetch" in line for line in lines)
    assert any(line.startswith("warning") and "wait in the outbox" in line for line in lines)


@pytest.mark.parametrize("as_sink", ["short.mp4", "../{}/short.mp4", "hard.link"])
def test_what_is_watched_is_not_written_to(
    short_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_sink: str
) -> None:
    before = short_clip.read_bytes()
    (tmp_path / "hard.link").hardlink_to(short_clip)
    sink = f"jsonl:{tmp_path / as_sink.format(tmp_path.name)}"
    assert main(["run", "--source", str(short_clip), "--sink", sink]) == SinkError.exit_code
    assert "is what is read: name another file" in capsys.readouterr().err
    assert short_clip.read_bytes() == before


def test_doctor_fails_a_database_whose_rules_do_not_let_the_box_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who writes nothing is let in everywhere: Firebase answers it with 204."""
    peer = Peer()
    sink = f"rtdb:http://127.0.0.1:{peer.server.server_port}?ns=clinic"
    command = ["doctor", "--sink", sink, "--set", f"outbox.path={tmp_path / 'outbox.db'}", "--set", "device.id=box-1"]
    assert main(command) == 0
    assert "ok       sink" in capsys.readouterr().out
    state = peer.held["telemetry/box-1"]
    check(state | {"seen": 1}, FIELDS, "telemetry")
    assert state["state"] == "ended"
    peer.refuse, peer.refusal = "telemetry/box-1", (401, '{"error":"Permission denied"}')
    assert main(command) == CheckFailedError.exit_code
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " sink " in line]
    assert line.startswith("FAIL") and "does not take writes (401" in line
    peer.close()


def test_doctor_survives_an_outbox_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    outbox = f"outbox.path={tmp_path / 'file' / 'folder' / 'outbox.db'}"
    assert main(["doctor", "--set", outbox]) == CheckFailedError.exit_code
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("FAIL") and "outbox.path" in line for line in lines)


def test_bench_prints_one_json_object(short_clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--source", str(short_clip), "--json", "--versus-haar"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["frames"] == 50
    assert figures["overhead_ratio"] > 1
    assert 400 < figures["bytes_per_record"] < 1500
    assert figures["rss_mb"] > 0
    assert set(figures["stage_ms"]) == {"detect", "align", "read", "interpret", "total"}
    assert figures["ratio_to_haar"] == pytest.approx(
        figures["cpu_ms_per_frame"] / figures["haar_cpu_ms_per_frame"], rel=0.01
    )


def test_bench_measures_a_person_s_own_movement_where_a_bundle_is_given(
    short_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = personal_bundle(tmp_path)
    mine = ["--patient", PERSON, "--bundle", str(bundle), "--set", "models.allow_unsigned=true"]
    assert main(["bench", "--source", str(short_clip), "--report", *mine]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^ms personal +median \d+\.\d\d, 95 % below \d+\.\d\d$", said, re.MULTILINE)
    assert PERSON not in said and "own-1.0.0" not in said


def test_bench_makes_a_block_to_send_in_that_names_nobody(
    short_clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "ward-7")
    assert main(["bench", "--source", str(short_clip), "--report", "--set", "session.patient=p-0042"]) == 0
    first, *lines, last = capsys.readouterr().out.splitlines()
    assert first.startswith("--- affectbox bench")
    assert last == "--- end ---"
    told = {line[:13].strip(): line[13:] for line in lines}
    assert told.keys() >= {
        "board",
        "processor",
        "memory",
        "system",
        "affectbox",
        "libraries",
        "networks",
        "temperature",
    }
    assert re.fullmatch(r"median \d+\.\d\d, 95 % below \d+\.\d\d", told["ms total"])
    assert told["source"] == "a video, 512×512"
    assert re.match(r"\d+\.\d frames a second at most; \d+\.\d with 0\.5 of a core", told["rate"])
    shown = "\n".join(lines)
    assert [name for name in ("ward-7", "p-0042", str(short_clip.parent), short_clip.name) if name in shown] == []


def test_replaying_records_sends_the_same_bytes_and_names_broken_lines(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, again = tmp_path / "records.jsonl", tmp_path / "again.jsonl"
    main(["run", "--source", str(photo), "--sink", f"jsonl:{recording}"])
    good = recording.read_bytes()
    assert main(["replay", str(recording), "--sink", f"jsonl:{again}"]) == 0
    assert again.read_bytes() == good
    recording.write_bytes(good + b'{"v":1,"cut of\n' + good)
    assert main(["replay", str(recording), "--sink", f"jsonl:{again}"]) == DataError.exit_code
    assert again.read_bytes() == good * 3
    assert "line 5" in capsys.readouterr().err


def test_an_overlay_is_drawn_beside_and_upon_the_picture(photo: Path, tmp_path: Path, portrait: ByteImage) -> None:
    assert main(["replay", str(photo), "--overlay", str(tmp_path / "drawn")]) == 0
    drawn = cv2.imread(str(tmp_path / "drawn" / "portrait.png"))
    assert drawn is not None
    assert drawn.shape[1] > 720
    enlarged = cv2.resize(portrait, (720, 720), interpolation=cv2.INTER_LINEAR)
    changed = np.abs(drawn[:, :720].astype(int) - enlarged).sum(2) > 60
    assert changed[98:253, 246:387].any(), "landmarks stand on the face"
    assert not changed[422:, :].any(), "and nowhere else"


def test_a_clip_is_drawn_as_a_clip(short_clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn.mp4"
    assert main(["replay", str(short_clip), "--overlay", str(out), "--set", "run.max_frames=5"]) == 0
    capture = cv2.VideoCapture(str(out))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25, abs=0.5)


def test_help_needs_no_model_and_no_opencv() -> None:
    code = "import sys, device.cli; sys.argv = ['affectbox']; device.cli._parser(); print('cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
