"""`affectbox-cloud local`: starting, stopping, running a command, and every way to fail on purpose."""

import contextlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from cloud.cli import main
from cloud.local.store import FILE_NAME

ENVIRONMENT_PROBE = """
import os, sys, urllib.request
url = os.environ["AFFECTBOX_DATABASE_URL"]
assert url == "http://" + os.environ["FIREBASE_DATABASE_EMULATOR_HOST"]
request = urllib.request.Request(url + "/probe.json", data=b'"was here"', method="PUT")
assert urllib.request.urlopen(request, timeout=30).status == 200
sys.exit(int(sys.argv[1]))
"""


def local(*words, **options):
    """Run to its end: (exit code, standard output, standard error)."""
    command = [sys.executable, "-m", "cloud", "local", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(start, tmp_path, number):
    server = start(tmp_path / "not" / "yet" / "there")
    assert httpx.get(f"{server.url}/.json").json() is None
    assert server.end(number) == (0, "")


def test_connections_beyond_its_descriptors_are_closed_and_told_once(start, tmp_path):
    server = start(tmp_path)
    opened = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (opened + 10, opened + 10))
    address = urlsplit(server.url)
    with contextlib.ExitStack() as stack:
        several = [
            stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
            for _ in range(40)
        ]
        assert several[-1].recv(1) == b"", "the last is closed, not left waiting"
    assert httpx.get(f"{server.url}/.json").json() is None
    code, errors = server.end()
    assert (code, errors.count("\n"), "ulimit -n" in errors) == (0, 1, True)


@pytest.mark.parametrize("code", [0, 7])
def test_a_command_runs_with_the_database(start, tmp_path, code):
    words = ("--port", 0, "--data", tmp_path, "--", sys.executable, "-c", ENVIRONMENT_PROBE, code)
    exit_code, output, errors = local(*words)
    assert (exit_code, errors) == (code, "")
    assert output.startswith("listening on http://127.0.0.1:")
    assert httpx.get(f"{start(tmp_path).url}/probe.json").json() == "was here"


def test_a_command_that_is_killed_gives_the_shells_code(tmp_path):
    suicide = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert local("--port", 0, "--data", tmp_path, "--", sys.executable, "-c", suicide)[0] == 128 + signal.SIGKILL


def test_a_signal_reaches_the_command(tmp_path):
    patient = """import signal, sys; signal.alarm(60); signal.signal(15, lambda *_: sys.exit(5))
print('waiting', flush=True); signal.pause()"""
    command = [sys.executable, "-m", "cloud", "local", "--port", "0", "--data", str(tmp_path), "--"]
    with subprocess.Popen([*command, sys.executable, "-c", patient], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("listening on")
        assert process.stdout.readline() == "waiting\n"
        process.terminate()
        assert process.wait(90) == 5


def taken_port(tmp_path):
    taken = socket.create_server(("127.0.0.1", 0))
    return ["--port", taken.getsockname()[1], "--data", tmp_path], taken


def file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").touch()
    return ["--port", 0, "--data", tmp_path / "file"], None


def file_above_the_folder(tmp_path):
    (tmp_path / "file").touch()
    return ["--port", 0, "--data", tmp_path / "file" / "data"], None


def damaged_file(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database" * 1000)
    return ["--port", 0, "--data", tmp_path], None


def folder_in_place_of_the_file(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    return ["--port", 0, "--data", tmp_path], None


@pytest.mark.parametrize(
    ("prepare", "code", "sentence"),
    [
        (taken_port, 18, "Address already in use"),
        (lambda tmp_path: (["--port", 70000, "--data", tmp_path], None), 18, "port"),
        (lambda tmp_path: (["--host", "192.0.2.1", "--allow-remote", "--data", tmp_path], None), 18, "192.0.2.1"),
        (lambda tmp_path: (["--host", "no..host", "--allow-remote", "--data", tmp_path], None), 18, "no..host"),
        (lambda tmp_path: (["--host", "0.0.0.0", "--data", tmp_path], None), 11, "--allow-remote"),
        (lambda tmp_path: (["--port", 0, "--data", tmp_path, "--", "no-such-command"], None), 11, "no-such-command"),
        (file_in_place_of_the_folder, 19, "is not a folder"),
        (file_above_the_folder, 19, "is not a folder"),
        (folder_in_place_of_the_file, 19, "cannot be written"),
        (damaged_file, 19, "is damaged"),
    ],
)
def test_an_expected_failure_is_one_sentence(tmp_path, prepare, code, sentence):
    words, _keep = prepare(tmp_path)
    exit_code, output, errors = local(*words)
    assert (exit_code, errors.count("\n"), errors.startswith("affectbox-cloud: ")) == (code, 1, True), errors
    assert sentence in errors
    assert output == "" or "no-such-command" in words


def test_a_folder_in_use(start, tmp_path):
    start(tmp_path)
    exit_code, _, errors = local("--port", 0, "--data", tmp_path)
    assert (exit_code, "another server already uses" in errors, errors.count("\n")) == (19, True, 1)


AS_NOBODY = """
import encodings.idna, os, sys
import cloud.cli, cloud.local.serving
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
sys.exit(cloud.cli.main(sys.argv[1:]))
"""


def local_as_nobody(*words):
    """Like `local`, but as a user without rights, if the tests run as root: exit code and standard error."""
    command = [sys.executable, "-c", AS_NOBODY, "local", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(("place", "sentence"), [(".", "cannot be written"), ("new", "cannot make the folder")])
def test_a_folder_that_may_not_be_written(place, sentence):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        exit_code, errors = local_as_nobody("--port", 0, "--data", Path(folder) / place)
    assert (exit_code, errors.count("\n"), sentence in errors) == (19, 1, True), errors


@pytest.mark.skipif(
    int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 1, reason="every port is allowed here"
)
def test_a_port_that_is_not_allowed():
    exit_code, errors = local_as_nobody("--port", 1)
    assert (exit_code, errors.count("\n"), "port 1 is not allowed" in errors) == (18, 1, True), errors


def test_remote_is_allowed_explicitly(tmp_path):
    probe = "import os; print(os.environ['FIREBASE_DATABASE_EMULATOR_HOST'])"
    words = ("--host", "0.0.0.0", "--allow-remote", "--port", 0, "--data", tmp_path, "--", sys.executable, "-c", probe)
    exit_code, output, errors = local(*words)
    assert (exit_code, errors) == (0, "")
    assert output.splitlines()[1].startswith("0.0.0.0:")


def test_help_says_that_no_rules_are_enforced(capsys):
    with pytest.raises(SystemExit):
        main(["local", "--help"])
    assert "No rules are enforced" in capsys.readouterr().out
