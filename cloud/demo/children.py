"""Processes of the demo: each starts when it is asked for, says when it is ready, and ends with the demo, however that
ends."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from device.contract.errors import AffectboxError, StorageError

_START_S, _END_S = 60.0, 3.0
_CHECKOUT = Path(__file__).parents[2]
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Child:
    """A command of ours, as a process of its own. What it prints after the line that was waited for goes to a file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name, self._process, self._log = name, process, log
        self._draining: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls, name: str, words: list[str], folder: Path, log: Path, more: Mapping[str, str] | None = None
    ) -> Self:
        """Start `python -m WORDS` in a folder. It ends when this process does (Linux). Raises `StorageError`."""
        environment = os.environ | {"PYTHONPATH": str(_CHECKOUT), "PYTHONUNBUFFERED": "1", **(more or {})}
        try:
            with log.open("ab") as errors:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", *words),
                    cwd=folder,
                    env=environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    preexec_fn=_end_with_us,
                )
        except OSError as error:
            raise StorageError(f"{name} cannot be started ({error.strerror}).") from None
        return cls(name, process, log)

    async def ready(self, beginning: str) -> str:
        """The first line that begins so. Raises `DidNotStartError`: it ended, or took too long."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_START_S):
                while line := await self._process.stdout.readline():
                    if line.decode().startswith(beginning):
                        self._draining = asyncio.create_task(self._drain())
                        return line.decode().strip()
        except TimeoutError:
            raise DidNotStartError(f"{self.name} does not start: see {self._log}.") from None
        raise DidNotStartError(f"{self.name} did not start: {self.last_words()}")

    async def over(self) -> int:
        """Its exit code, once it has ended; what it printed went to the file."""
        self._draining = self._draining or asyncio.create_task(self._drain())
        return await self._process.wait()

    async def end(self) -> None:
        """Ask it to end, and kill it where it does not."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if self._draining:
            self._draining.cancel()

    async def _drain(self) -> None:
        assert self._process.stdout is not None
        with self._log.open("ab") as log:
            while line := await self._process.stdout.readline():
                log.write(line)
                log.flush()

    def last_words(self) -> str:
        """What it said last."""
        with contextlib.suppress(OSError):
            lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
            if lines:
                return lines[-1].partition(": ")[2] or lines[-1]
        return f"see {self._log}."


class DidNotStartError(AffectboxError):
    """A part of the demo does not start."""

    exit_code = StorageError.exit_code


def _end_with_us() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
