"""The box measured beside MediaPipe: in turns, in another process, and one clear sentence where that cannot be."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from device.cli import main
from device.commands.rival import MediaPipe, compare
from device.contract.errors import ConfigError, ModelError

HERE = Path(sys.executable)


@pytest.fixture
def pretend(tmp_path):
    """Called with lines of a shell script: an interpreter that only does that, whatever it is told to run."""

    def make(*lines):
        path = tmp_path / "python"
        path.write_text("\n".join(["#!/bin/sh", *lines]))
        path.chmod(0o755)
        return path

    return make


def test_they_take_turns_and_who_is_first_changes():
    order = []
    ours, theirs = iter([2.0, 6.0, 4.0]), iter([8.0, 12.0, 10.0])

    def box():
        order.append("box")
        return next(ours)

    def rival():
        order.append("rival")
        return {"frames": 100, "faces": 90, "cpu_ms_per_frame": next(theirs)}

    figures = compare(box, rival)
    assert order == ["box", "rival", "rival", "box", "box", "rival"]
    assert figures["cpu_ms_per_frame_beside_mediapipe"] == 4
    assert figures["mediapipe_cpu_ms_per_frame"] == 10
    assert figures["mediapipe_face_share"] == pytest.approx(0.9)
    assert figures["ratios_to_mediapipe"] == [0.25, 0.5, 0.4]
    assert figures["ratio_to_mediapipe"] == 0.4


def test_the_worker_is_told_what_to_watch(pretend):
    python = pretend('echo "chatter"', """printf '{"said": "%s"}' "$3 $4 $5" """)
    answer = MediaPipe(python, Path("a.task")).watch("a.mp4", 30)
    assert answer == {"said": "a.task a.mp4 30"}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["echo no symbol >&2", "exit 7"], "exit code 7 and said: no symbol"),
        (["echo nonsense"], "exit code 0 and said: nothing"),
        (["""echo '{"error": "it is tired"}'"""], "it is tired"),
    ],
)
def test_a_rival_that_fails_is_said_in_one_sentence(pretend, lines, sentence):
    with pytest.raises(ConfigError, match=sentence) as caught:
        MediaPipe(pretend(*lines), Path("a.task")).watch("a.mp4", 0)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("mediapipe") is not None, reason="MediaPipe is installed here")
def test_an_environment_without_mediapipe_is_named():
    with pytest.raises(ConfigError, match=r"cannot import MediaPipe .*--versus-mediapipe"):
        MediaPipe(HERE, Path("a.task")).watch("a.mp4", 0)


def test_no_interpreter_or_no_task_file_is_an_error_with_its_own_code(tmp_path, clip, capfd):
    bench = ["bench", "--source", str(clip), "--max-frames", "40"]
    nowhere = f"models.cache={tmp_path}"
    assert main([*bench, "--versus-mediapipe", "--set", nowhere]) == ModelError.exit_code
    assert "affectbox-converter fetch" in capfd.readouterr().err
    assert main([*bench, "--versus-mediapipe", str(tmp_path / "none")]) == ConfigError.exit_code
    assert "cannot be run" in capfd.readouterr().err


def test_bench_tells_decoding_and_the_ratio(pretend, clip, capsys):
    python = pretend("""echo '{"frames": 40, "faces": 40, "cpu_ms_per_frame": 1000.0}'""")
    given = ["--source", str(clip), "--max-frames", "40", "--json", "--versus-mediapipe", str(python)]
    assert main(["bench", *given]) == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures["face_share"] == 1
    assert 0 < figures["decode_ms_per_frame"] < figures["cpu_ms_per_frame"]
    without = (figures["cpu_ms_per_frame"] - figures["decode_ms_per_frame"]) / figures["invoke_ms_per_frame"]
    assert figures["overhead_ratio_without_decoding"] == pytest.approx(without, abs=0.01)
    assert len(figures["ratios_to_mediapipe"]) == 3
    assert figures["ratio_to_mediapipe"] == pytest.approx(
        figures["cpu_ms_per_frame_beside_mediapipe"] / 1000, abs=0.001
    )
