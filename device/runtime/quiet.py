"""Keeping what native libraries print off standard error; their failures arrive as exceptions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_chatter_silenced() -> Iterator[None]:
    """Send everything written to file descriptor 2 in the `with` block to nowhere."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
