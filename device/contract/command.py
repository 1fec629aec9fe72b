"""How every program of Affectbox ends: with one sentence and an exit code for what fails on purpose (`errors`), and
without a traceback where nobody reads its output any more, or no disk takes it."""

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from device.contract.errors import AffectboxError, RuntimeMissingError, StorageError

INTERRUPTED = 128 + 2
"""By Ctrl-C, as shells count it."""
UNREAD = 128 + 13
"""Whoever read the output went away (`… | head`), as shells count it."""
_OF_OUTPUT = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)


def concluded(program: str, run: Callable[[], int]) -> int:
    """Run a program; returns its exit code. What fails on purpose is told in a sentence on standard error."""
    _open_streams()
    try:
        code = _code_of(program, run)
        sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in _OF_OUTPUT:
            raise
        return _unwritten(program, error)
    except SystemExit:  # of a wrong use, or after --help and --version
        try:
            sys.stdout.flush()
        except OSError as error:
            _unwritten(program, error)
        raise
    return code


def started(program: str, module: str) -> int:
    """Import the module of a program and run its `main`; a Ctrl-C or a missing package meanwhile ends as later."""
    return concluded(program, lambda: int(import_module(module).main()))


def tell(program: str, sentence: object) -> None:
    """One line on standard error; what nobody can be told is not worth failing for."""
    with suppress(OSError):
        print(f"{program}: {sentence}", file=sys.stderr, flush=True)


def warn(sentence: str) -> None:
    """What the box's own program tells beside its work."""
    tell("affectbox", sentence)


def to_nowhere(stream: object) -> None:
    """Let what is still to be written to an open file go nowhere, so that nothing fails when the program ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]
        os.close(nowhere)


def _code_of(program: str, run: Callable[[], int]) -> int:
    try:
        return run()
    except AffectboxError as error:
        tell(program, error)
        return error.exit_code
    except ModuleNotFoundError as error:
        return _without_package(program, error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _without_package(program: str, error: ModuleNotFoundError) -> int:
    """The exit code where the packages of a program were not installed with it. Each has an extra of its own name."""
    extra = program.partition("-")[2] or "device"
    tell(program, f"The package '{error.name}' is not installed: run `pip install 'affectbox[{extra}]'`.")
    return RuntimeMissingError.exit_code


def _unwritten(program: str, error: OSError) -> int:
    """The exit code where standard output does not take what is printed."""
    to_nowhere(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return UNREAD
    tell(program, f"What is printed cannot be written ({error.strerror}): check where it goes.")
    return StorageError.exit_code


def _open_streams() -> None:
    """Where a standard stream was closed (`>&-`), nothing else may get its number, for it would be written to."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
    for stream in (sys.stdout, sys.stderr):  # names of files are what they are, and a terminal may know few letters
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
