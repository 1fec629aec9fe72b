"""`affectbox-cloud demo` as somebody types it: it says how to open it, shows that, and leaves nothing running."""

import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from cloud.cli import main
from cloud.demo.scene import clear
from cloud.local.evaluator import NODE_MODULES
from cloud.local.store import Store
from device.contract.errors import ConfigError, StorageError

WAIT_S = 90.0
pytestmark = pytest.mark.skipif(
    not ((NODE_MODULES / "targaryen").is_dir() and shutil.which("node")), reason="no targaryen: `make rules-evaluator`"
)


@contextmanager
def shown(*words: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """What a demo says until it is open, and its process."""
    command = [sys.executable, "-m", "cloud", "demo", "--port", "0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(WAIT_S, process.kill)
        watchdog.start()
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        try:
            yield said, process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(WAIT_S)
            watchdog.cancel()


def signed_in(said: str, who: str) -> httpx.Client:
    """Whoever the demo said may sign in, with the password that it said."""
    address = re.search(r"http://\S+", said)
    words = re.search(rf"^ +({who}@\S+) +(\S+)", said, re.MULTILINE)
    assert address
    assert words
    client = httpx.Client(base_url=address[0], headers={"Origin": address[0]}, follow_redirects=True)
    answer = client.post("/sign-in", data={"email": words[1], "password": words[2]})
    assert answer.url.path in ("/live", "/fleet", "/staff")
    return client


def test_it_opens_to_whom_it_says_and_leaves_nothing_running(tmp_path: Path) -> None:
    with shown("--boxes", "3", "--weeks", "1", "--minutes", "3", "--data", str(tmp_path / "demo")) as (said, process):
        assert "everything is simulated" in said
        for who in ("clinician", "engineer", "admin"):
            signed_in(said, who).close()
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 3  # database, evaluator, dashboard
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_it_empties_no_folder_but_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["demo", "--data", str(tmp_path)]) == ConfigError.exit_code
    assert "something else than a demo" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


def test_it_empties_no_folder_in_which_a_demo_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clear(tmp_path / "demo")
    with closing(Store(tmp_path / "demo" / "database")):
        assert main(["demo", "--data", str(tmp_path / "demo")]) == StorageError.exit_code
    assert "another server already uses" in capsys.readouterr().err
    clear(tmp_path / "demo")
    assert not (tmp_path / "demo" / "database").exists()


def test_where_nothing_was_recorded_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--recorded", str(tmp_path)]) == ConfigError.exit_code
    assert "nothing that a box recorded" in capsys.readouterr().err


@pytest.mark.chaos
def test_the_real_box_signs_in_and_tells_what_it_sees(clip: Path, tmp_path: Path) -> None:
    with shown(
        "--boxes", "1", "--weeks", "1", "--minutes", "3", "--data", str(tmp_path / "demo"), "--clip", str(clip)
    ) as (said, _):
        assert "The real box is demo-box" in said
