"""What differs between Linux, on which the box runs, and macOS and Windows, on which commands for pictures, coding and
training run too."""

import os
import sys

#: For `os.open`: Windows would write other line ends than it is given.
AS_IT_IS = getattr(os, "O_BINARY", 0)


def hold(descriptor: int) -> None:
    """Wait until nobody else holds this open file, and hold it until it is closed.

    Raises:
        OSError: on Windows, when somebody else holds it for ten seconds.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl  # noqa: PLC0415

        fcntl.flock(descriptor, fcntl.LOCK_EX)
