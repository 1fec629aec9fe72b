"""What is shown while a command works: to whom, and what happens when nobody reads it."""

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import pytest

from device.arrays import ByteImage
from device.cli import main
from device.clock import FakeClock
from device.commands.display import Display
from device.commands.progress import Progress
from device.contract.command import INTERRUPTED, UNREAD, concluded
from device.contract.errors import StorageError
from device.contract.labels import ACTION_UNIT_KEYS, EMOTIONS
from device.contract.version import version
from device.summary import Summary
from tests.recordings import records_in

SEEN = {
    "status": "measured",
    "frame": {"index": 0},
    "faces": 1,
    "track": {"id": 1},
    "emotions": {"sadness": 0.9, "neutral": 0.1},
    "aus": {"AU4": 3.0, "AU15": 2.0},
    "time": {"mono": 1.0},
    "host": {"rss": 100.0, "memory": 5.0},
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    """As the other end of a pipe that was closed, a full disk, or a closed file."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


def run_of(*records: dict[str, Any]) -> Any:
    """What `Progress` looks at of a run."""
    summary = Summary()
    for record in records:
        summary.hear(record)
    settings = SimpleNamespace(run=SimpleNamespace(sinks=()))
    return SimpleNamespace(clock=FakeClock(), summary=summary, outbox=None, uploader=None, settings=settings)


def shown(out: io.StringIO) -> str:
    run, progress = run_of(SEEN), Progress(out)
    run.clock.advance(60)
    progress.show(run)
    progress.end(run)
    return out.getvalue()


def test_a_terminal_shows_what_is_seen_of_the_person() -> None:
    text = shown(Terminal())
    assert "sadness 90%  AU4 3.0 AU15 2.0" in text
    assert "highest intensities" in text


def test_anything_else_is_kept_and_so_is_told_of_the_box_alone() -> None:
    text = shown(io.StringIO())
    assert "1 frames" in text and "measured 100%" in text and "1 of 1" in text
    assert [word for word in (*EMOTIONS, *ACTION_UNIT_KEYS, "AU") if word in text] == []


def test_a_processor_share_that_was_not_measured_is_not_told() -> None:
    assert "cpu" not in shown(Terminal())
    busy = Summary()
    busy.hear(SEEN | {"host": {"rss": 100.0, "cpu": 31.0}})
    assert "cpu 31 %" in busy.line(None, of_the_person=True)


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")])
def test_where_nobody_reads_it_nothing_fails(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(Broken(error)) == ""
    told = capsys.readouterr().err
    assert told.count("\n") == (not isinstance(error, BrokenPipeError)), (
        "a full disk is told once, a reader's end never"
    )


def test_a_terminal_that_is_held_up_holds_up_nothing() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "w") as out:
        os.set_blocking(out.fileno(), False)
        while True:  # until it is full, as when Ctrl-S holds a terminal
            try:
                os.write(out.fileno(), b"x" * 4096)
            except BlockingIOError:
                break
        os.set_blocking(out.fileno(), True)
        Display(out).status("this would wait for ever")


def as_program(*arguments: str, stdout: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "device", *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60)


def unread() -> int:
    """The writing end of a pipe of which the reading end is closed."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("kind", ["closed pipe", "/dev/full", "closed"])
def test_recording_goes_on_whatever_becomes_of_the_output(kind: str, tmp_path: Path, portrait: ByteImage) -> None:
    photos, out = tmp_path / "photos", tmp_path / "records.jsonl"
    photos.mkdir()
    for number in range(5):
        cv2.imwrite(str(photos / f"{number}.png"), portrait)
    run = ("run", "--source", str(photos), "--sink", f"jsonl:{out}")
    if kind == "closed":
        shell = f'exec "{sys.executable}" -m device {" ".join(run)} >&-'
        done = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    else:
        with open("/dev/full" if kind == "/dev/full" else unread(), "w") as stdout:  # noqa: PTH123  # may be a number
            done = as_program(*run, stdout=stdout)
    assert done.returncode == 0
    assert len(records_in(out)) == 5
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_what_only_prints_ends_quietly_when_nobody_reads_it() -> None:
    with open(unread(), "w") as stdout:
        done = as_program("check-config", stdout=stdout)
    assert (done.returncode, done.stderr) == (UNREAD, "")


def test_what_only_prints_says_that_the_disk_is_full() -> None:
    with Path("/dev/full").open("w") as stdout:
        done = as_program("check-config", "--help", stdout=stdout)
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr
        done = as_program("check-config", stdout=stdout)
    assert done.returncode == StorageError.exit_code
    assert done.stderr.startswith("affectbox: What is printed cannot be written (No space left on device)")


def test_an_interrupted_command_ends_as_the_shell_expects() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert concluded("affectbox", interrupted) == INTERRUPTED


def test_a_failure_that_is_none_of_ours_is_not_hidden() -> None:
    def broken() -> int:
        raise FileNotFoundError("of a fault in the code")

    with pytest.raises(FileNotFoundError):
        concluded("affectbox", broken)


def test_without_a_terminal_a_run_prints_nothing_of_the_person(
    tmp_path: Path, portrait: ByteImage, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "portrait.png"
    cv2.imwrite(str(photo), portrait)
    assert main(["run", "--source", str(photo)]) == 0
    printed = capsys.readouterr().out
    assert "1 of 1" in printed
    assert [word for word in (*EMOTIONS, "AU") if word in printed] == []


@pytest.mark.parametrize("program", ["device", "cloud", "converter", "training"])
def test_every_program_tells_its_version(program: str) -> None:
    done = subprocess.run([sys.executable, "-m", program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{version()}\n"
