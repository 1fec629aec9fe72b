"""The digital face of one picture after the other, painted by as many processes as there are processors."""

import ctypes
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cloud.face.track import State
from device.contract.errors import StalledError

Picture = NDArray[np.uint8]
#: Pictures that are painted ahead for each process: enough that none waits.
_AHEAD = 4
_MOST = 8
_PR_SET_PDEATHSIG = 1  # prctl(2)
#: Steps within which nobody sees a difference: of weights, and of angles in degrees.
_WEIGHTS, _ANGLES = 128, 4


class Painters:
    """Processes for the length of a `with` block."""

    def __init__(self, size: int, count: int | None = None) -> None:
        """`size`: pixels of a side; `count` of processes, that of processors if not given."""
        self._size = size
        self.count = count or min(len(os.sched_getaffinity(0)), _MOST)
        self._pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"), _start)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def paint(self, states: Iterable[State]) -> Iterator[Picture]:
        """A picture (size, size, 3) RGB of each, in their order; what looks the same as the one before is the same.

        Raises:
            StalledError: a process was ended by somebody, as for want of memory.
        """
        waiting: deque[Future[Picture]] = deque()
        last: tuple[tuple[object, ...], Future[Picture]] | None = None
        try:
            for state in states:
                looks = _looks(state)
                if last is None or last[0] != looks:
                    last = looks, self._pool.submit(_paint, state, self._size)
                waiting.append(last[1])
                if len(waiting) > self.count * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise StalledError(
                "A process that painted the face was ended, perhaps for want of memory: close other programs and try "
                "again."
            ) from error


def _looks(state: State) -> tuple[object, ...]:
    """What a picture depends on, as finely as it is seen."""
    weights = sorted((name, round(value * _WEIGHTS)) for name, value in state.weights.items() if value > 0)
    angles = (round(angle * _ANGLES) for angle in (state.yaw, state.pitch, state.roll))
    return (*weights, *angles, bool(state.why))


def _start() -> None:
    """In each process, once. Ctrl-C is the business of the program alone, and no process outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    import cv2  # noqa: PLC0415

    cv2.setNumThreads(1)


def _paint(state: State, size: int) -> Picture:
    from cloud.face.mesh import load_face  # noqa: PLC0415
    from cloud.face.painter import paint  # noqa: PLC0415

    return paint(load_face(), state.weights, state.yaw, state.pitch, state.roll, size=size, faded=bool(state.why))
