"""A real Dask cluster on this machine, for tests of what is spread over one."""

import subprocess
import sys
import threading
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
WAIT_S = 30.0


class Cluster:
    """A Dask scheduler on loopback, and workers, each in a process of its own."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._processes: list[subprocess.Popen[str]] = []
        scheduler = self._start("dask_scheduler", "--port", "0", "--no-dashboard")
        self.address = self._line(scheduler, "Scheduler at:").split()[-1]

    def add_worker(self) -> None:
        self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.communicate(timeout=WAIT_S)

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        where = ["--host", "127.0.0.1"]
        if module == "dask_worker":
            where += ["--local-directory", str(self._scratch)]
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, *where]
        process = subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process

    def _line(self, process: "subprocess.Popen[str]", words: str) -> str:
        """The first line of standard error that holds `words`; the process is killed when it does not come."""
        watchdog = threading.Timer(WAIT_S, process.kill)
        watchdog.start()
        read = []
        try:
            for line in process.stderr:
                read.append(line)
                if words in line:
                    return line
        finally:
            watchdog.cancel()
        raise AssertionError(f"no line with {words!r}: {read}")
