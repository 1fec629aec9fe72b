"""A real database server in a process of its own, for every test that needs one."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

WAIT_S = 120.0
COMMAND = [sys.executable, "-m", "cloud", "local", "--port", "0", "--data"]


class Server:
    """`affectbox-cloud local` in a process of its own, ready when the constructor returns."""

    def __init__(self, data: Path, *options: str) -> None:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([*COMMAND, str(data), *options], **pipes)
        watchdog = threading.Timer(WAIT_S, self.process.kill)  # bounds the wait for the line
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line.startswith("listening on http://127.0.0.1:"):
            raise AssertionError(f"no readiness line: {line!r} {self.process.communicate()[1]}")
        self.url = line.split()[-1]

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and standard error after a signal."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, errors
