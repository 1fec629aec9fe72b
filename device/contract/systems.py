"""What differs between Linux, on which the box runs, and macOS and Windows, on which commands for pictures, coding and
training run too."""

import os
from importlib import import_module

#: For `os.open`: Windows would write other line ends than it is given.
AS_IT_IS = getattr(os, "O_BINARY", 0)


def hold(descriptor: int) -> None:
    """Wait until nobody else holds this open file, and hold it until it is closed.

    Raises:
        OSError: on Windows, when somebody else holds it for ten seconds.
    """
    try:
        posix = import_module("fcntl")
    except ModuleNotFoundError:
        windows = import_module("msvcrt")
        windows.locking(descriptor, windows.LK_LOCK, 1)
    else:
        posix.flock(descriptor, posix.LOCK_EX)
