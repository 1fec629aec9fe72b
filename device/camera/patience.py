"""Drivers may hang for ever; whoever calls one need not."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
#: What letting go of a camera may take, seconds; what hangs for longer is left behind and dies with the process.
CLOSE_S = 2.0


def within(limit_s: float, do: Callable[[], T]) -> T:
    """What `do` returns or raises, in a thread of its own. Raises `TimeoutError` when it takes longer."""
    result: Future[T] = Future()
    threading.Thread(target=_settle, args=(result, do), name="camera", daemon=True).start()
    return result.result(limit_s)


def _settle(result: "Future[T]", do: Callable[[], T]) -> None:
    try:
        result.set_result(do())
    except BaseException as error:  # it is raised where the result is waited for
        result.set_exception(error)
